import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from letmepost.domain.errors import FailureKind, PlatformFailure
from letmepost.gateways.http_client import HTTPClient
from letmepost.platforms.contract import ConnectedAccount, Credential, PlatformSettings
from letmepost.services.accounts.tokens import AccountCredentials
from letmepost.services.platform_access import Access
from letmepost.storage.accounts.accounts import AccountRepository
from letmepost.storage.accounts.credentials import CredentialRepository
from tests.doubles.platform import make_platform
from tests.doubles.waiting import eventually
from tests.services.network import Network
from tests.storage.support import CLOCK, KEYRING, Admin, Owner, in_the_past

FIRST = Credential(secrets={"token": "first", "device": "kept"})


@pytest.fixture
async def account_id(owner: Owner, network: Network) -> UUID:
    return await owner.account(FIRST.secrets, data={"host": network.url})


async def credentials_of(owner: Owner, account_id: UUID, http: HTTPClient) -> AccountCredentials:
    """The account's credential as one run of a flow sees it."""

    async def wait(_seconds: float) -> None:
        await asyncio.sleep(0.002)

    async with owner.database.tenant(owner.tenant) as connection:
        account = await AccountRepository(connection, owner.tenant, KEYRING).find(account_id)
    assert account is not None
    return AccountCredentials(
        units=owner.units,
        access=Access(make_platform(), PlatformSettings(), http),
        tenant=owner.tenant,
        account=account,
        sleep=wait,
    )


@pytest.fixture
async def credentials(owner: Owner, account_id: UUID, http: HTTPClient) -> AccountCredentials:
    return await credentials_of(owner, account_id, http)


async def stored(owner: Owner, account_id: UUID) -> Credential | None:
    async with owner.database.tenant(owner.tenant) as connection:
        return await CredentialRepository(connection, owner.tenant, KEYRING).find(account_id)


async def reconnect(owner: Owner, account_id: UUID, **secrets: str) -> None:
    async with owner.database.tenant(owner.tenant) as connection:
        accounts = AccountRepository(connection, owner.tenant, KEYRING)
        account = await accounts.find(account_id)
        assert account is not None
        found = ConnectedAccount(
            platform_account_id=account.platform_account_id,
            handle=None,
            display_name=None,
            credential=Credential(secrets=secrets),
            data=account.data,
        )
        await accounts.reconnect(account_id, found, CLOCK.now())


async def disconnect(owner: Owner, account_id: UUID) -> None:
    async with owner.database.tenant(owner.tenant) as connection:
        await AccountRepository(connection, owner.tenant, KEYRING).disconnect(account_id, CLOCK.now())


async def turn(admin: Admin) -> Any:
    return await admin.one("SELECT refreshing_until FROM accounts")


async def test_the_stored_credential_is_the_current_one(credentials: AccountCredentials) -> None:
    assert (await credentials.current()).secrets == FIRST.secrets


async def test_a_disconnected_account_has_no_credential(
    owner: Owner, account_id: UUID, credentials: AccountCredentials
) -> None:
    await disconnect(owner, account_id)
    with pytest.raises(PlatformFailure) as failed:
        await credentials.current()
    assert failed.value.kind is FailureKind.AUTH_FAILED


async def test_a_refresh_is_stored_before_it_is_used(
    owner: Owner, account_id: UUID, credentials: AccountCredentials, network: Network, admin: Admin
) -> None:
    fresh = await credentials.refresh(FIRST)
    assert fresh.secrets == {"token": "refreshed-1", "device": "kept"}, "what it does not name is kept"
    assert await stored(owner, account_id) == fresh
    assert await credentials.current() == fresh
    assert network.refreshed == ["first"]
    assert await turn(admin) is None


async def test_one_of_many_asks_the_platform_and_all_get_what_it_brings(
    owner: Owner, account_id: UUID, http: HTTPClient, network: Network
) -> None:
    """lessons C17: two processes spent the same rotating refresh token, and the account was dead."""
    runs = [await credentials_of(owner, account_id, http) for _ in range(6)]
    network.hold()
    tasks = [asyncio.create_task(run.refresh(FIRST)) for run in runs]
    await network.arrived.acquire()
    network.release()
    brought = await asyncio.gather(*tasks)
    assert network.refreshed == ["first"]
    assert [fresh.secrets["token"] for fresh in brought] == ["refreshed-1"] * 6


async def test_a_newer_credential_is_taken_without_asking(
    owner: Owner, account_id: UUID, credentials: AccountCredentials, network: Network
) -> None:
    await reconnect(owner, account_id, token="reconnected")
    assert (await credentials.refresh(FIRST)).secrets == {"token": "reconnected"}
    assert network.refreshed == []


