"""Tags of leads, and what leads came with: on their page, in the list, over REST and merged."""

import json
from html import unescape

import pytest
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from leads.models import Delivery, Lead, Merge, Origin, SavedView, Source, Tag
from leads.models.merge import both
from notifications import realtime
from tests.factories import LeadFactory
from tests.test_lead_list import bulk, exported, names, said

pytestmark = pytest.mark.django_db


@pytest.fixture
def pushed(monkeypatch):
    """The frames that were published instead of sent: (user id, frame)."""
    frames = []

    def publish(pushes, then=None):
        frames.extend((push.user_id, json.loads(push.text)) for push in pushes)

    monkeypatch.setattr(realtime, "publish", publish)
    return frames


def tagged(*names, **fields):
    lead = LeadFactory(**fields)
    Tag.objects.give(lead, names)
    return lead


def html(page, path):
    return unescape(page.get(path).content.decode())


def path_of(lead):
    return f"/leads/{lead.pk}/tags/"


# Giving and taking


def test_a_tag_is_given_once_whatever_the_case_of_its_letters(lead):
    Tag.objects.give(lead, [" Demo ", "demo", "VIP"])
    Tag.objects.give(lead, ["DEMO", "Ärger"])
    assert Tag.objects.names(lead) == ["Demo", "VIP", "Ärger"]
    assert Tag.objects.count() == 3
    Tag.objects.take(lead, "dEMO")
    Tag.objects.take(lead, "ÄRGER")
    Tag.objects.take(lead, "never there")
    assert Tag.objects.names(lead) == ["VIP"]


def test_a_list_takes_the_place_of_what_was_there_and_what_stays_keeps_its_row(lead):
    Tag.objects.give(lead, ["demo", "vip"])
    kept = Tag.objects.get(name="demo")
    Tag.objects.put(lead, ["Demo", "fair"])
    assert Tag.objects.names(lead) == ["demo", "fair"]
    assert Tag.objects.get(name="demo") == kept
    Tag.objects.put(lead, [])
    assert Tag.objects.names(lead) == []


@pytest.mark.parametrize(
    ("names", "words"),
    [
        ([""], "Give a tag."),
        (["  "], "Give a tag."),
        (["x" * 51], "A tag has up to 50 characters."),
        (["a\nb"], "on one line"),
        (["a\0b"], "on one line"),
        (["one, two"], "no comma"),
        ([str(n) for n in range(51)], "up to 50 tags"),
    ],
)
def test_what_is_no_tag_is_refused_with_a_sentence(lead, names, words):
    with pytest.raises(ValidationError, match=words):
        Tag.objects.give(lead, ["good", *names])
    assert Tag.objects.count() == 0
    Tag.objects.give(lead, ["x" * 50])
    assert Tag.objects.count() == 1


def test_a_lead_that_was_deleted_meanwhile_takes_no_tag(lead):
    gone = Lead.objects.get(pk=lead.pk)
    lead.delete()
    with pytest.raises(Lead.DoesNotExist):
        Tag.objects.give(gone, ["demo"])


def test_open_pages_are_told_once_and_not_of_what_is_the_same(lead, owner, pushed, committing):
    stamp = Lead.objects.get().updated_at
    with committing():
        Tag.objects.give(lead, ["demo", "vip"])
    mine = [frame for user, frame in pushed if user == owner.pk]
    assert [frame["type"] for frame in mine] == ["lead:updated"]
    assert "tags" not in mine[0]["lead"]
    pushed.clear()
    with committing():
        Tag.objects.give(lead, ["demo"])
        Tag.objects.take(lead, "other")
    assert pushed == []
    with committing():
        Tag.objects.take(lead, "demo")
    assert [frame["type"] for user, frame in pushed if user == owner.pk] == ["lead:updated"]
    assert Lead.objects.get().updated_at == stamp  # so that no editor meets a conflict
    assert not lead.activities.exists()


