"""HTTP in a server process: a few kept threads and connections, whatever comes (crm/http.py)."""

import asyncio
import threading
from types import SimpleNamespace

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.db import connection, connections
from django.http import FileResponse, HttpResponse, StreamingHttpResponse
from django.urls import get_script_prefix, path
from django.utils import translation
from django.views.decorators.csrf import csrf_exempt
from rest_framework.decorators import api_view, permission_classes
from rest_framework.permissions import AllowAny

from crm.http import Handler

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.urls(__name__)]
THREADS = 3
seen = SimpleNamespace()


@csrf_exempt
def who(request):
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    seen.served.append((threading.get_ident(), id(connection.connection)))
    return HttpResponse(request.body)


def slow(request):
    seen.begun.set()
    assert seen.go_on.wait(10)
    seen.finished.set()
    return HttpResponse("late")


def parts(request):
    def made():
        for number in range(seen.parts):
            seen.made = number
            yield b"%d," % number

    response = StreamingHttpResponse(made())
    response._resource_closers.append(seen.finished.set)
    return response


def file(request):
    return FileResponse(open(__file__, "rb"))


def changes_the_language(request):
    found = f"{translation.get_language()} {get_script_prefix()}"
    translation.activate("de")
    return HttpResponse(found)


def asks_the_loop(request):
    return HttpResponse(str(async_to_sync(_loop)()))


async def _loop():
    return id(asyncio.get_running_loop())


@api_view()
@permission_classes([AllowAny])
def breaks(request):
    raise ZeroDivisionError


urlpatterns = [
    path(f"{view.__name__}/", view)
    for view in (who, slow, parts, file, changes_the_language, asks_the_loop)
]
urlpatterns.append(path("api/breaks/", breaks))


@pytest.fixture
def handler(settings):
    settings.ALLOWED_HOSTS = ["testserver"]
    seen.served, seen.parts, seen.made = [], 5, None
    seen.begun, seen.go_on, seen.finished = (threading.Event() for _ in range(3))
    handler = Handler(THREADS)
    yield handler
    seen.go_on.set()
    handler.close()


class Client:
    """One request: what it was answered, and whether it has hung up."""

    def __init__(self, handler, path, body=b"", root=""):
        self.scope = {
            "type": "http", "method": "POST" if body else "GET", "path": path, "root_path": root,
            "query_string": b"", "headers": [(b"host", b"testserver")], "scheme": "http",
        }  # fmt: skip
        self.handler, self.incoming, self.status, self.body = handler, asyncio.Queue(), None, b""
        self.incoming.put_nowait({"type": "http.request", "body": body, "more_body": False})

    def hang_up(self):
        self.incoming.put_nowait({"type": "http.disconnect"})

    async def send(self, message):
        self.status = message.get("status", self.status)
        self.body += message.get("body", b"")
        await asyncio.sleep(0)

    async def answered(self):
        await asyncio.wait_for(self.handler(self.scope, self.incoming.get, self.send), 10)
        return self


async def get(handler, path, **options):
    return await Client(handler, path, **options).answered()


async def test_many_requests_share_a_few_threads_and_their_connections(handler):
    bodies = [b"%d" % number for number in range(1, 31)]
    answers = await asyncio.gather(*(get(handler, "/who/", body=body) for body in bodies))

    assert [answer.body for answer in answers] == bodies
    assert len(seen.served) == 30
    assert len({thread for thread, _ in seen.served}) <= THREADS
    if connection.vendor == "postgresql":
        assert len(set(seen.served)) <= THREADS, "each thread keeps the connection it has"


@pytest.mark.postgres
async def test_a_connection_that_the_server_ended_is_replaced_unnoticed(handler):
    def end_all_others():
        """Waits for each to be gone, for 5 s at most."""
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FILTER (WHERE pg_terminate_backend(pid, 5000))"
                " FROM pg_stat_activity WHERE datname = current_database()"
                " AND pid <> pg_backend_pid() AND application_name = 'kept'"
            )
            return cursor.fetchone()[0]

    def name_it():
        with connections["default"].cursor() as cursor:
            cursor.execute("SET application_name = 'kept'")

    await handler._in_thread(name_it)()
    assert await sync_to_async(end_all_others)() == 1
    for _ in range(2 * THREADS):
        assert (await get(handler, "/who/")).status == 200


async def test_a_request_that_has_begun_is_finished_though_its_client_hung_up(handler):
    client = Client(handler, "/slow/")
    answer = asyncio.create_task(client.answered())
    assert await asyncio.to_thread(seen.begun.wait, 10)
    client.hang_up()
    await asyncio.sleep(0)
    seen.go_on.set()
    await answer
    assert seen.finished.is_set()
    assert (await get(handler, "/who/")).status == 200


async def test_a_body_that_was_never_sent_whole_is_no_request(handler):
    client = Client(handler, "/who/")
    client.incoming = asyncio.Queue()
    client.incoming.put_nowait({"type": "http.request", "body": b"ha", "more_body": True})
    client.hang_up()
    assert (await client.answered()).status is None
    assert seen.served == []


async def test_a_stream_arrives_whole_and_is_closed(handler):
    answer = await get(handler, "/parts/")
    assert (answer.status, answer.body) == (200, b"0,1,2,3,4,")
    assert seen.finished.is_set()
    with open(__file__, "rb") as here:
        assert (await get(handler, "/file/")).body == here.read()


async def test_a_stream_ends_when_its_client_leaves(handler):
    seen.parts = 10**9
    client = Client(handler, "/parts/")
    answer = asyncio.create_task(client.answered())
    while not client.body:
        await asyncio.sleep(0.01)
    client.hang_up()
    await answer
    assert seen.finished.is_set()


async def test_nothing_of_a_request_is_left_for_the_next_one_in_its_thread(handler):
    first = await get(handler, "/changes_the_language/", root="/there")
    assert first.body == b"en /there/"
    for _ in range(2 * THREADS):
        assert (await get(handler, "/changes_the_language/")).body == b"en /"


async def test_a_view_finds_the_loop_of_the_server(handler):
    assert (await get(handler, "/asks_the_loop/")).body == str(await _loop()).encode()


async def test_what_breaks_under_api_is_a_500_in_json(handler, caplog):
    answer = await get(handler, "/api/breaks/")
    assert (answer.status, answer.body) == (500, b'{"detail": "Internal Server Error."}')
    assert "ZeroDivisionError" in caplog.text
    assert (await get(handler, "/who/")).status == 200


async def test_a_handler_that_closes_waits_for_what_it_has_begun(handler):
    answer = asyncio.create_task(get(handler, "/slow/"))
    assert await asyncio.to_thread(seen.begun.wait, 10)
    closing = asyncio.create_task(asyncio.to_thread(handler.close))
    seen.go_on.set()
    await closing
    assert (await answer).body == b"late"
