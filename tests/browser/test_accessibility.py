"""What axe-core finds on every page, wide and narrow, light and dark, full and empty: nothing."""

from pathlib import Path

import pytest
from django.template.loader import render_to_string
from django.urls import get_resolver, resolve
from django.utils import timezone
from playwright.sync_api import expect

from leads.models import Activity, Delivery, SavedView, Source, Tag
from notifications.models import Announcement, Event
from tests.browser.people import is_live, items, opened_panel, panel, toasts
from tests.browser.test_look import (
    WRITTEN,
    leads,  # noqa: F401 (a fixture)
    pages,
)
from tests.browser.test_sources import source_pages, sources_with_all
from tests.factories import AppointmentFactory, CommentFactory, LeadFactory, TaskFactory
from tests.importing import imported, sent
from tools import node

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

# Every rule of axe but the experimental ones; `target-size` is off unless it is asked for. In the
# dark, where the document is the same, those of colours. Beneath what is open lies what nobody
# aims at: `within` is what is judged then. Style sheets are not read again (`preload`): only rules
# that are experimental look at them, and the policy of contents forbids the way it is done.
JUDGE = """async ([within, dark]) => {
    const rules = { "target-size": { enabled: true } };
    const options = { rules, resultTypes: ["violations"], preload: false };
    if (dark) options.runOnly = { type: "rule", values: ["color-contrast", "link-in-text-block"] };
    if (within === "html") scrollTo(0, 0); // what the bars cover is not out of reach
    const { violations, passes } = await axe.run(within, options);
    const said = ({ html, failureSummary }) => `${html.slice(0, 120)} ${failureSummary}`;
    const found = violations.flatMap(({ id, nodes }) => nodes.map((one) => `${id}: ${said(one)}`));
    return passes.length ? found : ["axe looked at nothing"];
}"""
UNFOLD = "document.querySelectorAll('main details').forEach((one) => { one.open = %s; })"
MENUS = "main details[data-menu]"  # which unfold over the page
ERRORS = ("400", "403", "403_csrf", "404", "500")
# What no address of a page is: parts of pages, what is only posted to, and what is not HTML.
NOT_PAGES = {
    *("logout", "service-worker", "manifest", "complete-task", "reopen-task"),
    *("snooze-task", "leads:snooze-task"),
    *("leads:stage", "leads:row", "leads:board-counts", "leads:card", "leads:export"),
    *("leads:field", "leads:say", "leads:take-back", "leads:mend"),
    *("leads:looking", "leads:look", "leads:mentions-seen", "leads:undo-merge"),
    *("leads:follow", "notifications:hear"),
    *("leads:tags", "leads:pause"),
    *("sources:test", "sources:move-rule", "sources:delete-rule", "sources:replay-failed"),
    *("sources:replay", "sources:accept", "sources:turn-away"),
    *("leads:columns", "leads:save-view"),
    *("leads:complete-task", "leads:reopen-task", "leads:add-task", "leads:add-appointment"),
    *("calendar-feed", "renew-calendar-feed", "remove-calendar-feed"),
    *("chat:send", "chat:read", "chat:who"),
    *("leads:change-task", "leads:delete-task"),
    *("leads:change-appointment", "leads:cancel-appointment"),
    *("announcements:banners", "webhooks:test", "webhooks:enable", "webhooks:redeliver"),
    *("webhooks:secret", "operations:try-again"),
    *("end-session", "end-other-sessions", "begin-two-steps", "confirm-two-steps"),
    *("renew-recovery-codes", "turn-off-two-steps", "leads:export-personal", "leads:erase"),
    *("imports:begin", "imports:part", "imports:complete", "imports:progress", "imports:rows"),
    *("imports:read", "imports:start", "imports:discard", "imports:cancel", "imports:again"),
    *("notifications:panel", "notifications:keep", "notifications:read-all"),
    "notifications:read-storm",
    *("notifications:read", "notifications:unread", "notifications:delete"),
}
WIDTHS, HEIGHT = (1280, 360), 800
EMPTY = (
    *("/", "/leads/", "/leads/board/", "/tasks/", "/calendar/?view=week", "/calendar/?view=month"),
    *("/calendar/?view=agenda", "/chat/", "/notifications/", "/notifications/archive/"),
)


