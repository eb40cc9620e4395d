"""From a caller's request to what followers see: the API, PostgreSQL, a worker and the simulator, for every kind."""

import asyncio
import base64
import re
from datetime import timedelta
from html import unescape
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx2
import pytest

from letmepost.domain.received import Checksum
from letmepost.gateways.clock import SystemClock
from tests.deployment import Client, Deployment
from tests.doubles.waiting import eventually
from tests.gateways.movies import movie
from tests.http.support import png, upload
from tests.platforms.sandbox_posts import send, until, visible

pytestmark = pytest.mark.slow

NAME = "facebook"


def inline_image(colour: str) -> dict[str, Any]:
    encoded = base64.b64encode(png(colour=colour)).decode()
    return {"kind": "image", "altText": "A picture", "bytesBase64": encoded}


KINDS: tuple[dict[str, Any], ...] = (
    {"text": "Grüße 🎉 https://example.org/a?b=1", "firstComment": {"text": "comment"}},
    {"text": "card", "options": {"platform": NAME, "link": "https://example.com/a"}},
    {"text": "", "media": [inline_image("red")]},
    {"text": "many", "media": [inline_image("red"), inline_image("blue")]},
    {"text": "", "media": [inline_image("green")], "options": {"kind": "story"}},
)


WIDE = movie(width_px=192, height_px=108)
TALL = movie(width_px=540, height_px=960, frames=90)
VIDEO_KINDS: tuple[tuple[bytes, str, dict[str, Any]], ...] = (
    (WIDE, "post", {"text": "wide", "firstComment": {"text": "comment"}}),
    (TALL, "reel", {"text": "tall", "options": {"isAiGenerated": True}}),
    (TALL, "story", {"text": "", "options": {"kind": "story"}}),
)


async def play_video(
    deployment: Deployment, film: bytes, kind: str, content: dict[str, Any], *, is_scheduled: bool
) -> None:
    """Publish a video as a new tenant. Followers see its bytes, and once."""
    client = await deployment.client()
    media = [{"kind": "video", "mediaId": await upload(client, film, "clip.mp4")}]
    account_id = await client.sandbox_account(platform=NAME)
    later = {"scheduledAt": (SystemClock().now() + timedelta(hours=1)).isoformat()}
    post_id = await send(client, account_id, {**content, "media": media}, **(later if is_scheduled else {}))
    if is_scheduled:
        await client.post("/v1/sandbox/clock", {"advanceS": 3600})
    post = await until(client, post_id, "published")
    texts = [content["text"], *([content["firstComment"]["text"]] if "firstComment" in content else [])]

    async def all_is_seen() -> bool:
        return len(await visible(client, NAME)) == len(texts)

    await eventually(all_is_seen)
    first, *_ = seen = await visible(client, NAME)
    assert [one["text"] for one in seen] == texts
    assert (post["platformUri"], first["record"]["kind"]) == (first["uri"], kind)
    assert first["record"]["video"] == {"sizeBytes": len(film), "checksum": str(Checksum.of(film))}
    assert first["record"]["isAiGenerated"] is content.get("options", {}).get("isAiGenerated", False)


async def test_every_kind_of_video_is_published_immediately_and_scheduled(deployment: Deployment) -> None:
    await asyncio.gather(
        *(play_video(deployment, *one, is_scheduled=later) for one in VIDEO_KINDS for later in (False, True))
    )


async def play(deployment: Deployment, content: dict[str, Any], *, is_scheduled: bool) -> None:
    """Publish the post as a new tenant. Followers see it whole, and once."""
    client = await deployment.client()
    account_id = await client.sandbox_account(platform=NAME)
    later = {"scheduledAt": (SystemClock().now() + timedelta(hours=1)).isoformat()}
    post_id = await send(client, account_id, content, **(later if is_scheduled else {}))
    if is_scheduled:
        await client.post("/v1/sandbox/clock", {"advanceS": 3600})
    post = await until(client, post_id, "published")
    texts = [content["text"], *([content["firstComment"]["text"]] if "firstComment" in content else [])]

    async def all_is_seen() -> bool:
        return len(await visible(client, NAME)) == len(texts)

    await eventually(all_is_seen)
    seen = await visible(client, NAME)
    assert [one["text"] for one in seen] == texts
    assert post["platformUri"] == seen[0]["uri"]
    assert [one["alt_text"] for one in seen[0]["record"]["media"]] == ["A picture"] * len(content.get("media", ()))
    assert seen[0]["record"]["kind"] == content.get("options", {}).get("kind", "post")


