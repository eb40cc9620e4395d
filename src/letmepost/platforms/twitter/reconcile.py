"""Looks in the account's timeline for a post if the response to its create was lost.

X has no idempotency key, and does not show which request created a post. Reconciling costs one read, made late enough
for the timeline to be current: 0.005 USD for each post of the account in the period in which the lost one can have been
created. A post that is missing may still appear, so it is never sent again automatically. X rejects most repetitions as
duplicates, but does not guarantee it.
"""

import json
from datetime import timedelta

from letmepost.domain.errors import PlatformFailure
from letmepost.domain.flow import Call, Flow, Found, Intent, Reconciled, Reply, Unknown
from letmepost.domain.journal import may_ask_at
from letmepost.domain.retry import POLICIES, Next
from letmepost.platforms.contract import ReadyPost
from letmepost.platforms.twitter.api import own_posts, root
from letmepost.platforms.twitter.matching import is_same
from letmepost.platforms.twitter.replies import explain
from letmepost.platforms.twitter.settings import TwitterSettings

VISIBILITY_DELAY_S = 120.0
"""It usually takes seconds, but X guarantees nothing."""

_CLOCKS_APART = timedelta(seconds=10)
"""How much X's clock, which has whole seconds, and the clock of the worker that sent the post may differ."""


def reconcile(post: ReadyPost, intent: Intent, settings: TwitterSettings) -> Flow[Reconciled]:
    """Return what became of a create without a reply.

    Raises:
        PlatformFailure: X cannot report it now, or not to this account; try again later.
    """
    since = intent.started_at - _CLOCKS_APART
    until = may_ask_at(intent, 0.0) + _CLOCKS_APART
    call = own_posts(root(settings), post.account.platform_account_id, since, until)
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
        return Unknown("X does not show the post among the account's posts of that time.")
    created = {"data": {"id": found[-1]["id"], "text": body["text"]}}  # the oldest
    return Found(Reply(status=201, body=json.dumps(created).encode(), received_at=reply.received_at))


def _entries(call: Call, reply: Reply) -> list[dict[str, object]]:
    data = reply.data()
    entries = data.get("data", [])
    if not reply.ok or not ("data" in data or "meta" in data) or not isinstance(entries, list):
        raise explain(call, reply)
    return [entry for entry in entries if isinstance(entry, dict)]
