"""Keys for machines: what they open and what they do not, and who makes and ends them."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from crm.keys.model import ApiKey
from crm.keys.scopes import ANY_KEY, SCOPES, needed
from crm.models import User
from leads import policy
from leads.models import Lead
from tests.factories import LeadFactory, UserFactory
from tests.sockets import Socket

pytestmark = pytest.mark.django_db
LEAD = {"company": "ABC", "email": "abc@example.org"}
MODEL_BACKEND = "django.contrib.auth.backends.ModelBackend"


@pytest.fixture
def key_of():
    """``key_of(user, *scopes)`` is a REST client with a new key, which it has as ``key``."""

    def client(user, *scopes):
        key = ApiKey(name="Form", user=user, scopes=list(scopes))
        api = APIClient(headers={"Authorization": f"Bearer {key.issue(by=None)}"})
        api.key = key
        return api

    return client


def test_a_key_acts_as_its_user(key_of, owner):
    api = key_of(owner, "leads:write")
    made = api.post("/api/leads/", LEAD)
    assert (made.status_code, made.json()["createdById"]) == (201, owner.pk)
    assert api.get("/api/me/").json()["email"] == owner.email


def test_a_key_may_no_more_than_its_users_role(key_of, owner, manager):
    lead = LeadFactory(owner=manager)
    assert key_of(owner, *SCOPES).patch(f"/api/leads/{lead.pk}/", LEAD).status_code == 403
    assert key_of(owner, *SCOPES).get("/api/announcements/").status_code == 403
    assert key_of(manager, *SCOPES).patch(f"/api/leads/{lead.pk}/", LEAD).status_code == 200


def addresses():
    document = APIClient().get("/api/schema/").json()
    for path, ways in document["paths"].items():
        uuid = path.startswith("/api/notifications/")
        row = "01957f3e-6b1c-7c4e-9d3a-2f8f0c1b7a55" if uuid else "1"
        for method, operation in ways.items():
            if operation["security"] != [{}]:
                yield method, re.sub(r"{\w+}", row, path), operation["security"]


def test_every_address_asks_for_one_scope_and_takes_no_other(key_of, administrator):
    """The matrix of scopes and addresses, whole."""
    keys = {scope: key_of(administrator, scope) for scope in SCOPES}
    looked_at = 0
    for method, path, security in addresses():
        scope = needed(method.upper(), path)
        if scope is None:
            assert {getattr(api, method)(path).status_code for api in keys.values()} == {403}
            continue
        assert security[0]["bearer"] == ([scope] if scope else []), path
        for name, api in keys.items():
            refused = getattr(api, method)(path, {} if method != "get" else None)
            said = refused.json().get("detail", "") if refused.content.startswith(b"{") else ""
            assert ("This key may not" in str(said)) == (scope not in (ANY_KEY, name)), path
            assert refused.status_code != 401
            looked_at += 1
    assert looked_at > 400


@pytest.mark.parametrize("path", ["/api/nowhere/", "/api/leadsx/", "/api/"])
def test_what_no_scope_names_no_key_reaches(path):
    assert needed("GET", path) is None


def test_a_key_opens_no_page_and_no_socket(key_of, owner):
    api = key_of(owner, *SCOPES)
    for path in ("/leads/", "/settings/keys/", "/admin/"):
        assert api.get(path).status_code == 302


@pytest.fixture
def secret(owner):
    return ApiKey(name="Form", user=owner, scopes=list(SCOPES)).issue(by=None)


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("in_process")
async def test_a_key_is_no_token_of_the_socket(secret):
    assert not await Socket(secret).connect()


@pytest.mark.parametrize("secret", ["lbk_", "lbk_nonsense", "lbk_é", "lbk_" + "x" * 5_000])
def test_a_key_that_is_none_is_a_401(secret, owner):
    refused = APIClient().get("/api/me/", headers={"Authorization": f"Bearer {secret}"})
    assert (refused.status_code, list(refused.json())) == (401, ["detail"])
    assert "Bearer" in refused["WWW-Authenticate"]


def test_a_revoked_key_and_one_of_who_left_open_nothing(key_of, owner, teammate):
    revoked, left = key_of(owner, "leads:read"), key_of(teammate, "leads:read")
    assert {api.get("/api/leads/").status_code for api in (revoked, left)} == {200}
    assert revoked.key.revoke()
    assert not revoked.key.revoke()
    teammate.is_active = False
    teammate.save()
    assert {api.get("/api/leads/").status_code for api in (revoked, left)} == {401}


def test_who_comes_back_is_given_new_keys(key_of, owner):
    old = key_of(owner, "leads:read")
    assert old.get("/api/leads/").status_code == 200
    for active in (False, True):
        owner.is_active = active
        owner.save()
    assert old.get("/api/leads/").status_code == 401
    assert key_of(owner, "leads:read").get("/api/leads/").status_code == 200


def test_only_a_digest_of_the_secret_is_stored(owner):
    key = ApiKey(name="Form", user=owner, scopes=["leads:read"])
    secret = key.issue(by=owner)
    key.refresh_from_db()
    assert secret.startswith(key.begin)
    assert len(secret) > len(key.begin) + 30
    stored = " ".join(str(value) for value in vars(key).values())
    assert secret not in stored
    assert secret[len(key.begin) :] not in stored


def test_when_it_was_used_is_noted_to_the_minute(key_of, owner, django_assert_num_queries):
    api = key_of(owner, "leads:read")
    with time_machine.travel("2026-03-01T12:00:00Z", tick=False) as clock:
        api.get("/api/leads/")
        first = timezone.now()
        clock.shift(30)
        with django_assert_num_queries(2):  # the key with its user, and the list
            api.get("/api/leads/")
        api.key.refresh_from_db()
        assert api.key.last_used_at == first
        clock.shift(31)
        api.get("/api/leads/")
        api.key.refresh_from_db()
        assert api.key.last_used_at == first + timedelta(seconds=61)


# The pages


def test_an_administrator_makes_a_key_is_shown_it_once_and_revokes_it(
    browser_as, administrator, owner
):
    browser = browser_as(administrator)
    sent = {"name": "Website form", "user": owner.pk, "scopes": ["leads:write"]}
    made = browser.post("/settings/keys/new/", sent)
    (secret,) = re.findall(r">(lbk_[\w-]{43})<", made.content.decode())
    assert "no-store" in made["Cache-Control"]
    assert APIClient(headers={"Authorization": f"Bearer {secret}"}).post(
        "/api/leads/", LEAD
    ).status_code == 201  # fmt: skip
    listed = browser.get("/settings/keys/").content.decode()
    assert "Website form" in listed
    assert secret not in listed
    key = ApiKey.objects.get()
    assert (key.created_by, key.user, key.scopes) == (administrator, owner, ["leads:write"])
    assert browser.get(f"/settings/keys/{key.pk}/revoke/").status_code == 200
    browser.post(f"/settings/keys/{key.pk}/revoke/")
    assert "revoked" in browser.get("/settings/keys/").content.decode()
    assert browser.post("/settings/keys/999/revoke/").status_code == 404


@pytest.mark.parametrize(
    "wrong",
    [{"name": ""}, {"name": "x" * 101}, {"name": "a\nb"}, {"user": ""}, {"user": "0"},
     {"user": "\0"}, {"scopes": []}, {"scopes": ["leads:read", "everything"]}],
)  # fmt: skip
def test_a_key_that_is_not_whole_is_not_made(wrong, browser_as, administrator, owner):
    good = {"name": "Form", "user": owner.pk, "scopes": ["leads:read"]}
    answer = browser_as(administrator).post("/settings/keys/new/", good | wrong)
    assert answer.status_code == 200
    assert "error" in answer.content.decode()
    assert not ApiKey.objects.exists()


def test_nobody_who_left_can_be_chosen(browser_as, administrator, outsider):
    sent = {"name": "Form", "user": outsider.pk, "scopes": ["leads:read"]}
    browser_as(administrator).post("/settings/keys/new/", sent)
    assert not ApiKey.objects.exists()


@pytest.mark.parametrize("role", [User.Role.REP, User.Role.MANAGER])
def test_nobody_but_administrators_makes_or_ends_keys(role, browser_as, owner):
    somebody = UserFactory(role=role)
    key = ApiKey(name="Form", user=owner, scopes=["leads:read"])
    key.issue(by=None)
    assert not policy.may_make_keys(somebody)
    browser = browser_as(somebody)
    for path in ("", "new/", f"{key.pk}/revoke/"):
        assert browser.get(f"/settings/keys/{path}").status_code == 403
        assert browser.post(f"/settings/keys/{path}").status_code == 403
        assert Client().post(f"/settings/keys/{path}").status_code == 302
    key.refresh_from_db()
    assert key.revoked_at is None
    assert ApiKey.objects.count() == 1
    assert not Lead.objects.exists()
