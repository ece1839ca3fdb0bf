"""The doctor against a real server and a real worker: all in order, and each trouble alone."""

import base64
import hashlib
import json
import re
import socket
import ssl
import subprocess
import sys
import threading
import time
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
import websockets.sync.client
import websockets.sync.server
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from django.conf import settings as django_settings
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

from crm import doctor, wsclient
from crm.models import TokenSignIn, User
from notifications.models import Inbox, Notification, Receipt, WorkerProcess
from notifications.worker import Worker
from tests.factories import LeadFactory, UserFactory
from tests.servers import ROOT, environment, serving
from tests.sockets import tokens

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

NAMES = ["settings", "database", "migrations", "channel layer", "worker", "socket", "notification"]
EMBEDDED = not django_settings.REDIS_URL
NOBODY = "127.0.0.1:1"  # where nothing listens
KEY = {"SECRET_KEY": "a long random string of the tests, known to nobody else"}
PRODUCTION = {**KEY, "DEBUG": "false", "ALLOWED_HOSTS": "crm.example.com"}


def run(*options, **changes):
    return subprocess.run(
        [sys.executable, "manage.py", "doctor", *options],
        cwd=ROOT,
        env=environment(**PRODUCTION | changes),
        capture_output=True,
        text=True,
        timeout=60,
    )


def report(*options, **changes) -> dict:
    """What ``--json`` says, by name of the check. The exit status agrees with it."""
    ended = run("--json", *options, **changes)
    assert ended.stderr == ""
    said = json.loads(ended.stdout)
    assert ended.returncode == (0 if said["ok"] else 1)
    assert [check["name"] for check in said["checks"]] == NAMES
    assert max(check["milliseconds"] for check in said["checks"]) < 5_000
    return {check["name"]: check for check in said["checks"]}


def failed(checks) -> list[str]:
    """The names of those that were looked at and failed."""
    return [name for name, check in checks.items() if not check["ok"] and not skipped(check)]


def skipped(check):
    return check["detail"].startswith("skipped: ")


def until(true):
    waiting = threading.Event()
    for _ in range(300):
        if true():
            return
        waiting.wait(0.05)
    raise AssertionError("It did not come true within 15 s.")


@pytest.fixture
def server(tmp_path, administrator):
    """Behind a TLS proxy, by another name than the doctor asks it by."""
    hosts = "crm.example.com,127.0.0.1"
    with serving(tmp_path, **KEY, ALLOWED_HOSTS=hosts, HTTPS="true") as running:
        yield running


@pytest.fixture
def worker(server, tmp_path):
    """In embedded mode the server is the worker."""
    command = [sys.executable, "manage.py", "worker"]
    with ExitStack() as ending, (tmp_path / "worker.log").open("w") as log:
        if not EMBEDDED:
            process = subprocess.Popen(command, cwd=ROOT, env=environment(), stdout=log, stderr=log)
            ending.callback(process.wait)
            ending.callback(process.terminate)
        until(lambda: WorkerProcess.objects.alive().exists())
        yield


@pytest.fixture
def healthy(server, worker):
    """Options and environment with which all is in order."""
    return {"PORT": str(server.port), "HTTPS": "true"}


# All in order


def test_where_all_is_in_order_each_check_says_so_in_a_line(healthy):
    ended = run(**healthy)

    assert (ended.returncode, ended.stderr) == (0, "")
    lines = ended.stdout.splitlines()
    assert [re.match(r"ok    ([a-z ]+): ", line)[1] for line in lines] == NAMES
    assert "written and rolled back" in lines[1]
    assert "a message came back in" in lines[3]
    assert ("One process only" in lines[0]) == EMBEDDED


def test_the_json_is_whole_and_times_each_stage_of_the_notification(healthy):
    checks = report(**healthy)

    assert failed(checks) == []
    for check in checks.values():
        assert set(check) == {"name", "ok", "detail", "hint", "milliseconds"}
        assert check["ok"] is True
        assert check["milliseconds"] > 0
    stages = r"stored [\d.]+ ms, pushed [\d.]+ ms, delivered [\d.]+ ms, and removed"
    assert re.fullmatch(stages, checks["notification"]["detail"])
    assert f"http://localhost:{healthy['PORT']} answered" in checks["socket"]["detail"]


