"""What the server answers for pages, without a browser: who may, what a GET leaves alone, and
how many queries it takes."""

import gzip
import re
from urllib.parse import parse_qs, urlsplit

import pytest
from django.apps import apps
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from crm.models import User
from leads.models import Lead, SavedView
from notifications.models import Event, Inbox, Notification
from tests.factories import PASSWORD, LeadFactory, UserFactory

pytestmark = pytest.mark.django_db

PAGES = (
    "/",
    "/leads/",
    "/leads/?stage=new&search=jo%20doe&owner=&source=",
    "/leads/?stage=nonsense",
    "/leads/new/",
    "/leads/{lead}/",
    "/leads/{lead}/edit/",
    "/leads/{lead}/delete/",
    "/leads/{lead}/row/",
    "/leads/{lead}/merge/{other}/",
    "/leads/{lead}/looking/",
    "/leads/views/new/",
    "/leads/views/{view}/",
    "/leads/views/{view}/delete/",
    "/leads/board/",
    "/leads/{lead}/card/",
    "/tasks/",
    "/tasks/?who=team",
    "/tasks/new/",
    "/chat/",
    "/chat/{person}/",
    "/calendar/",
    "/calendar/?view=month&who=all",
    "/calendar/?subscribe=1",
    "/notifications/",
    "/notifications/?show=unread&type=lead_created",
    "/notifications/panel/",
    "/notifications/panel/?show=unread",
    "/announcements/banners/",
    "/settings/",
    "/settings/quiet/",
    "/settings/password/",
    "/settings/sessions/",
    "/settings/two-steps/",
)
POSTS = (
    "/chat/{person}/send/",
    "/chat/{person}/read/",
    "/tasks/new/",
    "/leads/new/",
    "/leads/{lead}/edit/",
    "/leads/{lead}/stage/",
    "/leads/{lead}/delete/",
    "/leads/bulk/",
    "/leads/{lead}/field/",
    "/leads/{lead}/say/",
    "/leads/{lead}/tags/",
    "/leads/pause/",
    "/leads/{lead}/entries/0/",
    "/leads/{lead}/entries/0/delete/",
    "/leads/{lead}/tasks/",
    "/leads/{lead}/tasks/0/complete/",
    "/leads/{lead}/tasks/0/reopen/",
    "/leads/{lead}/tasks/0/snooze/",
    "/tasks/0/snooze/",
    "/leads/{lead}/tasks/0/",
    "/leads/{lead}/tasks/0/delete/",
    "/leads/{lead}/appointments/",
    "/leads/{lead}/appointments/0/",
    "/leads/{lead}/appointments/0/cancel/",
    "/leads/{lead}/merge/{other}/",
    "/leads/{lead}/merges/0/undo/",
    "/leads/{lead}/looking/a/",
    "/leads/{lead}/follow/",
    "/leads/mentions/seen/",
    "/leads/views/new/",
    "/leads/views/{view}/",
    "/leads/views/{view}/save/",
    "/leads/views/{view}/delete/",
    "/leads/columns/",
    "/calendar/feed/renew/",
    "/calendar/feed/remove/",
    "/notifications/hear/",
    "/notifications/read-all/",
    "/notifications/{notification}/read/",
    "/notifications/{notification}/unread/",
    "/notifications/{notification}/delete/",
    "/settings/quiet/",
    "/settings/password/",
    "/settings/sessions/end/",
    "/settings/two-steps/begin/",
    "/settings/two-steps/confirm/",
    "/settings/two-steps/codes/",
    "/settings/two-steps/off/",
    "/notifications/read-storm/",
    "/settings/",
)
WRITES = re.compile(r"^\s*(INSERT|UPDATE|DELETE|TRUNCATE)", re.IGNORECASE)
POLICY = {
    "default-src": "'self'",
    "base-uri": "'none'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
    "img-src": "'self' data:",
    "object-src": "'none'",
}


@pytest.fixture
def world(committing, lead, owner, teammate):
    """A lead that everybody was told of."""
    with committing():
        Lead.objects.create(first_name="Ada", phone="555 1234")
    SavedView.objects.create(owner=owner, name="Mine")
    return lead