SOURCES = dict.fromkeys((*Source.Kind.values, *Delivery.State.values, "rule"), 1)


class Judge:
    """A browser with axe in every page; ``found`` says what it found, by page."""

    def __init__(self, person):
        self.person, self.page, self.found = person, person.page, {}

    def open(self, path):
        self.person.open(path)
        expect(self.page.locator(WRITTEN)).to_have_count(0)
        self.page.evaluate(UNFOLD % "!('menu' in one.dataset)")
        self.judge(path)
        if self.page.locator(MENUS).count():
            self.page.evaluate(UNFOLD % "'menu' in one.dataset")
            self.judge(f"{path}, its menus", f"{MENUS}[open]")

    def judge(self, name, within="html"):
        """In both themes, and as wide as each screen."""
        self.page.wait_for_load_state()  # without its stylesheet a page has nothing to look at
        for width in WIDTHS if within == "html" else (None,):
            if width:
                self.page.set_viewport_size({"width": width, "height": HEIGHT})
            for scheme in ("dark", "light"):
                self.page.emulate_media(color_scheme=scheme)
                found = self.page.evaluate(JUDGE, [within, scheme == "dark"])
                if found:
                    self.found[f"{name}, {width or ''} {scheme}"] = found

    def finds_nothing(self):
        assert not self.found, "\n\n".join(
            "\n".join((name, *faults)) for name, faults in self.found.items()
        )


@pytest.fixture(scope="session")
def axe():
    folder = node.obtain(Path(__file__).with_name("axe"))
    return (folder / "node_modules" / "axe-core" / "axe.min.js").read_text()


@pytest.fixture
def judge_as(browser_of, axe):
    """``judge_as(user)``: what the user sees, judged by axe."""

    def person(user):
        still = {"reduced_motion": "reduce", "tolerate": r"status of 4\d\d"}
        one = browser_of(user, "/settings/", **still)
        one.context.add_init_script(axe)
        return Judge(one)

    return person


@pytest.fixture
def house(leads, owner, teammate, elsewhere):  # noqa: F811
    """A lead that is there twice, that the owner has something to do for, wrote of, and is
    mentioned on; and a saved view."""

    def make():
        lead = LeadFactory(first_name="Twin", owner=owner, phone="555 1234", company="ABC Company")
        twin = LeadFactory(first_name="Other twin", owner=owner, phone="555-1234")
        task = TaskFactory(lead=lead, assignee=owner, created_by=owner)
        meeting = AppointmentFactory(lead=lead, created_by=owner, attendee_ids=[owner.pk])
        said = CommentFactory(lead=lead, created_by=owner)
        CommentFactory(lead=lead, created_by=teammate, body="@Olga Owner: please call them")
        Tag.objects.give(lead, ["demo", "a longer tag of a trade fair"])
        query = {"stage": "new", "columns": "name,company,stage,tags,email,score,age"}
        view = SavedView.objects.create(owner=owner, name="New ones", shared=True, query=query)
        made = {"twin": lead, "other": twin, "task": task, "meeting": meeting, "view": view}
        made["entry"] = Activity.objects.get(comment=said)
        return {name: row.pk for name, row in made.items()}

    return leads | elsewhere(make)


def paths(house):
    lead, view = f"/leads/{house['twin']}/", f"/leads/views/{house['view']}/"
    return (
        *pages(house),
        *("/leads/board/", "/notifications/archive/"),
        *(lead, f"{lead}merge/{house['other']}/"),
        f"{lead}?entry={house['entry']}&edit={house['entry']}",
        f"{lead}?task={house['task']}",
        f"{lead}?appointment={house['meeting']}",
        f"/leads/?view={house['view']}&sort=name&stage=new",
        *("/leads/views/new/?stage=new", view, f"{view}delete/"),
    )


def test_no_page_is_left_out(house):
    every = {name for name in named(get_resolver()) if not name.startswith("admin:")}
    judged = {resolve(path.partition("?")[0]).view_name for path in paths(house)}
    others = {"login", "leads:bulk", "intake"}  # in tests of their own
    others |= {"forgotten-password", "password-asked", "new-password", "sign-in-code"}
    others |= {"leads:personal"}
    others |= {resolve(path.partition("?")[0]).view_name for path in source_pages(SOURCES)}
    others |= {"announcements:list", "announcements:new", "announcements:withdraw"}
    others |= {"operations:index"}
    others |= {"imports:list", "imports:new", "imports:detail", "imports:undo"}
    others |= {"keys:list", "keys:new", "keys:revoke"}
    others |= {f"webhooks:{name}" for name in ("list", "new", "detail", "remove")}
    assert "leads:detail" in judged
    assert every - judged - others == NOT_PAGES


