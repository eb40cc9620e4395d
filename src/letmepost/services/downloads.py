"""Media read by whoever has their address: platforms that pull, and people who look."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

from letmepost.domain.content import MediaFacts
from letmepost.domain.errors import NotFound
from letmepost.gateways.blobs import BlobMissingError
from letmepost.services.media import MediaLibrary
from letmepost.services.media_links import Link, MediaLinks, Purpose
from letmepost.storage.media import MediaRow


@dataclass(frozen=True, slots=True)
class Readable:
    """A medium that may be read."""

    link: Link
    row: MediaRow
    facts: MediaFacts


class Downloads:
    """Bytes of media, for those who have a signed address."""

    def __init__(self, library: MediaLibrary, links: MediaLinks) -> None:
        self._library = library
        self._links = links

    async def find(self, token: str) -> Readable:
        """What an address leads to.

        Raises:
            NotFound: it is not ours or out of date, or the medium is gone.
        """
        link = self._links.read(Purpose.READ, token)
        row = None if link is None else await self._library.find(link.tenant, link.media_id)
        if link is None or row is None or row.facts is None:
            raise NotFound("medium")
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
