"""The pages of sources: made, connected, tried, their rules, what they brought, and what it is
mapped to."""

import json
import re
from datetime import timedelta
from html import unescape

import pytest
from django.utils import timezone

from leads.forms.rule import RuleForm
from leads.forms.source import SourceForm
from leads.intake.doors import Arrival
from leads.models import Delivery, Lead, Pause, Rule, Source
from tests.test_lead_list import said
from tests.test_pages import counted

pytestmark = pytest.mark.django_db

KINDS = Source.Kind.values
NEW = {"name": "Door", "fill_seconds": "3"}
META = NEW | {"secret": "app secret", "access_token": "token"}
UNKNOWN = {"who": "Zed", "reach": {"mail_me": "zed@example.org"}, "land": "DE", "odd": "<b>x</b>"}


@pytest.fixture
def desk(browser_as, manager):
    """A browser without JavaScript, signed in as the manager."""
    return browser_as(manager)


@pytest.fixture
def shop():
    return Source.objects.create(name="Shop", kind="json")


def brought(source, body) -> Delivery:
    arrival = Arrival(json.dumps(body).encode(), "application/json")
    return Delivery.objects.take(source, arrival)[0]


def suspected(source) -> Delivery:
    """As the door keeps it aside."""
    body = b"first_name=Ada&email=ada%40example.org"
    return Delivery.objects.create(
        source=source,
        state="suspect",
        reason="The hidden field is filled in.",
        payload=body,
        content_type="application/x-www-form-urlencoded",
        headers={"User-Agent": "<script>"},
    )


def html(desk, path):
    response = desk.get(path)
    assert response.status_code == 200
    return unescape(response.content.decode())


# The list


def test_without_sources_the_page_says_what_to_do(desk):
    text = html(desk, "/sources/")
    assert "No sources yet" in text
    assert text.count('href="/sources/new/"') == 3  # two buttons, and the palette


def test_the_list_says_how_each_source_stands(desk, shop, manager):
    brought(shop, {"email": "ada@example.org"})
    brought(shop, {"email": "bea@example.org"})
    old = brought(shop, {"email": "cleo@example.org"})
    Delivery.objects.filter(pk=old.pk).update(received_at=timezone.now() - timedelta(days=31))
    shop.send_test(by=manager)
    brought(shop, UNKNOWN)
    form = Source.objects.create(name="Form", kind="form", active=False)
    suspected(form)
    form.note_refusal("Too much came for this source: wait a minute.")
    text = html(desk, "/sources/")
    rows = text.partition("<tbody")[2].split("<tr")[1:]
    assert len(rows) == 2
    first, second = rows
    assert "takes no leads" in first
    assert "1 kept aside" in first
    assert "1 refused" in first
    assert "Too much came for this source" in first
    assert re.search(r'numbers">2 ', second)  # no test, and none of a month ago
    assert f"/sources/{shop.pk}/deliveries/?state=failed" in second
    assert "1 failed" in second
    assert "kept aside" not in second


def test_the_pages_take_as_many_queries_for_many_deliveries_as_for_few(desk, shop, owner):
    Rule(source=shop, to="role", role="rep").save()
    brought(shop, {"email": "ada@example.org"})
    path = shop.get_absolute_url()
    paths = {"/sources/": 7, path: 13, f"{path}deliveries/": 6, f"{path}mapping/": 6}
    found = {each: counted(desk, each) for each in paths}
    for n in range(30):
        brought(shop, {"email": f"ada{n}@example.org"})
        brought(shop, UNKNOWN)
        Source.objects.create(name=f"Source {n}", kind="form")
        rule = Rule(source=shop, to="people", conditions=[])
        rule.save()
        rule.people.set([owner])
    assert {each: counted(desk, each) for each in paths} == found == paths


# Making one


