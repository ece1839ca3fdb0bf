"""Signing in and out: by token, by the page, and what a sign-in is good for until when."""

import base64
import json
import threading
from datetime import UTC, datetime, timedelta

import jwt
import pytest
import time_machine
from django.contrib.auth.hashers import check_password
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.test import Client
from rest_framework.test import APIClient
from rest_framework_simplejwt.backends import TokenBackend
from rest_framework_simplejwt.exceptions import InvalidToken, TokenError
from rest_framework_simplejwt.settings import api_settings
from rest_framework_simplejwt.tokens import AccessToken

from crm import signin
from crm.models import User
from crm.tokens import Access
from leads.models import Lead
from notifications import realtime
from notifications.models import Notification
from tests.factories import PASSWORD, UserFactory

pytestmark = pytest.mark.django_db

TOKEN, REFRESH, LOGOUT = "/api/auth/token/", "/api/auth/token/refresh/", "/api/auth/logout/"
ME, USERS, LOGIN = "/api/me/", "/api/users/", "/login/"
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
HERE, ELSEWHERE = "10.0.0.1", "10.0.0.2"
JOHN = {"firstName": "John", "phone": "555 1234"}
SIGNING_KEY = api_settings.SIGNING_KEY
MODEL_BACKEND = "django.contrib.auth.backends.ModelBackend"


def sign_in(email, password=PASSWORD, address=HERE):
    body = {"email": email, "password": password}
    return APIClient().post(TOKEN, body, REMOTE_ADDR=address)


def renew(token):
    return APIClient().post(REFRESH, {"refresh": token})


def sign_out(token):
    return APIClient().post(LOGOUT, {"refresh": token})


def me_by(access):
    return APIClient().get(ME, headers={"Authorization": f"Bearer {access}"})


@pytest.fixture
def tokens(owner):
    return sign_in(owner.email).json()


@pytest.fixture
def ended(monkeypatch):
    """The sockets that were told to end: (user id, code, sign-in)."""
    calls = []

    def end(user_id, *, code, sign_in=""):
        calls.append((user_id, code, sign_in))

    monkeypatch.setattr(realtime, "end_sockets", end)
    return calls


# By token


def test_the_right_password_gets_tokens_that_open_the_api(owner):
    response = sign_in(owner.email)
    assert (response.status_code, set(response.json())) == (200, {"access", "refresh"})
    assert me_by(response.json()["access"]).json()["id"] == owner.pk


def test_the_address_is_the_same_in_any_case_and_with_space_around(owner):
    for email in ("OWNER@Example.COM", "Owner@example.com", " owner@example.com "):
        assert sign_in(email).status_code == 200
    assert sign_in("owner@example.co").status_code == 401


def test_the_password_is_not_the_same_in_any_case_nor_with_space_around(owner):
    for password in (PASSWORD.upper(), f" {PASSWORD}", f"{PASSWORD} ", ""):
        assert sign_in(owner.email, password).status_code in (400, 401)
    assert sign_in(owner.email).status_code == 200


