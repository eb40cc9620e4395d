"""A journal in memory. A test checks that it behaves like `services.publishing.journal` in PostgreSQL."""

from dataclasses import replace
from datetime import datetime, timedelta

from letmepost.domain.flow import Intent, Reply
from letmepost.domain.journal import Step


class MemoryJournal:
    """A `domain.journal.Journal` whose entries outlive the run. `log`: the entries in order."""

    def __init__(self, log: list[str] | None = None) -> None:
        self.steps: dict[str, Step] = {}
        self.log = log if log is not None else []

    async def intend(self, step: str, fingerprint: bytes, intent: Intent) -> None:
        self.log.append(f"intend {step}")
        self.steps[step] = replace(
            self._step(step), fingerprint=fingerprint, intent=intent, reply=None, valid_until=None
        )

    async def record(self, step: str, fingerprint: bytes, reply: Reply, valid_for_s: float | None) -> None:
        self.log.append(f"record {step}")
        valid_until = None if valid_for_s is None else reply.received_at + timedelta(seconds=valid_for_s)
        self.steps[step] = replace(
            self._step(step),
            fingerprint=fingerprint,
            reply=replace(reply, replayed=False),
            valid_until=valid_until,
            paused_at=None,
            pause_count=0,
        )

    async def close(self, step: str) -> None:
        self.log.append(f"close {step}")
        self.steps[step] = replace(self._step(step), intent=None, reply=None)

    async def doubt(self, step: str) -> None:
        self.log.append(f"doubt {step}")
        self.steps[step] = replace(self._step(step), reply=None)

    async def void(self, step: str) -> None:
        self.log.append(f"void {step}")
        self.steps[step] = replace(self._step(step), intent=None, reply=None)
        self._restart_waits(step)

    async def forget(self, step: str) -> None:
        self.log.append(f"forget {step}")
        known = self._step(step)
        self.steps[step] = replace(known, intent=None, reply=None, forgotten_count=known.forgotten_count + 1)
        self._restart_waits(step)

    def _restart_waits(self, step: str) -> None:
        for other in [other for other in self.steps if other.startswith(f"{step}-")]:
            self.steps[other] = replace(self.steps[other], paused_at=None, pause_count=0)

    async def pause(self, step: str, now: datetime) -> None:
        self.log.append(f"pause {step}")
        known = self._step(step)
        self.steps[step] = replace(known, paused_at=known.paused_at or now, pause_count=known.pause_count + 1)

    async def flush(self) -> None:
        """Do nothing: every entry is written immediately."""

    def _step(self, name: str) -> Step:
        return self.steps.get(name) or Step(name=name)
