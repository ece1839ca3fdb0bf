"""The entrance: guesses that are counted, passwords that were forgotten, sign-ins that are listed
and ended, and the second step."""

import re
import smtplib
from datetime import UTC, datetime, timedelta

import pyotp
import pytest
import time_machine
from django.contrib.auth.hashers import MD5PasswordHasher
from django.contrib.sessions.models import Session
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.db import connection
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from crm import signin
from crm.entrance import letters
from crm.entrance.address import address_of, neighbourhood_of
from crm.entrance.devices import PageSignIn, noted
from crm.jobs import JOBS
from crm.models import AskedForPassword, RecoveryCode, SecondStep, TokenSignIn, Try
from notifications import realtime
from tests.factories import PASSWORD, UserFactory

pytestmark = pytest.mark.django_db

TOKEN, REFRESH, ME, LOGIN = "/api/auth/token/", "/api/auth/token/refresh/", "/api/me/", "/login/"
CODE, ASK, SESSIONS = "/login/code/", "/password/", "/settings/sessions/"
STEPS = "/settings/two-steps/"
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
NOBODY = "nobody@example.com"
NEW = "a much longer sentence"
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
CHROME = ("Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 (KHTML, like Gecko) "
          "Chrome/142.0.0.0 Mobile Safari/537.36")  # fmt: skip


def by_token(email, password=PASSWORD, address="10.0.0.1", **more):
    body = {"email": email, "password": password, **more}
    return APIClient().post(TOKEN, body, REMOTE_ADDR=address, HTTP_USER_AGENT="leadbot/1.0")


def by_page(email, password=PASSWORD, address="10.0.0.1", browser=None, agent=FIREFOX):
    form = {"username": email, "password": password}
    browser = browser or Client()
    return browser.post(LOGIN, form, REMOTE_ADDR=address, HTTP_USER_AGENT=agent)


BY_BOTH_DOORS = pytest.mark.parametrize(
    ("enter", "refused", "welcome"),
    [(by_token, 401, 200), (by_page, 200, 302)],
    ids=["token", "page"],
)


@pytest.fixture
def ended(monkeypatch):
    """The sockets that were told to end: (user id, code, sign-in)."""
    calls = []

    def end(user_id, *, code, sign_in=""):
        calls.append((user_id, code, sign_in))

    monkeypatch.setattr(realtime, "end_sockets", end)
    return calls


# Guesses


@BY_BOTH_DOORS
def test_who_tries_a_few_passwords_on_many_accounts_waits_and_nobody_else_does(
    enter, refused, welcome, owner
):
    for number in range(49):
        assert enter(f"person{number}@example.net", "wrong").status_code == refused
    assert enter("one@example.net", "wrong").status_code == 429
    assert enter(owner.email).status_code == 429
    assert enter(owner.email, address="10.0.0.2").status_code == welcome


def test_the_wait_of_an_address_ends(owner):
    with time_machine.travel(NOON, tick=False) as clock:
        for number in range(50):
            by_token(f"person{number}@example.net", "wrong")
        assert by_token(owner.email).status_code == 429
        clock.shift(timedelta(minutes=16))
        assert by_token(owner.email).status_code == 200


@BY_BOTH_DOORS
def test_the_addresses_of_one_customer_count_as_one(enter, refused, welcome, owner):
    for last in range(5):
        enter(owner.email, "wrong", f"2001:db8:1:2::{last}")
    assert enter(owner.email, address="2001:db8:1:2:ffff::1").status_code == 429
    assert enter(owner.email, address="2001:db8:1:3::1").status_code == welcome


class Counting(MD5PasswordHasher):
    algorithm = "counting"
    made = 0

    def encode(self, password, salt):
        type(self).made += 1
        return super().encode(password, salt)


@BY_BOTH_DOORS
def test_an_unknown_address_costs_the_same_work_as_a_wrong_password(
    enter, refused, welcome, settings
):
    settings.PASSWORD_HASHERS = ["tests.test_entrance.Counting"]
    known, gone = UserFactory(email="known@example.com"), UserFactory(is_active=False)
    shut = UserFactory()
    shut.set_unusable_password()
    shut.save()
    work, texts = [], []
    for email in (known.email, NOBODY, gone.email, shut.email):
        Counting.made = 0
        answer = enter(email, "wrong", address=f"10.0.1.{len(work)}")
        assert answer.status_code == refused
        work.append(Counting.made)
        texts.append(without_what_differs(answer, email))
    assert work == [1, 1, 1, 1]
    assert len(set(texts)) == 1


