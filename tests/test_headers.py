"""What browsers are told with every answer: pages, the API, static files and errors."""

import re
import runpy

import httpx
import pytest
from django.conf import settings as ours
from django.contrib.staticfiles import finders
from django.test import Client
from django.urls import get_resolver
from rest_framework.test import APIClient

from crm.bounds import TOO_LARGE, BodyLimit
from crm.middleware import POWERS
from crm.models import User
from leads.models import Lead, SavedView
from notifications.models import Inbox
from tests.servers import serving
from tests.test_pages import PAGES, filled

pytestmark = pytest.mark.django_db

ALIKE = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": ", ".join(f"{power}=()" for power in POWERS),
}
POLICY = {
    "default-src": "'self'",
    "base-uri": "'none'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
    "img-src": "'self' data:",
    "object-src": "'none'",
}
ABROAD = "https://shop.example"


def policy_of(response) -> dict:
    parts = response["Content-Security-Policy"].split(";")
    return dict(part.strip().split(" ", 1) for part in parts if part.strip())


def is_guarded(response, path, **differently):
    """Whether it has the headers of every answer, and none that opens something."""
    assert {name: response.get(name) for name in ALIKE} == ALIKE, path
    assert policy_of(response) == POLICY | differently, path
    assert "unsafe" not in response["Content-Security-Policy"]
    assert "Access-Control-Allow-Origin" not in response.headers
    assert "Server" not in response.headers


def addresses(resolver=None, before="") -> list[str]:
    """Every address that there is, with 1 or a word for what varies in it."""
    found = []
    for pattern in (resolver or get_resolver()).url_patterns:
        path = before + str(pattern.pattern)
        if hasattr(pattern, "url_patterns"):
            found += addresses(pattern, path)
        else:
            path = re.sub(r"<int:\w+>", "1", path.replace("^", "").replace("$", ""))
            path = re.sub(r"<uuid:\w+>", "01890000-0000-7000-8000-000000000000", path)
            found.append("/" + re.sub(r"<[^>]+>|\(\?P.*?\)+", "word", path))
    return found


@pytest.fixture
def world(committing, lead, owner, teammate):
    with committing():
        Lead.objects.create(first_name="Ada", phone="555 1234")
    SavedView.objects.create(owner=owner, name="Mine")
    return lead


@pytest.mark.parametrize("path", [*PAGES, "/login/"])
def test_every_page_is_guarded(page, world, owner, path):
    page = Client() if path == "/login/" else page
    response = page.get(filled(path, world, owner))
    assert response.status_code == 200
    is_guarded(response, path)


@pytest.mark.parametrize("method", ["get", "post", "options"])
def test_every_address_is_guarded_whoever_asks_and_whatever_it_answers(
    administrator, browser_as, method
):
    paths = addresses()
    assert {"/", "/api/leads/", "/admin/login/", "/calendar/feed/word.ics"} <= set(paths)
    assert len(paths) > 150
    for browser in (browser_as(administrator), Client()):
        browser.raise_request_exception = False
        for path in paths:
            if path not in ("/api/docs/", "/logout/"):
                is_guarded(getattr(browser, method)(path), path)


def test_errors_are_guarded(page, monkeypatch):
    is_guarded(page.get("/nowhere/"), "/nowhere/")
    is_guarded(page.get("/api/nowhere/"), "/api/nowhere/")
    is_guarded(page.get("/", headers={"host": "evil.example"}), "400")
    strict = Client(enforce_csrf_checks=True)
    refused = strict.post("/login/")
    assert refused.status_code == 403
    is_guarded(refused, "403")

    def crash(*args):
        raise RuntimeError

    monkeypatch.setattr(Inbox, "mark_all_read", crash)
    page.raise_request_exception = False
    failed = page.post("/notifications/read-all/")
    assert failed.status_code == 500
    is_guarded(failed, "500")


@pytest.mark.parametrize("name", ["js/app.js", "css/app.css", "icon.svg", "admin/css/base.css"])
def test_static_files_are_guarded(settings, name):
    settings.WHITENOISE_USE_FINDERS = settings.WHITENOISE_AUTOREFRESH = True
    assert finders.find(name)
    response = Client().get(f"/static/{name}")
    assert response.status_code == 200
    named = ("X-Content-Type-Options", "Referrer-Policy", "Cross-Origin-Opener-Policy")
    assert {name: response[name] for name in named} == {name: ALIKE[name] for name in named}
    assert "Server" not in response.headers
    # A page takes dozens of files: what only pages need would weigh more than some of them.
    assert not set(response.headers) & {"Content-Security-Policy", "Permissions-Policy"}


