"""Uploads a video: registers it, sends it to Amazon S3, and waits until Pinterest has processed it.

https://developers.pinterest.com/docs/api/v5/media-create (checked 2026-11-21). Nothing is public before a Pin is
created, so an upload that is given up does no harm.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from letmepost.domain.flow import Call, Flow, Forget, Pause, Reply
from letmepost.platforms._kit.calls import base_url, facts_of
from letmepost.platforms._kit.drafts import Upload
from letmepost.platforms._kit.fields import id_in, object_in, text_in
from letmepost.platforms._kit.flows import fetch, wait
from letmepost.platforms.pinterest.api import read_media, register_video, send_video
from letmepost.platforms.pinterest.refusals import (
    UPLOAD_ADDRESS_UNKNOWN,
    VIDEO_FAILED,
    VIDEO_LOST,
    VIDEO_UNFINISHED,
)
from letmepost.platforms.pinterest.replies import explain
from letmepost.platforms.pinterest.settings import PinterestSettings

_S3_HOST = re.compile(r"(?:[a-z0-9.-]+\.)?s3[a-z0-9.-]*\.amazonaws\.com")
_RUNNING = frozenset({"registered", "processing"})
_LOOK_AGAIN_S = 5.0
_PROCESSED_WITHIN_S = 900.0
_EXPIRED, _UNKNOWN = 403, 404


@dataclass(frozen=True, slots=True)
class _Registration:
    """Where a video is uploaded. The fields are secrets: they let anyone upload it."""

    media_id: str
    url: str
    fields: Mapping[str, str] = field(repr=False)


def upload_video(upload: Upload, settings: PinterestSettings) -> Flow[str]:
    """Upload a video, and return its id when Pinterest has processed it."""
    registering = register_video(settings, step=f"{upload.step}-registration")
    registration = yield from fetch(registering, _read_registration, explain)
    if not _is_upload_address(registration.url, settings):
        raise UPLOAD_ADDRESS_UNKNOWN(url=registration.url.partition("?")[0][:100])
    sending = send_video(registration.url, registration.fields, upload.item, step=upload.step)
    reply = yield sending
    if reply.status == _EXPIRED:
        yield Forget(f"{upload.step}-registration")  # a retry gets new fields
    if not reply.ok:
        raise explain(sending.part(0), reply)
    yield from _await_processing(upload, registration.media_id, settings)
    return registration.media_id


def _await_processing(upload: Upload, media_id: str, settings: PinterestSettings) -> Flow[None]:
    """Wait until the video is processed. The pause has the name of the upload: after another upload, it starts over."""
    reading = read_media(settings, media_id)
    while (status := (yield from _read_status(upload, reading))) in _RUNNING:
        pause = Pause(upload.step, _LOOK_AGAIN_S, _PROCESSED_WITHIN_S)
        yield from wait(pause, VIDEO_UNFINISHED(status=status))
    if status == "failed":
        yield Forget(f"{upload.step}-registration")  # a retry uploads the video again
        raise VIDEO_FAILED(video=facts_of(upload.item).describe())


def _read_status(upload: Upload, reading: Call) -> Flow[str]:
    reply = yield reading
    status = text_in(reply.data(), "status")
    if reply.status == _UNKNOWN:
        yield Forget(f"{upload.step}-registration")
        raise VIDEO_LOST(response=explain(reading, reply).response)
    if not reply.ok or status not in {*_RUNNING, "succeeded", "failed"}:
        raise explain(reading, reply)
    return status or ""


def _read_registration(reply: Reply) -> _Registration | None:
    data = reply.data()
    media_id, url, given = id_in(data, "media_id"), text_in(data, "upload_url"), object_in(data, "upload_parameters")
    fields = {name: value for name, value in given.items() if isinstance(value, str)}
    if media_id is None or url is None or not fields or len(fields) < len(given):
        return None
    return _Registration(media_id, url, fields)


def _is_upload_address(url: str, settings: PinterestSettings) -> bool:
    """Return True for an address of S3, or of the API itself: the video and its fields are sent to no other host."""
    try:
        parts = urlsplit(url)
    except ValueError:  # half an IPv6 address
        return False
    is_s3 = parts.scheme == "https" and _S3_HOST.fullmatch(parts.netloc) is not None
    return is_s3 or url.startswith(f"{base_url(settings.api_url)}/")