def named(resolver, prefix=""):
    """The names of all addresses but those of the API, and of what has no name."""
    for pattern in resolver.url_patterns:
        if hasattr(pattern, "url_patterns"):
            if str(pattern.pattern) != "api/":
                space = f"{pattern.namespace}:" if pattern.namespace else ""
                yield from named(pattern, prefix + space)
        elif pattern.name:
            yield prefix + pattern.name


def test_axe_finds_nothing_on_any_page(judge_as, owner, house):
    judge = judge_as(owner)
    for path in paths(house):
        judge.open(path)
    judge.finds_nothing()


def test_axe_finds_nothing_on_pages_in_german(judge_as, owner, house):
    owner.language = "de"
    owner.save()
    judge = judge_as(owner)
    for path in ("/", "/leads/", f"/leads/{house['twin']}/"):
        judge.open(path)
    expect(judge.page.locator("html")).to_have_attribute("lang", "de")
    judge.finds_nothing()


def test_axe_finds_nothing_where_two_are_at_one_lead(judge_as, browser_of, owner, teammate, house):
    path = f"/leads/{house['twin']}/"
    judge = judge_as(owner)
    page = judge.person.open(path)
    expect(page.locator("#duplicates, #mentions, .mention")).not_to_have_count(0)
    browser_of(teammate, path)
    expect(page.locator("#looking")).to_contain_text("Tom is here too")
    page.get_by_label("Text", exact=True).type("@to")
    expect(page.locator("#composer [role=option]:visible")).to_have_count(1)
    judge.judge("who can be mentioned", "#composer")
    page.keyboard.press("Escape")
    judge.judge("who looks on", ".lead-head")
    judge.finds_nothing()


def test_axe_finds_nothing_on_the_pages_of_a_manager(judge_as, manager, leads):  # noqa: F811
    judge = judge_as(manager)
    for path in ("/leads/board/", f"/leads/{leads['long']}/"):
        judge.open(path)
    judge.finds_nothing()


def test_axe_finds_nothing_where_one_sees_how_it_runs(judge_as, administrator, elsewhere):
    desk = judge_as(administrator)
    desk.open("/operations/")

    def fail():
        for number in range(3):
            failed = {
                "parked_at": timezone.now(),
                "error": "ValueError: no",
                "request_id": "r" * 32,
            }
            Event(kind="system", title=str(number), **failed).save()

    elsewhere(fail)
    desk.open("/operations/")
    desk.finds_nothing()


def test_axe_finds_nothing_on_the_pages_of_imports(judge_as, manager, elsewhere):
    def make():
        table = "Name,E-mail,Size\nAda,ada@example.org,38\nAda,ada@example.org,\nAlan,x@,44\n"
        done = imported(table, by=manager)
        at_work, sent_only = sent(table, by=manager), sent(table, by=manager)
        at_work.start("en")
        return done.pk, at_work.pk, sent_only.pk

    judge = judge_as(manager)
    for path in ("/imports/", "/imports/new/"):
        judge.open(path)
    done, at_work, sent_only = elsewhere(make)
    for path in ("", f"{done}/", f"{done}/undo/", f"{at_work}/", f"{sent_only}/"):
        judge.open(f"/imports/{path}")
    judge.open(f"/leads/?import={done}")
    judge.finds_nothing()


def test_axe_finds_nothing_on_the_pages_of_sources(judge_as, manager, owner, elsewhere):
    judge = judge_as(manager)
    judge.open("/sources/")
    house = elsewhere(lambda: sources_with_all(manager, owner))
    for path in source_pages(house):
        judge.open(path)
    page = judge.person.open(f"/sources/{house['json']}/rules/new/")
    page.get_by_label("Field 1").fill("Country")
    page.get_by_role("button", name="Save rule").click()
    expect(page.get_by_text("Say what a condition compares with.")).to_be_visible()
    is_live(page)
    judge.judge("a rule with a mistake")
    judge.finds_nothing()


