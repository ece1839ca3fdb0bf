"""Quiet hours: two different times and a zone, or none; a sentence says what is wrong."""

from datetime import time

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from crm import zones
from crm.forms import ProfileForm, QuietHoursForm
from crm.models import User

pytestmark = pytest.mark.django_db

PATH = "/settings/quiet/"
HOURS = {"quiet_from": "22:00", "quiet_until": "07:00", "zone": "Europe/Berlin"}


def stored(user):
    user.refresh_from_db()
    return user.quiet_from, user.quiet_until, user.zone


def test_the_form_stores_them_and_every_page_says_them(page, owner):
    assert "data-quiet" not in page.get("/").content.decode()
    response = page.post(PATH, HOURS)
    assert response["Location"] == "/settings/"
    assert stored(owner) == (time(22), time(7), "Europe/Berlin")
    body = page.get("/leads/").content.decode()
    said = 'data-quiet-from="22:00" data-quiet-until="07:00" data-quiet-zone="Europe/Berlin"'
    assert said in body
    page.post(PATH, HOURS | {"quiet_from": "", "quiet_until": ""})
    assert stored(owner)[:2] == (None, None)
    assert "data-quiet" not in page.get("/").content.decode()


def test_midnight_is_a_time_too(page, owner):
    page.post(PATH, HOURS | {"quiet_from": "00:00", "quiet_until": "06:30:59"})
    assert stored(owner)[:2] == (time(0), time(6, 30))
    assert 'data-quiet-from="00:00" data-quiet-until="06:30"' in page.get("/").content.decode()


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"quiet_until": ""}, "Give both times, or leave both empty."),
        ({"quiet_from": ""}, "Give both times, or leave both empty."),
        ({"quiet_until": "22:00"}, "Give another time"),
        ({"quiet_until": "22:00:30"}, "Give another time"),
        ({"quiet_until": "25:00"}, "Enter a valid time"),
        ({"quiet_from": "\0"}, "Enter a valid time"),
        ({"zone": "Europe/Atlantis"}, "Select a valid choice"),
        ({"zone": "../etc/passwd"}, "Select a valid choice"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_stored(page, owner, fields, sentence):
    page.post(PATH, HOURS)
    response = page.post(PATH, HOURS | fields)
    assert response.status_code == 200
    body = response.content.decode()
    assert sentence in body
    held = 'data-quiet-from="22:00" data-quiet-until="07:00" data-quiet-zone="Europe/Berlin"'
    assert held in body  # not what was sent
    assert stored(owner) == (time(22), time(7), "Europe/Berlin")


@pytest.mark.parametrize("path", [PATH, "/settings/"])
def test_the_zone_of_the_browser_is_preselected_until_one_is_chosen(page, owner, path):
    def chosen():
        body = page.get(path).content.decode()
        return [name for name in zones.KNOWN if f'<option value="{name}" selected>' in body]

    assert chosen() == ["UTC"]
    page.cookies["zone"] = "Asia/Kathmandu"
    assert chosen() == ["Asia/Kathmandu"]
    page.cookies["zone"] = "Nowhere/At_all"
    assert chosen() == ["UTC"]
    page.post(PATH, HOURS)
    page.cookies["zone"] = "Asia/Kathmandu"
    assert chosen() == ["Europe/Berlin"]


def test_a_zone_that_only_old_programs_know_stays_when_the_browser_says_it(page, owner):
    page.cookies["zone"] = "EST5EDT"
    page.post(PATH, HOURS | {"zone": "EST5EDT"})
    assert stored(owner)[2] == "EST5EDT"


@pytest.mark.parametrize(
    "fields",
    [
        {"quiet_from": time(22)},
        {"quiet_until": time(22)},
        {"quiet_from": time(22), "quiet_until": time(22)},
    ],
)
def test_the_database_takes_no_half_and_no_empty_hours(owner, fields):
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.filter(pk=owner.pk).update(**fields)
    User.objects.filter(pk=owner.pk).update(quiet_from=time(22), quiet_until=time(7))


def test_the_admin_shows_and_checks_them(browser_as, owner):
    admin = browser_as(User.objects.create_superuser("chief@example.com"))
    path = f"/admin/crm/user/{owner.pk}/change/"
    body = admin.get(path).content.decode()
    for name in ("quiet_from", "quiet_until", "zone"):
        assert f'name="{name}"' in body
    form = {"email": owner.email, "role": owner.role, "is_active": "on"}
    body = admin.post(path, form | HOURS | {"zone": "Europe/Atlantis"}).content.decode()
    assert "Choose a time zone of the list." in body
    body = admin.post(path, form | HOURS | {"quiet_until": ""}).content.decode()
    assert "Give both times, or leave both empty." in body
    assert stored(owner) == (None, None, "")
    assert admin.post(path, form | HOURS).status_code == 302
    assert stored(owner) == (time(22), time(7), "Europe/Berlin")


def test_a_zone_must_be_one_that_there_is():
    zones.validate("Europe/Berlin")
    with pytest.raises(ValidationError):
        zones.validate("Europe/Atlantis")


@pytest.mark.parametrize(
    ("form", "fields"), [(QuietHoursForm, HOURS), (ProfileForm, {"first_name": "Olive"})]
)
def test_who_is_deactivated_while_they_save_their_own_stays_it(form, fields, owner):
    filled_in = form(fields, instance=User.objects.get(pk=owner.pk))
    owner.is_active = False
    owner.save()
    assert filled_in.is_valid()
    filled_in.save()

    owner.refresh_from_db()
    assert not owner.is_active
    name, value = next(iter(fields.items()))
    assert str(getattr(owner, name)).startswith(value)
