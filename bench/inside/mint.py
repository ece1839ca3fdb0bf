"""`python -m bench.inside.mint USERS`: makes the users and prints them with access tokens.

Tokens are made as a sign-in makes them; ACCESS_TOKEN_MINUTES must outlast the benchmark.
"""

import json
import sys

from rest_framework_simplejwt.tokens import AccessToken

from crm.models import TokenSignIn, User
from crm.signin import SIGN_IN
from notifications.models import Inbox


def main(number):
    users = User.objects.bulk_create(
        User(email=f"bench{n}@example.com", first_name=f"User {n}") for n in range(number)
    )
    sign_ins = TokenSignIn.objects.bulk_create(TokenSignIn(user=user) for user in users)
    Inbox.objects.bulk_create(Inbox(user=user) for user in users)
    print(json.dumps([card(sign_in) for sign_in in sign_ins]))


def card(sign_in):
    token = AccessToken.for_user(sign_in.user)
    token[SIGN_IN] = str(sign_in.pk)
    return [sign_in.user_id, str(token)]


if __name__ == "__main__":
    main(int(sys.argv[1]))
