"""Of two who change a lead at once the later is told, where they say what they saw: If-Match."""

import pytest

from leads.models import Lead

pytestmark = pytest.mark.django_db


@pytest.fixture
def address(lead):
    return f"/api/leads/{lead.pk}/"


def patch(api, address, change, version):
    return api.patch(address, change, headers={"If-Match": version})


def test_the_version_of_a_lead_is_its_updated_at_in_quotes(api, address):
    response = api.get(address)
    assert response["ETag"] == f'"{response.json()["updatedAt"]}"'
    changed = api.patch(address, {"stage": "won"})
    assert changed["ETag"] == f'"{changed.json()["updatedAt"]}"' != response["ETag"]
    assert api.get(address)["ETag"] == changed["ETag"]


def test_who_saw_the_lead_as_it_is_changes_it(api, address):
    version = api.get(address)["ETag"]
    response = patch(api, address, {"stage": "won"}, version)
    assert (response.status_code, response.json()["stage"]) == (200, "won")
    again = patch(api, address, {"stage": "lost"}, response["ETag"])
    assert (again.status_code, again.json()["stage"]) == (200, "lost")


def test_who_saw_it_as_it_was_gets_what_it_is_and_what_they_sent(api, api_of, manager, address):
    version = api.get(address)["ETag"]
    api_of(manager).patch(address, {"stage": "won", "city": "Oslo"})
    now = api.get(address)
    sent = {"stage": "lost", "company": "  Kept as sent ", "ownerId": None}
    response = patch(api, address, sent | {"unknown": 1, "score": 5}, version)
    assert response.status_code == 409
    assert list(response.json()) == ["detail", "current", "sent"]
    assert response.json()["current"] == now.json()
    assert response.json()["sent"] == sent
    assert response["ETag"] == now["ETag"]
    assert api.get(address).content == now.content
    assert patch(api, address, sent, response["ETag"]).status_code == 200


def test_who_says_nothing_changes_it_whatever_it_is(api, address):
    old = api.get(address)["ETag"]
    api.patch(address, {"stage": "won"})
    assert patch(api, address, {"stage": "lost"}, old).status_code == 409
    assert api.patch(address, {"stage": "lost"}).status_code == 200
    assert patch(api, address, {"stage": "new"}, "*").status_code == 200


def test_one_of_several_versions_is_enough_and_a_weakened_one_counts(api, address):
    version = api.get(address)["ETag"]
    assert patch(api, address, {"stage": "won"}, f'"x", {version}').status_code == 200
    version = api.get(address)["ETag"]
    assert patch(api, address, {"stage": "new"}, f"W/{version}").status_code == 200
    assert patch(api, address, {"stage": "won"}, '"x", "y"').status_code == 409


@pytest.mark.parametrize("header", ["", "x", "2026-03-01T12:00:00Z", '"open', "\xff", ", ,"])
def test_a_header_that_names_no_version_gets_a_400_that_says_what_to_send(header, api, address):
    response = patch(api, address, {"stage": "won"}, header)
    assert response.status_code == 400
    assert "updatedAt" in response.json()["detail"]
    assert Lead.objects.get().stage == "new"


@pytest.mark.parametrize(
    "bad", ['{"firstName": 5}', r'{"email": "\ud800"}', "[]", '"x"', '{"stage": null}', "{", ""]
)
def test_what_no_lead_takes_is_a_400_and_not_sent_back(bad, api, address):
    headers = {"If-Match": '"old"'}
    response = api.generic("PATCH", address, bad, "application/json", headers=headers)
    assert response.status_code == (409 if bad == "" else 400)


def test_only_who_may_change_it_learns_of_a_conflict(api, lead, teammate, address):
    Lead.objects.filter(pk=lead.pk).update(owner=teammate)
    assert patch(api, address, {"stage": "won"}, '"old"').status_code == 403


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_of_two_who_saw_the_same_one_wins(api_of, owner, manager, lead, address, at_once):
    version = api_of(owner).get(address)["ETag"]
    answers = at_once(
        lambda: patch(api_of(owner), address, {"stage": "won"}, version),
        lambda: patch(api_of(manager), address, {"stage": "lost"}, version),
    )
    won, lost = sorted(answers, key=lambda answer: answer.status_code)
    assert (won.status_code, lost.status_code) == (200, 409)
    assert lost.json()["current"] == won.json()
