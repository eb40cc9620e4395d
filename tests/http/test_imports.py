"""Media by URL, from accept to the moment their post is due."""

import hashlib
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from letmepost.worker.main import WorkerServices
from tests.deployment import Client, serving
from tests.doubles.waiting import eventually
from tests.http.support import Tenant, path_of, png, soon


@pytest.fixture
async def account_id(client: Client) -> str:
    return await client.sandbox_account()


async def test_a_url_that_cannot_be_reached_is_asked_later_and_later_and_at_last_never(
    tenant: Tenant, account_id: str, services: WorkerServices
) -> None:
    """A dead server's media must not stand before everybody else's for ever."""
    async with serving(Response(status_code=503)) as url:
        media = [{"kind": "image", "url": url}]
        wanted = {"targets": [{"accountId": account_id}], "text": "Look", "media": media, "scheduledAt": soon(86_400)}
        assert (await tenant.client.post("/v1/posts", wanted)).status_code == 202

        async def fetch_at() -> Any:
            await services.imports.sweep(100)
            return await tenant.admin.one("SELECT fetch_at FROM media WHERE organization_id = $1", tenant.uuid)

        assert await eventually(fetch_at)
        long_ago = "UPDATE media SET fetch_at = NULL, created_at = now() - interval '25 h' WHERE organization_id = $1"
        await tenant.admin.do(long_ago, tenant.uuid)
        await services.imports.sweep(100)
    [medium] = (await tenant.client.get("/v1/media")).json()["data"]
    assert (medium["status"], medium["error"]["rule"]) == ("failed", "media.url.unreachable")


async def test_two_fetches_of_one_url_leave_the_bytes_that_are_on_record(
    tenant: Tenant, account_id: str, services: WorkerServices
) -> None:
    """Whoever is second must not put other bytes under what the first has recorded."""
    colours = iter(["red", "green", "blue", "black", "white"])

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await Request(scope, receive).is_disconnected()
        await Response(png(3, 2, next(colours)))(scope, receive, send)

    async with serving(app) as url:
        media = [{"kind": "image", "url": f"{url}/a.png"}]
        wanted = {"targets": [{"accountId": account_id}], "text": "Look", "media": media, "scheduledAt": soon(86_400)}
        await tenant.client.post("/v1/posts", wanted)
        await services.imports.sweep(100)
        await services.imports.sweep(100)
    [medium] = (await tenant.client.get("/v1/media")).json()["data"]
    got = await tenant.deployment.http.get(path_of(medium["url"]))
    assert hashlib.sha256(got.content).hexdigest() == medium["sha256"]
    assert (await tenant.stored())["files"] == 1
