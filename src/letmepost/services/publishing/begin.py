"""How an attempt begins: the post, its journal and its account are loaded, and the sender for its calls is made."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import replace
from typing import TypeAlias
from uuid import UUID

from letmepost.domain.flow import Call
from letmepost.domain.journal import CONNECTING_MAX_S, Step, begins_within_s
from letmepost.gateways.sender import Sender
from letmepost.services.accounts.tokens import AccountCredentials
from letmepost.services.callers import new_id
from letmepost.services.platform_access import Access
from letmepost.services.platform_clock import PlatformClock, platform_clock
from letmepost.services.publishing.attempt import Attempt
from letmepost.services.publishing.dependencies import Tools
from letmepost.services.publishing.journal import RunJournal
from letmepost.storage.publishing.claims import Claim
from letmepost.storage.publishing.journals import JournalRepository
from letmepost.storage.publishing.runs import Loaded, RunRepository

FREEZING_ENTROPY_BYTES = 16

_MaySend: TypeAlias = Callable[[Call], Awaitable[float]]


async def begin(tools: Tools, claim: Claim) -> Attempt:
    """Load a claimed post and count the attempt.

    Raises:
        LostLeaseError: another worker may have the post.
    """
    now, attempt_id = tools.clock.now(), new_id(tools.clock)
    async with tools.database.tenant(claim.tenant) as connection:
        run = RunRepository(connection, claim, tools.keyring)
        loaded = await run.begin(attempt_id, now, tools.clock.entropy(FREEZING_ENTROPY_BYTES))
        post = loaded.post
        is_first = post.attempt_count == 1  # then nothing is recorded yet
        journal = JournalRepository(connection, claim, post.revision, tools.keyring)
        time = await platform_clock(connection, claim.tenant, tools.clock)
        stored = {} if is_first else await journal.load()
    steps = {name: _in_platform_time(step, time) for name, step in stored.items()}
    access = tools.worlds.access(post.platform, claim.tenant.mode, claim.tenant.organization_id)
    may_send = _may_send(tools, claim, time, steps)
    return Attempt(
        tools=tools,
        claim=claim,
        id=attempt_id,
        began_at=now,
        post=post,
        account=loaded.account,
        stored_content=loaded.content,
        frozen=loaded.frozen,
        steps=steps,
        access=access,
        time=time,
        sender=_sender(tools, claim, access, time, loaded, may_send),
        may_send=may_send,
        journal=RunJournal(tools.database, tools.keyring, claim, post.revision, time),
        pause=loaded.pause,
    )


def _sender(
    tools: Tools, claim: Claim, access: Access, time: PlatformClock, loaded: Loaded, may_send: _MaySend
) -> Sender:
    """Return a sender that signs for the account of the post and streams the media of its tenant."""
    tenant = claim.tenant

    async def open_media(media_id: UUID, first_byte: int, length_bytes: int) -> AsyncIterator[bytes]:
        return await tools.library.open_range(tenant, media_id, first_byte, length_bytes)

    return Sender(
        http=access.http,
        platform=access.platform,
        clock=time,
        credentials=AccountCredentials(
            units=tools.units,
            access=access,
            tenant=tenant,
            account=loaded.account,
            known=loaded.credential,
        ),
        open_media=open_media,
        may_send=may_send,
        metrics=access.metrics,
    )


def _may_send(tools: Tools, claim: Claim, time: PlatformClock, steps: Mapping[str, Step]) -> _MaySend:
    """Return a function that makes the lease outlive a call, and returns until when the call may begin.

    A call that cannot be repeated must also begin soon after its intent, because its doubt is counted from there. The
    function raises `LostLeaseError` if the lease cannot be extended.
    """

    async def ensure(call: Call) -> float:
        ends_s = await tools.leases.ensure(claim.token, CONNECTING_MAX_S + call.timeout_s)
        step = steps.get(call.step or "")
        if call.idempotent or step is None or step.intent is None:
            return ends_s - call.timeout_s
        return min(ends_s - call.timeout_s, time.monotonic_s() + begins_within_s(step.intent, time.now()))

    return ensure


def _in_platform_time(step: Step, time: PlatformClock) -> Step:
    """Return a step of the journal with its times converted to platform time."""
    return replace(
        step,
        intent=step.intent and replace(step.intent, started_at=time.to_platform_time(step.intent.started_at)),
        reply=step.reply and replace(step.reply, received_at=time.to_platform_time(step.reply.received_at)),
        valid_until=step.valid_until and time.to_platform_time(step.valid_until),
        paused_at=step.paused_at and time.to_platform_time(step.paused_at),
    )
