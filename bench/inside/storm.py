"""`python -m bench.inside.storm LEADS`: that many leads come in one go."""

import sys

from leads.models import Lead


def main(number):
    Lead.objects.bulk_create(
        Lead(first_name="Ada", last_name=f"Storm {n}", email=f"storm{n}@example.org")
        for n in range(number)
    )


if __name__ == "__main__":
    main(int(sys.argv[1]))
