"""The Python client and a whole deployment."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from letmepost_client import AsyncClient, Client, NotFound, PreflightFailed, Timing

from letmepost.platforms import discover
from tests.database import DatabaseURLs, copy_of
from tests.deployment import Deployment, served
from tests.http.support import png

PLATFORM = next(iter(discover()))
LARGE = b"%PDF-1.7\n" + bytes(9 * 1024 * 1024)


@dataclass(frozen=True, slots=True)
class Site:
    """A server, and a test key of an organization of this test's own."""

    url: str
    key: str


@pytest.fixture(scope="module")
async def deployment(
    postgres_url: str,
    template_database: DatabaseURLs,
    redis_url: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[Deployment]:
    directory = tmp_path_factory.mktemp("site")
    async with copy_of(template_database, postgres_url) as urls, served(urls, redis_url, directory) as running:
        yield running


@pytest.fixture
async def site(deployment: Deployment) -> Site:
    return Site(str(deployment.settings.public_url), (await deployment.client()).key)


class LosesFirstResponse(httpx.HTTPTransport):
    """Loses the connection after the server has processed a request."""

    lost = 0

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        response = super().handle_request(request)
        if request.method == "GET" or self.lost:
            return response
        self.lost += 1
        response.read()
        response.close()
        raise httpx.ReadError("The connection was lost")


async def test_client_publishes_reads_and_follows(site: Site) -> None:
    def story() -> None:
        with Client(site.key, site.url) as client:
            account = client.sandbox.create_account(PLATFORM)
            picture = client.media.upload(png(), filename="red.png")
            batch = client.posts.create(
                text="Hello", to=account.id, media=[picture], metadata={"my_key": "1"}, wait_s=0
            ).wait()
            assert (batch.status, batch.results[0].status) == ("published", "published")
            post = client.posts.get(batch.results[0].post_id)
            assert (post.text, post.metadata, post.media_refs[0].media_id) == ("Hello", {"my_key": "1"}, picture.id)
            assert [found.id for found in client.posts.list(status=["published", "failed"])] == [post.id]
            assert [seen.text for seen in client.sandbox.posts(PLATFORM)] == ["Hello"]
            assert client.me().mode == "test"
            events = client.events.list()
            assert [event.type for event in events] == ["account.connected", "post.published"]
            with client.events.stream(types="post.published", last_event_id="0") as stream:
                followed = next(iter(stream))
            assert (followed.data.post_id, followed.data.metadata) == (post.id, {"my_key": "1"})
            with pytest.raises(NotFound):
                client.posts.get("post_unknown")
            with pytest.raises(PreflightFailed) as refused:
                client.posts.create(text="a" * 400, to=PLATFORM)
            assert [broken.field for broken in refused.value.violations] == ["text"]

    await asyncio.to_thread(story)


async def test_post_is_published_once_when_the_response_is_lost(site: Site) -> None:
    def story() -> None:
        transport = LosesFirstResponse()
        with httpx.Client(transport=transport) as http:
            client = Client(site.key, site.url, http=http, timing=Timing(sleep=lambda _: None))
            account = client.sandbox.create_account(PLATFORM)
            assert transport.lost == 1
            assert [found.id for found in client.accounts.list()] == [account.id]
            transport.lost = 0
            assert client.posts.create(text="Once", to=account.id).wait().status == "published"
            assert transport.lost == 1
            assert [seen.text for seen in client.sandbox.posts(PLATFORM)] == ["Once"]

    await asyncio.to_thread(story)


async def test_async_client_uploads_publishes_and_follows(site: Site, tmp_path: Path) -> None:
    (tmp_path / "large.pdf").write_bytes(LARGE)
    async with AsyncClient(site.key, site.url) as client:
        account = await client.sandbox.create_account(PLATFORM)
        document = await client.media.upload(tmp_path / "large.pdf")
        assert (document.status, document.size_bytes, document.kind) == ("ready", len(LARGE), "document")
        batch = await (await client.posts.create(text="Hello", to=account.id, wait_s=0)).wait()
        assert batch.status == "published"
        draft = await client.posts.duplicate(batch.results[0].post_id)
        assert (draft.status, draft.text) == ("draft", "Hello")
        wall = (await client.sandbox.clock()).now.replace(second=0, microsecond=0) + timedelta(days=30)
        # The zone is two hours ahead of UTC all year.
        schedule = {"at": f"{wall:%Y-%m-%dT%H:%M}", "zone": "Etc/GMT-2"}
        scheduled = await client.batches.publish(draft.batch_id, schedule=schedule)
        assert scheduled.scheduled_at == wall - timedelta(hours=2)
        types = [event.type async for event in client.events.list()]
        assert types == ["account.connected", "post.published", "post.queued"]
        async with client.events.stream(last_event_id="0") as stream:
            async for event in stream:
                assert event.type == "account.connected"
                break