@pytest.mark.parametrize("kind", KINDS)
def test_a_source_of_each_kind_is_made_with_its_fields_only(desk, manager, kind):
    assert f"/sources/new/{kind}/" in html(desk, "/sources/new/")
    path = f"/sources/new/{kind}/"
    shown = set(re.findall(r'name="([a-z_]+)"', html(desk, path))) - {"csrfmiddlewaretoken"}
    web = {"allowed_origins", "return_hosts", "fill_seconds"}
    assert shown & (web | {"secret", "access_token"}) == {
        "form": web, "salesforce": web, "meta": {"secret", "access_token"},
    }.get(kind, set())  # fmt: skip
    response = desk.post(path, META | {"tags": "web, Fair", "owner": manager.pk})
    source = Source.objects.get()
    assert response["Location"] == f"/sources/{source.pk}/"
    assert (source.kind, source.name, source.created_by) == (kind, "Door", manager)
    assert (source.tags, source.owner) == (["web", "Fair"], manager)
    assert bool(source.secret) == (kind in ("google", "meta", "typeform"))
    assert bool(source.verify_token) == (kind == "meta")


@pytest.mark.parametrize(
    ("kind", "sent", "words"),
    [
        ("form", {"name": ""}, "Give a name."),
        ("form", {"name": "a\nb"}, "on one line"),
        ("form", {"allowed_origins": "shop"}, "Write a website as"),
        ("form", {"return_hosts": "https://x y"}, "Write a host as"),
        ("form", {"fill_seconds": "61"}, "less than or equal to 60"),
        ("form", {"fill_seconds": "-1"}, "greater than or equal to 0"),
        ("form", {"tags": "x" * 51}, "A tag has up to 50 characters."),
        ("form", {"tags": ",".join(map(str, range(30)))}, "at most 20 tags"),
        ("form", {"owner": "999999"}, "not one of the available choices"),
        ("meta", {"secret": ""}, "Fill this in"),
        ("meta", {"access_token": ""}, "Fill this in"),
    ],
)
def test_what_will_not_do_is_said_beside_its_field(desk, kind, sent, words):
    response = desk.post(f"/sources/new/{kind}/", META | sent)
    assert response.status_code == 200
    assert words in unescape(response.content.decode())
    assert not Source.objects.exists()


def test_a_kind_or_a_source_that_there_is_not_is_a_404(desk, shop):
    other = Source.objects.create(name="Other", kind="json")
    theirs, rule = brought(other, UNKNOWN), Rule(source=other, to="role", role="rep")
    rule.save()
    for path in (
        *("/sources/new/fax/", "/sources/999999/", "/sources/999999/deliveries/"),
        f"/sources/{shop.pk}/deliveries/{theirs.pk}/",
        f"/sources/{shop.pk}/rules/{rule.pk}/",
    ):
        assert desk.get(path).status_code == 404
    for path in (f"deliveries/{theirs.pk}/replay/", f"rules/{rule.pk}/delete/"):
        assert desk.post(f"/sources/{shop.pk}/{path}").status_code == 404
    form = Source.objects.create(name="Form", kind="form")
    assert desk.post(f"/sources/{form.pk}/secret/").status_code == 404
    assert Rule.objects.exists()


# How it is connected


@pytest.mark.parametrize("kind", KINDS)
def test_the_page_says_what_to_paste_where(desk, kind):
    secrets = {"secret": "the-secret-word", "verify_token": "the-verify-word"}
    source = Source.objects.create(name="Door", kind=kind, access_token="the-access", **secrets)
    text = html(desk, source.get_absolute_url())
    address = f"http://testserver{source.path}"
    assert address in text
    asked = {
        "form": "</form>",
        "salesforce": "retURL",
        "google": "the-secret-word",
        "meta": "the-verify-word",
        "typeform": "the-secret-word",
        "json": "curl -X POST",
    }
    assert asked[kind] in text
    assert "the-access" not in text
    assert ("the-secret-word" in text) == (kind in Source.MAKES_ITS_SECRET)


