"""Mentions: whom a comment or an interaction names, how it is stored, shown and seen."""

from html import unescape

import pytest
from django.test import Client

from leads.mentions import parts, people_called
from leads.models import Comment, Interaction, Mention
from notifications import realtime
from notifications.models import Notification
from tests.factories import CommentFactory, InteractionFactory, TaskFactory, UserFactory

pytestmark = pytest.mark.django_db


def mentioned():
    return [(mention.user.first_name, mention.words) for mention in Mention.objects.order_by("pk")]


def text_of(response):
    assert response.status_code == 200
    return unescape(response.content.decode())


@pytest.mark.parametrize(
    ("body", "called"),
    [
        ("@Tom Teammate: look", ["Tom Teammate"]),
        ("Ask (@tom  TEAMMATE), or not", ["tom TEAMMATE"]),
        ("@teammate@example.com.", ["teammate@example.com"]),
        ("@Tom Teammate and @Tom Teammate", ["Tom Teammate"]),
        ("@Tom Teammate's", ["Tom Teammate"]),
        ("@Tom Teammates", []),
        ("@Tom Teammate-Smith", []),
        ("@Tom", []),
        ("Tom Teammate", []),
        ("jo@Tom Teammate", []),
        ("@teammate@example.com.au", []),
        ("@Otto Example", []),  # who does not work here any more
        ("@" * 5_000, []),
    ],
)
def test_who_is_called(body, called, teammate, outsider):
    found = people_called(body)
    assert [words for _, words in found] in (called, [called and "Tom Teammate"])
    assert {user for user, _ in found} == ({teammate.pk} if called else set())


def test_of_two_names_the_longer_is_meant_and_of_two_who_share_one_both(db):
    short = UserFactory(first_name="Rita", last_name="")
    rita, other = UserFactory.create_batch(2, first_name="Rita", last_name="Rep")
    assert [user for user, _ in people_called("@Rita Rep, look")] == [rita.pk, other.pk]
    assert [user for user, _ in people_called("@Rita, look")] == [short.pk]


def test_signs_in_a_name_are_no_pattern(db):
    odd = UserFactory(first_name="A.*(", last_name="[x")
    assert [user for user, _ in people_called("@A.*( [x and @Anybody")] == [odd.pk]


def test_the_parts_of_a_text_are_the_text():
    body = "a @Tom T b @tom t"
    pieces = list(parts(body, {"Tom T": 7}))
    assert "".join(text for text, _ in pieces) == body
    assert [text for text, who in pieces if who == 7] == ["@Tom T", "@tom t"]


@pytest.mark.parametrize(
    ("stored", "typed"),
    [
        ("İpek Kaya", "İpek Kaya"),
        ("Jose\u0301 Ruiz", "Jos\u00e9 Ruiz"),
        ("Jos\u00e9 Ruiz", "Jose\u0301 Ruiz"),
        ("Ann O’Brien", "Ann O'Brien"),
        ("Marit Lindqvist", "Marit Lindqvi\u017ft"),
    ],
)
def test_a_name_is_the_same_however_its_letters_are_typed(page, lead, owner, stored, typed):
    first, last = stored.split()
    user = UserFactory(first_name=first, last_name=last)
    assert people_called(f"@{typed}, look") == [(user.pk, typed)]
    CommentFactory(lead=lead, created_by=owner, body=f"@{stored} or @{typed} hi")
    response = page.get(f"/leads/{lead.pk}/")
    assert response.status_code == 200
    assert response.content.decode().count('class="mention"') == 2


def test_a_flood_of_calls_is_looked_at_so_far_and_no_further(teammate):
    calls = "@Nobody " * 49
    assert len(people_called(f"{calls}@Tom Teammate")) == 1
    assert people_called(f"{calls}@Nobody @Tom Teammate") == []


@pytest.mark.parametrize("kind", ["comments", "interactions"])
def test_it_works_over_rest_and_by_the_page(kind, api, page, lead, owner, teammate):
    body = {"body": "@Tom Teammate: look"} | ({"kind": "note"} if kind == "interactions" else {})
    answer = api.post(f"/api/leads/{lead.pk}/{kind}/", body)
    assert answer.status_code == 201
    assert answer.json()["body"] == "@Tom Teammate: look"
    said = "comment" if kind == "comments" else "note"
    page.post(f"/leads/{lead.pk}/say/", {"kind": said, "body": "@teammate@example.com, look"})
    assert mentioned() == [("Tom", "Tom Teammate"), ("Tom", "teammate@example.com")]


def test_who_mentions_themselves_does_nothing(lead, owner, teammate):
    CommentFactory(lead=lead, created_by=owner, body="@Olga Owner and @Tom Teammate")
    assert mentioned() == [("Tom", "Tom Teammate")]


def test_everybody_is_notified_once_and_the_mention_is_beside_it(
    lead, owner, teammate, manager, committing
):
    with committing():
        CommentFactory(lead=lead, created_by=owner, body="@Tom Teammate: look")
    told = Notification.objects.filter(type="comment_added")
    assert {row.recipient for row in told} == {owner, teammate, manager}
    assert told.count() == 3
    assert {row.message for row in told} == {"Olga Owner on John Doe: @Tom Teammate: look"}


def test_an_edit_adds_and_removes_and_leaves_who_stays(lead, owner, teammate, manager):
    comment = CommentFactory(lead=lead, created_by=owner, body="@Tom Teammate: look")
    Mention.objects.of(teammate).mark_seen()
    comment.body = "@Mia Example and @Tom Teammate: look"
    comment.save(by=owner)
    assert sorted(mentioned()) == [("Mia", "Mia Example"), ("Tom", "Tom Teammate")]
    assert [mention.user for mention in Mention.objects.unseen()] == [manager]
    comment.body = "@Mia Example: look"
    comment.save(by=owner)
    assert mentioned() == [("Mia", "Mia Example")]
    comment.delete(by=owner)
    assert mentioned() == []


