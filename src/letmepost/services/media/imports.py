"""Fetches media items that are given by URL before the posts that need them are due.

A post with a media item that cannot be fetched, or that breaks a rule once it is fetched, is rejected then and not when
it is due, so that its author can still correct it.
"""

from collections.abc import Mapping
from functools import partial
from uuid import UUID

import structlog

from letmepost.domain.errors import SendFailure
from letmepost.domain.media import MediaStatus
from letmepost.domain.posts import TRANSITIONS, Cause
from letmepost.domain.rules import violations
from letmepost.gateways.wakeups import Wakeups
from letmepost.platforms.contract import Platform
from letmepost.services.events import post_event
from letmepost.services.media.fetch import MediaFetching
from letmepost.services.publishing import outcomes
from letmepost.services.publishing.outcomes import Outcome
from letmepost.services.sweeps import Sweep
from letmepost.services.work import UnitsOfWork, Work
from letmepost.storage.media.sweeps import EveryTenantMedia, FoundMediaItem
from letmepost.storage.posts.contents import decode_content, media_ids
from letmepost.storage.posts.posts import PostRow

log = structlog.get_logger()


class Imports:
    """Fetches every tenant's media items by URL.

    Two workers may fetch the same media item: the first to record it wins.
    """

    def __init__(
        self,
        *,
        units: UnitsOfWork,
        every_tenant: EveryTenantMedia,
        fetching: MediaFetching,
        platforms: Mapping[str, Platform],
        wakeups: Wakeups,
    ) -> None:
        self._units = units
        self._every_tenant = every_tenant
        self._fetching = fetching
        self._platforms = platforms
        self._wakeups = wakeups
        self._sweep = Sweep[FoundMediaItem]("imports", self._fetch)

    async def sweep(self, limit: int) -> None:
        """Fetch waiting media items, the oldest first and up to `limit` at the same time."""
        await self._sweep.run(
            lambda most: self._every_tenant.list_waiting(most, self._units.clock.now()), limit, until_done=True
        )

    async def _fetch(self, found: FoundMediaItem) -> None:
        """Fetch a media item and check the posts that wait for it. An unreachable one is retried later."""
        with structlog.contextvars.bound_contextvars(media_id=str(found.media_id)):
            try:
                await self._fetching.fetch(found.tenant, found.media_id)
            except SendFailure as failure:
                log.info("media.unreachable", error=str(failure))
            async with self._units.begin(found.tenant) as work:
                await self._reject_posts(work, found.media_id)

    async def _reject_posts(self, work: Work, media_id: UUID) -> None:
        """Reject posts that can never be published. After a crash, they are rejected when they are due."""
        rejected = []
        for locked in await work.post_editor.lock_queued_with(media_id):
            outcome = None if locked.is_sent else await self._expected_outcome(work, locked.post)
            if outcome is not None:
                changes = {"updated_at": work.now(), **outcome.changes}
                rejected.append(await work.post_editor.change(locked.post.id, changes))
        event_type = str(TRANSITIONS[Cause.REJECTED].event)
        await work.emit(*[post_event(work.clock, event_type, post) for post in rejected])
        for post in rejected:
            work.after_commit(partial(self._announce, post))

    async def _announce(self, post: PostRow) -> None:
        log.info("post.rejected_early", post_id=str(post.id), rule=(post.error or {}).get("rule"))
        await self._wakeups.batch_changed(post.batch_id)

    async def _expected_outcome(self, work: Work, post: PostRow) -> Outcome | None:
        """Return the outcome of a post that will be rejected when it is due; None if it is not known yet."""
        stored = await work.post_editor.get_content(post)
        rows = await work.media.find_many(media_ids(decode_content(stored, {})))
        failed = next((row for row in rows.values() if row.status == MediaStatus.FAILED), None)
        if failed is not None:
            return outcomes.media_missing(post, failed.error or {})
        content = decode_content(stored, {row.id: row.facts for row in rows.values() if row.facts is not None})
        account = await work.accounts.find(post.account_id)
        if account is None:
            return None
        platform = self._platforms[post.platform]
        broken = violations(platform.target(content, account.facts, work.now()), platform.rules)
        return outcomes.broken_rules(post, broken) if broken else None
