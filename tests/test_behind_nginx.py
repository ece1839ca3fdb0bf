"""Two web processes and a worker behind nginx, with the configurations that Leadbell brings: what
rings, what nginx may be told, and what is lost when a process is killed."""

import asyncio
import json
import re
import signal
import socket
import socketserver
import ssl
import subprocess
import sys
import threading
from contextlib import ExitStack, contextmanager

import httpx
import pytest
import websockets
from asgiref.sync import sync_to_async
from django.conf import settings
from django.urls import get_resolver, reverse

from notifications.models import Notification
from tests.certificates import self_signed
from tests.servers import ROOT, RunningServer, environment
from tests.sockets import tokens
from tools import programs, services

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres, pytest.mark.redis]

HOST = "crm.example.com"
LEAD = {"firstName": "Jo", "email": "jo@example.org"}


class Nginx(services.Server):
    """nginx with ``http``, what stands between the braces of that name, as this test's own."""

    program = programs.NGINX

    def __init__(self, http):
        super().__init__()
        self.http, self.plain = http, services.free_port()

    @property
    def base(self):
        return f"https://127.0.0.1:{self.port}"

    def create(self):
        for name, content in zip(("fullchain.pem", "privkey.pem"), self_signed(), strict=True):
            (self.folder / name).write_bytes(content)
            services.give(self.folder / name)
        challenge = self.folder / "acme/.well-known/acme-challenge"
        challenge.mkdir(parents=True)
        (challenge / "a-token").write_text("what certbot wrote")
        main = f"pid {self.folder}/pid; error_log stderr; events {{ worker_connections 256; }}"
        (self.folder / "nginx.conf").write_text(f"{main} http {{ {self._here()} }}")

    def _here(self):
        """The same with ports and places of this machine."""
        text = re.sub(r"\S+/(fullchain|privkey)\.pem", rf"{self.folder}/\1.pem", self.http)
        text = re.sub(r"include \S+proxy\.conf", f"include {ROOT}/docs/nginx/proxy.conf", text)
        text = re.sub(r"access_log \S+", f"access_log {self.folder}/access.log", text)
        text = re.sub(r"root \S+", f"root {self.folder}/acme;", text)
        text = re.sub(r"\n\s*listen \[::\].*", "", text)
        text = text.replace("listen 443", f"listen 127.0.0.1:{self.port}")
        text = text.replace("listen 80", f"listen 127.0.0.1:{self.plain}")
        kept = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        own = "".join(f"{name}_temp_path {self.folder}/{name};\n" for name in kept)
        return own + text

    def command(self):
        return [str(self.path), "-c", f"{self.folder}/nginx.conf", "-g", "daemon off;"]

    def answers(self):
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0


def conf(name):
    return (ROOT / "docs" / "nginx" / f"{name}.conf").read_text()


def site(servers):
    """docs/nginx/site.conf for these servers."""
    first, second = (server.port for server in servers)
    return conf("site").replace(":8001", f":{first}").replace(":8002", f":{second}")


@pytest.fixture
def servers(tmp_path, owner):
    """Two of them, with the settings of production."""
    known = {"DEBUG": "false", "SECRET_KEY": settings.SECRET_KEY, "HTTPS": "true"}
    with ExitStack() as ending:
        started = []
        for _ in range(2):
            started.append(RunningServer(tmp_path, ALLOWED_HOSTS=HOST, **known))
            ending.callback(started[-1].stop)
        yield [server.wait() for server in started]


@pytest.fixture
def worker(tmp_path):
    with (tmp_path / "worker.log").open("w") as log:
        command = [sys.executable, "manage.py", "worker"]
        process = subprocess.Popen(command, cwd=ROOT, env=environment(), stdout=log, stderr=log)
        yield process
        process.terminate()
        process.wait(30)


@pytest.fixture
def nginx(servers):
    with Nginx(site(servers)) as server:
        yield server


@pytest.fixture
def token(owner):
    return tokens(owner)["access"]


def client(nginx, token=None):
    headers = {"Host": HOST} | ({"Authorization": f"Bearer {token}"} if token else {})
    return httpx.AsyncClient(base_url=nginx.base, headers=headers, verify=trusting(nginx))


