"""The doctor against a real server and a real worker: all in order, and each trouble alone.

It runs in this process but where its own is the point. One server serves them all, so nobody may
rely on the database being empty of what a server in embedded mode writes: its sign of life.
"""

import base64
import hashlib
import io
import json
import re
import socket
import socketserver
import ssl
import subprocess
import sys
import threading
import time
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
import time_machine
import websockets
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from django.conf import settings as django_settings
from django.core.management import call_command
from django.db import connection, connections
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone
from rest_framework_simplejwt import state
from rest_framework_simplejwt.backends import TokenBackend
from websockets.sync.client import connect as open_socket
from websockets.sync.server import serve

from crm import doctor, env, wsclient
from crm.doctor import bounded, examination
from crm.doctor.administrator import sign_in
from crm.doctor.check import Check, Result, Trouble, Visit
from crm.doctor.database import look_at_migrations
from crm.doctor.deployment import DEVELOPMENT_KEY
from crm.doctor.notification import TITLE
from crm.doctor.pages import look_at_pages
from crm.doctor.processes import look_at_worker
from crm.doctor.socket import CLOSED, connect, next_frame
from crm.models import TokenSignIn, User
from crm.sockets import PROTOCOL
from notifications.models import Inbox, Notification, Receipt, WorkerProcess
from notifications.worker import Worker
from tests.factories import LeadFactory, UserFactory
from tests.servers import ROOT, environment, serving
from tests.sockets import tokens
from tests.waiting import until

committed = pytest.mark.django_db(transaction=True)  # other connections see what it writes

NAMES = ["settings", "database", "migrations", "channel layer", "mail", "worker", "socket",
         "pages", "notification"]  # fmt: skip
EMBEDDED = not django_settings.REDIS_URL
NOBODY = "127.0.0.1:1"  # where nothing listens
KEY = "a long random string of the tests, known to nobody else"
HOST = "crm.example.com"


@pytest.fixture(scope="module")
def running(django_db_setup, tmp_path_factory):
    """Behind a TLS proxy, by another name than the doctor asks it by."""
    folder, hosts = tmp_path_factory.mktemp("server"), f"{HOST},127.0.0.1"
    with serving(folder, SECRET_KEY=KEY, ALLOWED_HOSTS=hosts, HTTPS="true") as server:
        yield server


@pytest.fixture
def production(settings, monkeypatch):
    """The environment of ``running``, in which the doctor finds no mistake."""
    settings.DEBUG = False
    settings.SECRET_KEY = KEY
    settings.ALLOWED_HOSTS = [HOST]
    settings.SECURE_SSL_REDIRECT = True
    monkeypatch.setattr(state, "token_backend", TokenBackend("HS256", KEY))
    return settings


@pytest.fixture
def server(running, production, administrator):
    production.PORT = running.port
    return running


@pytest.fixture
def _worker():
    Worker([]).tick()


def examined(url="", email="", only=NAMES) -> dict:
    """The results by name of the check."""
    checks = [check for check in doctor.CHECKS if check.name in only]
    results = {result.name: result for result in doctor.examine(url, email, checks)}
    assert list(results) == [check.name for check in checks]
    return results


def failed(results) -> list[str]:
    """The names of those that were looked at and failed."""
    return [name for name, result in results.items() if not result.ok and not result.skipped]


def skipped(results) -> list[str]:
    return [name for name, result in results.items() if result.skipped]


# The command, in a process of its own


