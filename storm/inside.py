"""`python -m storm.inside`: leads made by Django itself, without a server, until it is ended.

Two of three transactions are rolled back. What is to be rolled back is said before it is tried,
what is kept after it was committed: a line is `undone MARKER` or `kept MARKER ID`.
"""

import itertools
import os
import sys
import time

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crm.settings")

PAUSE = 0.25  # seconds


class ChangeOfMindError(Exception):
    pass


def attempt(number, models):
    lead, transaction = models
    if number % 3:
        marker = f"undone{number}"
        print("undone", marker, flush=True)
        with transaction.atomic():
            make(lead, marker)
            raise ChangeOfMindError
    marker = f"inside{number}"
    made = make(lead, marker)
    print("kept", marker, made.pk, flush=True)


def make(lead, marker):
    return lead.objects.create(
        first_name=marker, last_name="Storm", email=f"{marker}@example.com", source="storm"
    )


def main():
    django.setup()
    from django.db import connection, transaction  # noqa: PLC0415 (after the setup)

    from leads.models import Lead  # noqa: PLC0415

    for number in itertools.count(1):
        try:
            attempt(number, (Lead, transaction))
        except ChangeOfMindError:
            pass
        except Exception as problem:  # the weather
            print(f"{type(problem).__name__}: {problem}", file=sys.stderr, flush=True)
            connection.close()
        time.sleep(PAUSE)


if __name__ == "__main__":
    main()
