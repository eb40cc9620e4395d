"""Publishes on a simulated platform as a worker does: with its driver and sender, and a journal in memory."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from types import MappingProxyType
from typing import Any

import pytest

from letmepost.domain.content import MediaItem, PostContent
from letmepost.domain.errors import FailureKind, PlatformFailure
from letmepost.domain.flow import Announcement, Call, Flow, Frozen, Instruction, Intent, Live, Part, Reconciled, Warn
from letmepost.domain.ids import Prefix, format_id
from letmepost.domain.retry import POLICIES, Next, next_try_at
from letmepost.gateways.flow_run import FlowRun, Suspended
from letmepost.gateways.run_steps import has_open_intent, has_published
from letmepost.gateways.step_calls import ClosedError, InDoubtError, StepCalls, UnlearnableError
from letmepost.platforms.connecting import ConnectedAccount
from letmepost.platforms.contract import ReadyPost
from tests.doubles.client import SimulatedClient
from tests.doubles.coroutines import without_waiting
from tests.doubles.faults import Killed, Way
from tests.doubles.journal import MemoryJournal
from tests.doubles.simulated import facts

_LATE_WITHIN = timedelta(days=1)
_ASKED_WITHIN = timedelta(hours=1)
_RUNS_MAX = 2000
_NO_WAYS: Mapping[int, Way] = MappingProxyType({})


@dataclass
class Worker(SimulatedClient):
    """A worker that publishes one post at a time.

    Args:
        dies_after: the number of instructions of publish flows after which the process crashes once.
        seen: every instruction of publish flows, with those of repeated runs.
        announced: what the flow of the latest post reported, each once.
        failures: why runs of the latest post failed.
    """

    dies_after: int | None = None
    journal: MemoryJournal = field(default_factory=MemoryJournal)
    seen: list[Instruction] = field(default_factory=list)
    announced: list[Announcement] = field(default_factory=list)
    failures: list[PlatformFailure] = field(default_factory=list)

    def copy(self, *, ways: Mapping[int, Way] = _NO_WAYS, dies_after: int | None = None) -> "Worker":
        """Return an independent worker with the same account in the same state, without a post."""
        copied = Worker(
            platform=self.platform,
            now=self.now,
            draws=self.draws,
            app=self.app,
            connected=self.connected,
            credential=self.credential,
            ways=ways,
            dies_after=dies_after,
        )
        copied.state.texts.update(self.state.texts)
        copied.files.update(self.files)
        return copied

    def ready(self, account: ConnectedAccount, text: str = "hello", **content: Any) -> ReadyPost:
        """Return a new post, with a new journal."""
        filled = PostContent(text=text, **content)
        items = [item for _, item in filled.every_item()]
        self.media |= {item.media_id: item for item in items}
        self.journal, self.announced, self.failures = MemoryJournal(), [], []
        return ReadyPost(
            account=facts(account),
            content=filled,
            frozen=Frozen(at=self.now, entropy=self.entropy()),
            media_urls=media_urls(items) if self.platform.pulls_media else {},
        )

    def publish(self, account: ConnectedAccount, text: str = "hello", **content: Any) -> list[Announcement]:
        """Publish a post in as many runs as its pauses require, and return what was announced."""
        return self.finish(self.ready(account, text, **content))

    def finish(self, post: ReadyPost) -> list[Announcement]:
        """Publish the latest post in as many runs as its pauses require, and return what was announced."""
        while (suspended := self.attempt(post)) is not None:
            self.now = max(self.now, suspended.until)
        return self.announced

    def work(self, post: ReadyPost) -> str:
        """Publish the latest post in as many runs as it takes, and return its final status."""
        late_at = self.now + _LATE_WITHIN
        for _ in range(_RUNS_MAX):
            status = self._work_once(post, late_at)
            if status is not None:
                return status
        raise AssertionError("the post is never settled")

    def _work_once(self, post: ReadyPost, late_at: datetime) -> str | None:
        """Make one run of the latest post. Return its final status; None after moving the clock to the next run."""
        try:
            suspended = self.attempt(post, is_closed=self.now > late_at and not self.is_live)
        except Killed:
            self.advance(minutes=1)
            return None
        except UnlearnableError:
            return "published" if self.is_live else "unconfirmed"
        except InDoubtError as doubt:
            return self._settle(PlatformFailure(FailureKind.IN_DOUBT, doubt.reason), late_at)
        except PlatformFailure as failure:
            return self._settle(failure, late_at)
        if suspended is None:
            assert self.is_live, "the flow ended without Live"
            return "published"
        self.now = max(self.now, suspended.until)
        return None

    def attempt(self, post: ReadyPost, *, is_closed: bool = False) -> Suspended | None:
        """Make one run of the latest post."""
        run = FlowRun(
            calls=StepCalls(
                steps=dict(self.journal.steps),
                journal=self.journal,
                send=self.sender(),
                explain=self.platform.explain,
                reconcile=partial(self._reconcile, post),
                may_send=_permit,
                now=lambda: self.now,
                visibility_delay_s=self.platform.visibility_delay_s,
                is_closed=is_closed,
            ),
            announce=self._announce,
        )
        return without_waiting(run.run(self._watched(self.platform.publish(post, self.settings))))

    def lose(self, post: ReadyPost) -> Intent:
        """Publish the latest post until it is in doubt, and return the intent."""
        with pytest.raises(InDoubtError):
            self.finish(post)
        return self.intents()[-1]

    def intents(self) -> list[Intent]:
        """Return the intents of the latest post."""
        return [step.intent for step in self.journal.steps.values() if step.intent is not None]

    def look_for(self, post: ReadyPost, intent: Intent) -> Reconciled:
        """Return what became of an intent."""
        return self.run(self._reconcile(post, intent))

    @property
    def is_live(self) -> bool:
        """Return True if the latest post is published."""
        return any(isinstance(what, Live) for what in self.announced)

    def _reconcile(self, post: ReadyPost, intent: Intent) -> Flow[Reconciled]:
        """Return the platform's flow. The bytes of media may be deleted by then, and their facts with them."""
        return self.platform.reconcile(_without_media_facts(post), intent, self.settings)

    async def _announce(self, what: Announcement) -> None:
        if what not in self.announced:
            self.announced.append(what)

    def _watched(self, flow: Flow[None]) -> Flow[None]:
        """Record the instructions of a flow. Crash after the one with the number `dies_after`."""
        proceed = partial(next, flow)
        while True:
            try:
                instruction = proceed()
            except StopIteration:
                return
            self.seen.append(instruction)
            try:
                reply = yield instruction
            except PlatformFailure as failure:
                proceed = partial(flow.throw, failure)
            else:
                proceed = partial(flow.send, reply)
            if len(self.seen) == self.dies_after:
                raise Killed

    def _settle(self, failure: PlatformFailure, late_at: datetime) -> str | None:
        """Return the final status of the post; None after moving the clock to the next run.

        The rules are those of `services.publishing.outcomes`, which needs rows of a database.
        """
        self.failures.append(failure)
        retry_at = failure.retry_at
        if failure.kind is FailureKind.QUOTA_EXHAUSTED and retry_at is None and self.platform.resets is not None:
            retry_at = self.platform.resets(self.now)
        has_parts = any(isinstance(what, Part) for what in self.announced)
        steps = self.journal.steps
        is_uncertain = not has_parts and (has_open_intent(steps) or has_published(steps))
        following = POLICIES[failure.kind].next
        if following is Next.HOLD and not self.is_live:
            return "held"
        at = next_try_at(self.now, len(self.failures), 0.0, retry_at)
        is_asked = is_uncertain or self.is_live or following is Next.ASK
        until = late_at + _ASKED_WITHIN if is_asked else late_at
        if following in {Next.TRY_AGAIN, Next.ASK} and at <= until and not isinstance(failure, ClosedError):
            self.now = at
            return None
        if self.is_live:
            self.announced.append(Warn("extras.failed", failure.message))
            return "published"
        if is_uncertain or following is Next.ASK:
            return "unconfirmed"
        return "partial" if has_parts else "rejected" if following is Next.STOP else "failed"


def media_urls(items: list[MediaItem]) -> Mapping[str, str]:
    """Return the URLs where a platform can fetch media items."""
    numbers = {format_id(Prefix.MEDIA, item.media_id): item.media_id.int for item in items}
    return {media_id: f"https://media.example.com/media/{number}" for media_id, number in numbers.items()}


def _without_media_facts(post: ReadyPost) -> ReadyPost:
    bare = {path: replace(item, facts=None) for path, item in post.content.every_item()}
    return replace(post, content=post.content.with_items(bare))


async def _permit(_call: Call) -> None:
    """Let every PUBLISH be sent."""