def notification_of(user) -> Notification:
    return user.notifications.order_by("arrival").first()


def filled(path, lead, user) -> str:
    notification = notification_of(user)
    others = Lead.objects.exclude(pk=lead.pk).values_list("pk", flat=True)
    return path.format(
        lead=lead.pk,
        other=others.first(),
        notification=notification and notification.pk,
        view=SavedView.objects.filter(owner=user).values_list("pk", flat=True).first(),
        person=User.objects.exclude(pk=user.pk).values_list("pk", flat=True).first(),
    )


def everything() -> dict:
    """Every row of every table of ours."""
    return {
        model._meta.label: list(model.objects.order_by("pk").values())
        for model in apps.get_models()
        if model._meta.app_label in ("crm", "leads", "chat", "notifications")
    }


# Who may


@pytest.mark.parametrize("path", PAGES)
def test_a_page_sends_who_is_signed_out_to_sign_in_and_back(client, world, owner, path):
    path = filled(path, world, owner)
    response = client.get(path)
    assert response.status_code == 302
    where = urlsplit(response["Location"])
    assert where.path == "/login/"
    assert parse_qs(where.query) == {"next": [path]}


@pytest.mark.parametrize("path", POSTS)
def test_a_form_of_who_is_signed_out_changes_nothing(client, world, owner, path):
    before = everything()
    response = client.post(filled(path, world, owner), {"stage": "won", "first_name": "X"})
    assert response.status_code == 302
    assert response["Location"].startswith("/login/?next=")
    assert everything() == before


@pytest.mark.parametrize("path", POSTS)
def test_a_form_without_its_token_is_refused(world, owner, path):
    client = Client(enforce_csrf_checks=True)
    client.force_login(owner, backend="django.contrib.auth.backends.ModelBackend")
    before = everything()
    response = client.post(filled(path, world, owner), {"stage": "won", "first_name": "X"})
    assert response.status_code == 403
    assert "This page was open too long" in response.content.decode()
    assert everything() == before


@pytest.mark.parametrize("verb", ["read", "unread", "delete"])
def test_anothers_notification_is_not_there(page, world, teammate, verb):
    theirs = notification_of(teammate)
    before = everything()
    assert page.post(f"/notifications/{theirs.pk}/{verb}/").status_code == 404
    assert everything() == before


def test_one_who_left_is_signed_out(page, owner, world):
    owner.is_active = False
    owner.save()
    assert page.get("/")["Location"] == "/login/?next=/"


def test_a_rep_may_not_change_anothers_lead(page, teammate):
    lead = LeadFactory(owner=teammate)
    assert page.get(f"/leads/{lead.pk}/").status_code == 200
    for path in ("edit", "stage", "delete"):
        response = page.post(f"/leads/{lead.pk}/{path}/", {"stage": "won"})
        assert response.status_code == 403
        assert "Not allowed" in response.content.decode()
    assert Lead.objects.get().stage == Lead.Stage.NEW


# What a GET leaves alone


@pytest.mark.parametrize("path", PAGES)
def test_a_page_answers_and_writes_nothing(page, world, owner, path):
    before = everything()
    with CaptureQueriesContext(connection) as queries:
        response = page.get(filled(path, world, owner))
    assert response.status_code == 200
    assert [q["sql"] for q in queries if WRITES.match(q["sql"])] == []
    assert everything() == before
    assert "no-store" in response["Cache-Control"] or "no-cache" in response["Cache-Control"]


@pytest.mark.parametrize("path", ["/", "/leads/", "/leads/board/", "/leads/{lead}/", "/tasks/"])
def test_the_toasts_are_the_one_status_of_a_page(page, world, owner, path):
    """Whoever looks for the region of the toasts, by its role, finds it and nothing else."""
    html = page.get(filled(path, world, owner)).content.decode()
    assert html.count('role="status"') == 1
    assert "<output" not in html


def test_the_first_page_of_all_writes_nothing_either(page, owner):
    """There is no inbox yet of somebody whom nothing has reached."""
    before = everything()
    for path in ("/", "/notifications/", "/notifications/panel/"):
        assert page.get(path).status_code == 200
    assert everything() == before