def run(*options, **changes):
    known = {"SECRET_KEY": KEY, "DEBUG": "false", "ALLOWED_HOSTS": HOST, "HTTPS": "true"}
    return subprocess.run(
        [sys.executable, "manage.py", "doctor", *options],
        cwd=ROOT,
        env=environment(**known | changes),
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.fixture
def _real_worker(tmp_path, request):
    """In embedded mode the server is the worker. Both start at the same time."""
    command = [sys.executable, "manage.py", "worker"]
    with ExitStack() as ending, (tmp_path / "worker.log").open("w") as log:
        if not EMBEDDED:
            process = subprocess.Popen(command, cwd=ROOT, env=environment(), stdout=log, stderr=log)
            ending.callback(process.wait)
            ending.callback(process.terminate)
        request.getfixturevalue("running")
        until(lambda: WorkerProcess.objects.alive().exists())
        yield


@committed
@pytest.mark.usefixtures("_real_worker")
def test_where_all_is_in_order_each_check_says_so_in_a_line(server):
    ended = run(PORT=str(server.port))

    assert (ended.returncode, ended.stderr) == (0, ""), ended.stdout
    lines = ended.stdout.splitlines()
    assert [re.match(r"ok    ([a-z ]+): ", line)[1] for line in lines] == NAMES
    assert "written and rolled back" in lines[1]
    assert "a message came back in" in lines[3]
    assert ("One process only" in lines[0]) == EMBEDDED


def test_the_json_is_whole_and_the_exit_status_agrees_with_it():
    ended = run(
        "--json", DATABASE_URL=f"postgres://nobody@{NOBODY}/none", REDIS_URL=f"redis://{NOBODY}/0"
    )

    assert (ended.returncode, ended.stderr) == (1, "")
    said = json.loads(ended.stdout)
    assert (set(said), said["ok"]) == ({"ok", "checks"}, False)
    assert [check["name"] for check in said["checks"]] == NAMES
    for check in said["checks"]:
        assert set(check) == {"name", "ok", "detail", "hint", "milliseconds"}
    down = [check["name"] for check in said["checks"] if check["milliseconds"] and not check["ok"]]
    assert down == ["database", "channel layer"]


def test_settings_that_stop_every_start_stop_it_with_one_line():
    ended = run(SECRET_KEY="")

    assert ended.returncode == 1
    assert ended.stdout == ""
    assert len(ended.stderr.splitlines()) == 1
    assert "SECRET_KEY is missing" in ended.stderr


# The command, in this process


def told(*options) -> tuple[str, int]:
    """What the command says, and its exit status."""
    output = io.StringIO()
    try:
        call_command("doctor", *options, stdout=output, no_color=True)
    except SystemExit as end:
        return output.getvalue(), end.code
    return output.getvalue(), 0


@committed
@pytest.mark.usefixtures("_worker")
def test_without_a_server_lines_say_what_failed_what_to_do_and_what_was_skipped(
    production, administrator
):
    text, status = told("--url", f"http://{NOBODY}")

    assert status == 1
    *others, socket_line, pages_line, notification_line = text.splitlines()
    assert all(line.startswith("ok    ") for line in others)
    assert re.match(r"FAIL  socket: http://\S+ does not answer: ConnectionRefused", socket_line)
    hint = r"Start `manage.py serve`, or name its address with --url\."
    assert re.search(rf" \(\d+ ms\) -> {hint}$", socket_line)
    assert pages_line == "--    pages: skipped: needs socket"
    assert notification_line == "--    notification: skipped: needs socket"
    assert not TokenSignIn.objects.exists()


@committed
@pytest.mark.usefixtures("_worker")
def test_the_json_of_a_healthy_installation_times_each_stage_of_the_notification(server):
    text, status = told("--json")

    said = json.loads(text)
    assert (status, said["ok"]) == (0, True), text
    assert all(check["ok"] and check["milliseconds"] > 0 for check in said["checks"])
    detail = {check["name"]: check["detail"] for check in said["checks"]}
    stages = r"stored [\d.]+ ms, pushed [\d.]+ ms, delivered [\d.]+ ms, and removed"
    assert re.fullmatch(stages, detail["notification"])
    assert f"http://localhost:{server.port} answered" in detail["socket"]


@committed
@pytest.mark.usefixtures("_worker")
def test_another_administrator_can_be_named(server):
    other = UserFactory(email="zoe@example.com", role=User.Role.ADMIN)

    assert told("--user", "Zoe@example.com")[1] == 0
    assert Notification.objects.get().recipient == other


# All in order


@committed
def test_what_it_did_is_taken_back(server, administrator, teammate):
    LeadFactory.create_batch(2)
    before = Inbox.objects.of(administrator)
    before.acknowledge(1)
    before.refresh_from_db()

    assert failed(examined(only=["database", "socket", "notification"])) == []

    after = Inbox.objects.of(administrator)
    assert after.seq == before.seq + (3 if EMBEDDED else 2)
    assert after.unread_count == before.unread_count == 2
    assert (after.delivered_seq, after.delivered_at) == (1, before.delivered_at)
    assert Receipt.objects.get().upto == 1
    assert not TokenSignIn.objects.exists()
    tombstone = Notification.objects.get(title=TITLE)
    assert (tombstone.recipient, tombstone.seq) == (administrator, after.seq)
    assert tombstone.deleted_at is not None
    assert Inbox.objects.of(teammate).seq == 2
    assert not MigrationRecorder.Migration.objects.filter(app="doctor").exists()


@pytest.mark.django_db
def test_what_a_client_confirmed_meanwhile_is_not_taken_back(committing, owner):
    with committing():
        LeadFactory.create_batch(4)
    before = Inbox.objects.of(owner)
    for seq in (1, 2, 4):
        before.acknowledge(seq)

    before.take_back_receipt(2)
    assert Inbox.objects.of(owner).delivered_seq == 4
    assert list(Receipt.objects.order_by("upto").values_list("upto", flat=True)) == [1, 4]

    before.take_back_receipt(4)
    after, left = Inbox.objects.of(owner), Receipt.objects.get()
    assert (after.delivered_seq, after.delivered_at) == (1, left.at) == (left.upto, left.at)


def heard(peer) -> dict:
    """The next frame; heartbeats, which come at any time, are passed over."""
    while (frame := json.loads(peer.recv(5)))["type"] == "heartbeat":
        pass
    return frame


@committed
def test_the_administrator_hears_it_come_and_go_and_nobody_else_does(server, administrator):
    teammate = UserFactory()
    with ExitStack() as sockets:
        hers, his = (
            sockets.enter_context(
                open_socket(
                    server.socket,
                    additional_headers={"Authorization": f"Bearer {tokens(user)['access']}"},
                )
            )
            for user in (administrator, teammate)
        )
        assert all(heard(each)["type"] == "hello" for each in (hers, his))
        assert failed(examined(only=["notification"])) == []

        came, went = heard(hers), heard(hers)
        assert came["type"] == f"notification:{'updated' if EMBEDDED else 'created'}"
        assert came["notification"]["title"] == TITLE
        assert (went["type"], went["id"]) == ("notification:deleted", came["notification"]["id"])
        his.send(json.dumps({"type": "sync", "since": 0}))
        assert heard(his)["type"] == "sync"


# Each trouble alone


@committed
@pytest.mark.redis
def test_without_a_worker_it_says_to_start_one_and_notifications_come_all_the_same(server):
    results = examined()

    assert failed(results) == ["worker"]
    assert results["notification"].ok


@pytest.mark.django_db
@pytest.mark.parametrize(("embedded", "start"), [(False, "worker"), (True, "serve")])
def test_the_worker_to_start_depends_on_redis_url(settings, embedded, start):
    settings.EMBEDDED = embedded
    Worker([]).tick()
    assert re.match(r"[12] alive, the last sign of life \d+ s ago", look_at_worker(Visit("")))

    later = timezone.now() + timedelta(minutes=1)
    with time_machine.travel(later), pytest.raises(Trouble) as trouble:
        look_at_worker(Visit(""))
    assert trouble.value.hint == f"Start `manage.py {start}` and keep it running."


@pytest.mark.django_db
@pytest.mark.parametrize("embedded", [True, False])
def test_a_second_worker_is_advised_against_without_redis_url(settings, embedded):
    settings.EMBEDDED = embedded
    for _ in range(2):
        Worker([]).tick()
    visit = Visit("")

    assert re.match("[23] alive", look_at_worker(visit))
    assert ("start no other" in visit.hint) == embedded


@pytest.fixture
def redis_at(settings):
    """Leads the doctor to another Redis than the server's."""

    def lead(address, **config):
        layer = {
            "BACKEND": "notifications.layer.RedisLayer",
            "CONFIG": {"hosts": [address], **config},
        }
        settings.CHANNEL_LAYERS = {"default": layer}

    return lead


@committed
@pytest.mark.usefixtures("_worker")
def test_a_redis_that_is_away_fails_the_channel_layer_and_spares_the_notification(server, redis_at):
    redis_at(f"redis://{NOBODY}/0")
    results = examined()

    assert failed(results) == ["channel layer"]
    assert results["channel layer"].hint == "Start Redis, or correct REDIS_URL."
    assert results["notification"].detail == "skipped: needs channel layer"
    assert not Notification.objects.exists()


@committed
@pytest.mark.redis
@pytest.mark.usefixtures("_worker")
def test_a_push_that_goes_elsewhere_fails_the_notification_alone(server, redis_at, administrator):
    redis_at(django_settings.REDIS_URL, prefix="elsewhere")
    results = examined()

    assert failed(results) == ["notification"]
    assert results["notification"].detail == "It was stored, but no push brought it."
    assert "REDIS_PREFIX" in results["notification"].hint
    assert Notification.objects.filter(recipient=administrator).exists()
    assert not Notification.objects.visible_to(administrator).exists()


@pytest.fixture
def database_at(monkeypatch, django_db_blocker):
    """Leads the doctor to another database than the tests'."""

    def lead(url):
        monkeypatch.setenv("DATABASE_URL", url)
        config = connections.configure_settings({"default": env.database(ROOT)})["default"]
        monkeypatch.setitem(connections.settings, "default", config)

    with django_db_blocker.unblock():
        yield lead


def test_a_database_that_is_away_fails_alone_and_what_needs_it_is_skipped(production, database_at):
    database_at(f"postgres://nobody@{NOBODY}/none")
    results = examined()

    assert failed(results) == ["database"]
    assert "OperationalError" in results["database"].detail
    assert "correct DATABASE_URL" in results["database"].hint
    assert results["channel layer"].ok
    assert skipped(results) == ["migrations", "worker", "socket", "pages", "notification"]


@pytest.mark.postgres
def test_a_database_that_takes_no_writes_fails(database_at):
    url = environment()["DATABASE_URL"]
    database_at(f"{url}?options=-c%20default_transaction_read_only%3Don")
    result = examined(only=["database"])["database"]

    assert not result.ok
    assert re.search("ReadOnly|read-only", result.detail)
    assert "must be allowed to write" in result.hint


def test_a_database_that_nobody_migrated_yet_can_be_written_to(production, database_at, tmp_path):
    database_at(f"sqlite:///{tmp_path / 'new.sqlite3'}")
    results = examined()

    assert failed(results) == ["migrations"]
    assert results["database"].ok
    assert skipped(results) == ["worker", "socket", "pages", "notification"]


@pytest.mark.django_db
def test_a_migration_that_is_not_applied_is_named():
    recorder = MigrationRecorder(connection)
    name = recorder.Migration.objects.filter(app="leads").order_by("id").last().name
    recorder.record_unapplied("leads", name)

    with pytest.raises(Trouble, match=rf"^1 not applied: leads\.{name}$"):
        look_at_migrations(Visit(""))


@committed
def test_a_token_that_the_server_does_not_take_is_refused(server, monkeypatch):
    monkeypatch.setattr(state, "token_backend", TokenBackend("HS256", KEY[::-1]))
    result = examined(only=["socket"])["socket"]

    assert "refused the socket: HTTP 403" in result.detail
    assert "another SECRET_KEY or DATABASE_URL" in result.hint
    assert not TokenSignIn.objects.exists()


@pytest.mark.django_db
def test_without_an_administrator_it_says_how_to_make_one(owner):
    UserFactory(role=User.Role.ADMIN, is_active=False)
    with pytest.raises(Trouble, match="There is no active administrator") as trouble:
        sign_in(Visit(""))
    assert "createsuperuser" in trouble.value.hint


@pytest.mark.django_db
def test_somebody_who_is_no_administrator_cannot_be_named(owner, administrator):
    with pytest.raises(Trouble, match=owner.email) as trouble:
        sign_in(Visit("", owner.email))
    assert "--user" in trouble.value.hint


@committed
def test_an_administrator_with_every_socket_taken_is_named_as_the_reason(server, administrator):
    bearer = {"Authorization": f"Bearer {tokens(administrator)['access']}"}
    with ExitStack() as sockets:
        for _ in range(django_settings.SOCKETS_PER_USER):
            held = connected(f"{server.base}/ws/notifications/", headers=bearer)
            sockets.callback(held.close)
            assert json.loads(held.receive())["type"] == "hello"
        result = examined(only=["socket"])["socket"]

    assert "closed with 4429" in result.detail
    assert result.hint == CLOSED[4429]


@pytest.fixture
def _no_inboxes(transactional_db):
    """To a socket it is the same whether its database fails or its Redis."""
    table, hidden = Inbox._meta.db_table, "hidden"
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} RENAME TO {hidden}")
        yield
        cursor.execute(f"ALTER TABLE {hidden} RENAME TO {table}")


