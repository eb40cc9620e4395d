"""Quotas. They are reserved in the transaction that uses them, so that a rollback returns them.

A post counts once, in the month and on the day on which it is due, unless it is a draft or canceled.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import partial
from math import ceil
from types import MappingProxyType
from uuid import UUID

from letmepost.domain import refusals
from letmepost.domain.errors import RequestError
from letmepost.domain.quotas import Quota, QuotaLimits, QuotaName, Reading, media_bytes, quotas_of_post
from letmepost.services.events import quota_event
from letmepost.services.work import Work
from letmepost.storage.tenants.usage import Counted

QuotaSlot = tuple[UUID, datetime]
"""The account and the due time of a post, which determine the quotas that it counts toward."""

_REFUSALS: Mapping[QuotaName, refusals.Refusal] = MappingProxyType(
    {
        QuotaName.POSTS_PER_MONTH: refusals.tenants.QUOTA_POSTS_PER_MONTH,
        QuotaName.POSTS_PER_ACCOUNT_DAY: refusals.tenants.QUOTA_POSTS_PER_ACCOUNT_DAY,
        QuotaName.MEDIA_BYTES: refusals.tenants.QUOTA_MEDIA_BYTES,
    }
)


async def read(work: Work) -> list[Reading]:
    """Return every quota that applies to the caller, with its usage."""
    limits = await work.organization.get_limits()
    return await work.usage.read(limits, work.caller.profile_id, work.now())


async def move(work: Work, *, old: Iterable[QuotaSlot] = (), new: Iterable[QuotaSlot] = ()) -> None:
    """Count posts that are stored or changed in their new slots instead of their old ones.

    Raises:
        QuotaExceeded: a quota has no room. The tenant receives an event about it once per period.
    """
    limits = await work.organization.get_limits()
    more, less = _amounts(limits, new), _amounts(limits, old)
    if added := more - less:
        for counted in await work.usage.add(added):
            await _check(work, counted, added[counted.reading.quota])
    if less - more:
        await work.usage.give_back(less - more)


async def reserve_media(work: Work, size_bytes: int) -> None:
    """Reserve room for a new media item.

    Raises:
        QuotaExceeded: there is no room. The tenant receives an event about it once per period.
    """
    limits = await work.organization.get_limits()
    if limits.media_bytes is not None:
        await _check(work, await work.usage.hold_media(media_bytes(limits.media_bytes), size_bytes), size_bytes)


async def _check(work: Work, counted: Counted, wanted: int) -> None:
    """Raise an error if a quota is exceeded, and warn once per period if it is nearly exhausted."""
    reading, now = counted.reading, work.now()
    if reading.used > reading.quota.limit:
        before = Reading(reading.quota, reading.used - wanted)
        work.after_rollback(partial(_announce_exceeded, before))
        raise _exceeded(before, wanted, now)
    if counted.is_warned or not reading.quota.is_nearly_used_up(reading.used):
        return
    if await work.usage.mark_warned(reading.quota, now):
        await work.emit(quota_event(work.clock, "quota.warning", reading))


async def _announce_exceeded(reading: Reading, work: Work) -> None:
    if await work.usage.mark_exceeded(reading.quota, work.now()):
        await work.emit(quota_event(work.clock, "quota.exceeded", reading))


def _amounts(limits: QuotaLimits, slots: Iterable[QuotaSlot]) -> Counter[Quota]:
    return Counter(quota for slot in slots for quota in quotas_of_post(limits, *slot))


def _exceeded(reading: Reading, wanted: int, now: datetime) -> RequestError:
    quota = reading.quota
    unit, resets_at = ("bytes" if quota.name is QuotaName.MEDIA_BYTES else "posts"), quota.resets_at
    return _REFUSALS[quota.name](
        used=reading.used,
        limit=quota.limit,
        unit=unit,
        wanted=wanted,
        resets_on=None if resets_at is None else f"{resets_at:%Y-%m-%d}",
        retry_after_s=None if resets_at is None else ceil((resets_at - now).total_seconds()),
        quota=reading,
    )
