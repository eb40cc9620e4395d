"""Converts images to what the target of a post accepts."""

from collections.abc import AsyncIterator, Iterable
from functools import partial

from letmepost.domain import refusals
from letmepost.domain.content import MediaFacts
from letmepost.domain.fitting.recipe import CONVERTED_MAX_BYTES, UnfitError, plan
from letmepost.domain.fitting.wish import Wish
from letmepost.domain.ids import Prefix, format_id
from letmepost.gateways.blobs import BlobMissingError
from letmepost.gateways.media.probes import Convert
from letmepost.gateways.media.sniffing import UnreadableMediaError
from letmepost.services.media.library import MediaLibrary, StoredBytes, needing_store
from letmepost.storage.database import Tenant
from letmepost.storage.media.media import MediaRow


class ImageFitting:
    """Converts images of every tenant, in child processes."""

    def __init__(self, library: MediaLibrary, convert: Convert) -> None:
        self._library = library
        self._convert = convert

    async def take_in(self, tenant: Tenant, name: str, source: MediaRow, facts: MediaFacts, wish: Wish) -> StoredBytes:
        """Store what a media item is converted to, under a name.

        A media item that needs no conversion, or for which none exists, is copied. In the latter case, a rule of the
        platform rejects the post, and its violation states why the image was not converted.

        Args:
            facts: of the source.

        Raises:
            InvalidRequest: `media.fit.failed`, or `media.unknown`: the bytes of the source were deleted.
            StoreUnavailable: the blob store is unavailable now.
        """
        try:
            recipe = None if wish.accepts(facts) else plan(facts, wish)
        except UnfitError:
            recipe = None
        try:
            if recipe is None:
                with needing_store():
                    chunks = await self._library.open_range(tenant, source.id, 0, facts.size_bytes)
                return await self._library.take_in(tenant, name, chunks, facts.size_bytes)
            read = partial(self._library.read, tenant, source.id)
            with needing_store():
                converted = await self._convert(tenant.organization_id, read, facts, recipe)
        except BlobMissingError as missing:
            raise refusals.media.UNKNOWN(media_id=format_id(Prefix.MEDIA, source.id)) from missing
        except UnreadableMediaError as error:
            raise refusals.media.FIT_FAILED(problem=error) from error
        return await self._library.take_in(tenant, name, _each(converted), CONVERTED_MAX_BYTES)


async def _each(chunks: Iterable[bytes]) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk
