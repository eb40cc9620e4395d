"""Scenarios: how a test account's server differs from a healthy one. A scenario belongs to one account."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeAlias, TypeVar

from letmepost.platforms._kit.simulator.wire import Refusal
from letmepost.platforms.simulation import State

SLOW_DELAY_S = 3.0
RATE_LIMITED_WRITES = 2
RATE_LIMITED_FOR_S = 2
UNAVAILABLE_FOR_S = 8.0
EXPIRING_ACCESS_LIFETIME = timedelta(seconds=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteAttempt:
    """A write or an upload that is about to be executed.

    Args:
        number: 1 for the account's first.
        age_s: how long ago the first one was.
        shows_post: True if it would create or change a visible post.
    """

    number: int
    age_s: float
    now: datetime
    shows_post: bool


MakeRefusal: TypeAlias = Callable[[WriteAttempt], Refusal]
Refuse: TypeAlias = Callable[[WriteAttempt], Refusal | None]
"""Returns the refusal to raise instead of executing an attempt; None to execute it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CommonScenario:
    """The differences from a healthy server, which is the default. Platforms derive a class to add some of their own.

    Args:
        refuse: returns the refusal to raise instead of executing an attempt; None to execute it.
        refuses_uploads: True if `refuse` applies to uploads too.
        delay_s: how long writes take.
        access_lifetime: how long access tokens are valid; None if they do not expire.
        revoked: the permission is withdrawn after the account is connected.
        loses_first_response: a post's first write is executed, but its response is lost.
    """

    summary: str
    refuse: Refuse | None = None
    refuses_uploads: bool = False
    delay_s: float = 0.0
    access_lifetime: timedelta | None = None
    revoked: bool = False
    loses_first_response: bool = False


S = TypeVar("S", bound=CommonScenario)


def common_scenarios(
    scenario: type[S],
    *,
    rate_limited: MakeRefusal,
    unavailable: MakeRefusal,
    failed: MakeRefusal,
    rejected: MakeRefusal | None = None,
    duplicate: MakeRefusal | None = None,
) -> dict[str, S]:
    """Return the scenarios that are the same on every platform, by name.

    Each platform adds `processing_forever`, and what is different there: its own scenarios replace these.

    Args:
        scenario: the platform's class.
        rate_limited: returns the refusal of a write when the rate limit is used up for `RATE_LIMITED_FOR_S`.
        unavailable: returns the refusal of a write or an upload when the server is unavailable.
        failed: returns the refusal of a write that failed because of an internal error.
        rejected: returns the refusal of a post because of its content.
        duplicate: returns the refusal of a post as a duplicate.
    """
    posts = {
        "rejected": ("Every post is rejected because of its content.", rejected),
        "duplicate": ("Every post is rejected as a duplicate.", duplicate),
    }
    return {
        **{
            name: scenario(summary=summary, refuse=refuse_posts(make))
            for name, (summary, make) in posts.items()
            if make is not None
        },
        "ok": scenario(summary="Everything works."),
        "slow": scenario(summary="Writes take 3 s.", delay_s=SLOW_DELAY_S),
        "rate_limited": scenario(
            summary="The first two writes are refused because a rate limit is used up.",
            refuse=lambda attempt: rate_limited(attempt) if attempt.number <= RATE_LIMITED_WRITES else None,
        ),
        "auth_revoked": scenario(summary="Connecting works once, then every call is refused.", revoked=True),
        "token_expiring": scenario(
            summary="Access tokens are valid for 5 s and must then be refreshed.",
            access_lifetime=EXPIRING_ACCESS_LIFETIME,
        ),
        "unavailable": scenario(
            summary="Writes and uploads are refused with a 5xx status during 8 s from the first one on.",
            refuse=lambda attempt: unavailable(attempt) if attempt.age_s < UNAVAILABLE_FOR_S else None,
            refuses_uploads=True,
        ),
        "flaky": scenario(
            summary="The first, third, fifth … write returns 500 and is not executed.",
            refuse=lambda attempt: failed(attempt) if attempt.number % 2 else None,
        ),
        "timeout_after_publish": scenario(
            summary="A post's first write is executed, but the connection breaks before the response.",
            loses_first_response=True,
        ),
    }


def summaries_of(scenarios: Mapping[str, CommonScenario]) -> dict[str, str]:
    """Return what each scenario does, by its name."""
    return {name: scenario.summary for name, scenario in scenarios.items()}


def refuse_posts(make: MakeRefusal) -> Refuse:
    """Return a function that refuses every write that shows a post, and no other."""
    return lambda attempt: make(attempt) if attempt.shows_post else None


def check_scenario(scenarios: Collection[str], name: str) -> None:
    """Raise ValueError if there is no scenario with this name."""
    if name not in scenarios:
        raise ValueError(f"there is no scenario {name!r}")


def refuse_attempt(
    state: State, account_id: str, scenario: CommonScenario, now: datetime, *, shows_post: bool, is_upload: bool = False
) -> None:
    """Count a write or an upload of the account, and raise the scenario's refusal of it.

    Attempts that the scenario never refuses are not counted.
    """
    if scenario.refuse is None or (is_upload and not scenario.refuses_uploads):
        return
    key = f"attempts/{account_id}"
    seen = state.get(key, {"count": 0, "first_at": now.timestamp()})
    number, age_s = seen["count"] + 1, now.timestamp() - seen["first_at"]
    state[key] = {**seen, "count": number}
    refusal = scenario.refuse(WriteAttempt(number=number, age_s=age_s, now=now, shows_post=shows_post))
    if refusal is not None:
        raise refusal


def is_first_response(state: State, name: str) -> bool:
    """Return True in the first call with this name, and False in later ones."""
    key = f"lost/{name}"
    if key in state:
        return False
    state[key] = True
    return True


def withdraw_permission(state: State, account_id: str) -> None:
    """Withdraw the permission that the account's owner has given to the app."""
    state[f"revoked/{account_id}"] = True


def is_withdrawn(state: State, account_id: str) -> bool:
    """Return True if the account's owner has withdrawn the permission."""
    return f"revoked/{account_id}" in state