def without_what_differs(answer, email):
    return re.sub(r'value="[A-Za-z0-9]{64}"', "", answer.content.decode().replace(email, ""))


@pytest.mark.parametrize(
    ("proxies", "forwarded", "expected"),
    [
        (0, "1.2.3.4", "10.0.0.9"),
        (1, "1.2.3.4", "1.2.3.4"),
        (1, "6.6.6.6, 1.2.3.4", "1.2.3.4"),
        (1, "1.2.3.4:5678", "1.2.3.4"),
        (1, "[2001:db8::1]:99", "2001:db8::1"),
        (1, "::ffff:1.2.3.4", "1.2.3.4"),
        (1, "nonsense'; DROP", "10.0.0.9"),
        (2, "1.2.3.4", "10.0.0.9"),
    ],
)
def test_where_a_request_comes_from_is_what_our_own_proxy_saw(
    settings, proxies, forwarded, expected
):
    settings.PROXIES = proxies
    request = RequestFactory().get(
        "/", REMOTE_ADDR="10.0.0.9", headers={"x-forwarded-for": forwarded}
    )
    assert address_of(request) == expected
    request.META.update(REMOTE_ADDR="", HTTP_X_FORWARDED_FOR="")
    assert (address_of(request), neighbourhood_of(request)) == (None, None)


def test_a_made_up_address_is_no_error_at_either_door(settings, owner):
    settings.PROXIES = 1
    forged = {"x-forwarded-for": "\u00e9' OR 1=1"}
    body = {"email": owner.email, "password": "wrong"}
    assert APIClient().post(TOKEN, body, headers=forged).status_code == 401
    assert APIClient().post(TOKEN, body, REMOTE_ADDR="", headers=forged).status_code == 401


def test_the_admin_has_no_door_of_its_own(owner, administrator, browser_as):
    answer = Client().get("/admin/")
    followed = Client().get(answer["Location"])
    assert followed["Location"] == "/login/?next=%2Fadmin%2F"
    assert browser_as(administrator).get("/admin/").status_code == 200
    assert browser_as(owner).get("/admin/login/?next=/admin/").status_code == 403
    body = {"username": administrator.email, "password": PASSWORD}
    stranger = Client()
    stranger.post("/admin/login/", body)
    assert "_auth_user_id" not in stranger.session


# A forgotten password


@pytest.fixture
def letter_to(settings):
    """``letter_to(user)``: asks for a new password, and gives the link of the letter."""
    settings.SENDS_MAIL = True

    def link(email, browser=None):
        asked = (browser or Client()).post(ASK, {"email": email})
        assert (asked.status_code, asked["Location"]) == (302, "/password/asked/")
        while letters.send_due():
            pass
        found = [re.search(r"https?://\S+", letter.body)[0] for letter in mail.outbox]
        mail.outbox.clear()
        return found[0].removeprefix("http://testserver") if found else None

    return link


def set_password(link, password=NEW, browser=None):
    browser = browser or Client()
    form = browser.get(link, follow=True)
    if not form.redirect_chain:
        return form
    return browser.post(
        form.redirect_chain[-1][0], {"new_password1": password, "new_password2": password}
    )


def test_a_new_password_by_letter_ends_every_sign_in(owner, page, letter_to, ended, committing):
    tokens = by_token(owner.email).json()
    link = letter_to(owner.email.upper())
    assert page.get(ME).status_code == 200
    with committing():
        assert set_password(link)["Location"] == LOGIN
    assert not PageSignIn.objects.filter(user=owner).exists()
    assert page.get(ME).status_code == 401
    assert APIClient().post(REFRESH, {"refresh": tokens["refresh"]}).status_code == 401
    assert (owner.pk, 4401, "") in ended
    assert by_page(owner.email).status_code == 200
    assert by_page(owner.email, NEW).status_code == 302


