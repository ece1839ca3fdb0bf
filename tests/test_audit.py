"""The audit log: an entry for each deed, in its transaction, that nobody changes."""

import csv
import io
import re

import pytest
from django.db import transaction
from django.test import Client
from rest_framework.test import APIClient

from crm import audit
from crm.audit import AuditEntry, NotChanged
from crm.entrance.second import SecondStep
from crm.models import ApiKey, User, WebhookEndpoint
from leads.models import Lead
from notifications.models import Announcement
from tests.factories import PASSWORD, LeadFactory, UserFactory

pytestmark = pytest.mark.django_db

What = AuditEntry.What
TOKEN, LOGOUT = "/api/auth/token/", "/api/auth/logout/"
HERE = {"REMOTE_ADDR": "10.0.0.7"}


@pytest.fixture
def desk(browser_as, administrator):
    return browser_as(administrator)


@pytest.fixture
def told():
    """``told()``: what the log says since it was last asked: (what, by, about, address)."""
    seen = set()

    def news():
        rows = AuditEntry.objects.exclude(pk__in=seen).order_by("pk")
        seen.update(row.pk for row in rows)
        return [(row.what, row.by, row.about, row.address) for row in rows]

    return news


def test_sign_ins_are_told_by_both_doors_and_bad_ones_too(owner, told):
    told()
    page, api = Client(**HERE), APIClient(**HERE)
    form = {"username": owner.email, "password": PASSWORD}
    body = {"email": owner.email, "password": PASSWORD}
    page.post("/login/", form | {"password": "wrong"})
    page.post("/login/", form)
    page.post("/logout/")
    api.post(TOKEN, body | {"password": "wrong"})
    refresh = api.post(TOKEN, body).json()["refresh"]
    api.post(LOGOUT, {"refresh": refresh})
    by_each_door = [
        (What.REFUSED, None, f"user {owner.pk}", "10.0.0.7"),
        (What.SIGNED_IN, owner, "", "10.0.0.7"),
        (What.SIGNED_OUT, owner, "", "10.0.0.7"),
    ]
    assert told() == by_each_door * 2


def test_what_a_stranger_typed_is_not_kept(told):
    told()
    Client(**HERE).post("/login/", {"username": "my-secret@example.com", "password": "hunter2"})
    assert told() == [(What.REFUSED, None, "nobody's e-mail", "10.0.0.7")]


def test_a_lead_that_is_deleted_is_told_by_every_door(owner, manager, administrator, api_of, told):
    one, two, three, four, five = LeadFactory.create_batch(5)
    browser = Client()
    browser.force_login(manager, "django.contrib.auth.backends.ModelBackend")
    desk = Client()
    desk.force_login(administrator, "django.contrib.auth.backends.ModelBackend")
    tokens = APIClient().post(TOKEN, {"email": owner.email, "password": PASSWORD}).json()
    told()
    browser.post(f"/leads/{one.pk}/delete/")
    chosen = {"lead": [two.pk], "action": "delete", "sure": "on"}
    browser.post("/leads/bulk/", chosen)
    bearer = {"Authorization": f"Bearer {tokens['access']}"}
    APIClient().delete(f"/api/leads/{three.pk}/", headers=bearer)
    marked = {"action": "delete_selected", "_selected_action": [four.pk], "post": "yes"}
    desk.post("/admin/leads/lead/", marked)
    five_was = five.pk
    five.delete()
    who = [(by, about) for what, by, about, _ in told() if what == What.LEAD_DELETED]
    assert who == [
        (manager, f"lead {one.pk}"),
        (manager, f"lead {two.pk}"),
        (owner, f"lead {three.pk}"),
        (administrator, f"lead {four.pk}"),
        (None, f"lead {five_was}"),
    ]


def test_an_export_is_told_without_what_was_searched_for(page, owner, told):
    told()
    page.get("/leads/export.csv?search=Jane&stage=new")
    assert told() == [(What.EXPORTED, owner, "leads.csv by search, stage", "127.0.0.1")]
    assert page.get("/leads/export.csv?Jane%20Doe=1&%00=2").status_code == 200
    assert told() == [(What.EXPORTED, owner, "leads.csv", "127.0.0.1")]


