"""What a tenant's calls to platforms have cost, per day. The counters are rows of `usage`, beside those of quotas."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date

from letmepost.domain.costs import Cost
from letmepost.storage.database import Connection, Database, Tenant, driver_of

_SUBJECT = "cost"

# The row of an organization that was deleted in the meantime is not created.
_ADD = """
    INSERT INTO usage AS u (organization_id, mode, subject, period_start, used)
    SELECT id, $2, $3, $4, $5 FROM organizations WHERE id = $1
    ON CONFLICT (organization_id, mode, subject, period_start) DO UPDATE SET used = u.used + excluded.used
"""
_TOTAL = """
    SELECT subject, period_start, sum(used)::bigint FROM usage
    WHERE mode = 'live' AND period_start = $2 AND subject LIKE $1 GROUP BY subject, period_start
"""
_LIST = """
    SELECT subject, period_start, used FROM usage
    WHERE organization_id = $1 AND mode = $2 AND subject LIKE 'cost:%' AND period_start >= $3 ORDER BY subject
"""


@dataclass(frozen=True, slots=True)
class CountedCost:
    """The cost of a day's calls to a platform. `day` is in the platform's time zone."""

    platform: str
    day: date
    cost: Cost


class CostRepository:
    """The costs of one tenant. It cannot reach another tenant's."""

    def __init__(self, connection: Connection, tenant: Tenant) -> None:
        self._connection = connection
        self._tenant = tenant

    async def add(self, counted: Collection[CountedCost]) -> None:
        """Add to counters, in a fixed order, so that transactions with the same counters take turns."""
        tenant = self._tenant
        rows = sorted((f"{_SUBJECT}:{one.platform}:{one.cost.unit}", one.day, one.cost.amount) for one in counted)
        await driver_of(self._connection).executemany(
            _ADD, [(tenant.organization_id, tenant.mode, *row) for row in rows]
        )

    async def list_since(self, first: date) -> list[CountedCost]:
        """Return the counters of a day and of later ones."""
        tenant = self._tenant
        rows = await driver_of(self._connection).fetch(_LIST, tenant.organization_id, tenant.mode, first)
        return [_read(subject, day, used) for subject, day, used in rows]


class EveryTenantCosts:
    """What the live calls of all tenants have cost together."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def total(self, platform: str, day: date) -> Mapping[str, int]:
        """Return what a platform has charged for a day in its time zone, by unit."""
        async with self._database.sweep() as connection:
            rows = await driver_of(connection).fetch(_TOTAL, f"{_SUBJECT}:{platform}:%", day)
        return {counted.cost.unit: counted.cost.amount for counted in (_read(*row) for row in rows)}


def _read(subject: str, day: date, used: int) -> CountedCost:
    _, platform, unit = subject.split(":")
    return CountedCost(platform, day, Cost(unit, used))