@committed
@pytest.mark.usefixtures("_no_inboxes")
def test_a_server_that_cannot_work_closes_the_socket_and_the_doctor_says_why(server):
    result = examined(only=["socket"])["socket"]

    assert "closed with 1013" in result.detail
    assert result.hint == CLOSED[1013]


# What answers there is no Leadbell, or not now


def trouble(url) -> Trouble:
    """What the doctor says of a socket there."""
    visit = Visit(url, until=time.monotonic() + 5)
    with visit.undo, pytest.raises(Trouble) as raised:
        next_frame(connect(visit, "token"))
    return raised.value


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
        threading.Thread(target=server.serve_forever, args=(0.02,)).start()
        try:
            yield server.server_port
        finally:
            server.shutdown()


def quiet(*_):
    pass


@pytest.mark.parametrize(
    ("status", "hint"),
    [
        (403, "another SECRET_KEY or DATABASE_URL"),
        (404, "let a proxy in front of it pass WebSockets on"),
        (502, "let a proxy in front of it pass WebSockets on"),
    ],
)
def test_a_refusal_is_told_with_what_it_means(status, hint):
    with answering(lambda request: request.send_error(status)) as port:
        told = trouble(f"http://127.0.0.1:{port}")

    assert f"refused the socket: HTTP {status}" in told.detail
    assert hint in told.hint


