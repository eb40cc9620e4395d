"""Checks posts again when the bytes of a media item that they use have arrived, or will never arrive.

A post that can never be published is rejected then and not when it is due, so that its author can still correct it.
"""

from collections.abc import Mapping
from functools import partial
from typing import Any
from uuid import UUID

import structlog

from letmepost.domain.content import MediaFacts, PostContent
from letmepost.domain.media import MediaStatus
from letmepost.domain.posts import TRANSITIONS, Cause
from letmepost.domain.rules import violations
from letmepost.gateways.wakeups import Wakeups
from letmepost.platforms.contract import Platform
from letmepost.services.events import post_event
from letmepost.services.posts.fitting import settled_warnings
from letmepost.services.publishing import outcomes
from letmepost.services.publishing.outcomes import Outcome
from letmepost.services.work import UnitsOfWork, Work
from letmepost.storage.database import Tenant
from letmepost.storage.media.media import MediaRow
from letmepost.storage.posts.contents import decode_content, used_media_ids
from letmepost.storage.posts.posts import PostRow

log = structlog.get_logger()


class PostRechecks:
    """Rejects queued posts as an attempt would reject them when they are due."""

    def __init__(self, *, units: UnitsOfWork, platforms: Mapping[str, Platform], wakeups: Wakeups) -> None:
        self._units = units
        self._platforms = platforms
        self._wakeups = wakeups

    async def check(self, tenant: Tenant, media_id: UUID) -> None:
        """Check the queued posts that use a media item, against every rule.

        If this is interrupted, they are checked when they are due.
        """
        async with self._units.begin(tenant) as work:
            await self._check_posts(work, media_id)

    async def _check_posts(self, work: Work, media_id: UUID) -> None:
        """Reject posts that can never be published, and record what was converted for the others."""
        rejected = []
        for locked in await work.post_editor.lock_queued_with(media_id):
            if locked.is_sent:
                continue
            post, stored = locked.post, await work.post_editor.get_content(locked.post)
            rows = await work.media.find_many(used_media_ids(decode_content(stored, {})))
            if any(row.derived_from == media_id and row.status == MediaStatus.WAITING for row in rows.values()):
                work.fetch_media_soon()
            facts = {row.id: row.facts for row in rows.values() if row.facts is not None}
            content = decode_content(stored, facts)
            outcome = await self._expected_outcome(work, post, content, rows)
            changes = self._settled(post, content, facts) if outcome is None else outcome.changes
            if changes:
                changed = await work.post_editor.change(post.id, {"updated_at": work.now(), **changes})
                rejected += [] if outcome is None else [changed]
        event_type = str(TRANSITIONS[Cause.REJECTED].event)
        await work.emit(*[post_event(work.clock, event_type, post) for post in rejected])
        for post in rejected:
            work.after_commit(partial(self._announce, post))

    async def _announce(self, post: PostRow) -> None:
        log.info("post.rejected_early", post_id=str(post.id), rule=(post.error or {}).get("rule"))
        await self._wakeups.batch_changed(post.batch_id)

    async def _expected_outcome(
        self, work: Work, post: PostRow, content: PostContent, rows: Mapping[UUID, MediaRow]
    ) -> Outcome | None:
        """Return the outcome of a post that will be rejected when it is due; None if it is not known yet."""
        failed = next((row for row in rows.values() if row.status == MediaStatus.FAILED), None)
        if failed is not None:
            return outcomes.media_missing(post, failed.error or {})
        account = await work.accounts.find(post.account_id)
        if account is None:
            return None
        platform = self._platforms[post.platform]
        broken = violations(platform.target(content, account.facts, work.now()), platform.rules)
        return outcomes.broken_rules(post, broken) if broken else None

    def _settled(self, post: PostRow, content: PostContent, facts: Mapping[UUID, MediaFacts]) -> dict[str, Any]:
        """Return the change of the warnings by what was converted; empty if there is none."""
        title = self._platforms[post.platform].title
        warnings = settled_warnings(post.warnings, content, facts, title)
        return {} if warnings == list(post.warnings) else {"warnings": warnings}