def test_what_it_did_is_taken_back(healthy, administrator, teammate):
    LeadFactory.create_batch(2)
    before = Inbox.objects.of(administrator)
    before.acknowledge(1)
    before.refresh_from_db()

    assert run(**healthy).returncode == 0

    after = Inbox.objects.of(administrator)
    assert after.seq == before.seq + (3 if EMBEDDED else 2)
    assert after.unread_count == before.unread_count == 2
    assert (after.delivered_seq, after.delivered_at) == (1, before.delivered_at)
    assert Receipt.objects.get().upto == 1
    assert not TokenSignIn.objects.exists()
    tombstone = Notification.objects.get(title=doctor.TITLE)
    assert (tombstone.recipient, tombstone.seq) == (administrator, after.seq)
    assert tombstone.deleted_at is not None
    assert Inbox.objects.of(teammate).seq == 2
    assert not MigrationRecorder.Migration.objects.filter(app="doctor").exists()


def test_the_administrator_hears_it_come_and_go_and_nobody_else_does(tmp_path, administrator):
    teammate = UserFactory()
    with serving(tmp_path) as server, ExitStack() as sockets:
        hers, his = (
            sockets.enter_context(
                websockets.sync.client.connect(
                    server.socket,
                    additional_headers={"Authorization": f"Bearer {tokens(user)['access']}"},
                )
            )
            for user in (administrator, teammate)
        )
        assert all(json.loads(each.recv())["type"] == "hello" for each in (hers, his))
        results = {result.name: result for result in doctor.examine(server.base)}
        assert results["notification"].ok, results["notification"]

        came, went = json.loads(hers.recv(5)), json.loads(hers.recv(5))
        assert came["type"] == f"notification:{'updated' if EMBEDDED else 'created'}"
        assert came["notification"]["title"] == doctor.TITLE
        assert (went["type"], went["id"]) == ("notification:deleted", came["notification"]["id"])
        his.send(json.dumps({"type": "sync", "since": 0}))
        assert json.loads(his.recv(5))["type"] == "sync"


def test_another_administrator_can_be_named(healthy):
    other = UserFactory(email="zoe@example.com", role=User.Role.ADMIN)

    assert failed(report("--user", "Zoe@example.com", **healthy)) == []
    assert Notification.objects.get().recipient == other


# Each trouble alone


def test_without_a_server_it_says_to_start_one(administrator):
    Worker([]).tick()
    checks = report("--url", f"http://{NOBODY}")

    assert failed(checks) == ["socket"]
    assert "does not answer: ConnectionRefusedError" in checks["socket"]["detail"]
    assert checks["socket"]["hint"] == "Start `manage.py serve`, or name its address with --url."
    assert checks["notification"]["detail"] == "skipped: needs socket"


def test_lines_say_what_failed_what_to_do_and_what_was_skipped(administrator):
    Worker([]).tick()
    ended = run("--url", f"http://{NOBODY}")

    assert (ended.returncode, ended.stderr) == (1, "")
    socket_line, notification_line = ended.stdout.splitlines()[-2:]
    assert re.match(r"FAIL  socket: .* \(\d+ ms\) -> Start `manage.py serve`", socket_line)
    assert notification_line == "--    notification: skipped: needs socket"


@pytest.mark.redis
def test_without_a_worker_it_says_to_start_one(server):
    checks = report(PORT=str(server.port), HTTPS="true")

    assert failed(checks) == ["worker"]
    assert "`manage.py worker`" in checks["worker"]["hint"]
    assert checks["notification"]["ok"]


def test_without_redis_url_the_server_is_the_worker_to_start(administrator):
    checks = report("--url", f"http://{NOBODY}", REDIS_URL="")

    assert failed(checks) == ["worker", "socket"]
    assert "`manage.py serve`" in checks["worker"]["hint"]


def test_a_second_worker_without_redis_url_is_advised_against(administrator):
    Worker([]).tick()
    Worker([]).tick()
    checks = report("--url", f"http://{NOBODY}", REDIS_URL="")

    assert checks["worker"]["ok"]
    assert "start no other" in checks["worker"]["hint"]


