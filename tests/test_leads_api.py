"""Leads over REST: created, found, paged through, changed and deleted, and by whom."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import connection
from django.db.models import QuerySet
from rest_framework.test import APIClient

from leads.models import Lead
from notifications.models import Event, Notification
from tests.factories import LeadFactory, UserFactory

pytestmark = pytest.mark.django_db

LEADS = "/api/leads/"
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
FULL = {
    "firstName": "John",
    "lastName": "Doe",
    "email": "john@example.org",
    "phone": "+44 20 7946 0000",
    "company": "ABC Company",
    "jobTitle": "Buyer",
    "website": "https://abc.example",
    "message": "Please call.\nAfter five.",
    "city": "Porto",
    "region": "Norte",
    "postalCode": "4000-001",
    "country": "PT",
    "source": "Website",
    "stage": "contacted",
}
JOHN = {"firstName": "John", "lastName": "Doe", "email": "john@example.org"}
NOBODY = 2**40  # no such id


def at(minutes):
    return NOON + timedelta(minutes=minutes)


def url_of(lead):
    return f"{LEADS}{lead.pk}/"


def many(count, **fields):
    """Leads that nobody is told of, quickly; ``fields`` may depend on the number."""
    rows = [
        Lead(
            first_name=f"Lead {n}",
            email="lead@example.org",
            **{name: value(n) if callable(value) else value for name, value in fields.items()},
        )
        for n in range(count)
    ]
    return QuerySet(Lead).bulk_create(rows)


def ids(response):
    assert response.status_code == 200, response.content[:300]
    return [row["id"] for row in response.json()["results"]]


def walk(api, url, link="next", meanwhile=lambda: None):
    """The ids of page after page up to the end of the links, and the last page's address."""
    found, last = [], None
    while url:
        body = api.get(url).json()
        found += [row["id"] for row in body["results"]]
        url, last = body[link], url
        meanwhile()
    return found, last


# Creating


@time_machine.travel(NOON, tick=False)
def test_a_lead_is_answered_with_all_its_fields_in_camel_case(api, owner):
    response = api.post(LEADS, FULL | {"ownerId": owner.pk})
    assert response.status_code == 201
    assert response.json() == FULL | {
        "id": Lead.objects.get().pk,
        "score": Lead.objects.get().explained().score,
        "ownerId": owner.pk,
        "createdById": owner.pk,
        "createdAt": "2026-03-01T12:00:00Z",
        "updatedAt": "2026-03-01T12:00:00Z",
    }


def test_what_is_created_is_what_a_fetch_and_the_list_return(api):
    created = api.post(LEADS, FULL).json()
    assert api.get(f"{LEADS}{created['id']}/").json() == created
    assert api.get(LEADS).json()["results"] == [created]


def test_fields_that_are_left_out_are_empty_and_the_stage_is_new(api):
    lead = api.post(LEADS, JOHN).json()
    assert lead["stage"] == "new"
    assert lead["ownerId"] is None
    left_out = set(FULL) - set(JOHN) - {"stage"}
    assert {lead[name] for name in left_out} == {""}


def test_what_the_server_decides_cannot_be_sent(api, owner, teammate):
    sent = {"id": NOBODY, "score": 99, "createdById": teammate.pk, "createdAt": "2000-01-01"}
    lead = api.post(LEADS, JOHN | sent).json()
    assert lead["id"] != NOBODY
    assert lead["score"] == Lead.objects.get().explained().score != 99
    assert lead["createdById"] == owner.pk
    assert not lead["createdAt"].startswith("2000")


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"firstName": "John", "lastName": "Doe"}, "John Doe added to pipeline"),
        (
            {"firstName": "John", "lastName": "Doe", "company": "ABC Company"},
            "John Doe (ABC Company) added to pipeline",
        ),
        ({"company": "ABC Company"}, "ABC Company added to pipeline"),
        ({"lastName": "Doe"}, "Doe added to pipeline"),
    ],
    ids=["person", "person and company", "company only", "last name only"],
)
def test_everybody_active_is_told_once_in_the_agreed_words(
    fields, text, api, api_of, owner, teammate, outsider, committing
):
    with committing():
        lead = api.post(LEADS, fields | {"phone": "555 1234"}).json()
    for person in (owner, teammate):
        (told,) = api_of(person).get("/api/notifications/").json()["results"]
        assert (told["title"], told["message"]) == ("New Lead Created", text)
        assert (told["type"], told["isRead"]) == ("lead_created", False)
        assert (told["relatedLeadId"], told["url"]) == (lead["id"], f"/leads/{lead['id']}/")
        assert told["actorId"] == owner.pk
    assert not Notification.objects.filter(recipient=outsider).exists()


