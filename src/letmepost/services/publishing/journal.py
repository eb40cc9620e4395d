"""What a run writes: its journal, changes of the post, and events.

What must be stored before something leaves this process (an intent) is written immediately. Facts about the past (a
reply, a visible post) wait for the next such write, for `flush`, or for the end of the run, and are written in the same
transaction. A crash in between equals a crash just after the reply, and every run can resume from that.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any

from letmepost.domain.flow import Intent, Reply
from letmepost.services.platform_clock import PlatformClock
from letmepost.storage.database import Connection, Database
from letmepost.storage.publishing.claims import Claim
from letmepost.storage.publishing.journals import JournalRepository
from letmepost.storage.publishing.runs import RunRepository
from letmepost.storage.sealing import Keyring
from letmepost.storage.webhooks.events import EventRepository, NewEvent


class RunJournal:
    """The record of one run of one revision. Every transaction is short and fenced by the lease.

    `changes` are the columns of the post to write next. Times come from the run in platform time and are stored in real
    time.
    """

    def __init__(self, database: Database, keyring: Keyring, claim: Claim, revision: int, time: PlatformClock) -> None:
        self._database = database
        self._keyring = keyring
        self._claim = claim
        self._revision = revision
        self._time = time
        self._waiting: list[Callable[[JournalRepository], Awaitable[None]]] = []
        self._events: list[tuple[NewEvent, datetime]] = []
        self.changes: dict[str, Any] = {}

    async def intend(self, step: str, fingerprint: bytes, intent: Intent) -> None:
        ours = replace(intent, started_at=self._time.to_real_time(intent.started_at))
        await self._now(lambda journal: journal.write_intent(step, fingerprint, ours))

    async def record(self, step: str, fingerprint: bytes, reply: Reply, valid_for_s: float | None) -> None:
        ours = replace(reply, received_at=self._time.to_real_time(reply.received_at))
        self._waiting.append(lambda journal: journal.write_reply(step, fingerprint, ours, valid_for_s))

    async def close(self, step: str) -> None:
        await self._now(lambda journal: journal.close(step))

    async def doubt(self, step: str) -> None:
        await self._now(lambda journal: journal.drop_reply(step))

    async def forget(self, step: str) -> None:
        await self._now(lambda journal: journal.close(step, forgotten=True))

    async def pause(self, step: str, now: datetime) -> None:
        await self._now(lambda journal: journal.write_pause(step, self._time.to_real_time(now)))

    def tell(self, event: NewEvent, now: datetime) -> None:
        """Write an event with the next write."""
        self._events.append((event, now))

    async def flush(self) -> None:
        """Write everything that waits."""
        if self._waiting or self._events or self.changes:
            async with self.transaction() as (run, _):
                if self.changes:
                    await run.change(**self.changes)
            self.changes = {}

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[tuple[RunRepository, Connection]]:
        """Open a transaction that first writes everything that waits, except `changes`.

        Raises:
            LostLeaseError: another worker may have the post; nothing was written.
        """
        async with self._database.tenant(self._claim.tenant) as connection:
            journal = JournalRepository(connection, self._claim, self._revision, self._keyring)
            for write in self._waiting:
                await write(journal)
            yield RunRepository(connection, self._claim, self._keyring), connection
            # Last: events may only be written after the lease was checked.
            for event, now in self._events:
                await EventRepository(connection, self._claim.tenant).write([event], now)
        self._waiting.clear()
        self._events.clear()

    async def _now(self, write: Callable[[JournalRepository], Awaitable[None]]) -> None:
        self._waiting.append(write)
        try:
            await self.flush()
        except BaseException:
            if write in self._waiting:  # nothing is sent now, so no later write may record it
                self._waiting.remove(write)
            raise
