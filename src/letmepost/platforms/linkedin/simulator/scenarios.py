"""How a test account's LinkedIn differs from a healthy one. A scenario belongs to one member.

A write is a call that creates a post or a comment; an upload requests an upload URL or sends bytes. Reads, deletions
and consent are healthy in every scenario except `auth_revoked`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType

from letmepost.platforms._simulator import Refuse, WriteAttempt, refuse_counted
from letmepost.platforms.contract import State
from letmepost.platforms.linkedin.simulator.restli import RestliError, invalid

ACCESS_LIFETIME = timedelta(days=60)
EXPIRING_ACCESS_LIFETIME = timedelta(seconds=5)
REFRESH_LIFETIME = timedelta(days=365)
SLOW_DELAY_S = 3.0
RATE_LIMITED_WRITES = 2
RATE_LIMITED_FOR_S = 2
UNAVAILABLE_FOR_S = 8.0
DUPLICATE_URN = "urn:li:share:7012345000000000000"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """The differences from a healthy platform with an app without refresh tokens, which is the default.

    Args:
        refuse: returns the error to raise instead of executing an attempt; None to execute it.
        refuses_uploads: True if `refuse` applies to uploads too.
        delay_s: how long writes take.
        refreshable: True if the app is a partner's, which receives refresh tokens.
        revoked: the member revokes the permission after the account is connected.
        loses_first_response: a post's first write is executed, but its response is lost.
        hides_first_urn: the response to a post's first write lacks its URN.
        never_ready: media stay in processing.
    """

    summary: str
    refuse: Refuse | None = None
    refuses_uploads: bool = False
    delay_s: float = 0.0
    access_lifetime: timedelta = ACCESS_LIFETIME
    refreshable: bool = False
    revoked: bool = False
    loses_first_response: bool = False
    hides_first_urn: bool = False
    never_ready: bool = False


def _rate_limited(attempt: WriteAttempt) -> RestliError | None:
    if attempt.number > RATE_LIMITED_WRITES:
        return None
    message = "Resource level throttle limit for calls to this resource is reached."
    headers = {"retry-after": str(RATE_LIMITED_FOR_S)}
    return RestliError(429, "TOO_MANY_REQUESTS", message, number=101, headers=headers)


def day_limit(scope: str) -> RestliError:
    """Return the refusal of a used-up daily limit: `APPLICATION`, or `APPLICATION_AND_MEMBER`."""
    message = f"Resource level throttle {scope} DAY limit for calls to this resource is reached."
    return RestliError(429, "TOO_MANY_REQUESTS", message, number=101)


def _rejected(attempt: WriteAttempt) -> RestliError | None:
    if not attempt.shows_post:
        return None
    return invalid("INVALID_VALUE_FOR_FIELD", "/commentary", "Refused by this sandbox account")


def _unavailable(attempt: WriteAttempt) -> RestliError | None:
    if attempt.age_s >= UNAVAILABLE_FOR_S:
        return None
    return RestliError(503, "SERVICE_UNAVAILABLE", "Service Unavailable", number=0)


def _flaky(attempt: WriteAttempt) -> RestliError | None:
    if not attempt.number % 2:
        return None
    return RestliError(500, "INTERNAL_SERVER_ERROR", "Internal Server Error", number=0)


def _duplicate(attempt: WriteAttempt) -> RestliError | None:
    return duplicate_post(DUPLICATE_URN) if attempt.shows_post else None


def duplicate_post(urn: str) -> RestliError:
    """Return the refusal of a post if another post of the author has the same content."""
    return invalid("DUPLICATE_POST", "/commentary", f"Content is a duplicate of {urn}")


SCENARIOS: Mapping[str, Scenario] = MappingProxyType(
    {
        "ok": Scenario(summary="Everything works."),
        "slow": Scenario(summary="Writes take 3 s.", delay_s=SLOW_DELAY_S),
        "rate_limited": Scenario(
            summary="The first two writes return 429 with a retry time of 2 s.", refuse=_rate_limited
        ),
        "quota_exhausted": Scenario(
            summary="The member's daily limit is used up: every write returns 429.",
            refuse=lambda _attempt: day_limit("APPLICATION_AND_MEMBER"),
        ),
        "auth_revoked": Scenario(summary="Connecting works, then every call is refused.", revoked=True),
        "token_expiring": Scenario(
            summary="Access tokens are valid for 5 s and must then be refreshed.",
            access_lifetime=EXPIRING_ACCESS_LIFETIME,
            refreshable=True,
        ),
        "rejected": Scenario(summary="Every post is rejected because of its content.", refuse=_rejected),
        "unavailable": Scenario(
            summary="Writes and uploads return 503 during 8 s from the first one on.",
            refuse=_unavailable,
            refuses_uploads=True,
        ),
        "flaky": Scenario(summary="The first, third, fifth … write returns 500 and is not executed.", refuse=_flaky),
        "timeout_after_publish": Scenario(
            summary="A post's first write is executed, but the connection breaks before the response.",
            loses_first_response=True,
        ),
        "silent_success": Scenario(
            summary="A post's first write is executed, but the response lacks the URN.", hides_first_urn=True
        ),
        "duplicate": Scenario(summary="Every post is rejected as a duplicate.", refuse=_duplicate),
        "processing_forever": Scenario(summary="Images and documents never become ready.", never_ready=True),
    }
)


def refuse_attempt(
    state: State, member_id: str, scenario: Scenario, now: datetime, *, shows_post: bool, upload: bool
) -> None:
    """Count the attempt, and raise the scenario's error instead of executing it."""
    if scenario.refuse is not None and (scenario.refuses_uploads or not upload):
        refuse_counted(state, member_id, scenario.refuse, now, shows_post=shows_post)
