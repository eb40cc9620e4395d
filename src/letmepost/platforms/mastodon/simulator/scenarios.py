"""How a test account's server differs from a healthy one. A scenario belongs to one account.

A write creates a status or uploads a media item. Reads are healthy in every scenario, so that the result of a write can
always be read.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from letmepost.platforms._simulator import Refuse, WriteAttempt, refuse_counted
from letmepost.platforms.contract import State
from letmepost.platforms.mastodon.simulator.wire import Refused, invalid

PROCESSING_S = 1.0
SLOW_PROCESSING_S = 8.0
SLOW_DELAY_S = 3.0
RATE_LIMITED_WRITES = 2
UNAVAILABLE_FOR_S = 8.0
LARGE_SERVER_CHARACTERS = 5000


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """The differences from a healthy server, which is the default.

    Args:
        refuse: returns the error to raise instead of executing a write; None to execute it.
        delay_s: how long writes take.
        processing_s: how long a video or a GIF is processed; None means that it never ends.
        is_revoked: the token is revoked after the account is connected.
        loses_response: each status is created, but the response is lost.
        proxy_gives_up: each status is created, but the proxy responds with 504, and the key is not stored.
        ignores_keys: the server has no idempotency keys.
        fails_on_repeat: a repeated key is answered with 500.
        fails_processing: videos and GIFs cannot be processed.
        characters: how long a status may be.
    """

    summary: str
    refuse: Refuse | None = None
    delay_s: float = 0.0
    processing_s: float | None = PROCESSING_S
    is_revoked: bool = False
    loses_response: bool = False
    proxy_gives_up: bool = False
    ignores_keys: bool = False
    fails_on_repeat: bool = False
    fails_processing: bool = False
    characters: int = 500


def _rate_limited(attempt: WriteAttempt) -> Refused | None:
    if attempt.number > RATE_LIMITED_WRITES:
        return None
    return too_many(attempt.now, 300)


def _rejected(attempt: WriteAttempt) -> Refused | None:
    return invalid("This sandbox account rejects every post") if attempt.shows_post else None


def _unavailable(attempt: WriteAttempt) -> Refused | None:
    return None if attempt.age_s >= UNAVAILABLE_FOR_S else Refused(503, "There was a temporary problem")


def _flaky(attempt: WriteAttempt) -> Refused | None:
    return None if attempt.number % 2 == 0 else Refused(500, "An unexpected error occurred")


SCENARIOS: Mapping[str, Scenario] = MappingProxyType(
    {
        "ok": Scenario(summary="Everything works."),
        "slow": Scenario(
            summary="Writes take 3 s, and videos and GIFs are processed for 8 s.",
            delay_s=SLOW_DELAY_S,
            processing_s=SLOW_PROCESSING_S,
        ),
        "rate_limited": Scenario(
            summary="The first two writes are refused because a rate limit is used up.", refuse=_rate_limited
        ),
        "auth_revoked": Scenario(summary="Connecting works once, then every call is refused.", is_revoked=True),
        "rejected": Scenario(summary="Every post is rejected because of its content.", refuse=_rejected),
        "unavailable": Scenario(summary="Writes return 503 during 8 s from the first one on.", refuse=_unavailable),
        "flaky": Scenario(summary="The first, third, fifth … write returns 500 and is not executed.", refuse=_flaky),
        "timeout_after_publish": Scenario(
            summary="Every status is created, but the connection breaks before the response.", loses_response=True
        ),
        "gateway_timeout": Scenario(
            summary="Every status is created, but the proxy responds with 504, and the idempotency key is not stored.",
            proxy_gives_up=True,
        ),
        "repeat_fails": Scenario(
            summary="The connection breaks after every create, and a repeated idempotency key is answered with 500.",
            loses_response=True,
            fails_on_repeat=True,
        ),
        "no_idempotency": Scenario(
            summary="The connection breaks after every create, and idempotency keys are ignored.",
            loses_response=True,
            ignores_keys=True,
        ),
        "large_limits": Scenario(summary="Statuses may have 5,000 characters.", characters=LARGE_SERVER_CHARACTERS),
        "processing_forever": Scenario(summary="Videos and GIFs are never processed.", processing_s=None),
        "media_broken": Scenario(summary="No video and no GIF can be processed.", fails_processing=True),
    }
)


def refuse_attempt(state: State, person_id: str, scenario: Scenario, now: datetime, *, shows_post: bool) -> None:
    """Count the write, and raise the scenario's error instead of executing it."""
    if scenario.refuse is not None:
        refuse_counted(state, person_id, scenario.refuse, now, shows_post=shows_post)


def too_many(now: datetime, period_s: int) -> Refused:
    """Return the refusal of a used-up limit, with the end of its window."""
    return Refused(429, "Too many requests", headers=window_headers(300, 0, now, period_s))


def window_headers(limit: int, remaining: int, now: datetime, period_s: int) -> Mapping[str, str]:
    """Return the headers of a limit. Windows begin at multiples of their length."""
    end = now.timestamp() + period_s - int(now.timestamp()) % period_s
    resets_at = datetime.fromtimestamp(end, now.tzinfo)
    return {
        "x-ratelimit-limit": str(limit),
        "x-ratelimit-remaining": str(remaining),
        "x-ratelimit-reset": f"{resets_at:%Y-%m-%dT%H:%M:%S.%f}Z",
    }
