"""What a worker writes while it publishes a post. Every write is fenced by the lease.

A worker that has lost its lease (it was stopped, its clock jumped, the network went) finds `LostLeaseError` at its next
write, and has changed nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import and_, func, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from letmepost.domain.flow import Frozen, Intent, Reply
from letmepost.domain.journal import Step, decode_call, decode_reply, encode_call, encode_reply
from letmepost.domain.posts import PostStatus
from letmepost.domain.text import as_storable
from letmepost.storage.claims import Claim
from letmepost.storage.posts import POST_COLUMNS, PostRow
from letmepost.storage.sealing import Keyring, Place
from letmepost.storage.tables.posts import attempts, flow_steps, post_revisions, posts


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


_WRITE_STEP = text(
    """
    INSERT INTO flow_steps AS s (organization_id, mode, post_id, revision, step, fingerprint,
                                 intent_sealed, intent_at, reply_sealed, valid_until)
    SELECT p.organization_id, p.mode, p.id, :revision, :step, :fingerprint, CAST(:intent AS bytea),
           CAST(:intent_at AS timestamptz), CAST(:reply AS bytea), CAST(:valid_until AS timestamptz)
    FROM posts p WHERE p.id = :post_id AND p.lease_token = :token FOR SHARE
    ON CONFLICT (post_id, revision, step) DO UPDATE SET
      fingerprint = excluded.fingerprint,
      intent_sealed = coalesce(excluded.intent_sealed, s.intent_sealed),
      intent_at = coalesce(excluded.intent_at, s.intent_at),
      reply_sealed = excluded.reply_sealed,
      valid_until = excluded.valid_until,
      paused_at = CASE WHEN excluded.reply_sealed IS NULL THEN s.paused_at END,
      pause_count = CASE WHEN excluded.reply_sealed IS NULL THEN s.pause_count ELSE 0 END
    RETURNING step
    """
)
_CLOSE_STEP = text(
    """
    UPDATE flow_steps s SET intent_sealed = NULL, intent_at = NULL, reply_sealed = NULL,
      forgotten_count = forgotten_count + :forgotten
    FROM (SELECT id FROM posts WHERE id = :post_id AND lease_token = :token FOR SHARE) p
    WHERE s.post_id = p.id AND s.revision = :revision AND s.step = :step RETURNING s.step
    """
)
_DROP_REPLY = text(
    """
    UPDATE flow_steps s SET reply_sealed = NULL
    FROM (SELECT id FROM posts WHERE id = :post_id AND lease_token = :token FOR SHARE) p
    WHERE s.post_id = p.id AND s.revision = :revision AND s.step = :step RETURNING s.step
    """
)
_PAUSE_STEP = text(
    """
    INSERT INTO flow_steps AS s (organization_id, mode, post_id, revision, step, paused_at, pause_count)
    SELECT p.organization_id, p.mode, p.id, :revision, :step, :now, 1
    FROM posts p WHERE p.id = :post_id AND p.lease_token = :token FOR SHARE
    ON CONFLICT (post_id, revision, step) DO UPDATE SET
      paused_at = coalesce(s.paused_at, excluded.paused_at), pause_count = s.pause_count + 1
    RETURNING step
    """
)


class RunRepository:
    """One claimed post: its state, its journal, its end."""

    def __init__(self, connection: AsyncConnection, claim: Claim, keyring: Keyring) -> None:
        self._connection = connection
        self._claim = claim
        self._keyring = keyring

    async def get_post(self) -> PostRow:
        """The post, locked against cancellation and rescheduling until the transaction ends.

        Raises:
            LostLeaseError: it is not ours any more.
        """
        query = select(*POST_COLUMNS).where(self._is_ours()).with_for_update(key_share=True)
        row = (await self._connection.execute(query)).mappings().first()
        if row is None:
            raise LostLeaseError
        return PostRow(**{**row, "status": PostStatus(row["status"])})

    async def begin_attempt(self, attempt_id: UUID, post: PostRow, now: datetime) -> int:
        """Count a new try; returns its number. `waited_ms` is the time since the post was ready."""
        number = post.attempt_count + 1
        waited_s = max(0.0, (now - (post.ready_at or now)).total_seconds())
        await self._connection.execute(
            insert(attempts).values(
                id=attempt_id,
                **self._owner(),
                post_id=post.id,
                revision=post.revision,
                number=number,
                waited_ms=int(waited_s * 1000),
                started_at=now,
            )
        )
        await self._connection.execute(update(posts).where(self._is_ours()).values(attempt_count=number))
        return number

    async def get_revision(self, post: PostRow, now: datetime, entropy: bytes) -> tuple[Mapping[str, Any], Frozen]:
        """The content, and the moment and randomness that its first claim has fixed (now, if this is the first)."""
        mine = and_(post_revisions.c.post_id == post.id, post_revisions.c.revision == post.revision)
        statement = (
            update(post_revisions)
            .where(mine)
            .values(
                frozen_at=func.coalesce(post_revisions.c.frozen_at, now),
                frozen_entropy=func.coalesce(post_revisions.c.frozen_entropy, entropy),
            )
            .returning(post_revisions.c.content, post_revisions.c.frozen_at, post_revisions.c.frozen_entropy)
        )
        row = (await self._connection.execute(statement)).one()
        return row.content, Frozen(row.frozen_at, row.frozen_entropy)

    async def load_journal(self, revision: int) -> dict[str, Step]:
        """What earlier runs of this revision did, by step."""
        query = select(flow_steps).where(flow_steps.c.post_id == self._claim.post_id, flow_steps.c.revision == revision)
        rows = (await self._connection.execute(query)).mappings()
        return {row["step"]: self._step(row) for row in rows}

    async def write_intent(self, revision: int, step: str, fingerprint: bytes, intent: Intent) -> None:
        """Put on record that the call is about to be sent."""
        sealed = self._keyring.seal(encode_call(intent.call), self._place(revision, step, "intent_sealed"))
        await self._write(revision, step, fingerprint=fingerprint, intent=sealed, intent_at=intent.started_at)

    async def write_reply(
        self, revision: int, step: str, fingerprint: bytes, reply: Reply, valid_for_s: float | None
    ) -> None:
        """Put on record what was answered; the intent stays, as evidence. Waits of earlier answers are over."""
        valid_until = None if valid_for_s is None else reply.received_at + timedelta(seconds=valid_for_s)
        sealed = self._keyring.seal(encode_reply(reply), self._place(revision, step, "reply_sealed"))
        await self._write(revision, step, fingerprint=fingerprint, reply=sealed, valid_until=valid_until)

    async def close_step(self, revision: int, step: str, *, forgotten: bool = False) -> None:
        """Nothing was executed, or what was made has died: the step may be done again."""
        values = {"revision": revision, "step": step, "forgotten": int(forgotten), **self._lease()}
        self._check((await self._connection.execute(_CLOSE_STEP, values)).first())

    async def drop_reply(self, revision: int, step: str) -> None:
        """The reply says nothing: the step is in doubt again."""
        values = {"revision": revision, "step": step, **self._lease()}
        self._check((await self._connection.execute(_DROP_REPLY, values)).first())

    async def write_pause(self, revision: int, step: str, now: datetime) -> None:
        """Count a wait."""
        values = {"revision": revision, "step": step, "now": now, **self._lease()}
        self._check((await self._connection.execute(_PAUSE_STEP, values)).first())

    async def change(self, **values: Any) -> PostRow:
        """Change the post and keep the lease.

        Raises:
            LostLeaseError: nothing was changed.
        """
        storable = {name: as_storable(value) for name, value in values.items()}
        statement = update(posts).where(self._is_ours()).values(**storable).returning(*POST_COLUMNS)
        row = (await self._connection.execute(statement)).mappings().first()
        if row is None:
            raise LostLeaseError
        return PostRow(**{**row, "status": PostStatus(row["status"])})

    async def finish(self, attempt_id: UUID | None, attempt: AttemptRecord | None, **values: Any) -> PostRow:
        """Change the post for the last time in this run, end the attempt, and give the lease back."""
        row = await self.change(**values, lease_token=None, lease_until=None)
        if attempt_id is not None and attempt is not None:
            await self._connection.execute(
                update(attempts)
                .where(attempts.c.id == attempt_id)
                .values(
                    outcome=attempt.outcome,
                    error=as_storable(attempt.error),
                    platform_ms=attempt.platform_ms,
                    calls=list(attempt.calls),
                    finished_at=attempt.finished_at,
                )
            )
        return row

    async def _write(
        self,
        revision: int,
        step: str,
        *,
        fingerprint: bytes,
        intent: bytes | None = None,
        intent_at: datetime | None = None,
        reply: bytes | None = None,
        valid_until: datetime | None = None,
    ) -> None:
        values = {
            "revision": revision,
            "step": step,
            "fingerprint": fingerprint,
            "intent": intent,
            "intent_at": intent_at,
            "reply": reply,
            "valid_until": valid_until,
            **self._lease(),
        }
        self._check((await self._connection.execute(_WRITE_STEP, values)).first())

    def _step(self, row: Mapping[Any, Any]) -> Step:
        name, revision = row["step"], row["revision"]
        intent = reply = None
        if row["intent_sealed"] is not None:
            opened = self._keyring.open(row["intent_sealed"], self._place(revision, name, "intent_sealed"))
            intent = Intent(decode_call(opened), row["intent_at"])
        if row["reply_sealed"] is not None:
            reply = decode_reply(self._keyring.open(row["reply_sealed"], self._place(revision, name, "reply_sealed")))
        return Step(
            name=name,
            fingerprint=row["fingerprint"],
            intent=intent,
            reply=reply,
            valid_until=row["valid_until"],
            forgotten_count=row["forgotten_count"],
            paused_at=row["paused_at"],
            pause_count=row["pause_count"],
        )

    def _place(self, revision: int, step: str, column: str) -> Place:
        row = f"{self._claim.post_id}/{revision}/{step}"
        return Place(self._claim.tenant.organization_id, "flow_steps", column, row)

    def _owner(self) -> dict[str, Any]:
        return {"organization_id": self._claim.tenant.organization_id, "mode": self._claim.tenant.mode}

    def _lease(self) -> dict[str, Any]:
        return {"post_id": self._claim.post_id, "token": self._claim.token}

    def _is_ours(self) -> Any:
        return and_(posts.c.id == self._claim.post_id, posts.c.lease_token == self._claim.token)

    @staticmethod
    def _check(written: object | None) -> None:
        if written is None:
            raise LostLeaseError