def test_another_name_some_day_makes_no_difference(page, lead, owner, teammate):
    comment = CommentFactory(lead=lead, created_by=owner, body="@Tom Teammate: look")
    teammate.first_name = "Thomas"
    teammate.save()
    comment.body = "@Tom Teammate: look here"
    comment.save(by=owner)
    assert mentioned() == [("Thomas", "Tom Teammate")]
    shown = text_of(page.get(f"/leads/{lead.pk}/"))
    assert '<span class="mention" title="Thomas Teammate">@Tom Teammate</span>: look here' in shown


def test_who_leaves_is_mentioned_no_more_but_stays_where_they_were(lead, owner, teammate):
    comment = CommentFactory(lead=lead, created_by=owner, body="@Tom Teammate: look")
    teammate.is_active = False
    teammate.save()
    CommentFactory(lead=lead, created_by=owner, body="@Tom Teammate: look")
    comment.body += "!"
    comment.save(by=owner)
    assert [mention.entry.comment for mention in Mention.objects.all()] == [comment]


def test_what_strangers_are_called_is_text(page, lead, owner):
    UserFactory(first_name="<b>", last_name='"x"')
    CommentFactory(lead=lead, created_by=owner, body='<i> @<b> "x" </i>\nmore')
    html = page.get(f"/leads/{lead.pk}/").content.decode()
    marked = '<span class="mention" title="&lt;b&gt; &quot;x&quot;">@&lt;b&gt; &quot;x&quot;</span>'
    assert f"&lt;i&gt; {marked} &lt;/i&gt;<br>more" in html


def test_today_has_what_mentions_me_until_i_have_seen_it(browser_as, lead, owner, teammate):
    CommentFactory(lead=lead, created_by=owner, body="@Tom Teammate: look")
    mention = Mention.objects.get()
    tom, olga = browser_as(teammate), browser_as(owner)
    assert "Mentions of you" in text_of(tom.get("/"))
    assert "@Tom Teammate: look" in text_of(tom.get("/"))
    assert "Mentions of you" not in text_of(olga.get("/"))
    path = f"/leads/{lead.pk}/?entry={mention.entry_id}"
    assert f'data-unseen-mention="{mention.pk}"' in text_of(tom.get(path))
    assert "data-unseen-mention" not in text_of(olga.get(path))
    assert "Mentions of you" in text_of(tom.get("/"))  # looking at a page writes nothing
    olga.post("/leads/mentions/seen/", {"mention": mention.pk})
    assert "Mentions of you" in text_of(tom.get("/"))
    sent = {"mention": ["nonsense", "9" * 30, mention.pk], "next": "/"}
    assert tom.post("/leads/mentions/seen/", sent)["Location"] == "/"
    assert "Mentions of you" not in text_of(tom.get("/"))
    assert "data-unseen-mention" not in text_of(tom.get(path))
    assert tom.post("/leads/mentions/seen/", {"mention": mention.pk}).status_code == 204
    assert tom.get("/leads/mentions/seen/").status_code == 405
    assert Client().post("/leads/mentions/seen/").status_code == 302


def test_who_is_mentioned_is_told_after_the_commit_and_nobody_else(
    lead, owner, teammate, committing, monkeypatch
):
    frames = []
    monkeypatch.setattr(realtime, "publish", lambda pushes, then=None: frames.extend(pushes))

    def told():
        users = [push.user_id for push in frames if "lead:mentioned" in push.text]
        frames.clear()
        return users

    with committing():
        comment = CommentFactory(lead=lead, created_by=owner, body="@Tom Teammate: look")
        assert told() == []
    assert told() == [teammate.pk]
    with committing():
        Mention.objects.of(teammate).mark_seen()
    assert told() == [teammate.pk]
    with committing():
        assert Mention.objects.of(teammate).mark_seen() == 0
        TaskFactory(lead=lead)
    assert told() == []
    with committing():
        comment.delete(by=owner)
    assert told() == [teammate.pk]


def test_a_text_without_an_at_sign_asks_nothing_more(lead, owner, django_assert_num_queries):
    for factory in (CommentFactory, InteractionFactory):
        plain = factory.build(lead=lead, created_by=owner, body="look")
        calling = factory.build(lead=lead, created_by=owner, body="@nobody")
        with django_assert_num_queries(PLAIN[factory]):
            plain.save()
        with django_assert_num_queries(PLAIN[factory] + 1):
            calling.save()


PLAIN = {CommentFactory: 6, InteractionFactory: 8}


def test_the_page_and_today_ask_once_however_many_mentions(
    page, lead, owner, teammate, django_assert_num_queries
):
    for number in range(15):
        CommentFactory(lead=lead, created_by=teammate, body=f"@Olga Owner: {number}")
        UserFactory(first_name="Pat", last_name=f"No{number}")
    with django_assert_num_queries(20):
        page.get(f"/leads/{lead.pk}/")
    with django_assert_num_queries(10):
        shown = text_of(page.get("/"))
    assert shown.count('class="mention-item"') == 10


def test_a_lead_takes_its_mentions_along(lead, owner, teammate):
    CommentFactory(lead=lead, created_by=owner, body="@Tom Teammate: look")
    lead.delete()
    assert (Mention.objects.count(), Comment.objects.count()) == (0, 0)
    assert not Interaction.objects.exists()
