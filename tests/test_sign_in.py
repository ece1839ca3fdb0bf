"""Signing in and out: by token, by the page, and what a sign-in is good for until when."""

from datetime import UTC, datetime, timedelta

import pytest
from rest_framework.test import APIClient

from tests.factories import PASSWORD

pytestmark = pytest.mark.django_db

TOKEN, REFRESH, LOGOUT = "/api/auth/token/", "/api/auth/token/refresh/", "/api/auth/logout/"
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
FAILURES = 5
COOL_OFF = timedelta(minutes=15)


def sign_in(email, password=PASSWORD, address="10.0.0.1"):
    body = {"email": email, "password": password}
    return APIClient().post(TOKEN, body, REMOTE_ADDR=address)


def fail(email, times=FAILURES, address="10.0.0.1"):
    return [sign_in(email, "wrong", address).status_code for _ in range(times)]


def renew(token):
    return APIClient().post(REFRESH, {"refresh": token})


def sign_out(token):
    return APIClient().post(LOGOUT, {"refresh": token})


def bearer(access):
    return APIClient(headers={"Authorization": f"Bearer {access}"})


@pytest.fixture
def tokens(owner):
    return sign_in(owner.email).json()


# By token


def test_the_right_password_gets_tokens_that_open_the_api(owner):
    response = sign_in(owner.email)
    assert (response.status_code, set(response.json())) == (200, {"access", "refresh"})
    api = bearer(response.json()["access"])
    assert api.get("/api/me/").json()["id"] == owner.pk
    assert api.post("/api/leads/", {"company": "A", "phone": "555 1"}).status_code in (201, 400)
