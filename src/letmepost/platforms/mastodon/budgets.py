"""The limit that a server reports in its reply to a create.

https://docs.joinmastodon.org/api/rate-limits/ (checked 2026-11-29): of several limits, a reply has the one that is
closest to being used up. The limits on uploads and on deletions do not concern posts, so only creates are read.
"""

from collections.abc import Sequence

from letmepost.domain.budgets import Budget
from letmepost.domain.errors import LimitScope
from letmepost.domain.flow import Call, Reply
from letmepost.platforms._kit.rates import counted_budget
from letmepost.platforms.mastodon.api import is_create


def budgets(call: Call, reply: Reply) -> Sequence[Budget]:
    """Return the limit on creating posts, of the account: a server must not hold back accounts on other servers."""
    found = counted_budget(reply, "x-ratelimit", LimitScope.ACCOUNT) if is_create(call) else None
    return () if found is None else (found,)