def trusting(nginx):
    return ssl.create_default_context(cafile=nginx.folder / "fullchain.pem")


def connect(nginx, token):
    return websockets.connect(
        f"wss://{HOST}/ws/notifications/",
        host="127.0.0.1",
        port=nginx.port,
        ssl=trusting(nginx),
        server_hostname="localhost",
        subprotocols=["leadbell.v1", f"bearer.{token}"],
        origin=f"https://{HOST}",
    )


async def frame(of, kind):
    while True:
        received = json.loads(await asyncio.wait_for(of.recv(), 20))
        if received["type"] == kind:
            return received


async def test_a_lead_that_comes_through_nginx_rings_on_a_socket_through_nginx(nginx, token):
    async with connect(nginx, token) as bell, client(nginx, token) as web:
        await frame(bell, "hello")
        made = await web.post("/api/leads/", json=LEAD)
        assert made.status_code == 201
        told = await frame(bell, "notification:created")
        assert told["notification"]["relatedLeadId"] == made.json()["id"]


async def test_what_a_client_says_of_itself_reaches_leadbell_as_nginx_saw_it(nginx, servers):
    lies = {"X-Forwarded-Proto": "http", "X-Forwarded-For": "192.0.2.1"}
    wrong = {"email": "owner@example.com", "password": "wrong"}
    async with client(nginx) as web:
        answer = await web.get("/api/me/", headers=lies)
        assert answer.status_code == 401, "what comes over HTTPS is not sent to HTTPS"
        for number in range(6):
            forged = lies | {"X-Forwarded-For": f"192.0.2.{number}"}
            answer = await web.post("/api/auth/token/", json=wrong, headers=forged)
        assert answer.status_code == 429, "one address tried all six"
        honest = f"http://127.0.0.1:{nginx.plain}/leads/?stage=new"
        moved = await web.get(honest, headers={"Host": HOST, "X-Forwarded-Proto": "https"})
        assert (moved.status_code, moved.headers["location"]) == (
            301,
            f"https://{HOST}/leads/?stage=new",
        )


async def test_what_is_too_large_is_refused_in_leadbells_words(nginx, token):
    async with client(nginx, token) as web:
        answer = await web.post("/api/leads/", json=LEAD | {"message": "x" * 2_000_000})
        assert answer.status_code == 413
        assert "larger than 1024 KiB" in answer.json()["detail"]


SECRET_ADDRESSES = {
    "calendar-feed": {"token": "a-secret"},
    "intake": {"token": "a-secret"},
    "new-password": {"uidb64": "Nw", "token": "a-secret"},
}


def test_the_addresses_that_are_secrets_are_all_there_are():
    """Those of which a part is called a token."""
    routes = get_resolver().reverse_dict.lists()
    named = {name for name, ways in routes if isinstance(name, str)
             for way in ways for _, parts in way[0] if "token" in parts}  # fmt: skip
    assert named == set(SECRET_ADDRESSES)


async def asked(nginx):
    """What the access log has of addresses that are secrets, and of one that is none."""
    secret = [reverse(name, kwargs=parts) for name, parts in SECRET_ADDRESSES.items()]
    assert all("a-secret" in path for path in secret)
    async with client(nginx) as web:
        for base in (nginx.base, f"http://127.0.0.1:{nginx.plain}"):
            for path in (*secret, "/in/a-secret", "//in/a-secret/", "/%69n/a-secret/"):
                await web.get(f"{base}{path}")
            page = {"Referer": f"{base}/leads/?search=a-secret"}
            await web.get(f"{base}/leads/?search=a-secret", headers=page)
        await web.get("/api/me/")
    return (nginx.folder / "access.log").read_text()


async def test_secret_addresses_and_what_was_searched_for_stay_out_of_the_log(nginx):
    log = await asked(nginx)
    assert '"GET /api/me/ HTTP/1.1" 401 ' in log
    assert log.count('"GET /leads/ HTTP/1.1" 30') == 2
    assert "a-secret" not in log


