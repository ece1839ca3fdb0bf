"""Errors under /api/: always JSON, ``{"detail": "..."}`` or ``{"<field>": ["..."]}``."""

from rest_framework.exceptions import APIException
from rest_framework.views import exception_handler


def answer(exc, context):
    """DRF's handler, but that an error of no field is a ``detail`` and not a bare list."""
    response = exception_handler(exc, context)
    if response is None or not isinstance(exc, APIException):
        return response
    data = response.data
    if isinstance(data, list):
        response.data = {"detail": " ".join(str(item) for item in data)}
    elif isinstance(data, dict) and set(data) == {"non_field_errors"}:
        response.data = {"detail": " ".join(str(item) for item in data["non_field_errors"])}
    elif isinstance(data, dict) and "detail" in data:
        response.data = {"detail": data["detail"]}
    return response
