"""A platform's reports on the progress of posts, which end the pauses of these posts."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from letmepost.domain.flow import Flow, Live, Pause
from letmepost.domain.posts import PostStatus
from letmepost.gateways.http_client import HTTPClient
from letmepost.platforms.connecting import Callback, Notice
from letmepost.platforms.contract import ReadyPost
from letmepost.services.accounts.callbacks import PlatformCallbacks
from letmepost.storage.accounts.maintenance import EveryTenantAccounts
from tests.doubles.platform import put
from tests.services.desk import Desk, working
from tests.services.network import Network
from tests.storage.support import CLOCK, PLATFORM, Admin, Owner


def publish(post: ReadyPost, _settings: object) -> Flow[None]:
    """Publish after a pause of a day, or as soon as the flow runs again."""
    yield Pause("processing", 86_400, 90_000)
    yield Live(uri=(yield from put(post, "post", "Hello")))


def notified(callback: Callback, _settings: object) -> list[Notice]:
    return [Notice(owner_id=owner_id) for owner_id in callback.body.decode().split()]


@pytest.fixture
async def waiting(
    owner: Owner, network: Network, admin: Admin, http: HTTPClient, redis_url: str, tmp_path: Path
) -> AsyncIterator[Desk]:
    """Return a desk with a post whose flow pauses for a day."""
    async with working(
        owner, network, admin, http, redis_url, tmp_path, publish=publish, notified=notified, connect_input=None
    ) as desk:
        await desk.post()
        row = await desk.publish()
        assert row["status"] == PostStatus.PUBLISHING
        assert row["ready_at"] > CLOCK.now() + timedelta(hours=23)
        yield desk


async def notify(desk: Desk, *platform_account_ids: str) -> None:
    callbacks = PlatformCallbacks(desk.owner.units, desk.tools.worlds, EveryTenantAccounts(desk.owner.database))
    body = " ".join(platform_account_ids).encode()
    await callbacks.notify(PLATFORM, Callback(headers={}, body=body, received_at=CLOCK.now()))


async def test_post_continues_when_the_platform_reports_progress(waiting: Desk) -> None:
    account_id = await waiting.admin.one("SELECT platform_account_id FROM accounts")
    await notify(waiting, "unknown", account_id)
    [claim] = await waiting.publishing.claim(10)
    assert claim.post_id == (await waiting.row())["id"]


async def test_report_on_another_account_changes_no_post(waiting: Desk) -> None:
    before = await waiting.row()
    await notify(waiting, "unknown")
    assert await waiting.row() == before


async def test_report_does_not_touch_a_post_that_a_worker_has(waiting: Desk) -> None:
    await waiting.admin.do("UPDATE posts SET ready_at = now() - interval '1 second'")
    await waiting.claim()
    before = await waiting.row()
    await notify(waiting, await waiting.admin.one("SELECT platform_account_id FROM accounts"))
    assert await waiting.row() == before


@pytest.mark.parametrize("status", [PostStatus.RETRYING, PostStatus.QUEUED, PostStatus.HELD])
async def test_report_does_not_hasten_a_post_that_waits_for_something_else(waiting: Desk, status: PostStatus) -> None:
    await waiting.admin.do("UPDATE posts SET status = $1", status)
    before = await waiting.row()
    await notify(waiting, await waiting.admin.one("SELECT platform_account_id FROM accounts"))
    assert await waiting.row() == before
