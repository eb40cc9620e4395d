"""Secrets of a call are removed from the server's reply, in any encoding."""

import base64
import html
import json
from typing import Any
from urllib.parse import quote, quote_plus

import pytest

from letmepost.domain.flow import Call, Effect
from letmepost.gateways.redaction import REDACTED, Secrets

SECRET = "p+ss/w&rd=\"'<ü> 4"

CARRIED: list[dict[str, Any]] = [
    {"headers": {"Authorization": f"Bearer {SECRET}"}},
    {"headers": {"Authorization": "Basic " + base64.b64encode(f"client:{SECRET}".encode()).decode()}},
    {"headers": {"X-Api-Key": SECRET}},
    {"query": (("client_secret", SECRET),)},
    {"query": (("input_token", SECRET),)},
    {"url": f"https://network.example/?access_token={quote(SECRET)}"},
    {"form": {"code": SECRET}},
    {"form": {"code_verifier": SECRET}},
    {"form": {"refresh_token": SECRET}},
    {"json": {"identifier": "alice", "password": SECRET}},
    {"json": {"login": [{"appPassword": SECRET}]}},
    {"multipart": (("token", SECRET),)},
]


def call(**carrying: Any) -> Call:
    fixed: dict[str, Any] = {"method": "POST", "url": "https://network.example/", "effect": Effect.PREPARE, "step": "x"}
    return Call(**{**fixed, **carrying})


def secrets(**carrying: Any) -> Secrets:
    found = Secrets()
    found.add_call(call(**carrying))
    return found


@pytest.mark.parametrize("carrying", CARRIED, ids=str)
def test_every_credential_of_a_call_is_removed(carrying: dict[str, Any]) -> None:
    assert secrets(**carrying).redact(f"no {SECRET}, sorry") == f"no {REDACTED}, sorry"


@pytest.mark.parametrize(
    "encoded",
    [
        SECRET,
        json.dumps(SECRET)[1:-1],
        json.dumps(SECRET, ensure_ascii=False)[1:-1],
        json.dumps(SECRET)[1:-1].replace("/", "\\/"),
        "p\\u002Bss/w\\u0026rd=\\u0022\\u0027\\u003C\\u00FC\\u003E 4",
        quote(SECRET),
        quote(SECRET, safe=""),
        quote_plus(SECRET),
        quote(SECRET, safe="").lower(),
        html.escape(SECRET),
        html.escape(SECRET, quote=False),
        html.escape(SECRET).replace("&#x27;", "&#39;"),
        base64.b64encode(SECRET.encode()).decode(),
        base64.urlsafe_b64encode(SECRET.encode()).decode().rstrip("="),
        quote(base64.b64encode(SECRET.encode()).decode(), safe=""),
    ],
)
def test_secret_is_removed_in_every_encoding(encoded: str) -> None:
    known = secrets(json={"password": SECRET})
    assert known.redact(f"<{encoded}>") == f"<{REDACTED}>"
    assert known.redact_bytes(f"<{encoded}>".encode()) == f"<{REDACTED}>".encode()


def test_basic_credentials_are_removed_as_sent() -> None:
    pair = base64.b64encode(b"client:long-secret").decode()
    known = secrets(headers={"authorization": f"Basic {pair}"})
    assert known.redact(f"{pair} client long-secret") == f"{REDACTED} client {REDACTED}"


def test_signing_credential_is_removed() -> None:
    known = Secrets()
    known.add(["access-1234", "refresh-1234"])
    assert known.redact("access-1234 refresh-1234") == f"{REDACTED} {REDACTED}"


@pytest.mark.parametrize(
    "carrying",
    [
        {"json": {"text": "Hello world", "identifier": "alice"}},
        {"form": {"grant_type": "authorization_code", "token_type_hint": "refresh_token"}},
        {"query": (("fields", "username"),), "headers": {"Content-Type": "application/json"}},
        {"json": {"password": "", "token": None, "secret": 7, "code": "abc"}},
    ],
    ids=str,
)
def test_other_values_are_kept(carrying: dict[str, Any]) -> None:
    text = "Hello world alice authorization_code refresh_token username application/json abc 7"
    assert secrets(**carrying).redact(text) == text


def test_longer_secret_is_removed_completely_when_it_contains_a_shorter_one() -> None:
    known = Secrets()
    known.add(["abcd", "abcdefgh"])
    assert known.redact("abcdefgh abcd") == f"{REDACTED} {REDACTED}"


def test_repr_shows_no_secret() -> None:
    assert SECRET not in repr(secrets(json={"password": SECRET}))
