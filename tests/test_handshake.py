"""The opening handshake: what is read in one step, and that it comes to the same as by the usual
way, which a request takes that comes in two pieces."""

import asyncio
import re

import pytest
from asgiref.sync import sync_to_async

from crm.handshake import plain
from tests.servers import serving
from tests.sockets import tokens

KEY = "bGVhZGJlbGwtYmVuY2htYQ=="
PLAIN = {
    "Host": "127.0.0.1:8000",
    "Upgrade": "websocket",
    "Connection": "Upgrade",
    "Sec-WebSocket-Key": KEY,
    "Sec-WebSocket-Version": "13",
}
BROWSER = PLAIN | {
    "Connection": "keep-alive, Upgrade",
    "User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
    "Accept-Language": "en-US,en;q=0.5",
    "Sec-WebSocket-Extensions": "permessage-deflate",
    "Cookie": "theme=dark; csrftoken=x",
    "Pragma": "no-cache",
}


def request(line="GET /ws/notifications/ HTTP/1.1", *more, **changes):
    """A handshake with headers changed, added, or left out where they are None."""
    changes = {name.replace("_", "-"): value for name, value in changes.items()}
    headers = {name: value for name, value in (PLAIN | changes).items() if value is not None}
    lines = [line, *(f"{name}: {value}" for name, value in headers.items()), *more]
    return "\r\n".join([*lines, "", ""]).encode("latin1")


def browser(**changes):
    return request(**(BROWSER | changes))


USUAL = [
    request(),
    browser(),
    request().replace(b": ", b":"),
    request(Upgrade="WebSocket", Connection="upgrade"),
    request(Host="crm.example"),
    request(Origin="http://127.0.0.1:8000"),
    request(Origin="https://evil.example"),
    request(Authorization="Bearer nonsense"),
    request(Sec_WebSocket_Protocol="leadbell.v1, bearer.nonsense"),
    request(Sec_WebSocket_Protocol="other"),
    request(Sec_WebSocket_Extensions="permessage-deflate; client_max_window_bits"),
    request("GET /elsewhere HTTP/1.1"),
    request(X_Forwarded_For="10.0.0.1, 10.0.0.2"),
]

ODD = [
    request("GET /ws/notifications/ HTTP/1.0"),
    request("GET /ws/notifications/ HTTP/2.0"),
    request("GET /ws/notifications/"),
    request("POST /ws/notifications/ HTTP/1.1"),
    request("get /ws/notifications/ HTTP/1.1"),
    request("GET //evil.example/ws/ HTTP/1.1"),
    request("GET http://127.0.0.1/ws/notifications/ HTTP/1.1"),
    request("GET /ws/notifications/?token=x HTTP/1.1"),
    request("GET /ws/notifications/#x HTTP/1.1"),
    request("GET /ws/%6eotifications/ HTTP/1.1"),
    request("GET /ws/nötifications/ HTTP/1.1"),
    request("GET  /ws/notifications/ HTTP/1.1"),
    *(request(**{name.replace("-", "_"): None}) for name in PLAIN),
    *(request("GET /ws/notifications/ HTTP/1.1", f"{name}: {PLAIN[name]}") for name in PLAIN),
    request("GET /ws/notifications/ HTTP/1.1", "sec-websocket-key: " + KEY),
    request("GET /ws/notifications/ HTTP/1.1", " folded"),
    request("GET /ws/notifications/ HTTP/1.1", "no colon"),
    request("GET /ws/notifications/ HTTP/1.1", "bad name: x"),
    request("GET /ws/notifications/ HTTP/1.1", "under_score: x"),
    request("GET /ws/notifications/ HTTP/1.1", ": no name"),
    request("GET /ws/notifications/ HTTP/1.1", "X: a\nHost: b"),
    request("GET /ws/notifications/ HTTP/1.1", "X: a\rb"),
    request("GET /ws/notifications/ HTTP/1.1", "X: a\x00b"),
    request("GET /ws/notifications/ HTTP/1.1", "X: a\x85Host: b"),
    request("GET /ws/notifications/ HTTP/1.1", "X: \ttab"),
    request("GET /ws/notifications/ HTTP/1.1", "X: é"),
    request("GET /ws/notifications/ HTTP/1.1", "X: " + "x" * 9_000),
    request("GET /ws/notifications/ HTTP/1.1", "X: " + "x" * 20_000),
    request("GET /ws/notifications/ HTTP/1.1", *(f"X-{n}: x" for n in range(500))),
    request("GET /ws/notifications/ HTTP/1.1", "Daphne-Root-Path: /x"),
    request(Upgrade="websocket, h2c"),
    request(Upgrade="websockets"),
    request(Connection="close"),
    request(Connection="close, Upgrade"),
    request(Host="127.0.0.1:port"),
    request(Host=""),
    request(Host="[::1]:8000"),
    request(Sec_WebSocket_Key="short"),
    request(Sec_WebSocket_Key=KEY[:-1] + "x"),
    request(Sec_WebSocket_Key="!" + KEY[1:]),
    request(Sec_WebSocket_Key=KEY + "AAAA"),
    request(Sec_WebSocket_Version="12"),
    request(Sec_WebSocket_Version="8"),
    request(Sec_WebSocket_Version="013"),
    request(Sec_WebSocket_Version="x"),
    request(Sec_WebSocket_Protocol="leadbell.v1, leadbell.v1"),
    request(Sec_WebSocket_Protocol=""),
    request(Sec_WebSocket_Protocol="leadbell.v1,,x"),
    request(Sec_WebSocket_Protocol="leadbell%2ev1"),
    request(Sec_WebSocket_Extensions="permessage-deflate; client_max_window_bits=99"),
    request(Sec_WebSocket_Extensions="x-unknown"),
    request(Origin="null"),
    request(Origin="nonsense"),
    request(Origin="http://127.0.0.1:99999"),
    request(Origin="http://[::1]:8000"),
    request(Content_Length="3") + b"abc",
    request(Content_Length="0"),
    request(Transfer_Encoding="chunked") + b"0\r\n\r\n",
    request(Expect="100-continue"),
    b"\r\n" + request(),
    request() + request(),
    request().replace(b"\r\n", b"\n"),
]


