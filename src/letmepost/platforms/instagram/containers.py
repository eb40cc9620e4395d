"""Containers until they can be published."""

from collections.abc import Mapping
from types import MappingProxyType

from letmepost.domain.errors import FailureKind, GaveUp, PlatformFailure
from letmepost.domain.flow import Call, Flow, Reply
from letmepost.platforms._kit.fields import text_in
from letmepost.platforms._kit.refusals import UNAVAILABLE
from letmepost.platforms._meta.containers import (
    ERROR,
    EXPIRED,
    UNREADABLE,
    Container,
    Containers,
    Form,
    Patience,
    Status,
)
from letmepost.platforms._meta.graph import read_id
from letmepost.platforms._meta.rupload import UploadSession, send_video
from letmepost.platforms.contract import ReadyPost
from letmepost.platforms.instagram import refusals
from letmepost.platforms.instagram.api import Api
from letmepost.platforms.instagram.drafts import CONTAINER_STEP, ContainerPlan
from letmepost.platforms.instagram.replies import container_failure, explain, is_missing, named_in, subcode_of

_PATIENCE: Mapping[int, Patience] = MappingProxyType(
    {
        2207003: Patience(10.0, 60.0, refusals.MEDIA_STILL_UNREACHABLE),
        2207052: Patience(10.0, 5.0, refusals.MEDIA_STILL_UNREACHABLE),
        # A carousel's items are ready, but the server that creates the carousel may not know it yet.
        2207006: Patience(10.0, 60.0, refusals.CONTAINER_LOST),
        2207008: Patience(10.0, 60.0, refusals.CONTAINER_LOST),
        2207027: Patience(10.0, 60.0, refusals.CONTAINER_NEVER_READY),
    }
)


def prepare(post: ReadyPost, plan: ContainerPlan, api: Api) -> Flow[Container]:
    """Return a container that can be published.

    Raises:
        PlatformFailure: Instagram refuses it, or does not finish processing it in time.
    """
    containers = _containers(api, plan)
    children = yield from containers.create_all(plan.child_forms(post.media_urls))
    form = plan.form(post.media_urls, tuple(child.id for child in children))
    container = yield from containers.create(CONTAINER_STEP, form)
    return (yield from containers.wait(CONTAINER_STEP, form, container))


def read_status(container_id: str, api: Api) -> Flow[Status]:
    """Return the status of a container: `UNREADABLE` if Instagram refuses to show it.

    Reads of valid objects have failed for days with 100/33, while everything else worked. So that decides nothing.

    Raises:
        PlatformFailure: Instagram did not return a status.
    """
    call = api.read_container(container_id)
    reply = yield call
    if is_missing(reply):
        return Status(UNREADABLE, "", reply.received_at)
    status = _status(reply)
    if status is None:
        raise explain(call, reply)
    return status


def _status(reply: Reply) -> Status | None:
    """Return the status. That of a failed container may only be in the text."""
    text = text_in(reply.data(), "status") or ""
    name = text_in(reply.data(), "status_code") or (ERROR if text.lower().startswith("error") else None)
    return None if read_id(reply) is None or name is None else Status(name, text or name, reply.received_at)


def _containers(api: Api, plan: ContainerPlan) -> Containers:
    videos = plan.sent_videos()

    def make(step: str, form: Form) -> Call:
        return api.make_container(form, step=step)

    def fill(step: str, reply: Reply) -> Flow[bool]:
        if step not in videos:
            return True
        container_id, url = str(read_id(reply)), text_in(reply.data(), "uri")
        if url is None:
            raise UNAVAILABLE(network="Instagram")
        if api.upload_url is None or not url.startswith(f"{api.upload_url}/"):  # the token is sent there
            raise refusals.UPLOAD_HOST()
        session = UploadSession(
            step=step,
            item=videos[step],
            url=url,
            probe=api.read_upload(container_id),
            status_field="video_status",
            is_new=not reply.replayed,
        )
        return (yield from send_video(session, explain))

    return Containers(
        make=make,
        read_status=lambda container_id: read_status(container_id, api),
        patience=lambda reply: _PATIENCE.get(subcode_of(reply) or 0),
        failure_of=container_failure,
        is_final=_is_final,
        never_ready=_never_ready,
        explain=explain,
        fill=fill,
    )


def _is_final(status: Status) -> bool:
    """Return True if the number in the status shows that the media item itself is the problem."""
    named = named_in(status)
    return status.name != EXPIRED and named is not None and named.kind is not FailureKind.UNAVAILABLE


def _never_ready(_gave_up: GaveUp) -> PlatformFailure:
    return refusals.CONTAINER_NEVER_READY()
