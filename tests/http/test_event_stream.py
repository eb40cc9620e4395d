"""The stream of events as it happens."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest

from letmepost.domain.api_keys import Mode
from tests.database import DatabaseURLs
from tests.deployment import Client, Deployment, deployed, serving
from tests.doubles.waiting import eventually
from tests.http.support import Tenant, check_refusal


@dataclass(frozen=True, slots=True)
class Block:
    """One block of the stream, as a browser reads it."""

    id: int
    event: str | None
    data: dict[str, Any] | None


class Follower:
    """Somebody who reads a stream."""

    def __init__(self, reply: httpx2.Response) -> None:
        self.reply = reply
        self._lines = reply.aiter_lines()

    async def next(self) -> Block | None:
        """The next block that is more than a comment; None when the stream has ended."""
        fields: dict[str, str] = {}
        async for line in self._lines:
            if line and not line.startswith(":"):
                name, _, value = line.partition(": ")
                fields[name] = value
            elif fields:
                data = fields.get("data")
                return Block(int(fields["id"]), fields.get("event"), None if data is None else json.loads(data))
        return None

    async def take(self, count: int) -> list[Block]:
        """So many blocks; a stream that ends before fails the test."""
        found = [await self.next() for _ in range(count)]
        assert None not in found
        return [block for block in found if block is not None]


@pytest.fixture(scope="module")
async def url(service: Deployment) -> AsyncIterator[str]:
    """Where the API listens: a stream has no end that an in-process call could wait for."""
    async with serving(service.app) as url:
        yield url


@asynccontextmanager
async def following(
    url: str, client: Client, query: str = "", headers: Mapping[str, str] | None = None
) -> AsyncIterator[Follower]:
    sent = {"authorization": f"Bearer {client.key}", **(headers or {})}
    async with (
        httpx2.AsyncClient(base_url=url, timeout=20) as http,
        http.stream("GET", f"/v1/events/stream{query}", headers=sent) as reply,
    ):
        assert reply.status_code == 200, await reply.aread()
        yield Follower(reply)


async def test_what_happens_is_told_as_webhooks_are(url: str, tenant: Tenant) -> None:
    async with following(url, tenant.client) as follower:
        assert follower.reply.headers["content-type"].partition(";")[0] == "text/event-stream"
        assert follower.reply.headers["cache-control"] == "no-store"
        assert await follower.next() == Block(0, None, None)
        account_id = await tenant.client.sandbox_account()
        await tenant.client.post("/v1/posts", {"targets": [{"accountId": account_id}], "text": "Grüße\u2028\nan alle"})
        told = await follower.take(2)
    assert [(block.id, block.event) for block in told] == [(1, "account.connected"), (2, "post.published")]
    listed = (await tenant.client.get("/v1/events")).json()["data"]
    assert [block.data for block in told] == listed


async def test_whoever_comes_back_misses_nothing_and_hears_nothing_twice(url: str, tenant: Tenant) -> None:
    async with following(url, tenant.client) as follower:
        await follower.next()
        await tenant.client.sandbox_account()
        [first] = await follower.take(1)
    for _ in range(3):
        await tenant.client.sandbox_account()
    async with following(url, tenant.client, headers={"last-event-id": str(first.id)}) as follower:
        start, *told = await follower.take(4)
        await tenant.client.sandbox_account()
        told += await follower.take(1)
    assert start == Block(first.id, None, None)
    assert [block.id for block in told] == [2, 3, 4, 5]


async def test_whoever_leaves_before_anything_happened_knows_where_to_go_on(url: str, tenant: Tenant) -> None:
    """Otherwise what happens before the reconnect would be lost."""
    await tenant.client.sandbox_account()
    async with following(url, tenant.client, "?cursor=0") as follower:
        await follower.take(2)
    async with following(url, tenant.client) as follower:
        start = await follower.next()
    assert start == Block(1, None, None)
    await tenant.client.sandbox_account()
    async with following(url, tenant.client, headers={"last-event-id": str(start.id)}) as follower:
        assert [block.id for block in await follower.take(2)] == [1, 2]


async def test_a_backlog_of_several_pages_is_told_in_order(url: str, tenant: Tenant) -> None:
    await tenant.admin.do(
        """INSERT INTO events (id, organization_id, mode, type, data, created_at)
           SELECT uuidv7(), $1, 'test', 'post.published', '{}', now() FROM generate_series(1, 250)""",
        tenant.uuid,
    )
    async with following(url, tenant.client, "?cursor=0") as follower:
        told = await follower.take(251)
    assert [block.id for block in told] == list(range(251))


async def test_only_the_wanted_types_are_told(url: str, tenant: Tenant) -> None:
    async with following(url, tenant.client, "?cursor=0&type=account.disconnected&type=post.published") as follower:
        await follower.next()
        account_id = await tenant.client.sandbox_account()
        await tenant.client.call("DELETE", f"/v1/accounts/{account_id}")
        [told] = await follower.take(1)
    assert (told.id, told.event) == (2, "account.disconnected")


async def test_a_key_hears_of_its_own_world_and_profile(url: str, tenant: Tenant) -> None:
    """Live and test share the count, not the stream; a profile's key hears of that profile alone."""
    live, scoped = await tenant.key(Mode.LIVE), await tenant.key(profileId=await tenant.profile())
    async with following(url, live) as other_world, following(url, scoped) as follower:
        await other_world.next()
        await follower.next()
        await tenant.client.sandbox_account()
        theirs = await scoped.sandbox_account()
        [told] = await follower.take(1)
        await tenant.admin.do(
            """INSERT INTO events (id, organization_id, mode, type, data, created_at)
               VALUES (uuidv7(), $1, 'live', 'quota.warning', '{}', now())""",
            tenant.uuid,
        )
        [warned] = await other_world.take(1)
    assert (told.id, (told.data or {})["data"]["accountId"]) == (2, theirs)
    assert (warned.id, warned.event) == (3, "quota.warning")


