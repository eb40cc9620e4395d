"""Containers: invisible objects that are created, processed by the platform, and then published, each once.

Sources: https://developers.facebook.com/docs/threads/troubleshooting (checked 2026-11-21) and
https://developers.facebook.com/docs/instagram-platform/content-publishing (checked 2026-11-28). Both recommend one read
of the status per minute, but an image is ready after seconds.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from letmepost.domain.errors import GaveUp, PlatformFailure
from letmepost.domain.flow import Call, Flow, Forget, Pause, Reply
from letmepost.domain.refusals import PlatformRefusal
from letmepost.platforms._kit.flows import Explain, wait
from letmepost.platforms._meta.graph import read_id

Form: TypeAlias = Mapping[str, str]

FINISHED = "FINISHED"
PUBLISHED = "PUBLISHED"
ERROR = "ERROR"
EXPIRED = "EXPIRED"
UNREADABLE = "UNREADABLE"
"""In place of a status: the platform refuses to show the container, which decides nothing."""
FAILED = frozenset({ERROR, EXPIRED})

_READY_WITHIN_S = 1800.0
_READABLE_WITHIN_S = 120.0
_WAITS_S = ((5.0, 2.0), (20.0, 5.0), (120.0, 15.0))
_LONG_WAIT_S = 60.0


@dataclass(frozen=True, slots=True)
class Container:
    """A container that was created."""

    id: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Status:
    """The status of a container. `error` is what the platform states about a failed one."""

    name: str
    error: str
    read_at: datetime


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to retry a refusal, and what it means after that."""

    seconds: float
    give_up_after_s: float
    refusal: PlatformRefusal


@dataclass(frozen=True, slots=True, kw_only=True)
class Containers:
    """How the containers of one post are created and waited for.

    Args:
        make: returns the PREPARE that creates a container, from its step and its parameters.
        read_status: returns the status of a container; raises `PlatformFailure`.
        patience: returns how long a refused creation is retried; None if it is not.
        failure_of: returns the failure of a container that can never be published.
        is_final: returns True if another container would fail in the same way.
        never_ready: returns the failure of a container that is never processed.
        explain: as in `Platform`.
        fill: sends the bytes of a container, if its platform does not fetch them, from its step and the reply that
            created it. Returns False if it must be created again.
    """

    make: Callable[[str, Form], Call]
    read_status: Callable[[str], Flow[Status]]
    patience: Callable[[Reply], Patience | None]
    failure_of: Callable[[Status], PlatformFailure]
    is_final: Callable[[Status], bool]
    never_ready: Callable[[GaveUp], PlatformFailure]
    explain: Explain
    fill: Callable[[str, Reply], Flow[bool]]

    def create_all(self, forms: Mapping[str, Form]) -> Flow[list[Container]]:
        """Return containers that are ready. All are created first, because the platform fetches in parallel."""
        created = []
        for step, form in forms.items():
            created.append((yield from self.create(step, form)))
        ready = []
        for (step, form), container in zip(forms.items(), created, strict=True):
            ready.append((yield from self.wait(step, form, container)))
        return ready

    def create(self, step: str, form: Form) -> Flow[Container]:
        """Return a new container, which may not be ready.

        Raises:
            PlatformFailure: the platform refuses it.
        """
        while True:
            call = self.make(step, form)
            reply = yield call
            container_id = read_id(reply)
            if container_id is None:
                patience = self.patience(reply)
                if patience is not None:
                    pause = Pause(f"{step}-refused", patience.seconds, patience.give_up_after_s)
                    yield from wait(pause, patience.refusal())
                raise self.explain(call, reply)
            if (yield from self.fill(step, reply)):
                return Container(container_id, reply.received_at)

    def wait(self, step: str, form: Form, container: Container) -> Flow[Container]:
        """Return a container, or its replacement, when the platform has processed it.

        Raises:
            PlatformFailure: it cannot be processed, or is not within half an hour.
        """
        while True:
            status = yield from self.read_status(container.id)
            if status.name in {FINISHED, PUBLISHED}:
                return container
            if status.name in FAILED:
                if self.is_final(status):
                    raise self.failure_of(status)
                yield from forget_once(step, self.failure_of(status))
                container = yield from self.create(step, form)
            elif not (yield from self._pause(step, container, status)):
                return container

    def _pause(self, step: str, container: Container, status: Status) -> Flow[bool]:
        """End this run for a while. Return False if the container must be used without knowing its status."""
        is_unreadable = status.name == UNREADABLE
        give_up_after_s = _READABLE_WITHIN_S if is_unreadable else _READY_WITHIN_S
        try:
            name = f"{step}-unreadable" if is_unreadable else step
            yield Pause(name, _wait_s(container, status), give_up_after_s)
        except GaveUp as gave_up:
            if is_unreadable:
                return False
            raise self.never_ready(gave_up) from gave_up
        return True


def fetched(_step: str, _reply: Reply) -> Flow[bool]:
    """Return True: the platform fetches the bytes of its containers itself."""
    yield from ()
    return True


def forget_once(step: str, failure: PlatformFailure) -> Flow[None]:
    """Let a failed container be created again, once. Raise the failure if it is not the first."""
    try:
        yield Forget(step)
    except PlatformFailure as second:
        raise failure from second


def _wait_s(container: Container, status: Status) -> float:
    """Return the wait before the next read. It grows with the age of the container."""
    age_s = (status.read_at - container.created_at).total_seconds()
    return next((wait_s for until_s, wait_s in _WAITS_S if age_s < until_s), _LONG_WAIT_S)