def test_rights_that_change_are_told(administrator, owner, desk, told):
    told()
    form = {"email": owner.email, "first_name": "O", "last_name": "", "role": "manager"}
    form |= {"quiet_from": "", "quiet_until": "", "zone": ""}
    desk.post(f"/admin/crm/user/{owner.pk}/change/", form | {"is_active": "on"})
    desk.post(f"/admin/crm/user/{owner.pk}/change/", form)
    desk.post(f"/admin/crm/user/{owner.pk}/change/", form | {"is_active": "on"})
    new = {"password1": "a long new sentence", "password2": "a long new sentence"}
    desk.post(f"/admin/crm/user/{owner.pk}/password/", new | {"usable_password": "true"})
    name, who = f"user {owner.pk}", (administrator, "127.0.0.1")
    assert [(what, about) for what, _, about, _ in told()] == [
        (What.ROLE, f"{name}: rep → manager"),
        (What.DEACTIVATED, name),
        (What.ACTIVATED, name),
        (What.PASSWORD, name),
    ]
    assert {(row.by, row.address) for row in AuditEntry.objects.filter(about__contains=name)} == {
        who,
        (None, None),  # who made the owner
    }


def test_nothing_is_told_of_what_nobody_answers_for(owner, page, told):
    told()
    page.post("/settings/", {"first_name": "Olivia", "last_name": "", "language": ""})
    page.get("/leads/")
    assert told() == []


def test_a_second_step_is_told(owner, told):
    told()
    step = SecondStep.begin(owner)
    assert told() == []
    step.turn_on()
    step.takes("000000", "10.0.0.1")
    SecondStep.of(owner).delete()
    name = f"user {owner.pk}"
    assert [(what, about) for what, _, about, _ in told()] == [
        (What.SECOND_STEP_ON, name),
        (What.RECOVERY_CODES, name),
        (What.REFUSED, f"{name}: wrong code"),
        (What.SECOND_STEP_OFF, name),
    ]


def test_second_steps_that_an_administrator_deletes_are_told_each(owner, teammate, desk, told):
    for user in (owner, teammate):
        SecondStep.begin(user).turn_on()
    told()
    chosen = {"action": "delete_selected", "_selected_action": [owner.pk, teammate.pk]}
    desk.post("/admin/crm/secondstep/", chosen | {"post": "yes"})
    assert not SecondStep.objects.exists()
    ended = {(what, by.email, about) for what, by, about, _ in told()}
    assert {about for what, _, about in ended if what == What.SECOND_STEP_OFF} == {
        f"user {owner.pk}", f"user {teammate.pk}"
    }  # fmt: skip


def test_keys_and_webhooks_are_told_and_what_keys_do(owner, administrator, desk, told):
    told()
    form = {"name": "Form", "user": owner.pk, "scopes": ["leads:read", "leads:write"]}
    made = desk.post("/settings/keys/new/", form).content.decode()
    key, mine = ApiKey.objects.get(), LeadFactory(owner=owner)
    bearer = {"Authorization": f"Bearer {re.search('>(lbk_[^<]{43})<', made)[1]}"}
    assert APIClient().delete(f"/api/leads/{mine.pk}/", headers=bearer).status_code == 204
    desk.post(f"/settings/keys/{key.pk}/revoke/")
    desk.post(f"/settings/keys/{key.pk}/revoke/")
    hook = {"url": "https://hooks.example/a-secret", "events": ["lead.created"]}
    desk.post("/settings/webhooks/new/", hook)
    pk = WebhookEndpoint.objects.get().pk
    desk.post(f"/settings/webhooks/{pk}/secret/")
    desk.post(f"/settings/webhooks/{pk}/remove/")
    assert [(what, by, about) for what, by, about, _ in told()] == [
        (What.KEY_MADE, administrator, f"key {key.pk} as user {owner.pk}: leads:read, leads:write"),
        (What.LEAD_DELETED, owner, f"lead {mine.pk}, by key {key.pk}"),
        (What.KEY_REVOKED, administrator, f"key {key.pk} as user {owner.pk}"),
        (What.WEBHOOK_ADDED, administrator, f"webhook {pk}: hooks.example"),
        (What.WEBHOOK_SECRET, administrator, f"webhook {pk}: hooks.example"),
        (What.WEBHOOK_REMOVED, administrator, f"webhook {pk}: hooks.example"),
    ]


