"""Account maintenance: token refreshes, daily health checks and expiry notices."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from letmepost.domain.account_maintenance import next_check_at
from letmepost.domain.budgets import Budget
from letmepost.domain.errors import LimitScope
from letmepost.gateways.http_client import HTTPClient
from letmepost.platforms.connecting import Credential
from letmepost.services.accounts.health import HealthChecks
from letmepost.services.accounts.maintenance import AccountMaintenance
from letmepost.services.accounts.tokens import renewal_at
from letmepost.services.platform_clock import PlatformClock
from letmepost.services.publishing import throttling
from letmepost.storage.accounts.accounts import AccountRow
from letmepost.storage.accounts.maintenance import EveryTenantAccounts
from tests.doubles.clock import SteppedClock
from tests.doubles.faults import Way
from tests.services.desk import Desk, working
from tests.services.network import Network
from tests.storage.support import CLOCK, Admin, Owner, in_the_past

_ENDED: tuple[int, dict[str, Any]] = (401, {"error": "revoked"})
_REFUSED: tuple[int, dict[str, Any]] = (400, {})


class Keeper:
    """Maintains the account of a desk, as a worker does."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.health = HealthChecks(desk.owner.units, desk.tools.worlds)
        self.maintenance = AccountMaintenance(
            units=desk.owner.units,
            accounts=EveryTenantAccounts(desk.owner.database),
            worlds=desk.tools.worlds,
            health=self.health,
            throttles=desk.tools.throttles,
        )

    async def set(self, **values: Any) -> None:
        for name, value in values.items():
            table = "credentials" if name.startswith("refresh") else "accounts"
            await self.desk.admin.do(f"UPDATE {table} SET {name} = $1", value)  # noqa: S608 - names above

    async def refresh(self) -> None:
        """Make a refresh due, and run it."""
        await self.set(refresh_at=in_the_past())
        await self.maintenance.refresh_due(10)

    async def row(self) -> dict[str, Any]:
        [row] = await self.desk.admin.rows(
            "SELECT * FROM accounts LEFT JOIN credentials ON credentials.id = credential_id"
        )
        return row

    async def account(self) -> AccountRow:
        tenant = self.desk.owner.tenant
        async with self.desk.owner.units.begin(tenant) as work:
            found = await work.accounts.find(self.desk.account_id)
        assert found is not None
        return found

    async def token(self) -> str:
        tenant = self.desk.owner.tenant
        async with self.desk.owner.units.begin(tenant) as work:
            found = await work.credentials.find(self.desk.account_id)
        assert found is not None
        return found.secrets["token"]

    @property
    def network(self) -> Network:
        return self.desk.network


@pytest.fixture
def keeper(desk: Desk) -> Keeper:
    return Keeper(desk)


async def test_expiring_credential_is_refreshed_and_the_next_refresh_is_planned(keeper: Keeper) -> None:
    keeper.network.lasts_s = 7200
    await keeper.refresh()
    row = await keeper.row()
    assert await keeper.token() == "refreshed-1"
    assert timedelta(minutes=70) < row["refresh_at"] - CLOCK.now() < timedelta(minutes=81)
    await keeper.maintenance.refresh_due(10)
    assert keeper.network.refreshed == ["first"], "the next refresh is not due yet"


async def test_credential_is_refreshed_once_by_two_workers(keeper: Keeper) -> None:
    """Two processes must not use the same rotating refresh token."""
    await keeper.set(refresh_at=in_the_past())
    keeper.network.lasts_s = 7200
    keeper.network.hold()
    tasks = [asyncio.create_task(keeper.maintenance.refresh_due(10)) for _ in range(2)]
    await keeper.network.arrived.acquire()
    keeper.network.release()
    await asyncio.gather(*tasks)
    assert keeper.network.refreshed == ["first"]
    assert await keeper.token() == "refreshed-1"


