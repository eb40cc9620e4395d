import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from letmepost.domain.api_keys import Mode
from letmepost.storage.database import Database, Tenant
from letmepost.storage.idempotency import IdempotencyClaim, IdempotencyRepository, IdempotencyRow
from tests.doubles.waiting import eventually
from tests.storage.support import Admin, Owner, fresh_id, make_owner

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
LONG_AGO = NOW - timedelta(hours=24)
CLAIM = IdempotencyClaim(
    profile_scope=UUID(int=0), key_hashes=[b"key"], fingerprints=[b"request"], api_key_id=UUID(int=5)
)


class Undone(Exception):
    pass


async def create(database: Database, tenant: Tenant, wanted: IdempotencyClaim = CLAIM, now: datetime = NOW) -> bool:
    async with database.tenant(tenant) as connection:
        expired = now - timedelta(hours=24)
        return await IdempotencyRepository(connection, tenant).create(wanted, now, expired, batch_id=fresh_id())


async def find(database: Database, tenant: Tenant, wanted: IdempotencyClaim = CLAIM) -> IdempotencyRow | None:
    async with database.tenant(tenant) as connection:
        return await IdempotencyRepository(connection, tenant).find(wanted, LONG_AGO)


async def settle(database: Database, tenant: Tenant, body: bytes) -> bool:
    async with database.tenant(tenant) as connection:
        records = IdempotencyRepository(connection, tenant)
        return await records.settle(CLAIM, b"key", LONG_AGO, status=200, headers={"x-is": "it"}, body=body)


async def test_record_of_a_key_is_created_once(database: Database, owner: Owner) -> None:
    assert await create(database, owner.tenant)
    assert not await create(database, owner.tenant)
    row = await find(database, owner.tenant)
    assert row is not None
    assert (row.fingerprint, row.api_key_id, row.status) == (b"request", UUID(int=5), None)


@pytest.mark.parametrize(
    "other",
    [replace(CLAIM, key_hashes=[b"another"]), replace(CLAIM, profile_scope=UUID(int=9))],
    ids=["key", "profile"],
)
async def test_another_key_or_scope_does_not_conflict(
    database: Database, owner: Owner, other: IdempotencyClaim
) -> None:
    assert await create(database, owner.tenant)
    assert await create(database, owner.tenant, other)


async def test_another_tenant_or_mode_does_not_conflict(database: Database, owner: Owner) -> None:
    live = Tenant(owner.tenant.organization_id, Mode.LIVE)
    assert await create(database, owner.tenant)
    assert await create(database, live)
    assert await create(database, (await make_owner(database)).tenant)


@pytest.mark.parametrize("ending", ["commit", "rollback"])
async def test_second_request_waits_for_the_end_of_the_first(
    database: Database, owner: Owner, admin: Admin, ending: str
) -> None:
    """The record is in the transaction of what it protects: after a crash, neither exists."""
    second: list[asyncio.Task[bool]] = []

    async def is_waiting() -> bool:
        return bool(await admin.waiting_for_a_lock())

    async def first() -> None:
        async with database.tenant(owner.tenant) as connection:
            assert await IdempotencyRepository(connection, owner.tenant).create(CLAIM, NOW, LONG_AGO)
            second.append(asyncio.create_task(create(database, owner.tenant)))
            await eventually(is_waiting)
            if ending == "rollback":
                raise Undone

    if ending == "rollback":
        with pytest.raises(Undone):
            await first()
    else:
        await first()
    assert await second[0] is (ending == "rollback")
    assert await find(database, owner.tenant) is not None


async def test_one_of_many_simultaneous_requests_creates_the_record(database: Database, owner: Owner) -> None:
    assert sorted(await asyncio.gather(*(create(database, owner.tenant) for _ in range(8)))) == [False] * 7 + [True]


async def test_record_by_another_key_of_the_keyring_belongs_to_the_request(database: Database, owner: Owner) -> None:
    """While keys are rotated, the first key may differ in another process."""
    assert await create(database, owner.tenant)
    assert not await create(database, owner.tenant, replace(CLAIM, key_hashes=[b"new key", b"key"]))


async def test_expired_record_is_replaced(database: Database, owner: Owner) -> None:
    await create(database, owner.tenant, now=LONG_AGO - timedelta(seconds=1))
    assert not await settle(database, owner.tenant, b"late")
    assert await find(database, owner.tenant) is None
    changed = replace(CLAIM, fingerprints=[b"another request"])
    assert await create(database, owner.tenant, changed)
    row = await find(database, owner.tenant)
    assert row is not None
    assert (row.fingerprint, row.status, row.body, row.created_at) == (b"another request", None, None, NOW)


async def test_record_of_exactly_one_day_still_counts(database: Database, owner: Owner) -> None:
    """`find` must return the records that `create` rejects, so that a key is never neither."""
    await create(database, owner.tenant, now=LONG_AGO)
    assert not await create(database, owner.tenant)
    assert await find(database, owner.tenant) is not None


async def test_first_response_is_kept(database: Database, owner: Owner) -> None:
    await create(database, owner.tenant)
    assert await settle(database, owner.tenant, b"first")
    assert not await settle(database, owner.tenant, b"second")
    row = await find(database, owner.tenant)
    assert row is not None
    assert (row.status, row.headers, row.body) == (200, {"x-is": "it"}, b"first")
