"""Whether a post whose answer was lost is in the account's timeline.

X knows no idempotency key and shows no post by the request that made it. One read, late enough for the timeline to have
caught up, is what this costs: 0.005 USD for each post that the account made while the lost one can have been made. A
post that is not there may still come, so it is never sent again by itself; X refuses most repetitions as duplicates,
but promises that nowhere.
"""

import json
from datetime import timedelta

from letmepost.domain.errors import PlatformFailure
from letmepost.domain.flow import Call, Flow, Found, Intent, Reconciled, Reply, Unknown
from letmepost.domain.journal import may_ask_at
from letmepost.domain.retry import POLICIES, Next
from letmepost.platforms.contract import ReadyPost
from letmepost.platforms.twitter.api import base, own_posts
from letmepost.platforms.twitter.matching import is_same
from letmepost.platforms.twitter.replies import explain
from letmepost.platforms.twitter.settings import TwitterSettings

VISIBILITY_DELAY_S = 120.0
"""Usually it takes seconds, and nothing is promised."""

_CLOCKS_APART = timedelta(seconds=10)
"""How far X's clock, to the second, and that of the worker that sent it may be apart."""


def reconcile(post: ReadyPost, intent: Intent, settings: TwitterSettings) -> Flow[Reconciled]:
    """What became of a create whose reply was lost.

    Raises:
        PlatformFailure: X cannot say now, or not to us; ask again later.
    """
    since = intent.started_at - _CLOCKS_APART
    until = may_ask_at(intent, 0.0) + _CLOCKS_APART
    call = own_posts(base(settings.api_url), post.account.platform_account_id, since, until)
    try:
        reply = yield call
        entries = _entries(call, reply)
    except PlatformFailure as failure:
        if POLICIES[failure.kind].next in {Next.TRY_AGAIN, Next.HOLD}:
            raise
        return Unknown(failure.message)
    body = intent.call.json or {}
    found = [entry for entry in entries if is_same(entry, body, since) and isinstance(entry.get("id"), str)]
    if not found:
        return Unknown("X does not show it among the account's posts of that time.")
    made = {"data": {"id": found[-1]["id"], "text": body["text"]}}  # the oldest
    return Found(Reply(status=201, body=json.dumps(made).encode(), received_at=reply.received_at))


def _entries(call: Call, reply: Reply) -> list[dict[str, object]]:
    data = reply.data()
    entries = data.get("data", [])
    if not reply.ok or not ("data" in data or "meta" in data) or not isinstance(entries, list):
        raise explain(call, reply)
    return [entry for entry in entries if isinstance(entry, dict)]
