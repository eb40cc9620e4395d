import asyncio
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from letmepost.domain.accounts import AccountFacts
from letmepost.domain.api_keys import EVERY_SCOPE
from letmepost.domain.errors import NotFound, StateForbids
from letmepost.domain.flow import Flow
from letmepost.gateways.http_client import HTTPClient
from letmepost.services.accounts import health
from letmepost.services.accounts.health import HealthCheck, HealthChecks
from letmepost.services.callers import Caller
from letmepost.storage.accounts.accounts import AccountRow
from tests.doubles.faults import Way
from tests.doubles.platform import check
from tests.services.desk import Desk, working
from tests.services.network import Network
from tests.services.watched_store import OPEN_TRANSACTIONS
from tests.storage.support import Admin, Owner, fresh_id

_REFUSED = (401, {"error": "revoked"})


class Clinic:
    """Runs the health checks that callers request for the account of a desk."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.checks = HealthChecks(desk.owner.units, desk.tools.worlds)

    async def check(self, **changes: Any) -> AccountRow:
        """Check the account; return its row afterwards."""
        checked = await self.checks.ask(await self.prepare(**changes))
        async with self.desk.owner.units.begin(self.caller(**changes)) as work:
            return await health.record(work, checked)

    async def prepare(self, **changes: Any) -> HealthCheck:
        """Return a check of the account that has not run yet."""
        async with self.desk.owner.units.begin(self.caller(**changes)) as work:
            return await health.prepare(work, self.desk.account_id)

    def caller(self, **changes: Any) -> Caller:
        tenant = self.desk.owner.tenant
        given: Mapping[str, Any] = {
            "organization_id": tenant.organization_id,
            "mode": tenant.mode,
            "key_id": fresh_id(),
            "profile_id": None,
            "scopes": EVERY_SCOPE,
            "requests_per_minute": None,
        }
        return Caller(**{**given, **changes})

    async def account(self) -> AccountRow:
        async with self.desk.owner.units.begin(self.desk.owner.tenant) as work:
            row = await work.accounts.find(self.desk.account_id)
        assert row is not None
        return row


@pytest.fixture
def clinic(desk: Desk) -> Clinic:
    return Clinic(desk)


async def test_account_with_a_valid_credential_is_healthy(clinic: Clinic) -> None:
    before = await clinic.account()
    checked = await clinic.check()
    assert (before.health, before.checked_at) == (None, None)
    assert (checked.health, checked.health_error, checked.status) == ("healthy", None, "active")
    assert checked.checked_at is not None
    assert checked.updated_at == before.updated_at


async def test_successful_check_confirms_the_data_of_the_account(clinic: Clinic) -> None:
    await clinic.desk.admin.do("UPDATE accounts SET data_confirmed_at = NULL")
    before = await clinic.account()
    checked = await clinic.check()
    assert before.facts.confirmed_at is None
    assert checked.facts.confirmed_at is not None
    assert checked.connected_at <= checked.facts.confirmed_at <= (checked.checked_at or checked.connected_at)
    assert checked.data == before.data


async def test_connecting_confirms_the_data_of_the_account(clinic: Clinic) -> None:
    await clinic.desk.admin.do("UPDATE accounts SET data_confirmed_at = NULL")
    await clinic.desk.reconnect()
    account = await clinic.account()
    assert account.facts.confirmed_at == account.connected_at


async def test_data_that_a_check_returns_replaces_that_of_the_account(
    owner: Owner, network: Network, admin: Admin, http: HTTPClient, redis_url: str, tmp_path: Path
) -> None:
    def look(account: AccountFacts, settings: object) -> Flow[Mapping[str, Any]]:
        yield from check(account, settings)
        return {**account.data, "pages": ["1"]}

    async with working(owner, network, admin, http, redis_url, tmp_path, check=look) as desk:
        clinic = Clinic(desk)
        before = await clinic.account()
        after = await clinic.check()
    assert after.data == {**before.data, "pages": ["1"]}


async def test_failed_check_confirms_nothing(clinic: Clinic) -> None:
    before = await clinic.account()
    clinic.desk.network.ways = [Way.BROKEN]
    checked = await clinic.check()
    assert checked.health == "failing"
    assert (checked.data, checked.data_confirmed_at) == (before.data, before.data_confirmed_at)


async def test_data_of_a_check_is_ignored_when_the_account_was_reconnected_during_it(clinic: Clinic) -> None:
    prepared = await clinic.prepare()
    await clinic.desk.reconnect()
    before = await clinic.account()
    async with clinic.desk.owner.units.begin(clinic.caller()) as work:
        after = await health.record(work, replace(prepared, data={"host": "http://example.com"}))
    assert (after.data, after.data_confirmed_at) == (before.data, before.data_confirmed_at)


async def test_preferences_that_change_during_a_check_and_a_reconnect_stay(clinic: Clinic) -> None:
    prepared = await clinic.prepare()
    async with clinic.desk.owner.units.begin(clinic.caller()) as work:
        await work.accounts.change_preferences(prepared.account.id, {"board": "1", "other": "2"}, work.now())
        await work.accounts.change_preferences(prepared.account.id, {"board": "3"}, work.now())
        await health.record(work, replace(prepared, data={"host": "http://example.com"}))
    await clinic.desk.reconnect()
    assert (await clinic.account()).preferences == {"board": "3", "other": "2"}


async def test_expired_token_is_refreshed_during_the_check(clinic: Clinic) -> None:
    clinic.desk.network.tokens.clear()
    assert (await clinic.check()).health == "healthy"
    assert clinic.desk.network.refreshed == ["first"]


async def test_definite_refusal_marks_the_account_and_is_announced_once(clinic: Clinic) -> None:
    clinic.desk.network.tokens.clear()
    clinic.desk.network.refresh_answer = _REFUSED
    for _ in range(3):
        checked = await clinic.check()
        assert (checked.health, checked.status) == ("refused", "reauth_required")
        assert checked.health_error is not None
        assert checked.health_error["code"] == "platform_auth_failed"
    assert await clinic.desk.events() == ["token.revoked"]


async def test_concurrent_checks_announce_a_refusal_once(clinic: Clinic) -> None:
    clinic.desk.network.ways = [Way.REVOKED] * 5
    await asyncio.gather(*[clinic.check() for _ in range(5)])
    assert await clinic.desk.events() == ["token.revoked"]


@pytest.mark.parametrize("way", [Way.THROTTLED, Way.BROKEN, Way.AWAY, Way.REFUSED])
async def test_temporary_failure_changes_only_the_health(clinic: Clinic, way: Way) -> None:
    before = await clinic.account()
    clinic.desk.network.ways = [way]
    checked = await clinic.check()
    assert (checked.health, checked.status) == ("failing", "active")
    assert checked.health_error is not None
    assert checked.updated_at == before.updated_at
    assert await clinic.desk.events() == []
    assert (await clinic.check()).health == "healthy"


async def test_unreachable_platform_changes_only_the_health(clinic: Clinic) -> None:
    await clinic.desk.admin.do("""UPDATE accounts SET data = '{"host": "http://127.0.0.1:1"}'""")
    checked = await clinic.check()
    assert (checked.health, checked.status) == ("failing", "active")
    assert await clinic.desk.events() == []


@pytest.mark.parametrize("way", [Way.REVOKED, Way.BROKEN, Way.WELL])
async def test_check_is_ignored_when_the_account_was_reconnected_during_it(clinic: Clinic, way: Way) -> None:
    """A slow response about the old credential must not mark the new one."""
    network = clinic.desk.network
    network.ways = [] if way is Way.WELL else [way]
    network.hold()
    checking = asyncio.create_task(clinic.check())
    await network.arrived.acquire()
    await clinic.desk.reconnect()
    network.release()
    checked = await checking
    assert (checked.status, checked.health, checked.checked_at) == ("active", None, None)
    assert await clinic.desk.events() == []


async def test_no_transaction_is_open_while_a_check_waits_for_the_platform(clinic: Clinic) -> None:
    network = clinic.desk.network
    network.hold()
    checking = asyncio.create_task(clinic.check())
    await network.arrived.acquire()
    assert await clinic.desk.admin.one(OPEN_TRANSACTIONS) == 0
    network.release()
    assert (await checking).health == "healthy"


async def test_successful_check_does_not_unmark_the_account(clinic: Clinic) -> None:
    """A credential that can read may be unable to publish. Only a reconnect unmarks the account."""
    clinic.desk.network.ways = [Way.REVOKED]
    await clinic.check()
    checked = await clinic.check()
    assert (checked.health, checked.status) == ("healthy", "reauth_required")


async def test_refusal_during_publishing_is_shown_as_health(clinic: Clinic) -> None:
    clinic.desk.network.ways = [Way.REVOKED]
    await clinic.desk.post()
    await clinic.desk.publish()
    account = await clinic.account()
    assert (account.status, account.health) == ("reauth_required", "refused")
    assert account.health_error is not None
    assert account.health_error["platformResponse"] == {"status": 401}
    assert account.checked_at is not None


async def test_reconnect_resets_the_health(clinic: Clinic) -> None:
    clinic.desk.network.ways = [Way.REVOKED]
    await clinic.check()
    await clinic.desk.reconnect()
    account = await clinic.account()
    assert (account.status, account.health, account.health_error) == ("active", None, None)


async def test_disconnected_account_cannot_be_checked(clinic: Clinic) -> None:
    async with clinic.desk.owner.units.begin(clinic.desk.owner.tenant) as work:
        await work.accounts.disconnect(clinic.desk.account_id, work.now())
    with pytest.raises(StateForbids) as refusal:
        await clinic.check()
    assert refusal.value.rule == "account.disconnected"
    assert not clinic.desk.network.refreshed


async def test_account_of_another_profile_is_not_found(clinic: Clinic) -> None:
    with pytest.raises(NotFound):
        await clinic.check(profile_id=fresh_id())
