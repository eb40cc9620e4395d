"""The limits that X reports in its reply to a create.

The limit of the 15-minute window is documented (https://docs.x.com/x-api/fundamentals/rate-limits, read 2026-11-21).
The 24-hour limits, of the account and of the app, are not documented, but X sends them. A limit is used if its headers
are complete, and ignored otherwise.
"""

from collections.abc import Sequence

from letmepost.domain.budgets import Budget
from letmepost.domain.errors import LimitScope
from letmepost.domain.flow import Call, Reply
from letmepost.platforms._kit.rates import counted_budget
from letmepost.platforms.twitter.api import is_create

_PREFIXES = {
    "x-rate-limit": LimitScope.ACCOUNT,
    "x-user-limit-24hour": LimitScope.ACCOUNT,
    "x-app-limit-24hour": LimitScope.APP,
}


def budgets(call: Call, reply: Reply) -> Sequence[Budget]:
    """Return the limits on creating posts. Every endpoint has limits of its own, and only these concern posts."""
    if not is_create(call):
        return ()
    found = (counted_budget(reply, prefix, scope) for prefix, scope in _PREFIXES.items())
    return [budget for budget in found if budget is not None]
