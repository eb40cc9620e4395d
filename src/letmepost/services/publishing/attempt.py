"""One attempt to publish a claimed post. No transaction is open while a call to the platform is under way."""

from dataclasses import dataclass
from datetime import datetime
from functools import partial
from uuid import UUID

import structlog

from letmepost.domain import refusals
from letmepost.domain.api_keys import Mode
from letmepost.domain.content import PostContent
from letmepost.domain.errors import FailureKind, PlatformFailure
from letmepost.domain.flow import Announcement, Flow, Intent, Reconciled, Upload
from letmepost.domain.journal import Step
from letmepost.domain.lateness import Lateness
from letmepost.domain.posts import TRANSITIONS, PostStatus
from letmepost.domain.rules import violations
from letmepost.domain.violations import Violation
from letmepost.gateways.flow_run import FlowRun
from letmepost.gateways.run_steps import has_open_intent, has_published
from letmepost.gateways.sender import Sender
from letmepost.gateways.step_calls import ClosedError, InDoubtError, StepCalls, UnlearnableError
from letmepost.gateways.throttles import Reason, Throttle
from letmepost.gateways.upload_progress import UploadProgress
from letmepost.platforms.contract import Platform, ReadyPost
from letmepost.services.accounts.tokens import AccountCredentials
from letmepost.services.callers import new_id
from letmepost.services.events import account_event, post_event
from letmepost.services.media.fetch import MediaMissingError
from letmepost.services.media.sending import MediaChangedError, open_to_send
from letmepost.services.platform_access import Access
from letmepost.services.platform_clock import PlatformClock
from letmepost.services.posts.fitting import settled_warnings
from letmepost.services.posts.lateness import read_lateness
from letmepost.services.publishing import holds, outcomes, throttling
from letmepost.services.publishing.dependencies import PublishingDependencies
from letmepost.services.publishing.journal import RunJournal, in_platform_time
from letmepost.services.publishing.leases import LeaseGuard
from letmepost.services.publishing.outcomes import Outcome
from letmepost.services.publishing.progress import PostProgress
from letmepost.services.work import Work
from letmepost.storage.accounts.accounts import AccountRow
from letmepost.storage.posts.contents import decode_content, media_ids, used_media_ids
from letmepost.storage.posts.posts import PostRow
from letmepost.storage.publishing.claims import Claim
from letmepost.storage.publishing.runs import AttemptRecord, Loaded
from letmepost.storage.webhooks.events import NewEvent

FREEZING_ENTROPY_BYTES = 16

log = structlog.get_logger()


