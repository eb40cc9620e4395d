import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from letmepost.domain.errors import FailureKind, PlatformFailure
from letmepost.gateways.http_client import HTTPClient
from letmepost.platforms.connecting import ConnectedAccount, Credential, PlatformSettings
from letmepost.services.accounts.tokens import AccountCredentials
from letmepost.services.platform_access import Access
from letmepost.storage.accounts.accounts import AccountRepository
from letmepost.storage.accounts.credentials import CredentialRepository
from tests.doubles.platform import make_platform
from tests.doubles.waiting import eventually
from tests.services.network import Network
from tests.storage.support import CLOCK, KEYRING, Admin, Owner, fresh_id, in_the_past

FIRST = Credential(secrets={"token": "first", "device": "kept"})


@pytest.fixture
async def account_id(owner: Owner, network: Network) -> UUID:
    return await owner.account(FIRST.secrets, data={"host": network.url})


async def credentials_of(owner: Owner, account_id: UUID, http: HTTPClient) -> AccountCredentials:
    """Return the account's credential as one run of a flow sees it."""

    async def wait(_seconds: float) -> None:
        await asyncio.sleep(0.002)

    async with owner.database.tenant(owner.tenant) as connection:
        account = await AccountRepository(connection, owner.tenant).find(account_id)
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
        accounts = AccountRepository(connection, owner.tenant)
        account = await accounts.find(account_id)
        assert account is not None
        found = ConnectedAccount(
            platform_account_id=account.platform_account_id,
            handle=None,
            display_name=None,
            credential=Credential(secrets=secrets),
            data=account.data,
        )
        credential_id = fresh_id()
        await CredentialRepository(connection, owner.tenant, KEYRING).create(credential_id, found.credential)
        await accounts.reconnect(account_id, found, CLOCK.now(), credential_id=credential_id)


async def disconnect(owner: Owner, account_id: UUID) -> None:
    async with owner.database.tenant(owner.tenant) as connection:
        await AccountRepository(connection, owner.tenant).disconnect(account_id, CLOCK.now())


async def lease(admin: Admin) -> Any:
    return await admin.one("SELECT refreshing_until FROM credentials")


async def test_current_credential_is_the_stored_one(credentials: AccountCredentials) -> None:
    assert (await credentials.current()).secrets == FIRST.secrets


async def test_disconnected_account_has_no_credential(
    owner: Owner, account_id: UUID, credentials: AccountCredentials
) -> None:
    await disconnect(owner, account_id)
    with pytest.raises(PlatformFailure) as failed:
        await credentials.current()
    assert failed.value.kind is FailureKind.AUTH_FAILED


async def test_refreshed_credential_is_stored_before_it_is_used(
    owner: Owner, account_id: UUID, credentials: AccountCredentials, network: Network, admin: Admin
) -> None:
    fresh = await credentials.refresh(FIRST)
    assert fresh.secrets == {"token": "refreshed-1", "device": "kept"}, "secrets missing in the response are kept"
    assert await stored(owner, account_id) == fresh
    assert await credentials.current() == fresh
    assert network.refreshed == ["first"]
    assert await lease(admin) is None


async def test_one_process_refreshes_and_all_receive_the_new_credential(
    owner: Owner, account_id: UUID, http: HTTPClient, network: Network
) -> None:
    """Two processes must not use the same rotating refresh token."""
    runs = [await credentials_of(owner, account_id, http) for _ in range(6)]
    network.hold()
    tasks = [asyncio.create_task(run.refresh(FIRST)) for run in runs]
    await network.arrived.acquire()
    network.release()
    brought = await asyncio.gather(*tasks)
    assert network.refreshed == ["first"]
    assert [fresh.secrets["token"] for fresh in brought] == ["refreshed-1"] * 6


async def test_newer_stored_credential_is_used_without_a_refresh(
    owner: Owner, account_id: UUID, credentials: AccountCredentials, network: Network
) -> None:
    await reconnect(owner, account_id, token="reconnected")
    assert (await credentials.refresh(FIRST)).secrets == {"token": "reconnected"}
    assert network.refreshed == []


