"""Claims ready posts and publishes them, one post of an account at a time."""

from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import suppress
from uuid import UUID

import structlog

from letmepost.domain.posts import TERMINAL
from letmepost.services.events import post_event
from letmepost.services.publishing import outcomes, throttling
from letmepost.services.publishing.attempt import Attempt
from letmepost.services.publishing.dependencies import PublishingDependencies
from letmepost.services.publishing.outcomes import Outcome
from letmepost.services.publishing.progress import PostProgress
from letmepost.storage.posts.posts import PostRow
from letmepost.storage.publishing.claims import Candidate, Claim, EveryTenantClaims
from letmepost.storage.publishing.runs import LostLeaseError

log = structlog.get_logger()


class Shares:
    """The slots that each tenant and each platform uses. Each may use at most three quarters of the worker's slots.

    A tenant with a backlog, or a platform that hangs, leaves slots for the others.
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
    """Claims, publishes and releases posts for one worker."""

    def __init__(
        self, dependencies: PublishingDependencies, claims: EveryTenantClaims, *, lease_s: float, slots: int
    ) -> None:
        """`slots`: the posts that this worker publishes concurrently."""
        self._dependencies = dependencies
        self._claims = claims
        self._lease_s = lease_s
        self._shares = Shares(slots)
        self._last_served = UUID(int=0)

    async def claim(self, limit: int) -> list[Claim]:
        """Lease up to `limit` ready posts, tenants in turn, within the share of each tenant and platform."""
        asked_at_s = self._dependencies.clock.monotonic_s()
        claims = await self._claims.claim(
            limit=limit, lease_s=self._lease_s, after=self._last_served, may_take=self._shares.taking()
        )
        self._shares.begin(claims)
        self._dependencies.leases.begin(claims, asked_at_s)
        for claim in claims:
            self._dependencies.metrics.post_claimed(claim.late_s)
        if claims:
            self._last_served = claims[-1].tenant.organization_id
        return claims

    async def next_ready_in_s(self) -> float | None:
        """Return the seconds until the next post becomes ready."""
        return await self._claims.next_ready_in_s()

    async def publish(self, claim: Claim) -> None:
        """Attempt to publish a claimed post. Either the outcome is recorded, or the lease is left to expire."""
        with structlog.contextvars.bound_contextvars(post_id=str(claim.post_id)):
            try:
                attempt = await Attempt.begin(self._dependencies, claim)
                outcome = await self._attempt(attempt)
                log.info("post.tried", outcome=outcome.name, platform_ms=attempt.sender.platform_ms)
                await self._announce(attempt.post, outcome)
                await self._record_feedback(attempt)
            except LostLeaseError:
                log.warning("post.lease_lost")
            except Exception:
                log.exception("post.defect")
                await self._end_after_defect(claim)
            finally:
                self._dependencies.uploads.end(claim.tenant.organization_id, claim.tenant.mode, claim.post_id)
                self._dependencies.leases.end(claim.token)
                self._shares.end(claim)

    def stop_uploads(self) -> None:
        """End uploads after the part that is being sent. Another worker continues them at once."""
        self._dependencies.stopping.set()

    async def hand_back(self, claim: Claim) -> None:
        """Release the lease of a post without an outcome, so that another worker can continue immediately."""
        with suppress(LostLeaseError):
            async with self._dependencies.units.begin(claim.tenant) as work:
                await work.run(claim).change(lease_token=None, lease_until=None)

    async def _attempt(self, attempt: Attempt) -> Outcome:
        try:
            outcome = await attempt.run()
        except LostLeaseError:
            raise
        except Exception:
            # An unexpected error must not keep the post from a final state. The post is retried and then fails, and the
            # error is in the log. The journal contains every call that was sent, so a retry cannot publish twice.
            log.exception("post.defect")
            outcome = attempt.judge(outcomes.internal_error())
        return await attempt.record(outcome)

    async def _announce(self, post: PostRow, outcome: Outcome) -> None:
        """Notify the callers that wait for the post, and count the attempt."""
        self._dependencies.metrics.post_tried(post.platform, outcome.name, is_end=outcome.name in TERMINAL)
        await self._dependencies.wakeups.batch_changed(post.batch_id)

    async def _record_feedback(self, attempt: Attempt) -> None:
        """Record rate-limit feedback so that later attempts can use it."""
        if attempt.sender.records:
            throttles, ahead, budgets = self._dependencies.throttles, attempt.time.ahead, attempt.sender.budgets
            await throttling.record_feedback(throttles, attempt.throttle_names, ahead, attempt.failure, budgets)

    async def _end_after_defect(self, claim: Claim) -> None:
        """Record the outcome of a claimed post whose attempt could not start or be recorded, from its row alone.

        Otherwise the post would be claimed again each time that its lease expires, and never reach its deadline.
        """
        with suppress(LostLeaseError):  # then the outcome is recorded already, or another worker has the post
            async with self._dependencies.units.begin(claim.tenant) as work:
                [locked] = await work.post_editor.lock([claim.post_id])
                now, jitter = work.now(), self._dependencies.jitter()
                outcome = outcomes.defect(locked.post, now, jitter, is_sent=locked.is_sent)
                progress = PostProgress(locked.post).change(now, outcome.changes)
                if outcome.event is not None:
                    progress = progress.emit(now, post_event(work.clock, outcome.event, progress.post))
                released = {**progress.columns, "lease_token": None, "lease_until": None}
                await work.run(claim).change(*progress.events, **released)
            await self._announce(locked.post, outcome)
