"""Deletes all data of one tenant, a limited number of rows at a time."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Table, and_, delete, exists, select, tuple_, update

from letmepost.domain.accounts import AccountStatus
from letmepost.domain.posts import PostStatus
from letmepost.storage.database import Connection, Tenant
from letmepost.storage.tables.accounts import accounts, credentials
from letmepost.storage.tables.media import media
from letmepost.storage.tables.posts import batches, idempotency_keys, posts
from letmepost.storage.tables.webhooks import events, webhook_endpoints

_WAITING = (PostStatus.DRAFT, PostStatus.QUEUED, PostStatus.PUBLISHING, PostStatus.RETRYING, PostStatus.HELD)

# Tables that others refer to come last. The rest is deleted with the organization.
_BIG_TABLES = (posts, batches, events)


class RemovalRepository:
    """The remaining data of a tenant that is being deleted. It cannot reach another tenant's."""

    def __init__(self, connection: Connection, tenant: Tenant) -> None:
        self._connection = connection
        self._tenant = tenant

    async def stop(self, now: datetime) -> None:
        """Stop publishing and deliveries. Leased posts end because their account no longer has a credential."""
        waiting = and_(self._mine(posts), posts.c.status.in_(_WAITING), posts.c.lease_token.is_(None))
        canceled = {"status": PostStatus.CANCELED, "ready_at": None, "updated_at": now}
        await self._connection.execute(update(posts).where(waiting).values(canceled))
        endpoints = update(webhook_endpoints).where(self._mine(webhook_endpoints))
        await self._connection.execute(endpoints.values(active=False))
        forgotten = {
            "status": AccountStatus.DISCONNECTED,
            "credential_id": None,
            "check_at": None,
        }
        await self._connection.execute(update(accounts).where(self._mine(accounts)).values(**forgotten, updated_at=now))
        await self._connection.execute(delete(credentials).where(self._mine(credentials)))

    async def is_busy(self) -> bool:
        """Return True if a worker has leased one of its posts."""
        leased = exists().where(self._mine(posts), posts.c.lease_token.is_not(None))
        return bool(await self._connection.scalar(select(leased)))

    async def delete_some(self, limit: int) -> int:
        """Delete up to `limit` rows of each big table with everything that belongs to them; return their number."""
        count = 0
        for table in _BIG_TABLES:
            some = select(table.c.id).where(self._mine(table)).limit(limit)
            count += (await self._connection.execute(delete(table).where(table.c.id.in_(some)))).rowcount
        keys = idempotency_keys
        some_keys = select(keys.c.profile_scope, keys.c.key_hash).where(self._mine(keys)).limit(limit)
        is_one = tuple_(keys.c.profile_scope, keys.c.key_hash).in_(some_keys)
        return count + (await self._connection.execute(delete(keys).where(self._mine(keys), is_one))).rowcount

    async def list_media(self, limit: int) -> list[UUID]:
        """Return up to `limit` of its media items."""
        found = await self._connection.execute(select(media.c.id).where(self._mine(media)).limit(limit))
        return list(found.scalars())

    async def delete_media(self, media_ids: Collection[UUID]) -> None:
        """Delete media items that posts no longer use."""
        await self._connection.execute(delete(media).where(self._mine(media), media.c.id.in_(media_ids)))

    def _mine(self, table: Table) -> ColumnElement[bool]:
        return and_(table.c.organization_id == self._tenant.organization_id, table.c.mode == self._tenant.mode)