async def test_reconnect_during_a_refresh_wins(
    owner: Owner, account_id: UUID, credentials: AccountCredentials, network: Network, admin: Admin
) -> None:
    """A refresh of the old credential must not overwrite the one that a reconnect has stored."""
    network.hold()
    refreshing = asyncio.create_task(credentials.refresh(FIRST))
    await network.arrived.acquire()
    await reconnect(owner, account_id, token="reconnected")
    network.release()
    assert (await refreshing).secrets == {"token": "reconnected"}
    found = await stored(owner, account_id)
    assert found is not None
    assert found.secrets == {"token": "reconnected"}
    assert await lease(admin) is None


async def test_disconnect_during_a_refresh_wins(
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
async def test_failed_refresh_keeps_the_old_credential(
    owner: Owner,
    account_id: UUID,
    credentials: AccountCredentials,
    network: Network,
    admin: Admin,
    answer: tuple[int, dict[str, Any]],
    kind: FailureKind,
) -> None:
    """Empty tokens must not be stored, and a 503 of the token endpoint must not require a reconnect."""
    network.refresh_answer = answer
    with pytest.raises(PlatformFailure) as failed:
        await credentials.refresh(FIRST)
    assert failed.value.kind is kind
    assert await stored(owner, account_id) == FIRST
    assert await lease(admin) is None, "the next refresh may start immediately"
    assert len(network.refreshed) == 1, "a failed refresh does not start another refresh"


async def test_canceled_refresh_releases_its_lease(
    credentials: AccountCredentials, network: Network, admin: Admin
) -> None:
    network.hold()
    refreshing = asyncio.create_task(credentials.refresh(FIRST))
    await network.arrived.acquire()
    refreshing.cancel()
    await asyncio.gather(refreshing, return_exceptions=True)
    assert refreshing.cancelled()
    assert await lease(admin) is None


async def test_expired_refresh_lease_is_taken_over(
    credentials: AccountCredentials, network: Network, admin: Admin
) -> None:
    await admin.do("UPDATE credentials SET refreshing_until = $1", in_the_past())
    assert (await credentials.refresh(FIRST)).secrets["token"] == "refreshed-1"


async def test_refusal_after_a_lost_lease_does_not_mark_the_account(
    owner: Owner, account_id: UUID, http: HTTPClient, network: Network, admin: Admin
) -> None:
    """A worker that was delayed for longer than its lease is refused the token that the next one has used."""
    slow, quick = [await credentials_of(owner, account_id, http) for _ in range(2)]
    network.hold()
    asking = asyncio.create_task(slow.refresh(FIRST))
    await network.arrived.acquire()
    await admin.do("UPDATE credentials SET refreshing_until = $1", CLOCK.now() + timedelta(hours=1))
    network.refresh_answer = (401, {"error": "revoked"})
    network.release()

    async def is_refused() -> bool:
        return bool(network.refreshed)

    await eventually(is_refused)
    assert not asking.done(), "it waits for the refresh of the other worker"
    network.refresh_answer = None
    await admin.do("UPDATE credentials SET refreshing_until = NULL")
    fresh = await quick.refresh(FIRST)
    assert await asking == fresh
    assert await stored(owner, account_id) == fresh
    assert await admin.one("SELECT status FROM accounts") == "active"


async def test_wait_for_another_refresh_is_limited(
    credentials: AccountCredentials, network: Network, admin: Admin
) -> None:
    await admin.do("UPDATE credentials SET refreshing_until = $1", CLOCK.now() + timedelta(hours=1))
    with pytest.raises(PlatformFailure, match="takes too long") as failed:
        await credentials.refresh(FIRST)
    assert failed.value.kind is FailureKind.UNAVAILABLE
    assert network.refreshed == []


async def test_no_row_is_locked_during_the_call(
    owner: Owner, account_id: UUID, credentials: AccountCredentials, network: Network
) -> None:
    network.hold()
    refreshing = asyncio.create_task(credentials.refresh(FIRST))
    await network.arrived.acquire()
    async with asyncio.timeout(5), owner.database.tenant(owner.tenant) as connection:
        await CredentialRepository(connection, owner.tenant, KEYRING).find(account_id, lock=True)
    network.release()
    await refreshing