def test_a_file_that_never_changes_carries_little(settings):
    settings.WHITENOISE_USE_FINDERS = settings.WHITENOISE_AUTOREFRESH = True
    changing = {"ETag", "Last-Modified", "Referrer-Policy"}
    assert changing < set(Client().get("/static/js/app.js").headers)
    settings.WHITENOISE_IMMUTABLE_FILE_TEST = "app"
    headers = Client().get("/static/js/app.js").headers
    assert not changing & set(headers)
    assert headers["X-Content-Type-Options"] == "nosniff"


def test_the_page_of_the_api_runs_the_one_script_that_has_the_nonce(page):
    first, second = page.get("/api/docs/"), page.get("/api/docs/")
    nonces = set()
    for response in (first, second):
        html = response.content.decode()
        (nonce,) = re.findall(r'<script nonce="([^"]{24})">', html)
        is_guarded(response, "/api/docs/", **{"script-src": f"'self' 'nonce-{nonce}'"})
        assert not re.search(r"<script>|<style|\sstyle=|\son[a-z]+=|(src|href)=.https?:", html)
        nonces.add(nonce)
    assert len(nonces) == 2


def test_behind_tls_every_answer_asks_for_it_and_cookies_travel_by_it_alone(settings, monkeypatch):
    monkeypatch.setenv("HTTPS", "true")
    for name, value in runpy.run_path(str(ours.BASE_DIR / "crm" / "settings.py")).items():
        if name.startswith("SECURE_") or name.endswith("_COOKIE_SECURE"):
            setattr(settings, name, value)
    plain = Client().get("/login/")
    assert (plain.status_code, plain["Location"]) == (301, "https://testserver/login/")
    by_tls = {"x-forwarded-proto": "https"}
    for path in ("/login/", "/nowhere/", "/api/leads/", "/api/nowhere/", "/sw.js", "/healthz"):
        asked = Client().get(path, headers=by_tls)["Strict-Transport-Security"]
        assert asked == "max-age=31536000; includeSubDomains; preload"
    cookies = Client().get("/login/", headers=by_tls).cookies
    assert [(name, bool(cookie["secure"])) for name, cookie in cookies.items()] == [
        ("csrftoken", True)
    ]
    assert settings.SESSION_COOKIE_SECURE is True


@pytest.mark.django_db(transaction=True)
def test_what_is_refused_before_django_reads_it_is_not_sniffed(tmp_path, owner):
    with serving(tmp_path) as running:
        answer = httpx.post(f"{running.base}/api/leads/", content=b"x" * (ours.BODY_LIMIT + 1))
    assert (answer.status_code, answer.content) == (413, TOO_LARGE)
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


async def test_what_another_server_lets_through_is_refused_with_it_too():
    sent = []

    async def send(message):
        sent.append(message)

    large = {"type": "http", "headers": [(b"content-length", b"9999999")]}
    await BodyLimit(None)(large, None, send)
    assert sent[0]["status"] == 413
    assert (b"x-content-type-options", b"nosniff") in sent[0]["headers"]


# Pages of other sites


def preflight(path, origin=ABROAD):
    asked = {"origin": origin, "access-control-request-method": "POST"}
    asked["access-control-request-headers"] = "authorization"
    return APIClient().options(path, headers=asked)


@pytest.mark.parametrize("path", ["/api/leads/", "/api/me/", "/", "/leads/", "/healthz"])
def test_no_page_of_another_site_may_read_or_call_anything(page, path):
    for response in (page.get(path, headers={"origin": ABROAD}), preflight(path)):
        assert [name for name in response.headers if name.startswith("Access-Control")] == []


def test_an_origin_that_the_environment_names_calls_the_api_by_token_and_nothing_else(
    settings, owner, page
):
    settings.CORS_ALLOWED_ORIGINS = [ABROAD]
    asked = preflight("/api/leads/")
    assert (asked.status_code, asked["Access-Control-Allow-Origin"]) == (200, ABROAD)
    assert "authorization" in asked["Access-Control-Allow-Headers"]
    answer = page.get("/api/leads/", headers={"origin": ABROAD})
    assert answer["Access-Control-Allow-Origin"] == ABROAD
    for response in (asked, answer):
        assert "Access-Control-Allow-Credentials" not in response.headers
    for other in (
        preflight("/api/leads/", "https://evil.example"),
        preflight("/leads/"),
        page.get("/leads/", headers={"origin": ABROAD}),
        page.get("/api/leads/", headers={"origin": "null"}),
    ):
        assert "Access-Control-Allow-Origin" not in other.headers


def test_what_a_page_abroad_sends_with_a_cookie_is_refused(owner):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(User.objects.get(pk=owner.pk), "django.contrib.auth.backends.ModelBackend")
    sent = strict.post("/api/leads/", {"company": "X", "phone": "5551234"}, "application/json")
    assert (sent.status_code, Lead.objects.count()) == (403, 0)