async def test_a_reconnect_during_a_refresh_wins(
    owner: Owner, account_id: UUID, credentials: AccountCredentials, network: Network, admin: Admin
) -> None:
    """lessons A17: a concurrent repair must not be undone by what the old credential brought."""
    network.hold()
    refreshing = asyncio.create_task(credentials.refresh(FIRST))
    await network.arrived.acquire()
    await reconnect(owner, account_id, token="reconnected")
    network.release()
    assert (await refreshing).secrets == {"token": "reconnected"}
    found = await stored(owner, account_id)
    assert found is not None
    assert found.secrets == {"token": "reconnected"}
    assert await turn(admin) is None


async def test_a_disconnect_during_a_refresh_wins(
    owner: Owner, account_id: UUID, credentials: AccountCredentials, network: Network, admin: Admin
) -> None:
    network.hold()
    refreshing = asyncio.create_task(credentials.refresh(FIRST))
    await network.arrived.acquire()
    await disconnect(owner, account_id)
    network.release()
    with pytest.raises(PlatformFailure) as failed:
        await refreshing
    assert failed.value.kind is FailureKind.AUTH_FAILED
    assert await stored(owner, account_id) is None


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        ((200, {"secrets": {"token": ""}}), FailureKind.UNAVAILABLE),
        ((401, {}), FailureKind.AUTH_FAILED),
        ((401, {"error": "expired"}), FailureKind.AUTH_FAILED),
        ((503, {}), FailureKind.UNAVAILABLE),
        ((500, {}), FailureKind.UNAVAILABLE),
    ],
    ids=["empty", "refused", "expired", "away", "broken"],
)
async def test_a_refresh_that_brings_nothing_keeps_the_old_credential(
    owner: Owner,
    account_id: UUID,
    credentials: AccountCredentials,
    network: Network,
    admin: Admin,
    answer: tuple[int, dict[str, Any]],
    kind: FailureKind,
) -> None:
    """lessons A15, C16: empty tokens were stored, and a 503 of the token endpoint asked for a reconnect."""
    network.refresh_answer = answer
    with pytest.raises(PlatformFailure) as failed:
        await credentials.refresh(FIRST)
    assert failed.value.kind is kind
    assert await stored(owner, account_id) == FIRST
    assert await turn(admin) is None, "the next may try at once"
    assert len(network.refreshed) == 1, "a refresh is not answered by another refresh"


async def test_a_cancelled_refresh_gives_its_turn_back(
    credentials: AccountCredentials, network: Network, admin: Admin
) -> None:
    network.hold()
    refreshing = asyncio.create_task(credentials.refresh(FIRST))
    await network.arrived.acquire()
    refreshing.cancel()
    await asyncio.gather(refreshing, return_exceptions=True)
    assert refreshing.cancelled()
    assert await turn(admin) is None


async def test_a_turn_whose_owner_died_is_taken_over(
    credentials: AccountCredentials, network: Network, admin: Admin
) -> None:
    await admin.do("UPDATE accounts SET refreshing_until = $1", in_the_past())
    assert (await credentials.refresh(FIRST)).secrets["token"] == "refreshed-1"


async def test_who_has_lost_the_turn_does_not_end_the_account(
    owner: Owner, account_id: UUID, http: HTTPClient, network: Network, admin: Admin
) -> None:
    """A worker that stood still for longer than its turn is refused the token that the next one has spent."""
    slow, quick = [await credentials_of(owner, account_id, http) for _ in range(2)]
    network.hold()
    asking = asyncio.create_task(slow.refresh(FIRST))
    await network.arrived.acquire()
    await admin.do("UPDATE accounts SET refreshing_until = $1", CLOCK.now() + timedelta(hours=1))
    network.refresh_answer = (401, {"error": "revoked"})
    network.release()

    async def is_refused() -> bool:
        return bool(network.refreshed)

    await eventually(is_refused)
    assert not asking.done(), "another one's turn is waited out"
    network.refresh_answer = None
    await admin.do("UPDATE accounts SET refreshing_until = NULL")
    fresh = await quick.refresh(FIRST)
    assert await asking == fresh
    assert await stored(owner, account_id) == fresh
    assert await admin.one("SELECT status FROM accounts") == "active"


async def test_a_turn_that_never_ends_is_not_waited_for_for_ever(
    credentials: AccountCredentials, network: Network, admin: Admin
) -> None:
    await admin.do("UPDATE accounts SET refreshing_until = $1", CLOCK.now() + timedelta(hours=1))
    with pytest.raises(PlatformFailure, match="takes too long") as failed:
        await credentials.refresh(FIRST)
    assert failed.value.kind is FailureKind.UNAVAILABLE
    assert network.refreshed == []


async def test_nothing_is_locked_while_the_platform_thinks(
    owner: Owner, account_id: UUID, credentials: AccountCredentials, network: Network
) -> None:
    network.hold()
    refreshing = asyncio.create_task(credentials.refresh(FIRST))
    await network.arrived.acquire()
    async with asyncio.timeout(5), owner.database.tenant(owner.tenant) as connection:
        await CredentialRepository(connection, owner.tenant, KEYRING).find(account_id, lock=True)
    network.release()
    await refreshing
