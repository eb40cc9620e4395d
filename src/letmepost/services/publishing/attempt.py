"""One try of one claimed post: load, run its flow, record. No transaction is open while the platform thinks."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog

from letmepost.domain.content import PostContent
from letmepost.domain.errors import FailureKind, PlatformFailure
from letmepost.domain.flow import Extra, Flow, Frozen, Intent, Live, Part, Reconciled, Warn
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
from letmepost.services.events import account_event, post_event
from letmepost.services.platform_access import Access
from letmepost.services.platform_clock import PlatformClock
from letmepost.services.posts.lateness import read_lateness
from letmepost.services.posts.read_back import READ_BACK_AFTER
from letmepost.services.publishing import outcomes, throttling
from letmepost.services.publishing.dependencies import Tools
from letmepost.services.publishing.journal import RunJournal
from letmepost.services.publishing.outcomes import Verdict
from letmepost.services.publishing.ready_media import MediaMissingError, ready_content
from letmepost.services.publishing.sender import may_send
from letmepost.storage.accounts.accounts import AccountRepository, AccountRow
from letmepost.storage.accounts.credentials import CredentialRepository
from letmepost.storage.database import Connection
from letmepost.storage.posts.contents import decode_content, media_ids
from letmepost.storage.posts.posts import PostRow
from letmepost.storage.publishing.claims import Claim
from letmepost.storage.publishing.runs import AttemptRecord
from letmepost.storage.tenants.pauses import find_pause
from letmepost.storage.webhooks.events import EventRepository

log = structlog.get_logger()


@dataclass(kw_only=True)
class Attempt:
    """A claimed post as it was when the try began, and what has become of it since."""

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
        """The flow came to where it would publish, too late: what was in doubt before was surely not sent."""
        if missed is None or self._may_be_visible:
            return self.judge(closed)
        # The post's error tells of the doubt, not of what was missed.
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
        tools = self.tools
        content = await ready_content(tools.database, tools.fetching, self.claim.tenant, self.stored_content)
        broken = violations(content, self._platform.rules) if media_ids(content) else []
        if broken:
            return self._refused(outcomes.broken_rules(self.post, broken))
        flow = self._platform.publish(self._ready_post(content), self._settings)
        return self._done(await self._flow_run(is_closed=is_closed).run(flow))

    async def record(self, verdict: Verdict) -> None:
        """Commit the verdict: status, attempt, events, lease, in one transaction.

        Raises:
            LostLeaseError: another worker may have the post; nothing was written.
        """
        clock, now = self.tools.clock, self.tools.clock.now()
        async with self.journal.transaction() as (run, connection):
            events = []
            if self.failure is not None and self.failure.kind is FailureKind.AUTH_FAILED:
                if await self._account_is_dead(connection, now, verdict.error):
                    events.append(account_event(clock, "token.revoked", self.account))
                elif verdict.cause is Cause.HELD and await self._account_is_usable(connection):
                    verdict = outcomes.go_on(self.post, verdict.error or {}, now)
            elif self.post.status is PostStatus.PUBLISHED and self._platform.check_costs_money:
                accounts = AccountRepository(connection, self.claim.tenant, self.tools.keyring)
                await accounts.record_check(self.account.id, self.began_at, now, "healthy", None)
            if verdict.is_pause and not await self._is_paused(connection):
                verdict = outcomes.go_on(self.post, verdict.error or {}, now)
            self._check_transition(verdict)
            ended = AttemptRecord(
                outcome=verdict.outcome,
                error=verdict.error,
                platform_ms=self.sender.platform_ms,
                calls=[record.as_json() for record in self.sender.records],
                finished_at=now,
            )
            await run.finish(self.id, ended, **{**self.journal.changes, "updated_at": now, **verdict.changes})
            self.post = replace(self.post, updated_at=now, **verdict.changes)
            if verdict.event is not None:
                events.append(post_event(clock, verdict.event, self.post))
            await EventRepository(connection, self.claim.tenant).write(events, now)

    async def _account_is_dead(self, connection: Connection, now: datetime, error: Mapping[str, Any] | None) -> bool:
        """Mark the account, unless it was reconnected since this try began; whether that is news."""
        accounts = AccountRepository(connection, self.claim.tenant, self.tools.keyring)
        return await accounts.require_reconnect(self.account.id, self.began_at, now, error)

    async def _is_paused(self, connection: Connection) -> bool:
        """Asked again under a lock: whoever ends the pause either finds this post held, or has ended it before."""
        tenant, post = self.claim.tenant, self.post
        return await find_pause(connection, tenant, post.account_id, post.platform) is not None

    async def _account_is_usable(self, connection: Connection) -> bool:
        tenant, keyring = self.claim.tenant, self.tools.keyring
        # Locked, so that a reconnect under way is waited for: it does not see that this post is about to be held.
        await CredentialRepository(connection, tenant, keyring).find(self.account.id, lock=True)
        found = await AccountRepository(connection, tenant, keyring).find(self.account.id)
        return found is not None and found.is_usable

    def _check_transition(self, verdict: Verdict) -> None:
        if verdict.cause is not None and self.post.status not in TRANSITIONS[verdict.cause].sources:
            message = f"a post that is {self.post.status} cannot move by {verdict.cause}"
            raise RuntimeError(message)

    def _flow_run(self, *, is_closed: bool) -> FlowRun:
        platform = self._platform
        return FlowRun(
            steps=self.steps,
            journal=self.journal,
            send=self.sender,
            explain=platform.explain,
            reconcile=self._reconcile,
            may_send=may_send(self.tools, self.claim, self.time, self.steps),
            announce=self._announce,
            now=self.time.now,
            visibility_delay_s=platform.visibility_delay_s,
            is_closed=is_closed,
        )

    def _reconcile(self, intent: Intent) -> Flow[Reconciled]:
        # What is looked for may be settled long after its media have gone.
        content = decode_content(self.stored_content, {})
        return self._platform.reconcile(self._ready_post(content), intent, self._settings)

    def _ready_post(self, content: PostContent) -> ReadyPost:
        tenant, post_id = self.claim.tenant, self.post.id
        urls = self.tools.links.of_post(tenant, self._platform, post_id, content, self.frozen)
        return ReadyPost(account=self.account.facts, content=content, frozen=self.frozen, media_urls=urls)

    async def _announce(self, what: Announcement) -> None:
        """Note what followers can see by now; it is on record before anything else is sent."""
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
        """What a failure of the try leads to."""
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
        """Our own refusal of the content; it cannot take back what may have been sent before."""
        if self.post.status is PostStatus.PUBLISHING and not self._may_be_visible:
            return verdict
        return self.judge(PlatformFailure(FailureKind.REJECTED, str((verdict.error or {}).get("message"))))

    @property
    def throttles_named(self) -> tuple[str, str]:
        """The throttles of its platform and its account."""
        server = self._platform.server(self.account.facts)
        return throttling.names(self.claim.tenant, self.account, self.time.ahead, server)

    @property
    def _may_be_visible(self) -> bool:
        """Whether anything was sent that the platform accepted, or of which nobody knows the outcome."""
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
