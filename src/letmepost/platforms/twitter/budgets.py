"""What is left of X's limits, as the reply to a create tells.

The three of the window of 15 minutes are documented (https://docs.x.com/x-api/fundamentals/rate-limits, read
2026-11-21). Those of 24 hours, the account's and the app's, are not; X sends them all the same. They are believed where
they are whole, and nothing is thought of them where they are not.
"""

from collections.abc import Sequence

from letmepost.domain.budgets import Budget, counted_budget
from letmepost.domain.errors import LimitScope
from letmepost.domain.flow import Call, Reply
from letmepost.platforms.twitter.api import is_create

_PREFIXES = {
    "x-rate-limit": LimitScope.ACCOUNT,
    "x-user-limit-24hour": LimitScope.ACCOUNT,
    "x-app-limit-24hour": LimitScope.APP,
}


def budgets(call: Call, reply: Reply) -> Sequence[Budget]:
    """The limits of creating posts. Every endpoint has limits of its own, and no post comes up against the others'."""
    if not is_create(call):
        return ()
    found = (counted_budget(reply, prefix, scope) for prefix, scope in _PREFIXES.items())
    return [budget for budget in found if budget is not None]
