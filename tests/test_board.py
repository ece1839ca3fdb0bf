"""The pipeline board: what it shows, and what becomes of two who move the same card."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from leads import policy
from leads.board import CARDS, COUNTED, IDLE_DAYS
from leads.models import Activity, Lead
from tests.factories import CommentFactory, LeadFactory, TaskFactory
from tests.test_pages import counted

pytestmark = pytest.mark.django_db

JSON = {"headers": {"accept": "application/json"}}
STAGES = ("new", "contacted", "qualified", "won", "lost")


def columns(html) -> dict:
    """The names on the cards, by stage."""
    found = {}
    for section in re.findall(r'<section class="column".*?</section>', html, re.DOTALL):
        stage = re.search(r'data-column="(\w+)"', section)[1]
        found[stage] = re.findall(r'class="card-name"[^>]*>([^<]*)<', section)
    return found


def shown(page, path="/leads/board/") -> dict:
    return columns(page.get(path).content.decode())


def card(page, lead) -> str:
    return page.get(f"/leads/{lead.pk}/card/").content.decode()


def moved(page, lead, to, **fields):
    return page.post(f"/leads/{lead.pk}/stage/", {"stage": to, **fields}, **JSON)


def stage_of(lead) -> str:
    return Lead.objects.get(pk=lead.pk).stage


# What it shows


def test_every_stage_is_a_column_with_its_newest_leads_first(page):
    LeadFactory(first_name="Ada", last_name="")
    LeadFactory(first_name="Grace", last_name="")
    LeadFactory(first_name="Alan", last_name="", stage="won")
    assert shown(page) == {
        "new": ["Grace", "Ada"],
        "contacted": [],
        "qualified": [],
        "won": ["Alan"],
        "lost": [],
    }
    assert page.get("/leads/board/counts/").json() == dict(
        zip(STAGES, ("2", "0", "0", "1", "0"), strict=True)
    )


def test_a_long_column_shows_its_first_cards_and_brings_more(page):
    Lead.objects.bulk_create(LeadFactory.build_batch(CARDS * 2 + 1))
    assert len(shown(page)["new"]) == CARDS
    html = page.get("/leads/board/").content.decode()
    assert 'href="?more=new#column-new"' in html
    assert len(shown(page, "/leads/board/?more=new")["new"]) == CARDS * 2
    assert len(shown(page, "/leads/board/?more=new&more=new&more=won")["new"]) == CARDS * 2 + 1


def test_a_column_has_an_end_where_the_list_goes_on(page, monkeypatch):
    monkeypatch.setattr("leads.board.MOST", 3)
    LeadFactory.create_batch(4)
    html = page.get("/leads/board/?more=new&owner=nobody").content.decode()
    assert len(columns(html)["new"]) == 3
    assert "/leads/?owner=nobody&amp;stage=new" in html


def test_a_count_ends_where_counting_would_cost(page, monkeypatch):
    monkeypatch.setattr("leads.board.COUNTED", 3)
    LeadFactory.create_batch(4)
    LeadFactory.create_batch(2, stage="won")
    counts = page.get("/leads/board/counts/").json()
    assert (counts["new"], counts["won"]) == ("2+", "2")
    assert COUNTED == 1_000


def test_a_count_ends_sooner_where_no_index_has_it(page, owner, monkeypatch):
    monkeypatch.setattr("leads.board.COUNTED_BY_LOOKING", 3)
    LeadFactory.create_batch(4, source="web", owner=owner)
    assert page.get("/leads/board/counts/?search=doe").json()["new"] == "2+"
    for query in ("owner=me", "source=web"):
        assert page.get(f"/leads/board/counts/?{query}").json()["new"] == "4"


def test_the_filters_of_the_list_narrow_the_board_its_counts_and_its_cards(page, owner, teammate):
    mine = LeadFactory(first_name="Ada", last_name="", owner=owner)
    theirs = LeadFactory(first_name="Grace", last_name="", owner=teammate)
    LeadFactory(first_name="Alan", last_name="")
    for query, name in (
        ("owner=me", "Ada"),
        ("owner=nobody", "Alan"),
        (f"owner={teammate.pk}", "Grace"),
        ("search=ala", "Alan"),
    ):
        assert shown(page, f"/leads/board/?{query}")["new"] == [name]
        assert page.get(f"/leads/board/counts/?{query}").json()["new"] == "1"
    assert page.get(f"/leads/{mine.pk}/card/?owner=me").status_code == 200
    assert page.get(f"/leads/{theirs.pk}/card/?owner=me").status_code == 204


@pytest.mark.parametrize(
    "query", ["owner=one", "owner=99999999999999999999", "search=%00", "source=" + "x" * 500]
)
def test_a_filter_that_means_nothing_shows_nothing_and_says_so(page, lead, query):
    response = page.get(f"/leads/board/?{query}")
    assert response.status_code == 200
    assert "That filter means nothing here" in response.content.decode()
    assert not any(columns(response.content.decode()).values())
    assert page.get(f"/leads/board/counts/?{query}").json()["new"] == "0"
    assert page.get(f"/leads/{lead.pk}/card/?{query}").status_code == 204


@pytest.mark.parametrize("query", ["more=nonsense", "more=", "stage=won", "more=%00&more=new"])
def test_a_strange_address_is_no_crash(page, lead, query):
    assert page.get(f"/leads/board/?{query}").status_code == 200


def test_a_card_says_how_its_next_task_stands(page, lead):
    assert 'data-next="none"' in card(page, lead)
    now = timezone.now()
    task = TaskFactory(lead=lead)
    assert 'data-next="later"' in card(page, lead)
    TaskFactory(lead=lead, due_at=now + timedelta(days=3))
    assert 'data-next="later"' in card(page, lead)
    late = TaskFactory(lead=lead, due_at=now - timedelta(hours=1))
    assert 'data-next="late"' in card(page, lead)
    assert "Next task is late" in card(page, lead)
    late.complete(by=None)
    task.complete(by=None)
    assert 'data-next="later"' in card(page, lead)


def test_a_task_for_later_today_is_for_today(page, lead, monkeypatch):
    noon = timezone.now().replace(hour=12)
    monkeypatch.setattr("leads.board.timezone.now", lambda: noon)
    TaskFactory(lead=lead, due_at=noon + timedelta(hours=3))
    assert 'data-next="today"' in card(page, lead)


def test_a_lead_to_which_nothing_happens_is_stale_by_its_stage(page, lead):
    def idle(days, stage):
        since = timezone.now() - timedelta(days=days, minutes=1)
        Lead.objects.filter(pk=lead.pk).update(stage=stage, stage_changed_at=since)
        return re.findall(r"idle \d+ days?", card(page, lead))

    assert idle(1, "new") == ["idle 1 day"]
    assert idle(6, "contacted") == []
    assert idle(7, "contacted") == ["idle 7 days"]
    assert idle(13, "qualified") == []
    assert idle(15, "qualified") == ["idle 15 days"]
    assert idle(900, "won") == []
    CommentFactory(lead=lead)
    assert idle(15, "qualified") == []
    assert set(IDLE_DAYS) == {"new", "contacted", "qualified"}


def test_a_lead_knows_since_when_it_is_in_its_stage(lead, owner):
    assert (lead.stage_changed_at, lead.in_stage_since) == (None, lead.created_at)
    lead.company = "Another"
    lead.save(by=owner)
    assert Lead.objects.get().stage_changed_at is None
    lead.stage = "won"
    lead.save(by=owner)
    told = Activity.objects.get(kind="stage")
    assert abs(Lead.objects.get().in_stage_since - told.created_at) < timedelta(seconds=1)


# Who may


def test_who_may_not_change_a_lead_is_told_why_and_given_no_way(page, teammate, manager):
    theirs = LeadFactory(owner=teammate)
    html = card(page, theirs)
    assert "data-movable" not in html
    assert "<select" not in html
    assert str(policy.REFUSALS[Lead]) in html
    assert f'aria-describedby="fixed-{theirs.pk}"' in html
    response = moved(page, theirs, "won", seen="new")
    assert (response.status_code, response.json()["detail"]) == (403, policy.REFUSALS[Lead])
    assert stage_of(theirs) == "new"

    page.force_login(manager, backend="django.contrib.auth.backends.ModelBackend")
    assert "data-movable" in card(page, theirs)
    assert moved(page, theirs, "won", seen="new").status_code == 200
    assert stage_of(theirs) == "won"


@pytest.mark.parametrize("path", ["/leads/board/", "/leads/board/counts/", "/leads/{}/card/"])
def test_who_is_signed_out_signs_in_first(client, lead, path):
    assert client.get(path.format(lead.pk))["Location"].startswith("/login/")
    assert client.post(path.format(lead.pk)).status_code in (302, 405)


def test_a_move_without_its_token_is_refused(lead, owner):
    client = Client(enforce_csrf_checks=True)
    client.force_login(owner, backend="django.contrib.auth.backends.ModelBackend")
    assert moved(client, lead, "won").status_code == 403
    assert stage_of(lead) == "new"


# Moving


def test_a_move_is_stored_and_told_by_the_timeline(page, lead, owner):
    response = moved(page, lead, "contacted", seen="new")
    assert (response.status_code, response.json()) == (200, {"stage": "contacted", "detail": ""})
    told = Activity.objects.get(lead=lead, kind="stage")
    assert (told.message, told.actor) == ("New → Contacted", owner)


def test_of_two_who_move_a_card_the_later_is_told_and_nothing_is_lost(page, lead, manager):
    lead.move("qualified", by=manager, seen="new")
    response = moved(page, lead, "lost", seen="new")
    assert response.status_code == 409
    assert response.json() == {
        "stage": "qualified",
        "detail": "Mia Example moved it to Qualified a moment ago.",
    }
    assert stage_of(lead) == "qualified"
    assert Activity.objects.filter(kind="stage").count() == 1


def test_a_move_to_where_somebody_moved_it_already_is_done(page, lead, manager):
    lead.move("qualified", by=manager)
    assert moved(page, lead, "qualified", seen="new").status_code == 200
    assert Activity.objects.filter(kind="stage").count() == 1


def test_an_older_move_is_told_with_its_time(page, lead, manager):
    lead.move("qualified", by=manager)
    since = timezone.now() - timedelta(hours=2, seconds=5)
    Lead.objects.filter(pk=lead.pk).update(stage_changed_at=since)
    detail = moved(page, lead, "won", seen="new").json()["detail"]
    assert detail.replace("\xa0", " ") == "Mia Example moved it to Qualified 2 hours ago."


@pytest.mark.django_db(transaction=True)
@pytest.mark.postgres
def test_of_two_moves_at_once_one_is_done_and_the_other_told(at_once, owner, manager):
    lead = LeadFactory()

    def move(user, to):
        client = Client()
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        return lambda: moved(client, lead, to, seen="new")

    answers = at_once(move(owner, "won"), move(manager, "lost"))
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    assert {answer.json()["stage"] for answer in answers} == {stage_of(lead)}
    assert Activity.objects.filter(kind="stage").count() == 1


@pytest.mark.parametrize("fields", [{"stage": "x"}, {"stage": ""}, {"stage": "won", "seen": "x"}])
def test_a_stage_that_does_not_exist_is_said(page, lead, fields):
    response = page.post(f"/leads/{lead.pk}/stage/", fields, **JSON)
    assert (response.status_code, response.json()["detail"]) == (400, "There is no such stage.")
    assert stage_of(lead) == "new"


def test_a_card_whose_lead_is_gone_says_so(page):
    response = moved(page, Lead(pk=12345), "won", seen="new")
    assert (response.status_code, response.json()["detail"]) == (404, "This lead was deleted.")
    assert page.get("/leads/12345/card/").status_code == 204


def test_without_scripts_a_form_moves_it_and_goes_back_to_the_board(page, lead, manager):
    back = "/leads/board/?owner=nobody"
    sent = {"stage": "contacted", "seen": "new", "next": back}
    assert page.post(f"/leads/{lead.pk}/stage/", sent)["Location"] == back
    assert stage_of(lead) == "contacted"
    response = page.post(f"/leads/{lead.pk}/stage/", sent | {"stage": "won"}, follow=True)
    assert stage_of(lead) == "contacted"
    assert "Olga Owner moved it to Contacted a moment ago." in response.content.decode()


@pytest.mark.parametrize("url", ["https://evil.example/", "//evil.example", ""])
def test_the_way_back_is_a_page_of_ours(page, lead, url):
    sent = {"stage": "contacted", "next": url}
    assert page.post(f"/leads/{lead.pk}/stage/", sent)["Location"] == f"/leads/{lead.pk}/"


# What it costs


def test_the_board_takes_as_many_queries_for_200_leads_as_for_one(page, owner):
    lead = LeadFactory(owner=owner)
    paths = {"/leads/board/": 18, "/leads/board/counts/": 7, f"/leads/{lead.pk}/card/": 6}
    assert {path: counted(page, path) for path in paths} == paths
    for stage in STAGES:
        Lead.objects.bulk_create(LeadFactory.build_batch(40, owner=owner, stage=stage))
    for each in Lead.objects.all()[:40]:
        TaskFactory(lead=each, due_at=timezone.now())
    assert {path: counted(page, path) for path in paths} == paths
