"""Every page in every language: each string is marked, each is translated, and what is stored or
sent to programs stays in English."""

import re
import string
from datetime import UTC, datetime
from html.parser import HTMLParser
from zoneinfo import ZoneInfo

import pytest
from babel.messages import pofile
from django.utils import timezone, translation

from chat.models import Message
from crm import zones
from crm.models import User
from leads.models import Delivery, Lead, Pause, Rule, SavedView, Source
from notifications import sentences
from notifications.models import Notification
from tests.factories import (
    AppointmentFactory,
    CommentFactory,
    InteractionFactory,
    LeadFactory,
    TaskFactory,
    UserFactory,
)
from tests.test_pages import PAGES, filled
from tools import translations

GAPS = re.compile(r"%\(\w+\)s|%[sd]|\{\w+\}")


# The catalogs


@pytest.fixture(scope="module")
def strings():
    return translations.marked()


def catalog_at(path):
    with path.open("rb") as file:
        return pofile.read_po(file, locale=path.parts[-3])


@pytest.mark.parametrize("path", translations.CATALOGS, ids=lambda path: path.parts[-3])
class TestACatalog:
    def test_has_every_marked_string_and_no_other(self, path, strings):
        renewed = translations.written(translations.renewed(path, strings))
        assert path.read_bytes() == renewed, "Run `make translations`."

    def test_translates_each(self, path):
        missing = [m.id for m in catalog_at(path) if m.id and not translations.translated(m)]
        assert missing == []

    def test_keeps_what_is_filled_in(self, path):
        for message in catalog_at(path):
            ours = message.id if isinstance(message.id, tuple) else (message.id,)
            theirs = message.string if isinstance(message.string, tuple) else (message.string,)
            gaps = {frozenset(GAPS.findall(words)) for words in ours}
            assert message.id == "" or {frozenset(GAPS.findall(w)) for w in theirs} <= gaps

    def test_is_compiled_as_it_is_written(self, path):
        assert path.with_suffix(".mo").read_bytes() == translations.compiled(catalog_at(path))


# Every string of a page is marked: what is translated stands in brackets, and what people wrote is
# Cyrillic, so that no Latin letter is left outside of brackets.

NAMES = ("Leadbell", "English", "Deutsch", "jo doe")
FREE = re.compile(
    rf"\b({'|'.join(NAMES)})\b|\S*@\S*|\S+://\S+|/leads/\d+/|[a-z0-9-]+\.[a-z.]+|&[a-z]+;"
)
SAID = ("aria-label", "title", "placeholder", "alt", "content")
SILENT = ("script", "style", "kbd", "time", "noscript")


class Reader(HTMLParser):
    """What a page says to who sees or hears it."""

    def __init__(self, page):
        super().__init__()
        self.words, self.within = [], []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        if tag in SILENT:
            self.within.append(tag)
        if tag == "meta" and attrs.get("name") != "description":
            return
        named = [value for name, value in attrs.items() if name in SAID or "data-say-" in name]
        self.words += [value for value in named if value]

    def handle_endtag(self, tag):
        if self.within and self.within[-1] == tag:
            self.within.pop()

    def handle_data(self, data):
        if not self.within:
            self.words.append(data)


def unmarked(page) -> list[str]:
    left = []
    for words in Reader(page).words:
        rest = words
        while (shorter := re.sub(r"⟦[^⟦⟧]*⟧", "", rest)) != rest:
            rest = shorter
        a_place = rest.replace(" ", "_") in zones.KNOWN  # named as everywhere
        if not a_place and set(FREE.sub("", rest)) & set(string.ascii_letters):
            left.append(" ".join(words.split()))
    return left


@pytest.fixture
def bracketed(monkeypatch):
    """A language in which each translated string stands in brackets."""

    def gettext(message):
        return f"⟦{message}⟧" if message else ""

    def ngettext(one, many, number):
        return gettext(one if number == 1 else many)

    monkeypatch.setattr(translation._trans, "gettext", gettext)
    monkeypatch.setattr(translation._trans, "ngettext", ngettext)
    monkeypatch.setattr(translation._trans, "pgettext", lambda _context, text: gettext(text))
    monkeypatch.setattr(
        translation._trans, "npgettext", lambda _context, one, many, n: ngettext(one, many, n)
    )


