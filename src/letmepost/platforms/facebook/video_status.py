"""The status of a video, which Facebook processes and publishes in phases.

https://developers.facebook.com/docs/video-api/guides/reels-publishing (checked 2026-11-21).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from letmepost.domain.errors import PlatformFailure
from letmepost.domain.flow import Call, Flow, Reply
from letmepost.platforms._kit.fields import number_in, object_in, objects_in, text_in
from letmepost.platforms._meta.calls import read
from letmepost.platforms._meta.graph import is_success
from letmepost.platforms._meta.rupload import bytes_received
from letmepost.platforms.facebook import refusals
from letmepost.platforms.facebook.replies import BY_SUBCODE, explain, is_missing
from letmepost.platforms.facebook.settings import FacebookSettings

_PHASES = ("uploading_phase", "processing_phase", "publishing_phase")
_FAILED = frozenset({"error", "upload_failed", "expired"})
_ARRIVED = frozenset({"upload_complete", "processing", "ready"})


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoStatus:
    """The status of a video.

    Args:
        name: the status of the whole.
        uploading, processing, publishing: the statuses of its phases.
        visibility: `published` or `draft`; None if Facebook does not state it yet.
        errors: the codes and messages of failed phases.
        post_id: the post that shows it; only when it is published.
        url: the link to it.
    """

    name: str
    uploading: str
    processing: str
    publishing: str
    visibility: str | None
    errors: tuple[tuple[int | None, str], ...]
    post_id: str | None
    url: str | None
    read_at: datetime

    @property
    def has_arrived(self) -> bool:
        """Return True if Facebook has every byte."""
        return self.uploading == "complete" or self.name in _ARRIVED

    @property
    def is_published(self) -> bool:
        """Return True if followers see the video."""
        return self.publishing == "complete" and self.visibility != "draft"

    @property
    def is_idle(self) -> bool:
        """Return True if Facebook states that it has begun neither to process nor to publish it."""
        return self.processing == "not_started" and not self.is_publishing and self.name not in {"processing", "ready"}

    @property
    def is_publishing(self) -> bool:
        """Return True if Facebook publishes it, or has done so."""
        return self.publishing in {"in_progress", "complete"}

    def problem(self) -> PlatformFailure | None:
        """Return why the video will never be published; None if it may be."""
        if self.publishing == "complete" and self.visibility == "draft":
            return refusals.VIDEO_DRAFT()
        if self.publishing == "complete" or not (self.name in _FAILED or "error" in {self.processing, self.publishing}):
            return None
        code, message = next(iter(self.errors), (None, ""))
        refusal = BY_SUBCODE.get(code or 0) or refusals.VIDEO_FAILED
        return refusal(reason=message[:300] or f"its status is {self.name[:40]}.", network="Facebook")


def read_video(video_id: str, settings: FacebookSettings) -> Call:
    """Return a read of a video's status."""
    return read(settings, video_id, fields="status,post_id,permalink_url")


def read_status(video_id: str, settings: FacebookSettings) -> Flow[VideoStatus | None]:
    """Return the status of a video; None if Facebook does not show the video.

    Raises:
        PlatformFailure: Facebook did not return a status.
    """
    call = read_video(video_id, settings)
    reply = yield call
    found = _status(reply)
    if found is None and not is_missing(reply):
        raise explain(call, reply)
    return found


def bytes_in(reply: Reply, size_bytes: int) -> int | None:
    """Return how many bytes of a video Facebook has, from a status; None for any other reply."""
    status = object_in(reply.data(), "status")
    return bytes_received(status, size_bytes) if status and is_success(reply) else None


def _status(reply: Reply) -> VideoStatus | None:
    data = reply.data()
    status = object_in(data, "status")
    if not status or not is_success(reply):
        return None
    uploading, processing, publishing = (object_in(status, name) for name in _PHASES)
    return VideoStatus(
        name=text_in(status, "video_status") or "",
        uploading=text_in(uploading, "status") or "",
        processing=text_in(processing, "status") or "",
        publishing=text_in(publishing, "status") or "",
        visibility=text_in(publishing, "publish_status"),
        errors=tuple(error for phase in (uploading, processing, publishing) for error in _errors(phase)),
        post_id=text_in(data, "post_id"),
        url=text_in(data, "permalink_url"),
        read_at=reply.received_at,
    )


def _errors(phase: Mapping[str, Any]) -> Iterator[tuple[int | None, str]]:
    """Yield the errors of a phase: a list, or in older pages of the documentation one object."""
    for error in (*objects_in(phase, "errors"), object_in(phase, "error")):
        if error:
            yield number_in(error, "code"), text_in(error, "message") or ""
