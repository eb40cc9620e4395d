"""Uploads of videos to Meta's upload host, which receives a file in one request and continues after an interruption.

Sources: https://developers.facebook.com/docs/video-api/guides/reels-publishing and
https://developers.facebook.com/docs/instagram-platform/content-publishing/resumable-uploads (checked 2026-11-21).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from letmepost.domain.content import MediaItem
from letmepost.domain.errors import FailureKind
from letmepost.domain.flow import Call, Effect, Flow, MediaRange, Reply, Upload
from letmepost.platforms._kit.calls import facts_of
from letmepost.platforms._kit.fields import number_in, object_in, text_in
from letmepost.platforms._kit.flows import Explain
from letmepost.platforms._meta.containers import forget_once
from letmepost.platforms._meta.graph import is_success
from letmepost.platforms._meta.refusals import OFFSETS_DIFFER

_TIMEOUT_S = 60.0  # besides the bytes: the server checks the file before it responds
_OFFSETS_ASKED_MAX = 3
_OTHER_OFFSET = frozenset({"OffsetInvalidError", "PartialRequestError"})
"""Refusals of bytes that do not follow those that the server has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadSession:
    """An object that receives the bytes of one video.

    Args:
        step: the step that created it.
        url: where its bytes are sent.
        probe: the read whose reply has its status.
        status_field: the field of that reply with the phases.
        is_new: True if it was created in this run.
    """

    step: str
    item: MediaItem
    url: str
    probe: Call
    status_field: str
    is_new: bool

    @property
    def size_bytes(self) -> int:
        """Return the size of the video."""
        return facts_of(self.item).size_bytes

    def upload(self) -> Upload:
        """Return the instruction that sends the bytes."""
        media = MediaRange(self.item.media_id, 0, self.size_bytes)
        return Upload(
            step=f"{self.step}-bytes",
            media=media,
            chunk_bytes=self.size_bytes,
            send=self._send,
            probe=self.probe,
            offset_of=self.bytes_in,
            is_new=self.is_new,
        )

    def bytes_in(self, reply: Reply) -> int | None:
        """Return how many bytes the server has, from a status; None for any other reply."""
        status = object_in(reply.data(), self.status_field)
        return bytes_received(status, self.size_bytes) if status and is_success(reply) else None

    def _send(self, first_byte: int, length_bytes: int) -> Call:
        return Call(
            method="POST",
            url=self.url,
            headers={
                "offset": str(first_byte),
                "file_size": str(self.size_bytes),
                "Content-Type": "application/octet-stream",
            },
            body=MediaRange(self.item.media_id, first_byte, length_bytes),
            effect=Effect.WRITE,
            timeout_s=_TIMEOUT_S,
        )


def send_video(session: UploadSession, explain: Explain) -> Flow[bool]:
    """Send the bytes that the server does not have. Return False if the session must be created again, which is once.

    Raises:
        PlatformFailure: the server does not accept the bytes.
    """
    upload = session.upload()
    for _ in range(_OFFSETS_ASKED_MAX):
        reply = yield upload
        if _is_complete(session, reply):
            return True
        if _error_type(reply) not in _OTHER_OFFSET:
            break
        upload = replace(upload, is_new=False)  # so that the server is asked for its offset
    is_other_offset = _error_type(reply) in _OTHER_OFFSET
    failure = OFFSETS_DIFFER() if is_other_offset else explain(upload.part(0), reply)
    if not is_other_offset and failure.kind is not FailureKind.REJECTED:
        raise failure
    yield from forget_once(session.step, failure)
    return False


def bytes_received(status: Mapping[str, Any], size_bytes: int) -> int:
    """Return how many bytes of a file the server has. Pages of the documentation misspell the field."""
    phase = object_in(status, "uploading_phase")
    for name in ("bytes_transferred", "bytes_transfered"):
        count = number_in(phase, name)
        if count is not None:
            return count
    return size_bytes if text_in(phase, "status") == "complete" else 0


def _is_complete(session: UploadSession, reply: Reply) -> bool:
    return is_success(reply) and (reply.data().get("success") is True or session.bytes_in(reply) == session.size_bytes)


def _error_type(reply: Reply) -> str | None:
    return text_in(object_in(reply.data(), "debug_info"), "type")
