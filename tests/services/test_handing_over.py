"""Posts that a person must finish on the platform."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from letmepost.domain.flow import Flow, HandOver
from letmepost.gateways.http_client import HTTPClient
from letmepost.platforms.connecting import Callback, Notice
from letmepost.platforms.contract import ReadyPost
from letmepost.services.accounts.callbacks import PlatformCallbacks
from letmepost.storage.accounts.maintenance import EveryTenantAccounts
from tests.doubles.faults import Way
from tests.doubles.platform import put
from tests.services.desk import Desk, working
from tests.services.network import Network
from tests.services.office import Office
from tests.services.test_attempts import be_held_in_doubt
from tests.storage.support import CLOCK, PLATFORM, Admin, Owner

INBOX = "https://network.example/inbox"


def share(post: ReadyPost, _settings: object) -> Flow[None]:
    """Send a draft, once, and hand it over."""
    yield from put(post, "post", post.content.text)
    yield HandOver(INBOX, uri="draft-1")


def notified(callback: Callback, _settings: object) -> list[Notice]:
    return [Notice(**json.loads(callback.body))]


@pytest.fixture
async def desk(
    owner: Owner, network: Network, admin: Admin, http: HTTPClient, redis_url: str, tmp_path: Path
) -> AsyncIterator[Desk]:
    """Return a desk whose platform takes drafts."""
    async with working(
        owner, network, admin, http, redis_url, tmp_path, publish=share, notified=notified, connect_input=None
    ) as desk:
        yield desk


async def event(desk: Desk) -> dict[str, Any]:
    """Return the data of the event of the handed over post."""
    [row] = await desk.admin.rows("SELECT data FROM events WHERE type = 'post.awaiting_user'")
    data: dict[str, Any] = json.loads(row["data"])
    return data


async def test_handed_over_post_awaits_its_user_and_its_event_contains_the_page(desk: Desk) -> None:
    await desk.post()
    row = await desk.publish()
    assert (row["status"], row["ready_at"], row["lease_token"]) == ("awaiting_user", None, None)
    assert (row["url"], row["published_at"], row["error"]) == (None, None, None)
    assert await desk.events() == ["post.awaiting_user"]
    data = await event(desk)
    assert (data["status"], data["url"]) == ("awaiting_user", INBOX)
    [attempt] = await desk.admin.rows("SELECT outcome, error FROM attempts")
    assert (attempt["outcome"], attempt["error"]) == ("awaiting_user", None)


@pytest.mark.parametrize(
    "way", [Way.LOST_AFTER, Way.LOST_BEFORE, Way.AWAY], ids=["executed", "not executed", "refused"]
)
async def test_post_is_handed_over_once_after_a_lost_reply(desk: Desk, way: Way) -> None:
    desk.network.ways = [way]
    await desk.post()
    assert (await desk.publish())["status"] == "retrying"
    await desk.let_time_pass()
    assert (await desk.publish())["status"] == "awaiting_user"
    assert desk.network.posts == [("post", "Hello")]


async def test_post_is_handed_over_after_a_crash_before_its_record(desk: Desk) -> None:
    """The platform's reply was recorded, the new status was not."""
    await desk.post()
    await desk.publish()
    await desk.admin.do("UPDATE posts SET status = 'publishing', ready_at = now() - interval '1 minute'")
    assert (await desk.publish())["status"] == "awaiting_user"
    assert desk.network.posts == [("post", "Hello")]


async def test_held_post_that_was_sent_is_handed_over(desk: Desk) -> None:
    """Its account was lost while its outcome was unknown."""
    await be_held_in_doubt(desk)
    await desk.let_the_deadline_pass()
    assert (await desk.publish())["status"] == "awaiting_user"
    assert desk.network.posts == [("post", "Hello")]


async def test_post_that_its_user_did_not_finish_is_sent_again_by_a_retry(desk: Desk) -> None:
    office, post_id = Office(desk), await desk.post()
    await desk.publish()
    assert not await office.retry(post_id)
    assert await office.resolve(post_id, is_published=False)
    assert (await desk.row())["status"] == "failed"
    assert await office.retry(post_id)
    await desk.let_time_pass()
    assert (await desk.publish())["status"] == "awaiting_user"
    assert desk.network.posts == [("post", "Hello")] * 2


async def test_post_that_its_user_finished_is_published(desk: Desk) -> None:
    post_id = await desk.post()
    await desk.publish()
    assert await Office(desk).resolve(post_id, is_published=True)
    assert (await desk.row())["status"] == "published"
    assert await desk.events() == ["post.awaiting_user", "post.published"]


async def report(desk: Desk, **what: Any) -> None:
    """Receive a callback of the platform about the account."""
    callbacks = PlatformCallbacks(desk.owner.units, desk.tools.worlds, EveryTenantAccounts(desk.owner.database))
    body = json.dumps({"owner_id": f"platform-{desk.account_id}", **what}).encode()
    await callbacks.notify(PLATFORM, Callback(headers={}, body=body, received_at=CLOCK.now()))


async def test_post_is_published_once_when_the_platform_reports_that_its_user_finished_it(desk: Desk) -> None:
    await desk.post()
    await desk.publish()
    for _ in range(2):
        await report(desk, finished="draft-1", url="https://network.example/1")
    row = await desk.row()
    assert (row["status"], row["uri"], row["url"]) == ("published", "draft-1", "https://network.example/1")
    assert row["published_at"] is not None
    assert await desk.events() == ["post.awaiting_user", "post.published"]


@pytest.mark.parametrize("what", [{"finished": "draft-2"}, {}], ids=["another draft", "progress only"])
async def test_report_on_something_else_does_not_settle_a_post(desk: Desk, what: dict[str, Any]) -> None:
    await desk.post()
    await desk.publish()
    await report(desk, **what)
    assert (await desk.row())["status"] == "awaiting_user"


async def test_report_of_a_revoked_access_requires_a_reconnect(desk: Desk) -> None:
    await report(desk, is_withdrawn=True)
    assert await desk.admin.one("SELECT status FROM accounts") == "reauth_required"
    assert await desk.events() == ["token.revoked"]
