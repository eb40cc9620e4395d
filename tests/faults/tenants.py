"""Tenants with test keys and simulated accounts, and callers that retry until they are answered."""

import asyncio
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import httpx2

from tests.deployment import OPERATOR_TOKEN, SANDBOX_TOKEN
from tests.faults.shapes import Shape, body_of, texts_of
from tests.faults.stage import Stage

AT_ONCE = 8
PAGE = 200


@dataclass(frozen=True, slots=True)
class Account:
    """A simulated account, and its tenant."""

    tenant: "Tenant"
    id: str
    platform: str


@dataclass(frozen=True, slots=True, eq=False)
class Tenant:
    """An organization. Its id is also its world in the sandbox."""

    id: str
    key: str
    accounts: list[Account] = field(default_factory=list, repr=False)


@dataclass(slots=True, eq=False)
class Order:
    """A post that a caller submits, and what the caller was told. Every text is unique."""

    account: Account
    text: str
    shape: Shape = Shape.PLAIN
    due_at: datetime | None = None
    batch_id: str | None = None
    post_id: str | None = None
    refusal: str | None = None

    @property
    def texts(self) -> dict[str, str]:
        """Return the texts that followers should see, by the step that publishes them."""
        return texts_of(self.shape, self.text)


class Callers:
    """All callers. Each request goes to a random API, and is repeated with its key until it is answered."""

    def __init__(self, stage: Stage, seed: int) -> None:
        self._stage = stage
        self._random = random.Random(seed)  # noqa: S311 - chooses addresses and waits

    async def make_tenant(self, platforms: Sequence[str], accounts_each: int) -> Tenant:
        """Create an organization with this many accounts on each platform."""
        operator = {"authorization": f"Bearer {OPERATOR_TOKEN}"}
        made = await self._call("POST", "/v1/organizations", {"name": "Tenant"}, operator)
        path = f"/v1/organizations/{made['id']}/api-keys"
        key = await self._call("POST", path, {"name": "faults", "prefix": "lmp_test_"}, operator)
        tenant, gate = Tenant(made["id"], key["key"]), asyncio.Semaphore(AT_ONCE)

        async def connect(platform: str) -> None:
            async with gate:
                await self.connect(tenant, platform)

        await asyncio.gather(*(connect(platform) for platform in platforms for _ in range(accounts_each)))
        return tenant

    async def connect(self, tenant: Tenant, platform: str, scenario: str = "ok") -> Account:
        """Connect another account."""
        body = {"platform": platform, "scenario": scenario}
        made = await self._call("POST", "/v1/sandbox/accounts", body, _bearer(tenant))
        account = Account(tenant, made["id"], platform)
        if scenario == "ok":
            tenant.accounts.append(account)
        return account

    async def submit(self, order: Order) -> None:
        """Send the request until it is answered, even if by a rejection."""
        body = {"targets": [{"accountId": order.account.id}], **body_of(order.shape, order.text)}
        if order.due_at is not None:
            body["scheduledAt"] = order.due_at.isoformat()
        headers = {**_bearer(order.account.tenant), "idempotency-key": order.text, "prefer": "respond-async"}
        while True:
            reply = await self._send("POST", "/v1/posts", body, headers)
            if reply is not None and reply.status_code < 300:
                answer = reply.json()
                order.batch_id, order.post_id = answer["id"], answer["results"][0]["postId"]
                return
            if reply is not None and not _may_pass(reply):
                order.refusal = reply.text
                return
            await asyncio.sleep(self._random.uniform(0.05, 0.3))

    async def reported(self, tenant: Tenant, after: str) -> dict[str, str]:
        """Return the statuses that the tenant is told of its posts since a time, by post id."""
        found: dict[str, str] = {}
        cursor = ""
        while True:
            path = f"/v1/posts?limit={PAGE}&after={after}{cursor}"
            page = await self._call("GET", path, None, _bearer(tenant))
            found |= {post["id"]: post["status"] for post in page["data"]}
            if page["nextCursor"] is None:
                return found
            cursor = f"&cursor={page['nextCursor']}"

    async def seen(self, tenant: Tenant, platform: str) -> list[dict[str, Any]]:
        """Return what followers of the tenant's accounts see."""
        url = f"{self._stage.sandbox_url}/control/{tenant.id}/{platform}/posts"
        reply = await self._stage.http.get(url, headers={"authorization": f"Bearer {SANDBOX_TOKEN}"})
        reply.raise_for_status()
        posts: list[dict[str, Any]] = reply.json()["posts"]
        return posts

    async def _call(self, method: str, path: str, body: object, headers: dict[str, str]) -> Any:
        """Return the response to a request that must succeed eventually."""
        while True:
            reply = await self._send(method, path, body, headers)
            if reply is not None and reply.status_code < 300:
                return reply.json()
            assert reply is None or _may_pass(reply), f"{method} {path}: {reply and reply.text}"
            await asyncio.sleep(self._random.uniform(0.05, 0.3))

    async def _send(self, method: str, path: str, body: object, headers: dict[str, str]) -> httpx2.Response | None:
        """Return the response of one of the APIs; None if the connection broke."""
        url = self._random.choice(self._stage.apis) + path
        try:
            return await self._stage.http.request(method, url, json=body, headers=headers)
        except httpx2.TransportError:
            return None


def _bearer(tenant: Tenant) -> dict[str, str]:
    return {"authorization": f"Bearer {tenant.key}"}


def _may_pass(reply: httpx2.Response) -> bool:
    if reply.status_code == 409:
        return str(reply.json()["error"].get("rule")) == "idempotency_key.in_progress"
    return reply.status_code >= 500
