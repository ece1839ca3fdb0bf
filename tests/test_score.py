"""The score: what it is made of, what changes it, who is told of it and when, and its rules."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import connection, transaction
from django.db.models import F
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crm.jobs import JOBS
from leads import fading, frames, scoring
from leads.models import Activity, Interaction, Lead, ScoreRules, SourcePoints, score_rules
from leads.scoring import DAY, HOUR, History, Rules
from notifications.models import Event, Notification
from tests.factories import CommentFactory, InteractionFactory, LeadFactory

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
MODEL_BACKEND = "django.contrib.auth.backends.ModelBackend"
RULES = Rules()
MINUTE = timedelta(minutes=1)


@pytest.fixture
def clock(db):
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


@pytest.fixture
def live(monkeypatch):
    """The leads and scores of the frames for open lists."""
    shown = []
    original = frames.lead

    def note(lead, action):
        if action == "change":
            shown.append((lead.pk, lead.score))
        return original(lead, action)

    monkeypatch.setattr(frames, "lead", note)
    return shown


def why(lead, history=scoring.NOTHING, rules=RULES, now=NOON):
    return [tuple(point) for point in scoring.explained(lead, history, rules, now).points]


def bare(**fields):
    """A lead that came long enough ago to be no news, and not long enough to be quiet."""
    return Lead(**{"company": "", "created_at": NOON - 3 * DAY} | fields)


def told():
    rows = Event.objects.filter(kind="score_updated").order_by("pk")
    return list(rows.values_list("message", flat=True))


def stored(lead):
    return Lead.objects.get(pk=lead.pk)


def work():
    """What the worker does until nothing is left."""
    while fading.fade():
        pass


def log(lead, kind="call", **fields):
    return InteractionFactory(lead=lead, kind=kind, **fields)


# What it is made of


@pytest.mark.parametrize(
    ("field", "value", "points"),
    [
        ("source", "Demo form", [(15, "Demo form")]),
        ("source", "DEMO form", [(15, "DEMO form")]),
        ("source", "A neighbour", [(5, "A neighbour")]),
        ("email", "a@example.org", [(5, "e-mail address")]),
        ("phone", "555 1234", [(5, "phone number")]),
        ("company", "ABC", [(5, "company")]),
        ("job_title", "Buyer", [(5, "job title")]),
        ("message", "Call me", [(5, "wrote a message")]),
        ("first_name", "John", []),
        ("city", "Ulm", []),
        ("stage", "won", []),
    ],
)
def test_what_is_known_of_a_lead_gives_points(field, value, points):
    assert why(bare()) == []
    assert why(bare(**{field: value})) == points


@pytest.mark.parametrize(
    ("history", "points"),
    [
        (History(replies=1), [(10, "replied")]),
        (History(replies=3), [(30, "replied 3 times")]),
        (History(replies=99), [(50, "replied 99 times")]),
        (History(meetings=1), [(10, "a meeting")]),
        (History(calls=2), [(6, "called 2 times")]),
        (History(emails_out=1), [(2, "wrote to them")]),
        (History(last=NOON), [(5, "in touch lately")]),
        (History(last=NOON - 3 * DAY), []),
    ],
)
def test_what_was_logged_gives_points(history, points):
    assert why(bare(), history) == points


def test_the_explanation_of_the_issue():
    lead = bare(source="Demo form", created_at=NOON - 9 * DAY)
    points = [(15, "Demo form"), (10, "replied"), (-5, "9 days quiet")]
    assert why(lead, History(replies=1, last=NOON - 9 * DAY)) == points
    assert scoring.explained(lead, History(replies=1), RULES, NOON).score == 20
    assert [p.signed for p in scoring.explained(lead, scoring.NOTHING, RULES, NOON).points] == [
        "+15",
        "−5",
    ]


@pytest.mark.parametrize(
    ("days", "cost"),
    [(0, 0), (4, 0), (4.99, 0), (5, -1), (5.99, -1), (6, -2), (33, -29), (34, -30), (3000, -30)],
)
def test_days_without_contact_cost_points(days, cost):
    lead = bare(created_at=NOON - 5000 * DAY)
    points = why(lead, History(last=NOON - days * DAY))
    assert sum(points for points, reason in points if "quiet" in reason) == cost


def test_a_score_is_never_below_0():
    lead = bare(phone="555 1234", created_at=NOON - 30 * DAY)
    explanation = scoring.explained(lead, scoring.NOTHING, RULES, NOON)
    assert (explanation.sum, explanation.score) == (5 - 26, 0)


amounts = st.integers(0, 100)
days_ago = st.timedeltas(timedelta(0), 400 * DAY)
counts = st.integers(0, 12)
all_rules = st.builds(
    Rules,
    email_points=amounts,
    call_points=amounts,
    reply_points=amounts,
    counted_each=st.integers(1, 20),
    fresh_points=amounts,
    fresh_days=st.integers(1, 30),
    quiet_after_days=st.integers(0, 30),
    quiet_points=amounts,
    quiet_at_most=st.integers(0, 1000),
    sources=st.dictionaries(st.sampled_from(["a", "b"]), st.integers(-100, 100)),
)
all_leads = st.builds(
    bare,
    source=st.sampled_from(["", "A", "website"]),
    email=st.sampled_from(["", "a@example.org"]),
    created_at=days_ago.map(lambda ago: NOON - ago),
)
histories = st.builds(
    History, calls=counts, replies=counts, last=st.none() | days_ago.map(lambda ago: NOON - ago)
)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(all_leads, histories, all_rules, days_ago, days_ago)
def test_the_sum_is_the_score_and_falls_at_the_moments_that_are_foreseen(
    lead, history, rules, one, other
):
    earlier, later = NOON + min(one, other), NOON + max(one, other)
    before = scoring.explained(lead, history, rules, earlier)
    after = scoring.explained(lead, history, rules, later)
    assert before.score == max(0, sum(point.points for point in before.points))
    assert all(point.points and point.reason for point in before.points)
    assert after.score <= before.score
    total = before.sum
    turn = scoring.changes_at(lead, history, rules, earlier, total)
    if turn is None or later < turn:
        assert after.score == before.score
    else:
        assert earlier < turn <= earlier + 400 * DAY


# When it is made


def test_a_new_lead_has_its_score_at_once_and_nobody_is_told_of_it(clock, owner, committing):
    with committing():
        lead = LeadFactory(source="Demo form", phone="555 1234")
        (other,) = Lead.objects.bulk_create([Lead(company="ABC", email="abc@example.org")])
    assert stored(lead).score == lead.score == 15 + 5 + 5 + 5
    assert stored(other).score == other.score == 15
    assert stored(lead).score_due_at == NOON + 3 * DAY
    assert set(Notification.objects.values_list("type", flat=True)) == {"lead_created"}
    work()
    assert told() == []


def test_a_new_lead_costs_no_query_more_for_its_score(
    clock, django_assert_num_queries, monkeypatch
):
    monkeypatch.setattr("notifications.models.event.fan_out.wake", lambda: None)
    score_rules._known.read_at = float("-inf")  # long ago
    with django_assert_num_queries(2):  # lead, event
        lead = LeadFactory()
    assert lead.score == 10
    assert score_rules._known.is_old


@pytest.mark.parametrize(
    ("kind", "direction", "points"),
    [("call", "out", 3), ("call", "in", 10), ("email", "out", 2), ("email", "in", 10),
     ("meeting", "out", 10), ("meeting", "in", 10), ("note", "out", 0)],
)  # fmt: skip
def test_what_is_logged_counts_at_once_until_it_is_deleted(clock, lead, kind, direction, points):
    before = lead.score
    row = log(lead, kind, direction=direction)
    assert stored(lead).score == before + points
    row.delete()
    assert stored(lead).score == before


def test_what_is_corrected_counts_as_it_is_now(clock, lead):
    before = lead.score
    row = log(lead, "call", direction="out")
    row.direction = "in"
    row.save()
    assert stored(lead).score == before + 10


def test_a_comment_and_a_stage_count_nothing(clock, lead):
    before = lead.score
    CommentFactory(lead=lead)
    lead.stage = "qualified"
    lead.save()
    assert stored(lead).score == before
    lead.phone = "555 1234"
    lead.save()
    assert lead.score == stored(lead).score == before + 5


def test_what_is_said_to_lie_ahead_is_as_late_as_it_was_logged(clock, lead):
    log(lead, "meeting", occurred_at=NOON + 1000 * DAY)
    assert Interaction.objects.histories()[lead.pk] == History(meetings=1, last=NOON)
    assert stored(lead).score_due_at == NOON + 3 * DAY


def test_the_score_is_no_change_of_the_lead(clock, lead, api):
    version = api.get(f"/api/leads/{lead.pk}/")["ETag"]
    clock.shift(2 * HOUR)
    log(lead, "meeting")
    clock.shift(9 * DAY)
    work()
    assert stored(lead).score == 15 - 5 + 10 - 5
    assert stored(lead).updated_at == NOON
    response = api.patch(f"/api/leads/{lead.pk}/", {"city": "Ulm"}, headers={"If-Match": version})
    assert response.status_code == 200
    assert not Activity.objects.exclude(kind__in=["meeting", "contact"]).exists()


def test_who_saves_an_older_copy_of_a_lead_leaves_the_score_as_it_is(clock, lead):
    copy = stored(lead)
    log(lead, "meeting")
    score = stored(lead).score
    copy.city = "Ulm"
    copy.save()
    assert stored(lead).city == "Ulm"
    assert (copy.score, stored(lead).score) == (score, score)
    assert score == lead.score + 10


@pytest.mark.django_db(transaction=True)
@pytest.mark.postgres
def test_of_contacts_that_are_logged_at_once_each_counts(at_once):
    lead = LeadFactory()
    at_once(*[lambda: log(lead, "call") for _ in range(5)])
    assert stored(lead).score == lead.score + 5 * 3


def test_a_contact_that_is_rolled_back_leaves_no_score(clock, lead):
    before = lead.score

    class Stop(Exception):
        pass

    def fail():
        with transaction.atomic():
            log(lead, "meeting")
            raise Stop

    with pytest.raises(Stop):
        fail()
    assert (stored(lead).score, told()) == (before, [])
    log(lead, "meeting")
    assert (stored(lead).score, len(told())) == (before + 10, 1)


# Who is told, and when


def test_a_change_is_told_to_everybody_with_who_did_it(clock, owner, teammate, lead, committing):
    with committing():
        log(lead, "email", direction="in", created_by=teammate)
    for person in (owner, teammate):
        rows = Notification.objects.filter(recipient=person).exclude(type="lead_created")
        assert [(row.type, row.title, row.message, row.actor) for row in rows.order_by("seq")] == [
            ("email", "New Email", "John Doe: They call back.", teammate),
            ("score_updated", "Score Updated", "John Doe is now 25", teammate),
        ]


def test_within_an_hour_it_is_told_once_and_then_what_it_is_by_then(clock, lead):
    log(lead, "note")
    assert told() == []
    log(lead, "email")
    clock.shift(10 * MINUTE)
    log(lead, "email")
    work()
    assert (told(), stored(lead).score) == (["John Doe is now 17"], 19)
    clock.shift(49 * MINUTE)
    work()
    assert told() == ["John Doe is now 17"]
    clock.shift(MINUTE)
    work()
    work()
    assert told() == ["John Doe is now 17", "John Doe is now 19"]


def test_what_is_undone_within_the_hour_is_not_told(clock, lead):
    log(lead, "email")
    row = log(lead, "email")
    assert (len(told()), stored(lead).score) == (1, 19)
    row.delete()
    clock.shift(2 * HOUR)
    work()
    assert told() == ["John Doe is now 17"]


def test_crossing_a_threshold_is_told_at_once_both_ways(clock, lead):
    log(lead, "email")
    row = log(lead, "meeting")
    row.delete()
    assert told() == ["John Doe is now 17", "John Doe is now 27", "John Doe is now 17"]


def test_after_an_hour_every_change_is_told(clock, lead):
    log(lead, "email")
    clock.shift(HOUR)
    log(lead, "email")
    assert told() == ["John Doe is now 17", "John Doe is now 19"]


# Time


def test_it_fades_when_nothing_happens_and_stops_at_0(clock, lead):
    scores = []
    for _ in range(25):
        work()
        scores.append(stored(lead).score)
        clock.shift(DAY)
    assert scores == [15, 15, 15, 10, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1] + [0] * 11
    assert stored(lead).score_due_at is None
    assert told() == []


def test_the_worker_looks_at_a_lead_once_a_day_at_most(clock, lead):
    looked = []
    for _ in range(48):
        looked.append(fading.fade())
        clock.shift(HOUR)
    assert sum(looked) == 0
    clock.shift(4 * DAY)
    for _ in range(48):
        looked.append(fading.fade())
        clock.shift(HOUR)
    assert sum(looked) == 2


def test_time_is_told_only_where_a_threshold_is_crossed(clock, lead):
    log(lead, "meeting")
    assert told() == ["John Doe is now 25"]
    for _ in range(12):
        clock.shift(DAY)
        work()
    assert stored(lead).score == 25 - 5 - 8
    assert told() == ["John Doe is now 25", "John Doe is now 19"]


@pytest.mark.parametrize("stage", ["won", "lost"])
def test_nobody_is_told_that_what_is_won_or_lost_fades(clock, lead, stage):
    log(lead, "meeting")
    lead.stage = stage
    lead.save()
    clock.shift(12 * DAY)
    work()
    assert stored(lead).score == 25 - 5 - 8
    assert told() == ["John Doe is now 25"]


def test_a_night_in_which_many_fall_is_no_storm(clock, owner, live, committing):
    leads = [LeadFactory(company="ABC", phone="555 1234") for _ in range(60)]
    assert {lead.score for lead in leads} == {20}
    live.clear()
    clock.shift(3 * DAY)
    with committing():
        work()
    assert set(Lead.objects.values_list("score", flat=True)) == {15}
    assert len(told()) == fading.MOST_TOLD
    assert len(live) == fading.MOST_TOLD  # where many change, of those that are told of
    clock.shift(12 * HOUR)
    work()
    assert len(told()) == fading.MOST_TOLD
    Lead.objects.update(score_told=F("score") - 2, score_due_at=NOON)  # held back
    work()
    assert len(told()) == fading.MOST_TOLD + 60


def test_open_lists_are_shown_the_new_score(clock, lead, live, committing):
    with committing():
        log(lead, "email")
    assert live == [(lead.pk, 17)]
    clock.shift(3 * DAY)
    with committing():
        work()
        work()
    assert live == [(lead.pk, 17), (lead.pk, 12)]


def test_a_worker_that_is_killed_leaves_all_of_it_to_the_next(clock, lead, monkeypatch):
    log(lead, "email")
    log(lead, "email")
    clock.shift(HOUR)

    def killed(*args):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Event.objects, "bulk_create", killed)
        with pytest.raises(KeyboardInterrupt), transaction.atomic():
            fading.fade()
    assert told() == ["John Doe is now 17"]
    work()
    work()
    assert told() == ["John Doe is now 17", "John Doe is now 19"]


@pytest.mark.django_db(transaction=True)
@pytest.mark.postgres
def test_of_racing_workers_each_lead_is_told_of_once(at_once, monkeypatch):
    monkeypatch.setattr(fading, "BATCH", 3)
    leads = [LeadFactory() for _ in range(12)]
    Lead.objects.update(score_told=0, score_due_at=NOON)
    at_once(*[work for _ in range(4)])
    work()
    names = Event.objects.filter(kind="score_updated").values_list("related_lead", flat=True)
    assert sorted(names) == [lead.pk for lead in leads]


def test_batches_are_bounded(clock, monkeypatch):
    monkeypatch.setattr(fading, "BATCH", 20)
    for _ in range(50):
        LeadFactory(company="ABC")
    clock.shift(3 * DAY)
    assert [fading.fade() for _ in range(4)] == [20, 20, 10, 0]


def test_the_worker_does_one_batch_a_turn(clock, lead, monkeypatch):
    (job,) = [job for job in JOBS if "scores" in job.name]
    monkeypatch.setattr(fading, "BATCH", 1)
    LeadFactory(company="ABC")
    clock.shift(3 * DAY)
    for faded in (1, 2):
        assert job.work() == 0
        assert Lead.objects.filter(score=10).count() == faded


# The rules


def rules(**fields):
    row = ScoreRules.objects.get_or_create()[0]
    for name, value in fields.items():
        setattr(row, name, value)
    row.save()
    return row


def test_the_defaults_of_the_settings_are_those_of_the_code(db):
    ScoreRules.objects.create()
    assert score_rules.read() == Rules(version=1)


def test_new_rules_make_every_score_anew_and_tell_nobody(clock, owner, monkeypatch):
    monkeypatch.setattr(fading, "BATCH", 2)
    leads = [LeadFactory(source="Fair") for _ in range(5)]
    log(leads[0], "email", direction="in")
    rules(email_points=40).sources.create(source="FAIR", points=-3)
    before = told()
    assert [fading.fade() for _ in range(4)] == [2, 2, 1, 0]
    assert [stored(lead).score for lead in leads] == [40 - 3 + 5 + 10, *[40 - 3 + 5] * 4]
    assert told() == before
    SourcePoints.objects.get().delete()
    work()
    assert stored(leads[1]).score == 40 + 5 + 5
    log(leads[1], "email")
    assert told() == [*before, "John Doe is now 52"]


def test_what_was_held_back_is_told_after_the_rules_changed_too(clock, lead):
    log(lead, "email")
    log(lead, "email")
    rules(email_points=6)
    work()
    assert told() == ["John Doe is now 17"]
    clock.shift(HOUR)
    work()
    assert told() == ["John Doe is now 17", "John Doe is now 20"]


def test_a_process_that_knows_old_rules_is_made_up_for(clock):
    old = score_rules.known()
    rules(phone_points=50)
    score_rules.keep(old)
    lead = LeadFactory(phone="555 1234")
    assert lead.score == 15
    work()
    assert stored(lead).score == 60


def test_what_a_process_knows_is_read_anew_after_half_a_minute(clock):
    assert score_rules.current().phone_points == 5
    rules(phone_points=50)
    assert score_rules.current().phone_points == 5  # the hook of the commit did not run
    score_rules._known.read_at -= score_rules.KNOWN_SECONDS + 1
    assert score_rules.current().phone_points == 50


def test_who_changes_the_rules_knows_them_at_once(clock, committing):
    with committing():
        rules(phone_points=50).sources.create(source="Fair", points=7)
    assert score_rules.known().phone_points == 50
    assert score_rules.known().of_source("fair") == 7
    assert score_rules.known().of_source("Demo form") == 15


def test_leads_of_an_older_leadbell_get_a_score_and_nobody_is_told(clock, lead):
    Lead.objects.update(score=0, score_told=0, score_due_at=None, score_rules=-1)
    work()
    assert stored(lead).score == 15
    assert told() == []
    log(lead, "email")
    assert told() == ["John Doe is now 17"]


# The pages


def test_the_page_says_why_and_the_sum_is_what_it_shows(clock, page, lead):
    log(lead, "email", direction="in")
    clock.shift(3 * DAY)  # the worker is late
    response = page.get(f"/leads/{lead.pk}/")
    score, html = response.context["score"], response.content.decode()
    assert (stored(lead).score, score.score) == (25, 20)
    assert sum(point.points for point in score.points) == 20
    for words in ("+10", "replied", "+5", "e-mail address"):
        assert words in html
    assert "in touch lately" not in html
    assert "Change the rules" not in html
    work()
    assert stored(lead).score == 20


def test_administrators_find_the_rules_from_the_page(client, administrator, lead):
    client.force_login(administrator, backend=MODEL_BACKEND)
    assert "/admin/leads/scorerules/" in client.get(f"/leads/{lead.pk}/").content.decode()


def test_what_a_lead_is_called_and_where_it_came_from_is_no_html(page, lead):
    Lead.objects.update(source="<b>Fair</b>")
    html = page.get(f"/leads/{lead.pk}/").content.decode()
    assert "&lt;b&gt;Fair&lt;/b&gt;" in html
    assert "<b>Fair" not in html


def test_rest_tells_the_score_with_its_points(clock, api, lead, django_assert_num_queries):
    with django_assert_num_queries(2):  # the lead, what was logged
        response = api.get(f"/api/leads/{lead.pk}/score/")
    assert response.json() == {
        "score": 15,
        "points": [
            {"points": 5, "reason": "e-mail address"},
            {"points": 5, "reason": "company"},
            {"points": 5, "reason": "came lately"},
        ],
    }
    assert api.get(f"/api/leads/{2**40}/score/").status_code == 404
    assert api.post(f"/api/leads/{lead.pk}/score/").status_code == 405


# The settings

FORM = {
    **{field: getattr(Rules(), field) for field in ScoreRules.STORED if field != "version"},
    "thresholds": "20, 50, 80",
    "sources-TOTAL_FORMS": "2",
    "sources-INITIAL_FORMS": "0",
}
RULES_ADMIN = "/admin/leads/scorerules/"


@pytest.fixture
def desk(client, administrator):
    client.force_login(administrator, backend=MODEL_BACKEND)
    return client


def sources(*pairs):
    return {
        f"sources-{n}-{name}": value
        for n, pair in enumerate(pairs)
        for name, value in zip(("source", "points"), pair, strict=True)
    }


def test_an_administrator_changes_the_rules(desk, lead, committing):
    with committing():
        form = FORM | {"company_points": 30, "thresholds": "50,10"} | sources(("Fair", -5))
        assert desk.post(f"{RULES_ADMIN}add/", form).status_code == 302
    known = score_rules.known()
    assert (known.company_points, known.thresholds, known.of_source("FAIR")) == (30, (10, 50), -5)
    work()
    assert stored(lead).score == 40
    assert "all scores anew" in desk.get(RULES_ADMIN).content.decode()
    assert desk.get(f"{RULES_ADMIN}add/").status_code == 403  # there is one row
    assert desk.post(f"{RULES_ADMIN}1/delete/", {"post": "yes"}).status_code == 403


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"email_points": "-1"}, "Give 0 or more."),
        ({"email_points": "101"}, "Give 100 or less."),
        ({"counted_each": "0"}, "Give 1 or more."),
        ({"fresh_days": "366"}, "Give 365 or less."),
        ({"quiet_points": "1.5"}, "Enter a whole number."),
        ({"quiet_points": ""}, "This field is required."),
        ({"thresholds": "20; 50"}, "Write whole numbers with commas between them"),
        ({"thresholds": "0"}, "Give thresholds between 1 and 1000."),
        ({"thresholds": "1,2,3,4,5,6,7,8,9,10,11"}, "Give 10 thresholds or fewer."),
        (sources(("Fair", "101")), "Give 100 or less."),
        (sources(("", "10")), "This field is required."),
        (sources(("Fair", "1"), ("fAIR", "2")), "Give each source its points once."),
    ],
)
def test_rules_that_cannot_be_are_refused_with_a_sentence(desk, wrong, sentence):
    response = desk.post(f"{RULES_ADMIN}add/", FORM | wrong)
    assert sentence in response.content.decode()
    assert not ScoreRules.objects.exists()
    assert desk.post(f"{RULES_ADMIN}add/", FORM).status_code == 302


def test_a_source_has_its_points_once(desk):
    rules().sources.create(source="Fair", points=1)
    response = desk.post(f"{RULES_ADMIN}1/change/", FORM | sources(("FAIR", "2")))
    assert "This source has its points already." in response.content.decode()
    assert SourcePoints.objects.get().points == 1


@pytest.mark.parametrize("person", ["owner", "manager"])
def test_only_administrators_reach_the_rules(person, request, client):
    client.force_login(request.getfixturevalue(person), backend=MODEL_BACKEND)
    for address in (RULES_ADMIN, f"{RULES_ADMIN}add/"):
        assert client.get(address).status_code == 302
        assert client.post(address, FORM).status_code == 302
    assert not ScoreRules.objects.exists()


# The database


@pytest.mark.postgres
def test_the_worker_finds_its_work_by_an_index(db):
    due = Lead.objects.filter(score_due_at__lte=NOON).order_by("score_due_at")[:500]
    older = Lead.objects.filter(score_rules__lt=3).order_by("score_rules", "pk")[:500]
    lately = Lead.objects.filter(score_told_at__gt=NOON)[:20]
    with connection.cursor() as cursor:
        for other in ("seqscan", "bitmapscan", "sort"):
            cursor.execute(f"SET LOCAL enable_{other} = off")
    for rows, index in ((due, "score_due"), (older, "score_rules"), (lately, "score_told")):
        plan = rows.explain()
        assert f"lead_{index}" in plan
        assert "Sort" not in plan