def test_a_redis_that_is_away_fails_the_channel_layer_and_spares_the_notification(healthy):
    checks = report(**healthy | {"REDIS_URL": f"redis://{NOBODY}/0"})

    assert failed(checks) == ["channel layer"]
    assert checks["channel layer"]["hint"] == "Start Redis, or correct REDIS_URL."
    assert checks["notification"]["detail"] == "skipped: needs channel layer"
    assert not Notification.objects.exists()


def test_a_database_that_is_away_fails_alone_and_what_needs_it_is_skipped():
    checks = report(DATABASE_URL=f"postgres://nobody@{NOBODY}/none")

    assert failed(checks) == ["database"]
    assert "correct DATABASE_URL" in checks["database"]["hint"]
    assert checks["channel layer"]["ok"]
    assert [name for name, check in checks.items() if skipped(check)] == [
        "migrations",
        "worker",
        "socket",
        "notification",
    ]


@pytest.mark.postgres
def test_a_database_that_takes_no_writes_fails():
    url = environment()["DATABASE_URL"] + "?options=-c%20default_transaction_read_only%3Don"
    checks = report("--url", f"http://{NOBODY}", DATABASE_URL=url)

    assert "ReadOnly" in checks["database"]["detail"] or "read-only" in checks["database"]["detail"]
    assert "must be allowed to write" in checks["database"]["hint"]


def test_a_database_that_nobody_migrated_yet_can_be_written_to(tmp_path):
    checks = report(DATABASE_URL=f"sqlite:///{tmp_path / 'new.sqlite3'}")

    assert failed(checks) == ["migrations"]
    assert checks["database"]["ok"]


@pytest.fixture
def _unapplied():
    """As if the last release brought a migration."""
    recorder = MigrationRecorder(connection)
    name = recorder.Migration.objects.filter(app="leads").order_by("id").last().name
    recorder.record_unapplied("leads", name)
    yield
    recorder.record_applied("leads", name)


@pytest.mark.usefixtures("_unapplied")
def test_a_migration_that_is_not_applied_is_named(administrator):
    checks = report("--url", f"http://{NOBODY}")

    assert failed(checks) == ["migrations"]
    assert re.match(r"1 not applied: leads\.\d{4}_", checks["migrations"]["detail"])
    assert checks["migrations"]["hint"] == "Run `manage.py migrate`."
    assert checks["socket"]["detail"] == "skipped: needs migrations"


def test_a_token_that_the_server_does_not_take_is_refused(healthy):
    checks = report(**healthy | {"SECRET_KEY": "another long random string than the server's"})

    assert failed(checks) == ["socket"]
    assert "refused the socket: HTTP 403" in checks["socket"]["detail"]
    assert "another SECRET_KEY or DATABASE_URL" in checks["socket"]["hint"]
    assert not TokenSignIn.objects.exists()


@pytest.mark.redis
def test_a_push_that_goes_elsewhere_fails_the_notification_alone(healthy, administrator):
    checks = report(**healthy | {"REDIS_PREFIX": "elsewhere"})

    assert failed(checks) == ["notification"]
    assert checks["notification"]["detail"] == "It was stored, but no push brought it."
    assert "REDIS_PREFIX" in checks["notification"]["hint"]
    assert not Notification.objects.visible_to(administrator).exists()


def test_a_server_whose_redis_is_away_closes_the_socket_and_the_doctor_says_why(
    tmp_path, administrator
):
    with serving(tmp_path, **KEY, REDIS_URL=f"redis://{NOBODY}/0") as server:
        Worker([]).tick()
        checks = report("--url", server.base)

    assert failed(checks) == ["socket"]
    assert "closed with 1013" in checks["socket"]["detail"]
    assert "Redis" in checks["socket"]["hint"]


def test_without_an_administrator_it_says_how_to_make_one(owner):
    Worker([]).tick()
    UserFactory(role=User.Role.ADMIN, is_active=False)
    checks = report("--url", f"http://{NOBODY}")

    assert failed(checks) == ["socket"]
    assert checks["socket"]["detail"] == "There is no active administrator."
    assert "createsuperuser" in checks["socket"]["hint"]