@pytest.mark.parametrize("path", POSTS)
def test_a_head_or_a_get_of_a_form_changes_nothing(page, world, owner, path):
    before = everything()
    path = filled(path, world, owner)
    for ask in (page.get, page.head):
        assert ask(path).status_code in (200, 405)
    assert everything() == before


# What the forms do


def test_the_choices_above_the_list_can_be_made_one_by_one(page, world):
    html = page.get("/leads/").content.decode()
    for name in ("stage", "owner", "source"):
        (select,) = re.findall(rf'<select name="{name}"[^>]*>', html)
        assert "required" not in select
        assert "aria-invalid" not in select


def test_a_notification_is_read_unread_and_deleted_by_forms(page, world, owner):
    notification = notification_of(owner)
    inbox = Inbox.objects.filter(pk=owner.pk)
    seq, unread = inbox.values_list("seq", "unread_count").get()
    for number, (verb, left) in enumerate((("read", -1), ("unread", 0), ("delete", -1)), start=1):
        response = page.post(f"/notifications/{notification.pk}/{verb}/")
        assert (response.status_code, response["Location"]) == (302, "/notifications/")
        assert inbox.values_list("seq", "unread_count").get() == (seq + number, unread + left)
    assert page.post(f"/notifications/{notification.pk}/read/").status_code == 404


def test_all_are_marked_read_by_a_form(page, world, owner, teammate):
    page.post("/notifications/read-all/")
    assert not owner.notifications.unread().exists()
    assert teammate.notifications.unread().exists()


@pytest.mark.parametrize(
    ("given", "gone_to"),
    [
        ("/notifications/?show=unread", "/notifications/?show=unread"),
        ("/", "/"),
        ("https://evil.example/", "/notifications/"),
        ("//evil.example/", "/notifications/"),
        ("/\\evil.example/", "/notifications/"),
        ("javascript:alert(1)", "/notifications/"),
        ("", "/notifications/"),
    ],
)
def test_a_form_goes_back_to_pages_of_ours_only(page, world, owner, given, gone_to):
    for path in ("read-all", f"{notification_of(owner).pk}/read"):
        assert page.post(f"/notifications/{path}/", {"next": given})["Location"] == gone_to


def test_a_form_makes_a_lead_of_the_one_who_sent_it(page, owner, committing):
    with committing():
        response = page.post("/leads/new/", {"company": "ABC", "phone": "555 12", "stage": "new"})
    lead = Lead.objects.get()
    assert response["Location"] == f"/leads/{lead.pk}/"
    assert (lead.created_by, lead.company) == (owner, "ABC")
    assert owner.notifications.get().message == "ABC added to pipeline"


@pytest.mark.parametrize(
    "fields",
    [
        {"first_name": "A\x00da"},
        {"first_name": "Ada\r\nBcc: x@example.org"},
        {"first_name": "x" * 151},
        {"email": "a@example.org\nb"},
        {"website": "javascript:alert(1)"},
        {"stage": "nonsense"},
        {"owner": "999999999999999999999"},
        {"owner": "one"},
        {"message": "x" * 10_001},
    ],
    ids=lambda fields: next(iter(fields)),
)
def test_what_cannot_be_stored_is_said_beside_its_field(page, fields):
    sent = {"last_name": "Lovelace", "phone": "555 12", "stage": "new"} | fields
    response = page.post("/leads/new/", sent)
    assert response.status_code == 200
    (name,) = fields
    assert f'id="id_{name}_error"' in response.content.decode()
    assert not Lead.objects.exists()


def test_a_lead_that_is_gone_says_so(page):
    for path in ("", "edit/", "delete/"):
        response = page.get(f"/leads/12345/{path}")
        assert response.status_code == 404
        assert "This lead is not here" in response.content.decode()
    assert page.get("/leads/12345/row/").status_code == 204


