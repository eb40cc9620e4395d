"""Images are converted once, whatever happens to the worker that converts them."""

import asyncio
import io
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from PIL import Image

from letmepost.domain.api_keys import Mode
from letmepost.domain.content import MediaFacts, MediaItem, MediaKind, PostContent
from letmepost.domain.fitting.fit import Fit
from letmepost.domain.fitting.wish import ImageLimit, Wish
from letmepost.domain.media import MediaStatus
from letmepost.gateways.blobs import DiskBlobStore
from letmepost.gateways.http_client import HTTPClient
from letmepost.gateways.media.sniffing import UnreadableMediaError
from letmepost.services.media.fetch import MediaFetching
from letmepost.services.media.fitting import ImageFitting
from letmepost.services.media.library import MediaLibrary
from letmepost.services.posts.fitting import settled_warnings
from letmepost.storage.media.media import MediaRow
from tests.doubles.probing import convert_here, probe_here
from tests.storage.support import CLOCK, Owner, fresh_id, make_owner

WISH = Wish(Fit(), {"image/jpeg": ImageLimit(max_width_px=20)})


def png(width_px: int = 40) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (width_px, 20), "red").save(file, "PNG")
    return file.getvalue()


async def chunks(data: bytes) -> AsyncIterator[bytes]:
    yield data


async def cannot_convert(*_: object) -> list[bytes]:
    raise UnreadableMediaError("It takes too long.")


@dataclass(frozen=True, slots=True)
class Shelf:
    """The media items of one tenant."""

    owner: Owner
    library: MediaLibrary
    http: HTTPClient
    directory: Path

    def fetching(self, convert: object = convert_here) -> MediaFetching:
        fitting = ImageFitting(self.library, convert)  # type: ignore[arg-type]
        return MediaFetching(units=self.owner.units, library=self.library, fitting=fitting, direct=None, http=self.http)

    async def add_source(self, data: bytes | None = None) -> UUID:
        media_id = fresh_id()
        stored = await self.library.store(self.owner.tenant, media_id, chunks(data or png()))
        await self.library.add(self.owner.tenant, media_id, self.owner.profile_id, stored)
        return media_id

    async def add_derived(self, source_id: UUID, wish: Wish = WISH) -> UUID:
        media_id = fresh_id()
        async with self.owner.units.begin(self.owner.tenant) as work:
            await work.media.create(
                media_id,
                self.owner.profile_id,
                status=MediaStatus.WAITING,
                now=CLOCK.now(),
                derived_from=source_id,
                wish=wish.encode(),
            )
        return media_id

    async def find(self, media_id: UUID) -> MediaRow:
        async with self.owner.units.begin(self.owner.tenant) as work:
            row = await work.media.find(media_id)
        assert row is not None
        return row

    async def read(self, media_id: UUID) -> bytes:
        row = await self.find(media_id)
        assert row.facts is not None
        return await self.library.read(self.owner.tenant, media_id, 0, row.facts.size_bytes)

    def files(self) -> int:
        return sum(1 for path in self.directory.rglob("*") if path.is_file())


@pytest.fixture
def shelf(owner: Owner, http: HTTPClient, tmp_path: Path) -> Shelf:
    blobs = DiskBlobStore(tmp_path)
    library = MediaLibrary(units=owner.units, blobs=blobs, probe=probe_here, kept_for=timedelta(days=1))
    return Shelf(owner, library, http, tmp_path)


async def test_media_item_is_converted_to_its_wish(shelf: Shelf) -> None:
    source_id = await shelf.add_source()
    derived_id = await shelf.add_derived(source_id)
    row = await shelf.fetching().fetch(shelf.owner.tenant, derived_id)
    assert row is not None
    assert row.facts is not None
    assert (row.status, row.content_type, row.width_px, row.height_px) == ("ready", "image/jpeg", 20, 10)
    assert WISH.accepts(row.facts)
    assert (await shelf.find(source_id)).content_type == "image/png"


async def test_two_workers_at_the_same_time_store_one_result(shelf: Shelf) -> None:
    derived_id = await shelf.add_derived(await shelf.add_source())
    fetching = shelf.fetching()
    rows = await asyncio.gather(*(fetching.fetch(shelf.owner.tenant, derived_id) for _ in range(2)))
    assert [row.status for row in rows if row is not None] == ["ready", "ready"]
    assert shelf.files() == 2, "the source and one result"
    assert await shelf.read(derived_id)


