"""Media items by URL, from the request until their post is due."""

import asyncio
import hashlib
from typing import Any
from uuid import uuid4

import pytest
from starlette.responses import RedirectResponse, Response
from starlette.types import Receive, Scope, Send

from letmepost.domain.ids import Prefix, parse_id
from letmepost.worker.services import WorkerServices
from tests.deployment import Client, serving
from tests.doubles.waiting import eventually
from tests.http.support import PLATFORM, Tenant, path_of, png, soon


@pytest.fixture
async def account_id(client: Client) -> str:
    return await client.sandbox_account()


async def schedule(tenant: Tenant, url: str, *account_ids: str, **more: Any) -> list[str]:
    """Schedule posts for tomorrow with a picture by URL; return their ids."""
    targets = [{"accountId": account_id} for account_id in account_ids]
    body = {"targets": targets, "text": "Look", "media": [{"kind": "image", "url": url}]}
    reply = await tenant.client.post("/v1/posts", {**body, "scheduledAt": soon(86_400), **more})
    assert reply.status_code in {201, 202}, reply.text
    return [result["postId"] for result in reply.json()["results"]]


async def read_post(tenant: Tenant, post_id: str) -> dict[str, Any]:
    found: dict[str, Any] = (await tenant.client.get(f"/v1/posts/{post_id}")).json()
    return found


async def status_of(tenant: Tenant, post_id: str) -> str:
    status: str = (await read_post(tenant, post_id))["status"]
    return status


async def import_all(tenant: Tenant, services: WorkerServices) -> None:
    """Wait until every media item of the tenant is imported, by this worker or by another one that was faster."""

    async def is_done() -> bool:
        await services.imports.sweep(100)
        media = (await tenant.client.get("/v1/media")).json()["data"]
        return all(item["status"] != "waiting" for item in media)

    assert await eventually(is_done)


@pytest.mark.parametrize(
    ("answer", "code", "rule"),
    [
        (Response(status_code=404), "validation_failed", "media.url.unreachable"),
        (RedirectResponse("http://169.254.169.254/latest/meta-data"), "validation_failed", "media.url.unreachable"),
        (Response(b""), "validation_failed", "media.empty_body"),
        (Response(b"<html>No picture here</html>"), "validation_failed", "media.unreadable"),
        (Response(png() + bytes(2_000_001)), "preflight_failed", "bluesky.media.image_size_max"),
    ],
    ids=["gone", "forbidden", "empty", "unreadable", "too large"],
)
async def test_post_with_a_missing_file_is_rejected_before_it_is_due(
    tenant: Tenant, account_id: str, services: WorkerServices, answer: Response, code: str, rule: str
) -> None:
    async with serving(answer) as url:
        [post_id] = await schedule(tenant, f"{url}/a.png", account_id)
        await services.imports.sweep(100)
        post = await tenant.settled(post_id)
    assert (post["status"], post["error"]["code"], post["error"]["rule"]) == ("rejected", code, rule)
    assert post["error"]["message"]
    assert post["error"]["remediation"]
    assert post["error"]["platform"] == PLATFORM
    assert post["attempts"] == [], "no platform was called"
    batch = (await tenant.client.get(f"/v1/batches/{post['batchId']}")).json()
    assert batch["status"] == "failed"
    assert batch["results"][0]["error"]["rule"] == rule

    async def received() -> list[dict[str, Any]]:
        events: list[dict[str, Any]] = (await tenant.client.get("/v1/events?type=post.rejected")).json()["data"]
        return events

    [event] = await eventually(received)
    assert (event["data"]["postId"], event["data"]["error"]["rule"]) == (post_id, rule)
    timeline = (await tenant.client.get(f"/v1/posts/{post_id}/timeline")).json()["data"]
    assert "post.rejected: the post is rejected." in [moment["message"] for moment in timeline]


async def test_hint_runs_the_import_in_a_worker(services: WorkerServices) -> None:
    hint_id, queue = uuid4(), services.queue
    await services.wakeups.media_waiting(hint_id)

    async def has_run() -> bool:
        return bool(await queue.redis.exists(f"arq:result:{queue.prefix}:import_media:{hint_id}"))

    assert await eventually(has_run)