def test_a_link_is_good_once_and_for_an_hour(owner, letter_to):
    with time_machine.travel(NOON, tick=False) as clock:
        first, second = letter_to(owner.email), letter_to(owner.email)
        assert set_password(first).status_code == 302
        for used in (first, second):
            assert "used already" in Client().get(used, follow=True).content.decode()
        late = letter_to(owner.email)
        clock.shift(timedelta(minutes=61))
        assert "used already" in Client().get(late, follow=True).content.decode()
        assert "used already" in Client().get("/password/eA/x-y/", follow=True).content.decode()


def test_an_unknown_address_gets_the_same_answer_for_the_same_work(owner, outsider, letter_to):
    answers, work = [], []
    for email in (owner.email, NOBODY, outsider.email):
        with CaptureQueriesContext(connection) as queries:
            answers.append(Client().post(ASK, {"email": email}))
        work.append([query["sql"].split(" (")[0].split(" WHERE")[0] for query in queries])
    assert work[0] == work[1] == work[2]
    assert len(work[0]) > 2
    assert {(answer.status_code, answer["Location"]) for answer in answers} == {
        (302, "/password/asked/")
    }
    assert AskedForPassword.objects.count() == 3
    while letters.send_due():
        pass
    assert [letter.to for letter in mail.outbox] == [[owner.email]]
    assert AskedForPassword.objects.count() == 0


def test_nobody_is_written_to_again_and_again(owner, teammate, letter_to):
    with time_machine.travel(NOON, tick=False) as clock:
        assert [bool(letter_to(owner.email)) for _ in range(5)] == [True] * 3 + [False] * 2
        assert letter_to(teammate.email)
        clock.shift(timedelta(minutes=61))
        assert letter_to(owner.email)


def test_who_asks_for_many_addresses_is_heard_for_the_first(letter_to):
    for number in range(25):
        Client().post(ASK, {"email": f"person{number}@example.net"})
    assert AskedForPassword.objects.count() == 20
    Client(REMOTE_ADDR="10.9.9.9").post(ASK, {"email": NOBODY})
    assert AskedForPassword.objects.count() == 21


def not_there(backend, messages):
    raise smtplib.SMTPServerDisconnected("not there")


def test_a_letter_that_cannot_be_sent_is_tried_again(owner, letter_to, monkeypatch):
    with time_machine.travel(NOON, tick=False) as clock:
        with monkeypatch.context() as down:
            down.setattr(EmailBackend, "send_messages", not_there)
            assert letter_to(owner.email) is None
        assert AskedForPassword.objects.get().attempts == 1
        assert letters.send_due() == 0
        clock.shift(timedelta(seconds=3))
        assert (letters.send_due(), len(mail.outbox)) == (1, 1)
    assert letters.send_due in [job.work for job in JOBS]


def test_who_asked_an_hour_ago_is_forgotten(owner, letter_to):
    with time_machine.travel(NOON, tick=False) as clock:
        Client().post(ASK, {"email": owner.email})
        clock.shift(timedelta(minutes=59))
        assert AskedForPassword.objects.forget_old() == 0
        clock.shift(timedelta(days=1))
        assert AskedForPassword.objects.forget_old() == 1
        assert Try.objects.forget_old() == 2


def test_the_letter_speaks_the_language_of_who_asks(owner, letter_to):
    Client(headers={"accept-language": "de"}).post(ASK, {"email": owner.email})
    letters.send_due()
    assert "Passwort" in mail.outbox[0].subject


def test_without_a_mail_server_an_administrator_is_named(settings, owner):
    settings.SENDS_MAIL = False
    for answer in (Client().get(ASK), Client().post(ASK, {"email": owner.email})):
        assert "ask an administrator" in answer.content.decode()
    assert not AskedForPassword.objects.exists()


def test_who_is_signed_in_there_is_signed_out_too(owner, page, letter_to):
    assert set_password(letter_to(owner.email), browser=page)["Location"] == LOGIN
    assert page.get(ME).status_code == 401
    assert "Your password is changed" in page.get(LOGIN).content.decode()


