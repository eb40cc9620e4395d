"""Changing a post whose new content comes with bytes."""

from collections.abc import AsyncIterable
from datetime import timedelta
from pathlib import Path

import pytest

from letmepost.domain.content import MediaKind
from letmepost.gateways.blobs import DiskBlobStore
from letmepost.gateways.blobs.store import StoredBlob
from letmepost.services.media.library import MediaLibrary
from letmepost.services.posts.requests import ContentRequest, MediaRequest, ThreadRequest
from letmepost.services.tenants.quotas import OldQuotas
from tests.doubles.probing import probe_here
from tests.http.support import png
from tests.services.desk import Desk
from tests.services.office import Office
from tests.storage.support import CLOCK, Admin

OPEN_TRANSACTIONS = """
    SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in transaction%'
"""
WITH_PICTURE = ContentRequest(
    media=[MediaRequest(kind=MediaKind.IMAGE, data=png(9, 9))],
    thread=[ThreadRequest(text="And", media=[MediaRequest(kind=MediaKind.IMAGE, data=png(8, 8))])],
    given=frozenset({"media", "thread"}),
)


class WatchedStore(DiskBlobStore):
    """Notes how many transactions were open whenever bytes came."""

    def __init__(self, root: Path, admin: Admin) -> None:
        super().__init__(root)
        self._admin = admin
        self.open_transactions: list[int] = []

    async def put(self, key: str, chunks: AsyncIterable[bytes], *, max_bytes: int) -> StoredBlob:
        self.open_transactions.append(await self._admin.one(OPEN_TRANSACTIONS))
        return await super().put(key, chunks, max_bytes=max_bytes)


@pytest.fixture
def store(desk: Desk, tmp_path: Path) -> WatchedStore:
    return WatchedStore(tmp_path / "watched", desk.admin)


@pytest.fixture
def office(desk: Desk, store: WatchedStore) -> Office:
    database = desk.owner.database
    quotas, month = OldQuotas(database, CLOCK), timedelta(days=30)
    library = MediaLibrary(database=database, blobs=store, probe=probe_here, clock=CLOCK, quotas=quotas, kept_for=month)
    return Office(desk, library)


async def test_no_transaction_is_open_while_bytes_go_to_the_blob_store(
    desk: Desk, office: Office, store: WatchedStore
) -> None:
    """The store may be across a network: a post would be locked for as long as that takes."""
    post_id = await desk.post()
    assert await office.rewrite(post_id, WITH_PICTURE)
    assert store.open_transactions == [0, 0]
    assert (await desk.row())["revision"] == 2
    kept = await desk.admin.rows("SELECT m.id FROM media m JOIN media_uses u ON u.media_id = m.id")
    assert len(kept) == 2


async def test_bytes_of_a_change_that_is_refused_expire_like_any_upload(desk: Desk, office: Office) -> None:
    post_id = await desk.post()
    assert await office.cancel(post_id)
    assert not await office.rewrite(post_id, WITH_PICTURE)
    assert await desk.admin.one("SELECT count(*) FROM media WHERE expires_at IS NOT NULL") == 2
    assert await desk.admin.one("SELECT count(*) FROM media_uses") == 0