def test_a_tag_that_is_stored_or_deleted_by_itself_is_told_too(lead, owner, pushed, committing):
    with committing():
        row = Tag.objects.create(lead=lead, name="demo")
    with committing():
        row.delete()
    told = [frame["type"] for user, frame in pushed if user == owner.pk]
    assert told == ["lead:updated"] * 2


def test_two_who_give_the_same_tag_leave_it_there_once(transactional_db, at_once):
    lead = LeadFactory()
    at_once(*[lambda: Tag.objects.give(lead, ["demo"])] * 4)
    assert Tag.objects.count() == 1


# On the lead's page


def test_what_may_be_done_with_the_tags_of_a_lead_is_told(api, lead):
    answer = api.options(f"/api/leads/{lead.pk}/tags/")
    assert answer.status_code == 200
    assert "PUT" in answer.headers["Allow"]


def test_tags_are_given_and_taken_on_the_leads_page(page, lead):
    shown = page.post(path_of(lead), {"add": "demo, VIP,"}, follow=True)
    assert shown.redirect_chain == [(f"/leads/{lead.pk}/", 302)]
    text = shown.content.decode()
    assert 'href="/leads/?tag=demo" dir="auto">demo</a>' in text
    assert "Take the tag VIP away" in text
    assert '<option value="demo">' in text
    page.post(path_of(lead), {"remove": "vip"})
    assert Tag.objects.names(lead) == ["demo"]


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        ({}, "Give a tag."),
        ({"add": " , "}, "Give a tag."),
        ({"add": "x" * 51}, "A tag has up to 50 characters."),
        ({"add": "a\0b"}, "Null characters are not allowed."),
        ({"add": "x" * 501}, "at most 500 characters"),
        ({"add": ",".join(map(str, range(51)))}, "up to 50 tags"),
    ],
)
def test_what_is_no_tag_is_said_beside_what_was_typed(page, lead, sent, words):
    response = page.post(path_of(lead), sent)
    text = unescape(response.content.decode())
    assert response.status_code == 200
    assert words in text
    assert 'id="tag-add_error"' in text or 'id="tag-add_error" role="alert"' in text
    assert Tag.objects.count() == 0


def test_who_may_not_change_the_lead_sees_its_tags_and_gives_none(page, teammate):
    lead = tagged("demo", owner=teammate)
    text = html(page, f"/leads/{lead.pk}/")
    assert ">demo</a>" in text
    assert "Take the tag" not in text
    assert path_of(lead) not in text
    for sent in ({"add": "mine"}, {"remove": "demo"}):
        assert page.post(path_of(lead), sent).status_code == 403
    assert Tag.objects.names(lead) == ["demo"]
    bare = LeadFactory(owner=teammate)
    assert 'id="tags"' not in html(page, f"/leads/{bare.pk}/")


def test_a_tag_for_a_lead_that_is_gone_says_where_it_went(page, owner):
    kept, other = LeadFactory(owner=owner), LeadFactory(owner=owner)
    with transaction.atomic():
        Merge.objects.merge(*both(kept.pk, other.pk), (), by=owner)
    response = page.post(path_of(other), {"add": "demo"})
    assert response.status_code == 404
    assert f"/leads/{kept.pk}/" in response.content.decode()
    assert Tag.objects.count() == 0


# What it came with


@pytest.fixture
def came(lead):
    source = Source.objects.create(name="Our form", kind="form")
    delivery = Delivery.objects.create(source=source, state="made", lead=lead)
    pairs = [["utm_campaign", "<b>Fair</b>"], ["Budget", "many\nthousands"]]
    return Origin.objects.create(lead=lead, delivery=delivery, fields=pairs)


def test_the_page_shows_what_came_with_a_lead(page, lead, came):
    text = page.get(f"/leads/{lead.pk}/").content.decode()
    assert "Came with it" in text
    assert "Our form" in text
    assert '<dt dir="auto">utm_campaign</dt><dd dir="auto">&lt;b&gt;Fair&lt;/b&gt;</dd>' in text
    assert "/sources/" not in text  # which is for managers
    other = LeadFactory()
    assert "Came with it" not in page.get(f"/leads/{other.pk}/").content.decode()