def test_the_form_to_paste_is_text_on_the_page(desk):
    source = Source.objects.create(name="Form", kind="form")
    raw = desk.get(source.get_absolute_url()).content.decode()
    assert raw.count("&lt;form action=") == 2  # to read, and to copy
    assert f'<form action="http://testserver{source.path}"' not in raw


def test_settings_are_saved_and_a_secret_that_is_left_empty_stays(desk):
    source = Source.objects.create(
        name="Meta", kind="meta", secret="old", verify_token="v", access_token="t"
    )
    path = source.get_absolute_url()
    sent = {"name": "Campaign", "verify_token": "v2", "label": "Facebook"}
    assert desk.post(path, sent)["Location"] == path
    source.refresh_from_db()
    assert (source.name, source.secret, source.access_token) == ("Campaign", "old", "t")
    assert (source.verify_token, source.label, source.active) == ("v2", "Facebook", False)
    desk.post(path, sent | {"secret": "new", "active": "on"})
    source.refresh_from_db()
    assert (source.secret, source.active) == ("new", True)
    shown = desk.post(path, sent | {"name": ""})
    assert "Give a name." in shown.content.decode()
    assert '<h1 dir="auto">Campaign</h1>' in shown.content.decode()


def test_a_new_address_and_a_new_secret_are_asked_for_twice(desk, shop):
    path = shop.get_absolute_url()
    old = shop.token
    assert "ends at once" in html(desk, f"{path}renew/")
    shop.refresh_from_db()
    assert shop.token == old
    desk.post(f"{path}renew/")
    shop.refresh_from_db()
    assert shop.token != old
    assert "is not signed with it is refused" in html(desk, f"{path}secret/")
    desk.post(f"{path}secret/")
    shop.refresh_from_db()
    first = shop.secret
    assert len(first) >= 32
    assert "Have no secret" in html(desk, f"{path}secret/")
    desk.post(f"{path}secret/")
    shop.refresh_from_db()
    assert shop.secret not in ("", first)
    desk.post(f"{path}secret/", {"remove": "on"})
    shop.refresh_from_db()
    assert shop.secret == ""


@pytest.mark.parametrize("kind", KINDS)
def test_a_test_lead_shows_what_came_of_it(desk, kind):
    desk.post(f"/sources/new/{kind}/", META)
    source = Source.objects.get()
    shown = desk.post(f"/sources/{source.pk}/test/", follow=True)
    delivery = Delivery.objects.get()
    assert shown.redirect_chain == [(f"/sources/{source.pk}/deliveries/{delivery.pk}/", 302)]
    text = shown.content.decode()
    assert delivery.is_test
    assert "Made a lead" in text
    assert f'href="/leads/{delivery.lead_id}/"' in text
    assert source.secret not in text or not source.secret


def test_deleting_one_says_what_goes_and_leaves_its_leads(desk, shop):
    brought(shop, {"email": "ada@example.org"})
    text = html(desk, f"/sources/{shop.pk}/delete/")
    assert "the log of 1 delivery go for good" in text
    assert "Its leads stay" in text
    desk.post(f"/sources/{shop.pk}/delete/")
    assert not Source.objects.exists()
    assert Lead.objects.get().origins.get().delivery is None


# Rules


def rule_sent(*conditions, **fields):
    lists = zip(*conditions, strict=True) if conditions else ((), (), ())
    names = ("condition-field", "condition-op", "condition-value")
    return dict(zip(names, map(list, lists), strict=True)) | fields