async def challenged(nginx):
    async with client(nginx) as web:
        plain = f"http://127.0.0.1:{nginx.plain}"
        answer = await web.get(f"{plain}/.well-known/acme-challenge/a-token")
        assert (answer.status_code, answer.text) == (200, "what certbot wrote")
        moved = await web.get(f"{plain}/.well-known/other")
        assert moved.status_code == 301


async def test_certbot_proves_by_plain_http_whose_the_name_is(nginx):
    await challenged(nginx)


async def test_a_killed_process_loses_nothing(nginx, servers, worker, token, owner):
    """Its sockets come back through nginx, and are told what rang meanwhile. A request that it had
    begun is answered with a 502, and sent again."""
    async with connect(nginx, token) as one, connect(nginx, token) as other:
        for bell in (one, other):
            await frame(bell, "hello")
        async with client(nginx, token) as web:
            assert (await web.post("/api/leads/", json=LEAD)).status_code == 201
            for bell in (one, other):
                assert (await frame(bell, "notification:created"))["seq"] == 1
            servers[0].process.send_signal(signal.SIGKILL)
            for number in range(5):
                await post(web, f"lead-{number}")
        seen = [await rung(bell) for bell in (one, other)]
    assert sorted(seen, key=len) == [[], [2, 3, 4, 5, 6]], "one socket each, so one was cut off"
    async with connect(nginx, token) as back:
        assert (await frame(back, "hello"))["seq"] == 6
        await back.send(json.dumps({"type": "sync", "since": 1}))
        changed = (await frame(back, "sync"))["changed"]
    assert sorted(each["seq"] for each in changed) == [2, 3, 4, 5, 6]
    assert await sync_to_async(Notification.objects.filter(recipient=owner).count)() == 6


async def post(web, key):
    """Sends a lead as a careful client does: what nobody answered for, again with the same key."""
    for _ in range(3):
        answer = await web.post("/api/leads/", json=LEAD, headers={"Idempotency-Key": key})
        if answer.status_code != 502:
            break
    assert answer.status_code == 201


async def rung(bell) -> list[int]:
    """The numbers that come until it has the sixth, or is cut off."""
    numbers = []
    try:
        while 6 not in numbers:
            numbers.append((await frame(bell, "notification:created"))["seq"])
    except websockets.ConnectionClosedError:
        pass
    return numbers


# compose.conf asks a name server for the web processes


class Names(socketserver.BaseRequestHandler):
    """Answers every question for an address with the two addresses of this machine (RFC 1035)."""

    def handle(self):
        question, sender = self.request
        asked = question[12 : question.index(b"\0", 12) + 5]
        found = question[:2] + b"\x81\x80\x00\x01\x00\x02\x00\x00\x00\x00" + asked
        for last in (1, 2):
            found += b"\xc0\x0c\x00\x01\x00\x01\x00\x00\x00\x01\x00\x04\x7f\x00\x00" + bytes([last])
        sender.sendto(found, self.client_address)


@contextmanager
def name_server():
    """host:port."""
    with socketserver.UDPServer(("127.0.0.1", 0), Names) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def compose(server):
    """nginx as compose.yaml has it, before this server."""
    (http,) = re.findall(r"^http \{(.*)^\}", conf("compose"), re.DOTALL | re.MULTILINE)
    http = http.replace(":8000", f":{server.port}")
    with name_server() as names, Nginx(http.replace("127.0.0.11", names)) as nginx:
        yield nginx


async def test_compose_writes_down_no_secrets_and_lets_certbot_renew(servers):
    with compose(servers[0]) as nginx:
        await challenged(nginx)
        log = await asked(nginx)
    assert '"GET /api/me/ HTTP/1.1" 401 ' in log
    assert "a-secret" not in log


async def test_compose_passes_by_a_process_that_is_gone(servers, token):
    """Of two addresses with the web's port only one answers."""
    with compose(servers[0]) as nginx:
        async with connect(nginx, token) as bell, client(nginx, token) as web:
            await frame(bell, "hello")
            for seq in range(1, 5):
                assert (await web.post("/api/leads/", json=LEAD)).status_code == 201
                assert (await frame(bell, "notification:created"))["seq"] == seq
