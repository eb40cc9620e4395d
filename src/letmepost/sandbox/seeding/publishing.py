"""Publishes the posts of a seed as a worker would, in simulated time and without a store."""

from dataclasses import replace
from datetime import datetime
from functools import partial

from letmepost.domain.errors import FailureKind, PlatformFailure
from letmepost.domain.flow import Announcement, Call, Intent, Reply
from letmepost.domain.journal import Step
from letmepost.gateways.flow_run import FlowRun
from letmepost.gateways.sender import Sender
from letmepost.gateways.step_calls import InDoubtError, StepCalls, UnlearnableError
from letmepost.platforms.connecting import PlatformSettings
from letmepost.platforms.contract import Platform, ReadyPost
from letmepost.sandbox.seeding.local_network import SeedClock

_RUNS_MAX = 1000
"""A flow is run again after each wait."""


async def publish(
    post: ReadyPost, platform: Platform, settings: PlatformSettings, sender: Sender, clock: SeedClock
) -> None:
    """Publish a post. Waits only move the clock.

    Raises:
        PlatformFailure: the network refused the post, or did not finish it.
    """
    steps: dict[str, Step] = {}
    calls = StepCalls(
        steps=steps,
        journal=_StepsAlone(steps),
        send=sender,
        explain=platform.explain,
        reconcile=lambda intent: platform.reconcile(post, intent, settings),
        may_send=_always,
        now=clock.now,
        visibility_delay_s=platform.visibility_delay_s,
    )
    begin = partial(platform.publish, post, settings)
    for _ in range(_RUNS_MAX):
        try:
            suspended = await FlowRun(calls=calls, announce=_ignore).run(begin())
        except InDoubtError:
            continue  # the next run finds out
        except UnlearnableError as error:
            raise PlatformFailure(FailureKind.IN_DOUBT, error.reason) from error
        if suspended is None:
            return
        clock.skip((suspended.until - clock.now()).total_seconds())
    raise PlatformFailure(FailureKind.UNAVAILABLE, "The network did not finish the post.")


class _StepsAlone:
    """A `domain.journal.Journal` that stores nothing: what one run knows is enough for the next one."""

    def __init__(self, steps: dict[str, Step]) -> None:
        self._steps = steps

    async def intend(self, step: str, fingerprint: bytes, intent: Intent) -> None: ...

    async def record(self, step: str, fingerprint: bytes, reply: Reply, valid_for_s: float | None) -> None: ...

    async def close(self, step: str) -> None: ...

    async def doubt(self, step: str) -> None: ...

    async def void(self, step: str) -> None: ...

    async def forget(self, step: str) -> None: ...

    async def pause(self, step: str, now: datetime) -> None:
        """Record the wait, which the run itself does not."""
        known = self._steps.get(step) or Step(name=step)
        self._steps[step] = replace(known, paused_at=known.paused_at or now, pause_count=known.pause_count + 1)

    async def flush(self) -> None: ...


async def _always(_call: Call) -> None:
    """Allow every call: no lease can end."""


async def _ignore(_what: Announcement) -> None:
    """Ignore what followers can see now."""