@pytest.fixture
def cyrillic(committing):
    """Somebody to whose lead something of each kind happened, all of it in Cyrillic letters."""
    person = UserFactory(first_name="Анна", last_name="Орлова", role=User.Role.MANAGER)
    with committing():
        lead = LeadFactory(
            first_name="Пётр", last_name="Иванов", company="Заря", city="Казань", owner=person
        )
        by = {"lead": lead, "created_by": person}
        LeadFactory(first_name="Пётр", last_name="", company="Волна", phone="555 1234")
        SavedView.objects.create(owner=person, name="Мои")
        CommentFactory(body="Ждут", **by)
        InteractionFactory(body="Звонок", **by)
        TaskFactory(title="Счёт", assignee=person, **by)
        AppointmentFactory(title="Встреча", **by)
        lead.stage, lead.phone = Lead.Stage.WON, "555 1234"
        lead.save(by=person)
        Notification.objects.create(recipient=person, type="system", title="Привет", message="Мир")
        other = UserFactory(first_name="Иван", last_name="Волков")
        Message.objects.create(
            sender=person, recipient=other, body=f"http://testserver{lead.get_absolute_url()}"
        )
        Message.objects.create(sender=other, recipient=person, body="Спасибо")
    return lead


@pytest.mark.django_db
@pytest.mark.parametrize("path", PAGES)
def test_each_string_of_a_page_is_marked(client, cyrillic, bracketed, path):
    client.force_login(cyrillic.owner)
    page = client.get(filled(path, cyrillic, cyrillic.owner)).content.decode()
    assert "⟦" in page or "".join(Reader(page).words).strip() == ""
    assert unmarked(page) == []


@pytest.mark.django_db
def test_each_string_of_the_pages_of_sources_is_marked(client, cyrillic, bracketed):
    client.force_login(cyrillic.owner)
    payload = '{"имя": "Пётр"}'.encode()
    ids = {}
    for kind in ("google", "meta", "typeform", "salesforce", "json"):
        fields = {"secret": "1", "verify_token": "2", "access_token": "3"}
        ids[kind] = Source.objects.create(name="Дверь", kind=kind, **fields).pk
    door = Source.objects.get(kind="json")
    door.note_refusal("The body is a list.")
    rule = Rule(source=door, conditions=[{"field": "city", "op": "is", "value": "Казань"}])
    rule.to, rule.user = "user", cyrillic.owner
    rule.save()
    Pause.objects.choose(cyrillic.owner, True)
    paths = ["/sources/", "/sources/new/", *(f"/sources/new/{kind}/" for kind in ids)]
    paths += [f"/sources/{pk}/" for kind, pk in ids.items() if kind != "json"]
    shop = f"/sources/{door.pk}/"
    for state in Delivery.State.values:
        row = Delivery.objects.create(source=door, state=state, payload=payload, reason="It came.")
        paths += [f"{shop}deliveries/?state={state}", f"{shop}deliveries/{row.pk}/"]
    for part in ("renew", "secret", "delete", "rules/new", f"rules/{rule.pk}", "mapping"):
        paths.append(f"{shop}{part}/")
    left = {path: unmarked(client.get(path).content.decode()) for path in paths}
    assert not {path: found for path, found in left.items() if found}


def test_the_reader_sees_what_is_not_marked():
    page = "<p title='Plain'>⟦Marked⟧ Привет a@b.de</p><time>now</time><i>Left</i>"
    assert unmarked(page) == ["Plain", "Left"]


# Whose language


def test_a_page_speaks_the_language_of_the_browser(client):
    german = client.get("/login/", headers={"accept-language": "de-AT,de;q=0.9,en;q=0.5"})
    assert ">Anmelden<" in german.content.decode()
    assert 'lang="de"' in german.content.decode()
    assert german["Content-Language"] == "de"
    french = client.get("/login/", headers={"accept-language": "fr"})
    assert ">Sign in<" in french.content.decode()


@pytest.mark.django_db
def test_who_chooses_a_language_keeps_it_on_every_device(client, owner):
    client.force_login(owner)
    names = {"first_name": owner.first_name, "last_name": owner.last_name}
    page = client.post("/settings/", names | {"language": "de"}, follow=True).content.decode()
    assert "Gespeichert." in page
    elsewhere = type(client)(headers={"accept-language": "en"})
    elsewhere.force_login(owner)
    assert "Einstellungen" in elsewhere.get("/settings/").content.decode()


