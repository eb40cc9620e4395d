"""The Python client and a whole deployment."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from letmepost_client import Client, NotFound, PreflightFailed

from letmepost.platforms import discover
from tests.deployment import Deployment, serving

PLATFORM = next(iter(discover()))


@pytest.fixture
async def url(deployment: Deployment) -> AsyncIterator[str]:
    async with serving(deployment.app) as address:
        yield address


@pytest.fixture
async def key(deployment: Deployment) -> str:
    return (await deployment.client()).key


async def test_client_publishes_waits_and_reads(url: str, key: str) -> None:
    def story() -> None:
        with Client(key, url) as client:
            account = client.sandbox.create_account(PLATFORM)
            batch = client.posts.create(text="Hello", to=account.id, wait_s=0, metadata={"my_key": "1"}).wait()
            assert batch.status == "published"
            post = client.posts.get(batch.results[0].post_id)
            assert (post.text, post.metadata) == ("Hello", {"my_key": "1"})
            assert [item.id for item in client.posts.list(platform=PLATFORM)] == [post.id]
            assert client.me().mode == "test"
            assert "requestsPerMinute" in [cap.name for cap in client.usage().data]
            assert [seen.text for seen in client.sandbox.posts(PLATFORM)] == ["Hello"]
            assert client.posts.timeline(post.id)
            with pytest.raises(NotFound):
                client.posts.get("post_x")
            with pytest.raises(PreflightFailed):
                client.posts.create(text="a" * 5000, to=PLATFORM)

    await asyncio.to_thread(story)
