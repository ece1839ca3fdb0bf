"""Saved views of the list: made, shown, changed, shared and deleted, and who may."""

from urllib.parse import urlencode

import pytest
from django.core.exceptions import ValidationError
from django.test import Client

from leads import policy
from leads.models import Lead, SavedView
from tests.factories import LeadFactory, UserFactory
from tests.test_lead_list import bulk, exported, names, said
from tests.test_pages import counted

pytestmark = pytest.mark.django_db

BACKEND = "django.contrib.auth.backends.ModelBackend"
USUAL = "name,company,stage,last,source,owner,score,next,age"


@pytest.fixture
def desk_of():
    def browser(user):
        client = Client()
        client.force_login(user, backend=BACKEND)
        return client

    return browser


@pytest.fixture
def three(owner, teammate):
    """Ada is mine, Bea the teammate's, Cleo nobody's and won."""
    LeadFactory(first_name="Ada", last_name="", owner=owner)
    LeadFactory(first_name="Bea", last_name="", owner=teammate)
    LeadFactory(first_name="Cleo", last_name="", stage="won")


def view_of(user, name="Mine", shared=False, **query):
    view = SavedView(owner=user, name=name, shared=shared, query={"columns": USUAL} | query)
    view.keep()
    return view


def html(page, path):
    return page.get(path).content.decode()


# Made and shown


@pytest.mark.usefixtures("three")
def test_the_list_as_it_stands_is_saved_under_a_name_and_shown_at_its_own_address(page, owner):
    asked = "search=a&stage=new&owner=me&sort=name&createdAfter=2020-01-01T00:00:00Z"
    response = page.post(f"/leads/views/new/?{asked}", {"name": " My own "})
    view = SavedView.objects.get()
    assert response["Location"] == f"/leads/?view={view.pk}"
    assert (view.owner, view.name, view.shared) == (owner, "My own", False)
    assert view.query == {
        "search": "a",
        "stage": "new",
        "owner": "me",
        "createdAfter": "2020-01-01T00:00:00Z",
        "sort": "name",
        "columns": USUAL,
    }
    assert names(page) == ["Cleo", "Bea", "Ada"]
    assert names(page, f"view={view.pk}") == ["Ada"]
    shown = html(page, f"/leads/?view={view.pk}")
    assert f'href="/leads/?view={view.pk}" aria-current="page" title="My own"' in shown
    assert "Save changes" not in shown
    assert 'value="name" selected' in shown


@pytest.mark.usefixtures("three")
def test_an_address_that_says_more_says_all_and_the_change_can_be_saved_or_left(page, owner):
    view = view_of(owner, owner="me")
    changed = f"view={view.pk}&stage=won&owner=&source=&sort="
    assert names(page, changed) == ["Cleo"]
    shown = html(page, f"/leads/?{changed}")
    assert "Save changes" in shown
    assert "Discard changes" in shown
    query = f"view={view.pk}&stage=won"
    response = page.post(f"/leads/views/{view.pk}/save/", {"query": query}, follow=True)
    assert response.redirect_chain == [(f"/leads/?view={view.pk}", 302)]
    assert said(response) == ["“Mine” is saved as you see it."]
    assert [row.name for row in response.context["rows"]] == ["Cleo"]
    assert SavedView.objects.get().query == {"stage": "won", "columns": USUAL}


@pytest.mark.usefixtures("three")
def test_everything_can_be_taken_out_of_a_view(page, owner):
    view = view_of(owner, search="ada")
    response = page.get(f"/leads/?view={view.pk}")
    cleared = response.context["without_search"]
    assert cleared != f"/leads/?view={view.pk}"
    assert names(page, cleared.partition("?")[2]) == ["Cleo", "Bea", "Ada"]


def test_the_pages_of_a_view_stay_in_it(page, owner, monkeypatch):
    monkeypatch.setattr("leads.views.list.PAGE", 2)
    for name in "ABCDE":
        LeadFactory(first_name=name, last_name="", owner=owner)
    LeadFactory(first_name="Elsewhere")
    view = view_of(owner, owner="me", sort="name")
    query, seen = f"view={view.pk}", []
    while query:
        response = page.get(f"/leads/?{query}")
        seen += [row.name for row in response.context["rows"]]
        assert not response.context["showing"].changed
        query = response.context["more"]
    assert seen == list("ABCDE")


@pytest.mark.usefixtures("three")
def test_mine_in_a_shared_view_is_whoever_looks(desk_of, owner, teammate):
    view = view_of(owner, shared=True, owner="me")
    assert names(desk_of(owner), f"view={view.pk}") == ["Ada"]
    assert names(desk_of(teammate), f"view={view.pk}") == ["Bea"]


