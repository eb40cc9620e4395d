"""What a refusal means: one row per row of the protocol's table of errors."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from letmepost.domain.errors import FailureKind, LimitScope
from letmepost.domain.flow import Auth, Call, Effect, Reply
from letmepost.platforms.bluesky.replies import BY_ERROR, BY_METHOD, explain
from letmepost.platforms.bluesky.xrpc import (
    CREATE_SESSION,
    REFRESH_SESSION,
    get_record,
    method_of,
    method_url,
    put_record,
    upload_blob,
)
from tests.platforms.bluesky.transcripts import DID, NOW, PDS, image, recorded

Row = tuple[int, str, str, str, str]
REPLIES = Path(__file__).parent / "replies"
ROWS: list[Row] = [tuple(row) for row in json.loads((REPLIES / "errors.json").read_text())["rows"]]

CALLS = {
    "post": put_record(PDS, DID, "app.bsky.feed.post", "3m64hjivf222b", {}, step="post"),
    "upload": upload_blob(PDS, image(), step="blob-1"),
    "read": get_record(PDS, DID, "app.bsky.feed.post", "3m64hjivf222b"),
    "sign_in": Call(
        method="POST",
        url=method_url(PDS, CREATE_SESSION),
        effect=Effect.WRITE,
        auth=Auth.NONE,
    ),
    "refresh": Call(method="POST", url=method_url(PDS, REFRESH_SESSION), effect=Effect.WRITE),
}


def reply(status: int, body: bytes = b"", headers: dict[str, str] | None = None) -> Reply:
    return Reply(status=status, headers=headers or {}, body=body, received_at=NOW)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row[0]}-{row[1]}-{row[3]}")
def test_error_has_its_kind(row: Row) -> None:
    status, error, message, call, kind = row
    body = json.dumps({"error": error, "message": message}).encode()
    failure = explain(CALLS[call], reply(status, body))
    assert failure.kind is FailureKind(kind)
    assert failure.response == {"status": status, "error": error, "body": body.decode()}
    assert failure.message.endswith((".", message))
    assert failure.retry_at is None


def test_rows_cover_every_error_with_a_meaning() -> None:
    assert {(status, error) for status, error, *_ in ROWS} >= set(BY_ERROR)
    covered = {(method_of(CALLS[call]), status, error) for status, error, _, call, _ in ROWS}
    assert covered >= set(BY_METHOD)


@pytest.mark.parametrize(
    ("status", "call", "kind"),
    [
        (200, "post", FailureKind.IN_DOUBT),
        (200, "read", FailureKind.UNAVAILABLE),
        (302, "post", FailureKind.UNAVAILABLE),
        (400, "post", FailureKind.REJECTED),
        (401, "post", FailureKind.AUTH_FAILED),
        (403, "post", FailureKind.UNAVAILABLE),
        (404, "post", FailureKind.UNAVAILABLE),
        (405, "post", FailureKind.UNAVAILABLE),
        (408, "post", FailureKind.IN_DOUBT),
        (418, "post", FailureKind.REJECTED),
        (429, "post", FailureKind.RATE_LIMITED),
        (500, "post", FailureKind.IN_DOUBT),
        (500, "upload", FailureKind.UNAVAILABLE),
        (599, "post", FailureKind.IN_DOUBT),
        (999, "read", FailureKind.UNAVAILABLE),
    ],
)
@pytest.mark.parametrize("body", [b"", b"<html>", b'["x"]', b'{"error": 7, "message": 7}', b"\xff\xfe"])
def test_reply_without_an_error_name_is_judged_by_its_status(
    status: int, call: str, kind: FailureKind, body: bytes
) -> None:
    assert explain(CALLS[call], reply(status, body)).kind is kind


def test_unknown_error_name_is_judged_by_its_status() -> None:
    body = b'{"error": "QuotaOfTomorrow", "message": "Come back later"}'
    assert explain(CALLS["post"], reply(400, body)).kind is FailureKind.REJECTED
    assert explain(CALLS["post"], reply(403, body)).kind is FailureKind.AUTH_FAILED
    assert explain(CALLS["post"], reply(503, body)).kind is FailureKind.IN_DOUBT


def test_wrong_password_asks_for_an_app_password() -> None:
    failure = explain(CALLS["sign_in"], recorded("wrong_password"))
    assert "app password in Bluesky under Settings" in str(failure.remediation)


@pytest.mark.parametrize(
    ("headers", "retry_at"),
    [
        ({}, None),
        ({"retry-after": "1800"}, NOW + timedelta(seconds=1800)),
        ({"ratelimit-reset": "1795262400"}, datetime.fromtimestamp(1_795_262_400, UTC)),
    ],
)
def test_retry_time_is_read_from_the_headers(headers: dict[str, str], retry_at: datetime | None) -> None:
    failure = explain(CALLS["post"], reply(429, headers=headers))
    assert failure.kind is FailureKind.RATE_LIMITED
    assert failure.retry_at == retry_at


def test_rate_limit_holds_back_only_the_account() -> None:
    for call in CALLS.values():
        assert explain(call, recorded("rate_limited")).scope is LimitScope.ACCOUNT


def test_raw_reply_is_bounded_and_contains_no_token() -> None:
    token = "eyJ0eXAiOiJhdCtqd3QifQ.eyJzdWIiOiJkaWQifQ.c2lnbmF0dXJl"
    body = json.dumps({"error": "InvalidRequest", "message": f"bad {token} here {'x' * 9000}"}).encode()
    failure = explain(CALLS["post"], reply(400, body))
    assert failure.response is not None
    shown = failure.response["body"]
    assert "eyJ" not in shown + failure.message
    assert "bad (token removed) here" in shown
    assert len(shown.encode()) <= 4096
    assert len(failure.message) < 400


def test_incomplete_success_is_not_shown() -> None:
    """Its other fields may be tokens, and not every token looks like one."""
    failure = explain(CALLS["refresh"], reply(200, b'{"accessJwt": "opaque", "refreshJwt": ""}'))
    assert failure.response == {"status": 200, "error": None, "body": ""}


def test_too_large_file_has_the_id_of_the_rule() -> None:
    body = b'{"error": "PayloadTooLarge", "message": "request entity too large"}'
    assert explain(CALLS["upload"], reply(413, body)).rule == "bluesky.media.image_size_max"


@pytest.mark.parametrize("path", sorted(REPLIES.glob("*.json")), ids=lambda path: path.stem)
def test_every_recorded_reply_has_its_source(path: Path) -> None:
    assert json.loads(path.read_text())["source"]
