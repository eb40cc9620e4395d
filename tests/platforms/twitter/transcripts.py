"""Fixtures of the flow tests: an account, a post, and replies from `replies/*.json`."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

from pydantic import SecretStr

from letmepost.domain.accounts import AccountFacts
from letmepost.domain.content import MediaFacts, MediaItem, MediaKind, PostContent
from letmepost.domain.flow import Frozen, Reply
from letmepost.platforms.contract import ReadyPost
from letmepost.platforms.twitter.settings import TwitterSettings
from tests.doubles.transcripts import read_reply

T = TypeVar("T")

NOW = datetime(2026, 11, 21, 10, 0, 0, 123456, tzinfo=UTC)
API = "https://api.x.com"
USER_ID = "2244994945"
BASIC = "Basic YXBwOnNlY3JldA=="
SETTINGS = TwitterSettings(client_id="app", client_secret=SecretStr("secret"))
FROZEN = Frozen(at=NOW, entropy=bytes(range(32)))
ACCOUNT = AccountFacts(platform_account_id=USER_ID, handle="ann", data={})

_REPLIES = Path(__file__).parent / "replies"


def recorded(name: str) -> Reply:
    """Return the reply in `replies/<name>.json`."""
    return read_reply(_REPLIES / f"{name}.json", NOW, {})


def replied(status: int, body: object, **headers: str) -> Reply:
    """Return a custom reply. Underscores in header names stand for hyphens."""
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(status=status, headers=names, body=json.dumps(body).encode(), received_at=NOW)


def created(post_id: str) -> Reply:
    """Return the reply to a successful create."""
    return replied(201, {"data": {"id": post_id, "text": "as X shows it", "edit_history_tweet_ids": [post_id]}})


def uri(post_id: str) -> str:
    return f"https://x.com/i/web/status/{post_id}"


def image(number: int = 1, **facts: Any) -> MediaItem:
    known = {"content_type": "image/jpeg", "size_bytes": 123_456, "width_px": 1200, "height_px": 800}
    return MediaItem(kind=MediaKind.IMAGE, media_id=UUID(int=number), facts=MediaFacts(**{**known, **facts}))


def gif(number: int = 1, **facts: Any) -> MediaItem:
    return image(number, **{"content_type": "image/gif", "size_bytes": 9_000_000, **facts})


def video(number: int = 1, **facts: Any) -> MediaItem:
    known = {"content_type": "video/mp4", "size_bytes": 2_500_000, "width_px": 1920, "height_px": 1080}
    played = {"duration_s": 12.5, "frame_rate": 29.97, "codec": "h264", "pixel_format": "yuv420p"}
    filled = MediaFacts(**{**known, **played, **facts})
    return MediaItem(kind=MediaKind.VIDEO, media_id=UUID(int=number), facts=filled)


def ready(text: str = "hello", **content: Any) -> ReadyPost:
    return ReadyPost(account=ACCOUNT, content=PostContent(text=text, **content), frozen=FROZEN)
