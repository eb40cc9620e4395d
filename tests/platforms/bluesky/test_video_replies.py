"""What a refusal of the video service means: one row per row of the protocol's table."""

import json

import pytest

from letmepost.domain.errors import FailureKind, FixableBy
from letmepost.domain.flow import Call, Reply
from letmepost.platforms.bluesky.replies import explain
from letmepost.platforms.bluesky.video_calls import read_job, send_to_service
from letmepost.platforms.bluesky.video_replies import WORDS
from tests.doubles.media import video
from tests.platforms.bluesky.transcripts import DID, NOW

UPLOAD = send_to_service("https://video.bsky.app", DID, "token", video(), step="blob-1").part(0)
READ = read_job("https://video.bsky.app", "j1")

ROWS = [
    ("", "User has exceeded daily upload bytes limit", FailureKind.RATE_LIMITED, "bluesky.video.quota_exhausted"),
    ("", "User has exceeded daily upload videos limit", FailureKind.RATE_LIMITED, "bluesky.video.quota_exhausted"),
    ("DailyLimitExceeded", "", FailureKind.RATE_LIMITED, "bluesky.video.quota_exhausted"),
    ("", "Confirm your email address to upload videos", FailureKind.REJECTED, "bluesky.video.email_unconfirmed"),
    ("", "Must confirm email address to upload videos", FailureKind.REJECTED, "bluesky.video.email_unconfirmed"),
    ("unconfirmed_email", "", FailureKind.REJECTED, "bluesky.video.email_unconfirmed"),
    ("", "Account is not old enough to upload videos", FailureKind.REJECTED, "bluesky.video.account_new"),
    ("", "User is not allowed to upload videos", FailureKind.REJECTED, "bluesky.video.not_allowed"),
    ("UploadForbidden", "", FailureKind.REJECTED, "bluesky.video.not_allowed"),
    ("", "Uploading is disabled at the moment", FailureKind.UNAVAILABLE, None),
    ("", "Failed to get user's upload stats", FailureKind.UNAVAILABLE, None),
    ("ServiceOverloaded", "", FailureKind.UNAVAILABLE, None),
    (
        "",
        "file size (300000001 bytes) is larger than the maximum allowed size (300000000 bytes)",
        FailureKind.REJECTED,
        "bluesky.media.video_size_max",
    ),
    ("VideoTooLarge", "", FailureKind.REJECTED, "bluesky.media.video_size_max"),
    ("VideoTooLong", "", FailureKind.REJECTED, "bluesky.media.video_duration_max"),
    ("InvalidRequest", "unsupported video format", FailureKind.REJECTED, "bluesky.video.job_failed"),
]


def refused(status: int, error: str, message: str = "", *, nested: bool = False) -> Reply:
    job = {"jobId": "", "did": "", "state": "", "error": error, "message": message}
    return Reply(status=status, body=json.dumps({"jobStatus": job} if nested else job).encode(), received_at=NOW)


@pytest.mark.parametrize("nested", [False, True])
@pytest.mark.parametrize(("error", "message", "kind", "rule"), ROWS)
def test_refusal_has_its_kind_and_its_rule(
    error: str, message: str, kind: FailureKind, rule: str | None, *, nested: bool
) -> None:
    failure = explain(UPLOAD, refused(400, error, message, nested=nested))
    assert (failure.kind, failure.rule, failure.retry_at) == (kind, rule, None)


def test_rows_cover_every_refusal_with_a_meaning() -> None:
    said = [f"{error} {message}".lower() for error, message, *_ in ROWS]
    assert all(any(words in one for one in said) for words, _ in WORDS)


@pytest.mark.parametrize(
    ("call", "status", "kind"),
    [
        (UPLOAD, 400, FailureKind.REJECTED),
        (UPLOAD, 401, FailureKind.UNAVAILABLE),
        (UPLOAD, 403, FailureKind.REJECTED),
        (UPLOAD, 404, FailureKind.UNAVAILABLE),
        (UPLOAD, 408, FailureKind.UNAVAILABLE),
        (UPLOAD, 413, FailureKind.REJECTED),
        (UPLOAD, 429, FailureKind.RATE_LIMITED),
        (UPLOAD, 302, FailureKind.UNAVAILABLE),
        (UPLOAD, 503, FailureKind.UNAVAILABLE),
        (READ, 400, FailureKind.UNAVAILABLE),
        (READ, 401, FailureKind.UNAVAILABLE),
        (READ, 404, FailureKind.UNAVAILABLE),
        (READ, 429, FailureKind.RATE_LIMITED),
        (READ, 500, FailureKind.UNAVAILABLE),
        (READ, 200, FailureKind.UNAVAILABLE),
    ],
)
@pytest.mark.parametrize("body", [b"", b"<html>", b'{"error": 7, "message": []}', b"\xff"])
def test_other_reply_is_judged_by_its_status_and_never_ends_the_session(
    call: Call, status: int, kind: FailureKind, body: bytes
) -> None:
    assert explain(call, Reply(status=status, body=body, received_at=NOW)).kind is kind


def test_address_without_a_video_service_is_a_matter_of_the_operator() -> None:
    failure = explain(UPLOAD, Reply(status=404, body=b"<html>", received_at=NOW))
    assert failure.fixable_by is FixableBy.OPERATOR
    assert "LETMEPOST_BLUESKY_VIDEO_URL" in str(failure.remediation)


def test_refusal_shows_no_token() -> None:
    token = "eyJ0eXAiOiJhdCtqd3QifQ.eyJzdWIiOiJkaWQifQ.c2lnbmF0dXJl"
    failure = explain(UPLOAD, refused(400, "InvalidRequest", f"bad {token}"))
    assert "bad (token removed)" in failure.message
    assert "eyJ" not in json.dumps(failure.response)
