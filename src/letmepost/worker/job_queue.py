"""The job queue in Redis: its connection, its keys, and how jobs are written."""

import json
from dataclasses import dataclass
from typing import Any

from arq.connections import ArqRedis, RedisSettings
from redis.asyncio.connection import SSLConnection, parse_url

JOB_TIMEOUT_S = 86_400.0
"""Longer than any upload. Publishing goes on after it in any case: only the lease of a post ends its work."""
REDIS_WITHIN_S = 1.0


def dump_json(value: Any) -> bytes:
    """Serialize a job or a result. What JSON does not know, such as an exception, becomes the name of its type."""
    return json.dumps(value, default=lambda unknown: type(unknown).__name__).encode()


def open_job_redis(url: str) -> ArqRedis:
    """Return a client of the job queue that gives up soon. `arq.create_pool` would ignore the options of the URL."""
    redis: ArqRedis = ArqRedis.from_url(url, socket_connect_timeout=REDIS_WITHIN_S, socket_timeout=REDIS_WITHIN_S)
    redis.job_serializer, redis.job_deserializer = dump_json, json.loads
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
