"""What a refusal means: one row per row of the protocol's table of errors."""

from datetime import UTC, datetime, timedelta

import pytest

from letmepost.domain.errors import FailureKind, LimitScope
from letmepost.domain.flow import Auth, Call, Reply
from letmepost.platforms.linkedin import PLATFORM
from letmepost.platforms.linkedin.replies import BY_ERROR, duplicate_of, explain, is_temporary
from letmepost.platforms.linkedin.rest import (
    app_call,
    begin_upload,
    create_comment,
    create_post,
    list_posts,
    send_bytes,
)
from tests.platforms.linkedin.transcripts import MEMBER, NOW, PAGE, SETTINGS, SHARE, image, refusal, response

CALLS: dict[str, Call] = {
    "post": create_post(SETTINGS, {}),
    "comment": create_comment(SETTINGS, SHARE, MEMBER, "hello"),
    "begin": begin_upload(SETTINGS, "images", MEMBER, step="media-1"),
    "bytes": send_bytes("https://www.linkedin.com/dms-uploads/1", image(), step="media-1-bytes"),
    "read": list_posts(SETTINGS, PAGE),
    "token": app_call(SETTINGS, "accessToken", {}, auth=Auth.ACCOUNT),
}
DUPLICATE = f"Content is a duplicate of {SHARE}"
MIDNIGHT = datetime(2026, 11, 23, tzinfo=UTC)

ROWS: list[tuple[str, Reply, str]] = [
    ("post", refusal(401, "REVOKED_ACCESS_TOKEN", number=65601), "auth_failed"),
    ("post", refusal(401, None, number=65601), "auth_failed"),
    ("post", refusal(401, "EXPIRED_ACCESS_TOKEN", number=65602), "auth_failed"),
    ("post", refusal(401, None, number=65602), "auth_failed"),
    ("post", refusal(401, "INVALID_ACCESS_TOKEN", number=65600), "auth_failed"),
    ("post", refusal(401, None, number=65600), "auth_failed"),
    ("post", refusal(401, "EMPTY_ACCESS_TOKEN", number=65604), "unavailable"),
    ("post", refusal(401, None, number=65604), "unavailable"),
    ("token", response(401, {"error": "invalid_client"}), "unavailable"),
    ("post", refusal(403, "ACCESS_DENIED", "Not enough permissions to access: POST /posts"), "rejected"),
    ("comment", refusal(403, "ACCESS_DENIED"), "rejected"),
    ("post", refusal(400, "VERSION_MISSING"), "unavailable"),
    ("post", refusal(400, "NO_VERSION"), "unavailable"),
    ("post", refusal(426, "NONEXISTENT_VERSION"), "unavailable"),
    ("post", refusal(422, "UNPROCESSABLE_ENTITY", inner="FIELD_LENGTH_TOO_LONG"), "rejected"),
    ("post", refusal(400, "ILLEGAL_ARGUMENT", inner="MISSING_FIELD"), "rejected"),
    ("post", refusal(422, "INVALID_VALUE_FOR_FIELD"), "rejected"),
    ("post", refusal(422, "INVALID_VALUE_BLANK_FIELD"), "rejected"),
    ("post", refusal(422, "INVALID_URN_TYPE"), "rejected"),
    ("post", refusal(422, "INVALID_URN_ID"), "rejected"),
    ("post", refusal(422, "UNPERMITTED_FIELD"), "rejected"),
    ("post", refusal(400, "MEDIA_ASSET_WAITING_UPLOAD"), "unavailable"),
    ("post", refusal(400, "MEDIA_ASSET_PROCESSING_FAILED"), "rejected"),
    ("bytes", refusal(400, "EXPIRED_UPLOAD_URL"), "unavailable"),
    ("post", refusal(422, "UNPROCESSABLE_ENTITY", DUPLICATE, inner="DUPLICATE_POST"), "duplicate"),
    ("post", refusal(409, "DUPLICATE_POST", DUPLICATE), "duplicate"),
    ("post", refusal(400, "DUPLICATE_POST", DUPLICATE), "duplicate"),
    ("post", refusal(409, "CONFLICT"), "in_doubt"),
    ("begin", refusal(409, "CONFLICT"), "unavailable"),
    ("post", refusal(404, "RESOURCE_NOT_FOUND"), "rejected"),
    ("post", refusal(429, "TOO_MANY_REQUESTS", number=101), "rate_limited"),
    ("post", refusal(500, "INTERNAL_SERVER_ERROR"), "in_doubt"),
    ("post", refusal(503, None), "in_doubt"),
    ("begin", refusal(500, "INTERNAL_SERVER_ERROR"), "unavailable"),
    ("bytes", response(502), "unavailable"),
    ("read", response(504), "unavailable"),
    ("comment", refusal(400, None, "Unable to obtain activity for urn:li:share:1"), "unavailable"),
    ("comment", refusal(500, None, "Unable to obtain activity for urn:li:share:1"), "unavailable"),
    ("comment", refusal(500, None), "in_doubt"),
    ("post", response(201), "in_doubt"),
]


@pytest.mark.parametrize(("call", "reply", "kind"), ROWS)
def test_error_has_its_kind(call: str, reply: Reply, kind: str) -> None:
    failure = explain(CALLS[call], reply)
    assert failure.kind is FailureKind(kind)
    assert failure.message
    assert failure.response is not None
    assert failure.response["status"] == reply.status


