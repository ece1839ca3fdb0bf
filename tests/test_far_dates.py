"""Times beyond what people mean are refused, by every door, so that no page ends at the calendar's
end for who lives far to the east or west."""

from datetime import timedelta

import pytest

from leads.fields import END, FIRST
from leads.models import Appointment, Interaction, Task
from tests.factories import AppointmentFactory, InteractionFactory, TaskFactory

pytestmark = pytest.mark.django_db

ZONES = ("Pacific/Kiritimati", "Etc/GMT+12", "UTC")  # 14 hours ahead, 12 behind
FAR = ("0001-01-01T00:00:00Z", "1899-12-31T23:59:59Z", "2200-01-01T00:00:00Z",
       "9999-12-31T23:59:59Z")  # fmt: skip
SENTENCE = "Give a date from 1900 to 2199."


def sent(kind, moment):
    return {
        "tasks": {"title": "Call", "dueAt": moment},
        "interactions": {"kind": "call", "body": "Rang.", "occurredAt": moment},
        "appointments": {"title": "Demo", "startsAt": moment, "endsAt": "2199-12-31T23:59:59Z"},
    }[kind]


@pytest.mark.parametrize("moment", FAR)
@pytest.mark.parametrize(
    ("kind", "field"),
    [("tasks", "dueAt"), ("interactions", "occurredAt"), ("appointments", "startsAt")],
)
def test_rest_says_which_dates_there_are(api, lead, kind, field, moment):
    answer = api.post(f"/api/leads/{lead.pk}/{kind}/", sent(kind, moment), format="json")
    assert answer.status_code == 400
    assert answer.json()[field] == [SENTENCE]
    assert not any(model.objects.exists() for model in (Task, Interaction, Appointment))


@pytest.mark.parametrize("moment", ["0001-01-01T00:00", "9999-12-31T23:59", "2200-01-02T00:00"])
def test_a_form_says_so_and_keeps_what_was_typed(client, owner, lead, moment):
    client.force_login(owner)
    for path in (f"/leads/{lead.pk}/tasks/", "/tasks/new/"):
        form = {"title": "Some day", "due_at": moment, "lead_name": lead.name}
        page = client.post(path, form).content.decode()
        assert SENTENCE in page or "Enter a valid date/time." in page
        assert 'value="Some day"' in page
    assert not Task.objects.exists()


@pytest.mark.parametrize("zone", ZONES)
def test_the_first_and_the_last_date_are_shown_everywhere(client, owner, lead, zone):
    first, last = FIRST, END - timedelta(seconds=1)
    for moment in (first, last):
        TaskFactory(lead=lead, assignee=owner, due_at=moment)
        InteractionFactory(lead=lead, occurred_at=moment)
    AppointmentFactory(lead=lead, starts_at=first, ends_at=last, attendee_ids=[owner.pk])
    client.force_login(owner)
    client.cookies["zone"] = zone
    lead_page = f"/leads/{lead.pk}/"
    for path in ("/", "/tasks/", "/leads/", "/leads/board/", "/notifications/", lead_page):
        assert client.get(path).status_code == 200, path
