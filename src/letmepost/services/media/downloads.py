"""Media read by whoever has their address: platforms that pull, and people who look."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import structlog

from letmepost.domain.content import MediaFacts
from letmepost.domain.errors import NotFound
from letmepost.domain.ids import Prefix, spell
from letmepost.gateways.blobs import BlobMissingError
from letmepost.gateways.metrics import Metrics
from letmepost.services.media.library import MediaLibrary
from letmepost.services.media.links import Link, MediaLinks, Purpose
from letmepost.storage.media.media import MediaRow

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Readable:
    """A medium that may be read."""

    link: Link
    row: MediaRow
    facts: MediaFacts

    @property
    def is_pulled(self) -> bool:
        """Whether a platform is to fetch it for a post: then the address can end any moment."""
        return self.link.post_id is not None


class Downloads:
    """Bytes of media, for those who have a signed address."""

    def __init__(self, library: MediaLibrary, links: MediaLinks, metrics: Metrics) -> None:
        self._library = library
        self._links = links
        self._metrics = metrics

    async def find(self, token: str) -> Readable:
        """What an address leads to.

        Raises:
            NotFound: it is not ours or out of date, or the medium is gone, or the post that it was for has ended.
        """
        link = self._links.read(Purpose.READ, token) or self._links.read(Purpose.PULL, token)
        row = None if link is None else await self._find(link)
        if link is None or row is None or row.facts is None:
            raise NotFound("medium")
        if link.post_id is not None:
            self._metrics.media_pulled()
            log.info("media.pulled", media_id=spell(Prefix.MEDIA, row.id), post_id=spell(Prefix.POST, link.post_id))
        return Readable(link, row, row.facts)

    async def open(self, found: Readable, first_byte: int, length_bytes: int) -> AsyncIterator[bytes]:
        """A range of the bytes, in chunks.

        Raises:
            NotFound: they are gone.
        """
        try:
            return await self._library.open_range(found.link.tenant, found.row.id, first_byte, length_bytes)
        except BlobMissingError as missing:
            raise NotFound("medium") from missing

    async def _find(self, link: Link) -> MediaRow | None:
        if link.post_id is None:
            return await self._library.find(link.tenant, link.media_id)
        return await self._library.find_needed(link.tenant, link.media_id, link.post_id)
