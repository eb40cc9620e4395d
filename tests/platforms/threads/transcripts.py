"""Fixtures of the flow tests: an account, a post, and replies from `replies/*.json`."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

from pydantic import SecretStr

from letmepost.domain.accounts import AccountFacts
from letmepost.domain.content import MediaFacts, MediaItem, MediaKind, PostContent
from letmepost.domain.errors import FailureKind, PlatformFailure
from letmepost.domain.flow import Frozen, Reply
from letmepost.domain.ids import Prefix, format_id
from letmepost.domain.playback import Transcript
from letmepost.platforms.contract import ReadyPost
from letmepost.platforms.threads.settings import ThreadsSettings
from tests.doubles.transcripts import read_reply

T = TypeVar("T")

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
USER = "17841400000000001"
API = "https://graph.threads.net/v1.0"
SETTINGS = ThreadsSettings(client_id="1789", client_secret=SecretStr("app-secret"))
FROZEN = Frozen(at=NOW, entropy=bytes(range(32)))
ACCOUNT = AccountFacts(platform_account_id=USER, handle="alice", data={})
AWAY = PlatformFailure(FailureKind.UNAVAILABLE, "The server did not response.")
"""The failure that the driver throws into a flow if a read or a preparation got no response."""

_REPLIES = Path(__file__).parent / "replies"


def recorded(name: str, **changes: object) -> Reply:
    """Return the reply in `replies/<name>.json`; `changes` replaces fields of its JSON body."""
    return read_reply(_REPLIES / f"{name}.json", NOW, changes)


def made(number: int) -> Reply:
    """Return the reply that created object `number`: a container or a post."""
    return recorded("container", id=str(number))


def status(name: str, **changes: object) -> Reply:
    """Return the reply with a container's status."""
    return recorded("status", status=name, **changes)


def refused(code: int, subcode: int | None = None, *, http: int = 400, message: str = "No.", **more: object) -> Reply:
    """Return a refusal in the envelope of the Graph API."""
    error = {"message": message, "type": "OAuthException", "code": code, "fbtrace_id": "A", **more}
    body = {"error": error if subcode is None else {**error, "error_subcode": subcode}}
    return Reply(status=http, body=json.dumps(body).encode(), received_at=NOW)


def image(number: int = 1, **facts: Any) -> MediaItem:
    known = {"content_type": "image/jpeg", "size_bytes": 123_456, "width_px": 1200, "height_px": 800}
    return MediaItem(
        kind=MediaKind.IMAGE,
        media_id=UUID(int=number),
        alt_text=f"image {number}",
        facts=MediaFacts(**{**known, **facts}),
    )


def video(number: int = 9, **facts: Any) -> MediaItem:
    known = {
        "content_type": "video/mp4",
        "size_bytes": 5_000_000,
        "width_px": 1080,
        "height_px": 1920,
        "duration_s": 12.0,
        "frame_rate": 30.0,
        "codec": "h264",
    }
    return MediaItem(kind=MediaKind.VIDEO, media_id=UUID(int=number), facts=MediaFacts(**{**known, **facts}))


def url(number: int) -> str:
    """Return the URL where a media item can be fetched."""
    return f"https://media.example.com/media/{number}"


def ready(text: str = "hello", **content: Any) -> ReadyPost:
    filled = PostContent(text=text, **content)
    ids = [item.media_id for _, item in filled.items()]
    urls = {format_id(Prefix.MEDIA, media_id): url(media_id.int) for media_id in ids}
    return ReadyPost(account=ACCOUNT, content=filled, frozen=FROZEN, media_urls=urls)


def refusal(transcript: Transcript[T]) -> PlatformFailure:
    assert isinstance(transcript.error, PlatformFailure), transcript
    return transcript.error
