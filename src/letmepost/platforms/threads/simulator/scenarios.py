"""How a test account's server differs from a healthy one. A scenario belongs to one account.

A write creates a container or publishes one. Reads are healthy in every scenario, so that the result of a write can
always be read.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType

from letmepost.platforms._simulator import Refuse, WriteAttempt, refuse_counted
from letmepost.platforms.contract import State
from letmepost.platforms.threads.simulator.graph import Refused, wrong_parameter

TOKEN_LIFETIME = timedelta(days=60)
EXPIRING_TOKEN_LIFETIME = timedelta(minutes=2)
PROCESSING_S = 1.0
SLOW_PROCESSING_S = 8.0
SLOW_DELAY_S = 3.0
RATE_LIMITED_WRITES = 2
UNAVAILABLE_FOR_S = 8.0
LAG_S = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """The differences from a healthy server, which is the default.

    Args:
        refuse: returns the error to raise instead of executing a write; None to execute it.
        delay_s: how long writes take.
        processing_s: how long the media of a container take; None means that no container becomes ready, not even of
            texts.
        token_lifetime, token_age: of a long-lived token when it is issued.
        is_revoked: the permission is revoked after the account is connected.
        loses_first_response: a container is published, but the response is lost.
        lag_s: how long one part of the network does not know what another part has created.
        media_error: the error of every media item.
    """

    summary: str
    refuse: Refuse | None = None
    delay_s: float = 0.0
    processing_s: float | None = PROCESSING_S
    token_lifetime: timedelta = TOKEN_LIFETIME
    token_age: timedelta = timedelta()
    is_revoked: bool = False
    loses_first_response: bool = False
    lag_s: float = 0.0
    media_error: str | None = None


def _rate_limited(attempt: WriteAttempt) -> Refused | None:
    if attempt.number > RATE_LIMITED_WRITES:
        return None
    return Refused("Application request limit reached", code=4, status=403)


def _rejected(attempt: WriteAttempt) -> Refused | None:
    return None if attempt.shows_post else wrong_parameter("Refused by this sandbox account.")


def _unavailable(attempt: WriteAttempt) -> Refused | None:
    if attempt.age_s >= UNAVAILABLE_FOR_S:
        return None
    return Refused("Service temporarily unavailable", code=2, status=503, is_transient=True)


def _flaky(attempt: WriteAttempt) -> Refused | None:
    if attempt.number % 2 == 0:
        return None
    return Refused("An unknown error occurred", code=1, status=500, is_transient=True)


def _duplicate(attempt: WriteAttempt) -> Refused | None:
    return Refused("Duplicate status message", code=506) if attempt.shows_post else None


SCENARIOS: Mapping[str, Scenario] = MappingProxyType(
    {
        "ok": Scenario(summary="Everything works."),
        "slow": Scenario(
            summary="Writes take 3 s, and media are processed for 8 s.",
            delay_s=SLOW_DELAY_S,
            processing_s=SLOW_PROCESSING_S,
        ),
        "rate_limited": Scenario(
            summary="The first two writes are refused because a rate limit is used up.", refuse=_rate_limited
        ),
        "auth_revoked": Scenario(summary="Connecting works once, then every call is refused.", is_revoked=True),
        "token_expiring": Scenario(
            summary="Tokens are valid for 2 minutes, can be refreshed immediately, and must be.",
            token_lifetime=EXPIRING_TOKEN_LIFETIME,
            token_age=timedelta(days=59),
        ),
        "rejected": Scenario(summary="Every post is rejected because of its content.", refuse=_rejected),
        "unavailable": Scenario(summary="Writes return 503 during 8 s from the first one on.", refuse=_unavailable),
        "flaky": Scenario(summary="The first, third, fifth … write returns 500 and is not executed.", refuse=_flaky),
        "timeout_after_publish": Scenario(
            summary="Every container is published, but the connection breaks before the response.",
            loses_first_response=True,
        ),
        "duplicate": Scenario(summary="Every post is rejected as a duplicate.", refuse=_duplicate),
        "processing_forever": Scenario(summary="Containers never become ready.", processing_s=None),
        "lagging": Scenario(
            summary="For 3 s, new containers cannot be published, and new posts have no replies and no link.",
            lag_s=LAG_S,
        ),
        "media_broken": Scenario(summary="Every media item is too long.", media_error="INVALID_DURATION"),
    }
)


def refuse_attempt(state: State, person_id: str, scenario: Scenario, now: datetime, *, shows_post: bool) -> None:
    """Count the write, and raise the scenario's error instead of executing it."""
    if scenario.refuse is not None:
        refuse_counted(state, person_id, scenario.refuse, now, shows_post=shows_post)
