"""Uploading and deleting media items, against PostgreSQL and a blob store."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from uuid import UUID

import pytest

from letmepost.domain.errors import InvalidRequest
from letmepost.services.callers import Caller
from letmepost.services.idempotency import Answer, Idempotency
from letmepost.services.media import attachments
from letmepost.services.media.attachments import Attachments, NewMediaItem, StoredMediaItem
from letmepost.services.media.expiry import MediaExpiry
from letmepost.services.media.library import MediaLibrary
from letmepost.storage.media.media import MediaRow
from letmepost.storage.media.sweeps import EveryTenantMedia
from tests.doubles.probing import probe_here
from tests.http.support import png
from tests.services.desk import Desk
from tests.services.watched_store import WatchedStore
from tests.storage.support import CLOCK, KEYRING, fresh_id


@dataclass
class MediaDesk:
    """The media use cases of one caller, with a watched blob store."""

    desk: Desk
    store: WatchedStore

    @property
    def caller(self) -> Caller:
        return self.desk.owner.caller

    @property
    def media(self) -> Attachments:
        tools = self.desk.tools
        library = MediaLibrary(
            units=tools.units,
            blobs=self.store,
            probe=probe_here,
            kept_for=timedelta(days=30),
        )
        expiry = MediaExpiry(
            units=tools.units, every_tenant=EveryTenantMedia(self.desk.owner.database), library=library
        )
        return Attachments(library=library, fetching=tools.fetching, expiry=expiry)

    async def upload(self, profile_id: UUID, before_record: Callable[[], Awaitable[None]] | None = None) -> UUID:
        """Upload a picture, as the route does; return its id."""
        media, found = self.media, []

        async def store(item: NewMediaItem) -> StoredMediaItem:
            stored = await media.store(item, _chunks())
            if before_record is not None:
                await before_record()
            return stored

        def render(row: MediaRow) -> Answer:
            found.append(row.id)
            return Answer(201, b"", {})

        await Idempotency(self.desk.tools.units, KEYRING, CLOCK).perform_remotely(
            self.caller,
            None,
            prepare=partial(attachments.prepare, profile_id=profile_id, filename="picture.png"),
            call=store,
            record=media.create,
            undo=media.discard,
            render=render,
        )
        return found[0]

    async def delete(self, media_id: UUID) -> None:
        """Delete a media item."""
        async with self.desk.tools.units.begin(self.caller) as work:
            await self.media.delete(work, media_id)


async def _chunks() -> AsyncIterator[bytes]:
    yield png()


@pytest.fixture
def media_desk(desk: Desk, tmp_path: Path) -> MediaDesk:
    return MediaDesk(desk, WatchedStore(tmp_path / "watched", desk.admin))


async def test_no_transaction_is_open_while_bytes_are_stored_or_deleted(media_desk: MediaDesk) -> None:
    media_id = await media_desk.upload(media_desk.desk.owner.profile_id)
    assert len(media_desk.store.files) == 1
    await media_desk.delete(media_id)
    assert media_desk.store.files == []
    assert media_desk.store.open_transactions == [0, 0, 0], "one blob is stored; it and its upload are deleted"
    assert await media_desk.desk.admin.one("SELECT count(*) FROM media") == 0


async def test_stored_bytes_are_deleted_when_the_profile_is_deleted_during_the_upload(media_desk: MediaDesk) -> None:
    profile_id, units = fresh_id(), media_desk.desk.tools.units
    async with units.begin(media_desk.caller) as work:
        await work.profiles.create(profile_id, "Short-lived")

    async def delete_profile() -> None:
        async with units.begin(media_desk.caller) as work:
            assert await work.profiles.delete(profile_id)

    with pytest.raises(InvalidRequest):
        await media_desk.upload(profile_id, delete_profile)
    assert media_desk.store.open_transactions == [0, 0], "the bytes are stored and deleted again"
    assert media_desk.store.files == []


async def test_upload_to_an_unknown_profile_stores_nothing(media_desk: MediaDesk) -> None:
    with pytest.raises(InvalidRequest):
        await media_desk.upload(fresh_id())
    assert media_desk.store.open_transactions == []
