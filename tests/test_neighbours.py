"""The leads before and after one, in the list that it was opened from."""

import re
from urllib.parse import urlencode

import pytest

from leads.models import Lead, SavedView
from leads.orders import ORDERS
from tests.factories import LeadFactory, UserFactory
from tests.test_lead_list import rows
from tests.test_pages import counted

pytestmark = pytest.mark.django_db

TOWARDS = {"j": re.compile(r'href="([^"]+)" rel="next" data-key-press="j"'),
           "k": re.compile(r'href="([^"]+)" rel="prev" data-key-press="k"')}  # fmt: skip
OPEN = re.compile(r'<a href="(/leads/\d+/[^"]*)" data-focus="open"')


def links(page, path):
    """Where ``k`` and ``j`` lead from there; None at an end."""
    html = page.get(path).content.decode()
    found = (TOWARDS[key].search(html) for key in "kj")
    return tuple(match and match[1].replace("&amp;", "&") for match in found)


def walk(page, path, key):
    """The leads that one comes by, from the lead at the path on."""
    seen = []
    while path:
        seen.append(page.get(path).context["lead"].pk)
        path = links(page, path)["kj".index(key)]
    return seen


def opened(page, query=""):
    """The address of the first lead of the list, as the list gives it."""
    html = page.get(f"/leads/?{query}").content.decode()
    return OPEN.search(html)[1].replace("&amp;", "&")


@pytest.mark.parametrize("order", ORDERS, ids=lambda order: order.name)
def test_one_walks_the_whole_list_in_its_order_across_its_pages_and_back(page, monkeypatch, order):
    monkeypatch.setattr("leads.views.list.PAGE", 3)
    for number in range(8):
        lead = LeadFactory(first_name="Ada" if number % 2 else "bea", last_name="", stage="won")
        Lead.objects.filter(pk=lead.pk).update(score=number % 3)
    LeadFactory()
    query, listed = f"stage=won&sort={order.name}", []
    first = opened(page, query)
    while query:
        response = page.get(f"/leads/?{query}")
        listed += [lead.pk for lead in rows(response)]
        query = response.context["more"]
    assert len(listed) == 8
    assert walk(page, first, "j") == listed
    last = re.sub(r"/leads/\d+/", f"/leads/{listed[-1]}/", first)
    assert walk(page, last, "k") == listed[::-1]


def test_from_all_leads_the_address_of_a_lead_is_plain(page):
    first, second = LeadFactory(), LeadFactory()
    assert opened(page) == f"/leads/{second.pk}/"
    assert links(page, f"/leads/{second.pk}/") == (None, f"/leads/{first.pk}/")


def test_a_lead_of_a_view_is_among_the_leads_of_the_view_and_leads_back_to_it(page, owner):
    view = SavedView.objects.create(owner=owner, name="Ours", query={"stage": "won"})
    first = LeadFactory(stage="won")
    LeadFactory()
    second = LeadFactory(stage="won")
    path = opened(page, f"view={view.pk}")
    assert path == f"/leads/{second.pk}/?in=view%3D{view.pk}"
    assert walk(page, path, "j") == [second.pk, first.pk]
    assert f'<a href="/leads/?view={view.pk}"' in page.get(path).content.decode()


def test_a_lead_that_left_the_filter_keeps_its_place(page):
    first, second, third = LeadFactory.create_batch(3, stage="new")
    path = f"/leads/{second.pk}/?in=stage%3Dnew"
    before = links(page, path)
    assert before == (f"/leads/{third.pk}/?in=stage%3Dnew", f"/leads/{first.pk}/?in=stage%3Dnew")
    Lead.objects.filter(pk=second.pk).update(stage="won")
    assert links(page, path) == before
    assert links(page, before[0])[1] == before[1]


def test_the_rows_of_a_list_that_is_open_carry_it_and_so_does_the_timeline(page, lead):
    html = page.get(f"/leads/{lead.pk}/row/?stage=new&sort=name").content.decode()
    assert OPEN.search(html)[1] == f"/leads/{lead.pk}/?in=stage%3Dnew%26sort%3Dname"
    html = page.get(f"/leads/{lead.pk}/?in=stage%3Dnew").content.decode()
    assert 'href="?in=stage%3Dnew&amp;kind=calls#timeline"' in html


def test_anothers_private_view_gives_no_neighbours_and_no_name(page, lead):
    LeadFactory()
    view = SavedView.objects.create(owner=UserFactory(), name="Secret", query={})
    path = f"/leads/{lead.pk}/?in=view%3D{view.pk}"
    assert links(page, path) == (None, None)
    assert "Secret" not in page.get(path).content.decode()
    SavedView.objects.update(shared=True)
    assert links(page, path) != (None, None)


@pytest.mark.parametrize("text", ["nonsense", "stage=cold", "%00", "search=\0", "&&==", "x" * 5000])
def test_a_list_that_means_nothing_is_no_crash(page, lead, text):
    assert page.get(f"/leads/{lead.pk}/?{urlencode({'in': text})}").status_code == 200


@pytest.mark.parametrize(("order", "queries"), [("-created", 2), ("-score", 2), ("name", 3)])
def test_the_neighbours_take_as_many_queries_however_many_leads_there_are(
    page, owner, order, queries
):
    lead = LeadFactory()
    there = counted(page, f"/leads/{lead.pk}/?in=view%3Dnone")
    path = f"/leads/{lead.pk}/?in=sort%3D{order}"
    assert counted(page, path) == there + queries
    LeadFactory.create_batch(20)
    assert counted(page, path) == there + queries