def test_of_two_that_are_merged_all_tags_and_origins_stand_and_undoing_gives_each_back(
    page, owner, came, lead
):
    Lead.objects.update(owner=owner)
    Tag.objects.give(lead, ["demo", "vip"])
    kept = tagged("DEMO", "fair", owner=owner)
    with transaction.atomic():
        merge = Merge.objects.merge(*both(kept.pk, lead.pk), (), by=owner)
    assert Tag.objects.names(kept) == ["demo", "fair", "vip"]
    assert kept.origins.get() == came
    assert Delivery.objects.get().lead == kept
    text = html(page, f"/leads/{kept.pk}/")
    assert text.count("?tag=demo") + text.count("?tag=DEMO") == 1
    Tag.objects.take(kept, "vip")
    Tag.objects.give(kept, ["meanwhile"])
    merge.undo(by=owner)
    assert Tag.objects.names(kept) == ["DEMO", "fair", "meanwhile"]
    assert Tag.objects.names(lead) == ["demo"]
    assert (lead.origins.get(), lead.deliveries.count()) == (came, 1)


# The list


def test_the_list_is_narrowed_to_a_tag_on_the_page_the_board_and_over_rest(page, api):
    lead = tagged("Demo", first_name="Ada", last_name="")
    tagged("other", first_name="Bea", last_name="")
    assert names(page, "tag=demo") == names(page, "tag=%20DEMO ") == ["Ada"]
    assert names(page, "tag=demo&stage=won") == names(page, "tag=dem") == []
    assert names(page) == ["Bea", "Ada"]
    assert [row["id"] for row in api.get("/api/leads/", {"tag": "DEMO"}).json()["results"]] == [
        lead.pk
    ]
    assert "Ada" in html(page, "/leads/board/?tag=demo")
    assert "Bea" not in html(page, "/leads/board/?tag=demo")
    assert page.get(f"/leads/{lead.pk}/row/?tag=other").status_code == 204
    refused = api.get("/api/leads/", {"tag": "x" * 51})
    assert (refused.status_code, list(refused.json())) == (400, ["tag"])
    assert "That filter means nothing here" in html(page, f"/leads/?tag={'x' * 51}")


def test_the_list_offers_the_tags_there_are_and_the_one_that_is_asked_for(page):
    LeadFactory()
    assert 'name="tag"' not in html(page, "/leads/")
    for name in ("vip", "Demo"):
        tagged(name)
    tagged("DEMO")
    shown = html(page, "/leads/")
    options = shown.partition('name="tag"')[2].partition("</select>")[0]
    assert options.count("<option") == 3
    assert options.index(">Demo<") < options.index(">vip<")
    assert '<option value="dEmO" selected>dEmO</option>' in html(page, "/leads/?tag=dEmO")
    assert '<option value="gone" selected>' in html(page, "/leads/?tag=gone")


def test_known_tags_are_those_of_the_oldest_leads_and_no_more_than_asked_for():
    for name in ("b", "a", "C", "B", "d"):
        tagged(name)
    assert Tag.objects.known(3) == ["a", "b", "C"]
    assert Tag.objects.known(9) == ["a", "b", "C", "d"]


def test_a_view_keeps_the_tag(page):
    lead = tagged("demo")
    LeadFactory()
    page.post("/leads/views/new/?tag=demo", {"name": "Demos"})
    view = SavedView.objects.get()
    assert view.query["tag"] == "demo"
    assert [row.pk for row in page.get(f"/leads/?view={view.pk}").context["rows"]] == [lead.pk]


def test_tags_stand_in_the_row_where_their_column_is_chosen_and_in_the_export(page):
    tagged("vip", "=1+1")
    assert 'class="tag"' not in html(page, "/leads/")
    assert '<span class="tag" dir="auto">vip</span>' in html(page, "/leads/?columns=name,tags")
    (row,) = exported(page)
    assert row["Tags"] == "'=1+1, vip"
    (row,) = exported(page, "columns=name,tags&fields=shown")
    assert row == {"Name": "John Doe", "Tags": "'=1+1, vip"}
    (row,) = exported(page, "columns=name,city&fields=shown")
    assert list(row) == ["Name", "City"]


