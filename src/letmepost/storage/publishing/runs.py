"""What a worker reads and writes while it publishes a post. Every write is fenced by the lease.

A worker that has lost its lease (it was stopped, its clock jumped, the network went) finds `LostLeaseError` at its next
write, and has changed nothing. Every post takes these statements, so they go to the driver as they are.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

import asyncpg
from sqlalchemy.ext.asyncio import AsyncConnection

from letmepost.domain.flow import Frozen
from letmepost.domain.text import as_storable
from letmepost.platforms.contract import Credential
from letmepost.storage.accounts.accounts import AccountRow, read_account
from letmepost.storage.accounts.credentials import open_credential
from letmepost.storage.database import driver_of
from letmepost.storage.posts.posts import PostRow, read_post
from letmepost.storage.publishing.claims import Claim
from letmepost.storage.sealing import Keyring


class LostLeaseError(Exception):
    """Another worker may have the post: stop, and write nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptRecord:
    """How a try ended."""

    outcome: str
    error: Mapping[str, Any] | None
    platform_ms: int
    calls: Sequence[Mapping[str, Any]]
    finished_at: datetime


@dataclass(frozen=True, slots=True)
class Loaded:
    """A post with all that a try needs.

    `frozen` is as its revision's first claim has fixed it. `pause` is why publishing is paused, None when it is not.
    """

    post: PostRow
    content: Mapping[str, Any]
    frozen: Frozen
    account: AccountRow
    credential: Credential | None
    pause: str | None


_POST_FIELDS = tuple(field.name for field in fields(PostRow))
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
    SELECT {", ".join(f"mine.{name}" for name in _POST_FIELDS)}, frozen.*, account.credential_sealed,
           (SELECT coalesce(p.reason, '') FROM pauses p
            WHERE (p.organization_id IS NULL OR p.organization_id = mine.organization_id)
              AND (p.account_id IS NULL OR p.account_id = mine.account_id)
              AND (p.platform IS NULL OR p.platform = mine.platform) LIMIT 1) AS pause,
           {", ".join(f"account.{name} AS account_{name}" for name in _ACCOUNT_FIELDS)}
    FROM mine CROSS JOIN frozen
    JOIN accounts account ON account.organization_id = mine.organization_id AND account.id = mine.account_id
"""  # noqa: S608 - the names are of our own columns


class RunRepository:
    """One claimed post: how a try of it begins, what it changes, and how it ends."""

    def __init__(self, connection: AsyncConnection, claim: Claim, keyring: Keyring) -> None:
        self._driver = driver_of(connection)
        self._claim = claim
        self._keyring = keyring

    async def begin(self, attempt_id: UUID, now: datetime, entropy: bytes) -> Loaded:
        """Count a new try, fix what the first try of a revision fixes, and load everything.

        Args:
            entropy: what a revision that has never been claimed is frozen with.

        Raises:
            LostLeaseError: the post is not ours any more.
        """
        row = await self._driver.fetchrow(_BEGIN, self._claim.post_id, self._claim.token, attempt_id, now, entropy)
        if row is None:
            raise LostLeaseError
        sealed, account = row["credential_sealed"], _account(row)
        return Loaded(
            post=read_post(row),
            content=row["content"],
            frozen=Frozen(row["frozen_at"], row["frozen_entropy"]),
            account=account,
            credential=None
            if sealed is None
            else open_credential(self._keyring, self._claim.tenant, account.id, sealed),
            pause=row["pause"],
        )

    async def change(self, **values: Any) -> None:
        """Change the post and keep the lease.

        Raises:
            LostLeaseError: nothing was changed.
        """
        names = tuple(sorted(values))
        given = [_stored(name, values[name]) for name in names]
        done = await self._driver.fetchval(_update(names), self._claim.post_id, self._claim.token, *given)
        if done is None:
            raise LostLeaseError

    async def finish(self, attempt_id: UUID, attempt: AttemptRecord, **values: Any) -> None:
        """Change the post for the last time in this run, end the attempt, and give the lease back.

        Raises:
            LostLeaseError: nothing was changed.
        """
        values |= {"lease_token": None, "lease_until": None}
        names = tuple(sorted(values))
        done = await self._driver.fetchval(
            _finish(names),
            self._claim.post_id,
            self._claim.token,
            *(_stored(name, values[name]) for name in names),
            attempt_id,
            attempt.outcome,
            _stored("error", attempt.error),
            attempt.platform_ms,
            json.dumps(list(attempt.calls)),
            attempt.finished_at,
        )
        if done is None:
            raise LostLeaseError


@lru_cache(maxsize=128)
def _update(names: tuple[str, ...]) -> str:
    changes = ", ".join(f"{name} = ${place}" for place, name in enumerate(names, start=3))
    return f"UPDATE posts SET {changes} WHERE id = $1 AND lease_token = $2 RETURNING id"  # noqa: S608 - our own names


@lru_cache(maxsize=128)
def _finish(names: tuple[str, ...]) -> str:
    attempt, outcome, error, platform_ms, calls, finished_at = (f"${3 + len(names) + place}" for place in range(6))
    return f"""
        WITH changed AS ({_update(names)}), ended AS (
          UPDATE attempts SET outcome = {outcome}, error = {error}::jsonb, platform_ms = {platform_ms},
                              calls = {calls}::jsonb, finished_at = {finished_at}
          FROM changed WHERE attempts.id = {attempt}
        )
        SELECT id FROM changed
    """  # noqa: S608 - our own names


def _stored(name: str, value: Any) -> Any:
    """A value as the driver takes it."""
    storable = as_storable(value)
    return json.dumps(storable) if name in _JSON and value is not None else storable


def _account(row: asyncpg.Record) -> AccountRow:
    return read_account({name: row[f"account_{name}"] for name in _ACCOUNT_FIELDS})
