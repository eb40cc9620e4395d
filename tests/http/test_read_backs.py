"""Read-backs over HTTP: planned at publication, moved by the sandbox clock, and shown to callers."""

from letmepost.platforms import discover
from letmepost.worker.services import WorkerServices
from tests.deployment import Client
from tests.doubles.waiting import eventually
from tests.http.support import Tenant


async def test_post_in_a_test_world_is_read_back_when_its_clock_has_moved_a_day(
    tenant: Tenant, services: WorkerServices
) -> None:
    account_id = await tenant.client.sandbox_account()
    await tenant.client.post("/v1/posts", {"targets": [{"accountId": account_id}], "text": "Hello"})
    await tenant.client.post("/v1/sandbox/clock", {"advanceS": 86_401})

    async def is_read_back() -> bool:
        await services.read_backs.sweep(100)
        planned = "SELECT count(*) FROM posts WHERE organization_id = $1 AND read_back_at IS NOT NULL"
        return bool(await tenant.admin.one(planned, tenant.uuid) == 0)

    assert await eventually(is_read_back)
    [post] = (await tenant.client.get("/v1/posts")).json()["data"]
    assert "removedAt" not in post


async def test_removal_is_shown_and_sent_as_an_event(tenant: Tenant, services: WorkerServices) -> None:
    account_id = await tenant.client.sandbox_account()
    made = await tenant.client.post("/v1/posts", {"targets": [{"accountId": account_id}], "text": "Hello"})
    post_id = made.json()["results"][0]["postId"]
    # Simulates a deletion in the platform's app: the post is looked up under another key.
    await tenant.admin.do("UPDATE posts SET uri = uri || 'x' WHERE organization_id = $1", tenant.uuid)
    await tenant.client.post("/v1/sandbox/clock", {"advanceS": 86_401})

    async def removed_at() -> str | None:
        await services.read_backs.sweep(100)
        found: str | None = (await tenant.client.get(f"/v1/posts/{post_id}")).json().get("removedAt")
        return found

    shown = await eventually(removed_at)

    async def events() -> list[str] | None:
        page = (await tenant.client.get("/v1/events?type=post.removed")).json()["data"]
        return [event["data"]["removedAt"] for event in page] or None

    assert await eventually(events) == [shown]


async def test_platform_shows_whether_posts_are_read_back(client: Client) -> None:
    shown = (await client.get("/v1/platforms")).json()["data"]
    assert {platform["platform"]: platform["canReadBack"] for platform in shown} == {
        name: platform.is_there is not None for name, platform in discover().items()
    }
