"""Tenants of tests, their stored rows, and checks of error responses."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any
from uuid import UUID

import httpx2
from PIL import Image

from letmepost.domain.api_keys import Mode
from letmepost.domain.ids import Prefix, format_id, parse_id
from letmepost.gateways.clock import SystemClock
from letmepost.platforms import discover
from tests.deployment import SANDBOX_TOKEN, Client, Deployment
from tests.doubles.waiting import PATIENCE_S, eventually
from tests.storage.support import Admin

PLATFORM = next(iter(discover()))
ABSENT_ID = "00000000000000000000000001"
"""A well-formed id, without its prefix, that does not exist."""

_TABLES = (
    "accounts",
    "api_keys",
    "attempts",
    "batches",
    "deliveries",
    "events",
    "idempotency_keys",
    "media",
    "media_reads",
    "media_uses",
    "post_revisions",
    "posts",
    "profiles",
    "webhook_endpoints",
)
_COUNTS = " UNION ALL ".join(
    f"SELECT '{table}' AS name, count(*) AS count FROM {table} WHERE organization_id = $1"  # noqa: S608 - names above
    for table in _TABLES
)


@dataclass(frozen=True, slots=True)
class Tenant:
    """An organization with a test key, and access to its rows without row-level security."""

    deployment: Deployment
    admin: Admin
    id: str
    client: Client

    @property
    def uuid(self) -> UUID:
        return parse_id(Prefix.ORGANIZATION, self.id)

    async def key(self, mode: Mode = Mode.TEST, **wanted: Any) -> Client:
        """Create another key. Without `scopes`, it has all of them."""
        return await self.deployment.client(mode, self.id, **wanted)

    async def profile(self) -> str:
        """Create another profile; return its id."""
        query = "INSERT INTO profiles (id, organization_id, name) VALUES (uuidv7(), $1, 'Brand') RETURNING id"
        return format_id(Prefix.PROFILE, await self.admin.one(query, self.uuid))

    async def stored(self) -> Mapping[str, int]:
        """Return the number of stored rows of each kind, and of files."""
        rows = {row["name"]: row["count"] for row in await self.admin.rows(_COUNTS, self.uuid)}
        directory = self.deployment.settings.media_dir / self.id
        return {**rows, "files": sum(1 for path in directory.rglob("*") if path.is_file())}

    @asynccontextmanager
    async def storing_nothing(self) -> AsyncIterator[None]:
        """Fail if the block stores anything."""
        before = await self.stored()
        yield
        assert await self.stored() == before

    async def settled(self, post_id: str, within_s: float = 20.0) -> dict[str, Any]:
        """Wait until the post is settled, and return it."""

        async def look() -> dict[str, Any] | None:
            post: dict[str, Any] = (await self.client.get(f"/v1/posts/{post_id}")).json()
            return None if post["status"] in {"queued", "publishing", "retrying"} else post

        found = await eventually(look, within_s=within_s)
        assert found is not None
        return found

    async def followers_see(self, platform: str = PLATFORM) -> list[dict[str, Any]]:
        """Return the posts that the sandbox shows on a platform, oldest first."""
        posts: list[dict[str, Any]] = (await self.client.get(f"/v1/sandbox/{platform}/posts")).json()["data"]
        return posts

    async def credentials(self, scenario: str = "ok") -> dict[str, str]:
        """Return the credentials of a new simulated account."""
        url = f"{self.deployment.sandbox_url}/control/{self.id}/{PLATFORM}/accounts"
        headers = {"authorization": f"Bearer {SANDBOX_TOKEN}"}
        async with httpx2.AsyncClient(headers=headers, timeout=PATIENCE_S) as control:
            reply = await control.post(url, json={"scenario": scenario})
        given: dict[str, str] = reply.json()["connectInput"]
        return given


async def make_tenant(deployment: Deployment, admin: Admin, operator: Mapping[str, str]) -> Tenant:
    """Create a tenant."""
    made = await deployment.http.post("/v1/organizations", json={"name": "Tenant"}, headers=dict(operator))
    organization_id = made.json()["id"]
    return Tenant(deployment, admin, organization_id, await deployment.client(Mode.TEST, organization_id))


async def upload(client: Client, content: bytes | None = None, name: str = "picture.png", **headers: str) -> str:
    """Upload a picture; return its id."""
    sent = {"authorization": f"Bearer {client.key}", **headers}
    reply = await client.http.post("/v1/media", files={"file": (name, content or png())}, headers=sent)
    assert reply.status_code == 201, reply.text
    media_id: str = reply.json()["id"]
    return media_id


def path_of(url: str) -> str:
    """Return the path and query of a URL, for requests to the API in this process."""
    return "/" + url.split("/", 3)[3]


async def hang_up(request: "asyncio.Task[httpx2.Response]") -> None:
    """Cancel a request while it runs. Before Python 3.12, `asyncio.wait_for` may lose the first cancellation."""
    while not request.done():
        request.cancel()
        await asyncio.wait({request}, timeout=0.1)


def check_refusal(reply: httpx2.Response, status: int, code: str, rule: str | None = None) -> dict[str, Any]:
    """Return the error of a response that must be this refusal. `rule`: None for any rule."""
    error: dict[str, Any] = reply.json()["error"]
    assert (reply.status_code, error["code"]) == (status, code), reply.text
    assert rule is None or error.get("rule") == rule, reply.text
    assert error["message"]
    assert error.get("remediation") or code.startswith("platform_"), reply.text
    assert error["fixableBy"] in {"caller", "account_owner", "operator", "platform"}
    assert isinstance(error["retryable"], bool)
    assert error["requestId"] == reply.headers["x-request-id"]
    assert error["docUrl"].endswith(f"/docs/errors/{code}")
    return error


def soon(seconds: float) -> str:
    """Format the time so many seconds from now, as a caller writes it."""
    return (SystemClock().now() + timedelta(seconds=seconds)).isoformat()


def moment(text: str) -> datetime:
    """Parse a time of a response: UTC, with milliseconds and `Z`."""
    assert len(text) == len("2026-12-01T09:00:00.000Z"), text
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)


def jpeg() -> bytes:
    """Return a picture of a few KiB."""
    written = BytesIO()
    Image.effect_noise((120, 80), 60).convert("RGB").save(written, "JPEG")
    return written.getvalue()


def png(width: int = 3, height: int = 2, colour: str = "red") -> bytes:
    """Return a small picture."""
    written = BytesIO()
    Image.new("RGB", (width, height), colour).save(written, "PNG")
    return written.getvalue()
