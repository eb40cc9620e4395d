"""Fixtures of the flow tests: an account, a post, and replies from `replies/*.json`."""

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from itertools import chain, repeat
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

from pydantic import SecretStr

from letmepost.domain.content import MediaFacts, MediaItem, MediaKind, PostContent
from letmepost.domain.flow import Flow, Frozen, Reply
from letmepost.domain.playback import Transcript, play
from letmepost.platforms.contract import AccountFacts, ReadyPost
from letmepost.platforms.twitter.settings import TwitterSettings

T = TypeVar("T")

NOW = datetime(2026, 11, 21, 10, 0, 0, 123456, tzinfo=UTC)
API = "https://api.x.com"
USER_ID = "2244994945"
BASIC = "Basic YXBwOnNlY3JldA=="
SETTINGS = TwitterSettings(client_id="app", client_secret=SecretStr("secret"))
FROZEN = Frozen(at=NOW, entropy=bytes(range(32)))
ACCOUNT = AccountFacts(platform_account_id=USER_ID, handle="ann", data={})

_REPLIES = Path(__file__).parent / "replies"
_STATUSES = (200, 401, 429, 500)


def recorded(name: str) -> Reply:
    """Return the reply in `replies/<name>.json`."""
    data = json.loads((_REPLIES / f"{name}.json").read_text())
    return Reply(
        status=data["status"],
        headers=data.get("headers", {}),
        body=json.dumps(data["body"]).encode(),
        received_at=NOW,
    )


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


def ready(text: str = "hello", **content: Any) -> ReadyPost:
    return ReadyPost(account=ACCOUNT, content=PostContent(text=text, **content), frozen=FROZEN)


def assert_ends_for_any_reply(flow: Callable[[], Flow[T]], replies: Sequence[Reply]) -> None:
    """Break the flow off at every step, in every way. It must end each time, with a reason.

    From some step on, every reply has the status; its body is an error's, a page's, a list, or empty.
    """
    assert_ended(play(flow(), *replies), len(replies))
    for step in range(len(replies)):
        for status in _STATUSES:
            for body in (b'{"title": "Whatever", "errors": [1, {"code": "x"}], "data": [1]}', b"<html>", b"[]", b""):
                bad = Reply(status=status, body=body, received_at=NOW)
                given = list(chain(replies[:step], repeat(bad, 40)))
                assert_ended(play(flow(), *given), len(given))


def assert_ended(transcript: Transcript[T], reply_count: int) -> None:
    assert len(transcript.calls) <= reply_count, "the flow still waits for a reply"
    assert transcript.error is None or type(transcript.error).__name__ == "PlatformFailure", transcript.error
