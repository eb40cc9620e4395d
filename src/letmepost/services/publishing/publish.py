"""Claims ready posts and publishes them, one account one post at a time."""

from uuid import UUID

import structlog

from letmepost.domain.posts import TERMINAL
from letmepost.services.publishing.attempt import Attempt
from letmepost.services.publishing.begin import begin
from letmepost.services.publishing.defects import defect, settle_defect
from letmepost.services.publishing.dependencies import Tools
from letmepost.services.publishing.shares import Shares
from letmepost.services.publishing.throttling import teach
from letmepost.storage.publishing.claims import Claim, EveryTenantClaims
from letmepost.storage.publishing.runs import LostLeaseError, RunRepository

log = structlog.get_logger()


class Publishing:
    """What a worker does with posts."""

    def __init__(self, tools: Tools, claims: EveryTenantClaims, *, lease_s: float, slots: int) -> None:
        """`slots`: posts that this worker publishes at once."""
        self._tools = tools
        self._claims = claims
        self._lease_s = lease_s
        self._shares = Shares(slots)
        self._last_served = UUID(int=0)

    async def claim(self, limit: int) -> list[Claim]:
        """Lease up to `limit` ready posts, tenants in turn, none of them or of a platform more than its share."""
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
        """Try a claimed post once, whatever happens: its end is on record, or its lease is left to run out."""
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
                await settle_defect(self._tools, claim)
            finally:
                self._tools.leases.end(claim.token)
                self._shares.end(claim)

    async def hand_back(self, claim: Claim) -> None:
        """Give a post back untried, or cut short by shutdown: the next worker goes on at once."""
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
            # A defect of ours must not leave the post without an end: it is tried again, then fails, and is found in
            # the log. What was sent is on record, so that this too cannot publish twice.
            log.exception("post.defect")
            verdict = attempt.judge(defect())
        await attempt.record(verdict)
        is_end = verdict.outcome in TERMINAL
        self._tools.metrics.post_tried(attempt.post.platform, verdict.outcome, is_end=is_end)
        log.info("post.tried", outcome=verdict.outcome, platform_ms=attempt.sender.platform_ms)
