"""From a caller's request to what followers see: the API, PostgreSQL, a worker and the simulator, for every kind."""

import asyncio
import base64
from datetime import timedelta
from typing import Any

import pytest

from letmepost.domain.received import Checksum
from letmepost.gateways.clock import SystemClock
from tests.deployment import Client, Deployment
from tests.doubles.waiting import eventually
from tests.gateways.movies import movie
from tests.http.support import png, upload
from tests.platforms.sandbox_posts import send, visible

pytestmark = pytest.mark.slow

_FRAME = bytes.fromhex("21f90401000000002c0000000001000100000202440100")
_COMMENT = b"\x21\xfe" + (b"\xff" + b"x" * 255) * 10_000 + b"\x00"
GIF = b"GIF89a" + bytes.fromhex("01000100800000000000ffffff") + _COMMENT + 2 * _FRAME + b";"
"""Two frames and 2.5 MB: it is uploaded in three segments."""
FILM = movie(channels=2)
NAME = "twitter"


def image(content: bytes, **more: Any) -> dict[str, Any]:
    return {"kind": "image", "bytesBase64": base64.b64encode(content).decode(), **more}


KINDS: dict[str, dict[str, Any]] = {
    "text": {"text": "Grüße 🎉 example.com & https://example.org/a?b=1"},
    "images": {"text": "", "media": [image(png(), altText="A cat"), image(png(colour="blue"))]},
    "gif": {"text": "It moves", "media": [image(GIF)]},
    "video": {"text": "A film", "media": [{"kind": "video", "bytesBase64": base64.b64encode(FILM).decode()}]},
    "poll": {"text": "Well?", "options": {"poll": {"options": ["yes", "no"], "durationMinutes": 60}}},
    "said": {"text": "Labelled", "options": {"platform": NAME, "replySettings": "following", "madeWithAi": True}},
    "thread": {
        "text": "one",
        "thread": [{"text": "two", "media": [image(png())]}, {"text": "three"}],
        "firstComment": {"text": "comment"},
    },
}


async def until(client: Client, post_id: str, *statuses: str) -> dict[str, Any]:
    async def look() -> dict[str, Any] | None:
        found: dict[str, Any] = (await client.get(f"/v1/posts/{post_id}")).json()
        return found if found["status"] in statuses and "outcome" in found["attempts"][-1] else None

    found = await eventually(look, within_s=60)
    assert found is not None
    return found


async def advance(client: Client, seconds: float) -> None:
    """Advance the time of the tenant's world."""
    reply = await client.post("/v1/sandbox/clock", {"advanceS": seconds})
    assert reply.status_code == 200, reply.text


async def play(deployment: Deployment, content: dict[str, Any], *, is_scheduled: bool) -> None:
    """Publish the post as a new tenant. Followers see it whole, and once."""
    client = await deployment.client()
    at = {"scheduledAt": (SystemClock().now() + timedelta(hours=1)).isoformat()} if is_scheduled else {}
    post_id = await send(client, await client.sandbox_account(platform=NAME), content, **at)
    if is_scheduled:
        await advance(client, 3600)
    post = await until(client, post_id, "published")
    seen = await visible(client, NAME)
    written = [content, *content.get("thread", ()), content.get("firstComment")]
    assert [one["text"] for one in seen] == [part["text"] for part in written if part is not None]
    assert post["platformUri"] == seen[0]["uri"]
    assert len(seen[0]["record"]["media_keys"]) == len(content.get("media", ()))
    if content is KINDS["video"]:
        assert seen[0]["record"]["video"] == {"sizeBytes": len(FILM), "checksum": str(Checksum.of(FILM))}
    if content in (KINDS["gif"], KINDS["video"]):
        paths = [call["path"].rpartition("/")[2] for attempt in post["attempts"] for call in attempt["calls"]]
        assert paths[:3] == ["initialize", "append", "finalize"]


async def test_every_kind_is_published_immediately_and_scheduled(
    deployment: Deployment, subtests: pytest.Subtests
) -> None:
    stories = [(kind, is_scheduled) for kind in KINDS for is_scheduled in (False, True)]
    ended = await asyncio.gather(
        *(play(deployment, KINDS[kind], is_scheduled=is_scheduled) for kind, is_scheduled in stories),
        return_exceptions=True,
    )
    for (kind, is_scheduled), outcome in zip(stories, ended, strict=True):
        with subtests.test(kind, scheduled=is_scheduled):
            assert outcome is None


