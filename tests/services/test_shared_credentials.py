"""Accounts of one consent share one credential: it is refreshed once, and revoked with the last of them."""

from typing import Any
from uuid import UUID

import pytest

from letmepost.platforms.connecting import ConnectedAccount, Credential
from letmepost.services.accounts import connect
from letmepost.services.accounts.disconnect import Disconnecting
from letmepost.services.accounts.disconnect import record as record_disconnect
from letmepost.services.accounts.owners import AccountOwner
from letmepost.storage.accounts.accounts import AccountRow
from tests.services.desk import Desk
from tests.services.test_account_maintenance import Keeper
from tests.storage.support import PLATFORM, in_the_past


class Household:
    """The accounts that were connected by one consent."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.keeper = Keeper(desk)

    async def consent(self, *names: str, **secrets: str) -> list[UUID]:
        """Connect accounts with equal credentials; return their ids."""
        owner = self.desk.owner
        server = {"host": (await self.keeper.account()).data["host"]}
        found = [
            ConnectedAccount(
                platform_account_id=name,
                handle=name,
                display_name=None,
                credential=Credential(secrets=secrets or {"token": "shared"}),
                data=server,
            )
            for name in names
        ]
        self.desk.network.tokens.add("shared")
        async with owner.units.begin(owner.caller) as work:
            made = await connect.store(work, PLATFORM, found, AccountOwner(profile_id=owner.profile_id))
        return [one.account.id for one in made]

    async def find(self, account_id: UUID) -> AccountRow:
        async with self.desk.owner.units.begin(self.desk.owner.tenant) as work:
            found = await work.accounts.find(account_id)
        assert found is not None
        return found

    async def credentials(self) -> list[dict[str, Any]]:
        """Return the credentials of the household, and not the one that the desk has from the beginning."""
        query = "SELECT * FROM credentials WHERE id <> $1 ORDER BY id"
        return await self.desk.admin.rows(query, self.desk.account_id)

    async def disconnect(self, account_id: UUID) -> None:
        owner = self.desk.owner
        await Disconnecting(owner.units, self.desk.tools.worlds).revoke(owner.tenant, await self.find(account_id))
        async with owner.units.begin(owner.tenant) as work:
            await record_disconnect(work, await self.find(account_id))


@pytest.fixture
def household(desk: Desk) -> Household:
    return Household(desk)


async def test_accounts_of_one_consent_share_a_credential(household: Household) -> None:
    await household.consent("alice", "page-1", "page-2")
    assert len(await household.credentials()) == 1


async def test_shared_credential_is_refreshed_once_for_all(household: Household) -> None:
    ids = await household.consent("alice", "page")
    await household.desk.admin.do("UPDATE credentials SET refresh_at = $1", in_the_past())
    await household.keeper.maintenance.refresh_due(10)
    assert household.desk.network.refreshed.count("shared") == 1
    async with household.desk.owner.units.begin(household.desk.owner.tenant) as work:
        stored = [await work.credentials.find(account_id) for account_id in ids]
    assert stored[0] == stored[1]
    assert stored[0] is not None
    assert stored[0].secrets["token"].startswith("refreshed")


async def test_end_of_a_shared_credential_marks_each_account_once(household: Household) -> None:
    ids = await household.consent("alice", "page")
    household.desk.network.refresh_answer = (401, {"error": "revoked"})
    await household.desk.admin.do("UPDATE credentials SET refresh_at = $1", in_the_past())
    await household.desk.admin.do("DELETE FROM events")
    for _ in range(2):
        await household.keeper.maintenance.refresh_due(10)
    assert [(await household.find(account_id)).status for account_id in ids] == ["reauth_required"] * 2
    assert await household.desk.events() == ["token.revoked"] * 3, "and the account that the desk has"
    assert [row["refresh_at"] for row in await household.credentials()] == [None]


async def test_credential_is_revoked_and_deleted_with_its_last_account(household: Household) -> None:
    first, second = await household.consent("alice", "page")
    await household.disconnect(first)
    assert household.desk.network.revoked == []
    assert len(await household.credentials()) == 1
    await household.disconnect(second)
    assert household.desk.network.revoked == ["shared"]
    assert await household.credentials() == []


async def test_account_that_is_connected_again_alone_leaves_the_credential_of_the_others(household: Household) -> None:
    first, second = await household.consent("alice", "page")
    assert await household.consent("alice", token="new") == [first]
    async with household.desk.owner.units.begin(household.desk.owner.tenant) as work:
        stored = [await work.credentials.find(account_id) for account_id in (first, second)]
    assert [credential and credential.secrets["token"] for credential in stored] == ["new", "shared"]
    await household.consent("page", token="new")
    assert len(await household.credentials()) == 2, "the old one is deleted with its last account"