@pytest.mark.parametrize("code", CLOSED)
def test_a_close_is_told_with_what_to_do(code):
    with sockets_of(lambda peer: peer.close(code), subprotocols=[PROTOCOL]) as url:
        told = trouble(url)

    assert (told.detail, told.hint) == (f"The server closed with {code}.", CLOSED[code])


def test_a_socket_of_something_else_is_told_from_leadbells():
    with sockets_of(lambda peer: peer.recv()) as url:
        told = trouble(url)

    assert "speaks another protocol" in told.detail
    assert "Leadbell's own address" in told.hint


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


def test_a_certificate_that_nobody_vouches_for_is_named_as_the_reason(certificate):
    with answering(lambda request: request.send_error(404), certificate) as port:
        told = trouble(f"https://localhost:{port}")

    assert "is not trusted" in told.detail
    assert "SSL_CERT_FILE" in told.hint


@pytest.mark.parametrize("url", ["nonsense", "ftp://localhost", "http://localhost:99999999"])
def test_an_address_that_is_none_is_told(url):
    assert "--url" in trouble(url).hint


# Pages


def test_the_sign_in_page_and_its_stylesheet_come_from_the_server(running, production):
    visit = Visit(running.base, until=time.monotonic() + 5)
    stages = r"sign-in page [\d.]+ ms, its stylesheet [\d.]+ ms"
    assert re.fullmatch(stages, look_at_pages(visit))


