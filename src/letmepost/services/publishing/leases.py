"""The leases of a worker: how long it may work on a post."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from letmepost.domain.flow import Call, Effect
from letmepost.domain.journal import CONNECTING_MAX_S, Step, begins_within_s
from letmepost.gateways.clock import Clock
from letmepost.services.platform_clock import PlatformClock
from letmepost.storage.publishing.claims import Claim, EveryTenantClaims, LeaseToken
from letmepost.storage.publishing.runs import LostLeaseError


class Leases:
    """The leases of this process.

    PostgreSQL decides when a lease ends. This process counts from just before its request, by its monotonic clock, so
    that it always stops earlier than PostgreSQL ends the lease.
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
        """Count the leases of claims that were requested at `asked_at_s`."""
        for claim in claims:
            self._ends[claim.token] = asked_at_s + self._lease_s

    def end(self, token: LeaseToken) -> None:
        """Remove a lease that was released or lost."""
        self._ends.pop(token, None)

    async def renew_all(self) -> None:
        """Extend every lease; drop those that this process has lost."""
        if self._ends:
            await self._renew(list(self._ends), self._lease_s)

    async def ensure(self, token: LeaseToken, seconds: float) -> float:
        """Extend the lease if it ends within `seconds`; return when it ends, by the monotonic clock.

        Raises:
            LostLeaseError: another worker may have the post.
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


@dataclass(frozen=True, slots=True)
class LeaseGuard:
    """Makes the lease of one post outlive each call of its flow.

    `steps`: the journal of the post, kept up to date by the run.
    """

    leases: Leases
    token: LeaseToken
    time: PlatformClock
    steps: Mapping[str, Step]

    async def __call__(self, call: Call) -> float:
        """Extend the lease for a call; return until when the call may begin, by the monotonic clock.

        The lease outlives a call that publishes. Another worker may repeat any other call while it is under way, so the
        lease does not wait for its media: after a crash, an upload of hours is continued when a normal lease ends.

        A call that cannot be repeated must also begin soon after its intent, because its doubt is counted from there.

        Raises:
            LostLeaseError: another worker may have the post.
        """
        takes_s = call.longest_s if call.effect is Effect.PUBLISH else call.timeout_s
        ends_s = await self.leases.ensure(self.token, CONNECTING_MAX_S + takes_s)
        step = self.steps.get(call.step or "")
        if call.idempotent or step is None or step.intent is None:
            return ends_s - takes_s
        begins_within = begins_within_s(step.intent, self.time.now())
        return min(ends_s - takes_s, self.time.monotonic_s() + begins_within)
