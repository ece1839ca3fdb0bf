"""`python -m storm.mint USERS SECONDS`: makes the users and prints them with their tokens.

Hashing fifty passwords and signing in fifty times would take longer than the storm: one hash
serves all, and tokens are made as a sign-in makes them. A third of the access tokens expire during
the storm, so that sockets close with 4401 and clients renew. The first two users have none and
sign in by themselves. Some hear less than everything.
"""

import json
import os
import sys
from datetime import timedelta

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crm.settings")
django.setup()

from django.contrib.auth.hashers import make_password  # noqa: E402
from rest_framework_simplejwt.tokens import RefreshToken  # noqa: E402

from crm.models import TokenSignIn, User  # noqa: E402
from crm.signin import SIGN_IN  # noqa: E402
from notifications.kinds import Kind  # noqa: E402
from notifications.models import Preference  # noqa: E402
from storm.world import PASSWORD  # noqa: E402

MANAGERS = 4
BY_THEMSELVES = 2
HEAR_LESS = {3: "nothing", 4: "followed"}  # of changed contact details, by the user's number


def main(users, seconds):
    password = make_password(PASSWORD)
    people = User.objects.bulk_create(
        User(
            email=f"storm{number}@example.com",
            first_name=f"User {number}",
            password=password,
            role=User.Role.MANAGER if number < MANAGERS else User.Role.REP,
        )
        for number in range(users)
    )
    for number, wants in HEAR_LESS.items():
        if number < users:
            Preference.objects.choose(people[number], {Kind.CONTACT: wants})
    print(json.dumps([card(user, n, seconds) for n, user in enumerate(people)]))


def card(user, number, seconds):
    tokens = {} if number < BY_THEMSELVES else tokens_of(user, number, seconds)
    return {"id": user.pk, "email": user.email, **tokens}


def tokens_of(user, number, seconds):
    refresh = RefreshToken.for_user(user)
    refresh[SIGN_IN] = str(TokenSignIn.objects.create(user=user).pk)
    access = refresh.access_token
    if number % 3 == 0:
        access.set_exp(lifetime=timedelta(seconds=5 + number * 7 % max(1, int(seconds))))
    return {"access": str(access), "refresh": str(refresh)}


if __name__ == "__main__":
    main(int(sys.argv[1]), float(sys.argv[2]))
