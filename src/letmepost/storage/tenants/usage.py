"""How much of its quotas a tenant has used.

A counter is created when it is first needed, from the stored data: without a quota, nothing is counted. Afterwards it
is updated in the transactions of what it counts, which take turns by the lock of its row.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, select, update

from letmepost.domain.accounts import AccountStatus
from letmepost.domain.media import MediaStatus
from letmepost.domain.posts import PostStatus
from letmepost.domain.quotas import (
    Quota,
    QuotaLimits,
    QuotaName,
    Reading,
    media_bytes,
    posts_per_account_day,
    posts_per_month,
)
from letmepost.storage.database import Connection, Tenant, driver_of
from letmepost.storage.queries import equals_if_given
from letmepost.storage.tables.accounts import accounts
from letmepost.storage.tables.media import media
from letmepost.storage.tables.organizations import usage
from letmepost.storage.tables.posts import posts

_UNCOUNTED = (PostStatus.DRAFT, PostStatus.CANCELED)

_ADD = """
    INSERT INTO usage AS u (organization_id, mode, subject, period_start, used)
    VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT (organization_id, mode, subject, period_start)
      DO UPDATE SET used = greatest(0, u.used + excluded.used)
    RETURNING new.used, new.warned_at, old.used IS NULL AS is_new
"""


@dataclass(frozen=True, slots=True)
class Counted:
    """A quota after an addition. `is_warned`: True if the warning of its period has been sent."""

    reading: Reading
    is_warned: bool


class UsageRepository:
    """The counters of one tenant. It cannot reach another tenant's."""

    def __init__(self, connection: Connection, tenant: Tenant) -> None:
        self._connection = connection
        self._tenant = tenant

    async def add(self, amounts: Mapping[Quota, int]) -> list[Counted]:
        """Add to counters, and lock them until the transaction ends.

        What is counted must not be stored yet: a new counter starts with what is stored. Counters are locked in a fixed
        order, so that transactions with the same counters take turns.
        """
        in_order = sorted(amounts.items(), key=lambda item: (item[0].subject, item[0].period_start))
        return [await self._add(quota, amount) for quota, amount in in_order]

    async def give_back(self, amounts: Mapping[Quota, int]) -> None:
        """Subtract from counters. A missing counter needs no change, because it will start with what is stored."""
        for quota, amount in sorted(amounts.items(), key=lambda item: (item[0].subject, item[0].period_start)):
            less = func.greatest(0, usage.c.used - amount)
            await self._connection.execute(update(usage).where(self._is(quota)).values(used=less))

    async def hold_media(self, quota: Quota, size_bytes: int) -> Counted:
        """Return the usage with `size_bytes` more. No other transaction adds to it until this one ends.

        It is always summed: media items also expire, and few are added at a time.
        """
        counted = await self._add(quota, 0)
        used = await self._stored(quota) + size_bytes
        values: dict[str, object] = {"used": used}
        if not quota.is_nearly_used_up(used):
            # There is room again, so the next warning must be sent.
            values |= {"warned_at": None, "exceeded_at": None}
        await self._connection.execute(update(usage).where(self._is(quota)).values(**values))
        return Counted(Reading(quota, used), counted.is_warned)

    async def read(self, limits: QuotaLimits, profile_id: UUID | None, now: datetime) -> list[Reading]:
        """Return the current usage of every quota, without counters; of accounts, only those of a profile if given."""
        found = []
        if limits.posts_per_month is not None:
            found.append(await self._read(posts_per_month(limits.posts_per_month, now)))
        if limits.media_bytes is not None:
            found.append(await self._read(media_bytes(limits.media_bytes)))
        if limits.posts_per_account_day is not None:
            found += await self._read_accounts(limits.posts_per_account_day, profile_id, now)
        return found

    async def _read(self, quota: Quota) -> Reading:
        return Reading(quota, await self._stored(quota))

    async def _read_accounts(self, limit: int, profile_id: UUID | None, now: datetime) -> list[Reading]:
        day = posts_per_account_day(limit, UUID(int=0), now)
        used = (
            self._due_in(day)
            .with_only_columns(posts.c.account_id, func.count().label("used"))
            .group_by(posts.c.account_id)
            .subquery()
        )
        query = (
            select(accounts.c.id, func.coalesce(used.c.used, 0))
            .outerjoin(used, used.c.account_id == accounts.c.id)
            .where(
                accounts.c.organization_id == self._tenant.organization_id,
                accounts.c.mode == self._tenant.mode,
                accounts.c.status != AccountStatus.DISCONNECTED,
                equals_if_given(accounts.c.profile_id, profile_id),
            )
            .order_by(accounts.c.id)
        )
        rows = await self._connection.execute(query)
        return [Reading(replace(day, account_id=account_id), count) for account_id, count in rows]

    async def mark_warned(self, quota: Quota, now: datetime) -> bool:
        """Record that the warning is sent. Return False if it was sent before."""
        marked = update(usage).where(self._is(quota), usage.c.warned_at.is_(None)).values(warned_at=now)
        return (await self._connection.execute(marked)).rowcount == 1

    async def mark_exceeded(self, quota: Quota, now: datetime) -> bool:
        """Record that the quota is reported as used up. Return False if it was reported before."""
        await self._add(quota, 0)
        marked = update(usage).where(self._is(quota), usage.c.exceeded_at.is_(None)).values(exceeded_at=now)
        return (await self._connection.execute(marked)).rowcount == 1

    async def _add(self, quota: Quota, amount: int) -> Counted:
        tenant = self._tenant
        [(used, warned_at, is_new)] = await driver_of(self._connection).fetch(
            _ADD, tenant.organization_id, tenant.mode, quota.subject, quota.period_start, amount
        )
        if is_new:
            used += await self._stored(quota)
            await self._connection.execute(update(usage).where(self._is(quota)).values(used=used))
        return Counted(Reading(quota, used), warned_at is not None)

    async def _stored(self, quota: Quota) -> int:
        """Return the usage according to the stored data, without counters."""
        query = self._stored_media() if quota.name is QuotaName.MEDIA_BYTES else self._stored_posts(quota)
        # A sum of `bigint` is `numeric`.
        return int((await self._connection.execute(query)).scalar_one())

    def _stored_media(self) -> Select[int]:
        return select(func.coalesce(func.sum(media.c.size_bytes), 0)).where(
            media.c.organization_id == self._tenant.organization_id,
            media.c.mode == self._tenant.mode,
            media.c.status == MediaStatus.READY,
        )

    def _stored_posts(self, quota: Quota) -> Select[int]:
        query = self._due_in(quota).with_only_columns(func.count())
        return query if quota.account_id is None else query.where(posts.c.account_id == quota.account_id)

    def _due_in(self, quota: Quota) -> Select[Any]:
        """Return the query of the counted posts of a period."""
        return select(posts.c.id).where(
            posts.c.organization_id == self._tenant.organization_id,
            posts.c.mode == self._tenant.mode,
            posts.c.due_at >= quota.starts_at,
            posts.c.due_at < quota.resets_at,
            posts.c.status.not_in(_UNCOUNTED),
        )

    def _is(self, quota: Quota) -> ColumnElement[bool]:
        return and_(
            usage.c.organization_id == self._tenant.organization_id,
            usage.c.mode == self._tenant.mode,
            usage.c.subject == quota.subject,
            usage.c.period_start == quota.period_start,
        )