async def test_conversion_is_repeated_after_a_crash_before_it_was_recorded(shelf: Shelf) -> None:
    source_id = await shelf.add_source()
    derived_id = await shelf.add_derived(source_id)
    source = await shelf.find(source_id)
    assert source.facts is not None
    crashed = ImageFitting(shelf.library, convert_here)
    name = shelf.library.new_name(derived_id)
    await crashed.take_in(shelf.owner.tenant, name, source, source.facts, WISH)
    assert (await shelf.find(derived_id)).status == "waiting"
    row = await shelf.fetching().fetch(shelf.owner.tenant, derived_id)
    assert row is not None
    assert row.status == "ready"
    assert row.blob not in {None, name}
    assert await shelf.read(derived_id)


@pytest.mark.parametrize(
    ("width_px", "limits"),
    [
        (20, {"image/png": ImageLimit(max_width_px=20), "image/jpeg": ImageLimit(max_width_px=20)}),
        (40, {"image/gif": ImageLimit()}),
    ],
    ids=["accepted", "cannot be converted"],
)
async def test_media_item_that_is_not_converted_is_copied(
    shelf: Shelf, width_px: int, limits: dict[str, ImageLimit]
) -> None:
    """A rule rejects the post of one that breaks a limit, as it does without a conversion."""
    derived_id = await shelf.add_derived(await shelf.add_source(png(width_px)), Wish(Fit(), limits))
    await shelf.fetching(cannot_convert).fetch(shelf.owner.tenant, derived_id)
    assert await shelf.read(derived_id) == png(width_px)


async def test_failed_conversion_is_recorded(shelf: Shelf) -> None:
    derived_id = await shelf.add_derived(await shelf.add_source())
    row = await shelf.fetching(cannot_convert).fetch(shelf.owner.tenant, derived_id)
    assert row is not None
    assert row.error == {
        "rule": "media.fit.failed",
        "message": "The image could not be converted: It takes too long.",
    }


async def test_conversion_fails_if_its_source_was_deleted(shelf: Shelf) -> None:
    derived_id = await shelf.add_derived(fresh_id())
    row = await shelf.fetching().fetch(shelf.owner.tenant, derived_id)
    assert row is not None
    assert row.error is not None
    assert row.error["rule"] == "media.unknown"


async def test_conversion_reads_no_media_item_of_another_tenant(shelf: Shelf) -> None:
    source_id, elsewhere = await shelf.add_source(), await make_owner(shelf.owner.database, Mode.LIVE)
    other = Shelf(elsewhere, shelf.library, shelf.http, shelf.directory)
    derived_id = await other.add_derived(source_id)
    row = await other.fetching().fetch(elsewhere.tenant, derived_id)
    assert row is not None
    assert row.error is not None
    assert row.error["rule"] == "media.unknown"


def test_pending_warnings_get_the_results_in_order() -> None:
    """The field of a warning is the path in the request, and items before it may have been omitted."""
    png_facts = MediaFacts(content_type="image/png", size_bytes=900, width_px=90, height_px=60)
    jpeg_facts = MediaFacts(content_type="image/jpeg", size_bytes=100, width_px=30, height_px=20)
    media = tuple(
        MediaItem(kind=MediaKind.IMAGE, media_id=UUID(int=number), source_id=UUID(int=number + 10), fit=Fit())
        for number in range(1, 4)
    )
    plain = MediaItem(kind=MediaKind.IMAGE, media_id=UUID(int=9))
    content = PostContent(media=(media[0], plain, *media[1:]))
    facts = {
        UUID(int=1): jpeg_facts,
        UUID(int=11): png_facts,
        UUID(int=2): png_facts,
        UUID(int=12): png_facts,
        UUID(int=13): png_facts,
    }
    pending = [{"code": "media.fit.pending", "message": "?", "field": f"media[{index}]"} for index in (3, 5, 6)]
    other = {"code": "x.other", "message": "Other", "field": "media[4]"}
    settled = settled_warnings([pending[0], other, *pending[1:]], content, facts, "Example")
    assert settled == [
        {
            "code": "media.fit.converted",
            "message": "`media[3]` has 90x60 pixels and 900 bytes of image/png. For Example, it is converted to "
            "image/jpeg, 30x20 pixels and 100 bytes.",
            "field": "media[3]",
        },
        other,
        pending[2],
    ]
