"""Containers until they are ready to be published: made, waited for, made anew when they have died."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from letmepost.domain.errors import FailureKind, GaveUp, PlatformFailure
from letmepost.domain.flow import Flow, Forget, Pause, Reply
from letmepost.platforms._meta.graph import read_id
from letmepost.platforms.contract import ReadyPost
from letmepost.platforms.threads.api import make_container, read_container
from letmepost.platforms.threads.drafts import Draft, Form
from letmepost.platforms.threads.replies import CHILD_NOT_READY, NOT_FOUND, UNREACHABLE, explain, subcode_of
from letmepost.platforms.threads.settings import ThreadsSettings

_READY_WITHIN_S = 1800.0
# Readings of https://developers.facebook.com/docs/threads/troubleshooting (checked 2026-11-21): Threads wants to be
# asked about once a minute; an image is ready after seconds all the same.
_WAITS_S = ((5.0, 2.0), (20.0, 5.0), (120.0, 15.0))
_LONG_WAIT_S = 60.0


@dataclass(frozen=True, slots=True)
class _Patience:
    """How long a refusal is not taken for final, and what it means then."""

    seconds: float
    give_up_after_s: float
    message: str
    rule: str
    remediation: str


_PATIENCE: Mapping[int, _Patience] = MappingProxyType(
    {
        # What is replied to may be the part of a thread that went out a moment ago.
        NOT_FOUND: _Patience(
            10.0,
            20.0,
            "The post to reply to or to quote does not exist.",
            "threads.reference.not_found",
            "Check `replyToId` and `quotePostId`: the post may have been deleted.",
        ),
        CHILD_NOT_READY: _Patience(
            10.0,
            60.0,
            "Threads does not take the carousel's media.",
            "threads.container.error",
            "Try again, or leave out the medium that Threads does not take.",
        ),
        UNREACHABLE: _Patience(
            10.0,
            5.0,
            "Threads could not fetch a medium.",
            "threads.media.reachable",
            "See that LETMEPOST_PUBLIC_URL can be reached from everywhere, then retry the post.",
        ),
    }
)


@dataclass(frozen=True, slots=True)
class _Container:
    id: str
    made_at: datetime


@dataclass(frozen=True, slots=True)
class Status:
    """What Threads says of a container; `error` names what is wrong with one that has failed."""

    name: str
    error: str
    told_at: datetime


def prepare(post: ReadyPost, draft: Draft, reply_to: str | None, settings: ThreadsSettings) -> Flow[str]:
    """The id of a container that can be published.

    Raises:
        PlatformFailure: Threads refuses it, or is not done with it in time.
    """
    maker = _Maker(post, settings)
    forms = draft.child_forms(post.media_urls)
    made = []
    for step, form in forms.items():  # all of them first: Threads fetches them side by side
        made.append((yield from maker.make(step, form)))
    children = []
    for (step, form), container in zip(forms.items(), made, strict=True):
        children.append((yield from maker.wait(step, form, container)))
    step, form = draft.container_step, draft.form(post.media_urls, reply_to, tuple(children))
    container = yield from maker.make(step, form)
    if not draft.media:  # nothing is fetched, so there is nothing to wait for
        return container.id
    return (yield from maker.wait(step, form, container))


def read_status(container_id: str, settings: ThreadsSettings) -> Flow[Status]:
    """How far a container is.

    Raises:
        PlatformFailure: Threads did not say.
    """
    call = read_container(settings, container_id)
    reply = yield call
    data = reply.data()
    if read_id(reply) is None or not isinstance(data.get("status"), str):
        raise explain(call, reply)
    return Status(data["status"], str(data.get("error_message") or "UNKNOWN"), reply.received_at)


def renew(step: str, failure: PlatformFailure) -> Flow[None]:
    """Have a container that has died made anew, once; raises the failure when it is not the first."""
    try:
        yield Forget(step)
    except PlatformFailure as twice:
        raise failure from twice


def died(status: Status) -> PlatformFailure:
    """What became of a container that can never be published."""
    if status.name == "EXPIRED":
        return PlatformFailure(
            FailureKind.UNAVAILABLE,
            "What was prepared on Threads has expired; nothing was published.",
            rule="threads.container.expired",
        )
    return PlatformFailure(
        FailureKind.REJECTED,
        f"Threads could not use a medium: {status.error[:100]}.",
        rule="threads.container.error",
        remediation="Correct the medium, or retry the post if it can be played elsewhere.",
    )


@dataclass(frozen=True, slots=True)
class _Maker:
    post: ReadyPost
    settings: ThreadsSettings

    def make(self, step: str, form: Form) -> Flow[_Container]:
        call = make_container(self.settings, self.post.account.platform_account_id, form, step=step)
        reply = yield call
        container_id = read_id(reply)
        if container_id is None:
            yield from self._be_patient(step, reply)
            raise explain(call, reply)
        return _Container(container_id, reply.received_at)

    def wait(self, step: str, form: Form, container: _Container) -> Flow[str]:
        """The id of a container, or of its successor, once Threads is done with it."""
        while True:
            status = yield from read_status(container.id, self.settings)
            if status.name in {"FINISHED", "PUBLISHED"}:
                return container.id
            if status.name in {"ERROR", "EXPIRED"}:
                if status.error.startswith("INVALID_"):
                    raise died(status)
                yield from renew(step, died(status))
                container = yield from self.make(step, form)
            else:
                yield Pause(step, _wait_s(container, status), _READY_WITHIN_S)

    def _be_patient(self, step: str, reply: Reply) -> Flow[None]:
        patience = _PATIENCE.get(subcode_of(reply) or 0)
        if patience is None:
            return
        try:
            yield Pause(f"{step}-refused", patience.seconds, patience.give_up_after_s)
        except GaveUp as gave_up:
            raise PlatformFailure(
                FailureKind.REJECTED, patience.message, rule=patience.rule, remediation=patience.remediation
            ) from gave_up


def _wait_s(container: _Container, status: Status) -> float:
    """The longer it has taken, the less often it is asked about."""
    age_s = (status.told_at - container.made_at).total_seconds()
    return next((wait_s for until_s, wait_s in _WAITS_S if age_s < until_s), _LONG_WAIT_S)
