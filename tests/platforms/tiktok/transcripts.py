"""Fixtures of the flow tests: an account, posts, and replies in the form of TikTok's pages."""

import json
from datetime import UTC, datetime
from typing import Any, TypeVar

from pydantic import SecretStr

from letmepost.domain.accounts import AccountFacts
from letmepost.domain.content import MediaItem, PostContent
from letmepost.domain.errors import PlatformFailure
from letmepost.domain.flow import Frozen, Reply
from letmepost.domain.ids import Prefix, format_id
from letmepost.domain.playback import Transcript
from letmepost.platforms.contract import ReadyPost
from letmepost.platforms.tiktok.settings import TikTokSettings
from tests.doubles.media import video

T = TypeVar("T")

NOW = datetime(2026, 11, 29, 10, 0, tzinfo=UTC)
API = "https://open.tiktokapis.com/v2"
OPEN_ID = "723f24d7-e717-40f8-a2b6-cb8464cd23b4"
PUBLISH_ID = "v_pub_file~v2-1.123456789"
UPLOAD_URL = "https://open-upload.tiktokapis.com/video/?upload_id=67890&upload_token=Xza123"
POST_ID = 7663542984343883021
"""It does not fit into a double."""
SETTINGS = TikTokSettings(
    client_id="awkey", client_secret=SecretStr("app-secret"), app_audited=True, media_url_prefix_verified=True
)
CREATOR = {
    "creator_avatar_url": "https://p16.example/a.jpeg",
    "creator_username": "robyn6608",
    "creator_nickname": "Robyn",
    "privacy_level_options": ["PUBLIC_TO_EVERYONE", "MUTUAL_FOLLOW_FRIENDS", "SELF_ONLY"],
    "comment_disabled": False,
    "duet_disabled": False,
    "stitch_disabled": True,
    "max_video_post_duration_sec": 300,
}
ACCOUNT = AccountFacts(
    platform_account_id=OPEN_ID,
    handle="robyn6608",
    data={"creator": CREATOR, "canList": True},
    confirmed_at=NOW,
)
TOKENS = {
    "access_token": "act.example123456",
    "expires_in": 7200,
    "open_id": OPEN_ID,
    "refresh_expires_in": 15_552_000,
    "refresh_token": "rft.example123456",
    "scope": "user.info.basic,video.publish,video.upload",
    "token_type": "Bearer",
}
USER = {
    "open_id": OPEN_ID,
    "avatar_url": "https://p19.example/a.webp",
    "display_name": "Robyn",
    "username": "robyn6608",
}


def replied(status: int, body: object = None, at: datetime = NOW, **headers: str) -> Reply:
    """Return a reply. Underscores in the names of headers stand for hyphens."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(status=status, headers=named, body=b"" if body is None else json.dumps(body).encode(), received_at=at)


def done(data: object = None, at: datetime = NOW) -> Reply:
    """Return a success of the API."""
    return replied(200, {"data": data or {}, "error": {"code": "ok", "message": "", "log_id": "2022"}}, at)


def refused(status: int, code: str, message: str = "No.", **headers: str) -> Reply:
    """Return a refusal of the API."""
    return replied(status, {"data": {}, "error": {"code": code, "message": message, "log_id": "2022"}}, NOW, **headers)


def begun() -> Reply:
    """Return the reply to the start of an upload."""
    return done({"publish_id": PUBLISH_ID, "upload_url": UPLOAD_URL})


def status(name: str, at: datetime = NOW, **more: Any) -> Reply:
    """Return the status of a post."""
    return done({"status": name, "publicaly_available_post_id": [], **more}, at)


def ready(
    text: str = "hello", *media: MediaItem, account: AccountFacts = ACCOUNT, mode: str = "direct", **options: Any
) -> ReadyPost:
    """Return a post of the account that is visible to everyone, with the URLs of its photos."""
    media = media or (video(),)
    privacy = {"privacy": "PUBLIC_TO_EVERYONE"} if mode == "direct" else {}
    content = PostContent(text=text, media=media, options={"mode": mode, **privacy, **options})
    urls = {format_id(Prefix.MEDIA, item.media_id): f"https://media.example.com/{item.media_id.int}" for item in media}
    frozen = Frozen(at=NOW, entropy=bytes(range(32)))
    return ReadyPost(account=account, content=content, frozen=frozen, media_urls=urls)


def refusal(transcript: Transcript[T]) -> PlatformFailure:
    """Return the failure with which a flow ended."""
    assert isinstance(transcript.error, PlatformFailure), transcript
    return transcript.error
