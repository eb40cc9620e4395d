"""Media items inside requests for posts: bytes to store, and URLs to fetch later."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from uuid import UUID

from letmepost.domain import refusals
from letmepost.domain.content import MediaFacts
from letmepost.domain.ids import Prefix, format_id
from letmepost.domain.media import MediaStatus
from letmepost.services.callers import Caller, new_id
from letmepost.services.media.fetch import MediaFetching
from letmepost.services.media.library import MediaLibrary, StoredBytes
from letmepost.services.posts.compose import Composed
from letmepost.services.posts.requests import ContentRequest, MediaRequest
from letmepost.services.work import UnitsOfWork, Work
from letmepost.storage.posts.contents import used_media_ids


class PostMedia:
    """Stores media items before the posts that use them."""

    def __init__(self, units: UnitsOfWork, library: MediaLibrary, fetching: MediaFetching) -> None:
        self._units = units
        self._library = library
        self._fetching = fetching

    @asynccontextmanager
    async def stored_bytes(self, caller: Caller, composed: Composed) -> AsyncIterator[Mapping[UUID, StoredBytes]]:
        """Store the files of a request, and yield them by media id. They are deleted if the request is rejected.

        No transaction may be open, because the blob store may be remote.

        Raises:
            StoreUnavailable: the blob store is unavailable.
        """
        stored: dict[UUID, StoredBytes] = {}
        try:
            for item in composed.media:
                if item.data is not None:
                    stored[item.id] = await self._library.store(caller.tenant, item.id, _once(item.data))
        except BaseException:
            await asyncio.shield(self._library.discard(caller.tenant, stored))
            raise
        async with self._library.taken_back(caller.tenant, stored):
            yield stored

    async def record(self, work: Work, composed: Composed, stored: Mapping[UUID, StoredBytes]) -> None:
        """Record the media items of a request, and keep those that its posts use from being deleted.

        Raises:
            NotFound: `media.unknown`: a media item was deleted in the meantime.
            QuotaExceeded: there is no room for the bytes.
        """
        for item in composed.media:
            if item.id in stored:
                await self._library.create(work, item.id, item.profile_id, stored[item.id])
            elif item.url is not None:
                await work.media.create(
                    item.id,
                    item.profile_id,
                    status=MediaStatus.WAITING,
                    now=work.now(),
                    source_url=item.url,
                    expires_at=self._library.expires_at(),
                )
        for derived in composed.derived:
            await work.media.create(
                derived.id,
                derived.profile_id,
                status=MediaStatus.WAITING,
                now=work.now(),
                derived_from=derived.source_id,
                source_sha256=derived.source_sha256,
                wish=derived.wish,
                expires_at=self._library.expires_at(),
            )
        used = {media_id for post in composed.posts for media_id in used_media_ids(post.content)}
        # A media item that was found before may have been deleted since. After this statement it cannot be.
        if missing := used - await work.media.keep(used) if used else set():
            raise refusals.media.UNKNOWN(media_id=format_id(Prefix.MEDIA, min(missing)))

    async def examine(self, caller: Caller, contents: Mapping[str, ContentRequest]) -> dict[int, MediaFacts]:
        """Check the URLs in a request, and return the facts of its bytes, by identity of the request's objects.

        Args:
            contents: the contents by their paths in the request, such as `targets[0].`.

        Raises:
            InvalidRequest: `media.url.unreachable`, `media.unreadable`.
        """
        for prefix, content in contents.items():
            for path, item in _paths(content):
                if item.url is not None:
                    self._fetching.check_url(f"{prefix}{path}.url", item.url)
                    await asyncio.sleep(0)  # an international name takes a millisecond, and there may be thousands
        facts: dict[int, MediaFacts] = {}
        for item in media_of(list(contents.values())):
            if item.data is not None:
                read = partial(_read, item.data)
                facts[id(item)] = await self._library.probe(caller.tenant, read, len(item.data))
        return facts

    async def store_files(self, caller: Caller, profile_id: UUID, content: ContentRequest) -> ContentRequest:
        """Store the files inside new content of a post; return the content with their ids instead.

        No post may be locked during this, because the blob store may be remote. If the change is rejected later,
        nothing uses the files, and they expire like any upload.

        Raises:
            InvalidRequest: `media.url.unreachable`, `media.unreadable`.
            QuotaExceeded: there is no room for the files.
        """
        await self.examine(caller, {"": content})
        thread = [replace(part, media=await self._with_ids(caller, profile_id, part.media)) for part in content.thread]
        return replace(content, media=await self._with_ids(caller, profile_id, content.media), thread=thread)

    async def _with_ids(self, caller: Caller, profile_id: UUID, items: Sequence[MediaRequest]) -> list[MediaRequest]:
        stored_items = []
        for item in items:
            stored = await self._with_id(caller, profile_id, item)
            if item.thumbnail is not None:
                stored = replace(stored, thumbnail=await self._with_id(caller, profile_id, item.thumbnail))
            stored_items.append(stored)
        return stored_items

    async def _with_id(self, caller: Caller, profile_id: UUID, item: MediaRequest) -> MediaRequest:
        if item.data is None:
            return item
        media_id = new_id(self._units.clock)
        stored = await self._library.store(caller.tenant, media_id, _once(item.data))
        await self._library.add(caller.tenant, media_id, profile_id, stored)
        return replace(item, data=None, media_id=media_id)


def media_of(contents: Sequence[ContentRequest]) -> list[MediaRequest]:
    """Return the media items of all contents, including those of their threads, and thumbnails."""
    return [item for content in contents for _, item in _paths(content)]


def _paths(content: ContentRequest) -> Iterator[tuple[str, MediaRequest]]:
    """Yield the media items of a content with their paths, each one before its thumbnail."""
    parts = [("", content.media), *((f"thread[{number}].", part.media) for number, part in enumerate(content.thread))]
    for prefix, media in parts:
        for index, item in enumerate(media):
            path = f"{prefix}media[{index}]"
            yield path, item
            if item.thumbnail is not None:
                yield f"{path}.thumbnail", item.thumbnail


async def _read(data: bytes, first_byte: int, length_bytes: int) -> bytes:
    return data[first_byte : first_byte + length_bytes]


async def _once(data: bytes) -> AsyncIterator[bytes]:
    yield data
