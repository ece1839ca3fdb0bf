"""Who is looking at a lead now: told to who looks too, and lapsing by itself."""

import json
from datetime import timedelta

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import Client
from django.utils import timezone

from leads import policy
from leads.jobs import JOBS
from leads.models import Lead, Looking, Merge
from leads.models.looking import who_looks
from leads.models.merge import both
from leads.views import looking as views
from tests.factories import LeadFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def told(monkeypatch):
    """The frames that were published: (user id, frame)."""
    frames = []

    def publish(pushes, then=None):
        frames.extend((push.user_id, json.loads(push.text)) for push in pushes)

    monkeypatch.setattr("leads.models.looking.publish", publish)
    return frames


def path_of(lead, tab=""):
    return f"/leads/{lead.pk}/looking/" + (f"{tab}/" if tab else "")


def lapse(**those):
    Looking.objects.filter(**those).update(until=timezone.now() - timedelta(seconds=1))


def test_who_comes_is_told_to_who_is_there_and_to_nobody_else(
    browser_as, lead, owner, teammate, manager, told, committing
):
    with committing():
        answer = browser_as(owner).post(path_of(lead, "a"))
    assert answer.json() == {"userIds": [owner.pk]}
    told.clear()
    with committing():
        answer = browser_as(teammate).post(path_of(lead, "b"))
        assert told == []
    both = sorted([owner.pk, teammate.pk])
    assert answer.json() == {"userIds": both}
    frame = {"type": "lead:presence", "id": lead.pk, "userIds": both}
    assert sorted(told, key=str) == sorted([(pk, frame) for pk in both], key=str)


def test_who_stays_says_so_and_nobody_is_told(browser_as, lead, owner, told, committing):
    browser = browser_as(owner)
    with committing():
        browser.post(path_of(lead, "a"))
    assert len(told) == 1
    before = Looking.objects.get().until
    with committing():
        browser.post(path_of(lead, "a"))
    assert len(told) == 1
    assert Looking.objects.get().until > before


def test_who_leaves_is_told_unless_another_tab_of_theirs_is_there(
    browser_as, lead, owner, teammate, told, committing
):
    browser = browser_as(owner)
    with committing():
        browser_as(teammate).post(path_of(lead, "b"))
        browser.post(path_of(lead, "a"))
        browser.post(path_of(lead, "second"))
    told.clear()
    with committing():
        assert browser.delete(path_of(lead, "a")).status_code == 204
    assert told == []
    with committing():
        browser.delete(path_of(lead, "second"))
    assert {pk for pk, _ in told} == {owner.pk, teammate.pk}
    assert {tuple(frame["userIds"]) for _, frame in told} == {(teammate.pk,)}


def test_a_browser_that_died_is_forgotten_by_the_worker_and_who_looks_is_told(
    browser_as, lead, owner, teammate, told, committing
):
    with committing():
        browser_as(owner).post(path_of(lead, "a"))
        browser_as(teammate).post(path_of(lead, "b"))
    told.clear()
    job = next(job for job in JOBS if "looks" in job.name)
    with committing():
        assert job.work() == 0
    lapse(user=owner)
    assert who_looks(lead.pk) == [teammate]
    with committing():
        assert job.work() == 1
    assert [pk for pk, _ in told] == [teammate.pk]
    assert [row.user for row in Looking.objects.all()] == [teammate]


def test_the_page_says_who_else_is_there_and_escapes_them(browser_as, page, lead, owner):
    odd = UserFactory(first_name="<b>Rita</b>", last_name="Rep")
    browser_as(owner).post(path_of(lead, "mine"))
    for path in (f"/leads/{lead.pk}/", path_of(lead)):
        assert "here too" not in page.get(path).content.decode()
    browser_as(odd).post(path_of(lead, "a"))
    browser_as(odd).post(path_of(LeadFactory(), "a"))
    for path in (f"/leads/{lead.pk}/", path_of(lead)):
        html = page.get(path).content.decode()
        assert "&lt;b&gt;Rita&lt;/b&gt; is here too" in html
        assert f'data-who="{odd.pk} "' in html
    lapse(user=odd)
    assert "here too" not in page.get(f"/leads/{lead.pk}/").content.decode()


def test_looking_at_a_page_writes_nothing(page, lead):
    page.get(f"/leads/{lead.pk}/")
    page.get(path_of(lead))
    assert not Looking.objects.exists()
    assert page.get(path_of(lead, "a")).status_code == 405
    page.post(path_of(lead, "a"))
    assert Looking.objects.exists()


def test_who_is_not_signed_in_or_may_not_read_learns_nothing(page, lead, monkeypatch, owner):
    page.post(path_of(lead, "a"))
    for call in (Client().get, Client().post):
        assert call(path_of(lead)).status_code in (302, 405)
    assert Client().post(path_of(lead, "b")).status_code == 302
    assert not policy.may(AnonymousUser(), policy.READ, lead)
    monkeypatch.setattr(policy, "may", lambda *_: False)
    assert page.get(path_of(lead)).status_code == 403
    assert page.post(path_of(lead, "a")).status_code == 403


def test_who_was_deactivated_is_not_there(lead, page, owner, teammate):
    Looking.objects.arrive(lead, teammate, "a")
    assert who_looks(lead.pk) == [teammate]
    teammate.is_active = False
    teammate.save()
    assert who_looks(lead.pk) == []


def test_a_lead_that_is_not_there_has_nobody(page, lead):
    page.post(path_of(lead, "a"))
    lead.delete()
    assert page.post(path_of(lead, "a")).status_code == 404
    assert not Looking.objects.exists()


@pytest.mark.parametrize("merged", [False, True])
def test_who_looks_at_a_lead_that_goes_meanwhile_is_told_that_it_is_gone(
    page, lead, owner, monkeypatch, merged
):
    kept = LeadFactory()

    def goes(*_):
        monkeypatch.undo()
        if merged:
            Merge.objects.merge(*both(kept.pk, lead.pk), (), by=owner)
        else:
            Lead.objects.get(pk=lead.pk).delete()
        return True

    assert page.post(path_of(lead, "a")).status_code == 200
    monkeypatch.setattr(policy, "may", goes)
    response = page.post(path_of(lead, "a"))
    assert response.status_code == 404
    words = "was merged into another" if merged else "This lead is not here"
    assert words in response.content.decode()
    assert not Looking.objects.exists()


def test_a_tab_has_a_name_of_bounded_length(page, lead):
    page.post(path_of(lead, "x" * 200))
    assert len(Looking.objects.get().tab) == views.LONGEST


def test_a_sign_of_life_takes_as_many_queries_for_many_as_for_one(
    page, lead, django_assert_num_queries
):
    page.post(path_of(lead, "a"))
    with django_assert_num_queries(SIGN_OF_LIFE):
        page.post(path_of(lead, "a"))
    for person in UserFactory.create_batch(20):
        Looking.objects.arrive(lead, person, "a")
    with django_assert_num_queries(SIGN_OF_LIFE):
        page.post(path_of(lead, "a"))


SIGN_OF_LIFE = (
    12  # session and user; the lead, read and held; the row, locked and stored; who looks
)
