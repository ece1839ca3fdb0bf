"""Forms of websites, the hosted page among them, and those that were made for Salesforce's
Web-to-Lead: help.salesforce.com has its names under "Web-to-Lead"."""

import secrets
import time

from leads.intake.door import Arrival, Brought, Door, digest
from leads.intake.form_body import URLENCODED, decoded, encoded, fields_of
from leads.intake.mapping import field_at
from leads.intake.spam import HONEYPOT, STAMP, suspicion
from leads.intake.understanding import Pair

RETURN = "retURL"
# What says how to take a form, and nothing of who filled it in.
OURS = {HONEYPOT, STAMP, RETURN, "_charset_"}
JUDGED_BY = ("Origin", "Referer", "User-Agent")
LONGEST_HEADER = 500


class Form(Door):
    has_pages = True
    per_source = 300
    per_address = 20

    def brought(self, source, arrival):
        """Of a form with files what is kept is the form without them."""
        fields = fields_of(arrival)
        body = arrival.body if arrival.media_type == URLENCODED else encoded(fields)
        key, before = _keys(body, arrival.address, on_our_page=STAMP in dict(fields))
        headers = {name: arrival.headers.get(name) for name in JUDGED_BY}
        return [
            Brought(
                body,
                URLENCODED,
                key=key,
                before=before,
                headers={n: value[:LONGEST_HEADER] for n, value in headers.items() if value},
                suspicion=suspicion(source, dict(fields), arrival),
            )
        ]

    def pairs(self, payload):
        fields = decoded(payload)
        return [Pair(name, value, field_at(name)) for name, value in fields if name not in OURS]

    def typed(self, source, arrival) -> dict | None:
        """What somebody typed into the hosted page; None of another form, and of one that will be
        kept aside."""
        fields = dict(fields_of(arrival))
        return None if STAMP not in fields or suspicion(source, fields, arrival) else fields

    def return_address(self, payload: bytes) -> str:
        """Where the form wants its visitor to go on to."""
        return dict(decoded(payload)).get(RETURN, "")

    def sample(self, source):
        fields = {
            "first_name": "Ada",
            "last_name": "Lovelace",
            "email": "ada.lovelace@example.com",
            "phone": "+44 20 7946 0958",
            "company": "Analytical Engines",
            "description": "We would like to see it at work.",
            "test": secrets.token_hex(8),
        }
        origin = next(iter(source.allowed_origins), "")
        headers = {"Origin": origin} if origin else {}
        return Arrival(encoded(fields), URLENCODED, headers, is_test=True)


def _keys(body, address, on_our_page):
    """A page of ours is sent once, by its stamp. Of another form the same from the same address is
    one within a minute: who clicks twice means it once."""
    what, minute = digest(body, (address or "").encode()), int(time.time()) // 60
    return (what, "") if on_our_page else (f"{what}:{minute}", f"{what}:{minute - 1}")
