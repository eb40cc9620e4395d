"""Reads media items through signed URLs: for platforms that fetch them, and for people."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import structlog

from letmepost.domain import refusals
from letmepost.domain.content import MediaFacts
from letmepost.domain.ids import Prefix, format_id
from letmepost.gateways.blobs import BlobMissingError
from letmepost.gateways.metrics import Metrics
from letmepost.services.media.library import MediaLibrary
from letmepost.services.media.links import Link, MediaLinks, Purpose
from letmepost.services.work import UnitsOfWork
from letmepost.storage.media.media import MediaRow

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Readable:
    """A media item that may be read."""

    link: Link
    row: MediaRow
    facts: MediaFacts

    @property
    def is_pulled(self) -> bool:
        """True if a platform fetches it for a post. Such a URL may become invalid at any time."""
        return self.link.post_id is not None


class Downloads:
    """Reads the bytes of media items for clients that have a signed URL."""

    def __init__(self, *, units: UnitsOfWork, library: MediaLibrary, links: MediaLinks, metrics: Metrics) -> None:
        self._units = units
        self._library = library
        self._links = links
        self._metrics = metrics

    async def find(self, token: str) -> Readable:
        """Return the media item of a signed URL.

        Raises:
            NotFound: the URL is invalid or has expired, the media item was deleted, or its post has ended.
        """
        link = self._links.read(Purpose.READ, token) or self._links.read(Purpose.PULL, token)
        row = None if link is None else await self._find(link)
        if link is None or row is None or row.facts is None:
            raise refusals.requests.PAGE_UNKNOWN()
        if link.post_id is not None:
            self._metrics.media_pulled()
            log.info(
                "media.pulled", media_id=format_id(Prefix.MEDIA, row.id), post_id=format_id(Prefix.POST, link.post_id)
            )
        return Readable(link, row, row.facts)

    async def open(self, found: Readable, first_byte: int, length_bytes: int) -> AsyncIterator[bytes]:
        """Return a range of the bytes, in chunks.

        Raises:
            NotFound: the bytes were deleted.
        """
        try:
            return await self._library.open_range(found.link.tenant, found.row.id, first_byte, length_bytes)
        except BlobMissingError as missing:
            raise refusals.requests.PAGE_UNKNOWN() from missing

    async def _find(self, link: Link) -> MediaRow | None:
        async with self._units.begin(link.tenant) as work:
            if link.post_id is not None and not await work.media.is_needed(link.media_id, by_post=link.post_id):
                return None
            return await work.media.find(link.media_id)
