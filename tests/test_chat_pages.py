"""The pages of the chat, without a browser: what they show, to whom, and how they refuse."""

import re

import pytest

from chat import talk, words
from chat.models import ChatInbox, Message
from crm.chat import leads_of
from tests.factories import LeadFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def say():
    def send(sender, recipient, body="Hello"):
        return Message.objects.create(sender=sender, recipient=recipient, body=body)

    return send


def shown(page, path):
    response = page.get(path)
    assert response.status_code == 200
    return response.content.decode()


def bodies(html):
    found = re.findall(r'<p class="message-body" dir="auto">(.*?)</p>', html, re.DOTALL)
    return [re.sub(r"<[^>]*>", "", body) for body in found]


def test_a_conversation_is_written_and_read_without_scripts(page, owner, teammate, say):
    theirs = say(teammate, owner, "Are you there?")
    path = f"/chat/{teammate.pk}/"
    assert 'data-chat-unread="1"' in shown(page, path)
    theirs.refresh_from_db()
    assert theirs.read_at is None  # a GET writes nothing

    assert page.post(f"{path}read/", {"upTo": theirs.pk}).status_code == 302
    answer = page.post(f"{path}send/", {"body": "Yes.\r\nNow 👋"}, follow=True)
    html = answer.content.decode()
    assert bodies(html) == ["Are you there?", "Yes.\nNow 👋"]
    assert 'data-chat-unread="0"' in html
    assert Message.objects.get(sender=owner).body == "Yes.\nNow 👋"


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ("", "Write something."),
        (" \r\n ", "Write something."),
        ("x" * 10_001, "A message has up to 10,000 characters: send it in parts."),
        ("a\x00b", "Null characters are not allowed."),
    ],
    ids=["empty", "blank", "long", "nul"],
)
def test_what_cannot_be_sent_comes_back_with_a_sentence(page, teammate, body, sentence):
    answer = page.post(f"/chat/{teammate.pk}/send/", {"body": body})
    assert answer.status_code == 400
    html = answer.content.decode()
    assert f'<p class="error">{sentence}</p>' in html
    assert body.strip("\x00") == "" or "textarea" in html
    assert not Message.objects.exists()


def test_with_who_left_one_reads_and_does_not_write(page, owner, teammate, say):
    say(teammate, owner, "Goodbye")
    assert "data-chat-composer" in shown(page, f"/chat/{teammate.pk}/")
    teammate.is_active = False
    teammate.save()
    html = shown(page, f"/chat/{teammate.pk}/")
    assert bodies(html) == ["Goodbye"]
    assert "Tom does not work here any more" in html
    assert "data-chat-composer" not in html
    answer = page.post(f"/chat/{teammate.pk}/send/", {"body": "x"})
    assert (answer.status_code, Message.objects.count()) == (400, 1)


def test_there_is_no_page_for_oneself_or_nobody(page, owner):
    for pk in (owner.pk, 10**6):
        assert page.get(f"/chat/{pk}/").status_code == 404
        assert page.post(f"/chat/{pk}/send/", {"body": "x"}).status_code == 404


def test_nobody_finds_what_two_others_write(client, page, owner, teammate, manager, say):
    say(owner, teammate, "Between us")
    client.force_login(manager, backend="django.contrib.auth.backends.ModelBackend")
    for path in ("/chat/", f"/chat/{owner.pk}/", f"/chat/{teammate.pk}/"):
        assert "Between us" not in shown(client, path)
    client.force_login(owner, backend="django.contrib.auth.backends.ModelBackend")
    for path in ("/chat/", f"/chat/{teammate.pk}/"):
        assert "Between us" in shown(client, path)


def test_somebody_to_write_to_is_chosen(page, owner, teammate, outsider):
    html = shown(page, "/chat/")
    assert f'<option value="{teammate.pk}">' in html
    assert f'<option value="{owner.pk}">' not in html
    assert f'<option value="{outsider.pk}">' not in html
    assert page.get("/chat/", {"with": teammate.pk})["Location"] == f"/chat/{teammate.pk}/"
    for strange in ("", "x", "9" * 30, "-1"):
        assert page.get("/chat/", {"with": strange}).status_code == 200


