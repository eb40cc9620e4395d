"""How long this process believes in a lease: never longer than PostgreSQL does."""

from collections.abc import Collection
from uuid import UUID

import pytest

from letmepost.domain.api_keys import Mode
from letmepost.services.publishing.leases import Leases
from letmepost.storage.database import Tenant
from letmepost.storage.publishing.claims import Claim, EveryTenantClaims, LeaseToken
from letmepost.storage.publishing.runs import LostLeaseError
from tests.doubles.clock import SteppedClock

LEASE_S = 60.0
OURS, THEIRS = LeaseToken(UUID(int=1)), LeaseToken(UUID(int=2))


class Database(EveryTenantClaims):
    """Renews what is `ours`, and takes its time for it."""

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


async def test_a_lease_that_is_long_enough_is_not_asked_about() -> None:
    database = Database(SteppedClock())
    await make_leases(database).ensure(OURS, LEASE_S)
    assert database.asked == []


async def test_a_lease_counts_from_before_it_was_asked_for() -> None:
    """The answer may have been slow: PostgreSQL counts from somewhere in between."""
    database = Database(SteppedClock())
    leases = Leases(database, database.clock, lease_s=LEASE_S)
    asked_at_s = database.clock.monotonic_s()
    database.clock.advance(50)
    leases.begin([claim_of(OURS)], asked_at_s)
    with pytest.raises(LostLeaseError):
        await leases.ensure(OURS, 20)


async def test_a_lease_that_would_end_too_early_is_lengthened_first() -> None:
    database = Database(SteppedClock(), OURS)
    leases = make_leases(database)
    database.clock.advance(50)
    await leases.ensure(OURS, 20)
    assert database.asked == [({OURS}, LEASE_S)]
    await leases.ensure(OURS, LEASE_S)
    assert len(database.asked) == 1


async def test_a_long_call_gets_a_lease_that_outlives_it() -> None:
    database = Database(SteppedClock(), OURS)
    leases = make_leases(database)
    await leases.ensure(OURS, 600)
    assert database.asked == [({OURS}, 600 + LEASE_S / 3)]
    await leases.ensure(OURS, 600)
    assert len(database.asked) == 1


async def test_the_regular_renewal_does_not_shorten_the_lease_of_a_long_call() -> None:
    database = Database(SteppedClock(), OURS)
    leases = make_leases(database)
    await leases.ensure(OURS, 600)
    await leases.renew_all()
    await leases.ensure(OURS, 600)
    assert len(database.asked) == 2


async def test_a_lease_that_another_has_taken_is_lost() -> None:
    database = Database(SteppedClock())
    leases = make_leases(database)
    with pytest.raises(LostLeaseError):
        await leases.ensure(OURS, 600)
    with pytest.raises(LostLeaseError):
        await leases.ensure(OURS, 0.1)


async def test_a_renewal_that_takes_too_long_does_not_count() -> None:
    """By the time of the answer the lease may be over again."""
    database = Database(SteppedClock(), OURS, takes_s=LEASE_S)
    leases = make_leases(database)
    database.clock.advance(50)
    with pytest.raises(LostLeaseError):
        await leases.ensure(OURS, 20)


async def test_what_was_never_leased_is_lost() -> None:
    with pytest.raises(LostLeaseError):
        await make_leases(Database(SteppedClock())).ensure(THEIRS, 0.1)


async def test_a_lease_given_back_is_renewed_no_more() -> None:
    database = Database(SteppedClock(), OURS)
    leases = make_leases(database)
    leases.end(OURS)
    await leases.renew_all()
    assert database.asked == []


async def test_all_leases_are_renewed_in_one_question_three_times_a_lease() -> None:
    database = Database(SteppedClock(), OURS)
    leases = make_leases(database)
    leases.begin([claim_of(THEIRS)], database.clock.monotonic_s())
    assert leases.renewal_interval_s == LEASE_S / 3
    await leases.renew_all()
    assert database.asked == [({OURS, THEIRS}, LEASE_S)]
    await leases.renew_all()
    assert database.asked[1] == ({OURS}, LEASE_S), "what is not ours any more is forgotten"
