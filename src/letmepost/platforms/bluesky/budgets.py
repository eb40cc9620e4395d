"""The limits that a server reports in its reply to a write.

A server counts writes in points, per account, per hour and per day, and reports the limit with the fewest points left.
Source: https://github.com/bluesky-social/atproto packages/xrpc-server/src/rate-limiter-http.ts (read 2026-11-21).
"""

import re
from collections.abc import Sequence

from letmepost.domain.budgets import Budget
from letmepost.domain.errors import LimitScope
from letmepost.domain.flow import Call, Reply
from letmepost.platforms._kit.rates import counted_budget
from letmepost.platforms.bluesky.xrpc import PUT_RECORD, method_of

_POLICY = re.compile(r"[0-9]{1,10};w=[0-9]{1,10}")


def budgets(call: Call, reply: Reply) -> Sequence[Budget]:
    """Return the limit on writes. A server counts uploads and reads separately.

    Its scope is always the account: anyone may run a server, and it must not hold back accounts on other servers.
    """
    if method_of(call) != PUT_RECORD:
        return ()
    policy = reply.headers.get("ratelimit-policy", "")
    name = policy if _POLICY.fullmatch(policy) else "ratelimit"
    found = counted_budget(reply, "ratelimit", LimitScope.ACCOUNT, name)
    return () if found is None else (found,)
