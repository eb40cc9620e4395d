"""The connection to the job queue."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest
from redis.asyncio.connection import SSLConnection
from redis.exceptions import RedisError, ResponseError, WatchError

from letmepost.worker.job_queue import JobRedis, dump_json, open_job_redis, redis_settings

NOWHERE = "redis://127.0.0.1:1"


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[JobRedis]:
    async with open_job_redis(redis_url) as opened:
        yield opened


async def echo(redis: JobRedis, *texts: str) -> list[str]:
    async with redis.pipeline() as pipe:
        for text in texts:
            pipe.echo(text)
        return [reply.decode() for reply in await pipe.execute()]


async def test_each_pipeline_gets_its_own_replies(redis: JobRedis) -> None:
    given = [[f"{number}-{index}" for index in range(number % 4)] for number in range(200)]
    assert await asyncio.gather(*(echo(redis, *texts) for texts in given)) == given


async def test_pipelines_that_are_executed_together_use_one_connection(redis: JobRedis) -> None:
    before = (await redis.info("clients"))["connected_clients"]
    await asyncio.gather(*(echo(redis, "a") for _ in range(200)))
    assert (await redis.info("clients"))["connected_clients"] <= before + 1


async def test_error_affects_only_its_own_pipeline(redis: JobRedis) -> None:
    async def fail() -> None:
        async with redis.pipeline() as pipe:
            pipe.set(key, "text")
            pipe.incr(key)
            await pipe.execute()

    key = str(uuid4())
    first, failed, last = await asyncio.gather(echo(redis, "a"), fail(), echo(redis, "b"), return_exceptions=True)
    assert (first, last) == (["a"], ["b"])
    assert isinstance(failed, ResponseError)


async def test_lost_connection_affects_every_pipeline() -> None:
    async with open_job_redis(NOWHERE) as nowhere:
        found = await asyncio.gather(*(echo(nowhere, "a") for _ in range(5)), return_exceptions=True)
        assert all(isinstance(error, (RedisError, OSError)) for error in found)
        with pytest.raises((RedisError, OSError)):
            await echo(nowhere, "b")


async def test_canceled_pipeline_does_not_affect_the_others(redis: JobRedis) -> None:
    canceled, other = asyncio.create_task(echo(redis, "a")), asyncio.create_task(echo(redis, "b"))
    await asyncio.sleep(0)
    canceled.cancel()
    assert await other == ["b"]


async def test_pipeline_that_watches_a_key_is_a_transaction(redis: JobRedis) -> None:
    """arq relies on this to enqueue a tick of cron once."""
    key = str(uuid4())
    async with redis.pipeline() as pipe:
        await pipe.watch(key)
        await redis.set(key, "changed")
        pipe.multi()
        pipe.set(key, "overwritten")
        with pytest.raises(WatchError):
            await pipe.execute()
    assert await redis.get(key) == b"changed"


def test_exception_is_written_as_the_name_of_its_type() -> None:
    assert dump_json({"r": ValueError("secret")}) == b'{"r": "ValueError"}'


def test_url_with_tls_is_used_with_its_options() -> None:
    url = "rediss://user:p%40ss@redis.example:6380/3?ssl_cert_reqs=none&ssl_ca_certs=/ca.pem"
    connection = open_job_redis(url).connection_pool.make_connection()
    assert isinstance(connection, SSLConnection)
    assert (connection.host, connection.port, connection.db) == ("redis.example", 6380, 3)
    assert connection.ssl_context.cert_reqs is ssl.CERT_NONE
    settings = redis_settings(url)
    assert (settings.host, settings.port, settings.database, settings.ssl) == ("redis.example", 6380, 3, True)
    assert (settings.username, settings.password) == ("user", "p@ss")
    assert (settings.ssl_cert_reqs, settings.ssl_ca_certs) == ("none", "/ca.pem")


def test_url_without_tls_and_with_a_socket_is_parsed() -> None:
    assert redis_settings("redis://127.0.0.1:6379/1").ssl is False
    assert redis_settings("unix:///run/valkey.sock?db=2").unix_socket_path == "/run/valkey.sock"
    assert redis_settings("unix:///run/valkey.sock?db=2").database == 2
