"""Looks in the account's timeline for a post if the response to its create was lost.

X has no idempotency key, and does not show which request created a post. Reconciling costs one read, made late enough
for the timeline to be current: 0.005 USD for each post of the account in the period in which the lost one can have been
created. A post that is missing may still appear, so it is never sent again automatically. X rejects most repetitions as
duplicates, but does not guarantee it.
"""

from datetime import timedelta

from letmepost.domain.flow import Flow, Intent, Reconciled, Reply, Unknown
from letmepost.domain.journal import may_ask_at
from letmepost.domain.retry import Next
from letmepost.platforms._kit.fields import id_in, objects_in
from letmepost.platforms._kit.flows import succeed
from letmepost.platforms._kit.reconciliation import found_as, reconcile_by
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
    return (yield from reconcile_by(_look_up(post, intent, settings), later={Next.TRY_AGAIN, Next.HOLD}))


def _look_up(post: ReadyPost, intent: Intent, settings: TwitterSettings) -> Flow[Reconciled]:
    since = intent.started_at - _CLOCKS_APART
    until = may_ask_at(intent, 0.0) + _CLOCKS_APART
    call = own_posts(root(settings), post.account.platform_account_id, since, until)
    reply = yield from succeed(call, explain, _is_timeline)
    body = intent.call.json or {}
    entries = objects_in(reply.data(), "data")
    found = [entry for entry in entries if is_same(entry, body, since) and id_in(entry) is not None]
    if not found:
        return Unknown("X does not show the post among the account's posts of that time.")
    created = {"id": found[-1]["id"], "text": body["text"]}  # the oldest
    return found_as(201, reply.received_at, data={"data": created})


def _is_timeline(reply: Reply) -> bool:
    """Return True for a timeline. An empty one has no `data`."""
    data = reply.data()
    return isinstance(data.get("data", [] if "meta" in data else None), list)
