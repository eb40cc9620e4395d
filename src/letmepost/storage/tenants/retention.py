"""Deletes records of every tenant after their retention period.

Ids are UUIDv7, so the primary keys show what is old. Only that and the deleted rows are read.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from letmepost.domain.ids import uuid7
from letmepost.storage.database import Database, driver_of


class RetentionClass(StrEnum):
    """A class of records with its own retention period."""

    JOURNALS = "journals"
    IDEMPOTENCY = "idempotency"
    DELIVERIES = "deliveries"
    EVENTS = "events"
    ATTEMPTS = "attempts"
    AUDIT = "audit"
    COUNTERS = "counters"
    CONNECT_STATES = "connect_states"
    CONNECT_SESSIONS = "connect_sessions"


# A separate statement: combined with the next one, that one would read a snapshot older than the lock.
_ONE_AT_A_TIME = "SELECT pg_try_advisory_xact_lock(hashtext('letmepost.retention'))"

# $1 is the smallest UUIDv7 to keep. Its time is the cutoff for records without such an id. $2 is the limit.
_DELETE: Mapping[RetentionClass, str] = MappingProxyType(
    {
        # A retry reads the journal, so that it repeats nothing that may be visible. The journal of a post that can be
        # retried, or with an unknown outcome, stays as long as it contains an intent.
        RetentionClass.JOURNALS: """
            DELETE FROM flow_steps WHERE (post_id, revision, step) IN (
              SELECT s.post_id, s.revision, s.step FROM flow_steps s JOIN posts p ON p.id = s.post_id
              WHERE s.post_id < $1 AND p.updated_at < uuid_extract_timestamp($1)
                AND p.ready_at IS NULL AND p.lease_token IS NULL
                AND (p.status = 'published' OR p.status IN ('rejected', 'failed', 'canceled') AND NOT EXISTS (
                  SELECT FROM flow_steps i WHERE i.post_id = p.id AND i.intent_at IS NOT NULL))
              ORDER BY s.post_id LIMIT $2)
        """,
        RetentionClass.IDEMPOTENCY: """
            DELETE FROM idempotency_keys WHERE (organization_id, mode, profile_scope, key_hash) IN (
              SELECT organization_id, mode, profile_scope, key_hash FROM idempotency_keys
              WHERE created_at < uuid_extract_timestamp($1) ORDER BY created_at LIMIT $2)
        """,
        RetentionClass.DELIVERIES: """
            DELETE FROM deliveries WHERE id IN (
              SELECT id FROM deliveries
              WHERE id < $1 AND ready_at IS NULL AND finished_at < uuid_extract_timestamp($1) ORDER BY id LIMIT $2)
        """,
        # Deliveries would be deleted with their event, so the event waits for the last of them.
        RetentionClass.EVENTS: """
            DELETE FROM events WHERE id IN (
              SELECT e.id FROM events e WHERE e.id < $1 AND e.position IS NOT NULL AND NOT EXISTS (
                SELECT FROM deliveries d WHERE d.organization_id = e.organization_id AND d.event_id = e.id)
              ORDER BY e.id LIMIT $2)
        """,
        RetentionClass.ATTEMPTS: """
            DELETE FROM attempts WHERE id IN (SELECT id FROM attempts WHERE id < $1 ORDER BY id LIMIT $2)
        """,
        RetentionClass.AUDIT: """
            DELETE FROM audit_log WHERE id IN (SELECT id FROM audit_log WHERE id < $1 ORDER BY id LIMIT $2)
        """,
        RetentionClass.CONNECT_STATES: """
            DELETE FROM connect_states WHERE id IN (
              SELECT id FROM connect_states
              WHERE created_at < uuid_extract_timestamp($1) ORDER BY created_at LIMIT $2)
        """,
        RetentionClass.CONNECT_SESSIONS: """
            DELETE FROM connect_sessions WHERE id IN (
              SELECT id FROM connect_sessions
              WHERE created_at < uuid_extract_timestamp($1) ORDER BY created_at LIMIT $2)
        """,
        # Counters of past periods. The counter of stored media has the period 1970.
        RetentionClass.COUNTERS: """
            DELETE FROM usage WHERE (organization_id, mode, subject, period_start) IN (
              SELECT organization_id, mode, subject, period_start FROM usage
              WHERE period_start < uuid_extract_timestamp($1)::date AND subject <> 'media'
              ORDER BY period_start LIMIT $2)
        """,
    }
)


class EveryTenantRetention:
    """Deletes in batches, in one process at a time: the others find the lock taken, and return."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def delete_some(self, kept: RetentionClass, before: datetime, limit: int) -> int | None:
        """Delete up to `limit` records older than `before`. Return their number; None if another process deletes."""
        oldest = uuid7(int(before.timestamp() * 1000), bytes(10))
        async with self._database.sweep() as connection:
            driver = driver_of(connection)
            if not await driver.fetchval(_ONE_AT_A_TIME):
                return None
            done = await driver.execute(_DELETE[kept], oldest, limit)
        return int(done.removeprefix("DELETE "))
