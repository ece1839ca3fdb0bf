"""Meta Lead Ads: https://developers.facebook.com/docs/marketing-api/guides/lead-ads. What comes
in says only that there is a lead; the worker fetches it."""

import json
import re
import secrets

from django.utils.translation import gettext_noop

from leads.intake.door import (
    JSON,
    Arrival,
    Brought,
    Door,
    Refused,
    decoded_object,
    key_of,
    same_secret,
    signature,
)
from leads.intake.mapping import BY_HAND, flat, text_of
from leads.intake.understanding import NotUnderstood, Pair
from leads.intake.vocabulary import field_called
from notifications import wire

MOST = 1_000  # changes that Meta tells of at once
SIGNATURE, FIELD = "X-Hub-Signature-256", "leadgen"
LEAD_ID = re.compile(r"[0-9]{1,32}")  # it becomes part of an address
CHALLENGE = re.compile(r"[\w.-]{1,200}", re.ASCII)
NO_FIELDS = gettext_noop("There is no list field_data in what Meta sent.")


class Meta(Door):
    def verified(self, source, asked) -> str:
        """The challenge, for who knows the verify token. Raises Refused."""
        challenge = asked.get("hub.challenge", "")
        if asked.get("hub.mode") != "subscribe" or not CHALLENGE.fullmatch(challenge):
            raise Refused(400, "Say hub.mode=subscribe and a hub.challenge.")
        if not same_secret(asked.get("hub.verify_token"), source.verify_token):
            raise Refused(403, "The hub.verify_token is not this source's.")
        return challenge

    def brought(self, source, arrival):
        sent_with = arrival.headers.get(SIGNATURE)
        if not same_secret(sent_with, signature(arrival.body, source.secret, "hex")):
            raise Refused(403, f"The header {SIGNATURE} is not the body's signature.")
        told = [_brought(value) for value in _leads_in(decoded_object(arrival))]
        if len(told) > MOST:
            raise Refused(413, f"There are more than {MOST} leads in it.")
        return told

    def is_fetched(self, payload):
        return "lead" in wire.decode(payload)

    def lead_id(self, payload: bytes) -> str:
        return text_of(wire.decode(payload)["change"]["leadgen_id"])

    def fetched(self, payload: bytes, lead: dict) -> bytes:
        """The payload together with what was fetched."""
        return json.dumps({**wire.decode(payload), "lead": lead}).encode()

    def pairs(self, payload):
        """The answers by their names, then what else the lead and the change say."""
        sent = wire.decode(payload)
        lead = dict(sent.get("lead") or {})
        answers = lead.pop("field_data", None)
        if not isinstance(answers, list):
            raise NotUnderstood(NO_FIELDS)
        told = [_pair(answer) for answer in answers if isinstance(answer, dict)]
        told += [Pair(path, value) for path, value in flat(lead)]
        known = {pair.name for pair in told}
        return told + [Pair(*each) for each in flat(sent["change"]) if each[0] not in known]

    def sample(self, source):
        change = {
            "leadgen_id": f"9{secrets.randbelow(10**14):014}",
            "page_id": "111111111111111",
            "form_id": "222222222222222",
            "ad_id": "333333333333333",
            "adgroup_id": "333333333333333",
            "created_time": 1772366400,
        }
        entry = {"id": "111111111111111", "time": 1772366400}
        changes = [{"field": FIELD, "value": change}]
        body = json.dumps({"object": "page", "entry": [{**entry, "changes": changes}]}).encode()
        signed = signature(body, source.secret, "hex")
        return Arrival(body, JSON, {SIGNATURE: signed}, is_test=True)

    def sample_lead(self, lead_id: str) -> dict:
        """What Meta would give for it."""
        answers = {
            "full_name": "Ada Lovelace",
            "email": "ada.lovelace@example.com",
            "phone_number": "+442079460958",
            "company_name": "Analytical Engines",
        }
        told = [{"name": name, "values": [value]} for name, value in answers.items()]
        return {"id": lead_id, "created_time": "2026-03-01T12:00:00+0000", "field_data": told}


def _leads_in(sent):
    """The values of all changes that are about leads. A page may tell of other things."""
    for entry in _dicts(sent.get("entry")):
        for change in _dicts(entry.get("changes")):
            value = change.get("value")
            if change.get("field") == FIELD and isinstance(value, dict):
                yield value


def _brought(value) -> Brought:
    lead_id = text_of(value.get("leadgen_id"))
    if not LEAD_ID.fullmatch(lead_id):
        raise Refused(400, "A leadgen_id is no number.")
    return Brought(json.dumps({"change": value}).encode(), key=key_of(lead_id), waiting=True)


def _pair(answer) -> Pair:
    name, values = text_of(answer.get("name")), answer.get("values")
    values = values if isinstance(values, list) else [values]
    field = field_called(name)
    said = ", ".join(filter(None, map(text_of, values)))
    return Pair(name or "answer", said, "" if field in BY_HAND else field)


def _dicts(value) -> list[dict]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []
