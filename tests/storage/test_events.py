import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from letmepost.domain.api_keys import Mode
from letmepost.storage.database import Connection, Database, Tenant
from letmepost.storage.webhooks.endpoints import EndpointRepository, EndpointRow
from letmepost.storage.webhooks.events import EventRepository, EveryTenantOutbox, NewEvent
from tests.doubles.waiting import eventually
from tests.storage.support import KEYRING, Admin, Owner, fresh_id, make_owner

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.fixture
def outbox(database: Database) -> EveryTenantOutbox:
    return EveryTenantOutbox(database)


def event(event_type: str = "post.published", profile_id: UUID | None = None, **data: Any) -> NewEvent:
    return NewEvent(id=fresh_id(), type=event_type, profile_id=profile_id, data=data)


async def write(connection: Connection, tenant: Tenant, *new: NewEvent) -> None:
    await EventRepository(connection, tenant).write(new, NOW)


async def commit(owner: Owner, *new: NewEvent) -> None:
    async with owner.database.tenant(owner.tenant) as connection:
        await write(connection, owner.tenant, *new)


async def read_past(owner: Owner, position: int) -> dict[int, UUID]:
    """Return what a reader after `position` sees: event ids by position."""
    query = text("SELECT position, id FROM events WHERE position > :position ORDER BY position")
    async with owner.database.tenant(owner.tenant) as connection:
        return {row.position: row.id for row in await connection.execute(query, {"position": position})}


async def listen(owner: Owner, *, mode: Mode | None = None, **values: Any) -> UUID:
    """Create a webhook endpoint of the owner."""
    row: dict[str, Any] = {
        "id": fresh_id(),
        "profile_id": None,
        "url": "https://receiver.example/hook",
        "events": [],
        "description": None,
        "active": True,
        "last_delivery_at": None,
        "last_failure_reason": None,
        "created_at": NOW,
        "updated_at": NOW,
        **values,
    }
    tenant = Tenant(owner.tenant.organization_id, mode or owner.tenant.mode)
    async with owner.database.tenant(tenant) as connection:
        await EndpointRepository(connection, tenant, KEYRING).create(EndpointRow(**row), "whsec_secret")
    endpoint_id: UUID = row["id"]
    return endpoint_id


async def announce(outbox: EveryTenantOutbox, limit: int) -> tuple[int, int]:
    """Return how many events were announced, and how many deliveries they have."""
    announced = await outbox.announce(limit)
    return announced.count, announced.addressed_count


async def test_event_has_no_position_until_it_is_announced(owner: Owner, outbox: EveryTenantOutbox) -> None:
    written = event()
    await commit(owner, written)
    assert await read_past(owner, 0) == {}
    assert await announce(outbox, 10) == (1, 0)
    assert await read_past(owner, 0) == {1: written.id}
    assert await announce(outbox, 10) == (0, 0)


async def test_events_of_one_transaction_keep_their_order(owner: Owner, outbox: EveryTenantOutbox) -> None:
    written = [event() for _ in range(20)]
    await commit(owner, *written)
    assert await announce(outbox, 7) == (7, 0)
    await outbox.announce(50)
    assert await read_past(owner, 0) == {place: new.id for place, new in enumerate(written, start=1)}


async def test_each_organization_has_its_own_positions(database: Database, outbox: EveryTenantOutbox) -> None:
    owners = [await make_owner(database) for _ in range(2)]
    for owner in [*owners, *owners]:
        await commit(owner, event(), event())
    await outbox.announce(100)
    for owner in owners:
        assert list(await read_past(owner, 0)) == [1, 2, 3, 4]


async def test_both_modes_of_an_organization_share_its_positions(database: Database, outbox: EveryTenantOutbox) -> None:
    test = await make_owner(database)
    live = await make_owner(database, Mode.LIVE, test.tenant.organization_id)
    await commit(test, event())
    await commit(live, event())
    await outbox.announce(100)
    assert [*(await read_past(test, 0)), *(await read_past(live, 0))] == [1, 2]


@asynccontextmanager
async def transaction_of(owner: Owner, new: NewEvent) -> AsyncIterator[None]:
    """Write an event that is committed at the end of the context."""
    async with owner.database.tenant(owner.tenant) as connection:
        await write(connection, owner.tenant, new)
        yield


async def test_reader_misses_no_event_that_is_committed_late(owner: Owner, outbox: EveryTenantOutbox) -> None:
    """A number taken before the commit could become visible out of order: a reader past N would miss N - 1."""
    early, late = event(), event()
    async with transaction_of(owner, late):
        await commit(owner, early)
        await outbox.announce(10)
        seen = await read_past(owner, 0)
        assert seen == {1: early.id}
    await outbox.announce(10)
    assert await read_past(owner, max(seen)) == {2: late.id}


