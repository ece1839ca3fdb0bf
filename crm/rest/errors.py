"""Errors under /api/: always JSON, ``{"detail": "..."}`` or ``{"<field>": ["..."]}``."""

from rest_framework.exceptions import APIException
from rest_framework.views import exception_handler


def answer(exc, context):
    """DRF's handler, but that an error of no field is a ``detail`` and not a bare list, and that
    what is wrong within a field's value is said of the field."""
    response = exception_handler(exc, context)
    if response is None or not isinstance(exc, APIException):
        return response
    data = response.data
    if isinstance(data, list):
        response.data = {"detail": " ".join(_sentences(data))}
    elif set(data) == {"non_field_errors"}:
        response.data = {"detail": " ".join(_sentences(data["non_field_errors"]))}
    elif "detail" in data:
        response.data = {"detail": data["detail"]}
    else:
        response.data = {name: list(_sentences(found)) for name, found in data.items()}
    return response


def _sentences(found):
    """Each with the names of the fields within which it was found."""
    if isinstance(found, dict):
        for name, inner in found.items():
            prefix = "" if name == "non_field_errors" else f"{name}: "
            yield from (f"{prefix}{sentence}" for sentence in _sentences(inner))
    elif isinstance(found, list):
        for inner in found:
            yield from _sentences(inner)
    else:
        yield str(found)
