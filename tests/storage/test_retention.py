"""Retention in a real PostgreSQL: what is deleted, when, and what is kept."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from letmepost.bootstrap.worker import kept_for
from letmepost.domain.ids import uuid7
from letmepost.services.tenants.retention import Retention
from letmepost.settings import Settings
from letmepost.storage.database import DEPLOYMENT, Database
from letmepost.storage.tenants.retention import EveryTenantRetention, RetentionClass
from letmepost.storage.webhooks.stream import StreamRepository
from tests.doubles.clock import SteppedClock
from tests.storage.support import Admin, Owner, fresh_id

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
PERIODS: Mapping[RetentionClass, timedelta] = {
    RetentionClass.JOURNALS: timedelta(days=7),
    RetentionClass.IDEMPOTENCY: timedelta(hours=24),
    RetentionClass.DELIVERIES: timedelta(days=30),
    RetentionClass.EVENTS: timedelta(days=30),
    RetentionClass.ATTEMPTS: timedelta(days=180),
    RetentionClass.AUDIT: timedelta(days=730),
    RetentionClass.COUNTERS: timedelta(days=32),
    RetentionClass.CONNECT_STATES: timedelta(days=1),
    RetentionClass.CONNECT_SESSIONS: timedelta(days=30),
}


@pytest.fixture
def retention(database: Database) -> Retention:
    return Retention(EveryTenantRetention(database), SteppedClock(NOW), PERIODS)


def _id(at: datetime) -> UUID:
    """Return an id of that time."""
    return uuid7(int(at.timestamp() * 1000), fresh_id().bytes)


async def _post(owner: Owner, admin: Admin, status: str, days: float, *, intent: bool = True, **changes: Any) -> UUID:
    """Create a post that ended this many days ago, with a step in its journal and an attempt."""
    ended_at = NOW - timedelta(days=days)
    made = await owner.post(await owner.account())
    post_id = _id(ended_at)
    await admin.do("SET session_replication_role = replica")
    await admin.do("UPDATE post_revisions SET post_id = $2 WHERE post_id = $1", made, post_id)
    values = {"status": status, "updated_at": ended_at, "ready_at": None, **changes}
    for name, value in values.items():
        await admin.do(f"UPDATE posts SET {name} = $2 WHERE id = $1", made, value)  # noqa: S608 - our own columns
    await admin.do("UPDATE posts SET id = $2 WHERE id = $1", made, post_id)
    await admin.do("SET session_replication_role = origin")
    tenant = owner.tenant
    await admin.do(
        "INSERT INTO flow_steps (organization_id, mode, post_id, revision, step, intent_sealed, intent_at)"
        " VALUES ($1, $2, $3, 1, 'post', $4, $5)",
        tenant.organization_id,
        tenant.mode,
        post_id,
        b"x" if intent else None,
        ended_at if intent else None,
    )
    await admin.do(
        "INSERT INTO attempts (id, organization_id, mode, post_id, revision, number, waited_ms, started_at)"
        " VALUES ($1, $2, $3, $4, 1, 1, 0, $5)",
        _id(ended_at),
        tenant.organization_id,
        tenant.mode,
        post_id,
        ended_at,
    )
    return post_id


async def _journals(admin: Admin) -> set[UUID]:
    return {row["post_id"] for row in await admin.rows("SELECT post_id FROM flow_steps")}


async def test_journal_of_a_published_post_is_deleted_after_its_period(
    owner: Owner, admin: Admin, retention: Retention
) -> None:
    old, young = await _post(owner, admin, "published", 7.1), await _post(owner, admin, "published", 6.9)
    await retention.sweep()
    assert await _journals(admin) == {young}
    assert await admin.one("SELECT count(*) FROM posts WHERE id = $1", old) == 1, "posts are kept"


@pytest.mark.parametrize("status", ["queued", "publishing", "retrying", "held", "unconfirmed", "awaiting_user"])
async def test_journal_of_an_unfinished_post_is_kept(
    owner: Owner, admin: Admin, retention: Retention, status: str
) -> None:
    post_id = await _post(owner, admin, status, 400)
    await retention.sweep()
    assert await _journals(admin) == {post_id}


async def test_journal_of_a_published_post_with_pending_extras_is_kept(
    owner: Owner, admin: Admin, retention: Retention
) -> None:
    post_id = await _post(owner, admin, "published", 400, ready_at=NOW)
    await retention.sweep()
    assert await _journals(admin) == {post_id}


@pytest.mark.parametrize("status", ["partial", "failed", "rejected", "canceled"])
async def test_journal_is_kept_when_a_retry_must_not_repeat_it(
    owner: Owner, admin: Admin, retention: Retention, status: str
) -> None:
    """Without its journal, a retry would send what may be visible again."""
    post_id = await _post(owner, admin, status, 400)
    await retention.sweep()
    assert await _journals(admin) == {post_id}


@pytest.mark.parametrize("status", ["failed", "rejected", "canceled"])
async def test_journal_of_a_post_of_which_nothing_was_sent_is_deleted(
    owner: Owner, admin: Admin, retention: Retention, status: str
) -> None:
    await _post(owner, admin, status, 8, intent=False)
    await retention.sweep()
    assert await _journals(admin) == set()


async def test_attempts_are_deleted_after_half_a_year(owner: Owner, admin: Admin, retention: Retention) -> None:
    await _post(owner, admin, "published", 180.1)
    young = await _post(owner, admin, "published", 179.9)
    await retention.sweep()
    assert [row["post_id"] for row in await admin.rows("SELECT post_id FROM attempts")] == [young]


async def _event(owner: Owner, admin: Admin, days: float, position: int | None, *deliveries: str) -> UUID:
    """Create an event of this many days ago. Its deliveries have these statuses, and ended a minute later."""
    at, tenant = NOW - timedelta(days=days), owner.tenant
    event_id = _id(at)
    await admin.do(
        "INSERT INTO events (id, organization_id, mode, type, data, position, created_at)"
        " VALUES ($1, $2, $3, 'post.queued', '{}', $4, $5)",
        event_id,
        tenant.organization_id,
        tenant.mode,
        position,
        at,
    )
    for status in deliveries:
        endpoint_id, ended_at = fresh_id(), None if status == "pending" else at + timedelta(minutes=1)
        await admin.do(
            "INSERT INTO webhook_endpoints (id, organization_id, mode, url, events, secret_sealed, created_at,"
            " updated_at) VALUES ($1, $2, $3, 'https://x', '{}', '', $4, $4)",
            endpoint_id,
            tenant.organization_id,
            tenant.mode,
            at,
        )
        await admin.do(
            "INSERT INTO deliveries (id, organization_id, mode, endpoint_id, event_id, status, ready_at, finished_at,"
            " created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
            _id(at),
            tenant.organization_id,
            tenant.mode,
            endpoint_id,
            event_id,
            status,
            NOW if status == "pending" else None,
            ended_at,
            at,
        )
    return event_id


async def _events(admin: Admin) -> list[UUID]:
    return [row["id"] for row in await admin.rows("SELECT id FROM events ORDER BY id")]


async def test_events_are_deleted_with_their_deliveries(owner: Owner, admin: Admin, retention: Retention) -> None:
    await _event(owner, admin, 30.1, 1, "delivered", "dead")
    young = await _event(owner, admin, 29.9, 2, "delivered")
    await retention.sweep()
    assert await _events(admin) == [young]
    assert await admin.one("SELECT count(*) FROM deliveries") == 1


async def test_undelivered_event_is_kept(owner: Owner, admin: Admin, retention: Retention) -> None:
    waiting = await _event(owner, admin, 60, 1, "pending", "delivered")
    await retention.sweep()
    assert await _events(admin) == [waiting]
    assert [row["status"] for row in await admin.rows("SELECT status FROM deliveries")] == ["pending"]


async def test_unannounced_event_is_kept(owner: Owner, admin: Admin, retention: Retention) -> None:
    unannounced = await _event(owner, admin, 60, None)
    await retention.sweep()
    assert await _events(admin) == [unannounced]


async def test_old_cursor_continues_with_the_oldest_remaining_event(
    owner: Owner, admin: Admin, retention: Retention
) -> None:
    for position, days in enumerate((50, 40, 20, 10), start=1):
        await _event(owner, admin, days, position)
    await retention.sweep()
    async with owner.database.tenant(owner.tenant) as connection:
        stream = StreamRepository(connection, owner.tenant)
        for after in (0, 1):
            found = await stream.read(after=after, types=[], profile_id=None, limit=10)
            assert [event.position for event in found] == [3, 4]


@pytest.mark.parametrize("of_operator", [False, True])
async def test_idempotency_records_are_deleted_after_a_day(
    owner: Owner, admin: Admin, retention: Retention, *, of_operator: bool
) -> None:
    tenant = DEPLOYMENT if of_operator else owner.tenant
    for name, hours in ((b"old", 24.1), (b"young", 23.9)):
        await admin.do(
            "INSERT INTO idempotency_keys (organization_id, mode, profile_scope, key_hash, fingerprint, api_key_id,"
            " created_at) VALUES ($1, $2, $3, $4, '', $3, $5)",
            tenant.organization_id,
            tenant.mode,
            UUID(int=0),
            name,
            NOW - timedelta(hours=hours),
        )
    await retention.sweep()
    assert await admin.rows("SELECT key_hash FROM idempotency_keys") == [{"key_hash": b"young"}]


async def test_counters_are_deleted_after_their_period(owner: Owner, admin: Admin, retention: Retention) -> None:
    counters = {"posts": NOW - timedelta(days=20), "account:1": NOW - timedelta(days=33), "media": datetime(1970, 1, 1)}  # noqa: DTZ001 - a date
    for subject, start in counters.items():
        await admin.do(
            "INSERT INTO usage (organization_id, mode, subject, period_start, used) VALUES ($1, $2, $3, $4, 1)",
            owner.tenant.organization_id,
            owner.tenant.mode,
            subject,
            start.date(),
        )
    await retention.sweep()
    assert {row["subject"] for row in await admin.rows("SELECT subject FROM usage")} == {"posts", "media"}


async def test_audit_log_entries_are_deleted_after_their_period(
    retention: Retention, owner: Owner, admin: Admin
) -> None:
    ages = {days: _id(NOW - timedelta(days=days)) for days in (731, 729)}
    for entry_id in ages.values():
        await admin.do(
            "INSERT INTO audit_log (id, organization_id, actor, action, subject, created_at)"
            " VALUES ($1, $2, 'operator', 'key.minted', 'key_1', now())",
            entry_id,
            owner.tenant.organization_id,
        )
    await retention.sweep()
    rows = await admin.rows("SELECT id FROM audit_log WHERE organization_id = $1", owner.tenant.organization_id)
    assert [row["id"] for row in rows] == [ages[729]]


async def test_batch_has_a_limit(owner: Owner, admin: Admin, database: Database) -> None:
    for position in range(1, 6):
        await _event(owner, admin, 60, position)
    store = EveryTenantRetention(database)
    counts = [await store.delete_some(RetentionClass.EVENTS, NOW - timedelta(days=30), 2) for _ in range(4)]
    assert counts == [2, 2, 1, 0]


async def test_one_process_deletes_at_a_time(owner: Owner, admin: Admin, database: Database) -> None:
    await _event(owner, admin, 60, 1)
    store, before = EveryTenantRetention(database), NOW - timedelta(days=30)
    async with database.sweep() as connection:
        await connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('letmepost.retention'))"))
        assert await store.delete_some(RetentionClass.EVENTS, before, 10) is None
    assert await store.delete_some(RetentionClass.EVENTS, before, 10) == 1


def test_periods_come_from_the_settings() -> None:
    key = "k1:" + "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
    given = {"DATABASE_URL": "postgresql://a@b/c", "REDIS_URL": "redis://a", "keys": key}
    assert dict(kept_for(Settings.model_validate(given))) == dict(PERIODS)
    longer = Settings.model_validate({**given, "journals_kept_days": 9, "idempotency_kept_hours": 48})
    assert kept_for(longer)[RetentionClass.JOURNALS] == timedelta(days=9)
    assert kept_for(longer)[RetentionClass.IDEMPOTENCY] == timedelta(hours=48)


async def test_consents_and_sessions_are_deleted(retention: Retention, owner: Owner, admin: Admin) -> None:
    tenant = (owner.tenant.organization_id, owner.tenant.mode)
    for days in (0.5, 2, 31):
        at = NOW - timedelta(days=days)
        session_id, secret = fresh_id(), fresh_id().bytes
        await admin.do(
            "INSERT INTO connect_sessions (id, organization_id, mode, key_id, return_url, token_hash, created_at,"
            " expires_at) VALUES ($1, $2, $3, $1, 'https://a', $4, $5, $5)",
            session_id, *tenant, secret, at,
        )  # fmt: skip
        await admin.do(
            "INSERT INTO connect_states (id, organization_id, mode, platform, key_id, session_id, state_hash,"
            " redirect_uri, created_at, expires_at) VALUES ($1, $2, $3, 'double', $1, $1, $4, 'https://a', $5, $5)",
            session_id, *tenant, secret, at,
        )  # fmt: skip
    await retention.sweep()
    assert await admin.one("SELECT count(*) FROM connect_states") == 1
    assert await admin.one("SELECT count(*) FROM connect_sessions") == 2