async def test_definite_refusal_marks_the_account_immediately(keeper: Keeper) -> None:
    keeper.network.refresh_answer = _ENDED
    await keeper.refresh()
    account = await keeper.account()
    assert (account.status, account.health) == ("reauth_required", "refused")
    assert await keeper.desk.events() == ["token.revoked"]
    await keeper.refresh()
    assert await keeper.desk.events() == ["token.revoked"], "the revocation is announced once"
    assert len(keeper.network.refreshed) == 1
    assert await keeper.token() == "first"


@pytest.mark.parametrize(
    "answer",
    [(500, {}), (503, {}), (429, {}), (200, {"secrets": {"token": ""}})],
    ids=["500", "503", "429", "empty"],
)
async def test_temporary_failure_never_marks_the_account(keeper: Keeper, answer: tuple[int, dict[str, Any]]) -> None:
    """A 500 or 429 of the token endpoint is not a revocation, and refreshing continues."""
    keeper.network.refresh_answer = answer
    for count in range(1, 6):
        await keeper.refresh()
        row = await keeper.row()
        assert (row["status"], row["refresh_failures"], row["refresh_strikes"]) == ("active", count, 0)
        assert timedelta() < row["refresh_at"] - CLOCK.now() < timedelta(hours=1, minutes=5)
    assert await keeper.desk.events() == []
    keeper.network.refresh_answer = None
    await keeper.refresh()
    row = await keeper.row()
    assert (await keeper.token(), row["refresh_failures"]) == ("refreshed-6", 0)


async def test_third_ambiguous_refusal_marks_the_account(keeper: Keeper) -> None:
    keeper.network.refresh_answer = _REFUSED
    for _ in range(2):
        await keeper.refresh()
        assert (await keeper.account()).status == "active"
    await keeper.refresh()
    assert (await keeper.account()).status == "reauth_required"
    assert await keeper.desk.events() == ["token.revoked"]


async def test_success_resets_the_count_of_ambiguous_refusals(keeper: Keeper) -> None:
    for answer in (_REFUSED, _REFUSED, None, _REFUSED, _REFUSED):
        keeper.network.refresh_answer = answer
        await keeper.refresh()
    assert (await keeper.account()).status == "active"


async def test_refusals_of_one_token_for_many_posts_count_once(keeper: Keeper) -> None:
    """A deployment whose app is misconfigured must not lose its accounts in seconds."""
    keeper.network.tokens.clear()
    keeper.network.refresh_answer = _REFUSED
    await keeper.desk.post()
    for _ in range(4):
        assert (await keeper.desk.publish())["status"] == "retrying"
        await keeper.desk.let_time_pass()
    row = await keeper.row()
    assert (row["status"], row["refresh_strikes"]) == ("active", 1)


async def test_refresh_is_repeated_once_when_the_response_is_lost(keeper: Keeper) -> None:
    keeper.network.lost_refreshes = 1
    await keeper.refresh()
    assert keeper.network.refreshed == ["first", "first"]
    assert await keeper.token() == "refreshed-2"


async def test_account_needs_a_reconnect_when_a_lost_response_used_the_token(keeper: Keeper) -> None:
    keeper.network.lost_refreshes = 1
    keeper.network.hold()
    refreshing = asyncio.create_task(keeper.refresh())
    await keeper.network.arrived.acquire()
    keeper.network.release()
    while not keeper.network.refreshed:  # noqa: ASYNC110 - the double has no event for it
        await asyncio.sleep(0)
    keeper.network.refresh_answer = _ENDED
    await refreshing
    assert (await keeper.account()).status == "reauth_required"
    assert await keeper.token() == "first", "the stored credential is kept"


async def test_repeatedly_lost_responses_do_not_mark_the_account(keeper: Keeper) -> None:
    keeper.network.lost_refreshes = 6
    for _ in range(3):
        await keeper.refresh()
    row = await keeper.row()
    assert (row["status"], row["refresh_failures"]) == ("active", 3)


