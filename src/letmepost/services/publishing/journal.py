"""Writes the journal of a run, the progress of its post, and events.

An intent is written immediately, before the call is sent. Facts about the past (a reply, a visible post) wait for the
next such write, for `flush`, or for the end of the attempt, and are written in the same transaction. A crash before
that write has the same effect as a crash just after the reply, and every run can resume from there.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime

from letmepost.domain.flow import Intent, Reply
from letmepost.domain.journal import Step
from letmepost.services.platform_clock import PlatformClock
from letmepost.services.publishing.progress import PostProgress
from letmepost.services.work import UnitsOfWork, Work
from letmepost.storage.publishing.claims import Claim
from letmepost.storage.publishing.journals import JournalRepository
from letmepost.storage.publishing.runs import SealedReply


class RunJournal:
    """The `Journal` of one attempt, in PostgreSQL. Every transaction is short and fenced by the lease.

    `progress`: the progress of the post. Assign a new value to it; the next write stores the unsaved columns.
    The run uses platform time. Stored times are real time.
    """

    def __init__(self, units: UnitsOfWork, claim: Claim, time: PlatformClock, progress: PostProgress) -> None:
        self._units = units
        self._claim = claim
        self._time = time
        self._replies: list[tuple[str, bytes, Reply, float | None]] = []
        self.progress = progress

    async def intend(self, step: str, fingerprint: bytes, intent: Intent) -> None:
        stored = replace(intent, started_at=self._time.to_real_time(intent.started_at))
        await self._write(lambda journal: journal.write_intent(step, fingerprint, stored))

    async def record(self, step: str, fingerprint: bytes, reply: Reply, valid_for_s: float | None) -> None:
        stored = replace(reply, received_at=self._time.to_real_time(reply.received_at))
        self._replies.append((step, fingerprint, stored, valid_for_s))

    async def close(self, step: str) -> None:
        await self._write(lambda journal: journal.close(step))

    async def doubt(self, step: str) -> None:
        await self._write(lambda journal: journal.drop_reply(step))

    async def void(self, step: str) -> None:
        await self._write(lambda journal: journal.void(step))

    async def forget(self, step: str) -> None:
        await self._write(lambda journal: journal.void(step, is_lost=True))

    async def pause(self, step: str, now: datetime) -> None:
        await self._write(lambda journal: journal.write_pause(step, self._time.to_real_time(now)))

    async def flush(self) -> None:
        """Write the waiting replies and the unsaved progress."""
        if self._replies or self.progress.unsaved:
            await self._write()

    @asynccontextmanager
    async def ending(self) -> AsyncIterator[tuple[Work, SealedReply | None]]:
        """Open the unit of work that ends the attempt, and write the waiting replies, except the last.

        The last reply is yielded: the statement that ends the attempt stores it together with `progress`.

        Raises:
            LostLeaseError: another worker may have the post. Nothing was written.
        """
        async with self._units.begin(self._claim.tenant) as work:
            journal = work.journal(self._claim, self.progress.post.revision)
            for reply in self._replies[:-1]:
                await journal.write_reply(*reply)
            yield work, journal.seal_reply(*self._replies[-1]) if self._replies else None
        self._replies.clear()

    async def _write(self, write: Callable[[JournalRepository], Awaitable[None]] | None = None) -> None:
        async with self._units.begin(self._claim.tenant) as work:
            journal = work.journal(self._claim, self.progress.post.revision)
            for reply in self._replies:
                await journal.write_reply(*reply)
            if write is not None:
                await write(journal)
            if self.progress.unsaved:
                await work.run(self._claim).change(*self.progress.events, **self.progress.columns)
        self._replies.clear()
        self.progress = self.progress.saved()


def in_platform_time(step: Step, time: PlatformClock) -> Step:
    """Return a stored step with its times converted to platform time."""
    return replace(
        step,
        intent=step.intent and replace(step.intent, started_at=time.to_platform_time(step.intent.started_at)),
        reply=step.reply and replace(step.reply, received_at=time.to_platform_time(step.reply.received_at)),
        valid_until=step.valid_until and time.to_platform_time(step.valid_until),
        paused_at=step.paused_at and time.to_platform_time(step.paused_at),
    )