def test_the_column_of_tags_costs_one_query(page):
    tagged("vip")

    def counted(query):
        with CaptureQueriesContext(connection) as queries:
            page.get(f"/leads/?{query}")
        return len(queries)

    plain, with_tags = counted("columns=name"), counted("columns=name,tags")
    for number in range(10):
        tagged("vip", f"tag {number}")
    assert counted("columns=name,tags") == with_tags == plain + 1


def test_a_tag_is_added_to_many_leads_at_once(page, owner, teammate):
    mine, theirs, full = LeadFactory(owner=owner), LeadFactory(owner=teammate), LeadFactory()
    Tag.objects.give(full, [str(n) for n in range(50)])
    response = bulk(page, [mine, theirs, full], "tag", to_tag=" Fair ")
    done, *others = said(response)
    assert done == "1 lead has the tag Fair."
    assert any("belongs to somebody else" in words for words in others)
    assert any("up to 50 tags" in words for words in others)
    assert list(Tag.objects.called("fair").values_list("lead", flat=True)) == [mine.pk]
    for text, words in (("", "Choose what to set first."), ("a,b", "no comma")):
        assert any(words in line for line in said(bulk(page, [mine], "tag", to_tag=text)))
    assert Tag.objects.names(mine) == ["Fair"]


# REST


def test_rest_reads_and_replaces_the_tags(api, lead):
    path = f"/api/leads/{lead.pk}/tags/"
    assert api.get(path).json() == []
    response = api.put(path, ["vip", "demo", "VIP"])
    assert (response.status_code, response.json()) == (200, ["demo", "vip"])
    assert api.get(path).json() == ["demo", "vip"]
    assert api.put(path, []).json() == []
    assert set(api.get(f"/api/leads/{lead.pk}/").json()) & {"tags"} == set()


@pytest.mark.parametrize(
    "body",
    [{}, "demo", None, 1, [1], [None], [["demo"]], [""], ["x" * 51], ["a,b"], ["a\0"], ["\ud800"]],
)
def test_rest_refuses_what_is_no_list_of_tags(api, lead, body):
    Tag.objects.give(lead, ["there"])
    path = f"/api/leads/{lead.pk}/tags/"
    response = api.put(path, json.dumps(body), content_type="application/json")
    assert (response.status_code, list(response.json())) == (400, ["detail"])
    assert Tag.objects.names(lead) == ["there"]


def test_rest_keeps_to_the_policy_and_to_what_is_there(api, api_of, manager, teammate, lead):
    theirs = tagged("demo", owner=teammate)
    path = f"/api/leads/{theirs.pk}/tags/"
    assert api.get(path).json() == ["demo"]
    refused = api.put(path, ["mine"])
    assert refused.status_code == 403
    assert "ask them or a manager" in refused.json()["detail"]
    assert api_of(manager).put(path, ["theirs"]).json() == ["theirs"]
    for method in (api.post, api.patch, api.delete):
        assert method(path, []).status_code in (403, 405)
    assert api.get("/api/leads/999999/tags/").status_code == 404
    assert api.put("/api/leads/999999/tags/", []).status_code == 404
    assert Tag.objects.names(theirs) == ["theirs"]


def test_rest_reads_where_a_lead_came_from(api, lead, came):
    (row,) = api.get(f"/api/leads/{lead.pk}/origins/").json()["results"]
    assert row == {
        "id": came.pk,
        "leadId": lead.pk,
        "source": "Our form",
        "deliveryId": came.delivery_id,
        "fields": [
            {"name": "utm_campaign", "value": "<b>Fair</b>"},
            {"name": "Budget", "value": "many\nthousands"},
        ],
        "createdAt": row["createdAt"],
    }
    Source.objects.all().delete()
    (row,) = api.get(f"/api/leads/{lead.pk}/origins/").json()["results"]
    assert (row["source"], row["deliveryId"]) == ("", None)
    assert api.post(f"/api/leads/{lead.pk}/origins/", {}).status_code == 405