@pytest.mark.parametrize("name", ["firstName", "lastName", "company"])
@pytest.mark.parametrize("answer", [{"email": "a@example.org"}, {"phone": "555 1234"}])
def test_one_name_and_one_way_to_answer_are_enough(name, answer, api):
    assert api.post(LEADS, {name: "Doe"} | answer).status_code == 201


@pytest.mark.parametrize(
    "nameless", [{}, {"firstName": "", "company": ""}, {"firstName": "  ", "company": " "}]
)
def test_a_lead_without_a_name_gets_a_400_that_says_so(nameless, api):
    response = api.post(LEADS, {"email": "a@example.org"} | nameless)
    assert response.status_code == 400
    assert "name" in str(response.json())
    assert (Lead.objects.count(), Event.objects.count()) == (0, 0)


@pytest.mark.parametrize("mute", [{}, {"email": "", "phone": ""}])
def test_a_lead_without_a_way_to_answer_gets_a_400_that_says_so(mute, api):
    response = api.post(LEADS, {"firstName": "John"} | mute)
    assert response.status_code == 400
    assert "phone" in str(response.json())
    assert (Lead.objects.count(), Event.objects.count()) == (0, 0)


def test_an_owner_must_be_an_active_user(api, teammate, outsider):
    for stranger in (outsider.pk, NOBODY):
        response = api.post(LEADS, JOHN | {"ownerId": stranger})
        assert (response.status_code, list(response.json())) == (400, ["ownerId"])
    response = api.post(LEADS, JOHN | {"ownerId": teammate.pk})
    assert (response.status_code, response.json()["ownerId"]) == (201, teammate.pk)


def test_a_website_without_a_scheme_is_kept_with_https(api):
    assert api.post(LEADS, JOHN | {"website": "abc.example"}).json()["website"] == (
        "https://abc.example"
    )


@pytest.mark.parametrize("website", ["javascript:alert(1)", "ftp://abc.example", "not a site"])
def test_a_website_that_is_no_web_address_gets_a_400(website, api):
    response = api.post(LEADS, JOHN | {"website": website})
    assert (response.status_code, list(response.json())) == (400, ["website"])


@pytest.mark.parametrize("method", ["get", "post", "patch", "delete"])
def test_who_is_not_signed_in_gets_a_401(method, lead, api):
    address = LEADS if method == "post" else url_of(lead)
    response = getattr(APIClient(), method)(address, JOHN)
    assert response.status_code == 401
    assert list(response.json()) == ["detail"]
    assert response["WWW-Authenticate"].startswith("Bearer")
    assert getattr(api, method)(address, JOHN).status_code in (200, 201, 204)


# One lead


def test_a_lead_that_is_not_there_is_404_for_every_method(api, lead):
    for method in (api.get, api.patch, api.delete):
        response = method(f"{LEADS}{NOBODY}/", {})
        assert (response.status_code, list(response.json())) == (404, ["detail"])
    for method, status in ((api.get, 200), (api.patch, 200), (api.delete, 204)):
        assert method(url_of(lead), {}).status_code == status


def test_put_is_405(api, lead):
    response = api.put(url_of(lead), FULL)
    assert (response.status_code, list(response.json())) == (405, ["detail"])
    assert "PATCH" in response["Allow"]
    lead.refresh_from_db()
    assert lead.job_title == ""


def test_patch_changes_what_it_names_and_nothing_else(api, lead):
    before = api.get(url_of(lead)).json()
    with time_machine.travel(datetime.now(UTC) + timedelta(hours=1), tick=False):
        response = api.patch(url_of(lead), {"stage": "won", "jobTitle": "Buyer"})
    assert response.status_code == 200
    after = response.json()
    assert after == before | {
        "stage": "won",
        "jobTitle": "Buyer",
        "score": before["score"] + 5,  # for the job title
        "updatedAt": after["updatedAt"],
    }
    assert after["updatedAt"] > before["updatedAt"]
    assert api.get(url_of(lead)).json() == after