@pytest.mark.parametrize("answer", [_ENDED, _REFUSED, (500, {})], ids=["ended", "refused", "500"])
async def test_reconnect_during_a_failed_refresh_wins(keeper: Keeper, answer: tuple[int, dict[str, Any]]) -> None:
    """The failure concerns the old credential, and the reconnect has stored a new one."""
    await keeper.set(refresh_at=in_the_past(), refresh_strikes=2)
    keeper.network.refresh_answer = answer
    keeper.network.hold()
    refreshing = asyncio.create_task(keeper.maintenance.refresh_due(10))
    await keeper.network.arrived.acquire()
    await keeper.desk.reconnect()
    keeper.network.release()
    await refreshing
    row = await keeper.row()
    assert (row["status"], row["refresh_failures"], row["refresh_strikes"]) == ("active", 0, 0)
    assert await keeper.desk.events() == []
    assert await keeper.token() == "reconnected"


async def test_disconnect_during_a_refresh_wins(keeper: Keeper) -> None:
    await keeper.set(refresh_at=in_the_past())
    keeper.network.hold()
    refreshing = asyncio.create_task(keeper.maintenance.refresh_due(10))
    await keeper.network.arrived.acquire()
    async with keeper.desk.owner.units.begin(keeper.desk.owner.tenant) as work:
        await work.accounts.disconnect(keeper.desk.account_id, work.now())
    keeper.network.release()
    await refreshing
    row = await keeper.row()
    assert (row["status"], row["credential_id"], row["sealed"]) == ("disconnected", None, None)
    assert await keeper.desk.events() == []


async def test_post_of_a_revoked_account_is_published_after_a_reconnect(keeper: Keeper) -> None:
    keeper.network.refresh_answer = _ENDED
    await keeper.refresh()
    await keeper.desk.post()
    assert (await keeper.desk.publish())["status"] == "held"
    await keeper.desk.reconnect()
    assert (await keeper.desk.publish())["status"] == "published"


async def test_account_is_checked_at_its_own_time_of_day(keeper: Keeper) -> None:
    planned = (await keeper.row())["check_at"]
    assert timedelta() < planned - CLOCK.now() <= timedelta(days=1)
    await keeper.maintenance.check_due(10)
    assert (await keeper.account()).health is None, "it is not due"
    await keeper.set(check_at=in_the_past())
    await keeper.maintenance.check_due(10)
    row = await keeper.row()
    assert row["health"] == "healthy"
    assert row["check_at"] in {planned, next_check_at(keeper.desk.account_id, CLOCK.now())}


async def test_failed_check_marks_the_account(keeper: Keeper) -> None:
    """A token can be revoked before it expires. Only a check detects that."""
    keeper.network.ways = [Way.REVOKED]
    await keeper.set(check_at=in_the_past())
    await keeper.maintenance.check_due(10)
    row = await keeper.row()
    assert (row["status"], row["check_at"]) == ("reauth_required", None)
    assert await keeper.desk.events() == ["token.revoked"]


async def test_check_is_postponed_while_the_account_is_throttled(keeper: Keeper) -> None:
    account = await keeper.account()
    name = throttling.names(keeper.desk.owner.tenant, account, timedelta(), None)[1]
    await keeper.desk.tools.throttles.limit(name, CLOCK.now() + timedelta(hours=1))
    await keeper.set(check_at=in_the_past())
    await keeper.maintenance.check_due(10)
    row = await keeper.row()
    assert row["health"] is None
    assert timedelta() < row["check_at"] - CLOCK.now() < timedelta(hours=1)


async def test_check_is_postponed_while_a_rate_limit_is_low(keeper: Keeper) -> None:
    names = throttling.names(keeper.desk.owner.tenant, await keeper.account(), timedelta(), None)
    resets_at = CLOCK.now() + timedelta(hours=1)
    low = Budget(name="calls", scope=LimitScope.APP, limit=100, remaining=25, resets_at=resets_at)
    await keeper.desk.tools.throttles.spend(names[0], [low])
    assert keeper.desk.tools.throttles.find(names) is None
    await keeper.set(check_at=in_the_past())
    await keeper.maintenance.check_due(10)
    row = await keeper.row()
    assert row["health"] is None
    assert timedelta() < row["check_at"] - CLOCK.now() < timedelta(hours=1)


