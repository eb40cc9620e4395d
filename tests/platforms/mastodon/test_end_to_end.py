"""From a caller's request to what followers see: the API, PostgreSQL, a worker and the simulator, for every kind."""

import asyncio
import base64
from typing import Any

import pytest

from letmepost.domain.received import Checksum
from tests.deployment import Deployment
from tests.gateways.movies import movie
from tests.http.support import png
from tests.platforms.sandbox_posts import play

pytestmark = pytest.mark.slow

NAME = "mastodon"
FILM = movie(channels=2)
CONTENT = {
    "text": "A film",
    "media": [{"kind": "video", "bytesBase64": base64.b64encode(FILM).decode(), "altText": "Nothing moves"}],
}
PICTURE = {"kind": "image", "bytesBase64": base64.b64encode(png()).decode(), "altText": "A picture"}
WARNED = {"spoilerText": "Careful", "visibility": "unlisted", "sensitive": True, "language": "de"}
KINDS: dict[str, dict[str, Any]] = {
    "text": {"text": "Grüße 🎉 https://example.org/a?b=1"},
    "images": {"text": "", "media": [PICTURE, PICTURE]},
    "warned": {"text": "Behind a warning", "media": [PICTURE], "options": {"platform": NAME, **WARNED}},
    "poll": {"text": "Well?", "options": {"poll": {"options": ["Yes", "No"], "durationS": 3600}}},
    "thread": {
        "text": "one",
        "thread": [{"text": "two", "media": [PICTURE]}, {"text": "three"}],
        "firstComment": {"text": "comment"},
    },
}


async def test_every_kind_is_published_immediately_and_scheduled(deployment: Deployment) -> None:
    plays = [play(deployment, NAME, kind, is_scheduled=later) for kind in KINDS.values() for later in (False, True)]
    await asyncio.gather(*plays, *(play_video(deployment, is_scheduled=later) for later in (False, True)))


async def play_video(deployment: Deployment, *, is_scheduled: bool) -> None:
    """Publish the video. Followers see it whole, with its alt text."""
    _, [seen] = await play(deployment, NAME, CONTENT, is_scheduled=is_scheduled)
    assert seen["record"]["media"] == [{"type": "video", "description": "Nothing moves"}]
    assert seen["record"]["video"] == {"sizeBytes": len(FILM), "checksum": str(Checksum.of(FILM))}


async def test_preview_of_a_video_is_its_upload(deployment: Deployment) -> None:
    client = await deployment.client()
    target = {"accountId": await client.sandbox_account(platform=NAME), **CONTENT}
    reply = await client.post("/v1/posts/validate", {"targets": [target]})
    [found] = reply.json()["targets"]
    assert found["preview"]["url"].endswith("/api/v2/media"), found
    assert found["preview"]["body"]["description"] == "Nothing moves"