@pytest.mark.django_db
def test_a_language_that_there_is_not_is_refused(client, owner):
    client.force_login(owner)
    page = client.post("/settings/", {"first_name": "A", "language": "tlh"}).content.decode()
    assert "tlh is not one of the available choices" in page
    owner.refresh_from_db()
    assert (owner.language, owner.first_name != "A") == ("", True)


@pytest.mark.django_db
def test_the_api_answers_programs_in_english(client, owner):
    owner.language = "de"
    owner.save()
    client.force_login(owner)
    headers = {"accept-language": "de"}
    answer = client.get("/api/notifications/changes/?since=x", headers=headers)
    assert answer.json() == {"since": ["Give a whole number from 0."]}


@pytest.mark.django_db
def test_what_happened_is_stored_in_english_whoever_did_it(
    client, committing, lead, owner, teammate
):
    owner.language = "de"
    owner.save()
    client.force_login(owner)
    with committing():
        for name, value in (("phone", "555 1234"), ("stage", "won"), ("owner", owner.pk)):
            page = client.get(f"/leads/{lead.pk}/").content.decode()
            version = re.search(r'name="version" value="([^"]+)"', page)[1]
            sent = {"name": name, name: value, "version": version}
            assert client.post(f"/leads/{lead.pk}/field/", sent).status_code == 302
    told = teammate.notifications.get(type="contact")
    assert (told.title, told.message) == ("Contact Updated", f"{lead.name}: phone")
    assert list(lead.activities.order_by("pk").values_list("message", flat=True)) == [
        "phone", "New → Won", f"Nobody → {owner}",
    ]  # fmt: skip
    page = client.get(f"/leads/{lead.pk}/").content.decode()
    assert "Neu → Gewonnen" in page
    assert f"Niemand → {owner}" in page


# Notifications in the reader's language


@pytest.mark.django_db
def test_each_notification_is_told_in_the_readers_language(committing, lead, owner):
    with committing():
        by = {"lead": lead, "created_by": owner}
        Lead.objects.create(first_name="Ada", phone="555 1234")
        CommentFactory(body="Send it on: {lead}", **by)
        TaskFactory(title="Call", completed_at=datetime(2026, 3, 2, tzinfo=UTC), **by)
        AppointmentFactory(title="Demo", **by)
        lead.phone, lead.email = "555 1234", "new@example.org"
        lead.save(by=owner)
    others = owner.notifications.exclude(message__contains="ABC").exclude(type="score_updated")
    with translation.override("de"):
        told = {(n.type, sentences.title_of(n), sentences.message_of(n)) for n in others}
    name = lead.name
    assert told == {
        ("lead_created", "Neuer Lead", "Ada ist in der Pipeline"),
        ("comment_added", "Neuer Kommentar", f"{owner} zu {name}: Send it on: {{lead}}"),
        ("task_completed", "Aufgabe erledigt", f"Call erledigt für {name}"),
        ("event", "Termin", f"Demo mit {name} um 2. Mär 2026, 09:30"),
        ("contact", "Kontakt geändert", f"{name}: E-Mail, Telefon"),
    }


@pytest.mark.parametrize(
    ("kind", "message", "told"),
    [
        ("event", "x with y at 2026-99-99 99:99 UTC with Bob at 2026-03-02 09:30 UTC",
         "x with y at 2026-99-99 99:99 UTC mit Bob um 2. Mär 2026, 18:30"),
        ("event", "Lunch at Rio with Bob at 9999-12-31 22:00 UTC",
         "Lunch at Rio mit Bob um 9999-12-31 22:00 UTC"),
        ("event", "Talk with Bob at 2026-99-99 99:99 UTC", "Talk mit Bob um 2026-99-99 99:99 UTC"),
        ("event", "Talk with Bob at noon", "Talk with Bob at noon"),
        ("task_completed", "Call completed for review completed for Bob",
         "Call completed for review erledigt für Bob"),
        ("comment_added", "Ann on Bob: look on Joe: now", "Ann zu Bob: look on Joe: now"),
    ],
)  # fmt: skip
def test_what_people_write_may_look_like_the_sentence(kind, message, told):
    with translation.override("de"), timezone.override(ZoneInfo("Asia/Tokyo")):
        assert sentences.message_of(Notification(type=kind, message=message)) == told


def test_what_an_administrator_announces_is_told_as_it_is_written():
    announced = Notification(type="system", title="Task Completed", message="A is now B")
    with translation.override("de"):
        assert sentences.title_of(announced) == "Task Completed"
        assert sentences.message_of(announced) == "A is now B"
