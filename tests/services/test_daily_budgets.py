"""The daily limits of a platform for the deployment's app, which all tenants share."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from letmepost.domain.api_keys import Mode
from letmepost.domain.costs import Cost, day_of, end_of
from letmepost.domain.flow import Call, Effect, Flow
from letmepost.gateways.http_client import HTTPClient
from letmepost.platforms.contract import ReadyPost
from letmepost.services.platform_costs import CostMeter
from letmepost.storage.database import Database
from tests.doubles.faults import Way
from tests.doubles.platform import make_platform, publish
from tests.services.desk import Desk, working
from tests.services.network import Network
from tests.storage.support import CLOCK, Admin, Owner, make_owner

PACIFIC = ZoneInfo("America/Los_Angeles")
LIMITS = {"uploads": 10, "units": 1000}
UPLOAD = Call(method="POST", url="https://network.example/uploads", effect=Effect.WRITE)
EDIT = Call(method="PUT", url="https://network.example/videos", effect=Effect.WRITE)


def costs(call: Call) -> Cost:
    return Cost("uploads", 1) if call.url.endswith("uploads") else Cost("units", 50)


def begin_and_publish(post: ReadyPost, settings: object) -> Flow[None]:
    """Prepare something, and publish."""
    yield Call(method="POST", url=f"{post.account.data['host']}/refresh", effect=Effect.PREPARE, step="begin")
    yield from publish(post, settings)


FEATURES = {
    "publish": begin_and_publish,
    "costs": costs,
    "cost_zone": PACIFIC,
    "daily_limits": lambda _settings: LIMITS,
    "priced_calls": lambda _post, _settings: (UPLOAD, EDIT, EDIT),
}
CHARGING = make_platform(**FEATURES)


async def spend(database: Database, unit: str, amount: int) -> None:
    """Let another tenant spend something today."""
    other = await make_owner(database, Mode.LIVE)
    meter = CostMeter(other.units)
    meter.add(other.tenant.organization_id, CHARGING, Cost(unit, amount))
    await meter.close()


@pytest.fixture
async def desk(
    owner: Owner, network: Network, admin: Admin, http: HTTPClient, redis_url: str, tmp_path: Path
) -> AsyncIterator[Desk]:
    async with working(owner, network, admin, http, redis_url, tmp_path, **FEATURES) as desk:
        yield desk


@pytest.mark.parametrize(("unit", "left"), [("uploads", 0), ("units", 99)])
async def test_post_waits_for_the_next_day_when_another_tenant_has_used_up_the_limit(
    desk: Desk, database: Database, unit: str, left: int
) -> None:
    await spend(database, unit, LIMITS[unit] - left)
    await desk.post(late_within_s=2 * 86_400)
    row = await desk.publish()
    resets_at = end_of(day_of(CLOCK.now(), PACIFIC), PACIFIC)
    assert (row["status"], row["failure_count"], desk.network.posts) == ("retrying", 0, [])
    assert resets_at <= row["ready_at"] <= resets_at + timedelta(seconds=2)
    error = json.loads(row["error"])
    assert error["rule"] == "budget.limit"
    assert {name: error["budget"][name] for name in ("name", "limit", "remaining")} == {
        "name": unit,
        "limit": LIMITS[unit],
        "remaining": left,
    }


async def test_post_that_fits_is_published_and_the_rest_is_shown(desk: Desk, database: Database) -> None:
    await spend(database, "uploads", 9)
    await spend(database, "units", 900)
    await desk.post()
    assert (await desk.publish())["status"] == "published"
    await desk.tools.throttles.budgets.tell()
    shown = await desk.tools.throttles.budgets.read(["double/live"])
    assert {budget.name: budget.remaining for budget in shown["double/live"]} == {"uploads": 1, "units": 100}


async def test_other_days_do_not_count(desk: Desk, database: Database, admin: Admin) -> None:
    await spend(database, "uploads", 10)
    await admin.do("UPDATE usage SET period_start = period_start - 1")
    await desk.post()
    assert (await desk.publish())["status"] == "published"


async def test_post_that_has_begun_continues_when_the_limit_is_used_up(desk: Desk, database: Database) -> None:
    desk.network.ways = [Way.AWAY]
    await desk.post()
    assert (await desk.publish())["status"] == "retrying"
    await spend(database, "uploads", 10)
    await desk.let_time_pass()
    assert (await desk.publish())["status"] == "published"


async def test_post_in_doubt_is_reconciled_when_the_limit_is_used_up(desk: Desk, database: Database) -> None:
    desk.network.ways = [Way.LOST_AFTER]
    await desk.post()
    assert (await desk.publish())["status"] == "retrying"
    await spend(database, "uploads", 10)
    await desk.let_time_pass()
    assert (await desk.publish())["status"] == "published"
    assert desk.network.posts == [("post", "Hello")]
