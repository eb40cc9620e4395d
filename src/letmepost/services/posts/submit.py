"""Handles a request to publish, and waits for its outcome."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from uuid import UUID

from letmepost.domain.posts import PostStatus
from letmepost.gateways.wakeups import Wakeups
from letmepost.services.callers import Caller, new_id
from letmepost.services.idempotency import Answer, Idempotency, KeyInUseError, in_progress, until_key_is_free
from letmepost.services.posts import read
from letmepost.services.posts.accept import Acceptance, check_schedule, contents_of, new_batch
from letmepost.services.posts.compose import Composed
from letmepost.services.posts.inline_media import PostMedia, media_of
from letmepost.services.posts.requests import PostRequest
from letmepost.services.work import UnitsOfWork, Work
from letmepost.storage.idempotency import IdempotencyClaim
from letmepost.storage.posts.batches import BatchRow, NewBatch

LOOK_AGAIN_S = 1.0
"""How often a waiting request reads the batch without a hint: hints may be lost."""

_OPEN = frozenset({PostStatus.QUEUED, PostStatus.PUBLISHING, PostStatus.RETRYING})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Order:
    """A request to publish with its claim, and the function that renders its response."""

    caller: Caller
    claim: IdempotencyClaim | None
    request: PostRequest
    request_id: str
    batch_id: UUID
    waits: bool
    render: Callable[[BatchRow], Answer]


class Submission:
    """Handles `POST /v1/posts`, from the parsed request to the response."""

    def __init__(
        self,
        *,
        acceptance: Acceptance,
        media: PostMedia,
        idempotency: Idempotency,
        units: UnitsOfWork,
        wakeups: Wakeups,
    ) -> None:
        self._acceptance = acceptance
        self._media = media
        self._idempotency = idempotency
        self._units = units
        self._wakeups = wakeups
        self._clock = units.clock

    async def submit(
        self,
        caller: Caller,
        claim: IdempotencyClaim | None,
        request: PostRequest,
        render: Callable[[BatchRow], Answer],
        *,
        wait_s: float,
        request_id: str,
    ) -> Answer:
        """Accept the request, or find the same earlier request. Wait up to `wait_s` for the outcome.

        Raises:
            RequestError: the request is invalid. Nothing was stored.
            IdempotencyConflict: the key was used for another request, or the first request is still running.
        """
        deadline_s = self._clock.monotonic_s() + wait_s
        order = _Order(
            caller=caller,
            claim=claim,
            request=request,
            request_id=request_id,
            batch_id=new_id(self._clock),
            waits=wait_s > 0,
            render=render,
        )
        # The watch starts before the commit, so that no hint is missed and the batch is not read right afterwards.
        async with self._wakeups.watch(order.batch_id) as changed:
            accepted = await until_key_is_free(partial(self._accept, order))
            if isinstance(accepted, Answer):
                return accepted
            if accepted == order.batch_id:
                return await self._outcome(order, changed, deadline_s)
        async with self._wakeups.watch(accepted) as changed:
            return await self._outcome_of_earlier(order, accepted, changed, deadline_s)

    async def _accept(self, order: _Order) -> Answer | UUID:
        """Store a new request in one transaction; return its response, or the id of the batch to wait for.

        A request with media items takes several transactions. Files are examined and stored between them.
        """
        request, facts = order.request, {}
        if media_of(list(contents_of(request).values())):
            async with self._units.begin(order.caller) as work:
                earlier = await self._find(work, order)
            if earlier is not None:
                return earlier
            facts = await self._acceptance.examine(order.caller, request)
        async with self._units.begin(order.caller) as work:
            earlier = await self._find(work, order)
            if earlier is not None:
                return earlier
            composed = await self._acceptance.compose(work, request, facts)
            now = work.now()
            check_schedule(request.schedule, now)
            batch = new_batch(order.batch_id, request, composed.posts, request_id=order.request_id, now=now)
            if not composed.has_bytes:
                stored = await self._acceptance.store(work, request, batch, composed, {})
                return await self._reserve_or_store(work, order, stored)
        return await self._accept_with_bytes(order, composed, batch)

    async def _accept_with_bytes(self, order: _Order, composed: Composed, batch: NewBatch) -> Answer | UUID:
        async with (
            self._media.stored_bytes(order.caller, composed) as stored_bytes,
            self._units.begin(order.caller) as work,
        ):
            if await self._find(work, order) is not None:
                raise KeyInUseError
            stored = await self._acceptance.store(work, order.request, batch, composed, stored_bytes)
            return await self._reserve_or_store(work, order, stored)

    async def _find(self, work: Work, order: _Order) -> Answer | UUID | None:
        """Lock the key; return the response to an earlier request, or the batch that its response waits for."""
        if order.claim is None:
            return None
        earlier = await self._idempotency.find(work, order.claim)
        if earlier is None:
            return None
        if earlier.status is None and earlier.batch_id is not None:
            return earlier.batch_id
        return self._idempotency.replay(work.tenant, order.claim, earlier)

    async def _reserve_or_store(self, work: Work, order: _Order, batch: BatchRow) -> Answer | UUID:
        """Store the key with the response, or with the batch if the response waits for its outcome."""
        if order.waits and not is_answerable(batch):
            if order.claim is not None:
                await self._idempotency.reserve(work, order.claim, batch.id)
            return batch.id
        answer = order.render(batch)
        if order.claim is not None:
            await self._idempotency.store(work, order.claim, answer)
        return answer

    async def _outcome(self, order: _Order, changed: asyncio.Event, deadline_s: float) -> Answer:
        """Wait for the outcome of a new batch until the deadline, and return the response."""
        while True:
            left_s = await self._wait(changed, deadline_s)
            async with self._units.begin(order.caller) as work:
                batch = await read.get_batch(work, order.batch_id)
                if is_answerable(batch) or left_s <= 0:
                    return await self._answer(work, order, batch)

    async def _outcome_of_earlier(
        self, order: _Order, batch_id: UUID, changed: asyncio.Event, deadline_s: float
    ) -> Answer:
        """Return the response to the first request, or a new one if its process crashed before it responded.

        Raises:
            IdempotencyConflict: there is no response by the deadline.
        """
        while True:
            async with self._units.begin(order.caller) as work:
                earlier = await self._find(work, order)
                if isinstance(earlier, Answer):
                    return earlier
                batch = await read.get_batch(work, batch_id)
                if is_answerable(batch):
                    return await self._answer(work, order, batch)
            if await self._wait(changed, deadline_s) <= 0:
                raise in_progress()

    async def _answer(self, work: Work, order: _Order, batch: BatchRow) -> Answer:
        answer = order.render(batch)
        return answer if order.claim is None else await self._idempotency.settle(work, order.claim, answer)

    async def _wait(self, changed: asyncio.Event, deadline_s: float) -> float:
        """Wait until the batch may have changed; return the seconds left. No connection is held during the wait."""
        left_s = deadline_s - self._clock.monotonic_s()
        if left_s > 0:
            with suppress(TimeoutError):
                await asyncio.wait_for(changed.wait(), min(left_s, LOOK_AGAIN_S))
        changed.clear()
        return deadline_s - self._clock.monotonic_s()


def is_answerable(batch: BatchRow) -> bool:
    """Return True if the response need not wait: the batch is scheduled, or every post and its extras are settled."""
    return batch.is_scheduled or not any(
        post.status in _OPEN or (post.status is PostStatus.PUBLISHED and post.ready_at is not None)
        for post in batch.posts
    )
