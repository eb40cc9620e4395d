"""The notices that were sent before versions of platforms' APIs end."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.dialects.postgresql import insert

from letmepost.domain.api_keys import Mode
from letmepost.storage.database import Connection, Database, Tenant, driver_of
from letmepost.storage.tables.webhooks import version_notices

_LIST_UNTOLD = """
    SELECT DISTINCT a.organization_id, a.mode FROM accounts a
    WHERE a.platform = $1 AND a.status IN ('active', 'expiring') AND NOT EXISTS (
      SELECT FROM version_notices n
      WHERE n.organization_id = a.organization_id AND n.mode = a.mode AND n.platform = a.platform
        AND n.api_version = $2 AND n.within_days = $3)
    LIMIT $4
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionNotice:
    """A notice of the end of a version. It is due when the version has this many days left, or fewer."""

    platform: str
    api_version: str
    within_days: int


class EveryTenantNotices:
    """Finds the tenants that a notice concerns."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def list_not_notified(self, notice: VersionNotice, limit: int) -> Sequence[Tenant]:
        """Return tenants that have an account on the platform and were not sent the notice."""
        wanted = (notice.platform, notice.api_version, notice.within_days)
        async with self._database.sweep() as connection:
            rows = await driver_of(connection).fetch(_LIST_UNTOLD, *wanted, limit)
        return [Tenant(organization_id, Mode(mode)) for organization_id, mode in rows]


class NoticeRepository:
    """The notices that were sent to one tenant."""

    def __init__(self, connection: Connection, tenant: Tenant) -> None:
        self._connection = connection
        self._tenant = tenant

    async def add(self, notice: VersionNotice, now: datetime) -> bool:
        """Record that the notice is sent. Return False if it was sent before."""
        statement = insert(version_notices).values(
            organization_id=self._tenant.organization_id,
            mode=self._tenant.mode,
            platform=notice.platform,
            api_version=notice.api_version,
            within_days=notice.within_days,
            created_at=now,
        )
        return (await self._connection.execute(statement.on_conflict_do_nothing())).rowcount == 1
