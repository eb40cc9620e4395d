"""How a test account's server differs from a healthy one. A scenario belongs to one account.

A write is a call that changes the repository; an upload is `uploadBlob`. Public reads are healthy in every scenario, so
that the result of a write can always be read.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType

from letmepost.platforms._simulator import Refuse, WriteAttempt, refuse_counted
from letmepost.platforms.bluesky.simulator.xrpc import XRPCError, internal_error, invalid_request
from letmepost.platforms.contract import State

ACCESS_LIFETIME = timedelta(minutes=120)
EXPIRING_ACCESS_LIFETIME = timedelta(seconds=5)
SLOW_DELAY_S = 3.0
RATE_LIMITED_WRITES = 2
RATE_LIMITED_FOR_S = 2
UNAVAILABLE_FOR_S = 8.0
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
class Scenario:
    """The differences from a healthy server, which is the default.

    Args:
        refuse: returns the error to raise instead of executing an attempt; None to execute it.
        refuses_uploads: True if `refuse` applies to uploads too.
        delay_s: how long writes and uploads take.
        revoked: the app password is revoked after its first use.
        loses_first_response: a record's first write is executed, but its response is lost.
        is_taken: another post already has the record key.
        directory_failure: the PLC directory does not return the account's document, so it cannot be connected.
    """

    summary: str
    refuse: Refuse | None = None
    refuses_uploads: bool = False
    delay_s: float = 0.0
    access_lifetime: timedelta = ACCESS_LIFETIME
    revoked: bool = False
    loses_first_response: bool = False
    is_taken: bool = False
    directory_failure: DirectoryFailure | None = None


def _rate_limited(attempt: WriteAttempt) -> XRPCError | None:
    if attempt.number > RATE_LIMITED_WRITES:
        return None
    headers = {
        "ratelimit-limit": "5000",
        "ratelimit-remaining": "0",
        "ratelimit-reset": str(int(attempt.now.timestamp()) + RATE_LIMITED_FOR_S),
        "ratelimit-policy": "5000;w=3600",
        "retry-after": str(RATE_LIMITED_FOR_S),
    }
    return XRPCError(429, "RateLimitExceeded", "Rate Limit Exceeded", headers=headers)


def _rejected(attempt: WriteAttempt) -> XRPCError | None:
    if not attempt.shows_post:
        return None
    return invalid_request("Invalid app.bsky.feed.post record: refused by this sandbox account")


def _unavailable(attempt: WriteAttempt) -> XRPCError | None:
    if attempt.age_s >= UNAVAILABLE_FOR_S:
        return None
    if attempt.number % 2:
        return XRPCError(503, "NotEnoughResources", "Not Enough Resources")
    return XRPCError(502, "UpstreamFailure", "Upstream Failure")


def _flaky(attempt: WriteAttempt) -> XRPCError | None:
    return internal_error() if attempt.number % 2 else None


def _never_responds(_attempt: WriteAttempt) -> XRPCError:
    message = "Operation timed out, please try again."
    return XRPCError(504, "UpstreamTimeout", message, delay_s=NEVER_S)


SCENARIOS: Mapping[str, Scenario] = MappingProxyType(
    {
        "ok": Scenario(summary="Everything works."),
        "slow": Scenario(summary="Writes and uploads take 3 s.", delay_s=SLOW_DELAY_S),
        "rate_limited": Scenario(
            summary="The first two writes return 429 with a retry time of 2 s.", refuse=_rate_limited
        ),
        "auth_revoked": Scenario(summary="Connecting works once, then every call is refused.", revoked=True),
        "token_expiring": Scenario(
            summary="Access tokens are valid for 5 s and must then be refreshed.",
            access_lifetime=EXPIRING_ACCESS_LIFETIME,
        ),
        "rejected": Scenario(summary="Every post is rejected because of its content.", refuse=_rejected),
        "unavailable": Scenario(
            summary="Writes and uploads return 503 and 502 during 8 s from the first one on.",
            refuse=_unavailable,
            refuses_uploads=True,
        ),
        "flaky": Scenario(summary="The first, third, fifth … write returns 500 and is not executed.", refuse=_flaky),
        "timeout_after_publish": Scenario(
            summary="A record's first write is executed, but the connection breaks before the response.",
            loses_first_response=True,
        ),
        "duplicate": Scenario(summary="Another post already has every record key.", is_taken=True),
        # On Bluesky, a post needs no background processing, unlike on other platforms. The call itself never ends
        # instead: the connection stays open, nothing is executed, and a 504 would follow after an hour.
        "processing_forever": Scenario(
            summary="Writes and uploads are not executed and get no response.",
            refuse=_never_responds,
            refuses_uploads=True,
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
    }
)


def refuse_attempt(
    state: State, did: str, scenario: Scenario, now: datetime, *, shows_post: bool, upload: bool
) -> None:
    """Count the attempt, and raise the scenario's error instead of executing it."""
    if scenario.refuse is not None and (scenario.refuses_uploads or not upload):
        refuse_counted(state, did, scenario.refuse, now, shows_post=shows_post)
