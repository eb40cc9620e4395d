"""Fetches media items that are given by URL, and converts images, before the posts that need them are due.

Those posts are then checked.
"""

from datetime import timedelta

import structlog

from letmepost.domain.errors import SendFailure, StoreUnavailable
from letmepost.services.media.fetch import MediaFetching
from letmepost.services.media.rechecks import PostRechecks
from letmepost.services.sweeps import Sweep
from letmepost.services.work import UnitsOfWork
from letmepost.storage.media.sweeps import EveryTenantMedia, FoundMediaItem

FETCHED_WITHIN = timedelta(minutes=2)
"""How long a worker leaves out a media item that another one has begun to fetch. It may have crashed."""

log = structlog.get_logger()


class Imports:
    """Fetches every tenant's media items by URL, and converts images.

    An attempt of a post that is due fetches its media items itself, even if a worker has begun to: the first to record
    one wins.
    """

    def __init__(
        self, *, units: UnitsOfWork, every_tenant: EveryTenantMedia, fetching: MediaFetching, rechecks: PostRechecks
    ) -> None:
        self._units = units
        self._every_tenant = every_tenant
        self._fetching = fetching
        self._rechecks = rechecks
        self._sweep = Sweep[FoundMediaItem]("imports", self._fetch)

    async def sweep(self, limit: int) -> None:
        """Fetch or convert waiting media items, the oldest first and up to `limit` at the same time."""
        await self._sweep.run(
            lambda most: self._every_tenant.list_waiting(most, self._units.clock.now()), limit, until_done=True
        )

    async def _fetch(self, found: FoundMediaItem) -> None:
        """Fetch or convert a media item and check the posts that wait for it. An unreachable one is retried later."""
        with structlog.contextvars.bound_contextvars(media_id=str(found.media_id)):
            now = self._units.clock.now()
            async with self._units.begin(found.tenant) as work:
                if not await work.media.begin_fetch(found.media_id, now, now + FETCHED_WITHIN):
                    return
            try:
                await self._fetching.fetch(found.tenant, found.media_id)
            except (SendFailure, StoreUnavailable) as failure:
                log.info("media.unreachable", error=str(failure))
            await self._rechecks.check(found.tenant, found.media_id)
