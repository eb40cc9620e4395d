"""Uploads a post's media, and waits until the server has processed them.

https://docs.joinmastodon.org/methods/media/ (checked 2026-11-29). Images are ready immediately. Of a video or a GIF,
the server has only begun the processing (202, without a URL); reading it then returns 206 until it is ready. A status
with a media item that is not ready is refused.
"""

from collections.abc import Mapping, Sequence
from enum import Enum, auto

from letmepost.domain.content import MediaItem, MediaKind
from letmepost.domain.flow import Flow, Pause, Reply
from letmepost.platforms._kit.drafts import Upload
from letmepost.platforms._kit.flows import succeed
from letmepost.platforms.mastodon.api import read_id, read_media, set_thumbnail, upload_media, upload_video
from letmepost.platforms.mastodon.refusals import MEDIA_FAILED
from letmepost.platforms.mastodon.replies import explain, is_missing

_PROCESSED_WITHIN_S = 1800.0
_LOOK_AGAIN_S = 3.0


class Readiness(Enum):
    """What the server reports of a media item. A missing one has expired, or a status already uses it."""

    READY = auto()
    PROCESSING = auto()
    MISSING = auto()


def upload_all(base: str, uploads: Sequence[Upload]) -> Flow[Mapping[int, str]]:
    """Upload media items, wait until they are processed, and return their ids by upload number."""
    replies: list[Reply] = []
    for upload in uploads:  # all of them first: the server processes them in parallel
        sent = yield from _send(base, upload)
        replies.append(sent)
    media_ids: dict[int, str] = {}
    for upload, reply in zip(uploads, replies, strict=True):
        media_ids[upload.number] = media_id = reply.data()["id"]
        if not _is_ready(reply):
            yield from _await_processing(base, upload, media_id)
    return media_ids


def _send(base: str, upload: Upload) -> Flow[Reply]:
    """Upload one media item, and return a reply that contains its id."""
    if upload.item.kind is not MediaKind.VIDEO:
        return (yield from succeed(upload_media(base, upload), explain, lambda reply: read_id(reply) is not None))
    video = upload_video(base, upload)
    reply = yield video
    if not reply.ok or read_id(reply) is None:
        raise explain(video.part(0), reply)
    thumbnail = upload.item.thumbnail
    if thumbnail is not None:
        yield from _set_thumbnail(base, upload, thumbnail, reply.data()["id"])
    return reply


def _set_thumbnail(base: str, upload: Upload, thumbnail: MediaItem, media_id: str) -> Flow[None]:
    """Set the thumbnail of a video. If the video is missing, only a create shows whether it is lost or already used."""
    call = set_thumbnail(base, media_id, thumbnail, step=f"{upload.step}-thumbnail")
    reply = yield call
    if not reply.ok and not is_missing(reply):
        raise explain(call, reply)


def read_readiness(base: str, media_id: str) -> Flow[Readiness]:
    """Return the state of a media item.

    Raises:
        PlatformFailure: the server could not process it, or did not report its state.
    """
    call = read_media(base, media_id)
    reply = yield call
    if is_missing(reply):
        return Readiness.MISSING
    if reply.status == 422:
        raise MEDIA_FAILED(response=explain(call, reply).response)
    if not reply.ok:
        raise explain(call, reply)
    return Readiness.READY if _is_ready(reply) else Readiness.PROCESSING


def wait_for(step: str) -> Flow[None]:
    """Wait until media items may have been processed."""
    yield Pause(f"{step}-processing", _LOOK_AGAIN_S, _PROCESSED_WITHIN_S)


def _await_processing(base: str, upload: Upload, media_id: str) -> Flow[None]:
    """Wait for one media item. A missing one ends the wait: only a create shows whether it is lost or already used."""
    while (yield from read_readiness(base, media_id)) is Readiness.PROCESSING:
        yield from wait_for(upload.step)


def _is_ready(reply: Reply) -> bool:
    return reply.status == 200 and bool(reply.data().get("url"))
