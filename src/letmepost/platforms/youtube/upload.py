"""The upload of a video: a session that is opened with the metadata, and requests with parts of the file.

https://developers.google.com/youtube/v3/guides/using_resumable_upload_protocol (checked 2026-11-28). A session creates
one video, when it has received the last byte, and can be asked afterwards. Its URL alone permits to upload, so it is a
secret: the query, which identifies the session, is in `Call.query`, which is not shown or logged.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from letmepost.domain.content import MediaItem
from letmepost.domain.flow import Call, Effect, MediaRange, Reply, Upload
from letmepost.platforms._kit.calls import base_url, facts_of
from letmepost.platforms._kit.drafts import POST_STEP
from letmepost.platforms.youtube.api import UPLOAD_PATH
from letmepost.platforms.youtube.options import YouTubeOptions
from letmepost.platforms.youtube.refusals import SESSION_ELSEWHERE
from letmepost.platforms.youtube.settings import YouTubeSettings

SESSION_STEP = "session"
_OPEN_TIMEOUT_S = 30.0
_PART_TIMEOUT_S = 60.0
_INCOMPLETE = 308
_ENDED = frozenset({404, 410})
_RANGE = re.compile(r"(?:bytes=)?0-([0-9]{1,15})")
_CONTENT_RANGE = re.compile(r"bytes (?:\*|[0-9]+-[0-9]+)/([0-9]{1,15})")


def open_session(settings: YouTubeSettings, item: MediaItem, options: YouTubeOptions, description: str) -> Call:
    """Return the call that opens a session. YouTube checks the metadata here, and creates nothing yet."""
    facts = facts_of(item)
    return Call(
        method="POST",
        url=f"{base_url(settings.upload_url)}{UPLOAD_PATH}/videos",
        query=(
            ("uploadType", "resumable"),
            ("part", "snippet,status"),
            ("notifySubscribers", "true" if options.notifies else "false"),
        ),
        headers={
            "content-type": "application/json; charset=UTF-8",
            "X-Upload-Content-Length": str(facts.size_bytes),
            "X-Upload-Content-Type": facts.content_type,
        },
        json=_metadata(options, description),
        effect=Effect.PREPARE,
        step=SESSION_STEP,
        timeout_s=_OPEN_TIMEOUT_S,
    )


def _metadata(options: YouTubeOptions, description: str) -> Mapping[str, Any]:
    snippet: dict[str, Any] = {"title": options.title, "description": description}
    if options.tags:
        snippet["tags"] = list(options.tags)
    if options.category_id is not None:
        snippet["categoryId"] = options.category_id
    status: dict[str, Any] = {
        "privacyStatus": options.visibility,
        "selfDeclaredMadeForKids": options.made_for_kids,
        "containsSyntheticMedia": options.contains_synthetic_media,
    }
    if options.publish_at is not None:
        status["publishAt"] = options.publish_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {"snippet": snippet, "status": status}


def location_in(reply: Reply, settings: YouTubeSettings) -> str | None:
    """Return the URL of a session in a reply, or None if it has none.

    Raises:
        PlatformFailure: it is on another host than uploads. It must not receive the account's token.
    """
    url = reply.headers.get("location")
    if not url:
        return None
    if _origin(url) != _origin(base_url(settings.upload_url)):
        raise SESSION_ELSEWHERE(host=_origin(url)[1][:100] or "no host")
    return url


def _origin(url: str) -> tuple[str, str]:
    try:
        parts = urlsplit(url)
    except ValueError:  # half an IPv6 address
        return "", ""
    return parts.scheme.lower(), parts.netloc.lower()


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """An open session for a video.

    Args:
        check_time: raises `PlatformFailure` if no further part may be sent at a time.
        is_new: as in `Upload`.
    """

    url: str = field(repr=False)
    item: MediaItem
    settings: YouTubeSettings
    check_time: Callable[[datetime], None]
    is_new: bool

    def upload(self) -> Upload:
        """Return the upload of the video. Its last byte publishes."""
        total = facts_of(self.item).size_bytes
        return Upload(
            step=POST_STEP,
            media=MediaRange(self.item.media_id, 0, total),
            chunk_bytes=self.settings.chunk_bytes,
            send=self._send,
            probe=self.probe(),
            offset_of=lambda reply: stored_bytes(reply, total),
            moved_to=self._moved_to,
            is_new=self.is_new,
            last=Effect.PUBLISH,
        )

    def _moved_to(self, reply: Reply) -> str | None:
        """Return the new URL. It is called before each part but the first of a new session."""
        if reply.status != _INCOMPLETE:
            return None
        total = facts_of(self.item).size_bytes
        stored = stored_bytes(reply, total)
        if stored is not None and stored < total:
            self.check_time(reply.received_at)
        return location_in(reply, self.settings)

    def last_part(self) -> Call:
        """Return the call that publishes."""
        return self.upload().part(facts_of(self.item).size_bytes - 1)

    def probe(self) -> Call:
        """Return the read of how many bytes the session has."""
        return self._call({"Content-Range": f"bytes */{facts_of(self.item).size_bytes}"}, b"", Effect.READ)

    def _send(self, first_byte: int, length_bytes: int) -> Call:
        facts = facts_of(self.item)
        last_byte = first_byte + length_bytes - 1
        headers = {
            "Content-Type": facts.content_type,
            "Content-Range": f"bytes {first_byte}-{last_byte}/{facts.size_bytes}",
        }
        return self._call(headers, MediaRange(self.item.media_id, first_byte, length_bytes), Effect.WRITE)

    def _call(self, headers: Mapping[str, str], body: bytes | MediaRange, effect: Effect) -> Call:
        call = Call(method="PUT", url="", headers=headers, body=body, effect=effect, timeout_s=_PART_TIMEOUT_S)
        return call.at(self.url)


def probe_after(part: Call) -> tuple[Call, int]:
    """Return the probe of the session that a part was sent to, and the length of the file."""
    found = _CONTENT_RANGE.fullmatch(part.headers.get("Content-Range", ""))
    total = 0 if found is None else int(found[1])
    headers = {"Content-Range": f"bytes */{total}"}
    return replace(part, headers=headers, body=b"", effect=Effect.READ, step=None), total


def stored_bytes(reply: Reply, total: int) -> int | None:
    """Return how many bytes of a file the session has; None if the reply does not state it.

    A 308 without a `Range` states that it has none. A complete file has another status: a 308 with all bytes means that
    the video is not created yet.
    """
    if reply.status == _INCOMPLETE:
        shown = reply.headers.get("range")
        if shown is None:
            return 0
        found = _RANGE.fullmatch(shown.strip())
        return None if found is None else int(found[1]) + 1
    return total if reply.ok else None


def has_ended(reply: Reply) -> bool:
    """Return True if the session does not exist any more."""
    return reply.status in _ENDED
