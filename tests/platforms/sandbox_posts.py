"""Posts to simulated accounts: a caller publishes one, waits for its outcome, and sees what followers see."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from letmepost.domain.sandbox_pages import post_path
from letmepost.gateways.clock import SystemClock
from tests.deployment import Client, Deployment
from tests.doubles.waiting import eventually


async def send(client: Client, account_id: str, content: dict[str, Any], **mode: Any) -> str:
    """Publish a post in the background, or at `scheduledAt`, and return its id."""
    target = {"accountId": account_id, **content}
    reply = await client.post("/v1/posts", {"targets": [target], **mode}, prefer="respond-async")
    assert reply.status_code == 202, reply.text
    post_id: str = reply.json()["results"][0]["postId"]
    return post_id


async def until(client: Client, post_id: str, status: str, step_s: float = 5.0) -> dict[str, Any]:
    """Return the post when it has this status. The clock is advanced: waits are not tested here."""

    async def look() -> dict[str, Any] | None:
        await client.post("/v1/sandbox/clock", {"advanceS": step_s})
        found: dict[str, Any] = (await client.get(f"/v1/posts/{post_id}")).json()
        return found if found["status"] == status and "outcome" in found["attempts"][-1] else None

    found = await eventually(look, within_s=30)
    assert found is not None
    return found


async def visible(client: Client, platform: str) -> list[dict[str, Any]]:
    """Return the posts of the tenant's simulated accounts that followers see."""
    found: list[dict[str, Any]] = (await client.get(f"/v1/sandbox/{platform}/posts")).json()["data"]
    return found


async def play(
    deployment: Deployment, platform: str, content: dict[str, Any], *, is_scheduled: bool
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Publish a post as a new tenant, now or in an hour. Return it, and what followers see: all of it, and once."""
    client = await deployment.client()
    later = {"scheduledAt": (SystemClock().now() + timedelta(hours=1)).isoformat()} if is_scheduled else {}
    post_id = await send(client, await client.sandbox_account(platform=platform), content, **later)
    if is_scheduled:
        await client.post("/v1/sandbox/clock", {"advanceS": 3600})
    post = await until(client, post_id, "published")
    comment = [content["firstComment"]] if "firstComment" in content else []
    texts = [part["text"] for part in (content, *content.get("thread", ()), *comment)]

    async def all_is_seen() -> bool:
        return len(await visible(client, platform)) == len(texts)

    await eventually(all_is_seen)
    seen = await visible(client, platform)
    assert [one["text"] for one in seen] == texts
    assert post["platformUri"] == seen[0]["uri"]
    return post, seen


def check_page(url: str, platform: str, uri: str) -> None:
    """Check that the URL of a test post is a signed link to its page of the sandbox, not to the real network."""
    address = urlsplit(url)
    assert address.hostname == "127.0.0.1"
    assert address.path.endswith(f"/{platform}{post_path(uri)}")
    assert address.query.startswith("expires=")
