"""Any program that sends JSON: an object, whatever is in it."""

import json

from leads.intake.door import (
    JSON,
    Arrival,
    Brought,
    Door,
    Refused,
    decoded_object,
    digest,
    same_secret,
    signature,
)
from leads.intake.mapping import field_at, flat
from leads.intake.understanding import Pair
from notifications import wire

KEY, SIGNATURE = "Idempotency-Key", "X-Signature-256"
SAMPLE = {
    "contact": {
        "firstName": "Ada",
        "lastName": "Lovelace",
        "emails": [{"type": "work", "value": "ada.lovelace@example.com"}],
        "phone": "+44 20 7946 0958",
    },
    "company": {"name": "Analytical Engines"},
    "message": "We would like to see it at work.",
    "campaign": "spring",
}


class Program(Door):
    def brought(self, source, arrival):
        if source.secret and not same_secret(
            arrival.headers.get(SIGNATURE), signature(arrival.body, source.secret, "hex")
        ):
            raise Refused(401, f"The header {SIGNATURE} is not the body's signature.")
        value = decoded_object(arrival)
        key = arrival.headers.get(KEY)
        if key is not None and not (0 < len(key) <= 255 and all("!" <= c <= "~" for c in key)):
            raise Refused(400, f"{KEY}: give 1 to 255 visible ASCII characters.")
        return [Brought(arrival.body, key=key or "", headers={"body": _digest_of(value)})]

    def pairs(self, payload):
        found = flat(wire.decode(payload.removeprefix(b"\xef\xbb\xbf")))
        return [Pair(path, value, field_at(path)) for path, value in found]

    def answer(self, delivery):
        body = {"status": delivery.state}
        if delivery.lead_id:
            return {"status": 201, "body": body | {"leadId": delivery.lead_id}}
        return {"status": 202, "body": body | {"detail": delivery.reason}}

    def same_again(self, first, brought):
        """A key belongs to one body, for as long as that is known."""
        known = first.headers.get("body")
        if known and known != brought.headers["body"]:
            raise Refused(422, f"This {KEY} came with another body before: take a new key.")

    def sample(self, source):
        body = json.dumps(SAMPLE).encode()
        signed = signature(body, source.secret, "hex")
        return Arrival(body, JSON, {SIGNATURE: signed} if source.secret else {}, is_test=True)


def _digest_of(value) -> str:
    return digest(json.dumps(value, sort_keys=True).encode())