def test_somebody_who_is_no_administrator_cannot_be_named(owner, administrator):
    Worker([]).tick()
    checks = report("--user", owner.email)

    assert failed(checks) == ["socket"]
    assert owner.email in checks["socket"]["detail"]
    assert "--user" in checks["socket"]["hint"]


def test_an_administrator_with_every_socket_taken_is_named_as_the_reason(tmp_path, administrator):
    with serving(tmp_path) as server, ExitStack() as sockets:
        access = tokens(administrator)["access"]
        for _ in range(django_settings.SOCKETS_PER_USER):
            held = wsclient.WebSocket(
                f"{server.base}/ws/notifications/",
                time.monotonic() + 10,
                headers={"Authorization": f"Bearer {access}"},
            )
            sockets.callback(held.close)
            assert json.loads(held.receive())["type"] == "hello"
        results = {result.name: result for result in doctor.examine(server.base)}

    assert "closed with 4429" in results["socket"].detail
    assert "--user" in results["socket"].hint


@contextmanager
def answering(handler, certificate=None):
    """The port of an HTTP server that answers every GET with ``handler``, over TLS if it has a
    certificate."""
    kind = type("Handler", (BaseHTTPRequestHandler,), {"do_GET": handler, "log_message": quiet})
    with HTTPServer(("127.0.0.1", 0), kind) as server:
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            server.socket = context.wrap_socket(server.socket, server_side=True)
        server.handle_error = quiet
        threading.Thread(target=server.serve_forever).start()
        try:
            yield server.server_port
        finally:
            server.shutdown()


def quiet(*_):
    pass


def test_something_else_that_answers_there_is_told_from_leadbell(administrator):
    Worker([]).tick()
    with answering(lambda request: request.send_error(404)) as port:
        checks = report("--url", f"http://127.0.0.1:{port}")

    assert failed(checks) == ["socket"]
    assert "HTTP 404" in checks["socket"]["detail"]
    assert "let a proxy in front of it pass WebSockets on" in checks["socket"]["hint"]


@pytest.fixture
def certificate(tmp_path):
    """The file of a key and a certificate that nobody vouches for."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = timezone.now()
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    path = tmp_path / "certificate.pem"
    path.write_bytes(key.private_bytes(pem, *plain) + made.public_bytes(pem))
    return path


def test_a_certificate_that_nobody_vouches_for_is_named_as_the_reason(administrator, certificate):
    Worker([]).tick()
    with answering(lambda request: request.send_error(404), certificate) as port:
        checks = report("--url", f"https://localhost:{port}")

    assert failed(checks) == ["socket"]
    assert "is not trusted" in checks["socket"]["detail"]
    assert "SSL_CERT_FILE" in checks["socket"]["hint"]


@pytest.mark.parametrize("url", ["nonsense", "ftp://localhost", "http://localhost:99999999"])
def test_an_address_that_is_none_is_told(administrator, url):
    Worker([]).tick()
    checks = report("--url", url)

    assert failed(checks) == ["socket"]
    assert "--url" in checks["socket"]["hint"]


@pytest.fixture
def silent():
    """host:port of a server that takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"127.0.0.1:{listener.getsockname()[1]}"


def test_a_silent_database_and_a_silent_redis_cost_less_than_five_seconds_each(silent):
    checks = report(
        DATABASE_URL=f"postgres://nobody@{silent}/none", REDIS_URL=f"redis://{silent}/0"
    )

    assert failed(checks) == ["database", "channel layer"]
    assert "correct DATABASE_URL" in checks["database"]["hint"]
    assert "correct REDIS_URL" in checks["channel layer"]["hint"]


def test_a_silent_server_costs_less_than_five_seconds(silent, administrator):
    Worker([]).tick()
    checks = report("--url", f"http://{silent}")

    assert failed(checks) == ["socket"]
    assert "TimeoutError" in checks["socket"]["detail"]
    assert not TokenSignIn.objects.exists()


def test_settings_that_stop_every_start_stop_it_with_one_line():
    ended = run(SECRET_KEY="")

    assert ended.returncode == 1
    assert ended.stdout == ""
    assert len(ended.stderr.splitlines()) == 1
    assert "SECRET_KEY is missing" in ended.stderr


# Mistakes in the settings


