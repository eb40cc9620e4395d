"""How an attempt ends: its outcome is recorded, also when it could not run because of a defect."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from letmepost.domain.errors import FailureKind, PlatformFailure
from letmepost.domain.posts import TERMINAL, TRANSITIONS, Cause, PostStatus
from letmepost.services.events import account_event, post_event
from letmepost.services.publishing import outcomes
from letmepost.services.publishing.attempt import Attempt
from letmepost.services.publishing.dependencies import Tools
from letmepost.services.publishing.outcomes import Verdict
from letmepost.storage.accounts.accounts import AccountRepository
from letmepost.storage.accounts.credentials import CredentialRepository
from letmepost.storage.database import Connection
from letmepost.storage.posts.editing import LockedPost, PostEditor
from letmepost.storage.publishing.claims import Claim
from letmepost.storage.publishing.runs import AttemptRecord, LostLeaseError, RunRepository
from letmepost.storage.tenants.pauses import find_pause
from letmepost.storage.webhooks.events import EventRepository


async def finish(attempt: Attempt, verdict: Verdict) -> None:
    """Commit the status, the attempt, the events and the end of the lease in one transaction.

    Raises:
        LostLeaseError: another worker may have the post; nothing was written.
    """
    clock, now = attempt.tools.clock, attempt.tools.clock.now()
    async with attempt.journal.transaction() as (run, connection):
        events = []
        if attempt.failure is not None and attempt.failure.kind is FailureKind.AUTH_FAILED:
            if await _require_reconnect(attempt, connection, now, verdict.error):
                events.append(account_event(clock, "token.revoked", attempt.account))
            elif verdict.cause is Cause.HELD and await _account_is_usable(attempt, connection):
                verdict = outcomes.go_on(attempt.post, verdict.error or {}, now)
        elif attempt.post.status is PostStatus.PUBLISHED and attempt.access.platform.check_costs_money:
            accounts = AccountRepository(connection, attempt.claim.tenant, attempt.tools.keyring)
            await accounts.record_check(attempt.account.id, attempt.began_at, now, "healthy", None)
        if verdict.is_pause and not await _is_paused(attempt, connection):
            verdict = outcomes.go_on(attempt.post, verdict.error or {}, now)
        _check_transition(attempt, verdict)
        ended = AttemptRecord(
            outcome=verdict.outcome,
            error=verdict.error,
            platform_ms=attempt.sender.platform_ms,
            calls=[record.as_json() for record in attempt.sender.records],
            finished_at=now,
        )
        await run.finish(attempt.id, ended, **{**attempt.journal.changes, "updated_at": now, **verdict.changes})
        attempt.post = replace(attempt.post, updated_at=now, **verdict.changes)
        if verdict.event is not None:
            events.append(post_event(clock, verdict.event, attempt.post))
        await EventRepository(connection, attempt.claim.tenant).write(events, now)


async def finish_after_defect(tools: Tools, claim: Claim) -> None:
    """Judge a claimed post whose attempt could not begin or could not be recorded, from its row alone.

    Without this, the post would be claimed again each time that its lease ends, and never reach its deadline.
    """
    now = tools.clock.now()
    async with tools.database.tenant(claim.tenant) as connection:
        [locked] = await PostEditor(connection, claim.tenant).lock([claim.post_id])
        verdict = _judge_defect(locked, tools)
        changes = {**verdict.changes, "updated_at": now, "lease_token": None, "lease_until": None}
        try:
            await RunRepository(connection, claim, tools.keyring).change(**changes)
        except LostLeaseError:
            return  # the outcome is recorded already, or another worker has the post
        if verdict.event is not None:
            event = post_event(tools.clock, verdict.event, replace(locked.post, updated_at=now, **verdict.changes))
            await EventRepository(connection, claim.tenant).write([event], now)
    await tools.wakeups.batch_changed(locked.post.batch_id)
    tools.metrics.post_tried(claim.platform, verdict.outcome, is_end=verdict.outcome in TERMINAL)


def internal_error() -> PlatformFailure:
    """Return a defect of this service as a failure that a retry may get past."""
    return PlatformFailure(FailureKind.UNAVAILABLE, "An internal error; see the log.")


def _judge_defect(locked: LockedPost, tools: Tools) -> Verdict:
    post, failure, now, jitter = locked.post, internal_error(), tools.clock.now(), tools.jitter()
    if post.status is PostStatus.PUBLISHED:
        return outcomes.extras_failed(post, failure, now, jitter)
    is_uncertain = locked.is_sent and not post.parts
    if post.status is not PostStatus.HELD:
        return outcomes.failed(post, failure, now, jitter, is_uncertain=is_uncertain)
    missed = None if is_uncertain else outcomes.too_late(post)
    return missed or outcomes.unlearnable(post, failure.message)


async def _require_reconnect(
    attempt: Attempt, connection: Connection, now: datetime, error: Mapping[str, Any] | None
) -> bool:
    """Mark the account, unless it was reconnected since this attempt began; return True if it was usable before."""
    accounts = AccountRepository(connection, attempt.claim.tenant, attempt.tools.keyring)
    return await accounts.require_reconnect(attempt.account.id, attempt.began_at, now, error)


async def _is_paused(attempt: Attempt, connection: Connection) -> bool:
    """Read the pause again under a lock: the end of a pause then finds this post held, or is seen here."""
    tenant, post = attempt.claim.tenant, attempt.post
    return await find_pause(connection, tenant, post.account_id, post.platform) is not None


async def _account_is_usable(attempt: Attempt, connection: Connection) -> bool:
    tenant, keyring = attempt.claim.tenant, attempt.tools.keyring
    # The lock waits for a reconnect under way, which does not see that this post is about to be held.
    await CredentialRepository(connection, tenant, keyring).find(attempt.account.id, lock=True)
    found = await AccountRepository(connection, tenant, keyring).find(attempt.account.id)
    return found is not None and found.is_usable


def _check_transition(attempt: Attempt, verdict: Verdict) -> None:
    if verdict.cause is not None and attempt.post.status not in TRANSITIONS[verdict.cause].sources:
        message = f"a post that is {attempt.post.status} cannot move by {verdict.cause}"
        raise RuntimeError(message)