@dataclass(eq=False)
class Story:
    """The events of one organization, and what a reader has read of them."""

    owner: Owner
    written: set[UUID] = field(default_factory=set)
    read: list[tuple[int, UUID]] = field(default_factory=list)
    is_over: bool = False

    async def tell(self, transactions: int) -> None:
        for number in range(transactions):
            new = [event() for _ in range(1 + number % 3)]
            async with self.owner.database.tenant(self.owner.tenant) as connection:
                await write(connection, self.owner.tenant, *new)
                await connection.execute(text("SELECT pg_sleep(random() * 0.005)"))  # so that commits overtake
            self.written |= {one.id for one in new}

    async def has_read_everything(self) -> bool:
        found = await read_past(self.owner, self.read[-1][0] if self.read else 0)
        self.read.extend(found.items())
        return self.is_over and len(self.read) == len(self.written)


async def test_polling_reader_sees_every_event_once_in_any_order_of_commits(
    database: Database, outbox: EveryTenantOutbox
) -> None:
    """Writers, two relays and readers run together. Positions have no gaps, and no reader skips one."""
    stories = [Story(await make_owner(database)) for _ in range(2)]

    async def relay() -> None:
        while not all(story.is_over for story in stories) or await announce(outbox, 5) != (0, 0):
            await outbox.announce(5)

    async with asyncio.timeout(30), asyncio.TaskGroup() as tasks:
        for _ in range(2):
            tasks.create_task(relay())
        for story in stories:
            tasks.create_task(eventually(story.has_read_everything))
        await asyncio.gather(*(story.tell(8) for story in stories for _ in range(3)))
        for story in stories:
            story.is_over = True
    for story in stories:
        assert [place for place, _ in story.read] == list(range(1, len(story.written) + 1))
        assert {written for _, written in story.read} == story.written


async def test_two_concurrent_relays_announce_every_event_once(
    owner: Owner, outbox: EveryTenantOutbox, admin: Admin
) -> None:
    endpoint_id = await listen(owner)
    await commit(owner, *(event() for _ in range(40)))
    announced = await asyncio.gather(*(announce(outbox, 15) for _ in range(4)))
    assert sorted(announced) == [(0, 0), (10, 10), (15, 15), (15, 15)]
    assert list(await read_past(owner, 0)) == list(range(1, 41))
    rows = await admin.rows("SELECT endpoint_id, status, attempt_count, event_id FROM deliveries")
    assert len({row.pop("event_id") for row in rows}) == 40
    assert rows == [{"endpoint_id": endpoint_id, "status": "pending", "attempt_count": 0}] * 40


@pytest.mark.parametrize(
    ("listening", "is_addressed"),
    [
        pytest.param({}, True, id="all events"),
        pytest.param({"events": ["post.failed", "post.published"]}, True, id="its type"),
        pytest.param({"events": ["post.failed"]}, False, id="another type"),
        pytest.param({"active": False}, False, id="inactive"),
        pytest.param({"mode": Mode.LIVE}, False, id="the other mode"),
    ],
)
async def test_event_is_sent_to_subscribed_endpoints(
    owner: Owner, outbox: EveryTenantOutbox, admin: Admin, listening: dict[str, Any], *, is_addressed: bool
) -> None:
    endpoint_id = await listen(owner, **listening)
    written = event("post.published")
    await commit(owner, written)
    assert await announce(outbox, 10) == (1, int(is_addressed))
    rows = await admin.rows("SELECT endpoint_id, event_id FROM deliveries")
    assert rows == ([{"endpoint_id": endpoint_id, "event_id": written.id}] if is_addressed else [])


async def test_endpoint_of_a_profile_receives_events_of_that_profile_only(
    owner: Owner, outbox: EveryTenantOutbox, admin: Admin
) -> None:
    """lessons C25: an endpoint created with a profile's key must not receive all events."""
    endpoint_id = await listen(owner, profile_id=owner.profile_id)
    mine = event(profile_id=owner.profile_id)
    await commit(owner, mine, event(profile_id=fresh_id()), event(profile_id=None))
    assert await announce(outbox, 10) == (3, 1)
    assert await admin.rows("SELECT endpoint_id, event_id FROM deliveries") == [
        {"endpoint_id": endpoint_id, "event_id": mine.id}
    ]


async def test_endpoint_receives_no_events_of_another_organization(
    database: Database, owner: Owner, outbox: EveryTenantOutbox
) -> None:
    """lessons A40: a wildcard match copied events to 65 accounts in 15 workspaces."""
    await listen(await make_owner(database))
    await commit(owner, event())
    assert await announce(outbox, 10) == (1, 0)


async def test_event_is_rolled_back_with_its_transaction(owner: Owner, outbox: EveryTenantOutbox) -> None:
    class Undone(Exception):
        pass

    async def fail() -> None:
        async with transaction_of(owner, event()):
            raise Undone

    with pytest.raises(Undone):
        await fail()
    assert await announce(outbox, 10) == (0, 0)
