"""Reconnecting accounts: the held posts, and the hints that workers receive."""

from uuid import UUID

import pytest

from letmepost.platforms.connecting import ConnectedAccount, Credential
from letmepost.services.accounts import connect
from letmepost.services.work import UnitsOfWork
from tests.services.desk import Desk
from tests.storage.support import CLOCK, KEYRING, PLATFORM, RecordedHints


@pytest.fixture
def hints() -> RecordedHints:
    return RecordedHints()


async def reconnect(desk: Desk, hints: RecordedHints) -> UUID:
    """Record that the owner has connected the account of the desk again; return the id of the account."""
    found = ConnectedAccount(
        platform_account_id=f"platform-{desk.account_id}",
        handle=None,
        display_name=None,
        credential=Credential(secrets={"token": "reconnected"}),
    )
    units = UnitsOfWork(desk.owner.database, KEYRING, CLOCK, hints)
    async with units.begin(desk.owner.caller) as work:
        [connected] = await connect.record(work, PLATFORM, found)
        assert hints.received == [], "hints follow the commit"
    assert not connected.is_new
    return connected.account.id


async def test_reconnected_account_queues_its_held_posts_and_hints_that_a_post_is_due(
    desk: Desk, hints: RecordedHints
) -> None:
    await desk.post()
    await desk.disconnect()
    assert (await desk.row())["status"] == "held"
    assert await reconnect(desk, hints) == desk.account_id
    assert (await desk.row())["status"] == "queued"
    assert hints.received == ["post due"]
    assert await desk.events() == ["account.connected", "post.queued"]


@pytest.mark.parametrize("was_disconnected", [True, False])
async def test_reconnected_account_without_held_posts_hints_at_events_only(
    desk: Desk, hints: RecordedHints, *, was_disconnected: bool
) -> None:
    if was_disconnected:
        await desk.disconnect()
    assert await reconnect(desk, hints) == desk.account_id
    assert hints.received == ["events written"]
    assert await desk.events() == ["account.connected"]
