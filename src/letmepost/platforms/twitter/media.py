"""Uploads a post's media to X: images in one piece, GIFs and videos in segments, and the alt texts of images.

https://docs.x.com/x-api/media/quickstart (read 2026-11-21)
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from letmepost.domain.content import MediaItem
from letmepost.domain.errors import PlatformFailure
from letmepost.domain.flow import Call, Flow, Forget, Pause, Reply
from letmepost.platforms._kit.calls import facts_of
from letmepost.platforms._kit.drafts import Upload
from letmepost.platforms._kit.fields import object_in, text_in
from letmepost.platforms.twitter import api
from letmepost.platforms.twitter.media_rules import is_animated_gif, is_video
from letmepost.platforms.twitter.refusals import PROCESSING_ERROR, PROCESSING_FAILED, UPLOAD_LOST
from letmepost.platforms.twitter.replies import explain, has_lost_upload
from letmepost.platforms.twitter.settings import TwitterSettings

_PROCESSED_WITHIN_S = 3600.0
"""Minutes are usual. Hours of video, which accounts with a subscription may publish, take longer."""
_LOOK_AGAIN_S = (1.0, 60.0)
"""The shortest and the longest wait between status reads. In between, X's own value is used."""
_TOO_LARGE = frozenset({413, 431})
"""X's edge rejects large segments, with an empty body: https://github.com/abraham/twitteroauth/issues/1257."""
_MISSING = frozenset({400, 403, 404})


def upload_media(settings: TwitterSettings, uploads: Sequence[Upload]) -> Flow[Mapping[int, str]]:
    """Upload every media item, wait until X has processed it, and return X's ids by upload number."""
    server, media_ids = api.root(settings), {}
    for upload in uploads:
        category = _category(upload.item)
        if category is None:
            media_id = yield from _created(api.upload_image(server, upload.item, step=upload.step))
        else:
            media_id = yield from _send_in_segments(settings, upload, category)
        if upload.item.alt_text:
            step = f"{upload.step}-alt"
            yield from _sent(api.describe_media(server, media_id, upload.item.alt_text, step=step))
        media_ids[upload.number] = media_id
    return media_ids


def are_known(settings: TwitterSettings, uploads: Sequence[Upload], media_ids: Mapping[int, str]) -> Flow[bool]:
    """Return True if X still has the media items of which it can report that. Wait for those that it processes.

    X reports nothing about images.

    Raises:
        PlatformFailure: X could not process one, or did not report its state.
    """
    asked = [upload for upload in uploads if _category(upload.item) is not None]
    for upload in asked:
        media_id = media_ids[upload.number]
        call = api.upload_status(api.root(settings), media_id)
        reply = yield call
        if reply.status in _MISSING:
            return False
        if not reply.ok:
            raise explain(call, reply)
        yield from _await_processing(api.root(settings), upload, media_id, reply)
    return bool(asked)


def _category(item: MediaItem) -> str | None:
    """Return X's category of a media item that is sent in segments; None for an image."""
    if is_video(item):
        return "tweet_video"
    return "tweet_gif" if is_animated_gif(item) else None


def _send_in_segments(settings: TwitterSettings, upload: Upload, category: str) -> Flow[str]:
    server = api.root(settings)
    media_id = yield from _created(api.initialize_upload(server, upload.item, category, step=upload.step))
    yield from _append_segments(settings, upload, media_id)
    call = api.finalize_upload(server, media_id, step=f"{upload.step}-finalize")
    reply = yield from _checked(upload, call, (yield call))
    yield from _await_processing(server, upload, media_id, reply)
    return media_id


def _append_segments(settings: TwitterSettings, upload: Upload, media_id: str) -> Flow[None]:
    """Send every segment, in smaller ones if they are too large for X. Those replace the ones that X has accepted."""
    for segment_bytes in _segment_sizes(facts_of(upload.item).size_bytes, settings.segment_bytes):
        step = f"{upload.step}-segments-{segment_bytes}"
        segments = api.append_segments(api.root(settings), media_id, upload.item, segment_bytes, step=step)
        reply = yield segments
        if reply.status not in _TOO_LARGE:
            break
    yield from _checked(upload, segments.part(0), reply)


def _segment_sizes(size_bytes: int, preferred_bytes: int) -> Iterator[int]:
    """Yield the sizes of segments to try, the largest first. A file has a limited number of segments."""
    smallest = -(-size_bytes // api.SEGMENTS_MAX)
    largest = max(preferred_bytes, smallest)
    yield largest
    yield from (size for size in (largest // 2, largest // 4) if smallest <= size < size_bytes)


def _await_processing(server: str, upload: Upload, media_id: str, reply: Reply) -> Flow[None]:
    """Wait until X has processed the media item. A status that an earlier run received is out of date."""
    if reply.replayed and _processing(reply):
        reply = yield from _read_status(server, upload, media_id)
    while (info := _processing(reply)).get("state") in ("pending", "in_progress"):
        shortest_s, longest_s = _LOOK_AGAIN_S
        suggested_s = info.get("check_after_secs")
        seconds = min(max(shortest_s, suggested_s), longest_s) if isinstance(suggested_s, int | float) else shortest_s
        yield Pause(f"{upload.step}-processing", seconds=seconds, give_up_after_s=_PROCESSED_WITHIN_S)
        reply = yield from _read_status(server, upload, media_id)
    if info.get("state") == "failed":
        yield Forget(upload.step)  # a retry uploads the file again
        raise _processing_failure(upload.item, info)


def _read_status(server: str, upload: Upload, media_id: str) -> Flow[Reply]:
    call = api.upload_status(server, media_id)
    return (yield from _checked(upload, call, (yield call)))


def _checked(upload: Upload, call: Call, reply: Reply) -> Flow[Reply]:
    """Return a reply that is a success. If X has lost the upload, the next run begins another one.

    Raises:
        PlatformFailure: the reply is not a success.
    """
    if has_lost_upload(reply):
        yield Forget(upload.step)
        raise UPLOAD_LOST(response=explain(call, reply).response)
    if not reply.ok:
        raise explain(call, reply)
    return reply


def _processing_failure(item: MediaItem, info: Mapping[str, Any]) -> PlatformFailure:
    error = object_in(info, "error")
    name = text_in(error, "name")
    refusal = PROCESSING_ERROR if name == "InternalError" else PROCESSING_FAILED
    words = filter(None, (name, text_in(error, "message")))
    kind, facts = "video" if is_video(item) else "GIF", facts_of(item)
    return refusal(response=info, kind=kind, facts=facts.describe(), reason=": ".join(words))


def _processing(reply: Reply) -> Mapping[str, Any]:
    return object_in(object_in(reply.data(), "data"), "processing_info")


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
