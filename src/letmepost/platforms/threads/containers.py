"""Containers until they can be published: created, waited for, and created again if they failed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from letmepost.domain.errors import PlatformFailure
from letmepost.domain.flow import Flow, Forget, Pause, Reply
from letmepost.domain.refusals import PlatformRefusal
from letmepost.platforms._kit.fields import text_in
from letmepost.platforms._kit.flows import fetch, wait
from letmepost.platforms._meta.graph import read_id
from letmepost.platforms.contract import ReadyPost
from letmepost.platforms.threads import refusals
from letmepost.platforms.threads.api import make_container, read_container
from letmepost.platforms.threads.drafts import ContainerPlan, Form
from letmepost.platforms.threads.replies import CHILD_NOT_READY, NOT_FOUND, UNREACHABLE, explain, subcode_of
from letmepost.platforms.threads.settings import ThreadsSettings

_READY_WITHIN_S = 1800.0
# Based on https://developers.facebook.com/docs/threads/troubleshooting (checked 2026-11-21): Threads recommends one
# read per minute, but an image is ready after seconds.
_WAITS_S = ((5.0, 2.0), (20.0, 5.0), (120.0, 15.0))
_LONG_WAIT_S = 60.0


@dataclass(frozen=True, slots=True)
class _Patience:
    """How long to retry a refusal, and what it means after that."""

    seconds: float
    give_up_after_s: float
    refusal: PlatformRefusal


_PATIENCE: Mapping[int, _Patience] = MappingProxyType(
    {
        # The post to reply to may be the previous part of the thread, published a moment ago.
        NOT_FOUND: _Patience(10.0, 20.0, refusals.REFERENCE_NOT_FOUND),
        CHILD_NOT_READY: _Patience(10.0, 60.0, refusals.CHILD_NEVER_READY),
        UNREACHABLE: _Patience(10.0, 5.0, refusals.MEDIA_STILL_UNREACHABLE),
    }
)


@dataclass(frozen=True, slots=True)
class _Container:
    id: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Status:
    """The status of a container. `error` is the code of a failed one."""

    name: str
    error: str
    read_at: datetime


def prepare(post: ReadyPost, plan: ContainerPlan, reply_to: str | None, settings: ThreadsSettings) -> Flow[str]:
    """Return the id of a container that can be published.

    Raises:
        PlatformFailure: Threads refuses it, or does not finish processing it in time.
    """
    creator = _Creator(post, settings)
    forms = plan.child_forms(post.media_urls)
    created = []
    for step, form in forms.items():  # all of them first: Threads fetches them in parallel
        created.append((yield from creator.create(step, form)))
    children = []
    for (step, form), container in zip(forms.items(), created, strict=True):
        children.append((yield from creator.wait(step, form, container)))
    step, form = plan.container_step, plan.form(post.media_urls, reply_to, tuple(children))
    container = yield from creator.create(step, form)
    if not plan.media:  # nothing is fetched, so the container is ready immediately
        return container.id
    return (yield from creator.wait(step, form, container))


def read_status(container_id: str, settings: ThreadsSettings) -> Flow[Status]:
    """Return the status of a container.

    Raises:
        PlatformFailure: Threads did not return a status.
    """
    return (yield from fetch(read_container(settings, container_id), _status, explain))


def _status(reply: Reply) -> Status | None:
    name = text_in(reply.data(), "status")
    if read_id(reply) is None or name is None:
        return None
    return Status(name, text_in(reply.data(), "error_message") or "UNKNOWN", reply.received_at)


def forget_once(step: str, failure: PlatformFailure) -> Flow[None]:
    """Let a failed container be created again, once. Raise the failure if it is not the first."""
    try:
        yield Forget(step)
    except PlatformFailure as second:
        raise failure from second


def container_failure(status: Status) -> PlatformFailure:
    """Return the failure of a container that can never be published."""
    if status.name == "EXPIRED":
        return refusals.CONTAINER_EXPIRED()
    return refusals.CONTAINER_ERROR(reason=status.error[:100])


@dataclass(frozen=True, slots=True)
class _Creator:
    post: ReadyPost
    settings: ThreadsSettings

    def create(self, step: str, form: Form) -> Flow[_Container]:
        call = make_container(self.settings, self.post.account.platform_account_id, form, step=step)
        reply = yield call
        container_id = read_id(reply)
        if container_id is None:
            yield from self._wait_if_temporary(step, reply)
            raise explain(call, reply)
        return _Container(container_id, reply.received_at)

    def wait(self, step: str, form: Form, container: _Container) -> Flow[str]:
        """Return the id of a container, or of its replacement, when Threads has processed it."""
        while True:
            status = yield from read_status(container.id, self.settings)
            if status.name in {"FINISHED", "PUBLISHED"}:
                return container.id
            if status.name in {"ERROR", "EXPIRED"}:
                if status.error.startswith("INVALID_"):
                    raise container_failure(status)
                yield from forget_once(step, container_failure(status))
                container = yield from self.create(step, form)
            else:
                yield Pause(step, _wait_s(container, status), _READY_WITHIN_S)

    def _wait_if_temporary(self, step: str, reply: Reply) -> Flow[None]:
        patience = _PATIENCE.get(subcode_of(reply) or 0)
        if patience is not None:
            pause = Pause(f"{step}-refused", patience.seconds, patience.give_up_after_s)
            yield from wait(pause, patience.refusal())


def _wait_s(container: _Container, status: Status) -> float:
    """Return the wait before the next read. It grows with the age of the container."""
    age_s = (status.read_at - container.created_at).total_seconds()
    return next((wait_s for until_s, wait_s in _WAITS_S if age_s < until_s), _LONG_WAIT_S)