def test_rules_are_added_moved_edited_and_deleted(desk, shop, owner, teammate):
    path = f"{shop.get_absolute_url()}rules/"
    sent = rule_sent(("Country", "is", "DE"), ("", "is", ""), to="user", user=owner.pk)
    assert desk.post(f"{path}new/", sent)["Location"] == f"{shop.get_absolute_url()}#rules"
    people = {"to": "people", "people": [owner.pk, teammate.pk], "user": teammate.pk, "role": "x"}
    desk.post(f"{path}new/", rule_sent(("campaign", "contains", "spring"), **people))
    desk.post(f"{path}new/", rule_sent(to="role", role="rep"))
    first, second, third = Rule.objects.all()
    assert first.conditions == [{"field": "country", "op": "is", "value": "DE"}]
    assert (second.user, second.role, set(second.people.all())) == (None, "", {owner, teammate})
    Pause.objects.choose(teammate, True)
    words = " ".join(re.sub("<[^>]+>", "", html(desk, shop.get_absolute_url())).split())
    assert "1. country is DE → Olga Owner" in words
    assert "Tom Teammate (takes no new leads)" in words
    assert "3. every lead → Rep, in turn" in words
    desk.post(f"{path}{third.pk}/move/", {"to": "up"})
    desk.post(f"{path}{first.pk}/move/", {"to": "up"})
    assert list(Rule.objects.all()) == [first, third, second]
    desk.post(f"{path}{first.pk}/move/", {"to": "down"})
    desk.post(f"{path}{first.pk}/move/", {"to": "nowhere"})
    assert list(Rule.objects.all()) == [third, first, second]
    text = html(desk, f"{path}{first.pk}/")
    assert 'value="Country"' in text
    desk.post(f"{path}{first.pk}/", rule_sent(("phone", "empty", ""), to="user", user=owner.pk))
    first.refresh_from_db()
    assert first.words == "phone is empty"
    desk.post(f"{path}{third.pk}/delete/")
    assert [rule.position for rule in Rule.objects.all()] == [1, 2]


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        (rule_sent(("", "is", "DE"), to="role", role="rep"), "Say which field"),
        (rule_sent(("country", "is", ""), to="role", role="rep"), "compares with"),
        (rule_sent(("country", "like", "x"), to="role", role="rep"), "how a condition compares"),
        (rule_sent(("x" * 201, "is", "x"), to="role", role="rep"), "at most 200 characters"),
        (rule_sent(to="user"), "Choose somebody who works here."),
        (rule_sent(to="user", user="999"), "not one of the available choices"),
        (rule_sent(to="role"), "Choose a role."),
        (rule_sent(to="people"), "Choose at least one person."),
        (rule_sent(to="people", people=["9" * 30]), "not one of the available choices"),
        (rule_sent(to="everybody"), "not one of the available choices"),
        ({"other": "x"}, "This field is required."),
    ],
)
def test_a_rule_that_says_nothing_is_refused_with_a_sentence(desk, shop, sent, words):
    response = desk.post(f"/sources/{shop.pk}/rules/new/", sent)
    assert response.status_code == 200
    assert words in unescape(response.content.decode())
    assert not Rule.objects.exists()


def test_the_page_says_who_would_get_the_last_that_came(desk, shop, owner, teammate):
    page, lead = shop.get_absolute_url(), {"email": "ada@example.org", "campaign": "Spring"}
    condition = {"field": "campaign", "op": "is", "value": "spring"}
    brought(shop, lead)
    assert "nobody would get it." in html(desk, page)
    shop.owner = teammate
    shop.save()
    assert "  Tom Teammate would get it." in html(desk, page)
    Rule(source=shop, conditions=[condition | {"value": "fall"}], to="user", user=owner).save()
    assert "no rule matches, so Tom Teammate would get it." in html(desk, page)
    rule = Rule(source=shop, conditions=[condition], to="user", user=owner)
    rule.save()
    for _ in range(2):  # to look at it takes no turn
        assert "rule 2 would give it to Olga Owner." in html(desk, page)
    rule.refresh_from_db()
    assert rule.last_given is None
    brought(shop, lead | {"n": 2})
    assert Lead.objects.latest("pk").owner == owner
    brought(shop, UNKNOWN)
    assert "There is no e-mail address" in html(desk, page)


# Deliveries


