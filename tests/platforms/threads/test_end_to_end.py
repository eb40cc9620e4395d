"""From a caller's request to what followers see: the API, PostgreSQL, a worker and the simulator, for every kind.

Threads fetches media itself. The simulator fetches nothing, so the test does, at the URL that Threads received.
"""

import asyncio
import base64
import re
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx2
import pytest

from letmepost.gateways.clock import SystemClock
from tests.database import DatabaseURLs
from tests.deployment import Deployment, deployed
from tests.doubles.waiting import eventually
from tests.gateways.movies import movie
from tests.http.support import png, upload
from tests.platforms.sandbox_posts import check_page, send, until, visible

pytestmark = pytest.mark.slow

NAME = "threads"
IMAGE = {"kind": "image", "altText": "A picture"}
CARD: dict[str, Any] = {
    "platform": NAME,
    "linkAttachment": "https://example.com",
    "topicTag": "Food",
    "textAttachment": {"text": "A long text", "formatting": [{"offset": 2, "length": 4, "styles": ["bold"]}]},
    "spoilers": {"text": [{"offset": 0, "length": 4}]},
    "locationId": "12345",
    "shareToInstagram": True,
}
TALK: dict[str, Any] = {"thread": [{"text": "two"}, {"text": "three"}], "firstComment": {"text": "comment"}}


def inline(colour: str) -> dict[str, Any]:
    return {**IMAGE, "bytesBase64": base64.b64encode(png(colour=colour)).decode()}


def kinds(clip: str) -> list[dict[str, Any]]:
    """Return a body for each kind of content."""
    video = {"kind": "video", "mediaId": clip}
    return [
        {"text": "Grüße 🎉 https://example.org/a?b=1"},
        {"text": "", "media": [inline("red")]},
        {"text": "moving", "media": [video]},
        {"text": "many", "media": [inline("red"), video, inline("blue")]},
        {"text": "Well?", "options": {"poll": {"options": ["Yes", "No"]}, "replyControl": "mentioned_only"}},
        {"text": "card", "options": CARD},
        {"text": "one", **TALK},
    ]


async def play(deployment: Deployment, content: dict[str, Any], *, is_scheduled: bool) -> None:
    """Publish the post as a new tenant. Followers see it whole, and once."""
    client = await deployment.client()
    if any(item.get("mediaId") for item in content.get("media", ())):
        clip = await upload(client, movie(), "clip.mp4")
        media = [{**one, "mediaId": clip} if "mediaId" in one else one for one in content["media"]]
        content = {**content, "media": media}
    account_id = await client.sandbox_account(platform=NAME)
    later = {"scheduledAt": (SystemClock().now() + timedelta(hours=1)).isoformat()}
    post_id = await send(client, account_id, content, **(later if is_scheduled else {}))
    if is_scheduled:
        await client.post("/v1/sandbox/clock", {"advanceS": 3600})
    post = await until(client, post_id, "published")
    written = [content, *content.get("thread", ()), *([content["firstComment"]] if "firstComment" in content else [])]

    async def all_is_seen() -> bool:
        return len(await visible(client, NAME)) == len(written)

    await eventually(all_is_seen)
    seen = await visible(client, NAME)
    assert [one["text"] for one in seen] == [part["text"] for part in written]
    assert post["platformUri"] == seen[0]["uri"]
    check_page(post["url"], NAME, post["platformUri"])
    assert len(seen[0]["record"]["media"]) == len(content.get("media", ()))


async def test_every_kind_is_published_immediately_and_scheduled(deployment: Deployment) -> None:
    plays = [play(deployment, content, is_scheduled=later) for content in kinds("clip") for later in (False, True)]
    await asyncio.gather(*plays)


@pytest.mark.parametrize(
    ("environment", "valid", "unit"),
    [({}, False, "bytes"), ({"LETMEPOST_THREADS_TEXT_UNIT": "characters"}, True, "characters")],
)
async def test_deployment_selects_the_unit_of_text(
    database_urls: DatabaseURLs,
    redis_url: str,
    tmp_path: Path,
    environment: dict[str, str],
    *,
    valid: bool,
    unit: str,
) -> None:
    async with deployed(database_urls, redis_url, tmp_path, environment=environment, with_worker=False) as running:
        client = await running.client()
        request = {"targets": [{"accountId": await client.sandbox_account(platform=NAME)}], "text": "\u4e2d" * 500}
        response = (await client.post("/v1/posts/validate", request)).json()
        assert response["valid"] is valid
        platforms = (await client.get("/v1/platforms")).json()["data"]
    [limits] = [platform["limits"] for platform in platforms if platform["platform"] == NAME]
    [limit] = [limit for limit in limits if limit["rule"] == "threads.text.max_graphemes"]
    assert (limit["limit"], limit["unit"]) == (500, unit)


