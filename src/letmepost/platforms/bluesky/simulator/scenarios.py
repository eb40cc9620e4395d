"""How a test account's server differs from a healthy one. A scenario belongs to one account.

A write is a call that changes the repository; an upload is `uploadBlob`. Public reads are healthy in every scenario, so
that the result of a write can always be read.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType

from letmepost.platforms._kit.simulator.scenarios import (
    RATE_LIMITED_FOR_S,
    CommonScenario,
    WriteAttempt,
    common_scenarios,
)
from letmepost.platforms.bluesky.simulator.xrpc import XRPCError, internal_error, invalid_request

NEVER_S = 3600.0
"""Longer than any client waits."""


@dataclass(frozen=True, slots=True)
class DirectoryFailure:
    """The PLC directory's response instead of a document.

    Source: https://github.com/did-method-plc/did-method-plc packages/server/src/routes.ts (fact sheet, corrections of
    2026-11-28): an error is `{"message": …}`, and a tombstoned DID is a 410.
    """

    status: int
    message: str
    delay_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoFault:
    """How the video service differs for an account.

    Args:
        refusal: the error and the message that refuse an upload.
        failure_code: why jobs fail; None if they do not.
        failing_jobs: how many of the first jobs fail.
        finishes: False if a job never ends.
        expires_first_token: the first token has expired when it arrives.
    """

    refusal: tuple[str, str] | None = None
    failure_code: str | None = None
    failing_jobs: int = 1_000_000
    finishes: bool = True
    expires_first_token: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario(CommonScenario):
    """The differences from a healthy server, which is the default.

    Args:
        revoked: the app password is revoked after its first use.
        is_taken: another post already has the record key.
        directory_failure: the PLC directory does not return the account's document, so it cannot be connected.
        video: how the video service differs.
        loses_first_video: the first upload of a video is executed, but its response is lost.
    """

    access_lifetime: timedelta = timedelta(minutes=120)
    is_taken: bool = False
    directory_failure: DirectoryFailure | None = None
    video: VideoFault | None = None
    loses_first_video: bool = False


def _rate_limited(attempt: WriteAttempt) -> XRPCError:
    headers = {
        "ratelimit-limit": "5000",
        "ratelimit-remaining": "0",
        "ratelimit-reset": str(int(attempt.now.timestamp()) + RATE_LIMITED_FOR_S),
        "ratelimit-policy": "5000;w=3600",
        "retry-after": str(RATE_LIMITED_FOR_S),
    }
    return XRPCError(429, "RateLimitExceeded", "Rate Limit Exceeded", headers=headers)


def _rejected(_attempt: WriteAttempt) -> XRPCError:
    return invalid_request("Invalid app.bsky.feed.post record: refused by this sandbox account")


def _unavailable(attempt: WriteAttempt) -> XRPCError:
    if attempt.number % 2:
        return XRPCError(503, "NotEnoughResources", "Not Enough Resources")
    return XRPCError(502, "UpstreamFailure", "Upstream Failure")


def _never_responds(_attempt: WriteAttempt) -> XRPCError:
    message = "Operation timed out, please try again."
    return XRPCError(504, "UpstreamTimeout", message, delay_s=NEVER_S)


SCENARIOS: Mapping[str, Scenario] = MappingProxyType(
    {
        **common_scenarios(
            Scenario,
            rate_limited=_rate_limited,
            unavailable=_unavailable,
            failed=lambda _attempt: internal_error(),
            rejected=_rejected,
        ),
        "duplicate": Scenario(summary="Another post already has every record key.", is_taken=True),
        # On Bluesky, a post without a video needs no background processing. The call itself never ends instead: the
        # connection stays open, nothing is executed, and a 504 would follow after an hour.
        "processing_forever": Scenario(
            summary="Writes and uploads are not executed and get no response. Videos are never processed.",
            refuse=_never_responds,
            refuses_uploads=True,
            video=VideoFault(finishes=False),
        ),
        "directory_gone": Scenario(
            summary="The DID is tombstoned: connecting is rejected.",
            directory_failure=DirectoryFailure(410, "DID not available: {did}"),
        ),
        "directory_rate_limited": Scenario(
            summary="The DID directory returns 429: connecting is unavailable.",
            directory_failure=DirectoryFailure(429, "Too Many Requests"),
        ),
        "directory_unavailable": Scenario(
            summary="The DID directory returns 503: connecting is unavailable.",
            directory_failure=DirectoryFailure(503, "Service Unavailable"),
        ),
        "directory_unanswered": Scenario(
            summary="The DID directory does not respond: connecting is unavailable.",
            directory_failure=DirectoryFailure(504, "Gateway Timeout", NEVER_S),
        ),
        "video_failed": Scenario(
            summary="The video service rejects every video.", video=VideoFault(failure_code="encoding_failure")
        ),
        "video_interrupted": Scenario(
            summary="The video service fails to process the first video.",
            video=VideoFault(failure_code="generic_failure", failing_jobs=1),
        ),
        "video_unfinished": Scenario(summary="Videos are never processed.", video=VideoFault(finishes=False)),
        "video_quota": Scenario(
            summary="The account's daily limit of videos is used up.",
            video=VideoFault(refusal=("DailyLimitExceeded", "User has exceeded daily upload videos limit")),
        ),
        "video_email_unconfirmed": Scenario(
            summary="The account may not upload videos before its email address is confirmed.",
            video=VideoFault(refusal=("unconfirmed_email", "Confirm your email address to upload videos")),
        ),
        "video_token_expired": Scenario(
            summary="The token of the first upload of a video has expired when it arrives.",
            video=VideoFault(expires_first_token=True),
        ),
        "video_reply_lost": Scenario(
            summary="The first upload of a video is executed, but its response is lost.", loses_first_video=True
        ),
    }
)
