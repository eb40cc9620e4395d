"""Uploads a post's media to X: images in one piece, GIFs in segments, and their alt texts.

https://docs.x.com/x-api/media/quickstart (read 2026-11-21)
"""

from collections.abc import Iterable, Mapping
from typing import Any

from letmepost.domain.errors import PlatformFailure
from letmepost.domain.flow import Call, Flow, Forget, Pause, Reply
from letmepost.platforms._kit.drafts import Upload
from letmepost.platforms.twitter import api
from letmepost.platforms.twitter.media_rules import is_animated_gif
from letmepost.platforms.twitter.refusals import PROCESSING_ERROR, PROCESSING_FAILED
from letmepost.platforms.twitter.replies import explain

_PROCESSED_WITHIN_S = 900.0
_LOOK_AGAIN_S = (1.0, 60.0)
"""The shortest and the longest wait between status reads. In between, X's own value is used."""


def upload_media(server: str, uploads: Iterable[Upload]) -> Flow[Mapping[int, str]]:
    """Upload every media item, and return X's ids by upload number."""
    media_ids = {}
    for upload in uploads:
        send = _send_gif if is_animated_gif(upload.item) else _send_image
        media_id = yield from send(server, upload)
        if upload.item.alt_text:
            step = f"{upload.step}-alt"
            yield from _sent(api.describe_media(server, media_id, upload.item.alt_text, step=step))
        media_ids[upload.number] = media_id
    return media_ids


def _send_image(server: str, upload: Upload) -> Flow[str]:
    return (yield from _created(api.upload_image(server, upload.item, step=upload.step)))


def _send_gif(server: str, upload: Upload) -> Flow[str]:
    media_id = yield from _created(api.initialize_gif(server, upload.item, step=upload.step))
    segments = api.append_segments(server, media_id, upload.item, step=f"{upload.step}-segments")
    reply = yield segments
    if not reply.ok:
        raise explain(segments.part(0), reply)
    reply = yield from _sent(api.finalize_upload(server, media_id, step=f"{upload.step}-finalize"))
    yield from _await_processing(server, upload, media_id, reply)
    return media_id


def _await_processing(server: str, upload: Upload, media_id: str, reply: Reply) -> Flow[None]:
    """Wait until X has processed the media item. A status that an earlier run received is out of date."""
    if reply.replayed and _processing(reply):
        reply = yield from _sent(api.upload_status(server, media_id))
    while (info := _processing(reply)).get("state") in ("pending", "in_progress"):
        shortest_s, longest_s = _LOOK_AGAIN_S
        suggested_s = info.get("check_after_secs")
        seconds = min(max(shortest_s, suggested_s), longest_s) if isinstance(suggested_s, int | float) else shortest_s
        yield Pause(f"{upload.step}-processing", seconds=seconds, give_up_after_s=_PROCESSED_WITHIN_S)
        reply = yield from _sent(api.upload_status(server, media_id))
    if info.get("state") == "failed":
        yield Forget(upload.step)  # a retry uploads the file again
        raise _processing_failure(info)


def _processing_failure(info: Mapping[str, Any]) -> PlatformFailure:
    error = info.get("error")
    name = error.get("name") if isinstance(error, dict) else None
    refusal = PROCESSING_ERROR if name == "InternalError" else PROCESSING_FAILED
    return refusal(response=info)


def _processing(reply: Reply) -> Mapping[str, Any]:
    data = reply.data().get("data")
    info = data.get("processing_info") if isinstance(data, dict) else None
    return info if isinstance(info, dict) else {}


def _created(call: Call) -> Flow[str]:
    reply = yield from _sent(call)
    media_id = api.read_id(reply)
    if media_id is None:
        raise explain(call, reply)
    return media_id


def _sent(call: Call) -> Flow[Reply]:
    reply = yield call
    if not reply.ok:
        raise explain(call, reply)
    return reply
