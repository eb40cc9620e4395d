"""From a caller's request to what viewers see: the API, PostgreSQL, a worker and the simulator, for every kind."""

import asyncio
import base64
from datetime import timedelta
from functools import cache
from typing import Any

import pytest

from letmepost.gateways.clock import SystemClock
from tests.deployment import Client, Deployment
from tests.doubles.waiting import eventually
from tests.gateways.movies import movie
from tests.http.support import png, upload
from tests.platforms.sandbox_posts import check_page, send, until, visible

pytestmark = pytest.mark.slow

NAME = "youtube"
SPOKEN = "1\n00:00:00,000 --> 00:00:01,000\nHi\n"


@cache
def film() -> bytes:
    return movie(frames=3)


def content(text: str, *, first_comment: str | None = None, **options: Any) -> dict[str, Any]:
    return {
        "text": text,
        "media": [{"kind": "video", "bytesBase64": base64.b64encode(film()).decode()}],
        "options": {"platform": NAME, "title": "Grüße 🎉", "madeForKids": False, **options},
        **({} if first_comment is None else {"firstComment": {"text": first_comment}}),
    }


async def ended(client: Client, post_id: str) -> dict[str, Any]:
    """Return the published post when nothing is left to do for it."""

    async def look() -> dict[str, Any] | None:
        await client.post("/v1/sandbox/clock", {"advanceS": 15})
        found: dict[str, Any] = (await client.get(f"/v1/posts/{post_id}")).json()
        outcomes = [attempt.get("outcome") for attempt in found["attempts"]]
        return found if outcomes[-1:] == ["published"] else None

    found = await eventually(look, within_s=60)
    assert found is not None
    return found


async def play(deployment: Deployment, *, is_scheduled: bool, has_thumbnail: bool = False, **kind: Any) -> None:
    """Publish the post as a new tenant. Viewers see it whole, and once."""
    client = await deployment.client()
    thumbnail = {"thumbnail": await upload(client, png())} if has_thumbnail else {}
    given = content(**kind, **thumbnail)
    later = {"scheduledAt": (SystemClock().now() + timedelta(hours=1)).isoformat()} if is_scheduled else {}
    post_id = await send(client, await client.sandbox_account(platform=NAME), given, **later)
    if is_scheduled:
        await client.post("/v1/sandbox/clock", {"advanceS": 3600})
    post = await ended(client, post_id)
    seen, *comments = await visible(client, NAME)
    assert (seen["text"], seen["uri"]) == (given["text"], post["platformUri"])
    check_page(post["url"], NAME, seen["uri"])
    assert seen["record"]["snippet"]["title"] == "Grüße 🎉"
    assert (seen["record"]["video"]["sizeBytes"], seen["record"]["thumbnail"]) == (len(film()), has_thumbnail)
    assert [one["text"] for one in comments] == ([kind["first_comment"]] if "first_comment" in kind else [])
    assert "warnings" not in post
    assert "upload_id" not in str(post)


async def test_every_kind_is_published_immediately_and_scheduled(deployment: Deployment) -> None:
    video = {"text": "Grüße 🎉\nhttps://example.org/a?b=1", "tags": ["one", "two words"], "first_comment": "More"}
    short = {"text": "", "kind": "short", "privacy": "unlisted", "captions": [{"language": "en", "text": SPOKEN}]}
    await asyncio.gather(
        *(
            play(deployment, is_scheduled=later, has_thumbnail=kind is short, **kind)
            for kind in (video, short)
            for later in (False, True)
        )
    )


async def test_interrupted_and_unanswered_uploads_publish_once(deployment: Deployment) -> None:
    async def follow(scenario: str) -> None:
        client = await deployment.client()
        account_id = await client.sandbox_account(scenario, platform=NAME)
        await until(client, await send(client, account_id, content("once")), "published", step_s=15.0)
        assert len(await visible(client, NAME)) == 1, scenario

    await asyncio.gather(*map(follow, ("interrupted", "timeout_after_publish")))


async def test_video_that_is_rejected_later_has_a_warning_and_can_be_deleted(deployment: Deployment) -> None:
    client = await deployment.client()
    post_id = await send(client, await client.sandbox_account("duplicate", platform=NAME), content("twice"))
    post = await ended(client, post_id)
    assert [warning["code"] for warning in post["warnings"]] == ["youtube.video.duplicate"]
    reply = await client.post(f"/v1/posts/{post_id}/unpublish")
    assert reply.status_code == 200, reply.text
    assert await visible(client, NAME) == []
