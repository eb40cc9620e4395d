"""How long a worker may believe that a post is its own."""

from collections.abc import Iterable

from letmepost.gateways.clock import Clock
from letmepost.storage.publishing.claims import Claim, EveryTenantClaims, LeaseToken
from letmepost.storage.publishing.runs import LostLeaseError


class Leases:
    """The leases of this process.

    PostgreSQL decides when a lease ends. This process counts from just before it asked, by its monotonic clock, so it
    always believes in an earlier end than PostgreSQL does.
    """

    def __init__(self, claims: EveryTenantClaims, clock: Clock, *, lease_s: float) -> None:
        self._claims = claims
        self._clock = clock
        self._lease_s = lease_s
        self._ends: dict[LeaseToken, float] = {}

    @property
    def renewal_interval_s(self) -> float:
        """A third of a lease: two renewals may fail before it ends."""
        return self._lease_s / 3

    def begin(self, claims: Iterable[Claim], asked_at_s: float) -> None:
        """Count the leases of claims that were asked for at `asked_at_s`."""
        for claim in claims:
            self._ends[claim.token] = asked_at_s + self._lease_s

    def end(self, token: LeaseToken) -> None:
        """The lease was given back, or lost."""
        self._ends.pop(token, None)

    async def renew_all(self) -> None:
        """Lengthen every lease; forget those that are not ours any more."""
        if self._ends:
            await self._renew(list(self._ends), self._lease_s)

    async def ensure(self, token: LeaseToken, seconds: float) -> float:
        """Make sure that the lease outlives the next `seconds`; returns when it ends, by the monotonic clock.

        Raises:
            LostLeaseError: it is not ours any more.
        """
        if self._left_s(token) < seconds:
            await self._renew([token], max(self._lease_s, seconds + self.renewal_interval_s))
        if self._left_s(token) < seconds:
            raise LostLeaseError
        return self._ends[token]

    async def _renew(self, tokens: list[LeaseToken], lease_s: float) -> None:
        asked_at_s = self._clock.monotonic_s()
        kept = await self._claims.renew(tokens, lease_s)
        for token in tokens:
            if token not in kept:
                self.end(token)
            elif token in self._ends:
                self._ends[token] = max(self._ends[token], asked_at_s + lease_s)

    def _left_s(self, token: LeaseToken) -> float:
        return self._ends.get(token, 0.0) - self._clock.monotonic_s()
