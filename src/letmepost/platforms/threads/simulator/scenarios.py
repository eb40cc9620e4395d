"""How a test account's server departs from a healthy one. A scenario belongs to one account.

A write makes a container or publishes one. Reads are healthy in every scenario, so that what became of a write can
always be learnt.
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
    """What is different; the defaults are a healthy server.

    Args:
        refuse: what a write is answered instead of being executed; None executes it.
        delay_s: how long writes take.
        processing_s: how long the media of a container take; None is for ever, and for texts too.
        token_lifetime, token_age: of a long-lived token, when it is given.
        is_revoked: the permission is taken away as soon as the account is connected.
        loses_first_answer: a container is published, and the answer never arrives.
        lag_s: how long one part of the network does not know yet what another one has made.
        media_error: what turns out to be wrong with every medium.
    """

    summary: str
    refuse: Refuse | None = None
    delay_s: float = 0.0
    processing_s: float | None = PROCESSING_S
    token_lifetime: timedelta = TOKEN_LIFETIME
    token_age: timedelta = timedelta()
    is_revoked: bool = False
    loses_first_answer: bool = False
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
            summary="Writes are answered after 3 s, and media take 8 s.",
            delay_s=SLOW_DELAY_S,
            processing_s=SLOW_PROCESSING_S,
        ),
        "rate_limited": Scenario(
            summary="The first two writes are refused for a limit that is reached.", refuse=_rate_limited
        ),
        "auth_revoked": Scenario(summary="Connects once; then every access and refresh is refused.", is_revoked=True),
        "token_expiring": Scenario(
            summary="Tokens live 2 minutes and can be refreshed at once, so that they must be.",
            token_lifetime=EXPIRING_TOKEN_LIFETIME,
            token_age=timedelta(days=59),
        ),
        "rejected": Scenario(summary="Every post is refused for its content.", refuse=_rejected),
        "unavailable": Scenario(summary="Writes answer 503 for 8 s from the first one on.", refuse=_unavailable),
        "flaky": Scenario(summary="The first, third, fifth … write answers 500 and is not executed.", refuse=_flaky),
        "timeout_after_publish": Scenario(
            summary="Every container is published, and the connection breaks before the answer.",
            loses_first_answer=True,
        ),
        "duplicate": Scenario(summary="Every post is refused as published before.", refuse=_duplicate),
        "processing_forever": Scenario(summary="Containers never get ready.", processing_s=None),
        "lagging": Scenario(
            summary="For 3 s, what has just been made can be neither published nor replied to, and has no link.",
            lag_s=LAG_S,
        ),
        "media_broken": Scenario(summary="Every medium turns out to be too long.", media_error="INVALID_DURATION"),
    }
)


def refuse_attempt(state: State, person_id: str, scenario: Scenario, now: datetime, *, shows_post: bool) -> None:
    """Count the write, and raise what the scenario answers it with instead of executing it."""
    if scenario.refuse is not None:
        refuse_counted(state, person_id, scenario.refuse, now, shows_post=shows_post)