@pytest.mark.parametrize(
    "wrong",
    [
        {"firstName": "", "lastName": "", "company": ""},
        {"email": "", "phone": ""},
        {"stage": "frozen"},
        {"email": "nobody"},
    ],
)
def test_a_patch_may_not_leave_what_a_lead_may_not_be(wrong, api, lead):
    before = api.get(url_of(lead)).json()
    assert api.patch(url_of(lead), wrong).status_code == 400
    assert api.get(url_of(lead)).json() == before
    assert api.patch(url_of(lead), {"stage": "lost"}).status_code == 200


def test_changed_contact_details_are_told_and_a_changed_stage_is_not(
    api, api_of, owner, teammate, committing
):
    lead = LeadFactory()
    with committing():
        api.patch(url_of(lead), {"stage": "won"})
    assert not Notification.objects.filter(type="contact").exists()
    with committing():
        api.patch(url_of(lead), {"phone": "555 1234", "city": "Porto"})
    for person in (owner, teammate):
        notes = api_of(person).get("/api/notifications/?type=contact").json()["results"]
        assert [note["title"] for note in notes] == ["Contact Updated"]
        assert notes[0]["message"] == "John Doe: phone, city"
        assert notes[0]["actorId"] == owner.pk


def test_deleting_keeps_the_notifications_without_their_link(api, api_of, teammate, committing):
    with committing():
        gone, kept = (api.post(LEADS, JOHN | {"company": name}).json() for name in "AB")
    with committing():
        assert api.delete(f"{LEADS}{gone['id']}/").status_code == 204
    assert api.get(f"{LEADS}{gone['id']}/").status_code == 404
    for person in (api, api_of(teammate)):
        of_kept, of_gone = person.get("/api/notifications/").json()["results"]
        assert of_gone["message"] == "John Doe (A) added to pipeline"
        assert (of_gone["relatedLeadId"], of_gone["url"]) == (None, "")
        assert (of_kept["relatedLeadId"], of_kept["url"]) == (kept["id"], f"/leads/{kept['id']}/")


# Who may change


@pytest.fixture
def leads_of(owner, teammate):
    return {
        "own": LeadFactory(owner=owner),
        "nobody's": LeadFactory(owner=None),
        "another's": LeadFactory(owner=teammate),
    }


@pytest.mark.parametrize("whose", ["own", "nobody's"])
def test_a_rep_changes_and_deletes_their_own_and_nobodys(whose, api, leads_of):
    address = url_of(leads_of[whose])
    assert api.patch(address, {"stage": "won"}).json()["stage"] == "won"
    assert api.delete(address).status_code == 204
    assert api.get(address).status_code == 404


def test_a_rep_sees_anothers_lead_but_gets_a_403_for_changing_it(api, leads_of):
    address = url_of(leads_of["another's"])
    before = api.get(address).json()
    for response in (api.patch(address, {"stage": "won"}), api.delete(address)):
        assert (response.status_code, list(response.json())) == (403, ["detail"])
    assert api.get(address).json() == before


def test_a_rep_cannot_take_anothers_lead_by_naming_themselves_owner(api, owner, leads_of):
    address = url_of(leads_of["another's"])
    assert api.patch(address, {"ownerId": owner.pk}).status_code == 403
    assert api.patch(url_of(leads_of["nobody's"]), {"ownerId": owner.pk}).status_code == 200
    assert leads_of["another's"].owner_id == Lead.objects.get(pk=leads_of["another's"].pk).owner_id


@pytest.mark.parametrize("role", ["manager", "administrator"])
def test_managers_and_administrators_change_and_delete_every_lead(role, request, api_of, leads_of):
    boss = api_of(request.getfixturevalue(role))
    for lead in leads_of.values():
        assert boss.patch(url_of(lead), {"stage": "lost"}).status_code == 200
        assert boss.delete(url_of(lead)).status_code == 204
    assert not Lead.objects.exists()


# Finding


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("grete", {"Grete"}),
        ("HERMANN", {"Grete"}),
        ("gh@math.example", {"Grete"}),
        ("7946", {"Emmy"}),
        ("invariants ltd", {"Emmy"}),
        ("emmy invariants", {"Emmy"}),
        ("m", {"Grete", "Emmy"}),
        ("emmy hermann", set()),
        ("%", set()),
        ("_", set()),
    ],
)
def test_search_wants_every_word_in_a_name_or_an_address(text, found, api):
    LeadFactory(first_name="Grete", last_name="Hermann", email="gh@math.example")
    LeadFactory(first_name="Emmy", last_name="N", phone="020 7946", company="Invariants Ltd")
    rows = api.get(LEADS, {"search": text}).json()["results"]
    assert {row["firstName"] for row in rows} == found


