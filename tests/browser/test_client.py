"""static/js/client.js by itself, as another page would use it."""

from pathlib import Path

import pytest

from tests.browser.people import comes_true
from tests.sockets import tokens

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

FUZZ = Path(__file__).with_name("fuzz.js").read_text()
SEEDS = 40
LONGEST = 20_000  # milliseconds of a run


def test_the_client_ends_where_the_server_is_whatever_is_lost_doubled_or_reordered(visit):
    """On the page's own clock, so that a seed that fails does so again."""
    page = visit().page
    page.clock.install()
    page.goto("/login/")
    page.clock.pause_at(page.evaluate("Date.now()") / 1000 + 1)
    page.evaluate(f"(() => {{ {FUZZ} }})()")
    page.evaluate(
        """(seeds) => {
            Math.random = () => 0;
            window.outcome = import("/static/js/client.js").then(({ LeadbellClient }) =>
                Promise.all(Array.from({ length: seeds }, (_, n) => fuzz(LeadbellClient, n + 1))));
        }""",
        SEEDS,
    )
    comes_true(page, f"window.servers.size === {SEEDS}")
    page.clock.run_for(LONGEST)
    outcomes = page.evaluate("window.outcome")
    assert len(outcomes) == SEEDS
    assert [outcome for outcome in outcomes if outcome] == []


def test_the_client_works_with_a_token_on_a_page_of_its_own(visit, owner, server, rest):
    person = visit()
    page = person.page
    page.goto("/login/")
    page.evaluate(
        """async (token) => {
            const { LeadbellClient } = await import("/static/js/client.js");
            window.told = [];
            const url = "/ws/notifications/";
            const client = new LeadbellClient({ url, token: async () => token });
            for (const name of ["notification", "count", "identity", "made", "refused"])
                client.addEventListener(name, ({ detail }) => told.push([name, detail]));
            client.addEventListener("state", ({ detail }) => { window.state = detail.state; });
            client.connect();
            window.client = client;
        }""",
        tokens(owner)["access"],
    )
    comes_true(page, "window.state === 'live'")
    lead = rest.make()
    comes_true(page, "told.some(([name]) => name === 'notification')")
    (told,) = page.evaluate("told.filter(([name]) => name === 'notification')")
    assert told[1]["live"] is True
    assert told[1]["notification"]["relatedLeadId"] == lead
    assert ["identity", {"userId": owner.pk}] in page.evaluate("told")

    page.evaluate("client.createLead('r1', { firstName: 'Grace', phone: '555 1234' })")
    page.evaluate("client.createLead('r2', { firstName: 'Nobody' })")
    comes_true(page, "told.some(([name]) => name === 'refused')")
    comes_true(page, "told.filter(([name]) => name === 'notification').length === 2")
    made = [d for name, d in page.evaluate("told") if name == "made"]
    refused = [d for name, d in page.evaluate("told") if name == "refused"]
    assert [(d["requestId"], d["lead"]["firstName"]) for d in made] == [("r1", "Grace")]
    assert [d["requestId"] for d in refused] == ["r2"]
    assert page.evaluate("told.filter(([name]) => name === 'count').at(-1)[1].unreadCount") == 2
