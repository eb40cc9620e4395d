"""Shares of a worker: a tenant with a backlog, or a platform that hangs, leaves slots for the others."""

from uuid import UUID

import pytest

from letmepost.domain.api_keys import Mode
from letmepost.services.publishing.publish import Shares
from letmepost.storage.database import Tenant
from letmepost.storage.publishing.claims import Candidate, Claim, LeaseToken


def candidate(number: int, organization: int = 0, platform: str = "network") -> Candidate:
    return Candidate(UUID(int=number), UUID(int=organization), platform)


def claimed(candidate: Candidate) -> Claim:
    token = LeaseToken(candidate.post_id)
    return Claim(Tenant(candidate.organization_id, Mode.LIVE), candidate.post_id, token, candidate.platform)


@pytest.mark.parametrize("slots", [1, 4, 64])
def test_one_tenant_never_fills_a_worker(slots: int) -> None:
    may_take = Shares(slots).taking()
    taken = [number for number in range(slots) if may_take(candidate(number, platform=f"network {number}"))]
    assert len(taken) == max(1, slots * 3 // 4)


def test_one_platform_never_fills_a_worker() -> None:
    shares = Shares(8)
    may_take = shares.taking()
    everything = [candidate(number, organization=number) for number in range(8)]
    taken = [one for one in everything if may_take(one)]
    shares.begin(map(claimed, taken))
    assert len(taken) == 6
    assert not shares.taking()(candidate(9, organization=9))
    assert shares.taking()(candidate(9, organization=9, platform="other"))


def test_ended_post_frees_its_slot() -> None:
    shares = Shares(4)
    taken = [claimed(candidate(number)) for number in range(3)]
    shares.begin(taken)
    assert not shares.taking()(candidate(9))
    shares.end(taken[0])
    assert shares.taking()(candidate(9))


def test_candidate_that_is_not_leased_takes_no_slot() -> None:
    shares = Shares(4)
    may_take = shares.taking()
    assert all(may_take(candidate(number)) for number in range(3))
    assert shares.taking()(candidate(9))