def test_axe_finds_nothing_where_webhooks_are_made(judge_as, administrator):
    desk = judge_as(administrator)
    desk.open("/settings/webhooks/")
    page = desk.person.open("/settings/webhooks/new/")
    page.get_by_role("button", name="Add webhook").click()
    expect(page.locator(".error")).to_have_count(2)
    is_live(page)
    desk.judge("a webhook that is not whole")
    page.get_by_label("Address").fill("https://127.0.0.1:1/hook")
    page.get_by_label("A lead is created").check()
    page.get_by_role("button", name="Add webhook").click()
    page.get_by_role("button", name="Send a test").click()
    page.get_by_text("Secret", exact=True).click()
    page.get_by_role("button", name="Make a new secret").click()
    page.get_by_text("Secret", exact=True).click()
    expect(page.get_by_text("signs along until")).to_be_visible()
    page.locator(".webhook-told summary").click()
    is_live(page)
    desk.judge("a webhook with a new secret and what it told")
    page.get_by_role("link", name="Remove").click()
    is_live(page)
    desk.judge("a webhook to remove")
    desk.open("/settings/webhooks/")
    desk.finds_nothing()


def test_axe_finds_nothing_where_keys_are_made(judge_as, administrator):
    desk = judge_as(administrator)
    desk.open("/settings/keys/")
    page = desk.person.open("/settings/keys/new/")
    page.get_by_role("button", name="Make key").click()
    expect(page.locator(".error")).to_have_count(3)
    is_live(page)
    desk.judge("a key that is not whole")
    page.get_by_label("Name", exact=True).fill("Website form")
    page.get_by_label("Acts as").select_option(str(administrator.pk))
    page.get_by_label("Create, change and delete leads").check()
    page.get_by_role("button", name="Make key").click()
    expect(page.locator(".key-secret")).to_contain_text("lbk_")
    is_live(page)
    desk.judge("a key that was made")
    page.get_by_role("link", name="I have copied it").click()
    expect(page.get_by_text("Website form", exact=True)).to_be_visible()
    desk.open("/settings/keys/")
    page.get_by_role("link", name="Revoke").click()
    is_live(page)
    desk.judge("a key to revoke")
    desk.finds_nothing()


def test_axe_finds_nothing_where_something_is_announced(judge_as, administrator, owner, elsewhere):
    desk = judge_as(administrator)
    for path in ("/announcements/", "/announcements/new/"):
        desk.open(path)

    def announce():
        for text in ("Short", "Long " * 60):
            made = Announcement(title=text[:5], message=text, created_by=administrator)
            made.keep()
        return made.pk

    pk = elsewhere(announce)
    for path in ("/announcements/", f"/announcements/{pk}/withdraw/"):
        desk.open(path)
    page = desk.person.open("/announcements/new/")
    for title, button in (("<b>", "Announce"), ("Tea", "Preview")):
        page.get_by_label("Title").fill(title)
        page.get_by_role("button", name=button).click()
        expect(page.locator(".error, .announcement-preview")).to_have_count(1)
        is_live(page)
        desk.judge(f"{button} with {title}")
    desk.finds_nothing()
    reader = judge_as(owner)
    for path in ("/", "/chat/", "/settings/"):
        reader.open(path)
    expect(reader.page.locator("[data-banner]")).to_have_count(2)
    reader.finds_nothing()


def test_axe_finds_nothing_on_pages_without_data(judge_as, owner):
    judge = judge_as(owner)
    for path in EMPTY:
        judge.open(path)
    opened_panel(judge.page)
    expect(panel(judge.page)).to_contain_text("All clear")
    judge.judge("the panel", "#panel")
    judge.finds_nothing()


def test_axe_finds_nothing_in_what_opens(judge_as, owner, leads, rest):  # noqa: F811
    judge = judge_as(owner)
    page = judge.person.open("/")
    rest.make()
    expect(toasts(page)).to_have_count(1)
    judge.judge("a toast", "[data-toasts]")
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": HEIGHT})
        for menu in page.locator("[data-menu] > summary").locator("visible=true").all():
            menu.click()
            judge.judge(f"a menu, {width}", "[data-menu][open]")
            menu.click()
        opened_panel(page)
        expect(items(panel(page)).first).to_be_visible()
        judge.judge(f"the panel, {width}", "#panel")
        page.keyboard.press("Escape")
        for key, name in (("Control+k", "the palette"), ("?", "the keys")):
            page.keyboard.press(key)
            expect(page.get_by_role("dialog")).to_be_visible()
            judge.judge(f"{name}, {width}", "dialog[open]")
            page.keyboard.press("Escape")
    judge.finds_nothing()