async def test_a_revoked_key_hears_no_more(url: str, tenant: Tenant) -> None:
    other = await tenant.key()
    async with following(url, other) as follower:
        await follower.next()
        [key_id] = [key["id"] for key in (await tenant.client.get("/v1/api-keys")).json()["data"] if _is(key, other)]
        await tenant.client.call("DELETE", f"/v1/api-keys/{key_id}")
        assert await follower.next() is None


def _is(shown: dict[str, Any], client: Client) -> bool:
    return client.key.endswith(shown["last4"])


async def test_a_server_that_stops_lets_its_followers_go(deployment: Deployment) -> None:
    client = await deployment.client()
    async with serving(deployment.app) as url, following(url, client) as follower:
        await follower.next()
        deployment.app.state.stopping.set()
        assert await follower.next() is None


@pytest.fixture
async def narrow(database_urls: DatabaseURLs, redis_url: str, tmp_path: Path) -> AsyncIterator[Deployment]:
    """A deployment that allows a key two streams."""
    async with deployed(database_urls, redis_url, tmp_path, with_worker=False, event_streams_per_key=2) as running:
        yield running


async def test_a_key_follows_so_many_streams_at_once_and_one_more_after_it_has_left_one(narrow: Deployment) -> None:
    client, other = await narrow.client(), await narrow.client()

    async def is_taken_on() -> bool:
        headers = {"authorization": f"Bearer {client.key}"}
        async with (
            httpx2.AsyncClient(base_url=where, timeout=20) as http,
            http.stream("GET", "/v1/events/stream", headers=headers) as reply,
        ):
            return reply.status_code == 200

    async with serving(narrow.app) as where, following(where, client) as first:
        await first.next()
        async with following(where, client) as second, following(where, other) as others:
            await second.next()
            await others.next()
            refused = await client.get("/v1/events/stream")
            check_refusal(refused, 429, "rate_limited", "events.streams_max")
            assert int(refused.headers["retry-after"]) > 0
        assert await eventually(is_taken_on)
        narrow.app.state.stopping.set()
        assert await first.next() is None


async def test_a_stream_that_is_refused_takes_no_slot(narrow: Deployment) -> None:
    client = await narrow.client()
    for _ in range(3):
        check_refusal(await client.get("/v1/events/stream?cursor=x"), 400, "validation_failed", "cursor")
    async with serving(narrow.app) as where, following(where, client) as follower:
        await follower.next()
        narrow.app.state.stopping.set()
        assert await follower.next() is None


@pytest.mark.parametrize("position", ["abc", "-1", "1.5", "9" * 19, "9" * 5000, "٣"])
async def test_a_position_that_is_none_is_refused(client: Client, position: str) -> None:
    reply = await client.get(f"/v1/events/stream?cursor={position}")
    check_refusal(reply, 400, "validation_failed", "cursor")
    if position.isascii():
        refused = await client.get("/v1/events/stream", last_event_id=position)
        check_refusal(refused, 400, "validation_failed", "Last-Event-ID")


async def test_a_type_that_is_none_is_refused(client: Client) -> None:
    check_refusal(await client.get("/v1/events/stream?type=post.exploded"), 400, "validation_failed", "type")
