"""What the common refusals of Meta's Graph APIs mean."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from letmepost.domain.errors import FailureKind
from letmepost.domain.flow import Call, Effect, Reply
from letmepost.domain.refusals import PlatformRefusal
from letmepost.platforms._meta.graph import explain, read_error, read_id

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
READ = Call(method="GET", url="https://graph.example/me")
PREPARE = Call(method="POST", url="https://graph.example/1/container", effect=Effect.PREPARE, step="container")
PUBLISH = Call(method="POST", url="https://graph.example/1/publish", effect=Effect.PUBLISH, step="post")
OWN = {
    7: PlatformRefusal(
        id="example.seven.never", kind=FailureKind.REJECTED, message="Seven of {network}.", remediation="Do not."
    )
}


def reply(status: int, value: Any) -> Reply:
    body = value if isinstance(value, bytes) else json.dumps(value).encode()
    return Reply(status=status, body=body, received_at=NOW)


def error(code: object, subcode: object = None, status: int = 400, **more: Any) -> Reply:
    body = {"message": "So it is.", "type": "OAuthException", "code": code, "fbtrace_id": "AbC", **more}
    return reply(status, {"error": body if subcode is None else {**body, "error_subcode": subcode}})


def kind(call: Call, response: Reply) -> FailureKind:
    return explain(call, response, OWN, "Example").kind


@pytest.mark.parametrize("status", [400, 401, 403, 500])
@pytest.mark.parametrize(
    ("code", "subcode", "expected"),
    [
        (190, None, FailureKind.AUTH_FAILED),
        (190, 463, FailureKind.AUTH_FAILED),
        (190, 7, FailureKind.AUTH_FAILED),
        (102, None, FailureKind.AUTH_FAILED),
        (3, None, FailureKind.AUTH_FAILED),
        (10, None, FailureKind.AUTH_FAILED),
        (200, None, FailureKind.AUTH_FAILED),
        (299, None, FailureKind.AUTH_FAILED),
        (100, None, FailureKind.REJECTED),
        (100, 33, FailureKind.REJECTED),
        (368, None, FailureKind.REJECTED),
        (506, None, FailureKind.DUPLICATE),
        (4, None, FailureKind.RATE_LIMITED),
        (17, None, FailureKind.RATE_LIMITED),
        (32, None, FailureKind.RATE_LIMITED),
        (341, None, FailureKind.RATE_LIMITED),
        (613, None, FailureKind.RATE_LIMITED),
        (4, 7, FailureKind.REJECTED),
    ],
)
def test_code_has_the_same_kind_for_every_status(
    code: int, subcode: int | None, expected: FailureKind, status: int
) -> None:
    for call in (READ, PREPARE, PUBLISH):
        assert kind(call, error(code, subcode, status)) is expected


@pytest.mark.parametrize("code", [-2, -1, 1, 2])
def test_server_error_leaves_only_a_publish_in_doubt(code: int) -> None:
    for status in (400, 500):
        assert kind(PUBLISH, error(code, status=status)) is FailureKind.IN_DOUBT
        assert kind(PREPARE, error(code, status=status)) is FailureKind.UNAVAILABLE
        assert kind(READ, error(code, status=status)) is FailureKind.UNAVAILABLE


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (100, FailureKind.IN_DOUBT),
        (9999, FailureKind.IN_DOUBT),
        (4, FailureKind.RATE_LIMITED),
        (190, FailureKind.AUTH_FAILED),
    ],
)
def test_transient_error_is_not_final_except_for_a_dead_token(code: int, expected: FailureKind) -> None:
    assert kind(PUBLISH, error(code, is_transient=True)) is expected


@pytest.mark.parametrize(
    ("status", "value", "expected"),
    [
        (400, {"error_type": "OAuthException", "code": 400, "error_message": "used"}, FailureKind.REJECTED),
        (500, {"error_type": "OAuthException", "code": 500, "error_message": "down"}, FailureKind.UNAVAILABLE),
        (401, b"", FailureKind.AUTH_FAILED),
        (429, b"<html>", FailureKind.RATE_LIMITED),
        (404, b"<html>", FailureKind.REJECTED),
        (408, b"", FailureKind.UNAVAILABLE),
        (503, b"<html>", FailureKind.UNAVAILABLE),
        (302, b"", FailureKind.UNAVAILABLE),
        (200, b"{}", FailureKind.UNAVAILABLE),
        (400, {"error": {"code": "190"}}, FailureKind.REJECTED),
        (400, {"error": "invalid"}, FailureKind.REJECTED),
        (500, {"error": {"code": 77777}}, FailureKind.UNAVAILABLE),
    ],
)
def test_status_decides_without_a_known_code(status: int, value: Any, expected: FailureKind) -> None:
    assert kind(PREPARE, reply(status, value)) is expected


def test_success_without_content_leaves_a_publish_in_doubt() -> None:
    for value in ({}, b"", {"error": {"code": 100}}, {"id": 5}):
        assert kind(PUBLISH, reply(200, value)) is FailureKind.IN_DOUBT
    assert kind(READ, error(190, status=200)) is FailureKind.AUTH_FAILED


def test_message_contains_the_reason_without_tokens() -> None:
    token = "THQVJ" + "x1_-" * 20
    failure = explain(PREPARE, error(100, message=f"Malformed {token} here. {'y ' * 400}"), OWN, "Example")
    assert failure.message.startswith("Example rejected the request: Malformed (token removed) here.")
    assert len(failure.message) < 360
    assert failure.response is not None
    assert token not in json.dumps(failure.response)
    assert failure.response["code"] == 100
    quiet = explain(READ, reply(200, {"access_token": "secret"}), OWN, "Example")
    assert quiet.response == {"status": 200, "body": ""}


def test_own_subcode_has_its_own_message() -> None:
    failure = explain(PREPARE, error(100, 7), OWN, "Example")
    assert (failure.message, failure.remediation) == ("Seven of Example.", "Do not.")
    assert failure.rule == "example.seven.never"


def test_rate_limit_is_retried_after_an_hour() -> None:
    assert explain(PREPARE, error(4), OWN, "Example").retry_at == NOW + timedelta(hours=1)
    assert explain(PREPARE, error(100), OWN, "Example").retry_at is None


@pytest.mark.parametrize(
    ("status", "value", "expected"),
    [
        (200, {"id": "178"}, "178"),
        (200, {"id": 178}, None),
        (200, {"id": ""}, None),
        (200, {"id": "../me"}, None),
        (200, {"id": "178", "error": {"code": 1}}, None),
        (400, {"id": "178"}, None),
        (200, b"<html>", None),
    ],
)
def test_id_is_read_only_from_a_success(status: int, value: Any, expected: str | None) -> None:
    assert read_id(reply(status, value)) == expected


@given(st.integers(200, 599), st.recursive(st.none() | st.integers() | st.text(), st.lists))
def test_any_reply_is_explained(status: int, value: object) -> None:
    for body in (value, {"error": value}, {"error": {"code": value, "message": value, "error_subcode": value}}):
        response = reply(status, body)
        read_error(response)
        assert explain(PUBLISH, response, OWN, "Example").message