def test_axe_finds_nothing_where_leads_are_chosen_changed_and_deleted(judge_as, owner, leads):  # noqa: F811
    judge = judge_as(owner)
    page = judge.person.open("/leads/")
    page.get_by_label("Select John Doe").first.check()
    expect(page.locator("[data-selected]")).to_contain_text("1 selected")
    judge.judge("the selection")
    page.locator("#bulk").get_by_role("button", name="Delete").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Delete 1 lead?")
    is_live(page)
    judge.judge("deleting several")
    judge.person.open(f"/leads/{leads['plain']}/")
    page.get_by_role("link", name="Delete", exact=True).click()
    expect(page.get_by_role("dialog")).to_be_visible()
    judge.judge("deleting one", "dialog[open]")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Change Email").click()
    page.get_by_label("Email", exact=True).fill("no address")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Email", exact=True)).to_have_attribute("aria-invalid", "true")
    judge.judge("a mistake in place")
    judge.finds_nothing()


def test_axe_finds_nothing_in_forms_with_mistakes(judge_as, owner, leads):  # noqa: F811
    judge = judge_as(owner)
    for path, field in (
        *(("/leads/new/", "Email"), (f"/leads/{leads['plain']}/edit/", "Email")),
        ("/tasks/new/", "What to do"),
    ):
        page = judge.person.open(path)
        page.get_by_label(field, exact=True).fill("no address" if field == "Email" else " ")
        page.locator("main form button.primary").click()
        expect(page.locator("[aria-invalid=true]").first).to_be_visible()
        is_live(page)
        judge.judge(f"{path} with a mistake")
    judge.finds_nothing()


def test_axe_finds_nothing_on_the_page_to_sign_in_and_those_of_errors(judge_as, owner):
    judge = judge_as(owner)
    page = judge.page
    page.route("**/error/*", lambda route: route.fulfill(**error(route.request.url)))
    for name in ERRORS:
        page.goto(f"/error/{name}")
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        judge.judge(name)
    judge.person.context.clear_cookies()
    page.goto("/login/")
    judge.judge("/login/")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_label("Email")).to_have_attribute("aria-invalid", "true")
    judge.judge("/login/ with mistakes")
    judge.finds_nothing()


def test_axe_finds_nothing_on_the_form_that_strangers_fill_in(judge_as, owner):
    source = Source.objects.create(name="Website", kind="form", fill_seconds=0)
    judge = judge_as(owner)
    page = judge.page
    judge.person.context.clear_cookies()
    page.goto(source.path)
    judge.judge("the form")
    page.get_by_label("Email").fill("nobody")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_label("Email")).to_have_attribute("aria-invalid", "true")
    judge.judge("the form with mistakes")
    page.get_by_label("First name").fill("Ada")
    page.get_by_label("Email").fill("ada@example.org")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Thank you")
    judge.judge("thanks")
    page.goto("/in/nowhere/")
    judge.judge("a form that is gone")
    judge.finds_nothing()


def error(url):
    """With DEBUG the server shows Django's own pages in their place."""
    name = url.rpartition("/")[2]
    return {"body": render_to_string(f"{name}.html"), "content_type": "text/html"}


def test_axe_finds_what_is_wrong(judge_as, owner, leads):  # noqa: F811
    judge = judge_as(owner)
    judge.open("/settings/")
    judge.finds_nothing()
    judge.page.evaluate(
        """() => {
            document.querySelector("main").insertAdjacentHTML("beforeend",
                `<button></button><p id="pale">Pale</p>`);
            document.getElementById("pale").style.cssText = "color: #888; background: #777";
        }"""
    )
    judge.judge("planted")
    assert len(judge.found) == 4
    for where, faults in judge.found.items():
        assert any(fault.startswith("color-contrast: ") for fault in faults)
        assert any(fault.startswith("button-name: ") for fault in faults) == ("light" in where)