def test_a_weak_new_password_is_refused_beside_its_field(owner, letter_to):
    answer = set_password(letter_to(owner.email), "12345")
    assert answer.status_code == 200
    assert "too short" in answer.content.decode()


# A password that is changed


def change(browser, old=PASSWORD, new=NEW):
    body = {"old_password": old, "new_password1": new, "new_password2": new}
    return browser.post("/settings/password/", body)


def test_who_changes_their_password_stays_signed_in_here_alone(owner, page, browser_as):
    elsewhere, tokens = browser_as(owner), by_token(owner.email).json()
    assert elsewhere.get(ME).status_code == 200
    assert change(page).status_code == 302
    assert page.get(ME).status_code == 200
    assert elsewhere.get(ME).status_code == 401
    assert APIClient().post(REFRESH, {"refresh": tokens["refresh"]}).status_code == 401
    assert [row.session_id for row in owner.page_sign_ins.all()] == [page.session.session_key]


def test_the_old_password_is_not_guessed_at_an_open_page(owner, page):
    for _ in range(5):
        assert "incorrect" in change(page, "wrong").content.decode()
    assert "fifteen minutes" in change(page).content.decode()
    assert by_page(owner.email).status_code == 302


# Where one is signed in


def test_the_list_says_what_with_and_when_and_which_is_this_one(owner, teammate):
    with time_machine.travel(NOON, tick=False) as clock:
        here = Client()
        by_page(owner.email, browser=here)
        by_page(owner.email, agent=CHROME)
        by_token(owner.email)
        by_token(teammate.email)
        clock.shift(timedelta(minutes=30))
        html = here.get(SESSIONS, HTTP_USER_AGENT=FIREFOX).content.decode()
    assert re.findall(r"<strong><bdi>(.+?)</bdi>", html)[0] == "Firefox on Windows"
    assert {"Chrome on Android", "leadbot"} < set(re.findall(r"<strong><bdi>(.+?)</bdi>", html))
    assert html.count("this one") == 1
    assert html.count("10.0.0.1") == 3
    assert here.session.session_key not in html


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        (FIREFOX, "Firefox on Windows"),
        (CHROME, "Chrome on Android"),
        (f"{CHROME} Edg/142.0", "Edge on Android"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1",
         "Safari on iPhone"),
        ("python-requests/2.32", "python-requests"),
        ("curl/8.5.0", "curl"),
        ("", "A program without a name"),
        ("<script>alert(1)</script>", "A program without a name"),
    ],
)  # fmt: skip
def test_a_device_is_named_in_plain_words(agent, name):
    assert PageSignIn(agent=agent).device == name


def test_one_of_ones_sign_ins_is_ended_and_no_other(owner, teammate, page, ended, committing):
    other, third = Client(), Client()
    by_page(owner.email, browser=other)
    by_page(teammate.email, browser=third)
    row = PageSignIn.objects.get(session_id=other.session.session_key)
    theirs = PageSignIn.objects.get(session_id=third.session.session_key)
    name = signin.session_name(row.session_id)
    with committing():
        assert page.post(f"{SESSIONS}{theirs.pk}/end/").status_code == 404
        assert page.post(f"{SESSIONS}{row.pk}/end/").status_code == 302
    assert ended == [(owner.pk, 4401, name)]
    assert (other.get(ME).status_code, third.get(ME).status_code) == (401, 200)
    assert page.get(ME).status_code == 200
    assert page.post(f"{SESSIONS}{row.pk}/end/").status_code == 404


def test_a_sign_in_by_token_is_ended_too(owner, page, ended, committing):
    tokens = by_token(owner.email).json()
    row = TokenSignIn.objects.get()
    bearer = {"Authorization": f"Bearer {tokens['access']}"}
    assert APIClient().get(ME, headers=bearer).status_code == 200
    with committing():
        page.post(f"{SESSIONS}{row.pk}/end/")
    assert ended == [(owner.pk, 4401, str(row.pk))]
    assert APIClient().get(ME, headers=bearer).status_code == 401


