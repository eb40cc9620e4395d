"""Apps that were registered at servers, as they are stored."""

import secrets
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from letmepost.domain.api_keys import Mode
from letmepost.platforms.connecting import App
from letmepost.storage.accounts.server_apps import AppKey, ServerAppRepository
from letmepost.storage.database import Database
from letmepost.storage.sealing import Keyring
from letmepost.storage.tenants.organizations import OrganizationRepository
from tests.storage.support import KEYRING, Admin, Owner, make_owner

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
LONG_AGO = NOW - timedelta(days=1)
KEY = AppKey(platform="double", server="social.example", redirect_uri="https://post.example/callback")
APP = App(server="social.example", client_id="id", client_secret="secret")
OLD, NEW = bytes(range(32)), bytes(range(32, 64))


async def keep(owner: Owner, key: AppKey = KEY, app: App = APP, *, keyring: Keyring = KEYRING, age_s: int = 0) -> None:
    async with owner.database.tenant(owner.tenant) as connection:
        apps = ServerAppRepository(connection, owner.tenant, keyring)
        await apps.keep(key, app, NOW - timedelta(seconds=age_s))


async def find(
    owner: Owner, key: AppKey = KEY, *, keyring: Keyring = KEYRING, registered_after: datetime = LONG_AGO
) -> App | None:
    async with owner.database.tenant(owner.tenant) as connection:
        return await ServerAppRepository(connection, owner.tenant, keyring).find(key, registered_after)


async def test_app_is_found_by_what_it_is_registered_for(owner: Owner) -> None:
    await keep(owner)
    assert await find(owner) == APP
    for change in ({"platform": "other"}, {"server": "other.example"}, {"redirect_uri": "https://other.example/"}):
        assert await find(owner, replace(KEY, **change)) is None


async def test_old_app_is_not_found(owner: Owner) -> None:
    await keep(owner, age_s=60)
    assert await find(owner, registered_after=NOW - timedelta(seconds=61)) == APP
    assert await find(owner, registered_after=NOW - timedelta(seconds=60)) is None


async def test_later_app_replaces_the_earlier_one(owner: Owner) -> None:
    later = replace(APP, client_id="later")
    await keep(owner, age_s=60)
    await keep(owner, app=later)
    assert await find(owner, registered_after=NOW - timedelta(seconds=1)) == later


@pytest.mark.parametrize("other", ["organization", "mode"])
async def test_app_of_another_tenant_is_not_reached(database: Database, owner: Owner, other: str) -> None:
    organization_id = owner.tenant.organization_id if other == "mode" else None
    stranger = await make_owner(database, Mode.LIVE, organization_id)
    await keep(owner)
    assert await find(stranger) is None
    await keep(stranger, app=replace(APP, client_id="of the stranger"))
    async with database.tenant(stranger.tenant) as connection:
        await ServerAppRepository(connection, stranger.tenant, KEYRING).forget_all()
    assert await find(owner) == APP


async def test_app_that_is_copied_to_another_server_does_not_open(owner: Owner, admin: Admin) -> None:
    await keep(owner)
    await admin.do("UPDATE server_apps SET server = 'evil.example'")
    assert await find(owner, replace(KEY, server="evil.example")) is None


async def test_app_opens_while_its_key_is_in_the_keyring(owner: Owner) -> None:
    """Afterwards it counts as missing, and is registered again."""
    before, turned, after = (
        Keyring(keys, secrets.token_bytes) for keys in ({"old": OLD}, {"new": NEW, "old": OLD}, {"new": NEW})
    )
    await keep(owner, keyring=before)
    assert await find(owner, keyring=turned) == APP
    assert await find(owner, keyring=after) is None
    await keep(owner, keyring=turned)
    assert await find(owner, keyring=after) == APP


async def test_only_the_named_app_is_forgotten(owner: Owner) -> None:
    await keep(owner)
    async with owner.database.tenant(owner.tenant) as connection:
        apps = ServerAppRepository(connection, owner.tenant, KEYRING)
        await apps.forget(KEY, "another")
        assert await apps.find(KEY, LONG_AGO) == APP
        await apps.forget(KEY, APP.client_id)
        assert await apps.find(KEY, LONG_AGO) is None
        await apps.forget(KEY, APP.client_id)


async def test_old_apps_of_a_tenant_are_deleted(database: Database, owner: Owner) -> None:
    stranger = await make_owner(database)
    await keep(stranger, age_s=1000)
    keys = [replace(KEY, server=f"{number}.example") for number in range(4)]
    for age_s, key in enumerate(keys):
        await keep(owner, key, age_s=age_s)
    async with owner.database.tenant(owner.tenant) as connection:
        apps = ServerAppRepository(connection, owner.tenant, KEYRING)
        await apps.delete_older(NOW - timedelta(seconds=2))
        assert await apps.count() == 2
    assert [await find(owner, key) is not None for key in keys] == [True, True, False, False]
    assert await find(stranger) is not None


async def test_app_that_is_being_replaced_is_not_waited_for(owner: Owner) -> None:
    """Two starts that replace old apps would otherwise wait for each other."""
    await keep(owner, age_s=60)
    async with owner.database.tenant(owner.tenant) as first, owner.database.tenant(owner.tenant) as second:
        await ServerAppRepository(first, owner.tenant, KEYRING).keep(KEY, APP, NOW)
        await second.exec_driver_sql("SET LOCAL lock_timeout = '1s'")
        await ServerAppRepository(second, owner.tenant, KEYRING).delete_older(NOW - timedelta(seconds=1))
    assert await find(owner) == APP


async def test_longest_names_fit_the_primary_key(owner: Owner) -> None:
    key = AppKey(platform="p" * 64, server=secrets.token_hex(126), redirect_uri=secrets.token_hex(1024))
    await keep(owner, key)
    assert await find(owner, key) is not None


async def test_apps_are_removed_with_their_organization(owner: Owner, admin: Admin) -> None:
    await keep(owner)
    async with owner.database.tenant(owner.tenant) as connection:
        await OrganizationRepository(connection, owner.tenant).delete()
    assert await admin.one("SELECT count(*) FROM server_apps") == 0