async def test_every_target_with_the_media_item_is_rejected_and_no_other(
    tenant: Tenant, account_id: str, services: WorkerServices
) -> None:
    other = await tenant.client.sandbox_account()
    async with serving(Response(status_code=404)) as bad, serving(Response(png())) as good:
        dead = await schedule(tenant, f"{bad}/a.png", account_id, other)
        [fine] = await schedule(tenant, f"{good}/a.png", account_id)
        await services.imports.sweep(100)
        for post_id in dead:
            assert (await tenant.settled(post_id))["status"] == "rejected"

        async def is_here() -> bool:
            media = (await tenant.client.get("/v1/media")).json()["data"]
            return any(item["status"] == "ready" for item in media)

        assert await eventually(is_here)
    assert await status_of(tenant, fine) == "queued"


async def test_url_may_become_unreachable_after_the_import(
    tenant: Tenant, account_id: str, services: WorkerServices
) -> None:
    async with serving(Response(png())) as url:
        [post_id] = await schedule(tenant, f"{url}/a.png", account_id)
        await import_all(tenant, services)
    await tenant.client.call("PATCH", f"/v1/posts/{post_id}", {"scheduledAt": soon(1.2)})
    assert (await tenant.settled(post_id))["status"] == "published"


async def test_post_stays_queued_while_the_server_is_unreachable(
    tenant: Tenant, account_id: str, services: WorkerServices
) -> None:
    """The URL is fetched again, at the latest when the post is due."""
    async with serving(Response(status_code=503)) as url:
        [post_id] = await schedule(tenant, f"{url}/a.png", account_id)
        await services.imports.sweep(100)
    assert await status_of(tenant, post_id) == "queued"


async def test_post_is_rejected_when_the_server_is_unreachable_for_a_day(
    tenant: Tenant, account_id: str, services: WorkerServices
) -> None:
    async with serving(Response(status_code=503)) as url:
        [post_id] = await schedule(tenant, f"{url}/a.png", account_id, scheduledAt=soon(5 * 86_400))
        long_ago = "UPDATE media SET fetch_at = NULL, created_at = now() - interval '25 h' WHERE organization_id = $1"
        await tenant.admin.do(long_ago, tenant.uuid)
        await services.imports.sweep(100)
        post = await tenant.settled(post_id)
    assert (post["status"], post["error"]["rule"]) == ("rejected", "media.url.unreachable")


class RepairedServer:
    """A server whose file is missing until `is_repaired` is True."""

    is_repaired = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await (Response(png()) if self.is_repaired else Response(status_code=404))(scope, receive, send)


async def test_retry_fetches_the_url_again(tenant: Tenant, account_id: str, services: WorkerServices) -> None:
    server = RepairedServer()
    async with serving(server) as url:
        [post_id] = await schedule(tenant, f"{url}/a.png", account_id)
        await services.imports.sweep(100)
        assert (await tenant.settled(post_id))["status"] == "rejected"
        await tenant.client.post(f"/v1/posts/{post_id}/retry", {"scheduledAt": soon(86_400)})
        await services.imports.sweep(100)
        assert (await tenant.settled(post_id))["status"] == "rejected", "the file is still missing"
        server.is_repaired = True
        reply = await tenant.client.post(f"/v1/posts/{post_id}/retry")
        assert reply.status_code == 200, reply.text
        assert (await tenant.settled(post_id))["status"] == "published"


async def test_draft_is_checked_when_it_is_scheduled(tenant: Tenant, account_id: str, services: WorkerServices) -> None:
    async with serving(Response(status_code=404)) as url:
        [post_id] = await schedule(tenant, f"{url}/a.png", account_id, draft=True, scheduledAt=None)
        await services.imports.sweep(100)
        batch_id = (await read_post(tenant, post_id))["batchId"]
        reply = await tenant.client.post(f"/v1/batches/{batch_id}/publish", {"scheduledAt": soon(86_400)})
        assert reply.status_code == 202, reply.text
        await services.imports.sweep(100)
        assert (await tenant.settled(post_id))["status"] == "rejected"


