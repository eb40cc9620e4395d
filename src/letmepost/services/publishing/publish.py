"""Claims ready posts and publishes them, one post of an account at a time."""

from collections import Counter
from collections.abc import Callable, Iterable
from uuid import UUID

import structlog

from letmepost.domain.posts import TERMINAL
from letmepost.services.publishing.attempt import Attempt
from letmepost.services.publishing.begin import begin
from letmepost.services.publishing.dependencies import Tools
from letmepost.services.publishing.finish import finish, finish_after_defect, internal_error
from letmepost.services.publishing.throttling import teach
from letmepost.storage.publishing.claims import Candidate, Claim, EveryTenantClaims
from letmepost.storage.publishing.runs import LostLeaseError, RunRepository

log = structlog.get_logger()


class Shares:
    """The slots that each tenant and each platform uses. Each may use three quarters of the worker at most.

    So a tenant with a backlog, or a platform that hangs, leaves slots for the others.
    """

    def __init__(self, slots: int) -> None:
        self._most = max(1, slots * 3 // 4)
        self._taken: Counter[UUID | str] = Counter()

    def taking(self) -> Callable[[Candidate], bool]:
        """Return a predicate for candidates of one claim. It counts the candidates that it has accepted."""
        wanted = self._taken.copy()

        def may_take(candidate: Candidate) -> bool:
            names = (candidate.organization_id, candidate.platform)
            if any(wanted[name] >= self._most for name in names):
                return False
            wanted.update(names)
            return True

        return may_take

    def begin(self, claims: Iterable[Claim]) -> None:
        """Count these claims."""
        for claim in claims:
            self._taken.update((claim.tenant.organization_id, claim.platform))

    def end(self, claim: Claim) -> None:
        """Release this claim."""
        self._taken.subtract((claim.tenant.organization_id, claim.platform))
        self._taken += Counter()  # drops names without a slot


class Publishing:
    """Claims, publishes and hands back posts for one worker."""

    def __init__(self, tools: Tools, claims: EveryTenantClaims, *, lease_s: float, slots: int) -> None:
        """`slots`: the posts that this worker publishes concurrently."""
        self._tools = tools
        self._claims = claims
        self._lease_s = lease_s
        self._shares = Shares(slots)
        self._last_served = UUID(int=0)

    async def claim(self, limit: int) -> list[Claim]:
        """Lease up to `limit` ready posts, tenants in turn, within the share of each tenant and platform."""
        asked_at_s = self._tools.clock.monotonic_s()
        claims = await self._claims.claim(
            limit=limit, lease_s=self._lease_s, after=self._last_served, may_take=self._shares.taking()
        )
        self._shares.begin(claims)
        self._tools.leases.begin(claims, asked_at_s)
        for claim in claims:
            self._tools.metrics.post_claimed(claim.late_s)
        if claims:
            self._last_served = claims[-1].tenant.organization_id
        return claims

    async def next_ready_in_s(self) -> float | None:
        """Seconds until the next post becomes ready."""
        return await self._claims.next_ready_in_s()

    async def publish(self, claim: Claim) -> None:
        """Attempt to publish a claimed post. Either the outcome is recorded, or the lease is left to expire."""
        with structlog.contextvars.bound_contextvars(post_id=str(claim.post_id)):
            try:
                attempt = await begin(self._tools, claim)
                await self._try(attempt)
                await self._tools.wakeups.batch_changed(attempt.post.batch_id)
                if attempt.sender.records:
                    ahead, budgets = attempt.time.ahead, attempt.sender.budgets
                    await teach(self._tools.throttles, attempt.throttles_named, ahead, attempt.failure, budgets)
            except LostLeaseError:
                log.warning("post.lease_lost")
            except Exception:
                log.exception("post.defect")
                await finish_after_defect(self._tools, claim)
            finally:
                self._tools.leases.end(claim.token)
                self._shares.end(claim)

    async def hand_back(self, claim: Claim) -> None:
        """Release the lease of a post without an outcome, so that another worker can continue immediately."""
        async with self._tools.database.tenant(claim.tenant) as connection:
            try:
                await RunRepository(connection, claim, self._tools.keyring).change(lease_token=None, lease_until=None)
            except LostLeaseError:
                return

    async def _try(self, attempt: Attempt) -> None:
        try:
            verdict = await attempt.run()
        except LostLeaseError:
            raise
        except Exception:
            # A defect must not keep the post from a final state: the post is retried, then fails, and the defect is in
            # the log. What was sent is in the journal, so the retry cannot publish twice.
            log.exception("post.defect")
            verdict = attempt.judge(internal_error())
        await finish(attempt, verdict)
        is_end = verdict.outcome in TERMINAL
        self._tools.metrics.post_tried(attempt.post.platform, verdict.outcome, is_end=is_end)
        log.info("post.tried", outcome=verdict.outcome, platform_ms=attempt.sender.platform_ms)
