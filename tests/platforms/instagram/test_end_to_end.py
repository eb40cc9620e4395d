"""From a caller's request to what followers see: the API, PostgreSQL, a worker and the simulator, for every kind."""

import asyncio
import base64
from datetime import timedelta
from typing import Any

import pytest

from letmepost.gateways.clock import SystemClock
from tests.deployment import Deployment
from tests.doubles.waiting import eventually
from tests.gateways.movies import movie
from tests.http.support import jpeg, png, upload
from tests.platforms.sandbox_posts import check_page, send, until, visible

pytestmark = pytest.mark.slow

NAME = "instagram"
PICTURE = jpeg()


def inline(**more: str) -> dict[str, Any]:
    return {"kind": "image", "bytesBase64": base64.b64encode(PICTURE).decode(), **more}


CLIP = movie(frames=90)
VIDEO = {"kind": "video", "mediaId": "clip"}
VIDEO_KINDS: list[dict[str, Any]] = [
    {"text": "reel", "media": [VIDEO], "options": {"kind": "reel", "shareToFeed": True}},
    {"text": "mixed", "media": [inline(), VIDEO]},
    {"text": "", "media": [VIDEO], "options": {"kind": "story"}},
]
KINDS: list[dict[str, Any]] = [
    {"text": "Grüße 🎉 #tag", "media": [inline(altText="A picture")], "firstComment": {"text": "comment"}},
    {
        "text": "many",
        "media": [inline(), inline()],
        "options": {"platform": NAME, "userTags": [{"username": "@bob", "x": 0.5, "y": 0.5, "mediaIndex": 1}]},
    },
    {"text": "", "media": [inline()], "options": {"kind": "story"}},
]


async def play(deployment: Deployment, content: dict[str, Any], *, is_scheduled: bool) -> None:
    """Publish the post as a new tenant. Followers see it whole, and once."""
    client = await deployment.client()
    if any(item.get("mediaId") for item in content["media"]):
        clip = await upload(client, CLIP, "clip.mp4")
        content = {
            **content,
            "media": [{**one, **({"mediaId": clip} if "mediaId" in one else {})} for one in content["media"]],
        }
    account_id = await client.sandbox_account(platform=NAME)
    later = {"scheduledAt": (SystemClock().now() + timedelta(hours=1)).isoformat()}
    post_id = await send(client, account_id, content, **(later if is_scheduled else {}))
    if is_scheduled:
        await client.post("/v1/sandbox/clock", {"advanceS": 3600})
    post = await until(client, post_id, "published")
    written = [content, *([content["firstComment"]] if "firstComment" in content else [])]

    async def all_is_seen() -> bool:
        return len(await visible(client, NAME)) == len(written)

    await eventually(all_is_seen)
    seen = await visible(client, NAME)
    assert [one["text"] for one in seen] == [part["text"] for part in written]
    assert post["platformUri"] == seen[0]["uri"]
    check_page(post["url"], NAME, post["platformUri"])
    urls = [item.get("image_url") or item["video_url"] for item in seen[0]["record"]["media"]]
    assert len(set(urls)) == len(content["media"])
    assert all(url.startswith("http://127.0.0.1:8080/media/") for url in urls)


async def test_every_kind_is_published_immediately_and_scheduled(deployment: Deployment) -> None:
    await asyncio.gather(
        *(play(deployment, content, is_scheduled=later) for content in KINDS for later in (False, True))
    )


async def test_every_kind_of_video_is_published_immediately_and_scheduled(deployment: Deployment) -> None:
    await asyncio.gather(
        *(play(deployment, content, is_scheduled=later) for content in VIDEO_KINDS for later in (False, True))
    )


async def test_quota_that_instagram_reports_is_in_the_usage(deployment: Deployment) -> None:
    client = await deployment.client()
    account_id = await client.sandbox_account(platform=NAME)
    reply = await client.post("/v1/posts", {"targets": [{"accountId": account_id, **KINDS[2]}]})
    assert reply.status_code == 200, reply.text

    async def quota() -> dict[str, Any] | None:
        budgets = (await client.get("/v1/usage")).json()["budgets"]
        return next((one for one in budgets if one["name"] == "content_publishing_limit"), None)

    found = await eventually(quota)
    assert found is not None
    assert (found["limit"], found["remaining"], found["accountId"]) == (100, 99, account_id)


async def test_file_is_judged_by_its_bytes_and_not_by_its_name(deployment: Deployment) -> None:
    client = await deployment.client()
    media = await upload(client, png(120, 100), "photo.jpg")
    content = {"text": "hello", "media": [{"kind": "image", "mediaId": media}]}
    target = {"accountId": await client.sandbox_account(platform=NAME), **content}
    reply = await client.post("/v1/posts", {"targets": [target]}, prefer="respond-async")
    assert reply.status_code == 400, reply.text
    assert reply.json()["error"]["rule"] == "instagram.media.mime_allowed"