async def test_draft_held_and_leased_posts_are_not_rejected_early(
    tenant: Tenant, account_id: str, services: WorkerServices
) -> None:
    """A draft belongs to its author, a held post waits for a person, and a leased post belongs to its worker."""
    async with serving(Response(status_code=404)) as url:
        [draft] = await schedule(tenant, f"{url}/a.png", account_id, draft=True, scheduledAt=None)
        [taken] = await schedule(tenant, f"{url}/b.png", account_id)
        lease = "UPDATE posts SET lease_token = uuidv7(), lease_until = now() + interval '1 h' WHERE id = $1"
        await tenant.admin.do(lease, parse_id(Prefix.POST, taken))
        [held] = await schedule(tenant, f"{url}/c.png", await tenant.client.sandbox_account())
        hold = "UPDATE posts SET status = 'held', ready_at = due_at WHERE id = $1"
        await tenant.admin.do(hold, parse_id(Prefix.POST, held))

        async def have_failed() -> bool:
            await services.imports.sweep(100)
            media = (await tenant.client.get("/v1/media")).json()["data"]
            return [item["status"] for item in media] == ["failed"] * 3

        assert await eventually(have_failed)
    assert [await status_of(tenant, post_id) for post_id in (draft, taken, held)] == ["draft", "queued", "held"]


async def test_unreachable_url_is_retried_with_backoff_and_fails_after_a_day(
    tenant: Tenant, account_id: str, services: WorkerServices
) -> None:
    """An unreachable server must not delay the media items of others."""
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
        await import_all(tenant, services)
    [item] = (await tenant.client.get("/v1/media")).json()["data"]
    assert (item["status"], item["error"]["rule"]) == ("failed", "media.url.unreachable")


async def test_second_fetch_of_a_url_does_not_replace_the_recorded_bytes(
    tenant: Tenant, account_id: str, services: WorkerServices
) -> None:
    """Two workers fetch it at the same time, because the first one seems to be lost. The server returns other bytes."""
    colors = iter(["red", "green", "blue", "black", "white"])
    both_wait = asyncio.Event()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        picture = png(3, 2, next(colors))
        if picture != png(3, 2, "red"):
            both_wait.set()
        await both_wait.wait()
        await Response(picture)(scope, receive, send)

    async def begin_again() -> bool:
        forget = "UPDATE media SET fetch_at = NULL WHERE organization_id = $1 AND status = 'waiting'"
        await tenant.admin.do(forget, tenant.uuid)
        await services.wakeups.media_waiting(uuid4())
        return both_wait.is_set()

    async with serving(app) as url:
        await schedule(tenant, f"{url}/a.png", account_id)
        await eventually(begin_again)
        await import_all(tenant, services)
    [item] = (await tenant.client.get("/v1/media")).json()["data"]
    got = await tenant.deployment.http.get(path_of(item["url"]))
    assert hashlib.sha256(got.content).hexdigest() == item["sha256"]

    async def is_alone() -> bool:  # the second copy may still be stored
        return (await tenant.stored())["files"] == 1

    assert await eventually(is_alone)


async def test_one_worker_fetches_a_url(tenant: Tenant, account_id: str, services: WorkerServices) -> None:
    requested, may_end = 0, asyncio.Event()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        nonlocal requested
        requested += 1
        await may_end.wait()
        await Response(png())(scope, receive, send)

    async def has_begun() -> bool:
        await services.imports.sweep(100)
        return requested > 0

    async with serving(app) as url:
        await schedule(tenant, f"{url}/a.png", account_id)
        begun = asyncio.create_task(eventually(has_begun))
        media_id = parse_id(Prefix.MEDIA, (await tenant.client.get("/v1/media")).json()["data"][0]["id"])
        begun_at = "SELECT fetch_at > now() + interval '90 s' FROM media WHERE id = $1"
        assert await eventually(lambda: tenant.admin.one(begun_at, media_id))
        for _ in range(3):
            await services.wakeups.media_waiting(uuid4())
            await services.imports.sweep(100)
        may_end.set()
        await import_all(tenant, services)
        await begun
    assert requested == 1
