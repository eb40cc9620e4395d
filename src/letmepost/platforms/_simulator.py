"""Shared code of the simulators: counts an account's writes, so that a scenario can refuse the first ones."""

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
        shows_post: True if it would create or change a visible post.
    """

    number: int
    age_s: float
    now: datetime
    shows_post: bool


Refuse: TypeAlias = Callable[[WriteAttempt], Exception | None]
"""Returns the error to raise instead of executing an attempt; None to execute it."""


def refuse_counted(state: State, account_id: str, refuse: Refuse, now: datetime, *, shows_post: bool) -> None:
    """Count the account's attempt, and raise the error that `refuse` returns for it."""
    key = f"attempts/{account_id}"
    seen = state.get(key, {"count": 0, "first_at": now.timestamp()})
    state[key] = {**seen, "count": seen["count"] + 1}
    age_s = now.timestamp() - seen["first_at"]
    refusal = refuse(WriteAttempt(number=seen["count"] + 1, age_s=age_s, now=now, shows_post=shows_post))
    if refusal is not None:
        raise refusal
