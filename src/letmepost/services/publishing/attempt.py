"""One attempt to publish a claimed post: runs its flow and judges how it ended. `begin` opens it, `finish` records it.

No transaction is open while a call to the platform is under way.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog

from letmepost.domain.content import PostContent
from letmepost.domain.errors import FailureKind, PlatformFailure
from letmepost.domain.flow import Call, Extra, Flow, Frozen, Intent, Live, Part, Reconciled, Warn
from letmepost.domain.journal import Step
from letmepost.domain.lateness import Lateness
from letmepost.domain.posts import TRANSITIONS, Cause, PostStatus
from letmepost.domain.rules import violations
from letmepost.gateways.flow_run import (
    Announcement,
    ClosedError,
    FlowRun,
    InDoubtError,
    Suspended,
    UnlearnableError,
    has_open_intent,
    has_published,
)
from letmepost.gateways.sender import Sender
from letmepost.platforms.contract import Platform, PlatformSettings, ReadyPost
from letmepost.services.events import post_event
from letmepost.services.media.fetch import MediaMissingError
from letmepost.services.platform_access import Access
from letmepost.services.platform_clock import PlatformClock
from letmepost.services.posts.lateness import read_lateness
from letmepost.services.posts.read_back import READ_BACK_AFTER
from letmepost.services.publishing import outcomes, throttling
from letmepost.services.publishing.dependencies import Tools
from letmepost.services.publishing.journal import RunJournal
from letmepost.services.publishing.outcomes import Verdict
from letmepost.storage.accounts.accounts import AccountRow
from letmepost.storage.posts.contents import decode_content, media_ids
from letmepost.storage.posts.posts import PostRow
from letmepost.storage.publishing.claims import Claim

log = structlog.get_logger()


@dataclass(kw_only=True)
class Attempt:
    """A claimed post as it was when the attempt began, with what has changed since.

    `may_send` makes the lease outlive a call. It returns until when the call may begin, by the monotonic clock, and
    raises `LostLeaseError` if another worker may have the post.
    """

    tools: Tools
    claim: Claim
    id: UUID
    began_at: datetime
    post: PostRow
    account: AccountRow
    stored_content: Mapping[str, Any]
    frozen: Frozen
    steps: dict[str, Step]
    access: Access
    time: PlatformClock
    sender: Sender
    may_send: Callable[[Call], Awaitable[float]]
    journal: RunJournal
    pause: str | None = None
    failure: PlatformFailure | None = None

    async def run(self) -> Verdict:
        """Run the flow and judge how it ended.

        Raises:
            LostLeaseError: another worker may have the post.
        """
        is_late = outcomes.is_too_late(self.post, self.tools.clock.now()) or self.post.status is PostStatus.HELD
        lateness = await self._lateness() if is_late else None
        missed = outcomes.too_late(self.post, lateness) if is_late else None
        is_paused = self.pause is not None and self.post.status is PostStatus.PUBLISHING
        if not self._may_be_visible and (missed is not None or is_paused):
            return missed or self._held_by_pause()
        if not self._may_be_visible and self.post.status is PostStatus.PUBLISHING:
            throttle = self.tools.throttles.find(self.throttles_named)
            if throttle is not None:
                return outcomes.throttled(self.post, throttle, self.tools.jitter())
        try:
            return await self._publish(is_closed=is_paused or missed is not None)
        except ClosedError as closed:
            return self._held_by_pause() if is_paused else self._closed(closed, missed, lateness)
        except (MediaMissingError, PlatformFailure, InDoubtError, UnlearnableError) as ending:
            return self._ended_by(ending)

    def _closed(self, closed: ClosedError, missed: Verdict | None, lateness: Lateness | None) -> Verdict:
        """Judge a flow that stopped before it would publish: what was in doubt was not sent."""
        if missed is None or self._may_be_visible:
            return self.judge(closed)
        # The error of the post describes the doubt, not the missed deadline.
        return outcomes.too_late(replace(self.post, error=None), lateness) or missed

    async def _lateness(self) -> Lateness | None:
        async with self.tools.database.tenant(self.claim.tenant) as connection:
            return await read_lateness(connection, self.claim.tenant, self.post, self.tools.clock.now())

    def _ended_by(self, ending: MediaMissingError | PlatformFailure | InDoubtError | UnlearnableError) -> Verdict:
        match ending:
            case MediaMissingError():
                return self._refused(outcomes.media_missing(self.post, ending.error))
            case InDoubtError():
                return self.judge(PlatformFailure(FailureKind.IN_DOUBT, ending.reason))
            case UnlearnableError():
                return self._unlearnable(ending.reason)
        return self.judge(ending)

    def _held_by_pause(self) -> Verdict:
        return outcomes.held_by_pause(self.post, self.pause or "", self.tools.clock.now())

    def _unlearnable(self, reason: str) -> Verdict:
        if self.post.status is PostStatus.PUBLISHED:  # then it was an extra
            return self.judge(PlatformFailure(FailureKind.REJECTED, reason))
        return outcomes.unlearnable(self.post, reason)

    async def _publish(self, *, is_closed: bool) -> Verdict:
        if not self.account.is_usable and not is_closed:
            raise _must_reconnect(self.account)
        content = await self.tools.fetching.ready_content(self.claim.tenant, self.stored_content)
        broken = violations(content, self._platform.rules) if media_ids(content) else []
        if broken:
            return self._refused(outcomes.broken_rules(self.post, broken))
        flow = self._platform.publish(self._ready_post(content), self._settings)
        return self._done(await self._flow_run(is_closed=is_closed).run(flow))

    def _flow_run(self, *, is_closed: bool) -> FlowRun:
        platform = self._platform
        return FlowRun(
            steps=self.steps,
            journal=self.journal,
            send=self.sender,
            explain=platform.explain,
            reconcile=self._reconcile,
            may_send=self.may_send,
            announce=self._announce,
            now=self.time.now,
            visibility_delay_s=platform.visibility_delay_s,
            is_closed=is_closed,
        )

    def _reconcile(self, intent: Intent) -> Flow[Reconciled]:
        # A doubt may be reconciled long after the media were deleted.
        content = decode_content(self.stored_content, {})
        return self._platform.reconcile(self._ready_post(content), intent, self._settings)

    def _ready_post(self, content: PostContent) -> ReadyPost:
        tenant, post_id = self.claim.tenant, self.post.id
        urls = self.tools.links.of_post(tenant, self._platform, post_id, content, self.frozen)
        return ReadyPost(account=self.account.facts, content=content, frozen=self.frozen, media_urls=urls)

    async def _announce(self, what: Announcement) -> None:
        """Note what is visible on the platform. It is written before anything else is sent."""
        match what:
            case Live():
                self._live(what)
            case Part():
                part = {"index": what.index, "uri": what.uri, "cid": what.cid, "url": what.url}
                parts = [known for known in self.post.parts if known["index"] != what.index]
                self._change(parts=[*parts, part])
            case Extra():
                found = {"uri": what.uri, "cid": what.cid}
                self._change(extras={**self.post.extras, what.name: found})
            case Warn():
                warning = {"code": what.code, "message": what.message}
                if warning not in self.post.warnings:
                    self._change(warnings=[*self.post.warnings, warning])

    def _live(self, live: Live) -> None:
        if self.post.status is PostStatus.PUBLISHED:
            return
        transition, now = TRANSITIONS[Cause.LIVE], self.tools.clock.now()
        self._change(
            status=transition.target,
            uri=live.uri,
            cid=live.cid,
            url=live.url,
            published_at=now,
            extras_until=now + outcomes.EXTRAS_WITHIN,
            read_back_at=None if self._platform.is_there is None else now + READ_BACK_AFTER,
            failure_count=0,
            error=None,
        )
        self.journal.tell(post_event(self.tools.clock, str(transition.event), self.post), now)

    def _change(self, **values: Any) -> None:
        values["updated_at"] = self.tools.clock.now()
        self.journal.changes |= values
        self.post = replace(self.post, **values)

    def _done(self, suspended: Suspended | None) -> Verdict:
        if suspended is not None:
            return outcomes.paused(self.time.to_real_time(suspended.until))
        if self.post.status is not PostStatus.PUBLISHED:
            message = f"the flow of {self._platform.name} ended without Live"
            raise RuntimeError(message)
        return outcomes.finished()

    def judge(self, failure: PlatformFailure) -> Verdict:
        """Return the outcome of a failure of the attempt."""
        now, jitter = self.tools.clock.now(), self.tools.jitter()
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

    def _refused(self, verdict: Verdict) -> Verdict:
        """Judge a refusal of the content by this service. It does not undo what may have been sent before."""
        if self.post.status is PostStatus.PUBLISHING and not self._may_be_visible:
            return verdict
        return self.judge(PlatformFailure(FailureKind.REJECTED, str((verdict.error or {}).get("message"))))

    @property
    def throttles_named(self) -> tuple[str, str]:
        """The names of the throttles of the platform and of the account."""
        server = self._platform.server(self.account.facts)
        return throttling.names(self.claim.tenant, self.account, self.time.ahead, server)

    @property
    def _may_be_visible(self) -> bool:
        """True if the platform accepted anything, or the outcome of anything sent is unknown."""
        return has_open_intent(self.steps) or has_published(self.steps)

    @property
    def _platform(self) -> Platform:
        return self.access.platform

    @property
    def _settings(self) -> PlatformSettings:
        return self.access.settings


def _must_reconnect(account: AccountRow) -> PlatformFailure:
    return PlatformFailure(
        FailureKind.AUTH_FAILED,
        f"The account is {account.status.replace('_', ' ')}.",
        rule=f"account.{account.status}",
        remediation="Connect the account again; the post is then queued by itself.",
    )