def test_all_others_are_ended_at_once(owner, teammate, page, browser_as, ended, committing):
    other, third = browser_as(owner), browser_as(teammate)
    tokens = by_token(owner.email).json()
    with committing():
        page.post(f"{SESSIONS}end/")
    assert (page.get(ME).status_code, other.get(ME).status_code) == (200, 401)
    assert APIClient().post(REFRESH, {"refresh": tokens["refresh"]}).status_code == 401
    assert third.get(ME).status_code == 200
    assert len(ended) == 2


def test_last_use_is_noted_now_and_then_and_not_with_each_request(owner, page):
    row = PageSignIn.objects.get(user=owner)
    PageSignIn.objects.update(used_at=NOON)
    page.get("/settings/")
    assert PageSignIn.objects.get().used_at == NOON
    noted[row.session_id] -= 301
    page.get("/settings/")
    assert PageSignIn.objects.get().used_at > NOON


def test_a_session_of_before_the_list_gets_onto_it(owner, page):
    PageSignIn.objects.all().delete()
    noted.clear()
    page.get("/settings/")
    assert PageSignIn.objects.get().session_id == page.session.session_key


def test_a_renewed_token_was_used(owner):
    with time_machine.travel(NOON, tick=False) as clock:
        tokens = by_token(owner.email).json()
        clock.shift(timedelta(hours=3))
        APIClient().post(REFRESH, {"refresh": tokens["refresh"]})
    row = TokenSignIn.objects.get()
    assert row.used_at - row.created_at == timedelta(hours=3)


def test_a_session_takes_its_row_with_it(owner, page):
    assert PageSignIn.objects.count() == 1
    page.post("/logout/")
    assert PageSignIn.objects.count() == 0
    assert Session.objects.count() == 0


# The second step


@pytest.fixture
def app(owner):
    """The owner's app: ``app()`` is the code it shows."""
    step = SecondStep.begin(owner)
    owner.recovery = step.turn_on()
    return lambda: pyotp.TOTP(step.secret).now()


def test_it_is_set_up_with_a_code_that_confirms_it(owner, page):
    assert by_token(owner.email).status_code == 200
    page.post(f"{STEPS}begin/")
    html = page.get(STEPS).content.decode()
    secret = SecondStep.objects.get().secret
    assert "<svg" in html
    assert secret in html.replace(" ", "")
    assert by_token(owner.email).status_code == 200  # not yet
    wrong = page.post(f"{STEPS}confirm/", {"code": "000000"})
    assert "wrong or was used" in wrong.content.decode()
    assert by_token(owner.email).status_code == 200
    right = page.post(f"{STEPS}confirm/", {"code": pyotp.TOTP(secret).now()})
    codes = re.findall(r"<code>(\w{5}-\w{5})</code>", right.content.decode())
    assert len(set(codes)) == RecoveryCode.objects.count() == 10
    assert by_token(owner.email).status_code == 401
    html = page.get(STEPS).content.decode()
    assert secret not in html.replace(" ", "")
    assert codes[0] not in html


def test_the_page_asks_for_the_code_and_a_code_counts_once(owner, app):
    with time_machine.travel(NOON, tick=False) as clock:
        browser, second = Client(), Client()
        assert by_page(owner.email, browser=browser)["Location"] == CODE
        assert browser.get(ME).status_code == 401
        assert "That code is wrong" in browser.post(CODE, {"code": "123"}).content.decode()
        code = app()
        assert browser.post(CODE, {"code": f" {code[:3]} {code[3:]} "})["Location"] == "/"
        assert browser.get(ME).json()["id"] == owner.pk
        by_page(owner.email, browser=second)
        assert "That code is wrong" in second.post(CODE, {"code": code}).content.decode()
        assert second.get(ME).status_code == 401
        clock.shift(timedelta(seconds=30))
        assert second.post(CODE, {"code": app()}).status_code == 302


def test_the_way_on_survives_the_second_step(owner, app):
    browser = Client()
    form = {"username": owner.email, "password": PASSWORD, "next": "/leads/?stage=new"}
    browser.post(LOGIN, form)
    assert browser.post(CODE, {"code": app()})["Location"] == "/leads/?stage=new"