def test_the_log_shows_what_became_of_each_and_is_read_on_by_pages(desk, shop, monkeypatch):
    monkeypatch.setattr("leads.views.deliveries.PAGE", 2)
    made = [brought(shop, {"email": f"ada{n}@example.org"}) for n in range(3)]
    failed = brought(shop, UNKNOWN)
    path = f"/sources/{shop.pk}/deliveries/"
    assert "no e-mail address and no phone number" in html(desk, path)
    seen, query = [], ""
    while query is not None:
        response = desk.get(f"{path}?{query}")
        seen += [row.pk for row in response.context["rows"]]
        more = response.context["more"]
        query = more and f"before={more}"
    assert seen == [failed.pk, *(row.pk for row in reversed(made))]
    rows = desk.get(f"{path}?state=failed").context["rows"]
    assert [row.pk for row in rows] == [failed.pk]
    assert "No delivery of this kind" in html(desk, f"{path}?state=suspect")
    for strange in ("?state=odd", "?before=x", "?before=%D9%A1", "?before=-1", f"?before={10**30}"):
        assert len(desk.get(path + strange).context["rows"]) == 2
    Delivery.objects.all().delete()
    assert "Nothing has come yet" in html(desk, path)


def test_one_delivery_is_shown_with_all_that_it_was_judged_by(desk):
    form = Source.objects.create(name="Form", kind="form")
    delivery = suspected(form)
    path = f"/sources/{form.pk}/deliveries/{delivery.pk}/"
    raw = desk.get(path).content.decode()
    assert "first_name=Ada&amp;email=ada%40example.org" in raw
    assert "&lt;script&gt;" in raw
    assert "The hidden field is filled in." in raw
    assert "Kept until" in raw
    Delivery.objects.update(payload=None)
    assert "No longer kept." in html(desk, path)


def test_a_payload_of_json_is_shown_line_by_line_and_never_as_html(desk, shop):
    delivery = brought(shop, UNKNOWN | {"name": "عبد"})
    raw = desk.get(f"/sources/{shop.pk}/deliveries/{delivery.pk}/").content.decode()
    assert '<pre class="payload" dir="auto"' in raw
    assert "  &quot;odd&quot;: &quot;&lt;b&gt;x&lt;/b&gt;&quot;" in raw
    assert "عبد" in raw


def test_what_is_kept_aside_is_accepted_or_turned_away_once(desk):
    form = Source.objects.create(name="Form", kind="form")
    one, two = suspected(form), suspected(form)
    path = f"/sources/{form.pk}/deliveries/"
    assert Lead.objects.count() == 0
    accepted = desk.post(f"{path}{one.pk}/accept/", follow=True)
    assert said(accepted) == ["It made a lead: Ada"]
    assert f'href="/leads/{Lead.objects.get().pk}/"' in accepted.content.decode()
    assert said(desk.post(f"{path}{two.pk}/turn-away/", follow=True)) == ["It is turned away."]
    assert Lead.objects.count() == 1
    for verb, pk in (("accept", one.pk), ("accept", two.pk), ("turn-away", two.pk)):
        (sentence,) = said(desk.post(f"{path}{pk}/{verb}/", follow=True))
        assert sentence.startswith("Only what is kept aside")
    assert Lead.objects.count() == 1


# Mapping


