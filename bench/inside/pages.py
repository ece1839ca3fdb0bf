"""`python -m bench.inside.pages SESSION`: for each path that comes on a line, a line with the
milliseconds that the application takes for the page, from a request as daphne hands it over to the
last of the answer that it hands back."""

import sys
from time import perf_counter

import uvloop

from bench.inside.reads import answered, expect
from crm.asgi import handlers


def main(session):
    loop = uvloop.new_event_loop()  # as `serve` has it
    for line in sys.stdin:
        scope = scope_of(line.strip(), session)
        began = perf_counter()
        status = loop.run_until_complete(answered(scope))
        print((perf_counter() - began) * 1000, flush=True)
        expect(status)
    for handler in handlers.values():
        handler.close()


def scope_of(path, session):
    path, _, query = path.partition("?")
    headers = {"host": "127.0.0.1", "cookie": f"sessionid={session}", "accept-encoding": "gzip"}
    return {
        "type": "http", "method": "GET", "path": path, "http_version": "1.1",
        "query_string": query.encode(), "client": ["127.0.0.1", 1],
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
    }  # fmt: skip


if __name__ == "__main__":
    main(sys.argv[1])