@pytest.fixture
def good(settings):
    """Settings in which the doctor finds no mistake."""
    settings.DEBUG = False
    settings.SECRET_KEY = KEY["SECRET_KEY"]
    settings.ALLOWED_HOSTS = ["crm.example.com"]
    assert next(doctor.examine()).ok
    return settings


@pytest.mark.parametrize(
    ("name", "value", "detail", "hint"),
    [
        ("DEBUG", True, "DEBUG is on.", "Set DEBUG=false"),
        ("SECRET_KEY", "for-development-only-" + "x" * 40, "everybody knows", "Set SECRET_KEY"),
        ("SECRET_KEY", "secret", "SECRET_KEY is short.", "at least 32 characters"),
        ("ALLOWED_HOSTS", ["*"], "lets every name pass", "Set ALLOWED_HOSTS"),
        ("ROOT_URLCONF", "crm.nowhere", "No module named", "docs/operations.md"),
        ("STATICFILES_DIRS", [django_settings.STATIC_ROOT], "E002", "manage.py check"),
    ],
)
def test_each_mistake_of_a_deployment_is_named(good, name, value, detail, hint):
    setattr(good, name, value)
    result = next(doctor.examine())

    assert (result.name, result.ok) == ("settings", False)
    assert detail in result.detail
    assert hint in result.hint


def test_two_mistakes_are_both_named(good):
    good.DEBUG, good.ALLOWED_HOSTS = True, ["*"]
    result = next(doctor.examine())

    assert "DEBUG" in result.detail
    assert "ALLOWED_HOSTS" in result.hint


def test_the_development_key_is_the_one_that_the_doctor_knows():
    made = subprocess.run(
        [sys.executable, "-c", "from crm import env; print(env.secret_key(True))"],
        cwd=ROOT,
        env=environment(SECRET_KEY=""),
        capture_output=True,
        text=True,
    )
    assert made.stdout.startswith(doctor.DEVELOPMENT_KEY)


def test_hosts_of_this_machine_only_are_no_mistake_but_worth_a_word(good):
    good.ALLOWED_HOSTS = ["localhost"]
    result = next(doctor.examine())

    assert result.ok
    assert "ALLOWED_HOSTS names this machine only" in result.hint


# Whatever happens


@pytest.fixture
def only(monkeypatch):
    """The results of a doctor who does nothing but the given, in less time than usual."""
    monkeypatch.setattr(doctor, "LOOK_SECONDS", 0.6)
    monkeypatch.setattr(doctor, "UNDO_SECONDS", 0.2)

    def results(*looks):
        checks = [doctor.Check(look.__name__, look, (), "Do something.") for look in looks]
        monkeypatch.setattr(doctor, "CHECKS", checks)
        return list(doctor.examine())

    return results


def test_a_check_that_breaks_is_a_failure_in_one_line_and_stops_no_other(only):
    def broken(visit):
        raise ZeroDivisionError("first line\nsecond line")

    def good(visit):
        return "fine"

    first, second = only(broken, good)
    assert (first.ok, first.detail) == (False, "ZeroDivisionError: first line")
    assert first.hint == "Do something."
    assert second.ok


def test_a_check_that_hangs_is_left_behind(only):
    done = threading.Event()

    def hanging(visit):
        done.wait(20)

    began = time.monotonic()
    (result,) = only(hanging)
    took = time.monotonic() - began
    done.set()

    assert (result.ok, result.detail) == (False, "TimeoutError: No answer within 0.6 s.")
    assert took < 2


def test_traces_that_cannot_be_removed_are_told(only):
    def untidy(visit):
        visit.undo.callback(lambda: 1 / 0)
        return "fine"

    (result,) = only(untidy)
    assert not result.ok
    assert "fine, but its traces could not be removed: ZeroDivisionError" in result.detail


def test_traces_are_removed_also_where_a_check_fails(only):
    removed = []

    def failing(visit):
        visit.undo.callback(removed.append, "all")
        raise doctor.Trouble("It is broken.")

    (result,) = only(failing)
    assert not result.ok
    assert removed == ["all"]


# The WebSocket client


