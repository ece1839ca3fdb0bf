"""`python -m bench.inside.reads USER TOKEN COUNT REPEATS`: the reads of bench/reads.py without a
socket, taking turns with the bare SQL of the same. Prints milliseconds by read and way:

- "server": the application, from a request as daphne hands it over to the last of the answer that
  it hands back: bounds, the hop to a thread, middleware, sign-in, view, queries, JSON
- "view": the view with its queries and the JSON of its answer alone
- "sql": the bare SQL, by psycopg
"""

import json
import os
import sys
from time import perf_counter
from urllib.parse import urlencode

import psycopg
import uvloop
from rest_framework.test import APIRequestFactory, force_authenticate

from bench.reads import BASE, CHANGED, CHANGES, INBOX, LIST
from crm.asgi import handlers, routes
from crm.models import User
from notifications.api import NotificationViewSet

WARM_UP, TURN = 3, 10
PATHS = {"list": BASE, "unread_count": f"{BASE}unread-count/", "changes": f"{BASE}changes/"}


class Read:
    """One of the reads, in each of the ways."""

    def __init__(self, action, query, *queries):
        self.action, self.query, self.queries = action, query, queries
        self.view = NotificationViewSet.as_view({"get": action})

    def ways(self, user, token, loop, database, values):
        return {
            "server": self.by_server(token, loop),
            "view": self.by_view(user),
            "sql": self.by_sql(database, values),
        }

    def by_view(self, user):
        def act():
            request = APIRequestFactory().get("/", self.query, headers={"host": "127.0.0.1"})
            force_authenticate(request, user)
            expect(self.view(request).render().status_code)

        return act

    def by_server(self, token, loop):
        headers = {"host": "127.0.0.1", "authorization": f"Bearer {token}"}
        scope = {
            "type": "http", "method": "GET", "path": PATHS[self.action], "http_version": "1.1",
            "query_string": urlencode(self.query).encode(), "client": ["127.0.0.1", 1],
            "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        }  # fmt: skip
        return lambda: expect(loop.run_until_complete(answered(scope)))

    def by_sql(self, database, values):
        return lambda: [database.execute(query, values).fetchall() for query in self.queries]


def main(user_id, token, count, repeats):
    user, loop = User.objects.get(pk=user_id), uvloop.new_event_loop()  # as `serve` has it
    values = {"user": user_id, "count": count, "since": count - CHANGED}
    reads = {
        "list of 50": Read("list", {}, INBOX, LIST),
        "unread count": Read("unread_count", {}, INBOX),
        "changes": Read("changes", {"since": values["since"]}, INBOX, CHANGES),
    }
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as database:
        times = {
            name: timed(read.ways(user, token, loop, database, values), repeats)
            for name, read in reads.items()
        }
    for handler in handlers.values():
        handler.close()
    print(json.dumps(times))


def timed(ways, repeats):
    """Milliseconds of each way. They take turns of TURN times after a warm-up: straight after a way
    that was busy for long, the first to wait pays for it where others want the processor, too."""
    times = {way: [] for way in ways}
    while len(times["sql"]) < repeats:
        for way, act in ways.items():
            times[way] += [milliseconds(act) for _ in range(WARM_UP + TURN)][WARM_UP:]
    return times


async def answered(scope) -> int:
    """The status that the application answers."""
    sent = []

    async def receive():
        return {"type": "http.request", "body": b""}

    async def send(message):
        sent.append(message)

    await routes["http"](scope, receive, send)
    return sent[0]["status"]


def expect(status):
    if status != 200:
        raise SystemExit(f"A read was answered {status}.")


def milliseconds(act):
    began = perf_counter()
    act()
    return (perf_counter() - began) * 1000


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], *map(int, sys.argv[3:]))
