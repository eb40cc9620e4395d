"""From a caller's request to what followers see: the API, PostgreSQL, a worker and the simulator, for every kind."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from functools import cache
from hashlib import sha256
from hmac import digest
from pathlib import Path
from typing import Any

import pytest

from letmepost.gateways.clock import SystemClock
from tests.database import DatabaseURLs
from tests.deployment import Client, Deployment, deployed
from tests.gateways.movies import movie
from tests.http.support import png, upload
from tests.platforms.sandbox_posts import check_page, send, until, visible

pytestmark = pytest.mark.slow

NAME = "tiktok"
SECRET = "app-secret"
ENVIRONMENT = {
    "LETMEPOST_TIKTOK_CLIENT_ID": "awkey",
    "LETMEPOST_TIKTOK_CLIENT_SECRET": SECRET,
    "LETMEPOST_TIKTOK_APP_AUDITED": "true",
    "LETMEPOST_TIKTOK_MEDIA_URL_PREFIX_VERIFIED": "true",
}
VIDEO = {"kind": "video", "mediaId": ""}
EVERYONE = {"platform": NAME, "privacy": "PUBLIC_TO_EVERYONE"}
PRIVATE = {"privacy": "SELF_ONLY", "brandOrganicToggle": True, "isAigc": True, "disableComment": False}
KINDS: list[dict[str, Any]] = [
    {"text": "Grüße 🎉", "media": [VIDEO], "options": EVERYONE},
    {"text": "", "media": [VIDEO], "options": PRIVATE},
    {"text": "photos", "media": [{"kind": "image"}] * 2, "options": {**EVERYONE, "title": "A title"}},
]


@cache
def clip() -> bytes:
    return movie(width_px=360, height_px=640)


@pytest.fixture
async def tiktok(database_urls: DatabaseURLs, redis_url: str, tmp_path: Path) -> AsyncIterator[Deployment]:
    """Run a deployment whose app may publish everything."""
    async with deployed(database_urls, redis_url, tmp_path, environment=ENVIRONMENT) as running:
        yield running


async def with_media(client: Client, content: dict[str, Any]) -> dict[str, Any]:
    """Return the content with the bytes of its media. TikTok takes no PNG, so photos are converted."""
    photo = {"bytesBase64": base64.b64encode(png()).decode(), "fit": True}
    movie_id = await upload(client, clip(), "clip.mp4")
    media = [{**item, **({"mediaId": movie_id} if item["kind"] == "video" else photo)} for item in content["media"]]
    return {**content, "media": media}


async def play(deployment: Deployment, content: dict[str, Any], *, is_scheduled: bool) -> None:
    """Publish the post as a new tenant. Followers see it whole, and once."""
    client = await deployment.client()
    account_id = await client.sandbox_account(platform=NAME)
    later = {"scheduledAt": (SystemClock().now() + timedelta(hours=1)).isoformat()} if is_scheduled else {}
    post_id = await send(client, account_id, await with_media(client, content), **later)
    if is_scheduled:
        await client.post("/v1/sandbox/clock", {"advanceS": 3600})
    post = await until(client, post_id, "published")
    [seen] = await visible(client, NAME)
    assert (seen["text"], seen["uri"]) == (content["text"], post["platformUri"])
    assert seen["record"]["privacy_level"] == content["options"]["privacy"]
    if content["media"][0] is VIDEO:
        assert seen["record"]["video"]["sizeBytes"] == len(clip())
    else:
        assert len(seen["record"]["photo_images"]) == len(content["media"])
    check_page(post["url"], NAME, post["platformUri"])


async def test_every_kind_is_published_immediately_and_scheduled(tiktok: Deployment) -> None:
    await asyncio.gather(*(play(tiktok, content, is_scheduled=later) for content in KINDS for later in (False, True)))


async def test_scenario_has_its_outcome(tiktok: Deployment) -> None:
    ends = {
        "timeout_after_publish": "published",
        "auth_revoked": "held",
        "turned_private": "rejected",
    }

    async def follow(scenario: str, status: str) -> None:
        client = await tiktok.client()
        account_id = await client.sandbox_account(scenario, platform=NAME)
        post_id = await send(client, account_id, await with_media(client, KINDS[0]))
        post = await until(client, post_id, status, 20.0)
        if scenario == "turned_private":
            assert post["error"]["rule"] == "tiktok.privacy.not_allowed"
        assert len(await visible(client, NAME)) == (status == "published"), scenario

    await asyncio.gather(*(follow(scenario, status) for scenario, status in ends.items()))


async def test_draft_awaits_its_creator_and_webhooks_of_the_real_tiktok_do_not_change_it(tiktok: Deployment) -> None:
    await asyncio.gather(
        *(finish_draft(tiktok, kind, is_scheduled=later) for kind in ("video", "image") for later in (False, True))
    )


async def finish_draft(tiktok: Deployment, kind: str, *, is_scheduled: bool) -> None:
    client = await tiktok.client()
    account_id = await client.sandbox_account(platform=NAME)
    draft = {"text": "", "media": [{"kind": kind}], "options": {"mode": "inbox"}}
    later = {"scheduledAt": (SystemClock().now() + timedelta(hours=1)).isoformat()} if is_scheduled else {}
    post_id = await send(client, account_id, await with_media(client, draft), **later)
    if is_scheduled:
        await client.post("/v1/sandbox/clock", {"advanceS": 3600})
    post = await until(client, post_id, "awaiting_user")
    account = (await client.get(f"/v1/accounts/{account_id}")).json()
    assert await notify(tiktok, account["platformAccountId"], post["platformUri"]) == 200
    assert await visible(client, NAME) == []
    assert (await client.get(f"/v1/posts/{post_id}")).json()["status"] == "awaiting_user"
    resolved = await client.post(f"/v1/posts/{post_id}/resolve", {"outcome": "published"})
    assert (resolved.json()["status"], resolved.json()["platformUri"]) == ("published", post["platformUri"])


async def notify(deployment: Deployment, open_id: str, publish_id: str) -> int:
    """Send TikTok's report that a draft was published, and return the status of the response."""
    content = json.dumps({"publish_id": publish_id, "publish_type": "INBOX_SHARE"})
    body = json.dumps({"event": "post.publish.complete", "user_openid": open_id, "content": content})
    at = str(int(SystemClock().now().timestamp()))
    signature = digest(SECRET.encode(), f"{at}.{body}".encode(), sha256).hex()
    headers = {"tiktok-signature": f"t={at},s={signature}", "content-type": "application/json"}
    path = f"/v1/accounts/oauth/{NAME}/notifications"
    return (await deployment.http.post(path, content=body, headers=headers)).status_code


async def test_account_shows_what_its_creator_may_choose_and_preflight_uses_it(tiktok: Deployment) -> None:
    client = await tiktok.client()
    account_id = await client.sandbox_account("restricted_creator", platform=NAME)
    shown = (await client.get(f"/v1/accounts/{account_id}")).json()["tiktok"]
    assert shown["commentDisabled"]
    assert shown["maxVideoDurationS"] == 60
    assert "SELF_ONLY" in shown["privacyLevels"]
    content = await with_media(client, {**KINDS[0], "options": {**EVERYONE, "disableComment": False}})
    error = (await client.post("/v1/posts", {"targets": [{"accountId": account_id, **content}]})).json()["error"]
    assert (error["code"], error["rule"]) == ("preflight_failed", "tiktok.interactions.disabled")