def test_half_way_in_is_outside(owner, app):
    assert Client().get(CODE)["Location"] == LOGIN
    with time_machine.travel(NOON, tick=False) as clock:
        slow, changed = Client(), Client()
        by_page(owner.email, browser=slow)
        by_page(owner.email, browser=changed)
        assert (slow.get("/").status_code, slow.get(CODE).status_code) == (302, 200)
        clock.shift(timedelta(seconds=301))
        assert slow.post(CODE, {"code": app()})["Location"] == LOGIN
        owner.set_password(NEW)
        owner.save()
        assert changed.post(CODE, {"code": app()})["Location"] == LOGIN


def test_by_token_the_code_comes_along(owner, teammate, app):
    assert by_token(teammate.email).status_code == 200
    without = by_token(owner.email)
    assert (without.status_code, list(without.json())) == (401, ["detail"])
    assert "otp" in without.json()["detail"]
    wrong_password = by_token(owner.email, "wrong")
    assert "otp" not in wrong_password.json()["detail"]
    wrong = by_token(owner.email, otp="000000")
    assert (wrong.status_code, "wrong" in wrong.json()["detail"]) == (401, True)
    code = app()
    assert set(by_token(owner.email, otp=code).json()) == {"access", "refresh"}
    assert by_token(owner.email, otp=code).status_code == 401


def test_a_recovery_code_stands_in_once(owner, app):
    first, second = owner.recovery[:2]
    assert by_token(owner.email, otp=first.upper()).status_code == 200
    assert by_token(owner.email, otp=first).status_code == 401
    assert by_token(owner.email, otp=second.replace("-", "")).status_code == 200
    assert RecoveryCode.objects.count() == 8
    assert not RecoveryCode.objects.filter(digest__in=owner.recovery).exists()


def test_codes_are_not_guessed_at_either_door(owner, app):
    for _ in range(3):
        assert by_token(owner.email, otp="000000").status_code == 401
    browser = Client()
    by_page(owner.email, browser=browser)
    for _ in range(2):
        browser.post(CODE, {"code": "000000"}, REMOTE_ADDR="10.0.0.1")
    answer = browser.post(CODE, {"code": app()}, REMOTE_ADDR="10.0.0.1")
    assert (answer.status_code, "fifteen minutes" in answer.content.decode()) == (429, True)
    assert by_token(owner.email, otp=app()).status_code == 429
    assert by_token(owner.email, otp=app(), address="10.0.0.2").status_code == 200


def test_from_everywhere_together_fifty_codes_may_be_wrong(owner, app):
    with time_machine.travel(NOON, tick=False) as clock:
        for number in range(50):
            assert (
                by_token(owner.email, otp="000000", address=f"10.1.0.{number}").status_code == 401
            )
        assert by_token(owner.email, otp=app(), address="10.2.0.1").status_code == 429
        clock.shift(timedelta(minutes=16))
        assert by_token(owner.email, otp=app(), address="10.2.0.1").status_code == 200


def test_it_is_turned_off_and_codes_renewed_by_who_has_a_code(owner, page, app):
    with time_machine.travel(NOON, tick=False):
        page = Client()
        page.force_login(owner, "django.contrib.auth.backends.ModelBackend")
        for path in ("off", "codes"):
            page.post(f"{STEPS}{path}/", {"code": "000000"})
        assert RecoveryCode.objects.count() == 10
        renewed = page.post(f"{STEPS}codes/", {"code": owner.recovery[0]}).content.decode()
        assert by_token(owner.email, otp=owner.recovery[1]).status_code == 401
        (code, *_) = re.findall(r"<code>(\w{5}-\w{5})</code>", renewed)
        assert page.post(f"{STEPS}off/", {"code": code}).status_code == 302
    assert by_token(owner.email).status_code == 200


def test_an_administrator_helps_who_lost_the_telephone(owner, administrator, browser_as, app):
    assert by_token(owner.email).status_code == 401
    desk = browser_as(administrator)
    seen = desk.get(f"/admin/crm/secondstep/{owner.pk}/change/").content.decode()
    assert SecondStep.objects.get().secret not in seen
    desk.post(f"/admin/crm/secondstep/{owner.pk}/delete/", {"post": "yes"})
    assert by_token(owner.email).status_code == 200
