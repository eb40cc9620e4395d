"""The worker's jobs that call other servers."""

from functools import partial

from tests.http.remote_scene import Cases, Scene, UseCase
from tests.http.support import soon, upload

CASES = Cases()


@CASES.calls("publishing", "sandbox")
async def publish_text(scene: Scene) -> UseCase:
    return _publish(scene, await scene.post(firstComment={"text": "And more"}))


@CASES.calls("publishing", "sandbox")
async def publish_with_expired_token(scene: Scene) -> UseCase:
    post_id = await scene.post()
    await scene.create("/v1/sandbox/clock", {"advanceS": 6 * 3600})
    before = await scene.credential()

    async def publish() -> None:
        await _publish(scene, post_id)()
        assert await scene.credential() != before, "the token has not expired"

    return publish


@CASES.calls("publishing", "sandbox")
async def publish_and_reconcile_lost_response(scene: Scene) -> UseCase:
    return _publish(scene, await scene.post("timeout_after_publish"), attempts=2)


@CASES.calls("publishing", "sandbox", "blobs", "web")
async def publish_media_by_url(scene: Scene) -> UseCase:
    return _publish(scene, await scene.post(media=[{"kind": "image", "url": f"{scene.web_url}/picture.png"}]))


@CASES.calls("deliveries", "web")
async def deliver_events(scene: Scene) -> UseCase:
    await scene.create("/v1/webhook-endpoints", {"url": f"{scene.web_url}/hook"})
    await scene.client.sandbox_account()
    deliveries = scene.worker.deliveries

    async def deliver() -> None:
        while await deliveries.announce():
            pass
        for delivery in await deliveries.claim(10):
            await deliveries.send(delivery)

    return deliver


@CASES.calls("imports", "web", "blobs")
async def import_media_of_scheduled_post(scene: Scene) -> UseCase:
    picture = {"kind": "image", "url": f"{scene.web_url}/picture.png"}
    await scene.post(media=[picture], scheduledAt=soon(3600))
    return partial(scene.worker.imports.sweep, 10)


@CASES.calls("expiry", "blobs")
async def remove_expired_media(scene: Scene) -> UseCase:
    await upload(scene.client)
    await scene.set("media", "expires_at = now() - interval '1 minute'")
    return partial(scene.worker.expiry.sweep, 10)


@CASES.calls("expiry", "blobs")
async def remove_leftovers(scene: Scene) -> UseCase:
    return scene.worker.expiry.remove_leftovers


@CASES.calls("removal", "blobs")
async def remove_organization(scene: Scene) -> UseCase:
    await upload(scene.client)
    await scene.set("organizations", "deleted_at = now() - interval '1 hour'")
    return scene.worker.removal.sweep


@CASES.calls("maintenance", "sandbox")
async def refresh_credentials(scene: Scene) -> UseCase:
    await scene.client.sandbox_account()
    await scene.set("credentials", "refresh_at = now() - interval '1 minute'")
    return partial(scene.worker.maintenance.refresh_due, 10)


@CASES.calls("maintenance", "sandbox")
async def check_accounts(scene: Scene) -> UseCase:
    await scene.client.sandbox_account()
    await scene.set("accounts", "check_at = now() - interval '1 minute'")
    return partial(scene.worker.maintenance.check_due, 10)


@CASES.calls("read_backs", "sandbox")
async def read_back_posts(scene: Scene) -> UseCase:
    await scene.post()
    await scene.publish()
    await scene.set("posts", "read_back_at = now() - interval '1 minute'")
    return partial(scene.worker.read_backs.sweep, 10)


def _publish(scene: Scene, post_id: str, attempts: int = 1) -> UseCase:
    """Return a use case that publishes a post in so many attempts."""

    async def publish() -> None:
        for _ in range(attempts):
            await scene.publish()
            await scene.set("posts", "ready_at = ready_at - interval '1 day'")
        post = (await scene.client.get(f"/v1/posts/{post_id}")).json()
        assert (post["status"], len(post["attempts"])) == ("published", attempts)

    return publish
