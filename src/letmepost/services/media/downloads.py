"""Reads media items through signed URLs: for platforms that fetch them, and for people."""

import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass

import structlog

from letmepost.domain import refusals
from letmepost.domain.content import MediaFacts
from letmepost.domain.ids import Prefix, format_id
from letmepost.gateways.blobs import BlobMissingError
from letmepost.gateways.metrics import Metrics
from letmepost.services.media.library import MediaLibrary, needing_store
from letmepost.services.media.links import Link, MediaLinks, Purpose
from letmepost.services.work import UnitsOfWork
from letmepost.storage.media.media import MediaRow
from letmepost.storage.media.reads import MediaRead

USER_AGENT_MAX_CHARS = 200
CHECK_CONTENT = bytes.fromhex("47494638396101000100800000000000ffffff21f90401000000002c000000000100010000020144003b")
"""The file at the URLs of `MediaLinks.to_check`: a GIF of one pixel."""
CHECK_FACTS = MediaFacts(content_type="image/gif", size_bytes=len(CHECK_CONTENT))

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Reader:
    """The client of a read: its method and its user agent."""

    method: str
    user_agent: str


@dataclass(frozen=True, slots=True)
class Readable:
    """A media item that a client may read. `etag` changes with its bytes."""

    link: Link
    reader: Reader
    facts: MediaFacts
    etag: str

    @property
    def is_pulled(self) -> bool:
        """True if a platform fetches it for a post. Such a URL may become invalid at any time."""
        return self.link.send is not None


class Downloads:
    """Reads the bytes of media items for clients that have a signed URL."""

    def __init__(self, *, units: UnitsOfWork, library: MediaLibrary, links: MediaLinks, metrics: Metrics) -> None:
        self._units = units
        self._library = library
        self._links = links
        self._metrics = metrics

    async def find(self, token: str, reader: Reader) -> Readable:
        """Return the media item of a signed URL.

        Raises:
            NotFound: the URL is invalid or has expired, the media item was deleted, or its post no longer sends it.
        """
        if (link := self._links.read(Purpose.CHECK, token)) is not None:
            return Readable(link, reader, CHECK_FACTS, _etag(hashlib.sha256(CHECK_CONTENT).digest()))
        link = self._links.read(Purpose.READ, token) or self._links.read(Purpose.PULL, token)
        row = None if link is None else await self._find(link)
        if link is None or row is None or row.facts is None or row.sha256 is None:
            if link is not None:
                await self._record(link, reader, 404, 0)
            raise refusals.requests.PAGE_UNKNOWN()
        return Readable(link, reader, row.facts, _etag(row.sha256))

    async def open(self, found: Readable, first_byte: int, length_bytes: int) -> AsyncIterator[bytes]:
        """Return a range of the bytes, in chunks.

        Raises:
            NotFound: the bytes were deleted.
            StoreUnavailable: the blob store is unavailable.
        """
        if found.facts is CHECK_FACTS:
            return _once(CHECK_CONTENT[first_byte : first_byte + length_bytes])
        try:
            with needing_store():
                return await self._library.open_range(found.link.tenant, found.link.media_id, first_byte, length_bytes)
        except BlobMissingError as missing:
            await self.record(found, 404, 0)
            raise refusals.requests.PAGE_UNKNOWN() from missing

    async def record(self, found: Readable, status: int, sent_bytes: int) -> None:
        """Record a response, for the timeline of the post that sends the media item. No transaction may be open.

        Args:
            sent_bytes: how much of the body was sent.
        """
        await self._record(found.link, found.reader, status, sent_bytes)

    async def _record(self, link: Link, reader: Reader, status: int, sent_bytes: int) -> None:
        if link.send is None:
            return
        self._metrics.media_pulled(status, sent_bytes)
        log.info(
            "media.pulled",
            media_id=format_id(Prefix.MEDIA, link.media_id),
            post_id=format_id(Prefix.POST, link.send.post_id),
            method=reader.method,
            status=status,
            sent_bytes=sent_bytes,
            user_agent=reader.user_agent,
        )
        read = MediaRead(
            at=self._units.clock.now(),
            method=reader.method,
            status=status,
            sent_bytes=sent_bytes,
            user_agent=reader.user_agent,
        )
        async with self._units.begin(link.tenant) as work:
            await work.media_reads.add(link.send.post_id, link.media_id, read)

    async def _find(self, link: Link) -> MediaRow | None:
        send = link.send
        async with self._units.begin(link.tenant) as work:
            if send is not None and not await work.media_reads.is_sent(send.post_id, link.media_id, send.frozen_at):
                return None
            return await work.media.find(link.media_id)


def reader_of(method: str, user_agent: str) -> Reader:
    """Return a client with its user agent, shortened and without control characters."""
    return Reader(method, "".join(filter(str.isprintable, user_agent))[:USER_AGENT_MAX_CHARS])


def _etag(sha256: bytes) -> str:
    return f'"{sha256.hex()}"'


async def _once(data: bytes) -> AsyncIterator[bytes]:
    yield data