@pytest.mark.usefixtures("three")
def test_the_export_the_rows_and_bulk_actions_work_from_a_view(page, owner):
    view = view_of(owner, owner="me")
    ada = Lead.objects.get(first_name="Ada")
    assert [row["First name"] for row in exported(page, f"view={view.pk}")] == ["Ada"]
    assert page.get(f"/leads/{ada.pk}/row/?view={view.pk}").status_code == 200
    other = Lead.objects.get(first_name="Bea")
    assert page.get(f"/leads/{other.pk}/row/?view={view.pk}").status_code == 204
    here = f"/leads/?view={view.pk}"
    response = bulk(page, [ada], "stage", to_stage="won", next=here)
    assert response.redirect_chain == [(here, 302)]
    assert f'name="next" value="{here}"' in html(page, here)


# What is not there any more, and what means nothing


@pytest.mark.usefixtures("three")
@pytest.mark.parametrize(
    ("query", "word"), [({"owner": "999999"}, "Owner"), ({"stage": "cold"}, "Stage")]
)
def test_an_old_view_opens_and_says_what_is_not_there_any_more(page, owner, query, word):
    view = view_of(owner, **query)
    shown = html(page, f"/leads/?view={view.pk}")
    assert f"What this view asks for is not there any more ({word})" in shown
    assert names(page, f"view={view.pk}") == []
    assert names(page, f"view={view.pk}&stage=won") == ["Cleo"]


def test_filters_that_mean_nothing_are_not_saved(page, owner):
    response = page.post("/leads/views/new/?stage=cold", {"name": "Cold"})
    assert "One of these filters means nothing" in response.content.decode()
    assert 'value="Cold"' in response.content.decode()
    view = view_of(owner, stage="won")
    sent = {"query": f"view={view.pk}&owner=everybody"}
    response = page.post(f"/leads/views/{view.pk}/save/", sent, follow=True)
    assert "One of these filters means nothing" in said(response)[0]
    assert SavedView.objects.get().query["stage"] == "won"


@pytest.mark.parametrize("text", ["0", "x", "-1", "٣", "9" * 30, "1 "])
def test_a_view_that_is_not_there_is_a_404(page, text):
    assert page.get(f"/leads/?{urlencode({'view': text})}").status_code == 404
    assert page.get(f"/leads/export.csv?{urlencode({'view': text})}").status_code == 404


# Names


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("", "Give a name."),
        ("  ", "Give a name."),
        ("x" * 61, "at most 60 characters"),
        ("two\nlines", "on one line"),
        ("MINE", "You have a view of this name already"),
    ],
)
def test_a_name_that_will_not_do_is_told_and_what_was_typed_stays(page, owner, name, words):
    view_of(owner, "Mine")
    response = page.post("/leads/views/new/?stage=won", {"name": name, "shared": "on"})
    shown = response.content.decode()
    assert response.status_code == 200
    assert words in shown
    assert 'name="shared" aria-describedby' in shown or "checked" in shown
    assert not name.strip() or "\n" in name or f'value="{name}"' in shown
    assert SavedView.objects.count() == 1


def test_two_people_may_give_the_same_name_and_one_may_keep_theirs(page, owner, teammate):
    view_of(teammate, "Mine", shared=True)
    view = view_of(owner, "Mine")
    response = page.post(f"/leads/views/{view.pk}/", {"name": "mine", "shared": "on"})
    assert response["Location"] == f"/leads/?view={view.pk}"
    view.refresh_from_db()
    assert (view.name, view.shared) == ("mine", True)
    page.post(f"/leads/views/{view.pk}/", {"name": "mine"})
    view.refresh_from_db()
    assert not view.shared


def test_renaming_to_a_name_that_one_has_is_refused(page, owner):
    view_of(owner, "One")
    view = view_of(owner, "Two")
    response = page.post(f"/leads/views/{view.pk}/", {"name": "one"})
    assert "You have a view of this name already" in response.content.decode()
    assert 'value="one"' in response.content.decode()
    view.refresh_from_db()
    assert view.name == "Two"


def test_one_person_has_so_many_and_no_more(page, owner, teammate, monkeypatch):
    monkeypatch.setattr(SavedView, "MOST", 2)
    view_of(teammate, "Theirs")
    for name in ("One", "Two"):
        assert page.post("/leads/views/new/", {"name": name}).status_code == 302
    shown = page.post("/leads/views/new/", {"name": "Three"}).content.decode()
    assert "You have 2 views already: delete one first." in shown
    assert 'value="Three"' in shown
    assert owner.saved_views.count() == 2
    view = owner.saved_views.first()
    assert page.post(f"/leads/views/{view.pk}/", {"name": "New name"}).status_code == 302


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_of_two_who_save_the_same_name_at_once_one_is_told(owner, at_once):
    def save():
        try:
            view_of(owner, "Mine")
        except ValidationError:
            return "told"
        return "saved"

    assert sorted(at_once(save, save)) == ["saved", "told"]


