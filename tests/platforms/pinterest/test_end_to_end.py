"""From a caller's request to what followers see: the API, PostgreSQL, a worker and the simulator, for every kind.

Pinterest fetches images itself. The simulator fetches nothing, so the test does, at the URL that Pinterest received.
"""

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
from tests.http.support import png
from tests.platforms.sandbox_posts import check_page, send, visible

pytestmark = pytest.mark.slow

NAME = "pinterest"
MOVIE = movie(frames=120)


def inline(colour: str = "red", **more: Any) -> dict[str, Any]:
    return {"kind": "image", "bytesBase64": base64.b64encode(png(colour=colour)).decode(), **more}


KINDS: list[dict[str, Any]] = [
    {"text": "Grüße 🎉", "media": [inline(altText="A picture")]},
    {"text": "", "media": [inline("red"), inline("blue", altText="Blue")]},
    {
        "text": "linked",
        "media": [inline()],
        "options": {"platform": NAME, "title": "A title", "destinationUrl": "https://example.org/a?b=1"},
    },
    {"text": "moving", "media": [{"kind": "video", "bytesBase64": base64.b64encode(MOVIE).decode()}]},
]


async def until(client: Client, post_id: str, status: str, step_s: float = 15.0) -> dict[str, Any]:
    """Return the post when it has this status.

    The clock is advanced between attempts, because waits are not tested here. A step during an attempt must be shorter
    than what the clocks of the worker and of the simulator may differ by.
    """

    async def look() -> dict[str, Any] | None:
        found: dict[str, Any] = (await client.get(f"/v1/posts/{post_id}")).json()
        if not found["attempts"] or "outcome" not in found["attempts"][-1]:
            return None
        if found["status"] == status:
            return found
        await client.post("/v1/sandbox/clock", {"advanceS": step_s})
        return None

    found = await eventually(look, within_s=30)
    assert found is not None
    return found


async def play(deployment: Deployment, content: dict[str, Any], *, is_scheduled: bool) -> None:
    """Publish the post as a new tenant. Followers see it whole, and once."""
    client = await deployment.client()
    later = {"scheduledAt": (SystemClock().now() + timedelta(hours=1)).isoformat()}
    account_id = await client.sandbox_account(platform=NAME)
    post_id = await send(client, account_id, content, **(later if is_scheduled else {}))
    if is_scheduled:
        await client.post("/v1/sandbox/clock", {"advanceS": 3600})
    post = await until(client, post_id, "published")
    [seen] = await visible(client, NAME)
    assert (seen["text"], seen["uri"]) == (content["text"], post["platformUri"])
    check_page(post["url"], NAME, seen["uri"])
    source = seen["record"]["media_source"]
    assert len(source.get("items", [source])) == len(content["media"])
    if content["media"][0]["kind"] == "video":
        assert seen["record"]["video"] == {"sizeBytes": len(MOVIE), "checksum": str(Checksum.of(MOVIE))}


async def test_every_kind_is_published_immediately_and_scheduled(deployment: Deployment) -> None:
    await asyncio.gather(
        *(play(deployment, content, is_scheduled=later) for content in KINDS for later in (False, True))
    )


async def test_scenario_has_its_outcome(deployment: Deployment) -> None:
    ends = {
        "unavailable": "unconfirmed",
        "token_expiring": "published",
        "timeout_after_publish": "published",
        "processing_forever": "rejected",
        "auth_revoked": "held",
    }

    async def follow(scenario: str, status: str) -> None:
        client = await deployment.client()
        step_s = 300.0 if scenario == "processing_forever" else 15.0
        account_id = await client.sandbox_account(scenario, platform=NAME)
        await until(client, await send(client, account_id, KINDS[0]), status, step_s)
        assert len(await visible(client, NAME)) == (status == "published"), scenario

    await asyncio.gather(*(follow(scenario, status) for scenario, status in ends.items()))


async def test_image_can_be_fetched_until_the_post_has_ended(deployment: Deployment) -> None:
    client, http = await deployment.client(), deployment.http
    account_id = await client.sandbox_account("timeout_after_publish", platform=NAME)
    post_id = await send(client, account_id, {"text": "one", "media": [inline("green")]})

    async def pin() -> list[dict[str, Any]]:
        return await visible(client, NAME)

    [seen] = await eventually(pin)
    path = "/" + seen["record"]["media_source"]["url"].split("/", 3)[3]
    fetched = await http.get(path)
    assert (fetched.status_code, fetched.content) == (200, png(colour="green"))
    await until(client, post_id, "published")
    assert (await http.get(path)).status_code == 404


async def test_board_is_required_and_a_pin_on_the_default_board_can_be_deleted(deployment: Deployment) -> None:
    client = await deployment.client()
    account_id = await client.sandbox_account("no_boards", platform=NAME)
    body = {"targets": [{"accountId": account_id, **KINDS[0]}]}
    error = (await client.post("/v1/posts", body)).json()["error"]
    assert (error["code"], error["rule"], error["violations"][0]["field"]) == (
        "preflight_failed",
        "pinterest.board.required",
        "options.boardId",
    )
    made = await client.post(f"/v1/accounts/{account_id}/pinterest/boards", {"name": "Soups", "setAsDefault": True})
    shown = (await client.get(f"/v1/accounts/{account_id}")).json()["pinterest"]
    assert shown == {"defaultBoardId": made.json()["id"], "defaultBoardName": "Soups"}
    post_id = await send(client, account_id, KINDS[0])
    await until(client, post_id, "published")
    [seen] = await visible(client, NAME)
    assert seen["record"]["board_id"] == made.json()["id"]
    reply = await client.post(f"/v1/posts/{post_id}/unpublish")
    assert reply.status_code == 200, reply.text
    assert await visible(client, NAME) == []
