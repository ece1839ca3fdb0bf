"""Another system, which webhooks are told: a real HTTP server in the process of the test."""

import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple


class Told(NamedTuple):
    path: str
    headers: dict
    body: str


class Listener:
    """What it was told is in ``told``; it answers ``status``, with ``headers`` and ``body``."""

    def __init__(self):
        self.told, self.status, self.headers, self.body = [], 200, {}, b"taken"
        self.hold, self.came = None, threading.Event()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook?a=b"

    def _handler(self):
        listener = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                listener.told.append(Told(self.path, dict(self.headers), body))
                listener.came.set()
                if listener.hold is not None:
                    listener.hold.wait(10)
                self.send_response(listener.status)
                for name, value in listener.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(listener.body)))
                self.end_headers()
                self.wfile.write(listener.body)

            do_GET = do_POST

            def log_message(self, *_):
                pass

        return Handler


@contextmanager
def listening():
    listener = Listener()
    thread = threading.Thread(target=listener.server.serve_forever, daemon=True)
    thread.start()
    try:
        yield listener
    finally:
        if listener.hold is not None:
            listener.hold.set()
        listener.server.shutdown()
        listener.server.server_close()
