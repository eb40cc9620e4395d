"""Posts from the request until followers see them, with workers that start and stop."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from redis.asyncio import Redis

from letmepost.domain.posts import PostStatus
from letmepost.gateways.clock import SystemClock
from tests.database import DatabaseURLs
from tests.deployment import Deployment, deployed
from tests.doubles.waiting import eventually
from tests.storage.support import Admin
from tests.worker.story import Story, begin, begin_reconnectable, connect, crash

NO_REDIS = "redis://127.0.0.1:1"


@pytest.fixture
async def unmanned(database_urls: DatabaseURLs, redis_url: str, tmp_path: Path) -> AsyncIterator[Deployment]:
    """Yield a deployment without a worker and with short leases."""
    async with deployed(database_urls, redis_url, tmp_path, with_worker=False, lease_s=2.0) as running:
        yield running


async def is_visible(story: Story) -> bool:
    return bool(await story.followers_see())


def in_seconds(seconds: float) -> datetime:
    return SystemClock().now() + timedelta(seconds=seconds)


def read_time(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


# Schedules


async def test_scheduled_post_is_published_at_its_time(deployment: Deployment) -> None:
    story, at = await begin(deployment), in_seconds(2)
    post_id = await story.post(scheduledAt=at.isoformat())
    assert (await story.now(post_id))["status"] == "queued"
    post = await story.settled(post_id)
    assert post["status"] == "published"
    assert timedelta(0) <= read_time(post["attempts"][0]["startedAt"]) - read_time(post["scheduledAt"])
    assert read_time(post["publishedAt"]) - at < timedelta(seconds=5)
    assert await story.events(post_id, 3) == ["post.queued", "post.validated", "post.published"]


async def test_scheduled_post_is_published_when_no_worker_was_running_at_its_acceptance(unmanned: Deployment) -> None:
    """lessons C1: scheduling depended on a job in a queue. Here, the row is enough."""
    story = await begin(unmanned)
    post_id = await story.post(scheduledAt=in_seconds(1.5).isoformat())
    await unmanned.start_worker()
    assert (await story.settled(post_id))["status"] == "published"


# Accounts


async def test_disconnect_holds_waiting_posts_and_reconnect_releases_them(deployment: Deployment) -> None:
    story, connect_input = await begin_reconnectable(deployment)
    post_id = await story.post(scheduledAt=in_seconds(3600).isoformat())
    await story.client.call("DELETE", f"/v1/accounts/{story.account_id}")
    held = await story.until(post_id, PostStatus.HELD)
    assert held["error"]["rule"] == "account.disconnected"
    assert await connect(story.client, connect_input) == story.account_id
    queued = await story.until(post_id, PostStatus.QUEUED)
    assert "error" not in queued
    assert await story.events(post_id, 4) == ["post.queued", "post.validated", "post.held", "post.queued"]


async def test_post_that_became_due_while_held_is_published_after_the_reconnect(
    deployment: Deployment, admin: Admin
) -> None:
    story, connect_input = await begin_reconnectable(deployment)
    post_id = await story.post(scheduledAt=in_seconds(3600).isoformat())
    await story.client.call("DELETE", f"/v1/accounts/{story.account_id}")
    await story.until(post_id, PostStatus.HELD)
    await admin.do("UPDATE posts SET due_at = now() - interval '1 minute'")
    await connect(story.client, connect_input)
    assert (await story.settled(post_id))["status"] == "published"
    assert len(await story.followers_see()) == 1


# Redis is a hint


async def test_post_is_published_when_redis_was_flushed(deployment: Deployment, redis_url: str) -> None:
    story = await begin(deployment)
    redis: Redis = Redis.from_url(redis_url)
    await redis.flushall()
    await redis.aclose()
    assert (await story.settled(await story.post()))["status"] == "published"


async def test_post_is_published_when_redis_is_unavailable(database_urls: DatabaseURLs, tmp_path: Path) -> None:
    """A lost hint costs a sweep interval, never a post."""
    async with deployed(database_urls, NO_REDIS, tmp_path) as running:
        story = await begin(running)
        post_id = await story.post()
        assert (await story.settled(post_id))["status"] == "published"
        waited = await story.client.post(
            "/v1/posts", {"targets": [{"accountId": story.account_id}], "text": "And waited for"}
        )
        assert waited.json()["results"][0]["status"] == "published"


# Several workers, and crashes


async def test_two_workers_publish_every_post_once(deployment: Deployment, admin: Admin) -> None:
    await deployment.start_worker()
    stories = [await begin(deployment) for _ in range(3)]
    texts = [f"Number {number}" for number in range(6)]
    posts = [(story, text, await story.post(text)) for text in texts for story in stories]
    for story, text, post_id in posts:
        assert (await story.settled(post_id))["status"] == "published"
        assert len(await story.followers_see(text)) == 1
    assert await admin.one("SELECT max(number) FROM attempts") == 1


async def test_posts_of_an_account_are_published_in_order(unmanned: Deployment) -> None:
    story = await begin(unmanned)
    texts = [f"Number {number}" for number in range(5)]
    posts = [await story.post(text) for text in texts]
    await unmanned.start_worker()
    await unmanned.start_worker()
    published = [(await story.settled(post_id))["publishedAt"] for post_id in posts]
    assert published == sorted(published)


async def test_crashed_worker_is_replaced_by_another(unmanned: Deployment, admin: Admin) -> None:
    """lessons C3: a crash left the post `publishing` permanently, or published it twice."""
    story = await begin(unmanned, "slow")
    post_id = await story.post()
    await unmanned.start_worker()
    await eventually(lambda: is_visible(story))
    assert (await story.now(post_id))["status"] == "publishing"
    await crash(unmanned)
    assert await admin.one("SELECT lease_token FROM posts") is not None
    await admin.do("UPDATE posts SET lease_until = now() - interval '1 second'")
    await unmanned.start_worker()
    post = await story.settled(post_id)
    assert post["status"] == "published"
    assert [attempt.get("outcome") for attempt in post["attempts"]] == [None, "published"]
    [seen] = await story.followers_see()
    assert seen["uri"] == post["platformUri"]


async def test_stopped_worker_finishes_its_posts(unmanned: Deployment) -> None:
    story = await begin(unmanned, "slow")
    post_id = await story.post()
    await unmanned.start_worker()
    await eventually(lambda: is_visible(story))
    await unmanned.stop_workers()
    post = await story.now(post_id)
    assert (post["status"], len(post["attempts"])) == ("published", 1)


async def test_worker_that_may_not_finish_hands_its_post_to_the_next(
    database_urls: DatabaseURLs, redis_url: str, tmp_path: Path, admin: Admin
) -> None:
    """The post is claimed immediately, without waiting for the lease to expire."""
    async with deployed(
        database_urls, redis_url, tmp_path, with_worker=False, lease_s=600.0, shutdown_grace_s=0.0
    ) as running:
        story = await begin(running, "slow")
        post_id = await story.post()
        await running.start_worker()
        await eventually(lambda: is_visible(story))
        await running.stop_workers()
        assert await admin.one("SELECT lease_token FROM posts") is None
        await running.start_worker()
        assert (await story.settled(post_id))["status"] == "published"
        assert len(await story.followers_see()) == 1


async def test_long_publish_keeps_its_lease(unmanned: Deployment) -> None:
    """It takes 3 s with leases of 2 s. Without renewals, two workers would publish it in turn."""
    story = await begin(unmanned, "slow")
    post_id = await story.post()
    await asyncio.gather(unmanned.start_worker(), unmanned.start_worker())
    post = await story.settled(post_id)
    assert (post["status"], len(post["attempts"])) == ("published", 1)