async def test_every_kind_is_published_immediately_and_scheduled(deployment: Deployment) -> None:
    await asyncio.gather(*(play(deployment, one, is_scheduled=later) for one in KINDS for later in (False, True)))


async def test_lost_post_is_found_and_not_repeated(deployment: Deployment) -> None:
    async def follow(**media: Any) -> None:
        client = await deployment.client()
        account_id = await client.sandbox_account("timeout_after_publish", platform=NAME)
        post_id = await send(client, account_id, {"text": "Only once", **media})
        post = await until(client, post_id, "published", step_s=30)
        [seen] = await visible(client, NAME)
        assert (post["platformUri"], seen["text"]) == (seen["uri"], "Only once")

    await asyncio.gather(follow(), follow(media=[inline_image("red")]))


async def test_scenario_has_its_outcome(deployment: Deployment) -> None:
    ends = {
        "rate_limited": "published",
        "role_weak": "rejected",
        "auth_revoked": "held",
    }

    async def follow(scenario: str, status: str) -> None:
        client = await deployment.client()
        account_id = await client.sandbox_account(scenario, platform=NAME)
        content = {"text": "Hello", "media": [inline_image("red")]}
        step_s = 600.0 if scenario == "rate_limited" else 5.0
        await until(client, await send(client, account_id, content), status, step_s)
        assert len(await visible(client, NAME)) == (status == "published"), scenario
        account = (await client.get(f"/v1/accounts/{account_id}")).json()
        assert account["status"] == ("reauth_required" if scenario == "auth_revoked" else "active"), scenario

    await asyncio.gather(*(follow(scenario, status) for scenario, status in ends.items()))


async def test_post_is_previewed_without_secrets_published_and_deleted(deployment: Deployment) -> None:
    client = await deployment.client()
    account_id = await client.sandbox_account(platform=NAME)
    content = {"text": "Hello", "media": [inline_image("red")], "firstComment": {"text": "more"}}
    checked = await client.post("/v1/posts/validate", {"targets": [{"accountId": account_id, **content}]})
    [result] = checked.json()["targets"]
    assert result["preview"]["body"]["url"].startswith("http://127.0.0.1:8080/media/")
    assert "appsecret_proof" not in str(result["preview"])
    post = await until(client, await send(client, account_id, content), "published")
    reply = await client.post(f"/v1/posts/{post['id']}/unpublish")
    assert reply.status_code == 200, reply.text
    assert await visible(client, NAME) == []


async def test_caller_connects_the_pages_that_a_consent_covers(deployment: Deployment) -> None:
    client, complete = await deployment.client(), f"/v1/accounts/connect/{NAME}/complete"
    given = dict(parse_qsl((await _consent(client, "no-pages")).query))
    refused = await client.post(complete, {"state": given["state"], "code": given["code"]})
    assert (refused.status_code, refused.json()["error"]["rule"]) == (400, "facebook.pages.none")
    given = dict(parse_qsl((await _consent(client, "pages")).query))
    refused = await client.post(complete, {"state": given["state"], "code": given["code"]})
    candidates = refused.json()["error"]["platformResponse"]["candidates"]
    assert [one["displayName"] for one in candidates] == ["Sandbox Bakery", "Sandbox Books"]
    chosen = await client.post(complete, {"state": given["state"], "accountIds": [candidates[1]["id"]]})
    assert chosen.status_code == 201, chosen.text
    [account] = (await client.get("/v1/accounts")).json()["data"]
    assert account["displayName"] == "Sandbox Books"


async def _consent(client: Client, choice: str) -> Any:
    """Follow the link of a choice on the sandbox's page, and return the URL that the browser returns to."""
    started = (await client.post(f"/v1/accounts/connect/{NAME}", {})).json()["descriptor"]
    async with httpx2.AsyncClient() as browser:
        page = await browser.get(started["authorizationUrl"])
        links = [unescape(link) for link in re.findall(r'href="([^"]*)"', page.text)]
        [link] = [link for link in links if link.endswith(f"choice={choice}")]
        back = await browser.get(link)
    assert back.status_code == 302
    return urlsplit(back.headers["location"])
