"""Uploads, imports, lists and deletes the media items of a caller."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from functools import partial
from uuid import UUID

from letmepost.domain import refusals
from letmepost.domain.errors import SendFailure
from letmepost.domain.ids import Prefix
from letmepost.domain.media import MediaStatus
from letmepost.services.media.expiry import MediaExpiry
from letmepost.services.media.fetch import MediaFetching
from letmepost.services.media.library import MediaLibrary, StoredBytes
from letmepost.services.tenants import profiles
from letmepost.services.work import Work
from letmepost.storage.database import Tenant
from letmepost.storage.media.media import MediaRow


@dataclass(frozen=True, slots=True, kw_only=True)
class NewMediaItem:
    """A media item that a request asks for. Its bytes are an uploaded file, or are at `source_url`."""

    tenant: Tenant
    id: UUID
    profile_id: UUID
    filename: str | None = None
    source_url: str | None = None


@dataclass(frozen=True, slots=True)
class StoredMediaItem:
    """A new media item with its bytes in the blob store. It is not recorded yet."""

    item: NewMediaItem
    content: StoredBytes


class Attachments:
    """Stores, records and deletes the media items of callers."""

    def __init__(self, *, library: MediaLibrary, fetching: MediaFetching, expiry: MediaExpiry) -> None:
        self._library = library
        self._fetching = fetching
        self._expiry = expiry

    async def store(self, item: NewMediaItem, chunks: AsyncIterator[bytes]) -> StoredMediaItem:
        """Store an uploaded file.

        Raises:
            InvalidRequest: it is empty, or its format is not accepted.
            TooLarge: it is over 200 MiB.
        """
        return StoredMediaItem(item, await self._library.store(item.tenant, item.id, chunks))

    async def download(self, item: NewMediaItem, url: str) -> StoredMediaItem:
        """Store the file behind a URL.

        Raises:
            InvalidRequest: the URL is unreachable or may not be called, or the file is not accepted.
            TooLarge: the file is over 200 MiB.
        """
        try:
            content = await self._fetching.download(item.tenant, self._library.own_name(item.id), url)
        except SendFailure as failure:
            raise refusals.media.URL_UNREACHABLE(problem=failure) from failure
        return StoredMediaItem(item, content)

    async def create(self, work: Work, stored: StoredMediaItem) -> MediaRow:
        """Record a new media item.

        Raises:
            InvalidRequest: its profile was deleted in the meantime.
            QuotaExceeded: there is no room for its bytes.
        """
        item = stored.item
        profile_id = await profiles.resolve(work, item.profile_id)
        await self._library.create(
            work, item.id, profile_id, stored.content, filename=item.filename, source_url=item.source_url
        )
        return await get(work, item.id)

    async def discard(self, stored: StoredMediaItem) -> None:
        """Delete the bytes of a media item that was not recorded."""
        await self._library.discard(stored.item.tenant, [stored.item.id])

    async def delete(self, work: Work, media_id: UUID) -> UUID:
        """Delete a media item. Its bytes are removed after the commit, or by the next sweep.

        Raises:
            NotFound: the caller sees no such media item.
            StateForbids: `media.in_use`: an unfinished post uses it.
        """
        _visible(work, media_id, await work.media.lock(media_id))
        if await work.media.is_needed(media_id):
            raise refusals.media.IN_USE()
        await work.media.change(media_id, status=MediaStatus.DELETED, expires_at=work.now())
        work.after_commit(partial(self._expiry.try_to_remove, work.tenant, media_id))
        return media_id


async def prepare(
    work: Work, profile_id: UUID | None, *, filename: str | None = None, source_url: str | None = None
) -> NewMediaItem:
    """Return a new media item for a profile, or for the default profile.

    Raises:
        InvalidRequest: the key belongs to another profile.
        InvalidRequest: the profile does not exist.
    """
    profile_id = await profiles.resolve(work, work.caller.narrow(profile_id))
    return NewMediaItem(
        tenant=work.tenant, id=work.new_id(), profile_id=profile_id, filename=filename, source_url=source_url
    )


async def list_page(work: Work, profile_ids: Sequence[UUID], *, before: UUID | None, limit: int) -> list[MediaRow]:
    """Return media items that the caller can see, newest first, below `before`.

    Args:
        profile_ids: only media items of these profiles, unless it is empty.

    Raises:
        InvalidRequest: the key belongs to another profile than a requested one.
    """
    for profile_id in profile_ids:
        work.caller.narrow(profile_id)
    own = work.caller.profile_id
    return await work.media.list_page(profile_ids if own is None else [own], before=before, limit=limit)


async def get(work: Work, media_id: UUID) -> MediaRow:
    """Return a media item.

    Raises:
        NotFound: the caller sees no such media item.
    """
    return _visible(work, media_id, await work.media.find(media_id))


def _visible(work: Work, media_id: UUID, row: MediaRow | None) -> MediaRow:
    """Return a media item if the caller can see it.

    Raises:
        NotFound: the caller cannot, or it does not exist.
    """
    if row is None or row.derived_from is not None or not work.caller.sees(row.profile_id):
        raise refusals.requests.not_found(Prefix.MEDIA, media_id)
    return row
