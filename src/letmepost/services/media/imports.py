"""Brings media that are given by URL here before the posts that need them are due.

A post whose media cannot be had, or break a rule now that they are here, is rejected then and not when it is due: its
author may still do something about it.
"""

import asyncio
from collections.abc import Mapping
from uuid import UUID

import structlog

from letmepost.domain.errors import SendFailure
from letmepost.domain.media import MediaStatus
from letmepost.domain.posts import TRANSITIONS, Cause
from letmepost.domain.rules import violations
from letmepost.gateways.clock import Clock
from letmepost.gateways.wakeups import Wakeups
from letmepost.platforms.contract import Platform
from letmepost.services.events import post_event
from letmepost.services.media.fetch import MediaFetching
from letmepost.services.publishing import outcomes
from letmepost.services.publishing.outcomes import Outcome
from letmepost.storage.database import Connection, Database, Tenant
from letmepost.storage.media.media import MediaRepository
from letmepost.storage.media.sweeps import EveryTenantMedia, FoundMedium
from letmepost.storage.posts.contents import decode_content, media_ids
from letmepost.storage.posts.editing import PostEditor
from letmepost.storage.posts.posts import PostRow
from letmepost.storage.webhooks.events import EventRepository

log = structlog.get_logger()


class Imports:
    """Looks after every tenant's media by URL. Two workers at the same medium do no harm: the first to record wins."""

    def __init__(
        self,
        *,
        database: Database,
        fetching: MediaFetching,
        platforms: Mapping[str, Platform],
        clock: Clock,
        wakeups: Wakeups,
    ) -> None:
        self._database = database
        self._fetching = fetching
        self._platforms = platforms
        self._clock = clock
        self._wakeups = wakeups

    async def sweep(self, limit: int) -> None:
        """Fetch what waits, oldest first and all at once: a slow server keeps nobody else's media waiting for long."""
        found = await EveryTenantMedia(self._database).list_waiting(limit, self._clock.now())
        await asyncio.gather(*[self._bring(medium) for medium in found])

    async def _bring(self, found: FoundMedium) -> None:
        """Fetch a medium and judge the posts that wait for it; what cannot be reached just now goes on waiting."""
        with structlog.contextvars.bound_contextvars(media_id=str(found.media_id)):
            try:
                try:
                    await self._fetching.fetch(found.tenant, found.media_id)
                except SendFailure as failure:
                    log.info("media.unreachable", error=str(failure))
                await self._judge_posts(found.tenant, found.media_id)
            except Exception:
                log.exception("media.import_failed")  # what goes wrong with one must not keep the others waiting

    async def _judge_posts(self, tenant: Tenant, media_id: UUID) -> None:
        """Reject what can never go out. Should we die before, it is rejected when it is due."""
        now, rejected = self._clock.now(), []
        async with self._database.tenant(tenant) as connection:
            editor = PostEditor(connection, tenant)
            for locked in await editor.lock_queued_with(media_id):
                verdict = None if locked.is_sent else await self._judge(connection, tenant, locked.post)
                if verdict is not None:
                    rejected.append(await editor.change(locked.post.id, {"updated_at": now, **verdict.changes}))
            told = str(TRANSITIONS[Cause.REJECTED].event)
            events = [post_event(self._clock, told, post) for post in rejected]
            await EventRepository(connection, tenant).write(events, now)
        for post in rejected:
            log.info("post.rejected_early", post_id=str(post.id), rule=(post.error or {}).get("rule"))
            await self._wakeups.batch_changed(post.batch_id)
        if rejected:
            await self._wakeups.events_written()

    async def _judge(self, connection: Connection, tenant: Tenant, post: PostRow) -> Outcome | None:
        """What will be found when the post is due, if that is known already."""
        stored = await PostEditor(connection, tenant).get_content(post)
        rows = await MediaRepository(connection, tenant).find_many(media_ids(decode_content(stored, {})))
        failed = next((row for row in rows.values() if row.status == MediaStatus.FAILED), None)
        if failed is not None:
            return outcomes.media_missing(post, failed.error or {})
        content = decode_content(stored, {row.id: row.facts for row in rows.values() if row.facts is not None})
        broken = violations(content, self._platforms[post.platform].rules)
        return outcomes.broken_rules(post, broken) if broken else None
