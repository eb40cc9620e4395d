"""How much of a post's media a platform has received, for display. It is in Redis only, and no upload waits for it."""

import asyncio
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from letmepost.domain.api_keys import Mode
from letmepost.gateways.clock import Clock

REPORTED_EVERY_S = 5.0
"""How often the progress of one post is written at most."""
SHOWN_FOR_S = 60
"""How long a report is shown if no other follows: the worker was killed, or the platform has become slow."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class UploadProgress:
    """How much of a media item the platform has. `step`: the name of the upload in the post's attempts."""

    post_id: UUID
    profile_id: UUID
    step: str
    sent_bytes: int
    total_bytes: int


class UploadReports:
    """The latest reports of each organization and mode."""

    def __init__(self, redis: Redis, clock: Clock) -> None:
        self._redis = redis
        self._clock = clock
        self._next_at_s: dict[UUID, float] = {}
        self._writing: set[asyncio.Task[Any]] = set()

    def report(self, organization_id: UUID, mode: Mode, progress: UploadProgress) -> None:
        """Write a report soon, unless the last one of this post was written less than `REPORTED_EVERY_S` ago."""
        now_s = self._clock.monotonic_s()
        if now_s < self._next_at_s.get(progress.post_id, now_s):
            return
        self._next_at_s[progress.post_id] = now_s + REPORTED_EVERY_S
        key = _key(organization_id, mode)
        pipeline = self._redis.pipeline(transaction=False)
        pipeline.hset(key, str(progress.post_id), json.dumps(_write(progress, self._clock.now().timestamp())))
        pipeline.expire(key, SHOWN_FOR_S)
        self._start(pipeline.execute())

    def end(self, organization_id: UUID, mode: Mode, post_id: UUID) -> None:
        """Remove the report of a post soon, if there is one: its attempt has ended."""
        if self._next_at_s.pop(post_id, None) is not None:
            self._start(self._redis.hdel(_key(organization_id, mode), str(post_id)))

    async def find(self, organization_id: UUID, mode: Mode, post_id: UUID) -> UploadProgress | None:
        """Return the progress of one post; None if Redis does not answer."""
        found = await _answer(self._redis.hget(_key(organization_id, mode), str(post_id)))
        return self._current([] if found is None else [found]).get(post_id)

    async def read(self, organization_id: UUID, mode: Mode) -> Mapping[UUID, UploadProgress]:
        """Return the progress of all posts; nothing if Redis does not answer."""
        found = await _answer(self._redis.hgetall(_key(organization_id, mode)))
        return self._current([] if found is None else found.values())

    async def close(self) -> None:
        """Wait for the last writes."""
        await asyncio.gather(*self._writing)

    def _current(self, values: Iterable[bytes]) -> dict[UUID, UploadProgress]:
        """Return the progress by post, without the reports that are too old to be shown."""
        oldest = self._clock.now().timestamp() - SHOWN_FOR_S
        reports = [json.loads(value) for value in values]
        return {one.post_id: one for one in (_read(report) for report in reports if report["at"] > oldest)}

    def _start(self, writing: Any) -> None:
        task = asyncio.create_task(_answer(writing))
        self._writing.add(task)
        task.add_done_callback(self._writing.discard)


def _key(organization_id: UUID, mode: Mode) -> str:
    return f"letmepost:uploads:{organization_id}:{mode}"


async def _answer(command: Any) -> Any:
    """Return the answer to a command; None if Redis does not answer.

    The types are open because redis-py has the same ones for its clients with and without asyncio.
    """
    try:
        return await command
    except (RedisError, OSError) as error:
        log.warning("redis.lost", error=str(error), role="upload progress")
        return None


def _write(progress: UploadProgress, at: float) -> dict[str, Any]:
    return {
        "post_id": str(progress.post_id),
        "profile_id": str(progress.profile_id),
        "step": progress.step,
        "sent_bytes": progress.sent_bytes,
        "total_bytes": progress.total_bytes,
        "at": at,
    }


def _read(report: Mapping[str, Any]) -> UploadProgress:
    return UploadProgress(
        post_id=UUID(report["post_id"]),
        profile_id=UUID(report["profile_id"]),
        step=report["step"],
        sent_bytes=report["sent_bytes"],
        total_bytes=report["total_bytes"],
    )
