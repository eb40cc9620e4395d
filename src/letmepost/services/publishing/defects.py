"""What becomes of a post when something of ours goes wrong with a try: there are others, and it has its end."""

from dataclasses import replace

from letmepost.domain.errors import FailureKind, PlatformFailure
from letmepost.domain.posts import TERMINAL, PostStatus
from letmepost.services.events import post_event
from letmepost.services.publishing import outcomes
from letmepost.services.publishing.dependencies import Tools
from letmepost.services.publishing.outcomes import Verdict
from letmepost.storage.posts.editing import LockedPost, PostEditor
from letmepost.storage.publishing.claims import Claim
from letmepost.storage.publishing.runs import LostLeaseError, RunRepository
from letmepost.storage.webhooks.events import EventRepository


def defect() -> PlatformFailure:
    """A defect of ours, as a failure that passes."""
    return PlatformFailure(FailureKind.UNAVAILABLE, "An internal error; see the log.")


async def settle_defect(tools: Tools, claim: Claim) -> None:
    """Judge a claimed post whose try could not begin, or not be put on record, by nothing but its row.

    Left to its lease it would be taken again and again, for ever: nobody would come as far as its deadline.
    """
    now = tools.clock.now()
    async with tools.database.tenant(claim.tenant) as connection:
        [locked] = await PostEditor(connection, claim.tenant).lock([claim.post_id])
        verdict = _judge(locked, tools)
        changes = {**verdict.changes, "updated_at": now, "lease_token": None, "lease_until": None}
        try:
            await RunRepository(connection, claim, tools.keyring).change(**changes)
        except LostLeaseError:
            return  # the try has its end on record, or another worker has the post
        if verdict.event is not None:
            event = post_event(tools.clock, verdict.event, replace(locked.post, updated_at=now, **verdict.changes))
            await EventRepository(connection, claim.tenant).write([event], now)
    await tools.wakeups.batch_changed(locked.post.batch_id)
    tools.metrics.post_tried(claim.platform, verdict.outcome, is_end=verdict.outcome in TERMINAL)


def _judge(locked: LockedPost, tools: Tools) -> Verdict:
    post, failure, now, jitter = locked.post, defect(), tools.clock.now(), tools.jitter()
    if post.status is PostStatus.PUBLISHED:
        return outcomes.extras_failed(post, failure, now, jitter)
    is_uncertain = locked.is_sent and not post.parts
    if post.status is not PostStatus.HELD:
        return outcomes.failed(post, failure, now, jitter, is_uncertain=is_uncertain)
    missed = None if is_uncertain else outcomes.too_late(post)
    return missed or outcomes.unlearnable(post, failure.message)
