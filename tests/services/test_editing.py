"""Changes of a post whose new content contains files."""

from datetime import timedelta
from pathlib import Path

import pytest

from letmepost.domain.content import MediaKind
from letmepost.services.media.library import MediaLibrary
from letmepost.services.posts.requests import ContentRequest, MediaRequest, ThreadRequest
from tests.doubles.probing import probe_here
from tests.http.support import png
from tests.services.desk import Desk
from tests.services.office import Office
from tests.services.watched_store import WatchedStore

WITH_PICTURE = ContentRequest(
    media=[MediaRequest(kind=MediaKind.IMAGE, data=png(9, 9))],
    thread=[ThreadRequest(text="And", media=[MediaRequest(kind=MediaKind.IMAGE, data=png(8, 8))])],
    given=frozenset({"media", "thread"}),
)


@pytest.fixture
def store(desk: Desk, tmp_path: Path) -> WatchedStore:
    return WatchedStore(tmp_path / "watched", desk.admin)


@pytest.fixture
def office(desk: Desk, store: WatchedStore) -> Office:
    month = timedelta(days=30)
    library = MediaLibrary(units=desk.tools.units, blobs=store, probe=probe_here, kept_for=month)
    return Office(desk, library)


async def test_no_transaction_is_open_while_files_are_stored(desk: Desk, office: Office, store: WatchedStore) -> None:
    """The store may be remote, and the post would be locked for the whole upload."""
    post_id = await desk.post()
    assert await office.rewrite(post_id, WITH_PICTURE)
    assert store.open_transactions == [0, 0]
    assert (await desk.row())["revision"] == 2
    kept = await desk.admin.rows("SELECT m.id FROM media m JOIN media_uses u ON u.media_id = m.id")
    assert len(kept) == 2


async def test_files_of_a_rejected_change_expire_like_any_upload(desk: Desk, office: Office) -> None:
    post_id = await desk.post()
    assert await office.cancel(post_id)
    assert not await office.rewrite(post_id, WITH_PICTURE)
    assert await desk.admin.one("SELECT count(*) FROM media WHERE expires_at IS NOT NULL") == 2
    assert await desk.admin.one("SELECT count(*) FROM media_uses") == 0
