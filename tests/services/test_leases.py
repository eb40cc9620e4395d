"""The leases of a process, which never last longer than in PostgreSQL."""

from collections.abc import Collection
from datetime import timedelta
from uuid import UUID

import pytest

from letmepost.domain.api_keys import Mode
from letmepost.domain.flow import SLOWEST_BYTES_PER_S, Call, Effect, MediaRange
from letmepost.services.platform_clock import PlatformClock
from letmepost.services.publishing.leases import LeaseGuard, Leases
from letmepost.storage.database import Tenant
from letmepost.storage.publishing.claims import Claim, EveryTenantClaims, LeaseToken
from letmepost.storage.publishing.runs import LostLeaseError
from tests.doubles.clock import SteppedClock

LEASE_S = 60.0
OURS, THEIRS = LeaseToken(UUID(int=1)), LeaseToken(UUID(int=2))


class Database(EveryTenantClaims):
    """Renews only the leases in `ours`, after a delay."""

    def __init__(self, clock: SteppedClock, *ours: LeaseToken, takes_s: float = 0.0) -> None:
        self.clock = clock
        self.ours = set(ours)
        self.takes_s = takes_s
        self.asked: list[tuple[set[LeaseToken], float]] = []

    async def renew(self, tokens: Collection[LeaseToken], lease_s: float) -> set[LeaseToken]:
        self.asked.append((set(tokens), lease_s))
        self.clock.advance(self.takes_s)
        return set(tokens) & self.ours


def claim_of(token: LeaseToken) -> Claim:
    return Claim(Tenant(UUID(int=9), Mode.LIVE), UUID(int=8), token, "network")


def make_leases(database: Database) -> Leases:
    leases = Leases(database, database.clock, lease_s=LEASE_S)
    leases.begin([claim_of(OURS)], database.clock.monotonic_s())
    return leases


async def test_lease_that_is_long_enough_is_not_renewed() -> None:
    database = Database(SteppedClock())
    await make_leases(database).ensure(OURS, LEASE_S)
    assert database.asked == []


async def test_lease_counts_from_before_its_request() -> None:
    """The response may be slow. PostgreSQL counts from a moment in between."""
    database = Database(SteppedClock())
    leases = Leases(database, database.clock, lease_s=LEASE_S)
    asked_at_s = database.clock.monotonic_s()
    database.clock.advance(50)
    leases.begin([claim_of(OURS)], asked_at_s)
    with pytest.raises(LostLeaseError):
        await leases.ensure(OURS, 20)


async def test_lease_that_would_end_too_early_is_extended() -> None:
    database = Database(SteppedClock(), OURS)
    leases = make_leases(database)
    database.clock.advance(50)
    await leases.ensure(OURS, 20)
    assert database.asked == [({OURS}, LEASE_S)]
    await leases.ensure(OURS, LEASE_S)
    assert len(database.asked) == 1


async def test_lease_outlives_a_long_call() -> None:
    database = Database(SteppedClock(), OURS)
    leases = make_leases(database)
    await leases.ensure(OURS, 600)
    assert database.asked == [({OURS}, 600 + LEASE_S / 3)]
    await leases.ensure(OURS, 600)
    assert len(database.asked) == 1


@pytest.mark.parametrize(("effect", "outlives_media"), [(Effect.PUBLISH, True), (Effect.WRITE, False)])
async def test_only_the_lease_of_a_publishing_call_outlives_its_media(effect: Effect, *, outlives_media: bool) -> None:
    """After a crash, a call that may be repeated is repeated when a normal lease has ended."""
    database = Database(SteppedClock(), OURS)
    guard = LeaseGuard(make_leases(database), OURS, PlatformClock(database.clock, timedelta()), {})
    step = "bytes" if effect is Effect.PUBLISH else None
    body = MediaRange(UUID(int=7), 0, 1024 * SLOWEST_BYTES_PER_S)
    await guard(Call(method="PUT", url="https://network.example", body=body, effect=effect, step=step))
    longest_s = max((lease_s for _, lease_s in database.asked), default=LEASE_S)
    assert (longest_s > 1024) == outlives_media


async def test_regular_renewal_does_not_shorten_the_lease_of_a_long_call() -> None:
    database = Database(SteppedClock(), OURS)
    leases = make_leases(database)
    await leases.ensure(OURS, 600)
    await leases.renew_all()
    await leases.ensure(OURS, 600)
    assert len(database.asked) == 2


async def test_lease_taken_by_another_worker_is_lost() -> None:
    database = Database(SteppedClock())
    leases = make_leases(database)
    with pytest.raises(LostLeaseError):
        await leases.ensure(OURS, 600)
    with pytest.raises(LostLeaseError):
        await leases.ensure(OURS, 0.1)


async def test_slow_renewal_does_not_count() -> None:
    """When the response arrives, the lease may have expired again."""
    database = Database(SteppedClock(), OURS, takes_s=LEASE_S)
    leases = make_leases(database)
    database.clock.advance(50)
    with pytest.raises(LostLeaseError):
        await leases.ensure(OURS, 20)


async def test_unknown_lease_is_lost() -> None:
    with pytest.raises(LostLeaseError):
        await make_leases(Database(SteppedClock())).ensure(THEIRS, 0.1)


async def test_released_lease_is_not_renewed() -> None:
    database = Database(SteppedClock(), OURS)
    leases = make_leases(database)
    leases.end(OURS)
    await leases.renew_all()
    assert database.asked == []


async def test_all_leases_are_renewed_together_three_times_per_lease() -> None:
    database = Database(SteppedClock(), OURS)
    leases = make_leases(database)
    leases.begin([claim_of(THEIRS)], database.clock.monotonic_s())
    assert leases.renewal_interval_s == LEASE_S / 3
    await leases.renew_all()
    assert database.asked == [({OURS, THEIRS}, LEASE_S)]
    await leases.renew_all()
    assert database.asked[1] == ({OURS}, LEASE_S), "lost leases are removed"
