"""Brings media that are given by URL here before the posts that need them are due."""

import asyncio

import structlog

from letmepost.domain.errors import SendFailure
from letmepost.gateways.clock import Clock
from letmepost.services.fetching import MediaFetching
from letmepost.storage.database import Database
from letmepost.storage.media_sweeps import EveryTenantMedia, FoundMedium

log = structlog.get_logger()


class Imports:
    """Looks after every tenant's media by URL. Two workers at the same medium do no harm: the first to record wins."""

    def __init__(self, *, database: Database, fetching: MediaFetching, clock: Clock) -> None:
        self._database = database
        self._fetching = fetching
        self._clock = clock

    async def sweep(self, limit: int) -> None:
        """Fetch what waits, oldest first and all at once: a slow server keeps nobody else's media waiting for long."""
        found = await EveryTenantMedia(self._database).list_waiting(limit, self._clock.now())
        await asyncio.gather(*[self._bring(medium) for medium in found])

    async def _bring(self, found: FoundMedium) -> None:
        """Fetch a medium; what cannot be reached just now goes on waiting."""
        with structlog.contextvars.bound_contextvars(media_id=str(found.media_id)):
            try:
                await self._fetching.fetch(found.tenant, found.media_id)
            except SendFailure as failure:
                log.info("media.unreachable", error=str(failure))
            except Exception:
                log.exception("media.import_failed")  # what goes wrong with one must not keep the others waiting
