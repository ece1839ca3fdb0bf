"""The first administrator comes from the environment, once, and changes nobody who is there."""

import io

import pytest
from django.core.management import CommandError, call_command
from rest_framework.test import APIClient

from crm.models import User
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db

ADDRESS, PASSWORD = "Boss@Example.com", "seven quiet lanterns"


@pytest.fixture(autouse=True)
def _environment(monkeypatch):
    monkeypatch.setenv("ADMIN_EMAIL", ADDRESS)
    monkeypatch.setenv("ADMIN_PASSWORD", PASSWORD)


def first_admin() -> str:
    out = io.StringIO()
    call_command("first_admin", stdout=out)
    return out.getvalue()


def test_the_first_administrator_is_made_and_can_sign_in():
    said = first_admin()
    made = User.objects.get()
    assert (made.email, made.role, made.is_active) == ("boss@example.com", "admin", True)
    assert made.email in said.lower()
    assert PASSWORD not in said
    answer = APIClient().post("/api/auth/token/", {"email": ADDRESS, "password": PASSWORD})
    assert answer.status_code == 200


def test_a_second_time_nothing_is_done_whatever_the_environment_says(monkeypatch):
    first_admin()
    before = list(User.objects.values())
    assert "nothing to do" in first_admin()
    monkeypatch.setenv("ADMIN_EMAIL", "other@example.com")
    assert "nothing to do" in first_admin()
    monkeypatch.delenv("ADMIN_PASSWORD")
    assert "nothing to do" in first_admin()
    assert list(User.objects.values()) == before


@pytest.mark.usefixtures("owner")
def test_others_and_administrators_who_left_are_no_administrator():
    UserFactory(email="gone@example.com", role=User.Role.ADMIN, is_active=False)
    first_admin()
    assert User.objects.get(email="boss@example.com").role == User.Role.ADMIN


@pytest.mark.parametrize("unset", ["", None])
def test_where_people_work_already_a_start_does_not_fail_for_what_is_unset(
    unset, monkeypatch, owner
):
    UserFactory(role=User.Role.ADMIN, is_active=False)
    monkeypatch.delenv("ADMIN_PASSWORD")
    if unset is None:
        monkeypatch.delenv("ADMIN_EMAIL")
    else:
        monkeypatch.setenv("ADMIN_EMAIL", unset)
    before = list(User.objects.values())
    (line,) = first_admin().splitlines()
    assert "Nobody is an active administrator, and ADMIN_EMAIL is unset" in line
    assert list(User.objects.values()) == before


@pytest.mark.parametrize(
    "fields", [{"role": User.Role.REP}, {"role": User.Role.ADMIN, "is_active": False}]
)
def test_who_has_the_address_already_stays_as_they_are(fields):
    UserFactory(email="boss@example.com", **fields)
    before = User.objects.values().get()
    with pytest.raises(CommandError, match=r"taken.+ADMIN_EMAIL"):
        first_admin()
    assert User.objects.values().get() == before


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("ADMIN_EMAIL", "", "ADMIN_EMAIL is missing"),
        ("ADMIN_EMAIL", "boss", "ADMIN_EMAIL is not an e-mail address"),
        ("ADMIN_EMAIL", f"{'x' * 250}@example.com", "ADMIN_EMAIL is not an e-mail address"),
        ("ADMIN_EMAIL", "boss\x00@example.com", "ADMIN_EMAIL"),
        ("ADMIN_PASSWORD", " ", "ADMIN_PASSWORD is missing"),
        ("ADMIN_PASSWORD", "short", "ADMIN_PASSWORD: .*too short"),
        ("ADMIN_PASSWORD", "password123", "ADMIN_PASSWORD: .*too common"),
        ("ADMIN_PASSWORD", "boss@example.com", "ADMIN_PASSWORD: .*too similar"),
    ],
)
def test_what_is_wrong_is_one_sentence_and_nobody_is_made(name, value, said, monkeypatch):
    if "\x00" in value:  # no environment can hold it
        monkeypatch.setattr("os.environ", {"ADMIN_EMAIL": value, "ADMIN_PASSWORD": PASSWORD})
    else:
        monkeypatch.setenv(name, value)
    with pytest.raises(CommandError, match=said) as refused:
        first_admin()
    assert len(str(refused.value).splitlines()) == 1
    assert not User.objects.exists()
