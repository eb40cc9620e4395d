"""Deletes rows whose retention period has ended."""

from collections.abc import Mapping
from datetime import timedelta

import structlog

from letmepost.gateways.clock import Clock
from letmepost.storage.tenants.retention import EveryTenantRetention, RetentionClass

_ROWS_AT_ONCE = 1000

log = structlog.get_logger()


class Retention:
    """Deletes rows that are older than the period of their kind. Posts are not deleted."""

    def __init__(self, store: EveryTenantRetention, clock: Clock, periods: Mapping[RetentionClass, timedelta]) -> None:
        self._store = store
        self._clock = clock
        self._periods = periods

    async def sweep(self) -> None:
        """Delete expired rows in bounded batches, unless another process is doing so."""
        for kept, period in self._periods.items():
            deleted = await self._delete(kept, period)
            if deleted:
                log.info("retention.deleted", kept=kept, rows=deleted)

    async def _delete(self, kept: RetentionClass, period: timedelta) -> int:
        before, count = self._clock.now() - period, 0
        while found := await self._store.delete_some(kept, before, _ROWS_AT_ONCE):
            count += found
            if found < _ROWS_AT_ONCE:
                break
        return count