def test_a_wrong_password_and_an_unknown_address_get_the_same_401(owner, outsider):
    wrong, unknown = sign_in(owner.email, "wrong"), sign_in("nobody@example.com")
    inactive = sign_in(outsider.email)
    assert [response.status_code for response in (wrong, unknown, inactive)] == [401] * 3
    assert wrong.content == unknown.content == inactive.content
    assert list(wrong.json()) == ["detail"]
    assert wrong["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize("name", ["email", "password"])
def test_a_missing_field_gets_a_400_that_names_it(name):
    body = {"email": "owner@example.com", "password": PASSWORD}
    response = APIClient().post(TOKEN, {key: body[key] for key in body if key != name})
    assert (response.status_code, list(response.json())) == (400, [name])


def test_an_access_token_opens_for_a_quarter_of_an_hour(owner):
    with time_machine.travel(NOON, tick=False) as clock:
        access = sign_in(owner.email).json()["access"]
        clock.shift(timedelta(minutes=14))
        assert me_by(access).status_code == 200
        clock.shift(timedelta(minutes=2))
        response = me_by(access)
        assert (response.status_code, list(response.json())) == (401, ["detail"])


def test_a_refresh_token_is_no_access_token_and_the_other_way_round(tokens):
    assert me_by(tokens["refresh"]).status_code == 401
    assert renew(tokens["access"]).status_code == 401
    assert me_by(tokens["access"]).status_code == 200


# Too many wrong passwords


def page_sign_in(email, password=PASSWORD, address=HERE):
    form = {"username": email, "password": password}
    return Client().post(LOGIN, form, REMOTE_ADDR=address)


BY_BOTH_DOORS = pytest.mark.parametrize(
    ("enter", "refused", "welcome"),
    [(sign_in, 401, 200), (page_sign_in, 200, 302)],
    ids=["token", "page"],
)


def fail(enter, email, times=5, address=HERE):
    return [enter(email, "wrong", address).status_code for _ in range(times)]


@BY_BOTH_DOORS
def test_five_wrong_passwords_lock_that_account_for_that_address(
    enter, refused, welcome, owner, teammate
):
    assert fail(enter, owner.email) == [refused] * 4 + [429]
    assert enter(owner.email).status_code == 429
    assert enter(owner.email.upper()).status_code == 429
    assert enter(owner.email, address=ELSEWHERE).status_code == welcome
    assert enter(teammate.email).status_code == welcome


@BY_BOTH_DOORS
def test_an_account_that_does_not_exist_locks_like_one_that_does(enter, refused, welcome, owner):
    assert fail(enter, "nobody@example.com") == [refused] * 4 + [429]
    assert enter("nobody@example.com").status_code == 429
    assert enter(owner.email).status_code == welcome


@BY_BOTH_DOORS
def test_the_lock_opens_after_a_quarter_of_an_hour(enter, refused, welcome, owner):
    with time_machine.travel(NOON, tick=False) as clock:
        fail(enter, owner.email)
        clock.shift(timedelta(minutes=14))
        assert enter(owner.email).status_code == 429
        clock.shift(timedelta(minutes=2))
        assert enter(owner.email).status_code == welcome


@BY_BOTH_DOORS
def test_a_right_password_forgives_the_wrong_ones_before(enter, refused, welcome, owner):
    for _ in range(3):
        assert fail(enter, owner.email, times=4) == [refused] * 4
        assert enter(owner.email).status_code == welcome


def test_the_two_doors_have_one_lock(owner):
    assert fail(sign_in, owner.email, times=2) == [401] * 2
    assert fail(page_sign_in, owner.email, times=3) == [200, 200, 429]
    assert sign_in(owner.email).status_code == 429
    assert page_sign_in(owner.email).status_code == 429


def test_a_locked_account_is_told_so_in_json_and_on_the_page(owner):
    fail(sign_in, owner.email)
    by_token, by_page = sign_in(owner.email), page_sign_in(owner.email)
    assert list(by_token.json()) == ["detail"]
    assert "fifteen minutes" in by_token.json()["detail"]
    assert by_page["Content-Type"].startswith("text/html")
    assert "fifteen minutes" in by_page.content.decode()
    assert "_auth_user_id" not in by_page.client.session


def test_who_is_signed_in_already_works_on_while_the_account_is_locked(owner, tokens):
    fail(sign_in, owner.email)
    assert me_by(tokens["access"]).status_code == 200
    assert renew(tokens["refresh"]).status_code == 200


# Tokens


def retouched(token, part, change):
    parts = token.split(".")
    parts[part] = change(parts[part])
    return ".".join(parts)


def encoded(value):
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def test_what_we_signed_is_read_as_the_library_reads_it(tokens, monkeypatch):
    by_library = AccessToken(tokens["access"]).payload
    monkeypatch.setattr(TokenBackend, "decode", None)  # it is not asked
    assert Access(tokens["access"]).payload == by_library
    assert Access(tokens["access"].encode()).payload == by_library
    with pytest.raises(TokenError, match="wrong type"):
        Access(tokens["refresh"])


@pytest.mark.parametrize(
    "forge",
    [
        lambda token: token[:-1],
        lambda token: token + ".",
        lambda token: f"{token}.{token.rpartition('.')[2]}",
        lambda token: retouched(token, 0, lambda _: encoded({"alg": "none", "typ": "JWT"})),
        lambda token: retouched(token, 1, lambda _: encoded({"token_type": "access"})),
        lambda token: retouched(token, 1, lambda claims: claims[:-1]),
        lambda token: retouched(token, 2, lambda _: ""),
        lambda token: retouched(token, 2, lambda _: "é" * 43),
        lambda token: jwt.encode(AccessToken(token).payload, "k" * 50, "HS256"),
        lambda token: jwt.encode(AccessToken(token).payload, SIGNING_KEY, "HS512"),
        lambda token: jwt.encode({**AccessToken(token).payload, "exp": 1}, SIGNING_KEY, "HS256"),
        lambda token: jwt.encode({"token_type": "access"}, SIGNING_KEY, "HS256"),
        lambda token: "",
        lambda token: ".",
    ],
)
def test_what_we_did_not_sign_and_what_has_expired_is_refused(tokens, forge):
    for kind in (AccessToken, Access):
        with pytest.raises(TokenError):
            kind(forge(tokens["access"]))
    assert Access(tokens["access"])


def test_a_token_signed_by_our_key_in_another_way_of_writing_is_read_by_the_library(tokens):
    claims = AccessToken(tokens["access"]).payload
    other = jwt.encode(claims, SIGNING_KEY, "HS256", headers={"kid": "1"})
    assert Access(other).payload == claims


# Renewing


def test_renewing_gives_a_new_pair_and_the_old_refresh_token_is_dead(owner, tokens):
    response = renew(tokens["refresh"])
    assert (response.status_code, set(response.json())) == (200, {"access", "refresh"})
    new = response.json()
    assert new["refresh"] != tokens["refresh"]
    assert me_by(new["access"]).json()["id"] == owner.pk
    again = renew(tokens["refresh"])
    assert again.status_code == 401
    assert "detail" in again.json()
    assert renew(new["refresh"]).status_code == 200


def test_a_refresh_token_lasts_a_fortnight_and_each_renewal_another(owner):
    with time_machine.travel(NOON, tick=False) as clock:
        first, idle = sign_in(owner.email).json(), sign_in(owner.email).json()
        clock.shift(timedelta(days=13))
        second = renew(first["refresh"]).json()
        clock.shift(timedelta(days=2))
        assert renew(idle["refresh"]).status_code == 401
        assert renew(second["refresh"]).status_code == 200


@pytest.mark.parametrize("token", ["x", "a.b.c", "é.é.é", "", ".." * 1000])
def test_what_is_no_refresh_token_is_refused(token, tokens):
    for response in (renew(token), sign_out(token)):
        assert response.status_code in (400, 401)
        assert set(response.json()) <= {"detail", "refresh"}
    assert renew(tokens["refresh"]).status_code == 200


def test_a_deactivated_persons_tokens_are_refused(owner, teammate, tokens):
    theirs = sign_in(teammate.email).json()
    owner.is_active = False
    owner.save()
    assert (me_by(tokens["access"]).status_code, renew(tokens["refresh"]).status_code) == (401, 401)
    assert (me_by(theirs["access"]).status_code, renew(theirs["refresh"]).status_code) == (200, 200)


def test_a_deleted_persons_tokens_are_refused(owner, teammate, tokens):
    theirs = sign_in(teammate.email).json()
    owner.delete()
    assert (me_by(tokens["access"]).status_code, renew(tokens["refresh"]).status_code) == (401, 401)
    assert sign_out(tokens["refresh"]).status_code == 401
    assert (me_by(theirs["access"]).status_code, renew(theirs["refresh"]).status_code) == (200, 200)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_of_two_renewals_at_the_same_moment_one_is_refused(tokens, monkeypatch):
    together, alive = threading.Barrier(2, timeout=10), signin._alive

    def alive_together(token):
        found = alive(token)
        together.wait()
        return found

    monkeypatch.setattr(signin, "_alive", alive_together)
    answers = []

    def run():
        try:
            answers.append(renew(tokens["refresh"]))
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    monkeypatch.setattr(signin, "_alive", alive)
    assert sorted(answer.status_code for answer in answers) == [200, 401]
    (winner,) = (answer.json() for answer in answers if answer.status_code == 200)
    assert renew(winner["refresh"]).status_code == 200


# Signing out


def test_signing_out_kills_the_refresh_token(tokens):
    response = sign_out(tokens["refresh"])
    assert (response.status_code, response.content) == (204, b"")
    assert renew(tokens["refresh"]).status_code == 401
    assert sign_out(tokens["refresh"]).status_code == 401


def test_signing_out_kills_every_token_of_that_sign_in_and_no_other(owner, tokens):
    other = sign_in(owner.email).json()
    renewed = renew(tokens["refresh"]).json()
    for pair in (tokens, renewed, other):
        user, access = signin.bearer(pair["access"])
        assert (user, access["user_id"]) == (owner, str(owner.pk))
        assert me_by(pair["access"]).status_code == 200
    sign_out(renewed["refresh"])
    for pair in (tokens, renewed):
        assert me_by(pair["access"]).status_code == 401
        with pytest.raises(InvalidToken):
            signin.bearer(pair["access"])
    assert me_by(other["access"]).status_code == 200
    assert signin.bearer(other["access"])[0] == owner
    assert renew(renewed["refresh"]).status_code == 401
    assert renew(other["refresh"]).status_code == 200


def test_signing_out_ends_the_sockets_of_that_sign_in_once(owner, tokens, ended, committing):
    sid = str(signin.bearer(tokens["access"])[1]["sid"])
    with committing():
        renew(tokens["refresh"])
    assert ended == []
    fresh = sign_in(owner.email).json()
    fresh_sid = str(signin.bearer(fresh["access"])[1]["sid"])
    for _ in range(2):
        with committing():
            sign_out(fresh["refresh"])
    assert ended == [(owner.pk, 4401, fresh_sid)]
    assert sid != fresh_sid


def test_a_socket_is_not_opened_for_a_deactivated_person(owner, teammate, tokens):
    theirs = sign_in(teammate.email).json()
    User.objects.filter(pk=owner.pk).update(is_active=False)
    with pytest.raises(InvalidToken):
        signin.bearer(tokens["access"])
    assert signin.bearer(theirs["access"])[0] == teammate


def test_signing_out_of_the_page_ends_its_session_and_its_sockets(owner, client, ended):
    client.force_login(owner, backend=MODEL_BACKEND)
    name = signin.session_name(client.session.session_key)
    assert client.get(ME).status_code == 200
    assert client.get("/logout/").status_code == 405
    assert (client.get(ME).status_code, ended) == (200, [])
    assert client.post("/logout/").status_code == 302
    assert client.get(ME).status_code == 401
    assert ended == [(owner.pk, 4401, name)]


def test_deactivating_somebody_ends_all_their_sockets(owner, ended, committing):
    owner.first_name = "Olivia"
    with committing():
        owner.save()
    assert ended == []
    owner.is_active = False
    with committing():
        owner.save()
    assert ended == [(owner.pk, 4403, "")]


# The session cookie


def test_the_page_signs_in_for_the_pages_and_the_api(owner, client):
    response = client.post(LOGIN, {"username": "OWNER@example.com", "password": PASSWORD})
    assert (response.status_code, response["Location"]) == (302, "/")
    assert client.get(ME).json()["id"] == owner.pk


def test_the_page_says_the_same_of_a_wrong_password_and_an_unknown_address(owner, client):
    sentences = []
    for email in (owner.email, "nobody@example.com"):
        response = client.post(LOGIN, {"username": email, "password": "wrong"})
        assert response.status_code == 200
        sentences.append(response.context["form"].errors.as_text())
    assert sentences[0] == sentences[1] != ""
    assert client.get(ME).status_code == 401


def test_a_session_needs_the_csrf_token_to_write_and_not_to_read(owner):
    api = APIClient(enforce_csrf_checks=True)
    api.force_login(owner, backend=MODEL_BACKEND)
    assert api.get("/api/leads/").status_code == 200
    for headers in ({}, {"X-CSRFToken": "b" * 32}):
        response = api.post("/api/leads/", JOHN, headers=headers)
        assert (response.status_code, list(response.json())) == (403, ["detail"])
    assert not Lead.objects.exists()
    api.cookies["csrftoken"] = "a" * 32
    response = api.post("/api/leads/", JOHN, headers={"X-CSRFToken": "a" * 32})
    assert (response.status_code, response.json()["createdById"]) == (201, owner.pk)


def test_a_bearer_token_needs_no_csrf_token(tokens):
    api = APIClient(
        enforce_csrf_checks=True, headers={"Authorization": f"Bearer {tokens['access']}"}
    )
    assert api.post("/api/leads/", JOHN).status_code == 201


# Who am I, who else is here


def test_a_lead_by_token_is_three_queries(tokens, django_assert_num_queries):
    api = APIClient(HTTP_AUTHORIZATION=f"Bearer {tokens['access']}")
    with django_assert_num_queries(3):  # who it is; lead, event
        assert api.post("/api/leads/", JOHN).status_code == 201


def test_me_is_who_signed_in_with_the_position_of_their_inbox(owner, manager, api_of):
    for title in ("a", "b"):
        Notification.objects.create(recipient=owner, type="system", title=title)
    Notification.objects.filter(title="a").get().mark_read()
    assert api_of(owner).get(ME).json() == {
        "id": owner.pk,
        "email": "owner@example.com",
        "firstName": "Olga",
        "lastName": "Owner",
        "role": "rep",
        "seq": 3,
        "unreadCount": 1,
    }
    boss = api_of(manager).get(ME).json()
    assert (boss["role"], boss["seq"], boss["unreadCount"]) == ("manager", 0, 0)


def test_users_are_the_active_ones_without_their_addresses(api, owner, manager, outsider):
    body = api.get(USERS).json()
    assert sorted(body["results"], key=lambda user: user["id"]) == [
        {"id": owner.pk, "firstName": "Olga", "lastName": "Owner", "role": "rep"},
        {"id": manager.pk, "firstName": "Mia", "lastName": "Example", "role": "manager"},
    ]
    assert not any(user["id"] == outsider.pk for user in body["results"])


def test_users_come_page_by_page_with_one_query_each(api, owner, django_assert_num_queries):
    people = {owner.pk} | {person.pk for person in UserFactory.create_batch(6)}
    url, found = f"{USERS}?pageSize=3", []
    while url:
        with django_assert_num_queries(1):
            body = api.get(url).json()
        found += [user["id"] for user in body["results"]]
        url = body["next"]
    assert found == sorted(people, reverse=True)


@pytest.mark.parametrize("url", [ME, USERS])
def test_strangers_get_a_401(url, api):
    response = APIClient().get(url)
    assert (response.status_code, list(response.json())) == (401, ["detail"])
    assert api.get(url).status_code == 200


# Making people


def test_a_user_is_made_as_a_rep_and_a_superuser_as_an_administrator(db):
    rep = User.objects.create_user("Rita@Example.com", "secret words", first_name="Rita")
    boss = User.objects.create_superuser("Boss@Example.com", "secret words")
    assert (rep.role, rep.is_staff, rep.has_perm("leads.add_lead")) == ("rep", False, False)
    assert (boss.role, boss.is_staff, boss.has_perm("leads.add_lead")) == ("admin", True, True)
    assert User.objects.get(email="rita@example.com") == rep
    assert User.objects.get(email="RITA@EXAMPLE.COM") == rep
    assert check_password("secret words", rep.password)
    assert sign_in("rita@example.com", "secret words").status_code == 200


def test_createsuperuser_asks_for_no_more_than_the_address(monkeypatch):
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", "secret words")
    call_command("createsuperuser", interactive=False, email="Root@example.com", verbosity=0)
    root = User.objects.get(email="root@example.com")
    assert root.role == "admin"
    assert sign_in("root@example.com", "secret words").status_code == 200


def test_an_inactive_administrator_may_nothing(administrator):
    assert administrator.has_perm("leads.add_lead")
    administrator.is_active = False
    assert not administrator.is_staff
    assert not administrator.has_perm("leads.add_lead")


@pytest.mark.parametrize("email", ["owner@example.com", "OWNER@example.com", " Owner@Example.Com "])
def test_an_address_in_another_case_is_the_same_and_refused(email, owner):
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.create_user(email, "secret words")
    assert User.objects.count() == 1
    assert User.objects.create_user(f"x{email.strip()}", "secret words").pk