def test_rows_cover_every_error_with_a_meaning() -> None:
    shown = {
        (reply.status, key)
        for call, reply, _ in ROWS
        if (response := explain(CALLS[call], reply).response) is not None
        for key in (response["code"], str(reply.data().get("serviceErrorCode")))
    }
    assert shown >= set(BY_ERROR)


@pytest.mark.parametrize(
    ("status", "call", "kind"),
    [
        (200, "post", FailureKind.IN_DOUBT),
        (200, "read", FailureKind.UNAVAILABLE),
        (302, "post", FailureKind.UNAVAILABLE),
        (400, "post", FailureKind.REJECTED),
        (401, "post", FailureKind.AUTH_FAILED),
        (403, "post", FailureKind.REJECTED),
        (404, "post", FailureKind.REJECTED),
        (408, "post", FailureKind.IN_DOUBT),
        (411, "post", FailureKind.REJECTED),
        (426, "post", FailureKind.UNAVAILABLE),
        (429, "post", FailureKind.RATE_LIMITED),
        (429, "token", FailureKind.RATE_LIMITED),
        (500, "post", FailureKind.IN_DOUBT),
        (500, "token", FailureKind.UNAVAILABLE),
        (400, "token", FailureKind.UNAVAILABLE),
        (999, "read", FailureKind.UNAVAILABLE),
    ],
)
@pytest.mark.parametrize(
    "body", [b"", b"<html>", b'["x"]', b'{"code": 7, "errorDetails": {"inputErrors": [3]}}', b"\xff"]
)
def test_reply_without_a_code_is_judged_by_its_status(status: int, call: str, kind: FailureKind, body: bytes) -> None:
    assert explain(CALLS[call], Reply(status=status, body=body, received_at=NOW)).kind is kind


@pytest.mark.parametrize(
    ("which", "kind", "retry_at", "scope"),
    [
        ("APPLICATION DAY limit", "quota_exhausted", None, LimitScope.APP),
        ("APPLICATION_AND_MEMBER DAY limit", "quota_exhausted", None, LimitScope.ACCOUNT),
        ("MEMBER DAY limit", "quota_exhausted", None, LimitScope.ACCOUNT),
        ("limit", "rate_limited", NOW + timedelta(minutes=15), LimitScope.ACCOUNT),
    ],
)
def test_limit_has_its_scope_and_reset_time(
    which: str, kind: str, retry_at: datetime | None, scope: LimitScope
) -> None:
    message = f"Resource level throttle {which} for calls to this resource is reached."
    failure = explain(CALLS["post"], refusal(429, "TOO_MANY_REQUESTS", message, number=101))
    assert (failure.kind, failure.retry_at, failure.scope) == (FailureKind(kind), retry_at, scope)
    assert PLATFORM.resets is not None
    assert PLATFORM.resets(NOW) == MIDNIGHT, "what a refusal does not state"


@pytest.mark.parametrize(("header", "seconds"), [("7", 7), ("soon", 900)])
def test_burst_limit_uses_the_retry_time_of_linkedin(header: str, seconds: int) -> None:
    assert explain(CALLS["post"], response(429, retry_after=header)).retry_at == NOW + timedelta(seconds=seconds)


def test_burst_limit_ends_at_midnight_at_the_latest() -> None:
    late = Reply(status=429, received_at=datetime(2026, 11, 22, 23, 59, tzinfo=UTC))
    assert explain(CALLS["post"], late).retry_at == MIDNIGHT


def test_duplicate_contains_the_urn_of_the_earlier_post() -> None:
    assert duplicate_of(refusal(422, None, DUPLICATE, inner="DUPLICATE_POST")) == SHARE
    assert duplicate_of(refusal(422, None, "Content is a duplicate")) is None
    assert duplicate_of(response(422)) is None


def test_only_temporary_refusals_are_waited_for() -> None:
    assert is_temporary(refusal(403, None, "This resource is forbidden"))
    assert is_temporary(refusal(400, "MEDIA_ASSET_WAITING_UPLOAD"))
    assert not is_temporary(refusal(403, "ACCESS_DENIED", "Not enough permissions"))
    assert not is_temporary(refusal(400, "MEDIA_ASSET_PROCESSING_FAILED"))


def test_refusal_names_the_field() -> None:
    failure = explain(CALLS["post"], refusal(422, None, "Too long", inner="FIELD_LENGTH_TOO_LONG"))
    assert failure.message == "LinkedIn rejected the request: Too long (/commentary)"


def test_raw_reply_is_bounded_and_contains_no_token() -> None:
    token = "AQX" + "a1-_" * 40
    failure = explain(CALLS["post"], refusal(400, None, f"bad {token} here {'x' * 9000}"))
    assert failure.response is not None
    shown = failure.response["body"]
    assert token not in shown + failure.message
    assert "bad (token removed) here" in shown
    assert len(shown) <= 4096
    assert len(failure.message) < 400


def test_incomplete_success_is_not_shown() -> None:
    failure = explain(CALLS["token"], response(200, {"access_token": "opaque"}))
    assert failure.response == {"status": 200, "code": None, "body": ""}
