"""The event stream (server-sent events)."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
import pytest

from letmepost.domain.api_keys import Mode
from letmepost.domain.ids import Prefix, format_id
from letmepost.gateways.upload_progress import UploadProgress, UploadReports
from tests.database import DatabaseURLs
from tests.deployment import Client, Deployment, deployed, serving
from tests.doubles.waiting import eventually
from tests.http.support import Tenant, check_refusal


@dataclass(frozen=True, slots=True)
class Block:
    """A block of the stream, as a browser reads it."""

    id: int | None
    event: str | None
    data: dict[str, Any] | None


class Follower:
    """A client that reads a stream."""

    def __init__(self, reply: httpx2.Response) -> None:
        self.reply = reply
        self._lines = reply.aiter_lines()

    async def next(self) -> Block | None:
        """Return the next block that is not a comment; None when the stream has ended."""
        fields: dict[str, str] = {}
        async for line in self._lines:
            if line and not line.startswith(":"):
                name, _, value = line.partition(": ")
                fields[name] = value
            elif fields:
                data = fields.get("data")
                position = fields.get("id")
                return Block(
                    None if position is None else int(position),
                    fields.get("event"),
                    None if data is None else json.loads(data),
                )
        return None

    async def take(self, count: int) -> list[Block]:
        """Return the next `count` blocks; fail if the stream ends before."""
        found = [await self.next() for _ in range(count)]
        assert None not in found
        return [block for block in found if block is not None]


@pytest.fixture(scope="module")
async def url(service: Deployment) -> AsyncIterator[str]:
    """Serve the API, because an in-process call would wait for the end of the stream."""
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


async def test_stream_has_the_envelopes_of_webhooks(url: str, tenant: Tenant) -> None:
    async with following(url, tenant.client) as follower:
        assert follower.reply.headers["content-type"].partition(";")[0] == "text/event-stream"
        assert follower.reply.headers["cache-control"] == "no-store"
        assert await follower.next() == Block(0, None, None)
        account_id = await tenant.client.sandbox_account()
        await tenant.client.post("/v1/posts", {"targets": [{"accountId": account_id}], "text": "Grüße\u2028\nan alle"})
        received = await follower.take(2)
    assert [(block.id, block.event) for block in received] == [(1, "account.connected"), (2, "post.published")]
    listed = (await tenant.client.get("/v1/events")).json()["data"]
    assert [block.data for block in received] == listed


async def test_reconnected_client_receives_every_event_once(url: str, tenant: Tenant) -> None:
    async with following(url, tenant.client) as follower:
        await follower.next()
        await tenant.client.sandbox_account()
        [first] = await follower.take(1)
    for _ in range(3):
        await tenant.client.sandbox_account()
    async with following(url, tenant.client, headers={"last-event-id": str(first.id)}) as follower:
        start, *received = await follower.take(4)
        await tenant.client.sandbox_account()
        received += await follower.take(1)
    assert start == Block(first.id, None, None)
    assert [block.id for block in received] == [2, 3, 4, 5]


async def test_first_block_contains_the_start_position(url: str, tenant: Tenant) -> None:
    """Otherwise events before the reconnect would be lost."""
    await tenant.client.sandbox_account()
    async with following(url, tenant.client, "?cursor=0") as follower:
        await follower.take(2)
    async with following(url, tenant.client) as follower:
        start = await follower.next()
    assert start == Block(1, None, None)
    await tenant.client.sandbox_account()
    async with following(url, tenant.client, headers={"last-event-id": str(start.id)}) as follower:
        assert [block.id for block in await follower.take(2)] == [1, 2]


async def test_backlog_of_several_pages_is_sent_in_order(url: str, tenant: Tenant) -> None:
    await tenant.admin.do(
        """INSERT INTO events (id, organization_id, mode, type, data, created_at)
           SELECT uuidv7(), $1, 'test', 'post.published', '{}', now() FROM generate_series(1, 250)""",
        tenant.uuid,
    )
    async with following(url, tenant.client, "?cursor=0") as follower:
        received = await follower.take(251)
    assert [block.id for block in received] == list(range(251))


async def test_stream_is_filtered_by_type(url: str, tenant: Tenant) -> None:
    async with following(url, tenant.client, "?cursor=0&type=account.disconnected&type=post.published") as follower:
        await follower.next()
        account_id = await tenant.client.sandbox_account()
        await tenant.client.call("DELETE", f"/v1/accounts/{account_id}")
        [received] = await follower.take(1)
    assert (received.id, received.event) == (2, "account.disconnected")


async def test_key_receives_events_of_its_mode_and_profile_only(url: str, tenant: Tenant) -> None:
    """Live and test mode share the count, not the stream. A key of one profile receives only its events."""
    live, scoped = await tenant.key(Mode.LIVE), await tenant.key(profileId=await tenant.profile())
    async with following(url, live) as other_world, following(url, scoped) as follower:
        await other_world.next()
        await follower.next()
        await tenant.client.sandbox_account()
        own_account_id = await scoped.sandbox_account()
        [received] = await follower.take(1)
        await tenant.admin.do(
            """INSERT INTO events (id, organization_id, mode, type, data, created_at)
               VALUES (uuidv7(), $1, 'live', 'quota.warning', '{}', now())""",
            tenant.uuid,
        )
        [warned] = await other_world.take(1)
    assert (received.id, (received.data or {})["data"]["accountId"]) == (2, own_account_id)
    assert (warned.id, warned.event) == (3, "quota.warning")


async def test_stream_ends_when_the_key_is_revoked(url: str, tenant: Tenant) -> None:
    other = await tenant.key()
    async with following(url, other) as follower:
        await follower.next()
        [key_id] = [key["id"] for key in (await tenant.client.get("/v1/api-keys")).json()["data"] if _is(key, other)]
        await tenant.client.call("DELETE", f"/v1/api-keys/{key_id}")
        assert await follower.next() is None


def _is(shown: dict[str, Any], client: Client) -> bool:
    return client.key.endswith(shown["last4"])


async def test_stream_ends_when_the_server_stops(deployment: Deployment) -> None:
    client = await deployment.client()
    async with serving(deployment.app) as url, following(url, client) as follower:
        await follower.next()
        deployment.app.state.stopping.set()
        assert await follower.next() is None


@pytest.fixture
async def narrow(database_urls: DatabaseURLs, redis_url: str, tmp_path: Path) -> AsyncIterator[Deployment]:
    """Run a deployment that allows two streams per key."""
    async with deployed(database_urls, redis_url, tmp_path, with_worker=False, event_streams_per_key=2) as running:
        yield running


async def test_open_streams_of_a_key_are_limited(narrow: Deployment) -> None:
    client, other = await narrow.client(), await narrow.client()

    async def is_accepted() -> bool:
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
        assert await eventually(is_accepted)
        narrow.app.state.stopping.set()
        assert await first.next() is None


async def test_rejected_stream_takes_no_slot(narrow: Deployment) -> None:
    client = await narrow.client()
    for _ in range(3):
        check_refusal(await client.get("/v1/events/stream?cursor=x"), 400, "validation_failed", "cursor")
    async with serving(narrow.app) as where, following(where, client) as follower:
        await follower.next()
        narrow.app.state.stopping.set()
        assert await follower.next() is None


@pytest.mark.parametrize("position", ["abc", "-1", "1.5", "9" * 19, "9" * 5000, "٣"])
async def test_invalid_cursor_is_rejected(client: Client, position: str) -> None:
    reply = await client.get(f"/v1/events/stream?cursor={position}")
    check_refusal(reply, 400, "validation_failed", "cursor")
    if position.isascii():
        refused = await client.get("/v1/events/stream", last_event_id=position)
        check_refusal(refused, 400, "validation_failed", "Last-Event-ID")


async def test_unknown_event_type_is_rejected(client: Client) -> None:
    check_refusal(await client.get("/v1/events/stream?type=post.exploded"), 400, "validation_failed", "type")


async def test_progress_of_an_upload_has_no_position(url: str, service: Deployment, tenant: Tenant) -> None:
    reports: UploadReports = service.app.state.services.upload_reports
    post_id = uuid4()
    reports.report(tenant.uuid, Mode.TEST, UploadProgress(post_id, uuid4(), "upload-0", 16, 64))
    await reports.close()
    async with following(url, tenant.client, "?type=post.progress") as follower:
        await follower.next()
        [block] = await follower.take(1)
    data = {"postId": format_id(Prefix.POST, post_id), "step": "upload-0", "sentBytes": 16, "totalBytes": 64}
    assert block == Block(None, "post.progress", {"type": "post.progress", "organizationId": tenant.id, "data": data})