def test_what_failed_is_mapped_previewed_saved_and_replayed_at_once(desk, shop):
    failed = [brought(shop, UNKNOWN | {"n": n}) for n in range(2)]
    hopeless = brought(shop, {"who": "Nobody"})
    assert Lead.objects.count() == 0
    path = f"/sources/{shop.pk}/mapping/?delivery={failed[0].pk}"
    text = html(desk, path)
    assert '<option value="reach.mail_me">reach.mail_me: zed@example.org</option>' in text
    assert '<option value="land" selected>land: DE</option>' in text  # as proposed
    assert "There is no e-mail address and no phone number in it." in text
    chosen = {"name": "who", "email": "reach.mail_me", "country": "land"}
    shown = unescape(desk.post(path, chosen | {"preview": "1"}).content.decode())
    preview = shown.partition("The lead that it would make")[2]
    assert '<dd dir="auto">zed@example.org</dd>' in preview
    assert '<dt dir="auto">odd</dt>' in preview
    shop.refresh_from_db()
    assert (shop.mapping, Lead.objects.count()) == ({}, 0)
    assert desk.post(path, chosen)["Location"] == path
    shop.refresh_from_db()
    assert shop.mapping == chosen
    text = html(desk, path)
    assert "Replay 3 that failed" in text
    done = desk.post(f"/sources/{shop.pk}/deliveries/replay/", follow=True)
    assert said(done) == [
        "2 made a lead each.",
        "1 did not: There is no e-mail address and no phone number in it.",
    ]
    assert [row.pk for row in done.context["rows"]] == [hopeless.pk]
    assert {lead.email for lead in Lead.objects.all()} == {"zed@example.org"}
    assert {lead.country for lead in Lead.objects.all()} == {"DE"}
    hopeless.refresh_from_db()
    assert hopeless.state == "failed"
    desk.post(path, {"usual": "1"})
    shop.refresh_from_db()
    assert shop.mapping == {}


def test_what_fails_again_holds_up_nothing_that_came_later(desk, shop, monkeypatch):
    monkeypatch.setattr("leads.views.deliveries.AT_ONCE", 1)
    hopeless = brought(shop, {"who": "Nobody"})
    mended = [brought(shop, UNKNOWN | {"n": n}) for n in range(2)]
    shop.map({"email": "reach.mail_me"})
    for left in ([hopeless.pk, mended[1].pk], [hopeless.pk]):
        desk.post(f"/sources/{shop.pk}/deliveries/replay/")
        failed = shop.deliveries.filter(state="failed").order_by("pk")
        assert list(failed.values_list("pk", flat=True)) == left


def test_what_is_kept_no_longer_needs_no_look_and_is_not_offered_again(desk, shop):
    gone = brought(shop, UNKNOWN)
    log = f"/sources/{shop.pk}/deliveries/"
    assert "1 failed" in html(desk, "/sources/")
    assert "Replay 1 that failed" in html(desk, log)
    assert f"{log}{gone.pk}/replay/" in html(desk, f"{log}{gone.pk}/")
    Delivery.objects.filter(pk=gone.pk).update(payload=None)
    assert "1 failed" not in html(desk, "/sources/")
    assert "that failed" not in html(desk, log)
    assert f"{log}{gone.pk}/replay/" not in html(desk, f"{log}{gone.pk}/")
    assert said(desk.post(f"{log}replay/", follow=True)) == ["Nothing has failed."]


def test_one_failed_delivery_is_replayed_by_itself(desk, shop):
    delivery = brought(shop, UNKNOWN)
    path = f"/sources/{shop.pk}/deliveries/{delivery.pk}/"
    assert "Mend the mapping" in html(desk, path)
    again = desk.post(f"{path}replay/", follow=True)
    assert said(again) == ["There is no e-mail address and no phone number in it."]
    shop.mapping = {"email": "reach.mail_me"}
    shop.save()
    assert said(desk.post(f"{path}replay/", follow=True)) == [
        f"It made a lead: {Lead.objects.get()}"
    ]
    assert said(desk.post(f"{path}replay/", follow=True)) == ["Only what failed can be replayed."]
    assert said(desk.post(f"/sources/{shop.pk}/deliveries/replay/", follow=True)) == [
        "Nothing has failed."
    ]


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        ({"email": "not.there"}, "not one of the available choices"),
        ({"email": "who", "phone": "who"}, "Give each value to one field only."),
    ],
)
def test_a_mapping_that_means_nothing_is_refused(desk, shop, sent, words):
    brought(shop, UNKNOWN)
    response = desk.post(f"/sources/{shop.pk}/mapping/", sent)
    assert response.status_code == 200
    assert words in response.content.decode()
    shop.refresh_from_db()
    assert shop.mapping == {}


