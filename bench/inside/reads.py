"""`python -m bench.inside.reads USER SINCE REPEATS`: the reads of bench/reads.py without a server:
the view with its queries and the JSON of its answer, no HTTP, no middleware, no sign-in. Prints
milliseconds by name.
"""

import json
import sys
from time import perf_counter

from rest_framework.test import APIRequestFactory, force_authenticate

from crm.models import User
from notifications.api import NotificationViewSet

WARM_UP = 3
ACTIONS = {"list of 50": "list", "unread count": "unread_count", "changes": "changes"}


def main(user_id, since, repeats):
    user, times = User.objects.get(pk=user_id), {name: [] for name in ACTIONS}
    views = {name: NotificationViewSet.as_view({"get": way}) for name, way in ACTIONS.items()}
    for _ in range(WARM_UP + repeats):
        for name, view in views.items():
            query = {"since": since} if name == "changes" else {}
            times[name].append(milliseconds(view, user, query))
    print(json.dumps({name: each[WARM_UP:] for name, each in times.items()}))


def milliseconds(view, user, query):
    request = APIRequestFactory().get("/", query, headers={"host": "127.0.0.1"})
    force_authenticate(request, user)
    began = perf_counter()
    answer = view(request).render()
    if answer.status_code != 200:
        raise SystemExit(f"{view} answered {answer.status_code}: {answer.content[:300]}")
    return (perf_counter() - began) * 1000


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