@pytest.mark.parametrize(
    "path",
    [
        "/leads/?before=nonsense",
        "/leads/{lead}/?kind=nonsense&before=-1&entry=x&edit=%00",
        "/leads/{lead}/?before=999999999999999999",
        "/leads/{lead}/?entry=999999999999999999",
        "/leads/{lead}/?entry=%D9%A1",
        "/leads/?before=2026-02-31T00:00:00.000000Z_1",
        "/leads/?before=9999-12-31T23:59:59.999999Z_999999999999999999",
        "/leads/?owner=999999999999999999999999",
        "/leads/?search=%00",
        "/leads/?search=" + "x" * 5_000,
        "/leads/?createdAfter=yesterday",
        "/leads/?stage=new&stage=won",
        "/notifications/?before=999999999999999999",
        "/notifications/?before=-1",
        "/notifications/?before=%D9%A1",
        "/notifications/?type=nonsense&show=nonsense",
        "/notifications/panel/?show=%00",
    ],
)
def test_a_strange_address_is_no_crash(page, world, owner, path):
    path = filled(path, world, owner) if "{lead}" in path else path
    assert page.get(path).status_code == 200


@pytest.mark.parametrize("path", ["/leads/999999999999999999999999/", "/leads/-1/", "/nowhere"])
def test_a_path_that_means_nothing_is_a_page_that_says_so(page, path):
    response = page.get(path, follow=True)
    assert response.status_code == 404
    assert "text/html" in response["Content-Type"]


# How many queries it takes


@pytest.mark.parametrize(
    ("path", "queries", "in_a_storm"),
    [
        ("/", 9, 0),
        ("/leads/", 11, 0),
        ("/leads/?search=doe&stage=new", 11, 0),
        ("/leads/new/", 4, 0),
        ("/leads/{lead}/", 19, 0),
        ("/notifications/", 4, 1),
        ("/notifications/?show=unread", 4, 1),
        ("/notifications/panel/", 4, 1),
        ("/settings/", 5, 0),
        ("/settings/quiet/", 3, 0),
    ],
)
def test_a_page_takes_as_many_queries_for_200_rows_as_for_one(
    page, owner, committing, path, queries, in_a_storm
):
    with committing():
        lead = LeadFactory(owner=owner)
    path = filled(path, lead, owner)
    assert counted(page, path) == queries
    with committing():
        Lead.objects.bulk_create(LeadFactory.build_batch(200, owner=owner))
        Event.objects.bulk_create([lead.created_event() for _ in range(200)])
    UserFactory.create_batch(20)
    assert Notification.objects.visible_to(owner).count() > 200
    assert counted(page, path) == queries + in_a_storm


def counted(page, path) -> int:
    with CaptureQueriesContext(connection) as queries:
        assert page.get(path).status_code == 200
    return len(queries)


# What browsers are told


@pytest.mark.parametrize("path", ["/", "/login/", "/leads/12345/", "/nowhere/", "/healthz"])
def test_the_content_security_policy_leaves_nothing_open(page, path):
    policy = dict(
        part.strip().split(" ", 1)
        for part in page.get(path)["Content-Security-Policy"].split(";")
        if part.strip()
    )
    assert policy == POLICY


@pytest.mark.parametrize("path", [*PAGES, "/login/"])
def test_no_page_has_script_or_style_of_its_own(page, world, owner, path):
    page = Client() if path == "/login/" else page
    html = page.get(filled(path, world, owner)).content.decode()
    assert not re.search(r"<script(?![^>]*\ssrc=)|<style|\sstyle=|\son[a-z]+=|javascript:", html)
    assert not re.search(r"""(src|href)=["'](https?:)?//""", html)


def test_pages_travel_compressed_and_of_another_length_each_time(page, world):
    answers = [page.get("/leads/", headers={"accept-encoding": "gzip"}) for _ in range(8)]
    plain = page.get("/leads/")
    assert "Content-Encoding" not in plain
    for answer in answers:
        assert answer["Content-Encoding"] == "gzip"
        assert "Accept-Encoding" in answer["Vary"]
        assert len(answer.content) * 3 < len(plain.content)
        assert gzip.decompress(answer.content).startswith(b"<!doctype html>")
    assert len({len(answer.content) for answer in answers}) > 1


