"""The media that requests for posts bring along: bytes inside the request, and URLs to fetch later."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from uuid import UUID

from letmepost.domain import refusals
from letmepost.domain.content import MediaFacts
from letmepost.domain.ids import Prefix, spell
from letmepost.domain.media import MediaStatus
from letmepost.services.callers import Caller, new_id
from letmepost.services.media.fetch import MediaFetching
from letmepost.services.media.library import MediaLibrary, StoredBytes
from letmepost.services.posts.compose import Composed
from letmepost.services.posts.requests import ContentRequest, MediaRequest
from letmepost.services.work import UnitsOfWork, Work
from letmepost.storage.posts.contents import media_ids


class PostMedia:
    """Stores such media before the posts that use them."""

    def __init__(self, units: UnitsOfWork, library: MediaLibrary, fetching: MediaFetching) -> None:
        self._units = units
        self._library = library
        self._fetching = fetching

    @asynccontextmanager
    async def stored_bytes(self, caller: Caller, composed: Composed) -> AsyncIterator[Mapping[UUID, StoredBytes]]:
        """What came inside a request, in the blob store, by medium; deleted again when the request is refused.

        No transaction may be open before: the blob store may be across a network.
        """
        stored = {
            item.id: await self._library.store(caller.tenant, item.id, _once(item.data))
            for item in composed.media
            if item.data is not None
        }
        async with self._library.taken_back(caller.tenant, stored):
            yield stored

    async def remember(self, work: Work, composed: Composed, stored: Mapping[UUID, StoredBytes]) -> None:
        """Put everything that a request brings along on record, and keep what its posts use.

        Raises:
            NotFound: `media.unknown`, what was there a moment ago has been deleted.
            QuotaExceeded: there is no room for its bytes.
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
        used = {media_id for post in composed.posts for media_id in media_ids(post.content)}
        # What was found a moment ago may have been deleted since; from here on it cannot be.
        if missing := used - await work.media.keep(used) if used else set():
            raise refusals.media.UNKNOWN(media_id=spell(Prefix.MEDIA, min(missing)))

    async def examine(self, caller: Caller, contents: Mapping[str, ContentRequest]) -> dict[int, MediaFacts]:
        """Check the URLs inside a request, and return the facts of the bytes, by identity of the request's own objects.

        Args:
            contents: by the path of each in the request, such as `targets[0].`.

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

    async def bring(self, caller: Caller, profile_id: UUID, content: ContentRequest) -> ContentRequest:
        """Store the files inside new content for a post; return the content with their ids instead.

        No post may be locked meanwhile: the blob store may be across a network. If the change is rejected later,
        nothing uses the files, and they expire like any upload.

        Raises:
            InvalidRequest: `media.url.unreachable`, `media.unreadable`.
            QuotaExceeded: there is no room for them.
        """
        await self.examine(caller, {"": content})
        thread = [replace(part, media=await self._brought(caller, profile_id, part.media)) for part in content.thread]
        return replace(content, media=await self._brought(caller, profile_id, content.media), thread=thread)

    async def _brought(self, caller: Caller, profile_id: UUID, items: Sequence[MediaRequest]) -> list[MediaRequest]:
        brought = []
        for item in items:
            if item.data is None:
                brought.append(item)
                continue
            media_id = new_id(self._units.clock)
            stored = await self._library.store(caller.tenant, media_id, _once(item.data))
            await self._library.add(caller.tenant, media_id, profile_id, stored)
            brought.append(replace(item, data=None, media_id=media_id))
        return brought


def media_of(contents: Sequence[ContentRequest]) -> list[MediaRequest]:
    """All media of some contents, those of their threads too."""
    return [
        item
        for content in contents
        for item in (*content.media, *(item for part in content.thread for item in part.media))
    ]


def _paths(content: ContentRequest) -> Iterator[tuple[str, MediaRequest]]:
    """All media of a content, with their paths in it."""
    for index, item in enumerate(content.media):
        yield f"media[{index}]", item
    for number, part in enumerate(content.thread):
        for index, item in enumerate(part.media):
            yield f"thread[{number}].media[{index}]", item


async def _read(data: bytes, first_byte: int, length_bytes: int) -> bytes:
    return data[first_byte : first_byte + length_bytes]


async def _once(data: bytes) -> AsyncIterator[bytes]:
    yield data