async def later(client: Client, post_id: str, status: str) -> dict[str, Any]:
    """Return the post after X's visibility delay. The worker must be waiting for that delay first."""

    async def waits() -> bool:
        attempts = (await client.get(f"/v1/posts/{post_id}")).json()["attempts"]
        return bool(attempts) and attempts[-1].get("outcome") == "waiting"

    await eventually(waits, within_s=60)
    await advance(client, 200)
    return await until(client, post_id, status)


async def lost_answer(deployment: Deployment) -> None:
    client = await deployment.client()
    account_id = await client.sandbox_account("timeout_after_publish", platform=NAME)
    post_id = await send(client, account_id, {"text": "once"})
    post = await later(client, post_id, "published")
    assert [one["uri"] for one in await visible(client, NAME)] == [post["platformUri"]]


async def not_executed(deployment: Deployment) -> None:
    client = await deployment.client()
    post_id = await send(client, await client.sandbox_account("flaky", platform=NAME), {"text": "never"})
    post = await later(client, post_id, "unconfirmed")
    assert post["error"]["rule"] == "post.unconfirmed"
    assert await visible(client, NAME) == []


async def expiring(deployment: Deployment) -> None:
    client = await deployment.client()
    account_id = await client.sandbox_account("token_expiring", platform=NAME)
    await advance(client, 6)
    post = await until(client, await send(client, account_id, {"text": "fresh"}), "published")
    assert [call["status"] for call in post["attempts"][-1]["calls"] if call["step"] == "post"] == [401, 201]


async def limited(deployment: Deployment) -> None:
    client = await deployment.client()
    post_id = await send(client, await client.sandbox_account("rate_limited", platform=NAME), {"text": "later"})
    post = await until(client, post_id, "published")
    assert [attempt["outcome"] for attempt in post["attempts"]][-1] == "published"


async def refused(deployment: Deployment) -> None:
    client = await deployment.client()
    endings = {
        "rejected": ("rejected", "platform_rejected"),
        "duplicate": ("rejected", "platform_rejected"),
        "auth_revoked": ("held", "platform_auth_failed"),
    }
    accounts = [await client.sandbox_account(scenario, platform=NAME) for scenario in endings]
    for account_id, (status, code) in zip(accounts, endings.values(), strict=True):
        post = await until(client, await send(client, account_id, {"text": "no"}), status)
        assert post["error"]["code"] == code
        assert post["error"]["remediation"]


async def taken_back(deployment: Deployment) -> None:
    client = await deployment.client()
    account_id = await client.sandbox_account(platform=NAME)
    post = await until(client, await send(client, account_id, {"text": "oops"}), "published")
    reply = await client.post(f"/v1/posts/{post['id']}/unpublish")
    assert reply.status_code == 200, reply.text
    assert await visible(client, NAME) == []


async def previewed(deployment: Deployment) -> None:
    client = await deployment.client()
    media_id = await upload(client)
    account_id = await client.sandbox_account(platform=NAME)
    target = {"accountId": account_id, "media": [{"kind": "image", "mediaId": media_id}]}
    reply = await client.post("/v1/posts/validate", {"targets": [target]})
    [found] = reply.json()["targets"]
    preview = found["preview"]
    assert preview["url"].endswith("/2/media/upload")
    assert found["cost"] == {"unit": "micro_usd", "amount": 15_000}
    assert preview["body"] == {
        "media_category": "tweet_image",
        "media": {"mediaId": media_id, "bytes": len(png())},
    }
    too_long = {"accountId": target["accountId"], "text": "故" * 141}
    reply = await client.post("/v1/posts", {"targets": [too_long]})
    assert (reply.status_code, reply.json()["error"]["rule"]) == (400, "twitter.text.max_graphemes")


async def test_caller_gets_the_true_outcome_of_every_scenario(
    deployment: Deployment, subtests: pytest.Subtests
) -> None:
    stories = (lost_answer, not_executed, expiring, limited, refused, taken_back, previewed)
    ended = await asyncio.gather(*(story(deployment) for story in stories), return_exceptions=True)
    for story, outcome in zip(stories, ended, strict=True):
        with subtests.test(story.__name__):
            assert outcome is None