@contextmanager
def sockets_of(handler):
    """The http:// address of a WebSocket server that treats each connection to ``handler``."""
    with websockets.sync.server.serve(handler, "127.0.0.1", 0, max_size=None) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.socket.getsockname()[1]}"
        finally:
            server.shutdown()
            thread.join()


def connected(url, seconds=5, **options):
    return wsclient.WebSocket(url, time.monotonic() + seconds, **options)


def test_messages_of_every_length_come_back_as_they_went():
    def echo(peer):
        for message in peer:
            peer.send(message)

    with sockets_of(echo) as url:
        client = connected(url)
        for size in (0, 1, 125, 126, 127, 65_535, 65_536, 300_000):
            text = ("é" + "x" * size)[:size]
            client.send(text)
            assert client.receive() == text
        client.close()


def test_pings_are_answered_and_fragments_are_joined():
    answered = []

    def ping(peer):
        pong = peer.ping(b"are you there?")
        peer.send(["one ", "two ", "three"])
        answered.append(pong.wait(5))
        peer.recv()

    with sockets_of(ping) as url:
        client = connected(url)
        assert client.receive() == "one two three"
        client.send("done")
        client.close()
    assert answered == [True]


def test_the_code_and_the_reason_of_a_close_are_told_and_it_is_answered():
    codes = []

    def leave(peer):
        peer.close(4401, "signed out")
        codes.append(peer.close_code)

    with sockets_of(leave) as url:
        client = connected(url)
        with pytest.raises(wsclient.Closed) as closed:
            client.receive()
    assert (closed.value.code, closed.value.reason) == (4401, "signed out")
    assert codes == [4401]


def test_a_goodbye_reaches_the_server():
    codes = []

    def listen(peer):
        with pytest.raises(websockets.ConnectionClosedOK) as closed:
            peer.recv()
        codes.append(closed.value.rcvd.code)

    with sockets_of(listen) as url:
        connected(url).close()
    assert codes == [1000]


def test_silence_ends_in_time():
    with sockets_of(lambda peer: peer.recv()) as url:
        client = connected(url)
        began = time.monotonic()
        client.until = began + 0.3
        with pytest.raises(TimeoutError):
            client.receive()
        assert time.monotonic() - began < 2
        client.close()


def handshake(request, *, key=None):
    key = (key or request.headers["Sec-WebSocket-Key"]) + wsclient.GUID
    digest = base64.b64encode(hashlib.sha1(key.encode(), usedforsecurity=False).digest())
    return (
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: " + digest + b"\r\n\r\n"
    )


def test_a_frame_that_comes_along_with_the_handshake_is_not_lost():
    def at_once(request):
        request.wfile.write(handshake(request) + b"\x81\x05hello")

    with answering(at_once) as port:
        assert connected(f"http://127.0.0.1:{port}/").receive() == "hello"


def test_a_handshake_for_another_key_is_no_handshake():
    def other(request):
        request.wfile.write(handshake(request, key="AAAAAAAAAAAAAAAAAAAAAA=="))

    with answering(other) as port, pytest.raises(wsclient.ProtocolError):
        connected(f"http://127.0.0.1:{port}/")


@pytest.mark.parametrize(
    "frame",
    [
        b"\xc1\x00",  # a reserved bit
        b"\x81\x80mask",  # masked
        b"\x81\x7f" + b"\xff" * 8,  # larger than anything
        b"\x89\x7e\x00\x7e" + b"x" * 126,  # a ping too large
        b"\x09\x00",  # a ping in parts
        b"\x80\x00",  # the rest of nothing
        b"\x01\x00\x81\x00",  # a message within another
        b"\x83\x00",  # of a kind that is none
        b"\x82\x00",  # binary
    ],
)
def test_a_frame_that_breaks_the_protocol_is_told(frame):
    def breaking(request):
        request.wfile.write(handshake(request) + frame)

    with answering(breaking) as port:
        client = connected(f"http://127.0.0.1:{port}/")
        with pytest.raises(wsclient.ProtocolError):
            client.receive()


def test_a_connection_that_ends_in_the_middle_is_told():
    def cut(request):
        request.wfile.write(handshake(request) + b"\x81\x05he")

    with answering(cut) as port:
        client = connected(f"http://127.0.0.1:{port}/")
        with pytest.raises(ConnectionResetError):
            client.receive()
