"""The journal of one revision of a post. Every write is fenced by the lease."""

from datetime import datetime, timedelta

import asyncpg
from sqlalchemy.ext.asyncio import AsyncConnection

from letmepost.domain.encoding import decode_call, decode_reply, encode_call, encode_reply
from letmepost.domain.flow import Intent, Reply
from letmepost.domain.journal import Step
from letmepost.storage.database import driver_of
from letmepost.storage.publishing.claims import Claim
from letmepost.storage.publishing.runs import LostLeaseError, SealedReply
from letmepost.storage.sealing import Keyring, Place

_LOAD = """
    SELECT step, fingerprint, intent_sealed, intent_at, reply_sealed, valid_until, forgotten_count, paused_at,
           pause_count
    FROM flow_steps WHERE post_id = $1 AND revision = $2
"""
_WRITE = """
    INSERT INTO flow_steps AS s (organization_id, mode, post_id, revision, step, fingerprint,
                                 intent_sealed, intent_at, reply_sealed, valid_until)
    SELECT p.organization_id, p.mode, p.id, $3, $4, $5, $6, $7, $8, $9
    FROM posts p WHERE p.id = $1 AND p.lease_token = $2 FOR SHARE
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
_CLOSE = """
    UPDATE flow_steps s SET intent_sealed = NULL, intent_at = NULL, reply_sealed = NULL,
      forgotten_count = forgotten_count + $5
    FROM (SELECT id FROM posts WHERE id = $1 AND lease_token = $2 FOR SHARE) p
    WHERE s.post_id = p.id AND s.revision = $3 AND s.step = $4 RETURNING s.step
"""
_RESTART_WAITS = """
    UPDATE flow_steps s SET paused_at = NULL, pause_count = 0
    FROM (SELECT id FROM posts WHERE id = $1 AND lease_token = $2 FOR SHARE) p
    WHERE s.post_id = p.id AND s.revision = $3 AND starts_with(s.step, $4 || '-') AND s.paused_at IS NOT NULL
"""
_DROP_REPLY = """
    UPDATE flow_steps s SET reply_sealed = NULL
    FROM (SELECT id FROM posts WHERE id = $1 AND lease_token = $2 FOR SHARE) p
    WHERE s.post_id = p.id AND s.revision = $3 AND s.step = $4 RETURNING s.step
"""
_PAUSE = """
    INSERT INTO flow_steps AS s (organization_id, mode, post_id, revision, step, paused_at, pause_count)
    SELECT p.organization_id, p.mode, p.id, $3, $4, $5, 1
    FROM posts p WHERE p.id = $1 AND p.lease_token = $2 FOR SHARE
    ON CONFLICT (post_id, revision, step) DO UPDATE SET
      paused_at = coalesce(s.paused_at, excluded.paused_at), pause_count = s.pause_count + 1
    RETURNING step
"""


class JournalRepository:
    """The steps of the flow of one revision. Writes without the lease raise `LostLeaseError` and change nothing."""

    def __init__(self, connection: AsyncConnection, claim: Claim, revision: int, keyring: Keyring) -> None:
        self._driver = driver_of(connection)
        self._claim = claim
        self._revision = revision
        self._keyring = keyring

    async def load(self) -> dict[str, Step]:
        """Return the recorded steps of earlier runs."""
        rows = await self._driver.fetch(_LOAD, self._claim.post_id, self._revision)
        return {row["step"]: self._step(row) for row in rows}

    async def write_intent(self, step: str, fingerprint: bytes, intent: Intent) -> None:
        """Record that the call is about to be sent."""
        sealed = self._keyring.seal(encode_call(intent.call), self._place(step, "intent_sealed"))
        await self._do(_WRITE, step, fingerprint, sealed, intent.started_at, None, None)

    async def write_reply(self, step: str, fingerprint: bytes, reply: Reply, valid_for_s: float | None) -> None:
        """Store a reply and end the waits of earlier replies. The intent stays as evidence."""
        stored = self.seal_reply(step, fingerprint, reply, valid_for_s)
        await self._do(_WRITE, step, fingerprint, None, None, stored.sealed, stored.valid_until)

    def seal_reply(self, step: str, fingerprint: bytes, reply: Reply, valid_for_s: float | None) -> SealedReply:
        """Return a reply in the form that `RunRepository.finish` stores."""
        valid_until = None if valid_for_s is None else reply.received_at + timedelta(seconds=valid_for_s)
        sealed = self._keyring.seal(encode_reply(reply), self._place(step, "reply_sealed"))
        return SealedReply(self._revision, step, fingerprint, sealed, valid_until)

    async def close(self, step: str) -> None:
        """Allow the step to run again: nothing was executed."""
        await self._do(_CLOSE, step, 0)

    async def void(self, step: str, *, is_lost: bool = False) -> None:
        """Allow the step to run again, and restart the waits for it: it had no effect, or its result is lost."""
        await self._do(_CLOSE, step, int(is_lost))
        await self._driver.execute(_RESTART_WAITS, self._claim.post_id, self._claim.token, self._revision, step)

    async def drop_reply(self, step: str) -> None:
        """Delete an inconclusive reply, so that the step is in doubt again."""
        await self._do(_DROP_REPLY, step)

    async def write_pause(self, step: str, now: datetime) -> None:
        """Count a wait."""
        await self._do(_PAUSE, step, now)

    async def _do(self, statement: str, step: str, *values: object) -> None:
        done = await self._driver.fetchval(
            statement, self._claim.post_id, self._claim.token, self._revision, step, *values
        )
        if done is None:
            raise LostLeaseError

    def _step(self, row: asyncpg.Record) -> Step:
        name = row["step"]
        intent = reply = None
        if row["intent_sealed"] is not None:
            opened = self._keyring.open(row["intent_sealed"], self._place(name, "intent_sealed"))
            intent = Intent(decode_call(opened), row["intent_at"])
        if row["reply_sealed"] is not None:
            reply = decode_reply(self._keyring.open(row["reply_sealed"], self._place(name, "reply_sealed")))
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

    def _place(self, step: str, column: str) -> Place:
        row = f"{self._claim.post_id}/{self._revision}/{step}"
        return Place(self._claim.tenant.organization_id, "flow_steps", column, row)
