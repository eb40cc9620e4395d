"""Containers until they can be published."""

from collections.abc import Mapping
from types import MappingProxyType

from letmepost.domain.errors import PlatformFailure
from letmepost.domain.flow import Call, Flow, Reply
from letmepost.platforms._kit.fields import text_in
from letmepost.platforms._kit.flows import fetch
from letmepost.platforms._meta.containers import EXPIRED, Containers, Form, Patience, Status, fetched
from letmepost.platforms._meta.graph import read_id
from letmepost.platforms.contract import ReadyPost
from letmepost.platforms.threads import refusals
from letmepost.platforms.threads.api import make_container, read_container
from letmepost.platforms.threads.drafts import ContainerPlan
from letmepost.platforms.threads.replies import CHILD_NOT_READY, NOT_FOUND, UNREACHABLE, explain, subcode_of
from letmepost.platforms.threads.settings import ThreadsSettings

_PATIENCE: Mapping[int, Patience] = MappingProxyType(
    {
        # The post to reply to may be the previous part of the thread, published a moment ago.
        NOT_FOUND: Patience(10.0, 20.0, refusals.REFERENCE_NOT_FOUND),
        CHILD_NOT_READY: Patience(10.0, 60.0, refusals.CHILD_NEVER_READY),
        UNREACHABLE: Patience(10.0, 5.0, refusals.MEDIA_STILL_UNREACHABLE),
    }
)

_NOT_FETCHED = "FAILED_DOWNLOADING_VIDEO"
_CAUSES: Mapping[str, str] = MappingProxyType(
    {
        "FAILED_PROCESSING_AUDIO": "its sound could not be converted",
        "FAILED_PROCESSING_VIDEO": "its pictures could not be converted",
        "INVALID_ASPEC_RATIO": "its aspect ratio is not accepted",
        "INVALID_ASPECT_RATIO": "its aspect ratio is not accepted",
        "INVALID_AUDIO_CHANNEL_LAYOUT": "its sound is neither mono nor stereo",
        "INVALID_AUDIO_CHANNELS": "its sound has more than two channels",
        "INVALID_BIT_RATE": "its bit rate is higher than 100 Mbit/s",
        "INVALID_DURATION": "it is longer than 300 s",
        "INVALID_FRAME_RATE": "it does not have 23 to 60 frames per second",
    }
)
"""The errors of videos, from https://developers.facebook.com/docs/threads/troubleshooting (checked 2026-11-21).

That page misspells one of them.
"""


def prepare(post: ReadyPost, plan: ContainerPlan, reply_to: str | None, settings: ThreadsSettings) -> Flow[str]:
    """Return the id of a container that can be published.

    Raises:
        PlatformFailure: Threads refuses it, or does not finish processing it in time.
    """
    containers = _containers(post, settings)
    children = yield from containers.create_all(plan.child_forms(post.media_urls))
    step, form = plan.container_step, plan.form(post.media_urls, reply_to, tuple(child.id for child in children))
    container = yield from containers.create(step, form)
    if not plan.media:  # nothing is fetched, so the container is ready immediately
        return container.id
    return (yield from containers.wait(step, form, container)).id


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


def container_failure(status: Status) -> PlatformFailure:
    """Return the failure of a container that can never be published."""
    if status.name == EXPIRED:
        return refusals.CONTAINER_EXPIRED()
    if status.error == _NOT_FETCHED:
        return refusals.MEDIA_STILL_UNREACHABLE()
    code = status.error[:100]
    return refusals.CONTAINER_ERROR(reason=f"{_CAUSES[code]} ({code})" if code in _CAUSES else code)


def _containers(post: ReadyPost, settings: ThreadsSettings) -> Containers:
    def make(step: str, form: Form) -> Call:
        return make_container(settings, post.account.platform_account_id, form, step=step)

    return Containers(
        make=make,
        read_status=lambda container_id: read_status(container_id, settings),
        patience=lambda reply: _PATIENCE.get(subcode_of(reply) or 0),
        failure_of=container_failure,
        is_final=lambda status: status.error.startswith("INVALID_"),
        never_ready=lambda gave_up: gave_up,
        explain=explain,
        fill=fetched,
    )