def site(page=200, kind="text/css", named="/static/css/app.0123456789ab.css", sheet=200):
    """Answers as a server does whose pages, or whose files, are not what they should be."""
    link = f'<link rel="stylesheet" href="{named}">' if named else ""

    def answer(request):
        files = {"/crm/login/": (page, "text/html", link), named: (sheet, kind, "body {}")}
        status, content, text = files.get(request.path, (404, "text/html", ""))
        request.send_response(status)
        request.send_header("Content-Type", f"{content}; charset=utf-8")
        request.end_headers()
        request.wfile.write(text.encode())

    return answer


def look_at(handler) -> Result:
    with answering(handler) as port:
        checks = [check._replace(needs=()) for check in doctor.CHECKS if check.name == "pages"]
        (result,) = doctor.examine(f"http://127.0.0.1:{port}/crm/", "", checks)
    return result


def test_below_a_prefix_the_page_is_asked_for_there():
    result = look_at(site())
    assert result.ok, result


@pytest.mark.parametrize(
    ("broken", "detail"),
    [
        ({"page": 500}, "/crm/login/ answered 500 where 200 was due."),
        ({"sheet": 404}, "/static/css/app.0123456789ab.css answered 404 where 200 was due."),
        ({"kind": "text/html"}, ".css is text/html where text/css was due."),
    ],
)
def test_pages_that_are_broken_are_found_though_sockets_work(broken, detail):
    result = look_at(site(**broken))
    assert not result.ok
    assert result.detail.endswith(detail)
    assert "manage.py collectstatic" in result.hint


