"""Reads when a retry makes sense, and how much of a limit is left, from the headers of a reply."""

import re
from datetime import UTC, datetime

from letmepost.domain.budgets import LONGEST, Budget
from letmepost.domain.errors import LimitScope
from letmepost.domain.flow import Reply
from letmepost.domain.retry import read_retry_after
from letmepost.platforms._kit.fields import parse_moment

# Ten digits suffice until the year 2286. `datetime` cannot represent much larger numbers.
_NUMBER = re.compile(r"[0-9]{1,10}")


def retry_at(reply: Reply, *resets: str) -> datetime | None:
    """Return when a retry makes sense: the latest time in `Retry-After` and in the headers `resets`.

    None if they state no plausible time. A time in the past means that a retry makes sense now.
    """
    retry_after = read_retry_after(reply.headers.get("retry-after", ""), reply.received_at)
    found = (_plausible(retry_after, reply), *(reset_at(reply, name) for name in resets))
    return max((moment for moment in found if moment is not None), default=None)


def reset_at(reply: Reply, header: str) -> datetime | None:
    """Return the time in a header, in Unix seconds or ISO 8601; None if it has no plausible time."""
    text = reply.headers.get(header, "")
    found = datetime.fromtimestamp(int(text), UTC) if _NUMBER.fullmatch(text) else parse_moment(text)
    return _plausible(found, reply)


def counted_budget(reply: Reply, prefix: str, scope: LimitScope, name: str | None = None) -> Budget | None:
    """Return the budget in the headers `{prefix}-limit`, `-remaining` and `-reset` (a time as in `reset_at`).

    None if one is missing or implausible. `name`: the prefix by default.
    """
    found = [reply.headers.get(f"{prefix}-{part}", "") for part in ("limit", "remaining")]
    resets_at = reset_at(reply, f"{prefix}-reset")
    if resets_at is None or resets_at <= reply.received_at or not all(_NUMBER.fullmatch(text) for text in found):
        return None
    limit, remaining = map(int, found)
    if not limit:
        return None
    return Budget(name=name or prefix, scope=scope, limit=limit, remaining=min(remaining, limit), resets_at=resets_at)


def _plausible(moment: datetime | None, reply: Reply) -> datetime | None:
    """Return the time unless it is too far away: any server can claim that it accepts nothing until 2286."""
    return moment if moment is not None and moment <= reply.received_at + LONGEST else None
