"""What is left of a server's limits, as the reply to a write tells.

A server counts writes in points, by account, in an hour and in a day, and tells of the one of which the least is left.
Source: https://github.com/bluesky-social/atproto packages/xrpc-server/src/rate-limiter-http.ts (read 2026-11-21).
"""

import re
from collections.abc import Sequence

from letmepost.domain.budgets import Budget, counted_budget
from letmepost.domain.errors import LimitScope
from letmepost.domain.flow import Call, Reply
from letmepost.platforms.bluesky.xrpc import PUT_RECORD, method_of

_POLICY = re.compile(r"[0-9]{1,10};w=[0-9]{1,10}")


def budgets(call: Call, reply: Reply) -> Sequence[Budget]:
    """The limit of writes; a server counts uploads and reads otherwise.

    Whatever a server counts by, it is the account's: anybody may run one, and must not hold back accounts elsewhere.
    """
    if method_of(call) != PUT_RECORD:
        return ()
    policy = reply.headers.get("ratelimit-policy", "")
    name = policy if _POLICY.fullmatch(policy) else "ratelimit"
    found = counted_budget(reply, "ratelimit", LimitScope.ACCOUNT, name)
    return () if found is None else (found,)