@pytest.mark.parametrize("what", ["", "save/"])
def test_a_view_that_somebody_deletes_meanwhile_is_a_404_and_does_not_come_back(
    page, owner, monkeypatch, what
):
    view = view_of(owner, "Mine")
    path, sent = f"/leads/views/{view.pk}/{what}", {"name": "Yours", "query": "stage=won"}
    assert page.post(path, sent).status_code == 302

    def goes(*_):
        monkeypatch.undo()
        return SavedView.objects.all().delete()

    monkeypatch.setattr(policy, "may", goes)
    response = page.post(path, sent)
    assert response.status_code == 404
    assert "what was here is gone" in response.content.decode()
    assert not SavedView.objects.exists()


# Who may


def test_anothers_private_view_is_a_404_for_everybody_but_its_owner(
    desk_of, owner, teammate, manager, administrator
):
    view = view_of(owner, "Secret")
    paths = [
        f"/leads/?view={view.pk}",
        f"/leads/views/{view.pk}/",
        f"/leads/views/{view.pk}/delete/",
    ]
    assert [desk_of(owner).get(path).status_code for path in paths] == [200, 200, 200]
    for person in (teammate, manager, administrator):
        desk = desk_of(person)
        assert [desk.get(path).status_code for path in paths] == [404, 404, 404]
        assert desk.post(f"/leads/views/{view.pk}/save/", {"query": ""}).status_code == 404
        assert desk.post(f"/leads/views/{view.pk}/delete/").status_code == 404
        assert "Secret" not in html(desk, "/leads/")
        assert not policy.may(person, policy.READ, view)
    assert "Secret" in html(desk_of(owner), "/leads/")


def test_a_shared_view_is_everybodys_to_see_and_its_owners_and_managers_to_change(
    desk_of, owner, teammate, manager, administrator
):
    view = view_of(owner, "Ours", shared=True, stage="won")
    sent = {"query": f"view={view.pk}&stage=lost"}
    desk = desk_of(teammate)
    assert "Ours" in html(desk, "/leads/")
    assert f"/leads/views/{view.pk}/" not in html(desk, f"/leads/?view={view.pk}")
    assert desk.post(f"/leads/views/{view.pk}/save/", sent).status_code == 403
    assert desk.post(f"/leads/views/{view.pk}/", {"name": "Theirs"}).status_code == 403
    assert desk.post(f"/leads/views/{view.pk}/delete/").status_code == 403
    for person in (owner, manager, administrator):
        assert f"/leads/views/{view.pk}/" in html(desk_of(person), f"/leads/?view={view.pk}")
    assert desk_of(manager).post(f"/leads/views/{view.pk}/save/", sent).status_code == 302
    assert SavedView.objects.get().query["stage"] == "lost"
    response = desk_of(manager).post(f"/leads/views/{view.pk}/delete/", follow=True)
    assert said(response) == ["The view “Ours” is deleted."]
    assert not SavedView.objects.exists()


def test_deleting_asks_first(page, owner):
    view = view_of(owner, "Mine")
    assert "Delete the view Mine?" in html(page, f"/leads/views/{view.pk}/delete/")
    assert SavedView.objects.exists()
    page.post(f"/leads/views/{view.pk}/delete/")
    assert not SavedView.objects.exists()


def test_who_is_signed_out_saves_nothing(client, owner):
    view = view_of(owner, "Mine")
    for path in ("new/", f"{view.pk}/", f"{view.pk}/save/", f"{view.pk}/delete/"):
        response = client.post(f"/leads/views/{path}", {"name": "x"})
        assert response["Location"].startswith("/login/")
    assert SavedView.objects.get().name == "Mine"


# The tabs, and what they cost


def test_ones_own_come_first_five_are_in_sight_and_the_current_one_always_is(page, owner, teammate):
    for name in "ABC":
        view_of(teammate, name, shared=True)
    mine = [view_of(owner, name) for name in ("Y", "X", "Z")]
    context = page.get("/leads/").context
    assert [view.name for view in context["views"]] == ["X", "Y", "Z", "A", "B"]
    assert [view.name for view in context["other_views"]] == ["C"]
    last = SavedView.objects.get(name="C")
    context = page.get(f"/leads/?view={last.pk}").context
    assert [view.name for view in context["views"]] == ["X", "Y", "Z", "A", "C"]
    assert mine


def test_ones_own_are_there_however_many_are_shared(page, owner, teammate, monkeypatch):
    monkeypatch.setattr("leads.views.list.VIEWS", 3)
    for name in "ABCD":
        view_of(teammate, name, shared=True)
    view_of(owner, "Z")
    context = page.get("/leads/").context
    assert [view.name for view in context["views"]] == ["Z", "A", "B"]
    assert context["other_views"] == []


def test_a_view_takes_as_many_queries_however_many_there_are(page, owner):
    view = view_of(owner, stage="new", sort="-score")
    LeadFactory(owner=owner)
    assert counted(page, f"/leads/?view={view.pk}") == 11
    for number in range(20):
        view_of(UserFactory(), f"View {number}", shared=True)
    LeadFactory.create_batch(20, owner=owner)
    assert counted(page, f"/leads/?view={view.pk}") == 11
