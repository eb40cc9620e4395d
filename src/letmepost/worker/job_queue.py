"""The job queue in Redis: its connection, its keys, and the format of jobs."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from arq.connections import ArqRedis, RedisSettings
from redis.asyncio.client import Pipeline
from redis.asyncio.connection import ConnectionPool, SSLConnection, parse_url

JOB_TIMEOUT_S = 86_400.0
"""Longer than any upload. Publishing continues after it: only the lease of a post ends its work."""
REDIS_WITHIN_S = 1.0


def dump_json(value: Any) -> bytes:
    """Serialize a job or a result. A value that JSON lacks, such as an exception, becomes the name of its type."""
    return json.dumps(value, default=lambda unknown: type(unknown).__name__).encode()


class JobRedis(ArqRedis):
    """A client whose pipelines share a round trip if they are executed at the same time.

    arq sends one transaction when a job starts and another when it ends, which are most of the cost of a job. No other
    process reads the queue, so they need not be transactions, and those of many jobs can be sent together. A pipeline
    that watches a key, as arq does to enqueue a tick of cron once, is still a transaction.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._waiting: list[_Executed] = []
        self._sending: asyncio.Task[None] | None = None

    def pipeline(self, transaction: bool = False, shard_hint: str | None = None) -> Pipeline:  # noqa: ARG002, FBT001, FBT002 - redis's
        return _SharedPipeline(self, shard_hint)

    async def execute_shared(self, commands: Sequence[Any]) -> list[Any]:
        """Execute commands in the next shared round trip.

        Raises:
            RedisError, OSError: of the connection, or of one of these commands.
        """
        executed = _Executed(commands, asyncio.get_running_loop().create_future())
        self._waiting.append(executed)
        if self._sending is None:
            self._sending = asyncio.create_task(self._send())
        return await executed.replies

    async def _send(self) -> None:
        """Send waiting commands until there are none. Those that arrive during a round trip share the next one."""
        while self._waiting:
            sent, self._waiting = self._waiting, []
            pipe = Pipeline(self.connection_pool, self.response_callbacks, transaction=False, shard_hint=None)
            pipe.command_stack = [command for executed in sent for command in executed.commands]
            try:
                replies = iter(await pipe.execute(raise_on_error=False))
            except Exception as error:  # noqa: BLE001 - raised where the replies are awaited
                for executed in sent:
                    executed.fail(error)
                continue
            for executed in sent:
                executed.finish(list(islice(replies, len(executed.commands))))
        self._sending = None


@dataclass(frozen=True, slots=True)
class _Executed:
    """The commands of one pipeline, and their replies."""

    commands: Sequence[Any]
    replies: "asyncio.Future[list[Any]]"

    def finish(self, replies: list[Any]) -> None:
        if error := next((reply for reply in replies if isinstance(reply, Exception)), None):
            self.fail(error)
        elif not self.replies.done():
            self.replies.set_result(replies)

    def fail(self, error: Exception) -> None:
        if not self.replies.done():
            self.replies.set_exception(error)


class _SharedPipeline(Pipeline):
    def __init__(self, redis: JobRedis, shard_hint: str | None) -> None:
        super().__init__(redis.connection_pool, redis.response_callbacks, transaction=False, shard_hint=shard_hint)
        self._redis = redis

    async def execute(self, raise_on_error: bool = True) -> list[Any]:  # noqa: FBT001, FBT002 - redis's
        if self.watching or self.explicit_transaction:
            found: list[Any] = await super().execute(raise_on_error)
            return found
        commands, self.command_stack = self.command_stack, []
        return await self._redis.execute_shared(commands)


def open_job_redis(url: str, make: type[JobRedis] = JobRedis) -> JobRedis:
    """Return a client of the job queue with short timeouts. `arq.create_pool` would ignore the options of the URL."""
    pool = ConnectionPool.from_url(url, socket_connect_timeout=REDIS_WITHIN_S, socket_timeout=REDIS_WITHIN_S)
    redis = make(pool, job_serializer=dump_json, job_deserializer=json.loads)
    redis.auto_close_connection_pool = True
    return redis


def redis_settings(url: str) -> RedisSettings:
    """Return the connection settings of arq's command. `RedisSettings.from_dsn` would ignore options of the URL."""
    given: dict[str, Any] = dict(parse_url(url))
    renamed = {"db": "database", "path": "unix_socket_path"}
    known = {renamed.get(name, name): value for name, value in given.items()}
    fields = RedisSettings.__dataclass_fields__
    is_tls = given.get("connection_class") is SSLConnection
    return RedisSettings(**{name: value for name, value in known.items() if name in fields}, ssl=is_tls)


@dataclass(frozen=True, slots=True, kw_only=True)
class JobQueue:
    """The job queue of one worker process.

    Args:
        prefix: the prefix of every key of the deployment.
        name: the name of the queue, different in every process.
        health_key: the key that `arq --check` reads.
    """

    redis: ArqRedis
    prefix: str
    name: str
    health_key: str
    job_timeout_s: float = JOB_TIMEOUT_S