def test_history_is_paged_and_can_be_grown(page, owner, teammate, say, monkeypatch):
    monkeypatch.setattr(talk, "SHOWN", 3)
    sent = [say(owner, teammate, f"{n}") for n in range(7)]
    path = f"/chat/{teammate.pk}/"

    html, found = shown(page, path), []
    while True:
        found = bodies(html) + found
        earlier = re.search(r'href="(\?before=\d+)" data-chat-earlier', html)
        if not earlier:
            break
        html = shown(page, path + earlier[1])
    assert found == [f"{n}" for n in range(7)]
    grown = shown(page, f"{path}?since={sent[1].pk}")
    assert bodies(grown) == [f"{n}" for n in range(1, 7)]
    assert f"?before={sent[1].pk}" in grown
    assert "?before=" not in shown(page, f"{path}?since={sent[0].pk}")
    for strange in ("before=x", "since=-1", "before=%D9%A1", f"since={'9' * 30}"):
        assert bodies(shown(page, f"{path}?{strange}")) == ["4", "5", "6"]


def test_what_is_sent_delivered_and_read_is_said_in_words(page, owner, teammate, say):
    message = say(owner, teammate)
    path = f"/chat/{teammate.pk}/"
    assert "<span>Sent</span>" in shown(page, path)
    ChatInbox(pk=teammate.pk).acknowledge(1)
    assert "<span>Delivered</span>" in shown(page, path)
    ChatInbox(pk=teammate.pk).mark_read(owner.pk, message.pk)
    assert "<span>Read <time" in shown(page, path)


# Links


@pytest.mark.parametrize(
    ("body", "links"),
    [
        ("see https://example.org/a?b=1&c=2.", ["https://example.org/a?b=1&c=2"]),
        ("(http://example.org/a_(b))", ["http://example.org/a_(b)"]),
        ("javascript:alert(1) data:text/html,x ftp://x.org", []),
        ("https:// and HTTPS://EXAMPLE.ORG!", ["HTTPS://EXAMPLE.ORG"]),
        ("/leads/12/, /leads/13", ["/leads/12/", "/leads/13"]),
        ("/leads/x/ a/leads/1/ //evil.org/leads/1/ /leads/12/edit/", []),
        ('https://example.org/"onmouseover="x', ["https://example.org/"]),
        ("שלום https://example.org/ שלום", ["https://example.org/"]),
    ],
)
def test_links_are_found_and_nothing_else_is_one(body, links):
    parts = list(words.parts(body))
    assert [address for _, address in parts if address] == links
    assert "".join(text for text, _ in parts) == body


def test_what_is_written_is_escaped(page, owner, teammate, say):
    body = "<script>alert(1)</script> https://example.org/<b> &amp;"
    say(teammate, owner, body)
    html = shown(page, f"/chat/{teammate.pk}/")
    assert "<script>alert" not in html
    assert (
        '<a href="https://example.org/" target="_blank" rel="noopener noreferrer nofollow">' in html
    )
    assert "&lt;b&gt; &amp;amp;" in html


def test_a_link_to_a_lead_unfolds_into_its_line(page, owner, teammate, say):
    lead = LeadFactory(company="ABC Company", stage="won")
    say(teammate, owner, f"Look at http://testserver/leads/{lead.pk}/?in=x and /leads/{lead.pk}/")
    html = shown(page, f"/chat/{teammate.pk}/")
    assert html.count('class="message-lead"') == 1
    assert re.search(r"John Doe.*ABC Company.*Won", html.partition("message-lead")[2], re.DOTALL)
    lead.delete()
    assert "message-lead" not in shown(page, f"/chat/{teammate.pk}/")


def test_a_lead_of_another_site_and_one_that_never_was_do_not_unfold(page, owner, teammate, say):
    lead = LeadFactory()
    say(
        teammate,
        owner,
        f"https://evil.example/leads/{lead.pk}/ /leads/{10**17}/ /leads/{'9' * 18}/",
    )
    assert "message-lead" not in shown(page, f"/chat/{teammate.pk}/")
    say(teammate, owner, f"/leads/{lead.pk}/")
    assert "message-lead" in shown(page, f"/chat/{teammate.pk}/")


def test_a_lead_unfolds_only_to_who_may_read_it(owner, outsider):
    lead = LeadFactory()
    assert leads_of(owner, {lead.pk}) == {lead.pk: lead}
    assert leads_of(outsider, {lead.pk}) == {}


# Few queries


@pytest.mark.parametrize("count", [1, 40])
def test_pages_take_the_same_few_queries_for_one_and_for_many(
    count, page, owner, django_assert_num_queries
):
    lead = LeadFactory()
    for _ in range(count):
        person = UserFactory()
        for _ in range(2):
            Message.objects.create(sender=person, recipient=owner, body=f"/leads/{lead.pk}/")
    # Who asks: 2. The conversations, what is unread, the people. Where both inboxes stand.
    with django_assert_num_queries(6):
        shown(page, "/chat/")
    # And who it is with, the messages, their leads.
    with django_assert_num_queries(9):
        shown(page, f"/chat/{person.pk}/")
