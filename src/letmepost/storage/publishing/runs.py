"""The reads and writes of a worker that publishes a post. Every write is fenced by the lease.

A worker that has lost its lease (it was stopped, its clock jumped, the network failed) gets `LostLeaseError` at its
next write, which changes nothing. Every post takes these statements, so they go directly to the driver.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import count, islice
from typing import Any, TypeAlias
from uuid import UUID

import asyncpg
from sqlalchemy.ext.asyncio import AsyncConnection

from letmepost.domain.flow import Frozen
from letmepost.domain.text import as_storable
from letmepost.platforms.connecting import Credential
from letmepost.storage.accounts.accounts import AccountRow, read_account
from letmepost.storage.accounts.credentials import open_credential
from letmepost.storage.database import driver_of
from letmepost.storage.posts.posts import PostRow, read_post
from letmepost.storage.publishing.claims import Claim
from letmepost.storage.sealing import Keyring
from letmepost.storage.webhooks.events import NewEvent


class LostLeaseError(Exception):
    """The lease is lost: another worker may have the post. Stop without writing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptRecord:
    """The result of an attempt."""

    outcome: str
    error: Mapping[str, Any] | None
    platform_ms: int
    calls: Sequence[Mapping[str, Any]]
    finished_at: datetime


@dataclass(frozen=True, slots=True)
class SealedReply:
    """The reply to a step of the journal, ready to be stored."""

    revision: int
    step: str
    fingerprint: bytes
    sealed: bytes
    valid_until: datetime | None


@dataclass(frozen=True, slots=True)
class Loaded:
    """A post with everything that an attempt needs.

    Args:
        frozen: the values that the first attempt of the revision has fixed.
        pause: why publishing is paused ("" if no reason is given); None if it is not.
        ahead: how far the platform's time is ahead of the real time.
    """

    post: PostRow
    content: Mapping[str, Any]
    frozen: Frozen
    account: AccountRow
    credential: Credential | None
    pause: str | None
    ahead: timedelta


_REPLY_FIELDS = tuple(field.name for field in fields(SealedReply))
_ACCOUNT_FIELDS = tuple(field.name for field in fields(AccountRow))
_JSON = frozenset({"metadata", "parts", "extras", "warnings", "error"})

_BEGIN = f"""
    WITH mine AS (
      UPDATE posts SET attempt_count = attempt_count + 1 WHERE id = $1 AND lease_token = $2 RETURNING *
    ), attempt AS (
      INSERT INTO attempts (id, organization_id, mode, post_id, revision, number, waited_ms, started_at)
      SELECT $3, organization_id, mode, id, revision, attempt_count,
             greatest(0, extract(epoch FROM $4 - coalesce(ready_at, $4)) * 1000)::int, $4 FROM mine
    ), frozen AS (
      UPDATE post_revisions r SET frozen_at = coalesce(r.frozen_at, $4),
                                  frozen_entropy = coalesce(r.frozen_entropy, $5)
      FROM mine WHERE r.post_id = mine.id AND r.revision = mine.revision
      RETURNING r.content, r.frozen_at, r.frozen_entropy
    )
    SELECT {", ".join(f"mine.{name}" for name in PostRow._fields)}, frozen.*, account.credential_id, credential.sealed,
           (SELECT coalesce(p.reason, '') FROM pauses p
            WHERE (p.organization_id IS NULL OR p.organization_id = mine.organization_id)
              AND (p.account_id IS NULL OR p.account_id = mine.account_id)
              AND (p.platform IS NULL OR p.platform = mine.platform) LIMIT 1) AS pause,
           (SELECT CASE WHEN mine.mode = 'test' THEN sandbox_ahead_s ELSE 0 END
            FROM organizations WHERE id = mine.organization_id) AS ahead_s,
           {", ".join(f"account.{name} AS account_{name}" for name in _ACCOUNT_FIELDS)}
    FROM mine CROSS JOIN frozen
    JOIN accounts account ON account.organization_id = mine.organization_id AND account.id = mine.account_id
    LEFT JOIN credentials credential
      ON credential.organization_id = account.organization_id AND credential.id = account.credential_id
"""  # noqa: S608 - the names are of our own columns


_CHANGE = """
    WITH changed AS (
      UPDATE posts SET {0} WHERE id = $1 AND lease_token = $2 RETURNING id, organization_id, mode
    ) {1} {2} {3}
    SELECT id FROM changed
"""
_END_ATTEMPT = """
    , ended AS (
      UPDATE attempts SET outcome = {1}, error = {2}::jsonb, platform_ms = {3}, calls = {4}::jsonb, finished_at = {5}
      FROM changed WHERE attempts.id = {0}
    )
"""
# As `JournalRepository.write_reply`.
_WRITE_REPLY = """
    , replied AS (
      INSERT INTO flow_steps (organization_id, mode, post_id, revision, step, fingerprint, reply_sealed, valid_until)
      SELECT organization_id, mode, id, {0}, {1}, {2}, {3}, {4} FROM changed
      ON CONFLICT (post_id, revision, step) DO UPDATE SET
        fingerprint = excluded.fingerprint, reply_sealed = excluded.reply_sealed, valid_until = excluded.valid_until,
        paused_at = NULL, pause_count = 0
    )
"""
_WRITE_EVENTS = """
    , written AS (
      INSERT INTO events (id, organization_id, mode, type, profile_id, post_id, data, created_at)
      SELECT e.id, changed.organization_id, changed.mode, e.type, e.profile_id, e.post_id, e.data, e.created_at
      FROM changed, (VALUES {0}) AS e (place, id, type, profile_id, post_id, data, created_at)
      ORDER BY e.place
    )
"""
_EVENT = "({0}, {1}::uuid, {2}::text, {3}::uuid, {4}::uuid, {5}::jsonb, {6}::timestamptz)"

