"""The job queue in Redis: its connection, its keys, and how jobs are written."""

import json
from dataclasses import dataclass
from typing import Any

from arq.connections import ArqRedis, RedisSettings
from redis.asyncio.client import Pipeline
from redis.asyncio.connection import BlockingConnectionPool, SSLConnection, parse_url

JOB_TIMEOUT_S = 86_400.0
"""Longer than any upload. Publishing goes on after it in any case: only the lease of a post ends its work."""
REDIS_WITHIN_S = 1.0
CONNECTIONS = 8


def dump_json(value: Any) -> bytes:
    """Serialize a job or a result. What JSON does not know, such as an exception, becomes the name of its type."""
    return json.dumps(value, default=lambda unknown: type(unknown).__name__).encode()


class JobRedis(ArqRedis):
    """A client whose pipelines are transactions only if they watch a key, as arq does to enqueue a tick once.

    arq wraps every pipeline in MULTI and EXEC, which costs 0.1 ms of processor time per job. No other process reads
    the queue, so none could see a pipeline that is half executed.
    """

    def pipeline(self, transaction: bool = False, shard_hint: str | None = None) -> Pipeline:  # noqa: ARG002, FBT001, FBT002 - redis's
        return super().pipeline(transaction=False, shard_hint=shard_hint)


def open_job_redis(url: str) -> JobRedis:
    """Return a client of the job queue that gives up soon. `arq.create_pool` would ignore the options of the URL."""
    # Few connections are enough for commands that take 0.1 ms, and a burst of jobs must not open one for each job.
    pool = BlockingConnectionPool.from_url(
        url,
        max_connections=CONNECTIONS,
        timeout=REDIS_WITHIN_S,
        socket_connect_timeout=REDIS_WITHIN_S,
        socket_timeout=REDIS_WITHIN_S,
    )
    redis = JobRedis(pool, job_serializer=dump_json, job_deserializer=json.loads)
    redis.auto_close_connection_pool = True
    return redis


def redis_settings(url: str) -> RedisSettings:
    """Return what arq's command connects with. `RedisSettings.from_dsn` would ignore the options of the URL."""
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
        prefix: of every key of the deployment.
        name: of the queue, different in every process.
        health_key: what `arq --check` reads.
    """

    redis: ArqRedis
    prefix: str
    name: str
    health_key: str
    job_timeout_s: float = JOB_TIMEOUT_S
