"""Calls of a unit of work after its transaction has ended."""

from collections.abc import Awaitable, Callable

import pytest

from letmepost.storage.database import Tenant
from tests.services.watched_store import OPEN_TRANSACTIONS
from tests.storage.support import Admin, Owner


class Recorder:
    """Records what is visible to others when it is called."""

    def __init__(self, admin: Admin, tenant: Tenant) -> None:
        self._admin = admin
        self._tenant = tenant
        self.seen: list[tuple[int, str]] = []

    async def look(self) -> None:
        open_count = await self._admin.one(OPEN_TRANSACTIONS)
        name = await self._admin.one(
            "SELECT name FROM profiles WHERE organization_id = $1 AND is_default", self._tenant.organization_id
        )
        self.seen.append((open_count, name))


@pytest.fixture
def recorder(admin: Admin, owner: Owner) -> Recorder:
    return Recorder(admin, owner.tenant)


async def rename(owner: Owner, act: Callable[[], Awaitable[None]], error: Exception | None = None) -> None:
    """Rename the default profile in a unit of work, and call `act` after its commit."""
    async with owner.units.begin(owner.tenant) as work:
        work.after_commit(act)
        await work.profiles.rename(owner.profile_id, "Renamed")
        if error is not None:
            raise error


async def test_call_after_commit_sees_the_change_and_no_open_transaction(owner: Owner, recorder: Recorder) -> None:
    await rename(owner, recorder.look)
    assert recorder.seen == [(0, "Renamed")]


async def test_call_after_commit_is_skipped_when_the_work_is_rolled_back(owner: Owner, recorder: Recorder) -> None:
    with pytest.raises(ZeroDivisionError):
        await rename(owner, recorder.look, ZeroDivisionError())
    assert recorder.seen == []


async def test_error_after_the_commit_is_raised_and_the_change_is_kept(owner: Owner, recorder: Recorder) -> None:
    async def fail() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await rename(owner, fail)
    await recorder.look()
    assert recorder.seen == [(0, "Renamed")]
