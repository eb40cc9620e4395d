"""Deletion requests name a person, and no one else can sign them."""

import base64
import json
from hashlib import sha256
from hmac import digest
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from letmepost.platforms._meta.signed_request import user_of

SECRET = "app-secret"
PAYLOAD = {"algorithm": "HMAC-SHA256", "expires": 1_760_003_600, "issued_at": 1_760_000_000, "user_id": "218471"}


def encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def signed(value: Any, secret: str = SECRET) -> str:
    payload = encoded(json.dumps(value).encode())
    return f"{encoded(digest(secret.encode(), payload.encode(), sha256))}.{payload}"


@pytest.mark.parametrize("user_id", ["218471", 218471])
def test_request_signed_with_the_app_secret_names_a_person(user_id: object) -> None:
    assert user_of(signed({**PAYLOAD, "user_id": user_id}), SECRET) == "218471"


@pytest.mark.parametrize(
    "value",
    [
        {**PAYLOAD, "algorithm": "none"},
        {name: PAYLOAD[name] for name in ("algorithm", "issued_at")},
        {**PAYLOAD, "user_id": ""},
        {**PAYLOAD, "user_id": True},
        {**PAYLOAD, "user_id": None},
        ["HMAC-SHA256"],
        None,
    ],
)
def test_malformed_request_names_no_one(value: object) -> None:
    assert user_of(signed(value), SECRET) is None


def test_request_with_another_secret_or_a_change_names_no_one() -> None:
    good = signed(PAYLOAD)
    assert user_of(signed(PAYLOAD, "another"), SECRET) is None
    other = encoded(json.dumps({**PAYLOAD, "user_id": "1"}).encode())
    assert user_of(f"{good.partition('.')[0]}.{other}", SECRET) is None
    assert user_of(good[1:], SECRET) is None
    assert user_of(f".{good.partition('.')[2]}", SECRET) is None


@given(st.text())
def test_any_text_is_handled(text: str) -> None:
    assert user_of(text, SECRET) is None
    assert user_of(f"{text}.{text}", SECRET) is None
