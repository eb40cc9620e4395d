"""Uploads a video in the parts that LinkedIn lists, with captions and a thumbnail, and waits until it is processed.

https://learn.microsoft.com/linkedin/marketing/community-management/shares/videos-api (checked 2026-11-29).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from letmepost.domain.flow import Call, Effect, Flow, Forget, MediaRange, Pause, Reply
from letmepost.domain.flow import Upload as Parts
from letmepost.platforms._kit.calls import facts_of
from letmepost.platforms._kit.drafts import Upload
from letmepost.platforms._kit.fields import number_in, object_in, objects_in, text_in
from letmepost.platforms._kit.flows import fetch, wait
from letmepost.platforms.linkedin import refusals
from letmepost.platforms.linkedin.replies import explain, has_expired_url
from letmepost.platforms.linkedin.rest import (
    begin_video,
    finalize_video,
    is_upload_url,
    read_video,
    send_bytes,
    send_captions,
)
from letmepost.platforms.linkedin.settings import LinkedInSettings

_PART_TIMEOUT_S = 60.0
_PROCESSED_WITHIN_S = 1800.0
_LOOK_AGAIN_S = 15.0
"""Each look counts toward the member's daily limit of reads."""

PartUrl: TypeAlias = tuple[str, int]
"""A URL, and the number of bytes that it receives."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Session:
    """An upload that LinkedIn has begun.

    Args:
        token: is returned when the upload ends. It may be empty.
        parts: where each part is sent, in their order.
        captions_url, thumbnail_url: where captions and a thumbnail are sent, if they were announced.
    """

    urn: str
    token: str
    parts: tuple[PartUrl, ...]
    captions_url: str | None
    thumbnail_url: str | None

    @property
    def urls(self) -> Iterator[str]:
        """Yield every URL that something is sent to."""
        yield from (url for url, _ in self.parts)
        yield from (url for url in (self.captions_url, self.thumbnail_url) if url is not None)


def send_video(owner: str, upload: Upload, captions: str | None, settings: LinkedInSettings) -> Flow[str]:
    """Upload a video, wait until it is processed, and return its URN. An upload whose URLs expire is begun again, once.

    Raises:
        PlatformFailure: LinkedIn refused the video, or could not process it.
    """
    session, call, reply = yield from _send(owner, upload, captions, settings)
    if has_expired_url(reply):
        yield Forget(upload.step)
        session, call, reply = yield from _send(owner, upload, captions, settings)
    if not reply.ok:
        raise explain(call, reply)
    yield from _await_processing(session.urn, upload, settings)
    return session.urn


def _send(
    owner: str, upload: Upload, captions: str | None, settings: LinkedInSettings
) -> Flow[tuple[_Session, Call, Reply]]:
    """Send everything, and end the upload. Return the latest call and its reply, which may be a refusal."""
    session = yield from _begin(owner, upload, captions, settings)
    parts = _parts(session, upload)
    call, reply = parts.part(0), (yield parts)
    if not reply.ok:
        return session, call, reply
    if not all(reply.parts):
        raise explain(call, reply)  # without its ETag, a part cannot be named
    part_ids = reply.parts
    for call in _additions(session, upload, captions):
        reply = yield call
        if not reply.ok:
            return session, call, reply
    call = finalize_video(settings, session.urn, session.token, part_ids, step=f"{upload.step}-finalize")
    reply = yield call
    if 400 <= reply.status < 500 and (yield from _is_finalized(session.urn, settings)):
        return session, call, Reply(status=200, received_at=reply.received_at)
    return session, call, reply


def _begin(owner: str, upload: Upload, captions: str | None, settings: LinkedInSettings) -> Flow[_Session]:
    """Request the URLs of an upload."""
    size_bytes = facts_of(upload.item).size_bytes
    has_captions, has_thumbnail = captions is not None, upload.item.thumbnail is not None
    call = begin_video(
        settings, owner, size_bytes, has_captions=has_captions, has_thumbnail=has_thumbnail, step=upload.step
    )

    def read(reply: Reply) -> _Session | None:
        session = _read_session(reply, size_bytes)
        if session is None or (has_captions and session.captions_url is None):
            return None
        return None if has_thumbnail and session.thumbnail_url is None else session

    session = yield from fetch(call, read, explain)
    if not all(is_upload_url(url, settings) for url in session.urls):
        raise refusals.UPLOAD_HOST()
    return session


def _additions(session: _Session, upload: Upload, captions: str | None) -> Iterator[Call]:
    """Yield the uploads of what belongs to the video."""
    if captions is not None and session.captions_url is not None:
        yield send_captions(session.captions_url, captions, step=f"{upload.step}-captions")
    if upload.item.thumbnail is not None and session.thumbnail_url is not None:
        yield send_bytes(session.thumbnail_url, upload.item.thumbnail, step=f"{upload.step}-thumbnail")


def _parts(session: _Session, upload: Upload) -> Parts:
    media = MediaRange(upload.item.media_id, 0, facts_of(upload.item).size_bytes)
    urls, at = {}, 0
    for url, length_bytes in session.parts:
        urls[at] = url
        at += length_bytes

    def send(first_byte: int, length_bytes: int) -> Call:
        return Call(
            method="PUT",
            url=urls[first_byte],
            headers={"Content-Type": "application/octet-stream"},
            body=MediaRange(media.media_id, first_byte, length_bytes),
            effect=Effect.WRITE,
            timeout_s=_PART_TIMEOUT_S,
        )

    lengths = [length_bytes for _, length_bytes in session.parts]
    return Parts(step=f"{upload.step}-bytes", media=media, chunk_bytes=lengths, send=send, keep=_part_id)


def _part_id(reply: Reply) -> str:
    return reply.headers.get("etag", "").removeprefix("W/").strip('"')


def _read_session(reply: Reply, size_bytes: int) -> _Session | None:
    """Return the session in a reply; None if its parts are not the whole file. `lastByte` is the last one of a part."""
    value = object_in(reply.data(), "value")
    urn, parts, end = text_in(value, "video"), [], 0
    for instruction in objects_in(value, "uploadInstructions"):
        url, first, last = (
            text_in(instruction, "uploadUrl"),
            number_in(instruction, "firstByte"),
            number_in(instruction, "lastByte"),
        )
        if url is None or first != end or last is None or last < first:
            return None
        parts.append((url, last - first + 1))
        end = last + 1
    if urn is None or end != size_bytes:
        return None
    return _Session(
        urn=urn,
        token=text_in(value, "uploadToken") or "",
        parts=tuple(parts),
        captions_url=text_in(value, "captionsUploadUrl"),
        thumbnail_url=text_in(value, "thumbnailUploadUrl"),
    )


def _is_finalized(urn: str, settings: LinkedInSettings) -> Flow[bool]:
    """Return True if an upload has ended although LinkedIn refused to end it: it had ended it before."""
    reply = yield read_video(settings, urn)
    return reply.ok and text_in(reply.data(), "status") in {"PROCESSING", "AVAILABLE"}


def _await_processing(urn: str, upload: Upload, settings: LinkedInSettings) -> Flow[None]:
    """Wait until the video is ready. If LinkedIn does not let the account read its state, the post is tried at once."""
    call = read_video(settings, urn)
    pause = Pause(f"{upload.step}-processing", _LOOK_AGAIN_S, _PROCESSED_WITHIN_S)
    while (reply := (yield call)).status != 403:
        status = text_in(reply.data(), "status") if reply.ok else None
        if status is None:
            raise explain(call, reply)
        if status == "AVAILABLE":
            return
        if status == "PROCESSING_FAILED":
            yield Forget(upload.step)  # a retry uploads the file again
            raise refusals.VIDEO_FAILED(
                facts=facts_of(upload.item).describe(),
                reason=text_in(reply.data(), "processingFailureReason") or "It gave no reason.",
                response=explain(call, reply).response,
            )
        yield from wait(pause, refusals.PROCESSING())
