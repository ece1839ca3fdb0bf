"""The personal data of one lead: taken along whole, and erased with nothing left of it."""

import json

import pytest
from django.apps import apps
from django.contrib.admin.models import CHANGE, LogEntry
from django.db import models
from django.utils import timezone

from crm.audit import AuditEntry
from crm.webhooks import endpoint, recording, sending
from crm.webhooks.delivery import WebhookDelivery
from crm.webhooks.endpoint import EVENTS, WebhookEndpoint
from leads import personal
from leads.models import (
    Delivery,
    FileImport,
    IdempotencyKey,
    ImportedRow,
    Interaction,
    Lead,
    Merge,
    Origin,
    Source,
)
from notifications.models import Event, Inbox, Notification
from notifications.models.archive import ArchivedNotification
from tests.factories import AppointmentFactory, CommentFactory, LeadFactory, TaskFactory

pytestmark = pytest.mark.django_db

MARK = "Zebulon"  # a name that is nowhere else
OTHER = "Persephone"
HOOK = "https://hooks.example/"


@pytest.fixture
def known(committing, manager, owner):
    """A lead of which something is kept in every table there is for it."""
    with committing():
        hook = WebhookEndpoint.objects.create(owner=manager, url=HOOK, events=list(EVENTS))
        endpoint.read()
        lead = Lead.objects.create(first_name=MARK, last_name="Doe", email="zebulon@example.org")
        lead.phone = "555 1234"
        lead.save(by=owner)
        CommentFactory(lead=lead, body=f"{MARK} wants an offer.", created_by=owner)
        Interaction.objects.create(lead=lead, kind="call", body=f"Called {MARK}", created_by=owner)
        task = TaskFactory(lead=lead, title=f"Call {MARK}")
        AppointmentFactory(lead=lead, title=f"Meet {MARK}")
        source = Source.objects.create(name="Web")
        delivery = Delivery.objects.create(
            source=source, payload=MARK.encode(), lead=lead, address="10.0.0.1", reason=MARK
        )
        Origin.objects.create(lead=lead, delivery=delivery, fields=[["name", MARK]])
        file = FileImport.objects.create(name="leads.csv", by=owner, size=1)
        seen = {"file_import": file, "cells": [MARK, lead.email]}
        ImportedRow.objects.create(number=2, outcome="skipped", lead=lead, **seen)
        ImportedRow.objects.create(number=3, outcome="failed", reason=f"{MARK}?", **seen)
        other = LeadFactory(first_name="Kept", last_name="Lead")
        merge = Merge.objects.merge(other, lead, (), by=manager)
        lead = merge.undo(by=manager)
    ArchivedNotification.objects.create(
        id="01890000-0000-7000-8000-000000000000", recipient=owner, arrival=1, type="contact",
        title="Contact Updated", message=f"{MARK} Doe: phone", created_at=timezone.now(),
        read_at=timezone.now(),
    )  # fmt: skip
    recording.record_notifications()
    for row in (lead, task):
        LogEntry.objects.log_actions(owner.pk, [row], CHANGE, MARK, single_object=True)
    hook.remove()  # what was told before stays in its log
    IdempotencyKey.objects.create(
        user=owner, key="k", fingerprint="f", answer=f'{{"id":{lead.pk},"firstName":"{MARK}"}}'
    )
    return lead


def where(word) -> set:
    """The tables in which a word stands."""
    found = set()
    for model in apps.get_models():
        for row in model._base_manager.values():
            texts = [bytes(v) if isinstance(v, (bytes, memoryview)) else v for v in row.values()]
            if word.lower() in str(texts).lower():
                found.add(model._meta.label)
    return found


def paths(lead):
    base = f"/leads/{lead.pk}/personal/"
    return base, f"{base}export/", f"{base}erase/"


def test_everything_that_is_kept_is_taken_along(known, manager, browser_as):
    answer = browser_as(manager).post(paths(known)[1])
    assert answer["Content-Disposition"] == f'attachment; filename="lead-{known.pk}.json"'
    kept = json.loads(answer.content)
    named = {label for label, rows in kept.items() if MARK.lower() in json.dumps(rows).lower()}
    assert named == where(MARK) - {"leads.IdempotencyKey"}
    assert kept["leads.Lead"][0]["email"] == "zebulon@example.org"
    assert {"leads.Comment", "leads.Task", "leads.Appointment", "leads.Interaction"} < set(kept)
    entry = AuditEntry.objects.order_by("pk").last()
    assert (entry.what, entry.by, entry.about) == (
        "exported", manager, f"lead {known.pk}: personal data"
    )  # fmt: skip


