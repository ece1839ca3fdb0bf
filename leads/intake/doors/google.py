"""Google Ads lead forms: https://developers.google.com/google-ads/webhook/docs/implementation."""

import json
import secrets
from datetime import UTC, datetime

from django.utils.translation import gettext_noop

from leads.intake.door import (
    JSON,
    Arrival,
    Brought,
    Door,
    Refused,
    decoded_object,
    digest,
    key_of,
    same_secret,
)
from leads.intake.mapping import BY_HAND, flat, text_of
from leads.intake.understanding import NotUnderstood, Pair
from leads.intake.vocabulary import field_called
from notifications import wire

COLUMNS, KEY = "user_column_data", "google_key"
NO_COLUMNS = gettext_noop("There is no list user_column_data in it.")


class Google(Door):
    error_names = ("message", "detail")

    def brought(self, source, arrival):
        sent = decoded_object(arrival)
        if not same_secret(sent.get(KEY), source.secret):
            raise Refused(403, f"The {KEY} is not this source's.")
        is_test = sent.get("is_test") is True
        lead_id = text_of(sent.get("lead_id")) or digest(arrival.body)
        key = key_of(lead_id, "test", _minute()) if is_test else key_of(lead_id)
        return [Brought(arrival.body, key=key, is_test=is_test)]

    def pairs(self, payload):
        """The columns by their id, then what else there is; the key that proves it is left out."""
        sent = wire.decode(payload.removeprefix(b"\xef\xbb\xbf"))
        columns = sent.pop(COLUMNS, None)
        sent.pop(KEY, None)
        if not isinstance(columns, list):
            raise NotUnderstood(NO_COLUMNS)
        told = [_pair(column) for column in columns if isinstance(column, dict)]
        return told + [Pair(path, value) for path, value in flat(sent)]

    def sample(self, source):
        body = {
            "lead_id": f"test-{secrets.token_hex(8)}",
            "api_version": "1.0",
            "form_id": 40000000000,
            "campaign_id": 9007199254740993,
            "adgroup_id": 0,
            "creative_id": 0,
            "gcl_id": "",
            KEY: source.secret,
            "is_test": True,
            COLUMNS: [
                _column("FULL_NAME", "Ada Lovelace", "Full Name"),
                _column("EMAIL", "ada.lovelace@example.com", "User Email"),
                _column("PHONE_NUMBER", "+442079460958", "User Phone"),
                _column("COMPANY_NAME", "Analytical Engines", "Company Name"),
            ],
        }
        return Arrival(json.dumps(body).encode(), JSON, is_test=True)


def _pair(column) -> Pair:
    """Forms of older versions have a name and no id."""
    name, called = text_of(column.get("column_id")), text_of(column.get("column_name"))
    field = field_called(name) or field_called(called)
    value = text_of(column.get("string_value"))
    return Pair(name or called or "column", value, "" if field in BY_HAND else field)


def _column(column_id, value, name):
    return {"column_id": column_id, "string_value": value, "column_name": name}


def _minute() -> str:
    """Google's tests have one id: somebody who tries again later does not get the first answer."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M")
