"""Read-backs: a published post is looked up once, a day later, and reported if it is gone."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from letmepost.domain.accounts import AccountFacts
from letmepost.domain.flow import Call, Flow
from letmepost.gateways.http_client import HTTPClient
from letmepost.services.posts.read_back import READ_BACK_AFTER, ReadBacks
from letmepost.storage.posts.read_backs import EveryTenantReadBacks
from tests.doubles.platform import explain
from tests.services.desk import Desk, working
from tests.services.network import Network
from tests.storage.support import CLOCK, Admin, Owner, in_the_past


def _is_there(account: AccountFacts, uri: str, _settings: object) -> Flow[bool]:
    step = uri.removeprefix("at://")
    call = Call(method="GET", url=f"{account.data['host']}/posts", query=(("step", step),))
    reply = yield call
    if not reply.ok:
        raise explain(call, reply)
    return "uri" in reply.data()


@pytest.fixture
async def desk(
    owner: Owner, network: Network, admin: Admin, http: HTTPClient, redis_url: str, tmp_path: Path
) -> AsyncIterator[Desk]:
    """Return a desk with a published post, on a platform that can look up posts."""
    async with working(owner, network, admin, http, redis_url, tmp_path, is_there=_is_there) as desk:
        await desk.post()
        assert (await desk.publish())["status"] == "published"
        network.asked = 0
        yield desk


async def _sweep(desk: Desk, *, is_due: bool = True) -> None:
    if is_due:
        await desk.admin.do("UPDATE posts SET read_back_at = $1 WHERE read_back_at IS NOT NULL", in_the_past())
    read_backs = ReadBacks(
        units=desk.owner.units,
        found=EveryTenantReadBacks(desk.owner.database),
        worlds=desk.tools.worlds,
        throttles=desk.tools.throttles,
    )
    await read_backs.sweep(10)


async def _set(desk: Desk, column: str, value: datetime) -> None:
    await desk.admin.do(f"UPDATE posts SET {column} = $1", value)  # noqa: S608 - the names are in this file


async def test_post_is_not_read_back_before_a_day_has_passed(desk: Desk) -> None:
    due_at = (await desk.row())["read_back_at"]
    assert due_at - (await desk.row())["published_at"] == READ_BACK_AFTER
    await _sweep(desk, is_due=False)
    assert (desk.network.asked, (await desk.row())["read_back_at"]) == (0, due_at)


async def test_visible_post_is_read_back_once(desk: Desk) -> None:
    for _ in range(2):
        await _sweep(desk)
    row = await desk.row()
    assert (desk.network.asked, row["read_back_at"], row["removed_at"]) == (1, None, None)
    assert "post.removed" not in await desk.events()


async def test_missing_post_is_reported_once(desk: Desk) -> None:
    desk.network.posts.clear()
    for _ in range(2):
        await _sweep(desk)
    row = await desk.row()
    assert (row["status"], row["read_back_at"], row["removed_at"] is None) == ("published", None, False)
    assert (await desk.events()).count("post.removed") == 1


async def test_read_back_is_repeated_when_the_platform_does_not_respond(desk: Desk) -> None:
    desk.network.posts.clear()
    desk.network.can_look_up = False
    await _sweep(desk)
    row = await desk.row()
    assert row["removed_at"] is None
    assert row["read_back_at"] > CLOCK.now() + timedelta(minutes=55)
    desk.network.can_look_up = True
    await _sweep(desk)
    assert (await desk.row())["removed_at"] is not None


async def test_read_back_ends_after_three_days_without_a_response(desk: Desk) -> None:
    desk.network.can_look_up = False
    await _set(desk, "published_at", CLOCK.now() - timedelta(days=4))
    await _sweep(desk)
    row = await desk.row()
    assert (row["read_back_at"], row["removed_at"]) == (None, None)


async def test_unpublished_post_is_not_reported(desk: Desk) -> None:
    desk.network.posts.clear()
    await _set(desk, "unpublished_at", CLOCK.now())
    await _sweep(desk)
    assert (desk.network.asked, (await desk.row())["read_back_at"]) == (0, None)
    assert "post.removed" not in await desk.events()


async def test_post_of_a_disconnected_account_is_not_read_back(desk: Desk) -> None:
    await desk.disconnect()
    await _sweep(desk)
    assert (desk.network.asked, (await desk.row())["read_back_at"]) == (0, None)


async def test_no_read_back_is_planned_when_the_platform_cannot_look_up_posts(
    owner: Owner, network: Network, admin: Admin, http: HTTPClient, redis_url: str, tmp_path: Path
) -> None:
    async with working(owner, network, admin, http, redis_url, tmp_path) as desk:
        await desk.post()
        assert (await desk.publish())["read_back_at"] is None