@pytest.mark.parametrize("kind", KINDS)
def test_what_any_source_brings_can_be_mapped(desk, kind):
    desk.post(f"/sources/new/{kind}/", META)
    source = Source.objects.get()
    desk.post(f"/sources/{source.pk}/test/")
    text = html(desk, f"/sources/{source.pk}/mapping/")
    assert "selected>" in text
    one = r'<select name="([a-z_]+)"(?:(?!</select>).)*?<option value="([^"]+)" selected'
    chosen = re.findall(one, text, re.S)
    assert {"email"} <= {name for name, _path in chosen}
    assert desk.post(f"/sources/{source.pk}/mapping/", dict(chosen)).status_code == 302
    source.refresh_from_db()
    assert source.mapping == dict(chosen)
    assert Lead.objects.get().email in html(desk, f"/sources/{source.pk}/mapping/")


def test_before_anything_came_the_mapping_says_so(desk, shop):
    assert "Nothing has come yet" in html(desk, f"/sources/{shop.pk}/mapping/")
    assert desk.post(f"/sources/{shop.pk}/mapping/", {"other": "x"}).status_code == 302


# Taking no new leads


def test_everybody_says_for_themselves_that_they_take_no_new_leads(page, owner, teammate):
    assert "checked> Take no new leads" not in html(page, "/settings/")
    for _ in range(2):
        shown = page.post("/leads/pause/", {"paused": "on"}, follow=True)
        assert said(shown) == ["You take no new leads."]
    assert [pause.user for pause in Pause.objects.all()] == [owner]
    assert "checked> Take no new leads" in html(page, "/settings/")
    assert said(page.post("/leads/pause/", {}, follow=True)) == ["You take new leads."]
    assert not Pause.objects.exists()


# What somebody else deletes meanwhile


def test_what_was_deleted_meanwhile_does_not_come_back(desk, shop, monkeypatch):
    rule = Rule(source=shop, to="role", role="rep")
    rule.save()
    path, valid = shop.get_absolute_url(), RuleForm.is_valid

    def too_late(form):
        type(form.instance).objects.filter(pk=form.instance.pk).delete()
        return valid(form)

    for form in (RuleForm, SourceForm):
        monkeypatch.setattr(form, "is_valid", too_late)
    sent = rule_sent(to="role", role="manager")
    assert desk.post(f"{path}rules/{rule.pk}/", sent).status_code == 404
    assert not Rule.objects.exists()
    with pytest.raises(Rule.DoesNotExist):
        rule.move(1)
    assert desk.post(path, {"name": "Back"}).status_code == 404
    for verb in (shop.renew, shop.renew_secret, lambda: shop.map({})):
        with pytest.raises(Source.DoesNotExist):
            verb()
    assert not Source.objects.exists()


def test_a_rule_that_is_deleted_twice_moves_the_others_once(shop):
    rules = [Rule(source=shop, to="role", role="rep") for _ in range(3)]
    for rule in rules:
        rule.save()
    again = Rule.objects.get(pk=rules[0].pk)
    rules[0].delete()
    again.delete()
    assert [rule.position for rule in Rule.objects.all()] == [1, 2]


def test_saving_the_settings_leaves_what_is_counted_meanwhile(desk, shop, monkeypatch):
    valid = SourceForm.is_valid

    def meanwhile(form):
        Source.objects.get().note_refusal("The body is a list.")
        Source.objects.get().renew()
        return valid(form)

    token = shop.token
    monkeypatch.setattr(SourceForm, "is_valid", meanwhile)
    desk.post(shop.get_absolute_url(), {"name": "Renamed", "active": "on"})
    shop.refresh_from_db()
    assert (shop.name, shop.refused_count) == ("Renamed", 1)
    assert shop.token != token


# Where it is found


def test_managers_find_their_way_to_the_sources_and_reps_see_none(desk, page):
    assert html(desk, "/leads/").count('href="/sources/"') == 4
    assert "/sources/" not in html(page, "/leads/")