def test_a_page_of_something_else_is_told_from_leadbells():
    result = look_at(site(named=""))
    assert not result.ok
    assert result.detail == "/crm/login/ names no stylesheet."
    assert "--url" in result.hint


@pytest.mark.usefixtures("_in_a_hurry")
def test_a_silent_page_is_not_waited_for(silent):
    checks = [check._replace(needs=()) for check in doctor.CHECKS if check.name == "pages"]
    (result,) = doctor.examine(f"http://{silent}", "", checks)
    assert "TimeoutError" in result.detail
    assert result.milliseconds < 5_000


# Mail


@pytest.fixture
def mail_at(settings):
    """Leads the doctor to another mail server than the tests' own."""

    def lead(url):
        for name, value in _mail_settings(url).items():
            setattr(settings, name, value)
        settings.SENDS_MAIL = True

    return lead


def _mail_settings(url):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EMAIL_URL", url)
        return env.mail(debug=False)


def test_a_mail_server_that_is_away_fails_the_mail(mail_at):
    mail_at(f"smtp://{NOBODY}")
    result = examined(only=["mail"])["mail"]
    assert not result.ok
    assert "ConnectionRefusedError" in result.detail
    assert result.hint == "Start the mail server, or correct EMAIL_URL."


def test_a_mail_server_that_takes_no_password_fails_the_mail_and_one_that_does_not_ask_does_not(
    mail_at, mail_server
):
    mail_at(f"smtp://{mail_server}")
    assert examined(only=["mail"])["mail"].ok
    mail_at(f"smtp://ann:wrong@{mail_server}")
    result = examined(only=["mail"])["mail"]
    assert not result.ok
    assert "SMTPAuthenticationError" in result.detail


@pytest.fixture
def mail_server():
    """host:port of one that greets, and knows nobody's password."""

    class Conversation(socketserver.StreamRequestHandler):
        def handle(self):
            self.wfile.write(b"220 mail.example\r\n")
            for line in self.rfile:
                words = line.split()
                known = {b"ehlo": b"250-mail.example\r\n250 AUTH PLAIN", b"quit": b"221 Bye"}
                self.wfile.write(known.get(words[0].lower(), b"535 Nobody") + b"\r\n")

    class Listening(socketserver.ThreadingTCPServer):
        daemon_threads = True

    with Listening(("127.0.0.1", 0), Conversation) as listening:
        threading.Thread(target=listening.serve_forever, daemon=True).start()
        yield f"127.0.0.1:{listening.server_address[1]}"
        listening.shutdown()


def test_where_no_mail_is_sent_that_is_no_mistake_but_worth_a_word(settings):
    settings.SENDS_MAIL = False
    result = examined(only=["mail"])["mail"]
    assert (result.ok, result.detail) == (True, "no mail is sent")
    assert "EMAIL_URL" in result.hint


# Silence


