"""`python -m bench.inside.doors KIND NUMBER`: makes sources of a kind; prints their paths."""

import json
import sys

from leads.models import Source


def main(kind, number):
    rows = Source.objects.bulk_create(Source(name="Bench", kind=kind) for _ in range(int(number)))
    print(json.dumps([row.path for row in rows]))


if __name__ == "__main__":
    main(*sys.argv[1:])