@pytest.fixture
async def costly(
    owner: Owner, network: Network, admin: Admin, http: HTTPClient, redis_url: str, tmp_path: Path
) -> AsyncIterator[Keeper]:
    """Return a keeper for a platform that charges for each read."""
    async with working(owner, network, admin, http, redis_url, tmp_path, check_costs_money=True) as desk:
        yield Keeper(desk)


async def test_success_counts_as_a_check_on_platforms_that_charge_for_checks(costly: Keeper) -> None:
    await costly.set(check_at=in_the_past())
    await costly.maintenance.check_due(10)
    row = await costly.row()
    assert (row["health"], costly.network.arrived.locked()) == (None, True), "the platform was not called"
    assert row["check_at"] > CLOCK.now()
    await costly.refresh()
    assert (await costly.account()).health == "healthy"
    await costly.set(health=None)
    await costly.desk.post()
    await costly.desk.publish()
    assert (await costly.account()).health == "healthy"


async def test_expiry_is_announced_once_per_notice(keeper: Keeper) -> None:
    """Notices are for owners who must reconnect, not for routine refreshes."""
    for left, events in (
        (timedelta(days=8), 0),
        (timedelta(days=6, hours=23), 1),
        (timedelta(days=5), 1),
        (timedelta(days=2), 2),
        (timedelta(hours=3), 3),
        (timedelta(hours=1), 3),
    ):
        await keeper.set(token_expires_at=CLOCK.now() + left)
        await asyncio.gather(*[keeper.maintenance.announce_expiring(10) for _ in range(3)])
        assert await keeper.desk.events() == ["token.expiring"] * events
        assert (await keeper.account()).status == ("expiring" if events else "active")
    data = [row["data"] for row in await keeper.desk.admin.rows("SELECT data::text FROM events ORDER BY written")]
    assert ['"daysLeft": 7' in data[0], '"daysLeft": 3' in data[1], '"daysLeft": 1' in data[2]] == [True] * 3


async def test_expiry_is_announced_again_after_a_reconnect(keeper: Keeper) -> None:
    """A reconnect replaces the credential, so the notices start from the beginning."""
    for count in (1, 2):
        await keeper.set(token_expires_at=CLOCK.now() + timedelta(hours=3))
        await keeper.maintenance.announce_expiring(10)
        assert await keeper.desk.events() == ["token.expiring"] * count
        await keeper.desk.reconnect()
        assert (await keeper.account()).status == "active"


async def test_expiring_account_still_publishes(keeper: Keeper) -> None:
    await keeper.set(token_expires_at=CLOCK.now() + timedelta(hours=3))
    await keeper.maintenance.announce_expiring(10)
    await keeper.desk.post()
    assert (await keeper.desk.publish())["status"] == "published"


NOW = datetime.fromisoformat("2026-11-22T12:00:00+00:00")


@pytest.mark.parametrize(
    ("ends_in", "person_in", "expected"),
    [
        (None, None, None),
        (timedelta(days=60), timedelta(days=60), None),
        (timedelta(days=60), timedelta(days=365), timedelta(days=40)),
        (timedelta(hours=3), None, timedelta(hours=2)),
    ],
    ids=["unknown", "only-a-person", "renewable", "unlimited"],
)
def test_credential_that_only_a_person_can_renew_is_not_refreshed(
    ends_in: timedelta | None, person_in: timedelta | None, expected: timedelta | None
) -> None:
    """A refresh that cannot succeed would mark a working account as revoked."""
    time = PlatformClock(SteppedClock(NOW), timedelta(days=3))
    platform_now = time.to_platform_time(NOW)
    credential = Credential(secrets={}, expires_at=None if ends_in is None else platform_now + ends_in)
    planned = renewal_at(credential, None if person_in is None else NOW + person_in, time, UUID(int=0))
    assert planned == (None if expected is None else NOW + expected)