def test_another_leads_data_is_not_in_it(known, committing):
    with committing():
        LeadFactory(first_name=OTHER)
    text = json.dumps(personal.everything_of(known), cls=personal.Encoder)
    assert MARK in text
    assert OTHER not in text


def test_what_is_erased_is_nowhere(known, manager, owner, browser_as, committing):
    with committing():
        LeadFactory(first_name=OTHER)
    assert {"leads.Lead", "notifications.Notification", "leads.Merge"} < where(MARK)
    assert {"crm.WebhookDelivery", "admin.LogEntry"} < where(MARK)
    seqs = dict(Inbox.objects.values_list("user_id", "seq"))
    before = Notification.objects.count()
    with committing():
        answer = browser_as(manager).post(paths(known)[2], {"sure": "on"})
    assert answer["Location"] == "/leads/"
    assert where(MARK) == set()
    assert where("zebulon") == set()
    assert {"leads.Lead", "notifications.Notification", "notifications.Event"} <= where(OTHER)
    assert Notification.objects.count() == before
    assert all(inbox.seq > seqs[inbox.user_id] for inbox in Inbox.objects.all())
    told = [row.what for row in AuditEntry.objects.filter(about=f"lead {known.pk}").order_by("pk")]
    assert told == ["lead_erased", "lead_deleted"]
    assert AuditEntry.objects.get(what="lead_erased").by == manager


@pytest.mark.parametrize("status", [200, 500])
def test_what_is_erased_while_it_is_told_does_not_come_back(known, manager, monkeypatch, status):
    row = WebhookDelivery.objects.filter(body__contains=MARK).first()

    def post(*_):
        personal.erase(known, by=manager)
        return sending.Answer(status, MARK)

    monkeypatch.setattr(sending, "post", post)
    row.send()
    assert not WebhookDelivery.objects.filter(pk=row.pk).exists()
    assert where(MARK) == set()


def test_what_a_lead_was_that_was_merged_into_it_goes_too(known, manager, owner, committing):
    with committing():
        kept = Lead.objects.create(first_name="Kept", email="kept@example.org")
        Merge.objects.merge(kept, known, (), by=manager)
    assert {"leads.ImportedRow", "crm.WebhookDelivery", "admin.LogEntry"} < where(MARK)
    personal.erase(kept, by=manager)
    assert where(MARK) == where("zebulon") == set()


def test_other_leads_stay_in_what_webhooks_told(known, manager, committing):
    with committing():
        hook = WebhookEndpoint.objects.create(owner=manager, url=HOOK, events=list(EVENTS))
        endpoint.read()
        other = LeadFactory(id=int(f"{known.pk}0"), first_name=OTHER)
    recording.record_notifications()
    before = hook.deliveries.filter(body__contains=OTHER).count()
    assert before == 2
    personal.erase(known, by=manager)
    assert hook.deliveries.filter(body__contains=OTHER).count() == before
    assert other.pk != known.pk


def test_without_the_tick_nothing_is_erased(known, manager, browser_as):
    answer = browser_as(manager).post(paths(known)[2])
    assert answer["Location"] == paths(known)[0]
    assert "leads.Lead" in where(MARK)


def test_managers_and_administrators_alone(known, page, manager, administrator, browser_as):
    base, export, erase = paths(known)
    refused = page.get(base)
    assert refused.status_code == 403
    assert "Only managers take personal data along" in refused.content.decode()
    assert page.post(export).status_code == 403
    assert page.post(erase, {"sure": "on"}).status_code == 403
    assert "leads.Lead" in where(MARK)
    for user in (manager, administrator):
        browser = browser_as(user)
        assert browser.get(base).status_code == 200
        assert browser.post(export).status_code == 200
    assert browser.get(export).status_code == browser.get(erase).status_code == 405


def test_what_does_not_outlive_its_transaction_is_not_erased(known, manager, monkeypatch):
    monkeypatch.setattr(Lead, "delete", lambda *_, **__: 1 / 0)
    before = where(MARK)
    with pytest.raises(ZeroDivisionError):
        personal.erase(known, by=manager)
    assert where(MARK) == before


def test_every_table_that_points_at_a_lead_is_looked_at():
    pointing = {
        relation.related_model._meta.label
        for relation in Lead._meta.related_objects
        if not isinstance(relation, models.ManyToManyRel)
    }
    exported = {relation.related_model._meta.label for relation in personal.belonging()}
    assert pointing - exported == personal.OF_USERS | {"notifications.Notification"}
    assert Event._meta.label in exported
