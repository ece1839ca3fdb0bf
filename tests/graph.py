"""Meta's Graph API, played by a server on this machine."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Graph:
    """``answers`` are taken one after the other, the last again and again: each is a function of
    the handler, or a status and a body. ``asked`` is what was asked for, with which token."""

    def __init__(self):
        self.answers, self.asked = [(404, {})], []
        self.leave = threading.Event()
        graph = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                graph.asked.append((self.path, self.headers.get("Authorization")))
                answer = graph.answers.pop(0) if len(graph.answers) > 1 else graph.answers[0]
                if callable(answer):
                    return answer(self)
                status, body = answer
                self.give(status, body if isinstance(body, bytes) else json.dumps(body).encode())

            def give(self, status, body, **headers):
                self.send_response(status)
                for name, value in {"Content-Length": str(len(body)), **headers}.items():
                    self.send_header(name.replace("_", "-"), value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args):
                """Nothing: the tests read what was asked."""

        self.server = Quiet(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *args):
        self.leave.set()
        self.server.shutdown()
        self.server.server_close()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server.server_port}/v26.0"


class Quiet(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        """Who leaves in the middle is meant to."""


def drip(graph):
    """A byte at a time, until the test is over."""

    def answer(handler):
        handler.send_response(200)
        handler.send_header("Content-Length", "100000")
        handler.end_headers()
        while not graph.leave.wait(0.02):
            handler.wfile.write(b" ")
            handler.wfile.flush()

    return answer


def silence(graph):
    return lambda handler: graph.leave.wait(30)


def die(handler):
    """The connection breaks in the middle of the body."""
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(b'{"id"')
    handler.wfile.flush()
    handler.connection.close()
    handler.close_connection = True


def redirect_to(url):
    return lambda handler: handler.give(302, b"", Location=url)


__all__ = ["Graph", "die", "drip", "redirect_to", "silence"]
