"""How a test account's LinkedIn departs from a healthy one. A scenario belongs to one member.

A write is a call that would make a post or a comment; an upload asks for an address or sends bytes. Reads, deletions
and consent are healthy in every scenario but `auth_revoked`.
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
    """What is different; the defaults are a healthy platform, and an app that is given no refresh tokens.

    Args:
        refuse: what an attempt is answered instead of being executed; None executes it.
        refuses_uploads: whether `refuse` is asked about uploads too.
        delay_s: how long writes take.
        refreshable: whether the app is a partner's, which gets refresh tokens.
        revoked: the member takes the permission back as soon as the account is connected.
        loses_first_answer: a post's first write is executed and its answer never arrives.
        hides_first_urn: a post's first write is answered without its URN.
        never_ready: media are processed for ever.
    """

    summary: str
    refuse: Refuse | None = None
    refuses_uploads: bool = False
    delay_s: float = 0.0
    access_lifetime: timedelta = ACCESS_LIFETIME
    refreshable: bool = False
    revoked: bool = False
    loses_first_answer: bool = False
    hides_first_urn: bool = False
    never_ready: bool = False


def _rate_limited(attempt: WriteAttempt) -> RestliError | None:
    if attempt.number > RATE_LIMITED_WRITES:
        return None
    message = "Resource level throttle limit for calls to this resource is reached."
    headers = {"retry-after": str(RATE_LIMITED_FOR_S)}
    return RestliError(429, "TOO_MANY_REQUESTS", message, number=101, headers=headers)


def day_limit(whose: str) -> RestliError:
    """A daily limit is reached: `APPLICATION`, or `APPLICATION_AND_MEMBER`."""
    message = f"Resource level throttle {whose} DAY limit for calls to this resource is reached."
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
    """Another post of the author has this content."""
    return invalid("DUPLICATE_POST", "/commentary", f"Content is a duplicate of {urn}")


SCENARIOS: Mapping[str, Scenario] = MappingProxyType(
    {
        "ok": Scenario(summary="Everything works."),
        "slow": Scenario(summary="Writes are answered after 3 s.", delay_s=SLOW_DELAY_S),
        "rate_limited": Scenario(
            summary="The first two writes answer 429, to be retried after 2 s.", refuse=_rate_limited
        ),
        "quota_exhausted": Scenario(
            summary="The member's daily limit is used up: every write answers 429.",
            refuse=lambda _attempt: day_limit("APPLICATION_AND_MEMBER"),
        ),
        "auth_revoked": Scenario(summary="Connects; then every use of its token is refused.", revoked=True),
        "token_expiring": Scenario(
            summary="Access tokens live 5 s, and must be refreshed.",
            access_lifetime=EXPIRING_ACCESS_LIFETIME,
            refreshable=True,
        ),
        "rejected": Scenario(summary="Every post is refused for its content.", refuse=_rejected),
        "unavailable": Scenario(
            summary="Writes and uploads answer 503 for 8 s from the first one on.",
            refuse=_unavailable,
            refuses_uploads=True,
        ),
        "flaky": Scenario(summary="The first, third, fifth … write answers 500 and is not executed.", refuse=_flaky),
        "timeout_after_publish": Scenario(
            summary="A post's first write is executed, and the connection breaks before the answer.",
            loses_first_answer=True,
        ),
        "silent_success": Scenario(
            summary="A post's first write is executed, and the answer does not name the post.", hides_first_urn=True
        ),
        "duplicate": Scenario(summary="Every post is refused as one that is there already.", refuse=_duplicate),
        "processing_forever": Scenario(summary="Images and documents are processed for ever.", never_ready=True),
    }
)


def refuse_attempt(
    state: State, member_id: str, scenario: Scenario, now: datetime, *, shows_post: bool, upload: bool
) -> None:
    """Count the attempt, and raise what the scenario answers it with instead of executing it."""
    if scenario.refuse is not None and (scenario.refuses_uploads or not upload):
        refuse_counted(state, member_id, scenario.refuse, now, shows_post=shows_post)