@dataclass(kw_only=True)
class Attempt:
    """One attempt to publish a claimed post: `begin` opens it, `run` runs the flow, `record` stores the outcome.

    `loaded` is what was stored when the attempt started, and `journal.progress` the post as it is now. `steps` are the
    calls that were sent to the platform. `failure` decided the outcome.
    """

    dependencies: PublishingDependencies
    claim: Claim
    id: UUID
    started_at: datetime
    loaded: Loaded
    steps: dict[str, Step]
    access: Access
    time: PlatformClock
    sender: Sender
    may_send: LeaseGuard
    journal: RunJournal
    failure: PlatformFailure | None = None

    @classmethod
    async def begin(cls, dependencies: PublishingDependencies, claim: Claim) -> "Attempt":
        """Count the attempt, and load the post, its account and its journal.

        Raises:
            LostLeaseError: another worker may have the post.
        """
        units, tenant, attempt_id = dependencies.units, claim.tenant, new_id(dependencies.clock)
        now, entropy = units.clock.now(), units.clock.entropy(FREEZING_ENTROPY_BYTES)
        async with units.begin(tenant) as work:
            loaded = await work.run(claim).begin(attempt_id, now, entropy)
            post, account = loaded.post, loaded.account
            is_first = post.attempt_count == 1  # then the journal is empty
            stored = {} if is_first else await work.journal(claim, post.revision).load()
        time = PlatformClock(units.clock, loaded.ahead)
        steps = {name: in_platform_time(step, time) for name, step in stored.items()}
        access = dependencies.worlds.access(post.platform, tenant.mode, tenant.organization_id)
        may_send = LeaseGuard(dependencies.leases, claim.token, time, steps)
        sender = Sender(
            http=access.http,
            platform=access.platform,
            clock=time,
            credentials=AccountCredentials(
                units=units, access=access, tenant=tenant, account=account, known=loaded.credential
            ),
            open_media=partial(open_to_send, dependencies.library, tenant),
            may_send=may_send,
            charge=access.charge,
            metrics=access.metrics,
        )
        return cls(
            dependencies=dependencies,
            claim=claim,
            id=attempt_id,
            started_at=now,
            loaded=loaded,
            steps=steps,
            access=access,
            time=time,
            sender=sender,
            may_send=may_send,
            journal=RunJournal(units, claim, time, PostProgress(post)),
        )

    async def run(self) -> Outcome:
        """Run the flow, and return its outcome.

        Raises:
            LostLeaseError: another worker may have the post.
        """
        post, now = self.post, self.dependencies.clock.now()
        is_late = outcomes.is_too_late(post, now) or post.status is PostStatus.HELD
        lateness = await self._lateness() if is_late else None
        missed = outcomes.too_late(post, lateness) if is_late else None
        is_paused = self.loaded.pause is not None and post.status is PostStatus.PUBLISHING
        if not self._may_be_visible:
            obstacle = missed or (
                self._held_by_pause() if is_paused else self._throttled() or await self._over_budget()
            )
            if obstacle is not None:
                return obstacle
        try:
            return await self._publish(is_closed=is_paused or missed is not None)
        except ClosedError as closed:
            return self._held_by_pause() if is_paused else self._closed(closed, missed, lateness)
        except (MediaMissingError, PlatformFailure, InDoubtError, UnlearnableError) as ending:
            return self._ended_by(ending)

    async def record(self, outcome: Outcome) -> Outcome:
        """Commit the status, the attempt, the events and the end of the lease in one transaction.

        Returns:
            The recorded outcome. It differs if the reason to hold the post has ended since the attempt started.

        Raises:
            LostLeaseError: another worker may have the post. Nothing was written.
        """
        async with self.journal.ending() as (work, reply):
            now = work.now()
            events = await self._update_account(work, outcome)
            if await holds.has_ended(work, self.post, outcome, self.failure):
                outcome = outcomes.retry_now(self.post, outcome.error or {}, now)
            if outcome.cause is not None and self.post.status not in TRANSITIONS[outcome.cause].sources:
                message = f"a post that is {self.post.status} cannot move by {outcome.cause}"
                raise RuntimeError(message)
            progress = self.journal.progress.change(now, outcome.changes).emit(now, *events)
            if outcome.event is not None:
                progress = progress.emit(now, post_event(work.clock, outcome.event, progress.post))
            ended = AttemptRecord(
                outcome=outcome.name,
                error=outcome.error,
                platform_ms=self.sender.platform_ms,
                calls=[record.as_json() for record in self.sender.records],
                finished_at=now,
            )
            await work.run(self.claim).finish(self.id, ended, *progress.events, reply=reply, **progress.columns)
        self.journal.progress = progress.saved()
        return outcome

    def judge(self, failure: PlatformFailure) -> Outcome:
        """Return the outcome of a failure of the attempt."""
        now, jitter = self.dependencies.clock.now(), self.dependencies.jitter()
        self.failure = failure
        if failure.retry_at is None and failure.kind is FailureKind.QUOTA_EXHAUSTED and self._platform.resets:
            failure.retry_at = self._platform.resets(self.time.now())
        if failure.retry_at is not None:
            failure.retry_at = self.time.to_real_time(failure.retry_at)
        log.info("post.refused", post_id=str(self.post.id), kind=failure.kind, error=failure.message)
        if self.post.status is PostStatus.PUBLISHED:
            return outcomes.extras_failed(self.post, failure, now, jitter)
        if self.post.status is PostStatus.HELD:
            return outcomes.held_in_doubt(self.post, failure, now, jitter)
        is_uncertain = not self.post.parts and self._may_be_visible
        used_up = [budget for budget in self.sender.budgets if budget.is_used_up]
        budget = max(used_up, key=lambda one: one.resets_at, default=None)
        return outcomes.failed(self.post, failure, now, jitter, is_uncertain=is_uncertain, budget=budget)

    @property
    def post(self) -> PostRow:
        """The post as it is now."""
        return self.journal.progress.post

    @property
    def account(self) -> AccountRow:
        """The account as it was when the attempt started."""
        return self.loaded.account

    @property
    def throttle_names(self) -> tuple[str, str]:
        """The names of the throttles of the platform and of the account."""
        server = self._platform.server(self.account.facts)
        return throttling.names(self.claim.tenant, self.account, self.time.ahead, server)

    def _flow_run(self, *, is_closed: bool) -> FlowRun:
        return FlowRun(
            calls=StepCalls(
                steps=self.steps,
                journal=self.journal,
                send=self.sender,
                explain=self._platform.explain,
                reconcile=self._reconcile,
                may_send=self.may_send,
                now=self.time.now,
                visibility_delay_s=self._platform.visibility_delay_s,
                is_closed=is_closed,
            ),
            announce=self._announce,
            uploads=partial(self.dependencies.upload_turns.upload, self.claim.tenant.organization_id),
            uploaded=self._report_upload,
            is_stopping=self.dependencies.stopping.is_set,
        )

    def _report_upload(self, upload: Upload, sent_bytes: int) -> None:
        tenant, total_bytes = self.claim.tenant, upload.media.length_bytes
        progress = UploadProgress(self.post.id, self.post.profile_id, upload.step, sent_bytes, total_bytes)
        self.dependencies.uploads.report(tenant.organization_id, tenant.mode, progress)

    async def _publish(self, *, is_closed: bool) -> Outcome:
        if not self.account.is_usable and not is_closed:
            raise holds.must_reconnect(self.account)
        content = await self.dependencies.fetching.ready_content(self.claim.tenant, self.loaded.content)
        await self._settle_warnings(content)
        # A post that may be visible is reconciled, whatever the account may publish since then.
        if media_ids(content) and not self._may_be_visible and (broken := self._violations(content)):
            return self._refused(outcomes.broken_rules(self.post, broken))
        flow = self._platform.publish(self._ready_post(content), self.access.settings)
        suspended = await self._flow_run(is_closed=is_closed).run(flow)
        if suspended is not None:
            return outcomes.paused(self.time.to_real_time(suspended.until))
        if self.post.status not in {PostStatus.PUBLISHED, PostStatus.AWAITING_USER}:
            message = f"the flow of {self._platform.name} ended without Live or HandOver"
            raise RuntimeError(message)
        return outcomes.finished(self.post)

    async def _settle_warnings(self, content: PostContent) -> None:
        """Record what was converted. It is written with the next progress of the post."""
        if not any(warning["code"] == refusals.media.FIT_PENDING.id for warning in self.post.warnings):
            return
        async with self.dependencies.units.begin(self.claim.tenant) as work:
            rows = await work.media.find_many(used_media_ids(content))
        facts = {row.id: row.facts for row in rows.values() if row.facts is not None}
        warnings = settled_warnings(self.post.warnings, content, facts, self._platform.title)
        self.journal.progress = self.journal.progress.change(self.dependencies.clock.now(), {"warnings": warnings})

    def _violations(self, content: PostContent) -> list[Violation]:
        target = self._platform.target(content, self.account.facts, self.dependencies.clock.now())
        return violations(target, self._platform.rules)

    def _reconcile(self, intent: Intent) -> Flow[Reconciled]:
        # A post in doubt may be reconciled long after its media items were deleted.
        content = decode_content(self.loaded.content, {})
        return self._platform.reconcile(self._ready_post(content), intent, self.access.settings)

    def _ready_post(self, content: PostContent) -> ReadyPost:
        tenant, post_id = self.claim.tenant, self.post.id
        urls = self.dependencies.links.of_post(tenant, self._platform, post_id, content, self.loaded.frozen)
        return ReadyPost(account=self.account.facts, content=content, frozen=self.loaded.frozen, media_urls=urls)

    async def _announce(self, what: Announcement) -> None:
        """Record what is visible on the platform. It is written before anything else is sent."""
        is_read_back = self._platform.is_there is not None
        if self.access.pages is not None:
            what = self.access.pages.replace_urls(what, self.dependencies.clock.now())
        progress = self.journal.progress.announce(what, self.dependencies.clock, is_read_back=is_read_back)
        self.journal.progress = progress

    def _throttled(self) -> Outcome | None:
        throttle = self.dependencies.throttles.find(self.throttle_names)
        if throttle is None or self.post.status is not PostStatus.PUBLISHING:
            return None
        return outcomes.throttled(self.post, throttle, self.dependencies.jitter())

    async def _over_budget(self) -> Outcome | None:
        """Postpone a post that costs more than is left of the app's day. What an earlier run has begun may continue."""
        if self.claim.tenant.mode is not Mode.LIVE or self.steps or self.post.status is not PostStatus.PUBLISHING:
            return None
        budgets = await self.dependencies.daily_budgets.read(self._platform, self.access.settings)
        if not budgets:
            return None
        of_platform, _ = self.throttle_names
        self.dependencies.throttles.budgets.record(of_platform, budgets)
        prices = self._platform.prices(self._ready_post(decode_content(self.loaded.content, {})), self.access.settings)
        short = next((budget for budget in budgets if prices.get(budget.name, 0) > budget.remaining), None)
        if short is None:
            return None
        return outcomes.throttled(self.post, Throttle(short.resets_at, Reason.LIMIT, short), self.dependencies.jitter())

    def _ended_by(self, ending: MediaMissingError | PlatformFailure | InDoubtError | UnlearnableError) -> Outcome:
        match ending:
            case MediaMissingError():
                return self._refused(outcomes.media_missing(self.post, ending.error))
            case MediaChangedError():
                error = {"message": ending.message, "rule": ending.rule, "remediation": ending.remediation}
                return self._refused(outcomes.media_missing(self.post, error))
            case InDoubtError():
                return self.judge(PlatformFailure(FailureKind.IN_DOUBT, ending.reason))
            case UnlearnableError() if self.post.status is PostStatus.PUBLISHED:  # an extra of the post
                return self.judge(PlatformFailure(FailureKind.REJECTED, ending.reason))
            case UnlearnableError():
                return outcomes.unconfirmed(self.post, ending.reason)
        return self.judge(ending)

    def _closed(self, closed: ClosedError, missed: Outcome | None, lateness: Lateness | None) -> Outcome:
        """Return the outcome of a flow that stopped before its next publishing call: the call in doubt was not sent."""
        if missed is None or self._may_be_visible:
            return self.judge(closed)
        # The error of the post describes the doubt, not the missed deadline.
        return outcomes.too_late(self.post._replace(error=None), lateness) or missed

    def _refused(self, outcome: Outcome) -> Outcome:
        """Return the outcome of content that this service rejects. A part that was sent before may still be visible."""
        if self.post.status is PostStatus.PUBLISHING and not self._may_be_visible:
            return outcome
        return self.judge(PlatformFailure(FailureKind.REJECTED, str((outcome.error or {}).get("message"))))

    def _held_by_pause(self) -> Outcome:
        return outcomes.held_by_pause(self.post, self.loaded.pause or "", self.dependencies.clock.now())

    async def _lateness(self) -> Lateness | None:
        async with self.dependencies.units.begin(self.claim.tenant) as work:
            return await read_lateness(work, self.post)

    async def _update_account(self, work: Work, outcome: Outcome) -> list[NewEvent]:
        """Record what the attempt revealed about the account; return its events."""
        account, now = self.account, work.now()
        if self.failure is not None and self.failure.kind is FailureKind.AUTH_FAILED:
            if await work.accounts.require_reconnect(account.id, self.started_at, now, outcome.error):
                return [account_event(work.clock, "token.revoked", account)]
        elif self.post.status is PostStatus.PUBLISHED and self._platform.check_costs_money:
            await work.accounts.record_check(account.id, self.started_at, now, "healthy", None)
        return []

    @property
    def _may_be_visible(self) -> bool:
        """True if the platform accepted a publishing call, or the outcome of one is unknown."""
        return has_open_intent(self.steps) or has_published(self.steps)

    @property
    def _platform(self) -> Platform:
        return self.access.platform
