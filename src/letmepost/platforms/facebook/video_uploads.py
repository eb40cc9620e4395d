"""Sends the bytes of a video: to the video host in the ranges that it asks for, or to the upload host in one request.

Sources: https://developers.facebook.com/docs/video-api/guides/publishing, for the ranges Meta's own client, class
`VideoUploader` of https://github.com/facebook/facebook-python-business-sdk, and
https://developers.facebook.com/docs/video-api/guides/reels-publishing (checked 2026-11-21).
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from letmepost.domain.content import MediaItem
from letmepost.domain.errors import FailureKind
from letmepost.domain.flow import Call, Effect, Flow, MediaRange, Reply, Upload
from letmepost.platforms._kit.calls import base_url, facts_of, form_file
from letmepost.platforms._kit.fields import id_in, object_in, text_in
from letmepost.platforms._kit.refusals import UNAVAILABLE
from letmepost.platforms._meta.calls import create, graph_url
from letmepost.platforms._meta.containers import forget_once
from letmepost.platforms._meta.graph import is_success, read_error
from letmepost.platforms._meta.rupload import UploadSession, send_video
from letmepost.platforms.facebook.refusals import UPLOAD_HOST
from letmepost.platforms.facebook.replies import OTHER_RANGE, explain
from letmepost.platforms.facebook.settings import FacebookSettings
from letmepost.platforms.facebook.surface import Surface
from letmepost.platforms.facebook.video_status import bytes_in, read_video

VIDEO_STEP = "video-1"
_TIMEOUT_S = 60.0  # besides the bytes
_OFFSET = re.compile(r"[0-9]{1,15}")


@dataclass(frozen=True, slots=True)
class SentVideo:
    """A video whose bytes Facebook has. `session_id` is that of its upload to the feed; None for others."""

    id: str
    session_id: str | None


@dataclass(frozen=True, slots=True)
class VideoUploads:
    """Uploads of one video to one Page."""

    page_id: str
    item: MediaItem
    surface: Surface
    settings: FacebookSettings

    def send(self) -> Flow[SentVideo]:
        """Send the bytes that Facebook does not have, and return the video.

        Raises:
            PlatformFailure: Facebook does not accept them.
        """
        while True:
            start = self._start()
            reply = yield start
            video_id = id_in(reply.data(), "video_id") if is_success(reply) else None
            if video_id is None:
                raise explain(start, reply)
            if self.surface is Surface.FEED:
                session_id = text_in(reply.data(), "upload_session_id")
                if session_id is None:
                    raise explain(start, reply)
                is_sent = yield from self._send_ranges(video_id, session_id, reply)
            else:
                session_id, is_sent = None, (yield from send_video(self._session(video_id, reply), explain))
            if is_sent:
                return SentVideo(video_id, session_id)

    def edge(self, form: Mapping[str, str], *, effect: Effect, step: str) -> Call:
        """Return a call at the edge of the Page where its videos are uploaded."""
        is_feed = self.surface is Surface.FEED
        call = create(self._host() if is_feed else self.settings, self._path(), form, effect=effect, step=step)
        return replace(call, timeout_s=_TIMEOUT_S)

    def _start(self) -> Call:
        size = {"file_size": str(self._size_bytes)} if self.surface is Surface.FEED else {}
        # It is valid for as long as its post: the recorded call that publishes is about this video, and no other.
        return self.edge({"upload_phase": "start", **size}, effect=Effect.PREPARE, step=VIDEO_STEP)

    def _session(self, video_id: str, reply: Reply) -> UploadSession:
        url = text_in(reply.data(), "upload_url")
        if url is None:
            raise UNAVAILABLE(network="Facebook")
        if not url.startswith(f"{base_url(self.settings.upload_url)}/"):  # the token is sent there
            raise UPLOAD_HOST()
        return UploadSession(
            step=VIDEO_STEP,
            item=self.item,
            url=url,
            probe=read_video(video_id, self.settings),
            status_field="status",
            is_new=not reply.replayed,
        )

    def _send_ranges(self, video_id: str, session_id: str, started: Reply) -> Flow[bool]:
        """Send the ranges that Facebook asks for. Return False if the upload must be started again, which is once."""
        first = _range(started.data())
        length = 0 if first is None else min(first.stop - first.start, self._size_bytes)

        def send(first_byte: int, length_bytes: int) -> Call:
            file = form_file(self.item, MediaRange(self.item.media_id, first_byte, length_bytes))
            return Call(
                method="POST",
                url=graph_url(self._host(), self._path()),
                multipart=(
                    ("upload_phase", "transfer"),
                    ("upload_session_id", session_id),
                    ("start_offset", str(first_byte)),
                    ("video_file_chunk", file),
                ),
                effect=Effect.WRITE,
                timeout_s=_TIMEOUT_S,
            )

        upload = Upload(
            step=f"{VIDEO_STEP}-bytes",
            media=MediaRange(self.item.media_id, 0, self._size_bytes),
            chunk_bytes=length if length > 0 else self._size_bytes,
            send=send,
            probe=read_video(video_id, self.settings),
            offset_of=self._wanted_in,
            is_new=not started.replayed,
        )
        reply = yield upload
        if self._has_all(reply):
            return True
        failure = explain(upload.part(0), reply)
        if failure.kind is not FailureKind.REJECTED:
            raise failure
        yield from forget_once(VIDEO_STEP, failure)
        return False

    def _wanted_in(self, reply: Reply) -> int | range | None:
        """Return the range that Facebook asks for, also in a refusal, or from its status how many bytes it has."""
        error = read_error(reply)
        if error is None:
            found = bytes_in(reply, self._size_bytes)
            return _range(reply.data()) if found is None else found
        return _range(_error_data(reply)) if error.subcode == OTHER_RANGE else None

    def _has_all(self, reply: Reply) -> bool:
        wanted = self._wanted_in(reply)
        return (wanted.start if isinstance(wanted, range) else wanted) == self._size_bytes

    @property
    def _size_bytes(self) -> int:
        return facts_of(self.item).size_bytes

    def _path(self) -> str:
        return f"{self.page_id}/{self.surface}"

    def _host(self) -> FacebookSettings:
        return self.settings.model_copy(update={"api_url": self.settings.video_url})


def _error_data(reply: Reply) -> Mapping[str, Any]:
    """Return the data of an error: an object, or a text with its JSON."""
    found = object_in(reply.data(), "error").get("error_data")
    try:
        value = json.loads(found) if isinstance(found, str) else found
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _range(data: Mapping[str, Any]) -> range | None:
    """Return the bytes between two offsets, which are texts or numbers; None without both."""
    found = [str(data.get(name, "")) for name in ("start_offset", "end_offset")]
    if not all(_OFFSET.fullmatch(text) for text in found):
        return None
    start, end = map(int, found)
    return range(start, end)
