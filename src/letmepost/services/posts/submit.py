"""Carrying out a request to publish, and waiting for what comes of it."""

import asyncio
from uuid import UUID

from letmepost.gateways.wakeups import Wakeups
from letmepost.services.callers import Caller
from letmepost.services.idempotency import Answer, in_progress
from letmepost.services.old_idempotency import AnsweredError, OldIdempotency, Once
from letmepost.services.posts import read
from letmepost.services.posts.accept import Acceptance, is_answerable
from letmepost.services.posts.requests import PostRequest
from letmepost.services.work import UnitsOfWork
from letmepost.storage.idempotency import IdempotencyClaim, IdempotencyRow
from letmepost.storage.posts.batches import BatchRow

LOOK_AGAIN_S = 1.0
"""How often a waiting caller looks without having been told to: hints may be lost."""


class Submission:
    """`POST /v1/posts` from the parsed request to the answer."""

    def __init__(
        self, *, acceptance: Acceptance, idempotency: OldIdempotency, units: UnitsOfWork, wakeups: Wakeups
    ) -> None:
        self._acceptance = acceptance
        self._idempotency = idempotency
        self._units = units
        self._wakeups = wakeups
        self._clock = units.clock

    async def submit(
        self, caller: Caller, request: PostRequest, once: Once[BatchRow], *, wait_s: float, request_id: str
    ) -> Answer:
        """Publish, or find out what became of the same request sent before; waits up to `wait_s` for the outcome.

        Raises:
            RequestError: something is wrong with the request; nothing was stored.
        """
        try:
            known = None if once.claim is None else await self._idempotency.find(caller, once.claim)
            if known is not None:
                return await self._resume(caller, once, known, wait_s)
            accepted = await self._acceptance.accept(caller, request, once, request_id, waits=wait_s > 0)
        except AnsweredError as answered:
            return await self._resume(caller, once, answered.row, wait_s)
        if accepted.answer is not None:
            return accepted.answer
        batch = await self._wait(caller, accepted.batch_id, wait_s)
        return await self._answer(caller, once, batch)

    async def _resume(self, caller: Caller, once: Once[BatchRow], row: IdempotencyRow, wait_s: float) -> Answer:
        """The first caller's answer; or, if it died before it could give one, ours."""
        claim, deadline_s = _required(once.claim), self._clock.monotonic_s() + wait_s
        while True:
            if row.status is not None or row.batch_id is None:
                return self._idempotency.replay(caller, claim, row)
            left_s = deadline_s - self._clock.monotonic_s()
            batch = await self._wait(caller, row.batch_id, min(LOOK_AGAIN_S, max(0.0, left_s)))
            found = await self._idempotency.find(caller, claim)
            if found is not None and found.status is not None:
                return self._idempotency.replay(caller, claim, found)
            if is_answerable(batch):
                return await self._answer(caller, once, batch)
            if left_s <= 0:
                raise in_progress()

    async def _answer(self, caller: Caller, once: Once[BatchRow], batch: BatchRow) -> Answer:
        """Compose the answer and store it; the answer that was stored first wins."""
        answer = once.render(batch)
        return answer if once.claim is None else await self._idempotency.settle(caller, once.claim, answer)

    async def _wait(self, caller: Caller, batch_id: UUID, wait_s: float) -> BatchRow:
        """The batch when it is settled, or as it is after `wait_s`. No connection is held meanwhile."""
        deadline_s = self._clock.monotonic_s() + wait_s
        async with self._wakeups.watch(batch_id) as changed:
            while True:
                changed.clear()
                batch = await self._find(caller, batch_id)
                left_s = deadline_s - self._clock.monotonic_s()
                if is_answerable(batch) or left_s <= 0:
                    return batch
                try:
                    await asyncio.wait_for(changed.wait(), min(left_s, LOOK_AGAIN_S))
                except TimeoutError:
                    continue

    async def _find(self, caller: Caller, batch_id: UUID) -> BatchRow:
        async with self._units.begin(caller) as work:
            return await read.get_batch(work, batch_id)


def _required(claim: IdempotencyClaim | None) -> IdempotencyClaim:
    if claim is None:
        message = "a request without a key has nothing to resume"
        raise ValueError(message)
    return claim