@pytest.mark.parametrize("path", ["/api/leads/", "/leads/export.csv", "/manifest.webmanifest"])
def test_what_is_no_page_is_sent_as_it_is(page, world, path):
    answer = page.get(path, headers={"accept-encoding": "gzip"})
    assert answer.status_code == 200
    assert "Content-Encoding" not in answer


def test_pages_are_not_framed_sniffed_or_told_of(page):
    response = page.get("/")
    assert response["X-Frame-Options"] == "DENY"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Referrer-Policy"] == "same-origin"


def test_the_error_pages_are_ours(page, world, monkeypatch):
    gone = page.get("/nowhere/")
    assert (gone.status_code, "Nothing here" in gone.content.decode()) == (404, True)
    stranger = Client().get("/nowhere/")
    assert (stranger.status_code, "Nothing here" in stranger.content.decode()) == (404, True)

    def crash(*args):
        raise RuntimeError("with a secret in it")

    monkeypatch.setattr(Inbox, "mark_all_read", crash)
    page.raise_request_exception = False
    failed = page.post("/notifications/read-all/")
    assert failed.status_code == 500
    assert "Something failed here" in failed.content.decode()
    assert "secret" not in failed.content.decode()


def test_the_service_worker_and_the_manifest_need_no_sign_in(client):
    worker = client.get("/sw.js")
    assert worker["Content-Type"] == "text/javascript"
    assert worker["Cache-Control"] == "no-cache"
    assert b"notificationclick" in worker.content
    manifest = client.get("/manifest.webmanifest")
    assert manifest["Content-Type"] == "application/manifest+json"
    assert manifest.json()["start_url"] == "/"


# Signing in


def send(client, password=PASSWORD, email="owner@example.com", **extra):
    return client.post("/login/", {"username": email, "password": password, **extra})


def test_the_right_password_signs_in(client, owner):
    response = send(client, email="OWNER@Example.com")
    assert (response.status_code, response["Location"]) == (302, "/")
    assert client.get("/").status_code == 200


@pytest.mark.parametrize(
    ("given", "gone_to"),
    [
        ("/leads/?stage=won", "/leads/?stage=won"),
        ("https://evil.example/", "/"),
        ("//evil.example/", "/"),
        ("/\\evil.example/", "/"),
        ("javascript:alert(1)", "/"),
    ],
)
def test_signing_in_goes_on_to_pages_of_ours_only(client, owner, given, gone_to):
    assert send(client, next=given)["Location"] == gone_to


def test_a_wrong_password_and_an_unknown_address_get_the_same_answer(client, owner, outsider):
    for email, password in (
        (owner.email, "wrong"),
        ("nobody@example.com", PASSWORD),
        (outsider.email, PASSWORD),
    ):
        response = send(client, password, email)
        assert response.status_code == 200
        assert "That e-mail and password do not match." in response.content.decode()
    assert client.get("/").status_code == 302


def test_five_wrong_passwords_lock_that_account_from_that_address_for_a_while(client, owner):
    for _ in range(5):
        locked = send(client, "wrong")
    assert locked.status_code == 429
    response = send(client)
    assert response.status_code == 429
    assert "Too many wrong passwords: wait fifteen minutes" in response.content.decode()
    assert "Password" in response.content.decode()  # the page, not a bare sentence
    assert send(Client(REMOTE_ADDR="10.1.2.3")).status_code == 302  # from elsewhere one may


def test_signing_out_takes_a_form(page):
    assert page.get("/logout/").status_code == 405
    assert page.get("/").status_code == 200
    assert page.post("/logout/")["Location"] == "/login/"
    assert page.get("/").status_code == 302


def test_who_is_signed_in_is_not_asked_again(page):
    assert page.get(reverse("login"))["Location"] == "/"


def test_the_settings_change_the_name_and_nothing_else(page, owner):
    page.post("/settings/", {"first_name": "Olivia", "last_name": "", "role": "admin"})
    owner.refresh_from_db()
    assert (owner.first_name, owner.last_name, owner.role) == ("Olivia", "", User.Role.REP)