@pytest.fixture
def silent():
    """host:port of a server that takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"127.0.0.1:{listener.getsockname()[1]}"


@pytest.fixture
def _in_a_hurry(monkeypatch):
    monkeypatch.setattr(examination, "LOOK_SECONDS", 1.0)


def test_a_check_costs_at_most_five_seconds_and_its_parts_end_by_themselves():
    longest = examination.LOOK_SECONDS - examination.SPARE_SECONDS
    assert examination.LOOK_SECONDS + examination.UNDO_SECONDS <= 5
    assert longest >= bounded.DATABASE_SECONDS


def test_a_silent_database_costs_less_than_five_seconds(silent, database_at):
    database_at(f"postgres://nobody@{silent}/none")
    result = examined(only=["database"])["database"]

    assert re.search("timeout expired|No answer within", result.detail)
    assert result.milliseconds < 5_000
    assert "correct DATABASE_URL" in result.hint


@pytest.mark.usefixtures("_in_a_hurry")
def test_a_silent_redis_is_not_waited_for(silent, redis_at):
    redis_at(f"redis://{silent}/0")
    result = examined(only=["channel layer"])["channel layer"]

    assert "TimeoutError" in result.detail
    assert "correct REDIS_URL" in result.hint


@committed
@pytest.mark.usefixtures("_in_a_hurry", "administrator")
def test_a_silent_server_is_not_waited_for_and_the_sign_in_is_taken_back(silent):
    result = examined(f"http://{silent}", only=["socket"])["socket"]

    assert "TimeoutError" in result.detail
    assert not TokenSignIn.objects.exists()


# Mistakes in the settings: the checks of Django among these may ask the database what it can


@committed
def test_the_settings_of_production_are_no_mistake(production):
    result = next(doctor.examine())

    assert result.ok, result
    assert "ALLOWED_HOSTS" not in result.hint


@committed
@pytest.mark.parametrize(
    ("name", "value", "detail", "hint"),
    [
        ("DEBUG", True, "DEBUG is on.", "Set DEBUG=false"),
        ("SECRET_KEY", "for-development-only-" + "x" * 40, "everybody knows", "Set SECRET_KEY"),
        ("SECRET_KEY", "secret", "SECRET_KEY is short.", "at least 32 characters"),
        ("ALLOWED_HOSTS", ["*"], "lets every name pass", "Set ALLOWED_HOSTS"),
        ("ROOT_URLCONF", "crm.nowhere", "No module named", "docs/operations.md"),
        ("STATIC_ROOT", django_settings.STATICFILES_DIRS[0], "E002", "manage.py check"),
    ],
)
def test_each_mistake_of_a_deployment_is_named(production, name, value, detail, hint):
    setattr(production, name, value)
    result = next(doctor.examine())

    assert (result.name, result.ok) == ("settings", False)
    assert detail in result.detail
    assert hint in result.hint


@committed
def test_two_mistakes_are_both_named(production):
    production.DEBUG, production.ALLOWED_HOSTS = True, ["*"]
    result = next(doctor.examine())

    assert "DEBUG" in result.detail
    assert "ALLOWED_HOSTS" in result.hint


def test_the_development_key_is_the_one_that_the_doctor_knows(monkeypatch):
    monkeypatch.delenv("SECRET_KEY", raising=False)
    assert env.secret_key(debug=True).startswith(DEVELOPMENT_KEY)


@committed
def test_hosts_of_this_machine_only_are_no_mistake_but_worth_a_word(production):
    production.ALLOWED_HOSTS = ["localhost"]
    result = next(doctor.examine())

    assert result.ok
    assert "ALLOWED_HOSTS names this machine only" in result.hint


# Whatever happens


def only(*looks) -> list:
    """The results of a doctor who does nothing but the given."""
    checks = [Check(look.__name__, look, (), "Do something.") for look in looks]
    return list(doctor.examine(checks=checks))


def test_a_check_that_breaks_is_a_failure_in_one_line_and_stops_no_other():
    def broken(visit):
        raise ZeroDivisionError("first line\nsecond line")

    def good(visit):
        return "fine"

    first, second = only(broken, good)
    assert (first.ok, first.detail) == (False, "ZeroDivisionError: first line")
    assert first.hint == "Do something."
    assert second.ok


@pytest.mark.usefixtures("_in_a_hurry")
def test_a_check_that_hangs_is_left_behind():
    done = threading.Event()

    def hanging(visit):
        done.wait(20)

    (result,) = only(hanging)
    done.set()

    assert (result.ok, result.detail) == (False, "TimeoutError: No answer within 1.0 s.")
    assert result.milliseconds < 10_000


def test_traces_that_cannot_be_removed_are_told():
    def untidy(visit):
        visit.undo.callback(lambda: 1 / 0)
        return "fine"

    (result,) = only(untidy)
    assert not result.ok
    assert "fine, but its traces could not be removed: ZeroDivisionError" in result.detail


def test_traces_are_removed_also_where_a_check_fails():
    removed = []

    def failing(visit):
        visit.undo.callback(removed.append, "all")
        raise Trouble("It is broken.")

    (result,) = only(failing)
    assert not result.ok
    assert removed == ["all"]


# The WebSocket client


@contextmanager
def sockets_of(handler, **options):
    """The http:// address of a WebSocket server that treats each connection to ``handler``."""
    with serve(handler, "127.0.0.1", 0, max_size=None, **options) as server:
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
