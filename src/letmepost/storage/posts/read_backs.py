"""Published posts that are due to be read back from the platform."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import and_, update

from letmepost.domain.api_keys import Mode
from letmepost.storage.database import Connection, Database, Tenant, driver_of
from letmepost.storage.posts.posts import POST_COLUMNS, PostRow, read_post
from letmepost.storage.queries import is_row
from letmepost.storage.tables.posts import posts

_DUE = "SELECT organization_id, mode, id FROM posts WHERE read_back_at <= $1 ORDER BY read_back_at LIMIT $2"


@dataclass(frozen=True, slots=True)
class FoundPost:
    """A post that is due, and its tenant."""

    tenant: Tenant
    post_id: UUID


class EveryTenantReadBacks:
    """Finds the posts of all tenants that are due."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def list_due(self, now: datetime, limit: int) -> list[FoundPost]:
        """Return the posts that are due, longest due first."""
        async with self._database.sweep() as connection:
            rows = await driver_of(connection).fetch(_DUE, now, limit)
        return [FoundPost(Tenant(organization_id, Mode(mode)), post_id) for organization_id, mode, post_id in rows]


class ReadBackRepository:
    """Plans when posts of one tenant are read back."""

    def __init__(self, connection: Connection, tenant: Tenant) -> None:
        self._connection = connection
        self._tenant = tenant

    async def take(self, post_id: UUID, now: datetime, again_at: datetime) -> PostRow | None:
        """Return the post if it is due, and plan the next time; None if another worker has taken it."""
        statement = (
            update(posts)
            .where(and_(is_row(posts, self._tenant, post_id), posts.c.read_back_at <= now))
            .values(read_back_at=again_at)
            .returning(*POST_COLUMNS)
        )
        row = (await self._connection.execute(statement)).mappings().first()
        return None if row is None else read_post(row)
