"""The journal of a run, kept in PostgreSQL."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime

from letmepost.domain.flow import Intent, Reply
from letmepost.storage.claims import Claim
from letmepost.storage.database import Database
from letmepost.storage.runs import RunRepository
from letmepost.storage.sealing import Keyring


class RunJournal:
    """The journal of one revision: each entry is a short transaction of its own, fenced by the lease."""

    def __init__(self, database: Database, keyring: Keyring, claim: Claim, revision: int) -> None:
        self._database = database
        self._keyring = keyring
        self._claim = claim
        self._revision = revision

    async def intend(self, step: str, fingerprint: bytes, intent: Intent) -> None:
        async with self._run() as run:
            await run.write_intent(self._revision, step, fingerprint, intent)

    async def record(self, step: str, fingerprint: bytes, reply: Reply, valid_for_s: float | None) -> None:
        async with self._run() as run:
            await run.write_reply(self._revision, step, fingerprint, reply, valid_for_s)

    async def close(self, step: str) -> None:
        async with self._run() as run:
            await run.close_step(self._revision, step)

    async def doubt(self, step: str) -> None:
        async with self._run() as run:
            await run.drop_reply(self._revision, step)

    async def forget(self, step: str) -> None:
        async with self._run() as run:
            await run.close_step(self._revision, step, forgotten=True)

    async def pause(self, step: str, now: datetime) -> None:
        async with self._run() as run:
            await run.write_pause(self._revision, step, now)

    @asynccontextmanager
    async def _run(self) -> AsyncIterator[RunRepository]:
        async with self._database.tenant(self._claim.tenant) as connection:
            yield RunRepository(connection, self._claim, self._keyring)
