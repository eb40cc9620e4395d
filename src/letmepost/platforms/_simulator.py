"""What the simulators share: counting what an account tries, so that a scenario may refuse the first ones alone."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from letmepost.platforms.contract import State


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteAttempt:
    """A write or an upload that is about to be executed.

    Args:
        number: 1 for the account's first.
        age_s: how long ago the first one was.
        shows_post: whether it would make or change a post that followers see.
    """

    number: int
    age_s: float
    now: datetime
    shows_post: bool


Refuse: TypeAlias = Callable[[WriteAttempt], Exception | None]
"""What an attempt is answered instead of being executed; None executes it."""


def refuse_counted(state: State, account_id: str, refuse: Refuse, now: datetime, *, shows_post: bool) -> None:
    """Count the account's attempt, and raise what `refuse` answers it with."""
    key = f"attempts/{account_id}"
    seen = state.get(key, {"count": 0, "first_at": now.timestamp()})
    state[key] = {**seen, "count": seen["count"] + 1}
    age_s = now.timestamp() - seen["first_at"]
    refusal = refuse(WriteAttempt(number=seen["count"] + 1, age_s=age_s, now=now, shows_post=shows_post))
    if refusal is not None:
        raise refusal