def test_the_list_is_narrowed_by_stage_owner_and_source(api, owner, teammate):
    one = LeadFactory(stage="won", owner=owner, source="Website")
    two = LeadFactory(stage="lost", owner=teammate, source="Website")
    three = LeadFactory(stage="won", owner=teammate, source="Phone")
    assert ids(api.get(LEADS, {"stage": "won"})) == [three.pk, one.pk]
    assert ids(api.get(LEADS, {"owner": teammate.pk})) == [three.pk, two.pk]
    assert ids(api.get(LEADS, {"source": "Website"})) == [two.pk, one.pk]
    assert ids(api.get(LEADS, {"stage": "won", "owner": teammate.pk})) == [three.pk]
    assert ids(api.get(LEADS, {"stage": "contacted"})) == []


def test_the_list_is_narrowed_by_when_leads_were_created(api):
    early, middle, late = (LeadFactory(created_at=at(minute)).pk for minute in (0, 10, 20))
    assert ids(api.get(LEADS, {"createdAfter": "2026-03-01T12:05:00Z"})) == [late, middle]
    assert ids(api.get(LEADS, {"createdBefore": "2026-03-01T12:15:00Z"})) == [middle, early]
    assert ids(api.get(LEADS, {"createdBefore": "2026-03-01T14:15:00+02:00"})) == [middle, early]
    both = {"createdAfter": "2026-03-01T12:05:00Z", "createdBefore": "2026-03-01T12:15:00Z"}
    assert ids(api.get(LEADS, both)) == [middle]


@pytest.mark.parametrize(
    ("ordering", "order"),
    [
        (None, "cab"),
        ("-createdAt", "cab"),
        ("createdAt", "bac"),
        ("-updatedAt", "bca"),
        ("updatedAt", "acb"),
        ("-score", "acb"),
        ("score", "bca"),
    ],
)
def test_the_list_is_ordered_as_asked_and_newest_first_unasked(ordering, order, api):
    rows = {"a": (1, 1, 9), "b": (0, 3, 1), "c": (2, 2, 5)}
    for name, (created, updated, score) in rows.items():
        with time_machine.travel(at(updated), tick=False):
            lead = LeadFactory(first_name=name, created_at=at(created))
            Lead.objects.filter(pk=lead.pk).update(score=score)
    query = {"ordering": ordering} if ordering else {}
    found = [row["firstName"] for row in api.get(LEADS, query).json()["results"]]
    assert "".join(found) == order


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ordering", "email"),
        ("ordering", "--score"),
        ("ordering", "score,createdAt"),
        ("ordering", "owner__password"),
        ("stage", "frozen"),
        ("owner", "olga"),
        ("createdAfter", "yesterday"),
        ("createdBefore", "2026-13-01T00:00:00Z"),
        ("cursor", "nonsense"),
        ("cursor", ""),
        ("pageSize", "0"),
        ("pageSize", "-1"),
        ("pageSize", "many"),
    ],
)
def test_a_wish_that_the_list_does_not_know_gets_a_400_that_names_it(name, value, api):
    response = api.get(LEADS, {name: value})
    assert (response.status_code, list(response.json())) == (400, [name])


def test_a_cursor_of_one_ordering_is_refused_by_another(api):
    many(3)
    cursor = api.get(LEADS, {"pageSize": 2, "ordering": "score"}).json()["next"]
    assert len(ids(api.get(cursor))) == 1
    response = api.get(cursor.replace("ordering=score", "ordering=createdAt"))
    assert (response.status_code, list(response.json())) == (400, ["cursor"])


# Page after page


def test_a_page_has_fifty_rows_unless_asked_and_at_most_two_hundred(api):
    many(201)
    assert len(ids(api.get(LEADS))) == 50
    assert len(ids(api.get(LEADS, {"pageSize": 3}))) == 3
    assert len(ids(api.get(LEADS, {"pageSize": 200}))) == 200
    assert len(ids(api.get(LEADS, {"pageSize": 100_000}))) == 200


