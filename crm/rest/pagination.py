"""Keyset pagination: a page is found by the values of the row before it, so that the last page
costs what the first costs and nothing is skipped or shown twice while rows arrive.

A view says ``ordering`` (a field with or without ``-``, DRF's convention) and may offer others by
``orderings``, a dict from what the client writes after ``?ordering=`` to the field. Ties are broken
by the primary key, in the same direction.
"""

import base64
import binascii
import json
from datetime import UTC, datetime

from django.core.exceptions import ValidationError as ModelError
from django.db.models import Q
from rest_framework.exceptions import ValidationError
from rest_framework.pagination import BasePagination
from rest_framework.response import Response
from rest_framework.utils.encoders import JSONEncoder
from rest_framework.utils.urls import replace_query_param

from notifications import wire

DEFAULT_SIZE = 50
MAX_SIZE = 200


class KeysetPagination(BasePagination):
    """``queryset`` may be a function of a limit instead, which gives the list's first rows."""

    def paginate_queryset(self, queryset, request, view=None):
        self.request = request
        self.field, self.descending = self._order(view)
        self.size = self._size()
        cursor = self._cursor()
        self.backwards = bool(cursor and cursor["back"])
        self.first = cursor is None
        rows = self._rows(queryset, cursor)
        self.more = len(rows) > self.size
        self.rows = rows[: self.size]
        if self.backwards:
            self.rows.reverse()
        return self.rows

    def get_paginated_response(self, data):
        return Response({"next": self._next(), "previous": self._previous(), "results": data})

    def get_paginated_response_schema(self, schema):
        link = {"type": ["string", "null"], "format": "uri"}
        return {
            "type": "object",
            "required": ["next", "previous", "results"],
            "properties": {"next": link, "previous": link, "results": schema},
        }

    def get_schema_operation_parameters(self, view):
        size = {"type": "integer", "minimum": 1, "maximum": 10**9 - 1, "default": DEFAULT_SIZE}
        size["description"] = f"More than {MAX_SIZE} counts as {MAX_SIZE}."
        cursor = {"type": "string", "description": "As `next` and `previous` have it."}
        parameters = {"cursor": cursor, "pageSize": size}
        if orderings := getattr(view, "orderings", {}):
            names = [f"{sign}{name}" for name in orderings for sign in ("-", "")]
            parameters["ordering"] = {"type": "string", "enum": names}
        return [
            {"name": name, "in": "query", "schema": schema} for name, schema in parameters.items()
        ]

    # What the client asked for

    def _order(self, view):
        wanted = self.request.query_params.get("ordering")
        offered = getattr(view, "orderings", {})
        if wanted is None or not offered:
            name = view.ordering
        else:
            name = wanted.lstrip("-") if wanted.count("-") <= 1 else wanted
            if name not in offered:
                choices = ", ".join(offered)
                hint = f"Order by {choices}; with - in front for the highest first."
                raise ValidationError({"ordering": [hint]})
            name = ("-" if wanted.startswith("-") else "") + offered[name]
        return name.lstrip("-"), name.startswith("-")

    def _size(self):
        wanted = self.request.query_params.get("pageSize", str(DEFAULT_SIZE))
        if not (wanted.isascii() and wanted.isdigit() and len(wanted) < 10 and int(wanted)):
            raise ValidationError({"pageSize": [f"Give a number from 1 to {MAX_SIZE}."]})
        return min(int(wanted), MAX_SIZE)

    def _cursor(self):
        text = self.request.query_params.get("cursor")
        if text is None:
            return None
        try:
            value, pk, back, field = wire.decode(base64.urlsafe_b64decode(text.encode()))
        except (binascii.Error, ValueError, TypeError) as problem:
            raise ValidationError({"cursor": [BAD_CURSOR]}) from problem
        if field != self._key():
            raise ValidationError({"cursor": ["This cursor belongs to another ordering."]})
        return {"value": value, "pk": pk, "back": bool(back)}

    # The page

    def _rows(self, queryset, cursor):
        if callable(queryset):
            return queryset(self.size + 1)
        backwards = bool(cursor and cursor["back"])
        downwards = self.descending != backwards
        sign, beyond = ("-", "lt") if downwards else ("", "gt")
        queryset = queryset.order_by(f"{sign}{self.field}", f"{sign}pk")
        try:
            if cursor:
                queryset = queryset.filter(self._after(queryset, cursor, beyond))
            return list(queryset[: self.size + 1])
        except (ModelError, TypeError, ValueError, OverflowError) as problem:
            raise ValidationError({"cursor": [BAD_CURSOR]}) from problem

    def _value(self, model, value):
        """What the cursor's text stands for; a moment in UTC, as the database has it."""
        value = model._meta.get_field(self.field).to_python(value)
        if value is None:
            raise ValueError("nothing comes after nothing")
        return value.astimezone(UTC) if isinstance(value, datetime) else value

    def _after(self, queryset, cursor, beyond):
        value, pk = self._value(queryset.model, cursor["value"]), cursor["pk"]
        # The first condition alone lets the database enter its index at the right place.
        reach = Q(**{f"{self.field}__{beyond}e": value})
        past = Q(**{f"{self.field}__{beyond}": value})
        tie = Q(**{self.field: value, f"pk__{beyond}": pk})
        return reach & (past | tie)

    # The links

    def _next(self):
        if self.rows and (self.more or self.backwards):
            return self._link(self.rows[-1], back=False)
        return None

    def _previous(self):
        if self.rows and (self.more if self.backwards else not self.first):
            return self._link(self.rows[0], back=True)
        return None

    def _link(self, row, back):
        place = [getattr(row, self.field), row.pk, back, self._key()]
        text = json.dumps(place, cls=JSONEncoder)
        cursor = base64.urlsafe_b64encode(text.encode()).decode()
        return replace_query_param(self.request.build_absolute_uri(), "cursor", cursor)

    def _key(self):
        return f"{'-' if self.descending else ''}{self.field}"


BAD_CURSOR = "This cursor is not valid: start again without it."
