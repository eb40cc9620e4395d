"""The time of an organization's test world, and everything that a jump of it moves.

All stored times are real times. A jump moves stored times back, so that future events come nearer.
"""

from datetime import datetime, timedelta

from sqlalchemy import exists, update

from letmepost.domain.api_keys import Mode
from letmepost.domain.posts import PostStatus
from letmepost.storage.database import Connection, Tenant, driver_of
from letmepost.storage.posts.editing import EDITABLE
from letmepost.storage.posts.posts import POST_COLUMNS, PostRow, read_post
from letmepost.storage.tables.posts import flow_steps, posts

_AHEAD = "SELECT sandbox_ahead_s FROM organizations WHERE id = $1"
_SET_AHEAD = "UPDATE organizations SET sandbox_ahead_s = $3 WHERE id = $1 AND sandbox_ahead_s = $2 RETURNING true"

# A post moves at most to its next step. Everything that would have happened on the way is done now, as if it were that
# time, so that nothing is late because of the jump. Its lateness moves with it.
# $1 is the organization, $2 the jump, and $3 the present.
_STEP = """
    SELECT id, least($2::interval, greatest(ready_at - $3::timestamptz, interval '0')) AS moved
    FROM posts WHERE organization_id = $1 AND mode = 'test' AND ready_at IS NOT NULL AND lease_token IS NULL
"""
_POSTS = f"""
    UPDATE posts p SET
      due_at = p.due_at - step.moved, clock_moved = p.clock_moved + step.moved,
      ready_at = p.ready_at - step.moved, extras_until = p.extras_until - step.moved
    FROM ({_STEP}) step
    WHERE p.id = step.id AND p.lease_token IS NULL AND p.ready_at IS NOT NULL
"""  # noqa: S608 - a constant
# A draft is not due, but it may have a time.
_DRAFTS = """
    UPDATE posts SET due_at = due_at - $2::interval, clock_moved = clock_moved + $2::interval
    WHERE organization_id = $1 AND mode = 'test' AND status = 'draft'
"""
# Past attempts move as well, so that the waits since then stay the same.
_ATTEMPTS = f"""
    UPDATE attempts a SET started_at = a.started_at - step.moved, finished_at = a.finished_at - step.moved
    FROM ({_STEP}) step WHERE a.post_id = step.id
"""  # noqa: S608 - a constant
# The platforms' own time moves by the whole jump.
_JOURNALS = """
    UPDATE flow_steps s SET
      intent_at = s.intent_at - $2::interval, paused_at = s.paused_at - $2::interval,
      valid_until = s.valid_until - $2::interval
    FROM posts p
    WHERE p.organization_id = $1 AND p.mode = 'test' AND p.ready_at IS NOT NULL AND p.lease_token IS NULL
      AND s.post_id = p.id AND s.revision = p.revision
"""
_DELIVERIES = """
    UPDATE deliveries SET ready_at = greatest(ready_at - $2::interval, least(ready_at, $3::timestamptz))
    WHERE organization_id = $1 AND mode = 'test' AND ready_at IS NOT NULL AND lease_token IS NULL
"""
_ENDPOINTS = """
    UPDATE webhook_endpoints SET failing_since = failing_since - $2::interval
    WHERE organization_id = $1 AND mode = 'test' AND failing_since IS NOT NULL
"""
_READ_BACKS = """
    UPDATE posts SET read_back_at = read_back_at - $2::interval
    WHERE organization_id = $1 AND mode = 'test' AND read_back_at IS NOT NULL
"""
_ACCOUNTS = """
    UPDATE accounts SET
      token_expires_at = token_expires_at - $2::interval, check_at = check_at - $2::interval
    WHERE organization_id = $1 AND mode = 'test' AND status <> 'disconnected'
"""
_CREDENTIALS = """
    UPDATE credentials SET refresh_at = refresh_at - $2::interval
    WHERE organization_id = $1 AND mode = 'test' AND refresh_at IS NOT NULL
"""
# Their simulated accounts are deleted.
_DISCONNECT = """
    UPDATE accounts SET
      status = 'disconnected', credential_id = NULL, token_expires_at = NULL, check_at = NULL, updated_at = $2
    WHERE organization_id = $1 AND mode = 'test' AND status <> 'disconnected'
"""
_DELETE_CREDENTIALS = "DELETE FROM credentials WHERE organization_id = $1 AND mode = 'test'"


class TestWorld:
    """The test world of one organization. It cannot reach another organization's, or live data."""

    __test__ = False  # its name looks like a test of pytest

    def __init__(self, connection: Connection, tenant: Tenant) -> None:
        self._connection = connection
        self._organization_id = tenant.organization_id

    async def ahead_s(self) -> float:
        """Return how far its time is ahead of the real time, in seconds."""
        found: float = await driver_of(self._connection).fetchval(_AHEAD, self._organization_id)
        return found

    async def advance(self, before_s: float, ahead_s: float, now: datetime) -> bool:
        """Move its time from `before_s` to `ahead_s`. Return False if it is no longer at `before_s`."""
        if not await self._set(before_s, ahead_s):
            return False
        driver, jump = driver_of(self._connection), timedelta(seconds=ahead_s - before_s)
        # The journals and attempts are first, because they are selected by the posts that still wait.
        await driver.execute(_JOURNALS, self._organization_id, jump)
        for statement in (_ATTEMPTS, _POSTS, _DELIVERIES):
            await driver.execute(statement, self._organization_id, jump, now)
        for statement in (_DRAFTS, _READ_BACKS, _ENDPOINTS, _ACCOUNTS, _CREDENTIALS):
            await driver.execute(statement, self._organization_id, jump)
        return True

    async def cancel_waiting(self, now: datetime) -> list[PostRow]:
        """Cancel every post of which nothing was sent. Leased posts are finished by their workers."""
        is_sent = exists().where(
            flow_steps.c.post_id == posts.c.id,
            flow_steps.c.revision == posts.c.revision,
            flow_steps.c.intent_at.is_not(None),
        )
        statement = (
            update(posts)
            .where(
                posts.c.organization_id == self._organization_id,
                posts.c.mode == Mode.TEST,
                posts.c.status.in_(EDITABLE),
                posts.c.lease_token.is_(None),
                ~is_sent,
            )
            .values(
                status=PostStatus.CANCELED,
                is_canceled_draft=posts.c.status == PostStatus.DRAFT,
                ready_at=None,
                updated_at=now,
            )
            .returning(*POST_COLUMNS)
        )
        return [read_post(row) for row in (await self._connection.execute(statement)).mappings()]

    async def reset(self, now: datetime) -> None:
        """Reset its time to the real time, and disconnect its accounts."""
        await self._set(await self.ahead_s(), 0.0)
        driver = driver_of(self._connection)
        await driver.execute(_DISCONNECT, self._organization_id, now)
        await driver.execute(_DELETE_CREDENTIALS, self._organization_id)

    async def _set(self, before_s: float, ahead_s: float) -> bool:
        changed = await driver_of(self._connection).fetchval(_SET_AHEAD, self._organization_id, before_s, ahead_s)
        return changed is not None