def test_the_only_page_has_no_neighbours(api):
    many(3)
    body = api.get(LEADS, {"pageSize": 3}).json()
    assert (body["next"], body["previous"], len(body["results"])) == (None, None, 3)


@pytest.mark.parametrize("ordering", ["-createdAt", "createdAt", "-score", "score", "updatedAt"])
def test_the_links_lead_through_every_row_once_and_back_again(ordering, api):
    many(23, score=lambda n: n % 4, created_at=lambda n: at(n % 3))
    forth, last = walk(api, f"{LEADS}?pageSize=5&ordering={ordering}")
    back, first = walk(api, last, "previous")
    assert sorted(forth) == sorted(Lead.objects.values_list("pk", flat=True))
    rows = {row.pk: row for row in Lead.objects.all()}
    field = {"c": "created_at", "u": "updated_at", "s": "score"}[ordering.lstrip("-")[0]]
    values = [(getattr(rows[pk], field), pk) for pk in forth]
    assert values == sorted(values, reverse=ordering.startswith("-"))
    pages = [forth[start : start + 5] for start in range(0, 23, 5)]
    assert back == [pk for page in reversed(pages) for pk in page]
    assert ids(api.get(first)) == pages[0]


@pytest.mark.parametrize("ordering", ["-score", "score", "-createdAt"])
def test_thousands_of_equal_values_are_paged_without_skip_or_repeat(ordering, api):
    rows = many(2_050, score=7, created_at=NOON)
    pks = sorted(row.pk for row in rows)
    expected = pks[::-1] if ordering.startswith("-") else pks
    forth, last = walk(api, f"{LEADS}?pageSize=200&ordering={ordering}")
    assert forth == expected
    back, _ = walk(api, last, "previous")
    assert sorted(back) == pks


def test_rows_that_arrive_meanwhile_move_nothing_on_the_way(api):
    pks = [row.pk for row in many(12, created_at=lambda n: at(n // 5))]

    def arrive():
        many(2, created_at=at(60))

    forth, last = walk(api, f"{LEADS}?pageSize=4", meanwhile=arrive)
    assert forth == pks[::-1]
    arrived = list(Lead.objects.exclude(pk__in=pks).order_by("-pk").values_list("pk", flat=True))
    assert len(arrived) == 6
    back, _ = walk(api, last, "previous")
    assert sorted(back) == sorted(pks + arrived)


def test_a_row_that_leaves_meanwhile_takes_no_other_with_it(api):
    pks = [row.pk for row in many(9, created_at=NOON)][::-1]
    body = api.get(LEADS, {"pageSize": 3}).json()
    assert [row["id"] for row in body["results"]] == pks[:3]
    QuerySet(Lead).filter(pk=pks[2]).delete()  # the row the link was made from
    rest, _ = walk(api, body["next"])
    assert rest == pks[3:]


def test_the_links_keep_the_filters(api):
    many(7, stage=lambda n: "won" if n % 2 else "lost")
    found, _ = walk(api, f"{LEADS}?pageSize=2&stage=lost&search=lead")
    assert len(found) == 4
    assert set(Lead.objects.filter(pk__in=found).values_list("stage", flat=True)) == {"lost"}


# What it costs


@pytest.mark.parametrize("count", [1, 60])
def test_the_list_is_one_query_however_long(count, api, owner, django_assert_num_queries):
    many(count, owner=owner, created_by=owner)
    with django_assert_num_queries(1):
        assert len(ids(api.get(LEADS, {"pageSize": 100}))) == count


def test_one_lead_is_one_query(api, lead, django_assert_num_queries):
    with django_assert_num_queries(1):
        api.get(url_of(lead))


# SQLite takes a hundred notifications in two statements, because of their many values.
@pytest.mark.parametrize("users", [1, 10, pytest.param(100, marks=pytest.mark.postgres)])
def test_creating_takes_as_many_queries_for_one_user_as_for_a_hundred(
    users, api, committing, django_assert_num_queries, monkeypatch
):
    monkeypatch.setattr("notifications.realtime.publish", lambda *_: None)  # noting it is one more
    UserFactory.create_batch(users - 1)
    with committing():
        api.post(LEADS, JOHN)  # the first one makes the inboxes
    statements = 8 if connection.vendor == "postgresql" else 14
    with django_assert_num_queries(statements), committing():
        api.post(LEADS, JOHN)
    assert Notification.objects.count() == 2 * users