@pytest.mark.parametrize("usual", USUAL)
def test_what_clients_send_is_read_in_one_step(usual):
    assert plain(usual)


@pytest.mark.parametrize("odd", ODD)
def test_what_is_unusual_in_any_way_is_left_to_the_usual_way(odd):
    assert plain(odd) is None


@pytest.mark.parametrize("size", range(0, len(request()), 7))
def test_what_is_not_all_there_yet_is_left_to_the_usual_way(size):
    assert plain(request()[:size]) is None


def test_what_was_read_is_what_was_sent():
    found = plain(browser(**{"Sec-WebSocket-Protocol": "leadbell.v1,bearer.a.b-c_d", "X": " y "}))
    assert found.path == "/ws/notifications/"
    assert found.subprotocols == ["leadbell.v1", "bearer.a.b-c_d"]
    assert found.headers["host"] == "127.0.0.1:8000"
    assert (found.headers["cookie"], found.headers["x"]) == ("theme=dark; csrftoken=x", "y")


# The server


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("handshake")


@pytest.fixture
def server(folder, owner):
    with serving(folder, ALLOWED_HOSTS="127.0.0.1") as running:
        yield running


async def answer(server, data, at=None):
    """The head of the answer, or what there is of it; ``at`` is where the request is cut in two."""
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    try:
        if at:
            writer.write(data[:at])
            await asyncio.sleep(0.05)
        writer.write(data[at:])
        async with asyncio.timeout(3):
            head = await reader.readuntil(b"\r\n\r\n")
            return re.sub(rb"(?i)(x-request-id: )\w+", rb"\1", head)  # each has one of its own
    except asyncio.IncompleteReadError as ended:
        return ended.partial
    except (TimeoutError, ConnectionError) as problem:
        return type(problem).__name__.encode()
    finally:
        writer.close()


@pytest.mark.django_db(transaction=True)
async def test_either_way_gives_the_same_answer(server, owner):
    token = (await sync_to_async(tokens)(owner))["access"]
    good = [
        browser(Sec_WebSocket_Protocol=f"leadbell.v1, bearer.{token}"),
        browser(Sec_WebSocket_Protocol=f"bearer.{token}"),
        request(Authorization=f"Bearer {token}"),
        request(Authorization=f"Bearer {token}", Origin="http://127.0.0.1:8000"),
    ]
    every = [*good, *USUAL, *ODD]
    whole = await asyncio.gather(*(answer(server, data) for data in every))
    cut = await asyncio.gather(*(answer(server, data, at=20) for data in every))
    assert dict(zip(every, whole, strict=True)) == dict(zip(every, cut, strict=True))
    opened = [data for data, head in zip(every, whole, strict=True) if b" 101 " in head[:16]]
    assert opened == good
    assert {head[:13] for head in whole} > {b"HTTP/1.1 400 ", b"HTTP/1.1 403 ", b"HTTP/1.1 405 "}
