"""A video from the request to what followers see: HTTP, PostgreSQL, a worker and the simulator."""

import asyncio
import base64
from datetime import timedelta
from typing import Any

import pytest

from letmepost.domain.received import Checksum
from letmepost.gateways.clock import SystemClock
from tests.deployment import Deployment
from tests.gateways.movies import movie
from tests.platforms.sandbox_posts import send, until, visible

pytestmark = pytest.mark.slow

NAME = "mastodon"
FILM = movie(channels=2)
CONTENT = {
    "text": "A film",
    "media": [{"kind": "video", "bytesBase64": base64.b64encode(FILM).decode(), "altText": "Nothing moves"}],
}


async def play(deployment: Deployment, mode: dict[str, Any], ahead_s: float) -> None:
    """Publish the video as a new tenant. Followers see it whole, with its alt text."""
    client = await deployment.client()
    post_id = await send(client, await client.sandbox_account(platform=NAME), CONTENT, **mode)
    if ahead_s:
        await client.post("/v1/sandbox/clock", {"advanceS": ahead_s})
    post = await until(client, post_id, "published")
    [seen] = await visible(client, NAME)
    assert (seen["uri"], seen["text"]) == (post["platformUri"], "A film")
    assert seen["record"]["media"] == [{"type": "video", "description": "Nothing moves"}]
    assert seen["record"]["video"] == {"sizeBytes": len(FILM), "checksum": str(Checksum.of(FILM))}


async def test_video_is_published_immediately_and_scheduled(deployment: Deployment) -> None:
    later = {"scheduledAt": (SystemClock().now() + timedelta(hours=1)).isoformat()}
    await asyncio.gather(play(deployment, {}, 0.0), play(deployment, later, 3600.0))


async def test_preview_of_a_video_is_its_upload(deployment: Deployment) -> None:
    client = await deployment.client()
    target = {"accountId": await client.sandbox_account(platform=NAME), **CONTENT}
    reply = await client.post("/v1/posts/validate", {"targets": [target]})
    [found] = reply.json()["targets"]
    assert found["preview"]["url"].endswith("/api/v2/media"), found
    assert found["preview"]["body"]["description"] == "Nothing moves"