TimedEvent: TypeAlias = tuple[NewEvent, datetime]
"""An event and the time of its record."""


class RunRepository:
    """The post that one worker has leased: the beginning of an attempt, its changes, and its end."""

    def __init__(self, connection: AsyncConnection, claim: Claim, keyring: Keyring) -> None:
        self._driver = driver_of(connection)
        self._claim = claim
        self._keyring = keyring

    async def begin(self, attempt_id: UUID, now: datetime, entropy: bytes) -> Loaded:
        """Count a new attempt, fix the frozen values of the revision if it is the first, and load everything.

        Args:
            entropy: the randomness to freeze if the revision has none yet.

        Raises:
            LostLeaseError: the lease is lost.
        """
        row = await self._driver.fetchrow(_BEGIN, self._claim.post_id, self._claim.token, attempt_id, now, entropy)
        if row is None:
            raise LostLeaseError
        sealed, account = row["sealed"], _account(row)
        return Loaded(
            post=read_post(row),
            content=row["content"],
            frozen=Frozen(row["frozen_at"], row["frozen_entropy"]),
            account=account,
            credential=None
            if sealed is None
            else open_credential(self._keyring, self._claim.tenant, row["credential_id"], sealed),
            pause=row["pause"],
            ahead=timedelta(seconds=row["ahead_s"]),
        )

    async def change(self, *events: TimedEvent, **values: Any) -> None:
        """Change the post, write the events, and keep the lease.

        Raises:
            LostLeaseError: nothing was changed.
        """
        names = tuple(sorted(values))
        statement = _statement(names, event_count=len(events))
        await self._do(statement, *_ordered(values, names), *_columns(events))

    async def finish(
        self,
        attempt_id: UUID,
        attempt: AttemptRecord,
        *events: TimedEvent,
        reply: SealedReply | None = None,
        **values: Any,
    ) -> None:
        """Change the post for the last time in this run, end the attempt, and release the lease.

        Args:
            events: written with the change.
            reply: the reply of the last step, if the journal does not have it yet.

        Raises:
            LostLeaseError: nothing was changed.
        """
        values |= {"lease_token": None, "lease_until": None}
        names = tuple(sorted(values))
        statement = _statement(names, ends=True, has_reply=reply is not None, event_count=len(events))
        ended = (
            attempt_id,
            attempt.outcome,
            _stored("error", attempt.error),
            attempt.platform_ms,
            json.dumps(list(attempt.calls)),
            attempt.finished_at,
        )
        replied = [] if reply is None else [getattr(reply, name) for name in _REPLY_FIELDS]  # astuple() copies deeply
        await self._do(statement, *_ordered(values, names), *ended, *replied, *_columns(events))

    async def _do(self, statement: str, *given: Any) -> None:
        if await self._driver.fetchval(statement, self._claim.post_id, self._claim.token, *given) is None:
            raise LostLeaseError


@lru_cache(maxsize=128)
def _statement(names: tuple[str, ...], *, ends: bool = False, has_reply: bool = False, event_count: int = 0) -> str:
    """Return one statement for all changes, so that one check of the lease fences them all."""
    places = (f"${place}" for place in count(3))
    changes = ", ".join(f"{name} = {next(places)}" for name in names)
    ended = _END_ATTEMPT.format(*islice(places, 6)) if ends else ""
    replied = _WRITE_REPLY.format(*islice(places, 5)) if has_reply else ""
    rows = ", ".join(_EVENT.format(place, *islice(places, 6)) for place in range(event_count))
    return _CHANGE.format(changes, ended, replied, _WRITE_EVENTS.format(rows) if rows else "")


def _ordered(values: Mapping[str, Any], names: Sequence[str]) -> list[Any]:
    return [_stored(name, values[name]) for name in names]


def _columns(events: Sequence[TimedEvent]) -> list[Any]:
    """Return the columns of the events, one event after another, as `_EVENT` takes them."""
    return [
        value
        for event, at in events
        for value in (
            event.id,
            event.type,
            event.profile_id,
            event.post_id,
            json.dumps(as_storable(event.data)),
            at,
        )
    ]


def _stored(name: str, value: Any) -> Any:
    """Return a value as the driver expects it."""
    storable = as_storable(value)
    return json.dumps(storable) if name in _JSON and value is not None else storable


def _account(row: asyncpg.Record) -> AccountRow:
    return read_account({name: row[f"account_{name}"] for name in _ACCOUNT_FIELDS})
