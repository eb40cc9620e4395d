"""A blob store that detects open transactions."""

from collections.abc import AsyncIterable
from pathlib import Path

from letmepost.gateways.blobs import DiskBlobStore
from letmepost.gateways.blobs.store import StoredBlob
from tests.storage.support import Admin

OPEN_TRANSACTIONS = """
    SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in transaction%'
"""


class WatchedStore(DiskBlobStore):
    """Records how many transactions are open whenever a blob is stored or deleted."""

    def __init__(self, root: Path, admin: Admin) -> None:
        super().__init__(root)
        self._root_path = root
        self._admin = admin
        self.open_transactions: list[int] = []

    @property
    def files(self) -> list[Path]:
        """Return every stored blob."""
        return [path for path in self._root_path.rglob("*") if path.is_file()]

    async def put(self, key: str, chunks: AsyncIterable[bytes], *, max_bytes: int) -> StoredBlob:
        self.open_transactions.append(await self._admin.one(OPEN_TRANSACTIONS))
        return await super().put(key, chunks, max_bytes=max_bytes)

    async def delete(self, key: str) -> None:
        self.open_transactions.append(await self._admin.one(OPEN_TRANSACTIONS))
        await super().delete(key)
