"""What platforms charge for calls: counted per organization and day, and only in live mode."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from letmepost.domain.accounts import AccountFacts
from letmepost.domain.api_keys import Mode
from letmepost.domain.costs import Cost, DayCost
from letmepost.domain.flow import Call
from letmepost.gateways.http_client import HTTPClient
from letmepost.platforms.connecting import PlatformSettings
from letmepost.services.accounts.connect import PreparedFlow, run
from letmepost.services.platform_access import SandboxAccess, Worlds
from letmepost.services.platform_clock import PlatformClock
from letmepost.services.platform_costs import CostMeter, list_today
from letmepost.storage.database import Database
from tests.doubles.platform import disconnect, make_platform
from tests.services.network import Network
from tests.storage.support import CLOCK, PLATFORM, Admin, Owner, make_owner

AUCKLAND = ZoneInfo("Pacific/Auckland")


def price(call: Call) -> Cost | None:
    return Cost("cents", 3) if call.method == "POST" else None


CHARGING = make_platform(costs=price)


@pytest.fixture
def meter(owner: Owner) -> CostMeter:
    return CostMeter(owner.units)


async def costs_of(owner: Owner) -> list[Cost]:
    async with owner.units.begin(owner.tenant) as work:
        return [counted.cost for counted in await list_today(work, {PLATFORM: CHARGING})]


async def test_costs_of_an_organization_are_added_up(owner: Owner, database: Database, meter: CostMeter) -> None:
    other = await make_owner(database, Mode.LIVE)
    for unit, amount in (("cents", 3), ("calls", 1), ("cents", 4)):
        meter.add(owner.tenant.organization_id, CHARGING, Cost(unit, amount))
    meter.add(other.tenant.organization_id, CHARGING, Cost("cents", 100))
    await meter.write()
    meter.add(owner.tenant.organization_id, CHARGING, Cost("cents", 5))
    await meter.close()
    assert await costs_of(owner) == [Cost("calls", 1), Cost("cents", 12)]
    assert await costs_of(other) == [Cost("cents", 100)]


async def test_costs_start_again_at_midnight_in_the_platforms_time_zone(owner: Owner, meter: CostMeter) -> None:
    platform = replace(CHARGING, cost_zone=AUCKLAND)
    meter.add(owner.tenant.organization_id, platform, Cost("cents", 3))
    await meter.close()
    midnight = datetime.combine(CLOCK.now().astimezone(AUCKLAND).date() + timedelta(days=1), datetime.min.time())
    async with owner.units.begin(owner.tenant) as work:
        [counted] = await list_today(work, {PLATFORM: platform})
        assert counted == DayCost(PLATFORM, Cost("cents", 3), midnight.replace(tzinfo=AUCKLAND).astimezone(UTC))
        # The day in another zone: the counter belongs to a day that is over, or has not begun.
        elsewhere = replace(CHARGING, cost_zone=ZoneInfo("Etc/GMT+12"))
        assert await list_today(work, {PLATFORM: elsewhere}) == []


async def test_costs_of_a_deleted_organization_are_dropped(owner: Owner, admin: Admin, meter: CostMeter) -> None:
    meter.add(owner.tenant.organization_id, CHARGING, Cost("cents", 3))
    await admin.do("DELETE FROM organizations WHERE id = $1", owner.tenant.organization_id)
    await meter.close()
    assert await costs_of(owner) == []


async def test_costs_that_cannot_be_written_are_kept(owner: Owner, admin: Admin, meter: CostMeter) -> None:
    meter.add(owner.tenant.organization_id, CHARGING, Cost("cents", 3))
    await admin.do("ALTER TABLE usage RENAME TO unusable")
    await meter.write()
    await admin.do("ALTER TABLE unusable RENAME TO usage")
    await meter.close()
    assert await costs_of(owner) == [Cost("cents", 3)]


@pytest.mark.parametrize(("mode", "charged"), [(Mode.LIVE, [Cost("cents", 3)]), (Mode.TEST, [])])
async def test_live_calls_are_charged_and_simulated_ones_are_free(
    owner: Owner, network: Network, http: HTTPClient, meter: CostMeter, mode: Mode, charged: list[Cost]
) -> None:
    settings = {PLATFORM: PlatformSettings()}
    simulator = replace(CHARGING.simulator, settings=lambda _url: PlatformSettings())
    worlds = Worlds(
        platforms={PLATFORM: replace(CHARGING, simulator=simulator)},
        settings=settings,
        live_http=http,
        sandbox=SandboxAccess(http, network.url, network.url),
        meter=meter,
    )
    access = worlds.access(PLATFORM, mode, owner.tenant.organization_id)
    account = AccountFacts(platform_account_id="1", handle=None, data={"host": network.url})
    await run(PreparedFlow(access, disconnect(account, None), PlatformClock(CLOCK, timedelta())))
    await meter.close()
    assert await costs_of(owner) == charged