def test_an_ended_sign_in_and_a_withdrawn_announcement_are_told(owner, administrator, page, told):
    elsewhere = Client()
    elsewhere.force_login(owner, "django.contrib.auth.backends.ModelBackend")
    told()
    page.post("/settings/sessions/end/")
    ((what, by, about, _),) = told()
    assert (what, by, about.split()[0]) == (What.SIGN_IN_ENDED, owner, "sign-in")
    announcement = Announcement(title="Hello", created_by=administrator)
    announcement.keep()
    told()
    announcement.withdraw(by=administrator)
    announcement.withdraw(by=administrator)
    expected = (What.ANNOUNCEMENT_WITHDRAWN, administrator, f"announcement {announcement.pk}", None)
    assert told() == [expected]


def test_what_did_not_happen_is_not_told(lead, monkeypatch):
    before = AuditEntry.objects.count()
    with transaction.atomic():
        lead.delete()
        assert AuditEntry.objects.count() == before + 1
        transaction.set_rollback(True)
    lead = Lead.objects.get()
    assert AuditEntry.objects.count() == before
    monkeypatch.setattr(AuditEntry, "save", lambda *_, **__: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        lead.delete()
    assert Lead.objects.filter(pk=lead.pk).exists()


def test_nobody_changes_the_log(owner, desk):
    entry = AuditEntry.objects.order_by("pk").last()
    for change in (
        entry.save,
        entry.delete,
        AuditEntry.objects.all().delete,
        lambda: AuditEntry.objects.update(about="x"),
        lambda: AuditEntry.objects.bulk_update([entry], ["about"]),
    ):
        with pytest.raises(NotChanged):
            change()
    address = f"/admin/crm/auditentry/{entry.pk}"
    assert desk.get(f"{address}/change/").status_code == 200
    assert desk.post(f"{address}/change/", {"about": "x"}).status_code == 403
    assert desk.post(f"{address}/delete/", {"post": "yes"}).status_code == 403
    assert desk.get("/admin/crm/auditentry/add/").status_code == 403


def test_the_log_outlives_who_is_in_it(owner):
    entry = AuditEntry.objects.create(what=What.ROLE, by=owner, about="x")
    User.objects.filter(pk=owner.pk).delete()
    assert AuditEntry.objects.get(pk=entry.pk).by is None


def test_a_range_is_taken_along_as_csv(desk, administrator):
    AuditEntry.objects.create(what=What.ROLE, by=UserFactory(email="=x@example.com"), about="+1")
    AuditEntry.objects.create(what=What.EXPORTED, about="other")
    chosen = AuditEntry.objects.filter(what=What.ROLE)
    data = {"action": "as_csv", "_selected_action": [row.pk for row in chosen]}
    answer = desk.post("/admin/crm/auditentry/?what__exact=role", data)
    text = b"".join(answer.streaming_content).decode()
    head, row = csv.reader(io.StringIO(text))
    assert tuple(head) == audit.HEAD
    assert row[1:] == ["'=x@example.com", "role", "'+1", ""]
    assert AuditEntry.objects.filter(by=administrator, about="audit log").exists()


def test_what_is_older_than_is_kept_goes(settings):
    AuditEntry.objects.create(what=What.ROLE, about="new")
    old = AuditEntry(what=What.ROLE, about="old", at="2020-01-01T00:00Z")
    old.save()
    assert AuditEntry.objects.filter(about="old").exists()
    AuditEntry.objects.forget_old()
    assert not AuditEntry.objects.filter(about="old").exists()
    assert AuditEntry.objects.filter(about="new").exists()
