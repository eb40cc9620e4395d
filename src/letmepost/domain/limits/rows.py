"""The form of a row, and what rows have in common: limits of single targets, and words for sentences."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Generic, Protocol, TypeAlias, TypeVar

from letmepost.domain.rules import FACTS_VALID_FOR, PostTarget, Rule

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class LimitRow(Protocol):
    """A limit as data."""

    def rules(self, platform: str, /) -> Iterable[Rule]:
        """Return the rules of the row. `platform`: the title of the platform, for sentences."""
        ...


@dataclass(frozen=True, slots=True)
class PerTarget(Generic[T_co]):
    """A limit that a platform sets for each account: by its server, or by what it may do.

    Args:
        default: the documented limit. `GET /v1/platforms` shows it, and it applies where `read` returns None.
        read: returns the limit from the facts about the account; the options may change it further.
        valid_for: how long the facts about an account can reject a post.
    """

    default: T_co
    read: Callable[[PostTarget[Any]], T_co | None]
    valid_for: timedelta = FACTS_VALID_FOR


Limit: TypeAlias = T | PerTarget[T]


def rules_of(platform: str, rows: Iterable[LimitRow | Rule]) -> tuple[Rule, ...]:
    """Return the rules of a platform, in the order of the rows. `platform`: its title."""
    return tuple(rule for row in rows for rule in ((row,) if isinstance(row, Rule) else row.rules(platform)))


def limit_of(target: PostTarget[Any], limit: Limit[T]) -> T:
    """Return the limit of a target."""
    if not isinstance(limit, PerTarget):
        return limit
    own = limit.read(target)
    return limit.default if own is None else own


def default_of(limit: Limit[T]) -> T:
    """Return the documented limit."""
    return limit.default if isinstance(limit, PerTarget) else limit


def valid_for(*limits: object) -> timedelta | None:
    """Return how long the facts that the limits read are valid; None if they read none."""
    return min((limit.valid_for for limit in limits if isinstance(limit, PerTarget)), default=None)


def noted(summary: str, *limits: object) -> str:
    """Return the summary of a rule, with a note if the limit of an account can differ."""
    return summary if valid_for(*limits) is None else f"{summary} The limit of an account can differ."


def one(noun: str) -> str:
    """Return a noun with its article, at the start of a sentence."""
    return f"{'An' if noun[0] in 'aeiou' else 'A'} {noun}"


def alternatives(nouns: Sequence[str]) -> str:
    """Return `a`, `a or b`, or `a, b or c`."""
    return " or ".join([", ".join(nouns[:-1]), nouns[-1]] if len(nouns) > 1 else nouns)


def allowed_range(at_least: float, limit: float) -> str:
    """Return `at most b`, or `a to b`."""
    return f"{at_least} to {limit}" if at_least else f"at most {limit}"
