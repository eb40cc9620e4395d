"""The view of a post from outside: by its owner, and by followers."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx2

from letmepost.domain.posts import PostStatus
from letmepost.platforms import discover
from tests.deployment import OPERATOR_TOKEN, SANDBOX_TOKEN, Client, Deployment
from tests.doubles.waiting import PATIENCE_S, eventually

PLATFORM = next(iter(discover()))
TEXT = "Written once"
_MOVING = {PostStatus.QUEUED, PostStatus.PUBLISHING, PostStatus.RETRYING}


@dataclass(frozen=True, slots=True)
class Story:
    """A tenant with a simulated account, and its posts."""

    deployment: Deployment
    organization_id: str
    client: Client
    account_id: str

    async def post(self, text: str = TEXT, **wanted: Any) -> str:
        """Publish a post in the background, and return its id."""
        body = {"targets": [{"accountId": self.account_id}], "text": text, **wanted}
        reply = await self.client.post("/v1/posts", body, prefer="respond-async")
        assert reply.status_code == 202, reply.text
        post_id: str = reply.json()["results"][0]["postId"]
        return post_id

    async def now(self, post_id: str) -> dict[str, Any]:
        """Return the post with its attempts."""
        found: dict[str, Any] = (await self.client.get(f"/v1/posts/{post_id}")).json()
        return found

    async def until(self, post_id: str, *statuses: PostStatus, within_s: float = 20.0) -> dict[str, Any]:
        """Return the post once it has one of the statuses."""

        async def look() -> dict[str, Any] | None:
            found = await self.now(post_id)
            return found if found["status"] in statuses else None

        found = await eventually(look, within_s=within_s)
        assert found is not None
        return found

    async def settled(self, post_id: str, within_s: float = 60.0) -> dict[str, Any]:
        """Return the post once its last attempt has ended, which is after it is published."""

        async def look() -> dict[str, Any] | None:
            found = await self.now(post_id)
            is_over = found["status"] not in _MOVING and "outcome" in found["attempts"][-1]
            return found if is_over else None

        found = await eventually(look, within_s=within_s)
        assert found is not None
        return found

    async def followers_see(self, text: str = TEXT) -> list[dict[str, Any]]:
        """Return the visible posts of the account."""
        seen = (await self.client.get(f"/v1/sandbox/{PLATFORM}/posts")).json()["data"]
        return [post for post in seen if post["text"] == text]

    async def account(self) -> dict[str, Any]:
        found: dict[str, Any] = (await self.client.get(f"/v1/accounts/{self.account_id}")).json()
        return found

    async def advance_platform_time(self, seconds: float) -> None:
        """Set the time of this tenant's simulators ahead."""
        await _control(self.deployment, "PUT", f"/control/{self.organization_id}/clock", {"aheadS": seconds})

    async def events(self, post_id: str, count: int) -> list[str]:
        """Return the announced events of a post, in order, once there are this many."""

        async def look() -> list[str]:
            page = (await self.client.get("/v1/events")).json()["data"]
            types = [event["type"] for event in page if event["data"].get("postId") == post_id]
            return types if len(types) >= count else []

        return await eventually(look)


async def begin(deployment: Deployment, scenario: str = "ok") -> Story:
    """Create a tenant with an account."""
    organization_id, client = await _make_tenant(deployment)
    return Story(deployment, organization_id, client, await client.sandbox_account(scenario))


async def begin_reconnectable(deployment: Deployment) -> tuple[Story, Mapping[str, Any]]:
    """Create a tenant with an account. Return also the input that connects the account again."""
    organization_id, client = await _make_tenant(deployment)
    path = f"/control/{organization_id}/{PLATFORM}/accounts"
    connect_input = (await _control(deployment, "POST", path, {"scenario": "ok"}))["connectInput"]
    return Story(deployment, organization_id, client, await connect(client, connect_input)), connect_input


async def _make_tenant(deployment: Deployment) -> tuple[str, Client]:
    operator = {"authorization": f"Bearer {OPERATOR_TOKEN}"}
    made = await deployment.http.post("/v1/organizations", json={"name": "Tenant"}, headers=operator)
    organization_id: str = made.json()["id"]
    return organization_id, await deployment.client(organization_id=organization_id)


async def _control(deployment: Deployment, method: str, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
    async with httpx2.AsyncClient(base_url=deployment.sandbox_url, timeout=PATIENCE_S) as sandbox:
        headers = {"authorization": f"Bearer {SANDBOX_TOKEN}"}
        reply = await sandbox.request(method, path, json=dict(body), headers=headers)
    assert reply.is_success, reply.text
    found: dict[str, Any] = reply.json()
    return found


async def connect(client: Client, connect_input: Mapping[str, Any]) -> str:
    """Connect an account, and return its id."""
    reply = await client.post(f"/v1/accounts/connect/{PLATFORM}/complete", dict(connect_input))
    assert reply.status_code in {200, 201}, reply.text
    account_id: str = reply.json()["id"]
    return account_id


async def crash(deployment: Deployment) -> None:
    """Kill the last worker. Its work is neither finished nor handed back."""
    task, _ = deployment._workers.pop()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
