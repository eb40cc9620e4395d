"""Refresh tokens that are valid once, and many workers that refresh at the same time."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

import httpx2
import pytest
from pydantic import AnyHttpUrl

from letmepost.gateways.drive import drive
from letmepost.gateways.http_client import HTTPClient
from letmepost.gateways.sender import Sender
from letmepost.platforms import discover
from letmepost.platforms.connecting import Credential, Grant
from letmepost.sandbox import create_app, open_store
from letmepost.services.accounts.tokens import AccountCredentials, account_sender
from letmepost.services.platform_access import Access
from letmepost.storage.accounts.accounts import AccountRepository, AccountRow
from letmepost.storage.accounts.credentials import CredentialRepository
from tests.deployment import SANDBOX_TOKEN, serving
from tests.doubles.waiting import PATIENCE_S
from tests.storage.support import CLOCK, KEYRING, Owner, fresh_id

PLATFORM = discover()["twitter"]


@dataclass(frozen=True, slots=True)
class Workers:
    """The workers of one connected account."""

    owner: Owner
    access: Access
    account: AccountRow

    def one(self) -> AccountCredentials:
        """Return the account's credential as one worker sees it."""
        return AccountCredentials(
            units=self.owner.units,
            access=self.access,
            tenant=self.owner.tenant,
            account=self.account,
        )

    async def check(self) -> None:
        """Use the stored credential; raise an error if it is invalid."""
        sender = await account_sender(self.owner.units, self.access, self.owner.tenant, self.account)
        await drive(PLATFORM.check(self.account.facts, self.access.settings), sender)


@pytest.fixture
async def workers(owner: Owner, http: HTTPClient) -> AsyncIterator[Workers]:
    store = open_store(None)
    app = create_app(
        {PLATFORM.name: PLATFORM},
        store,
        token=SANDBOX_TOKEN,
        now=CLOCK.now,
        entropy=CLOCK.entropy,
        sleep=asyncio.sleep,
    )
    async with serving(app) as url:
        place = f"org_1/{PLATFORM.name}"
        access = Access(PLATFORM, PLATFORM.simulator.settings(AnyHttpUrl(f"{url}/{place}")), http)
        async with httpx2.AsyncClient(
            headers={"authorization": f"Bearer {SANDBOX_TOKEN}"}, timeout=PATIENCE_S
        ) as control:
            made = await control.post(f"{url}/control/{place}/accounts", json={"scenario": "ok"})
        yield Workers(owner, access, await _connect(owner, access, made.json()["connectInput"]["code"]))
    store.close()


async def _connect(owner: Owner, access: Access, code: str) -> AccountRow:
    assert PLATFORM.oauth is not None
    grant = Grant(code=code, redirect_uri="https://client.test/back", code_verifier="")
    sender = Sender(http=access.http, platform=PLATFORM, clock=CLOCK)
    [found] = await drive(PLATFORM.oauth.accounts(grant, access.settings), sender)
    account_id = fresh_id()
    async with owner.database.tenant(owner.tenant) as connection:
        accounts = AccountRepository(connection, owner.tenant)
        await CredentialRepository(connection, owner.tenant, KEYRING).create(account_id, found.credential)
        await accounts.create(account_id, owner.profile_id, PLATFORM.name, found, CLOCK.now(), credential_id=account_id)
        account = await accounts.find(account_id)
    assert account is not None
    return account


async def test_no_rotated_token_is_lost_when_many_workers_refresh(workers: Workers) -> None:
    """Each round uses the token of the round before. If one were lost, the account would have to be reconnected."""
    for _ in range(3):
        expired = await workers.one().current()
        refreshed = await asyncio.gather(*(workers.one().refresh(expired) for _ in range(5)))
        assert {frozenset(fresh.secrets.items()) for fresh in refreshed} == {frozenset(refreshed[0].secrets.items())}
        assert refreshed[0].secrets["refresh_token"] != expired.secrets["refresh_token"]
        assert (await workers.one().current()).secrets == refreshed[0].secrets
        await workers.check()


async def test_used_token_is_not_used_again_by_a_late_worker(workers: Workers) -> None:
    first: Credential = await workers.one().current()
    second = await workers.one().refresh(first)
    third = await workers.one().refresh(second)
    assert (await workers.one().refresh(first)).secrets == third.secrets
    await workers.check()
