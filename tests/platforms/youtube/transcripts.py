"""Fixtures of the flow tests: a channel, a post, and replies in the form of the published API."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from pydantic import SecretStr

from letmepost.domain.accounts import AccountFacts
from letmepost.domain.content import MediaItem, PostContent
from letmepost.domain.errors import FailureKind, PlatformFailure
from letmepost.domain.flow import Frozen, Reply
from letmepost.domain.playback import Transcript
from letmepost.platforms.contract import ReadyPost
from letmepost.platforms.youtube.settings import YouTubeSettings
from tests.doubles.media import video

T = TypeVar("T")

NOW = datetime(2026, 11, 29, 10, 0, tzinfo=UTC)
CHANNEL = "UCabcdefghijklmnopqrstuv"
VIDEO = "dQw4w9WgXcQ"
API = "https://youtube.googleapis.com/youtube/v3"
UPLOADS = "https://www.googleapis.com/upload/youtube/v3"
SESSION = f"{UPLOADS}/videos?uploadType=resumable&part=snippet,status&upload_id=AEnB2Us3cret"
FORCE_SSL = "https://www.googleapis.com/auth/youtube.force-ssl"
SETTINGS = YouTubeSettings(client_id="1000.apps.googleusercontent.com", client_secret=SecretStr("GOCSPX-secret"))
ACCOUNT = AccountFacts(
    platform_account_id=CHANNEL,
    handle="acme",
    data={"uploads": "UUabcdefghijklmnopqrstuv", "longUploads": "allowed", "scopes": [FORCE_SSL]},
)
FROZEN = Frozen(at=NOW, entropy=bytes(range(32)))
AWAY = PlatformFailure(FailureKind.UNAVAILABLE, "The server did not respond.")
"""The failure that the driver throws into a flow if a read got no response."""

TOKENS = {
    "access_token": "ya29.ACCESS",
    "expires_in": 3599,
    "refresh_token": "1//0gREFRESH",
    "scope": FORCE_SSL,
    "token_type": "Bearer",
}
CHANNELS: dict[str, Any] = {
    "kind": "youtube#channelListResponse",
    "items": [
        {
            "id": CHANNEL,
            "snippet": {
                "title": "Acme",
                "customUrl": "@acme",
                "thumbnails": {"default": {"url": "https://yt3.ggpht.com/a.jpg"}},
            },
            "contentDetails": {"relatedPlaylists": {"uploads": "UUabcdefghijklmnopqrstuv"}},
            "status": {"longUploadsStatus": "allowed"},
        }
    ],
}


def replied(status: int, body: object = None, **headers: str) -> Reply:
    """Return a reply. Underscores in the names of headers stand for hyphens."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    content = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
    return Reply(status=status, headers=named, body=content, received_at=NOW)


def later(reply: Reply, seconds: float) -> Reply:
    """Return a reply that was received this long after NOW."""
    return replace(reply, received_at=NOW + timedelta(seconds=seconds))


def refused(
    status: int, reason: str | None, message: str = "No.", *, domain: str = "youtube.common", **headers: str
) -> Reply:
    """Return a refusal in the envelope of the API."""
    errors = [] if reason is None else [{"message": message, "domain": domain, "reason": reason}]
    return replied(status, {"error": {"code": status, "message": message, "errors": errors}}, **headers)


def opened(url: str = SESSION, **changes: Any) -> Reply:
    """Return the reply to the opening of a session."""
    return replace(replied(200, location=url), **changes)


def incomplete(last_byte: int | None = None, **headers: str) -> Reply:
    """Return the reply of a session that has the bytes up to this one."""
    return replied(308, **({} if last_byte is None else {"range": f"bytes=0-{last_byte}"}), **headers)


def uploaded(privacy: str = "public", **more: Any) -> Reply:
    """Return the reply to the last byte."""
    return replied(201, {"kind": "youtube#video", "id": VIDEO, "status": {"privacyStatus": privacy}, **more})


def listed(*items: object, after_s: float = 0.0) -> Reply:
    """Return a list of resources. An empty one has no items."""
    body = {"kind": "youtube#videoListResponse", **({"items": items} if items else {})}
    return later(replied(200, body), after_s)


def state(upload: str = "processed", processing: str = "succeeded", *, after_s: float = 0.0, **status: str) -> Reply:
    """Return the processing status of the video."""
    video_status = {"uploadStatus": upload, **status}
    details = {"processingStatus": processing}
    return listed({"id": VIDEO, "status": video_status, "processingDetails": details}, after_s=after_s)


def ready(text: str = "hello", media: tuple[MediaItem, ...] = (video(),), **content: Any) -> ReadyPost:
    """Return a post of the channel."""
    options = {"title": "A title", "madeForKids": False, **content.pop("options", {})}
    filled = PostContent(text=text, media=media, options=options, **content)
    return ReadyPost(account=ACCOUNT, content=filled, frozen=FROZEN)


def refusal(transcript: Transcript[T]) -> PlatformFailure:
    """Return the failure with which a flow ended."""
    assert isinstance(transcript.error, PlatformFailure), transcript
    return transcript.error