async def test_media_item_can_be_fetched_until_the_post_has_ended(deployment: Deployment) -> None:
    client, http = await deployment.client(), deployment.http
    content = {"text": "one", "media": [inline("green")], "thread": [{"text": "two"}]}
    post_id = await send(client, await client.sandbox_account("lagging", platform=NAME), content)

    async def first_is_seen() -> list[dict[str, Any]]:
        await client.post("/v1/sandbox/clock", {"advanceS": 2})
        return await visible(client, NAME)

    [seen] = await eventually(first_is_seen)
    path = "/" + seen["record"]["media"][0]["image_url"].split("/", 3)[3]
    fetched = await http.get(path)
    assert (fetched.status_code, fetched.headers["content-type"]) == (200, "image/png")
    assert fetched.content == png(colour="green")
    assert (await http.get(path, headers={"range": "bytes=1-3"})).content == b"PNG"
    assert (await http.head(path)).status_code == 200
    await until(client, post_id, "published")
    assert (await http.get(path)).status_code == 404
    assert [one["text"] for one in await visible(client, NAME)] == ["one", "two"]


async def test_lost_post_is_found_and_not_repeated(deployment: Deployment) -> None:
    client = await deployment.client()
    account_id = await client.sandbox_account("timeout_after_publish", platform=NAME)
    post = await until(client, await send(client, account_id, {"text": "Only once"}), "published")
    [seen] = await visible(client, NAME)
    assert (post["platformUri"], seen["text"]) == (seen["uri"], "Only once")


@pytest.mark.parametrize("has_media", [False, True], ids=["text", "image"])
async def test_scenario_has_its_outcome(deployment: Deployment, *, has_media: bool) -> None:
    ends = {
        "rate_limited": "published",
        "unavailable": "published",
        "flaky": "published",
        "token_expiring": "published",
        "rejected": "rejected",
        "duplicate": "rejected",
        "media_broken": "rejected" if has_media else "published",
        "auth_revoked": "held",
    }

    async def follow(scenario: str, status: str) -> None:
        client = await deployment.client()
        account_id = await client.sandbox_account(scenario, platform=NAME)
        content = {"text": "Hello", **({"media": [inline("red")]} if has_media else {})}
        step_s = 600.0 if scenario == "rate_limited" else 5.0
        await until(client, await send(client, account_id, content), status, step_s)
        assert len(await visible(client, NAME)) == (status == "published"), scenario

    await asyncio.gather(*(follow(scenario, status) for scenario, status in ends.items()))


async def test_invalid_post_is_rejected_before_any_call(deployment: Deployment) -> None:
    client = await deployment.client()
    target = {"accountId": await client.sandbox_account(platform=NAME), "text": "🎉" * 126}
    error = (await client.post("/v1/posts", {"targets": [target]})).json()["error"]
    assert (error["code"], error["rule"]) == ("preflight_failed", "threads.text.max_graphemes")
    assert (error["violations"][0]["limit"], error["violations"][0]["actual"]) == (500, 504)
    assert await visible(client, NAME) == []


async def test_preview_shows_the_media_url_for_threads(deployment: Deployment) -> None:
    client = await deployment.client()
    target = {"accountId": await client.sandbox_account(platform=NAME), "text": "Look", "media": [inline("red")]}
    [result] = (await client.post("/v1/posts/validate", {"targets": [target]})).json()["targets"]
    assert result["preview"]["body"]["image_url"].startswith("http://127.0.0.1:8080/media/")
    assert "authorization" not in {name.lower() for name in result["preview"]["headers"]}


async def test_published_post_can_be_deleted(deployment: Deployment) -> None:
    client = await deployment.client()
    account_id = await client.sandbox_account(platform=NAME)
    post = await until(client, await send(client, account_id, {"text": "Hello"}), "published")
    reply = await client.post(f"/v1/posts/{post['id']}/unpublish")
    assert reply.status_code == 200, reply.text
    assert await visible(client, NAME) == []


@pytest.mark.parametrize("choice", ["allow", "allow-less", "deny"])
async def test_person_consents_on_the_sandbox_page(deployment: Deployment, choice: str) -> None:
    client = await deployment.client()
    started = (await client.post(f"/v1/accounts/connect/{NAME}", {})).json()["descriptor"]
    async with httpx2.AsyncClient() as browser:
        page = await browser.get(started["authorizationUrl"])
        links = [unescape(link) for link in re.findall(r'href="([^"]*)"', page.text)]
        [link] = [link for link in links if link.endswith(f"choice={choice}")]
        back = await browser.get(link)
    assert back.status_code == 302
    returned = urlsplit(back.headers["location"])
    await deployment.http.get(returned.path, params=dict(parse_qsl(returned.query)))
    found = (await client.get("/v1/accounts")).json()["data"]
    scopes = [account["scopes"] for account in found]
    few = ["threads_basic", "threads_content_publish"]
    replies = ["threads_manage_replies", "threads_read_replies"]
    all_of_them = [*few, *replies, "threads_delete", "threads_location_tagging", "threads_share_to_instagram"]
    assert scopes == {"allow": [all_of_them], "allow-less": [few], "deny": []}[choice]
