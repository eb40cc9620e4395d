"""Notices about the end of API versions, in PostgreSQL."""

import asyncio
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta

import pytest

from letmepost.domain.api_keys import Mode
from letmepost.services.tenants.version_notices import VersionNotices, due_notice
from letmepost.services.work import UnitsOfWork
from letmepost.storage.database import Database
from letmepost.storage.tenants.version_notices import EveryTenantNotices
from tests.doubles.clock import SteppedClock
from tests.doubles.platform import make_platform
from tests.storage.support import KEYRING, Admin, NoHints, Owner, make_owner

SUNSET = date(2027, 6, 15)
PLATFORM = make_platform(api_version="7", sunsets={"7": SUNSET})


def days_before(days: int) -> datetime:
    return datetime(SUNSET.year, SUNSET.month, SUNSET.day, 12, tzinfo=UTC) - timedelta(days=days)


async def sweep(database: Database, days: Iterable[int], **changes: object) -> None:
    """Run the worker's sweep on each of these days."""
    platform = make_platform(**{"api_version": "7", "sunsets": {"7": SUNSET, "8": SUNSET}, **changes})
    for day in days:
        units = UnitsOfWork(database, KEYRING, SteppedClock(days_before(day)), NoHints())
        await VersionNotices(units, EveryTenantNotices(database), {platform.name: platform}).sweep()


async def notified_days(admin: Admin, owner: Owner) -> list[str]:
    """Return the days on which the tenant was notified."""
    query = "SELECT created_at FROM events WHERE type = 'version.deprecated' AND organization_id = $1 ORDER BY written"
    rows = await admin.rows(query, owner.tenant.organization_id)
    return [str(row["created_at"].date()) for row in rows]


@pytest.mark.parametrize(
    ("days_left", "within"),
    [(91, None), (90, 90), (31, 90), (30, 30), (8, 30), (7, 7), (1, 7), (0, None), (-1, None)],
)
def test_notice_is_due_until_the_next_one(days_left: int, within: int | None) -> None:
    due = due_notice(PLATFORM, days_before(days_left).date())
    assert (None if due is None else due.within_days) == within


def test_platform_without_versions_has_no_notice() -> None:
    assert due_notice(make_platform(api_version=None), SUNSET) is None
    assert due_notice(make_platform(api_version="7"), SUNSET) is None


async def test_tenant_is_notified_three_times_however_often_the_sweep_runs(
    database: Database, admin: Admin, owner: Owner
) -> None:
    await owner.account()
    await owner.account()
    await sweep(database, [120, 91, 90, 90, 60, 31, 30, 29, 8, 7, 6, 1, 0])
    assert await notified_days(admin, owner) == [str(days_before(day).date()) for day in (90, 30, 7)]


async def test_event_contains_the_version_and_its_end(database: Database, admin: Admin, owner: Owner) -> None:
    await owner.account()
    await sweep(database, [90])
    [row] = await admin.rows("SELECT data, mode, profile_id FROM events WHERE type = 'version.deprecated'")
    assert row["data"] == '{"sunset": "2027-06-15", "platform": "double", "apiVersion": "7"}'
    assert (row["mode"], row["profile_id"]) == ("live", None)


async def test_new_version_has_its_own_notices(database: Database, admin: Admin, owner: Owner) -> None:
    await owner.account()
    await sweep(database, [90])
    await sweep(database, [60], api_version="8")
    assert len(await notified_days(admin, owner)) == 2


@pytest.mark.parametrize("status", ["disconnected", "reauth_required"])
async def test_tenant_without_a_usable_account_is_not_notified(
    database: Database, admin: Admin, owner: Owner, status: str
) -> None:
    account_id = await owner.account()
    await admin.do("UPDATE accounts SET status = $2 WHERE id = $1", account_id, status)
    await sweep(database, [90])
    assert await notified_days(admin, owner) == []
    await admin.do("UPDATE accounts SET status = 'expiring' WHERE id = $1", account_id)
    await sweep(database, [89])
    assert len(await notified_days(admin, owner)) == 1


async def test_tenant_with_accounts_on_other_platforms_only_is_not_notified(
    database: Database, admin: Admin, owner: Owner
) -> None:
    await owner.account()
    await sweep(database, [90], name="another")
    assert await notified_days(admin, owner) == []


async def test_each_mode_with_an_account_is_notified(database: Database, admin: Admin, owner: Owner) -> None:
    other = await make_owner(database, Mode.TEST)
    for each in (owner, other):
        await each.account()
    await sweep(database, [30])
    assert [len(await notified_days(admin, each)) for each in (owner, other)] == [1, 1]


async def test_two_concurrent_workers_notify_once(database: Database, admin: Admin, owner: Owner) -> None:
    await owner.account()
    await asyncio.gather(*(sweep(database, [7]) for _ in range(4)))
    assert len(await notified_days(admin, owner)) == 1
