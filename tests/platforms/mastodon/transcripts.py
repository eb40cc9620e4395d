"""Fixtures of the flow tests: an account, a post, and replies as a server writes them."""

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from itertools import chain, repeat
from typing import Any, TypeVar
from uuid import UUID

from letmepost.domain.accounts import AccountFacts
from letmepost.domain.content import MediaFacts, MediaItem, MediaKind, PostContent
from letmepost.domain.errors import PlatformFailure
from letmepost.domain.flow import Flow, Frozen, Reply
from letmepost.domain.playback import Transcript, play
from letmepost.platforms.connecting import App
from letmepost.platforms.contract import ReadyPost
from letmepost.platforms.mastodon.settings import MastodonSettings

T = TypeVar("T")

NOW = datetime(2026, 11, 29, 10, 0, tzinfo=UTC)
SERVER = "social.example"
BASE = f"https://{SERVER}"
ACCOUNT_ID = "109"
SETTINGS = MastodonSettings()
APP = App(server=SERVER, client_id="client", client_secret="app-secret")
ACCOUNT = AccountFacts(platform_account_id=f"{SERVER}/{ACCOUNT_ID}", handle=f"alice@{SERVER}", data={"server": SERVER})
FROZEN = Frozen(at=NOW, entropy=bytes(range(32)))
HTML_PAGE = b"<html><title>502 Bad Gateway</title></html>"

_STATUSES = (200, 302, 400, 401, 403, 404, 410, 422, 429, 500, 503)
_BODIES = (b'{"error": "No."}', HTML_PAGE, b"", b'{"id": 5, "url": 5}', b"[5]", b"[" * 50_000)


def replied(status: int, body: object, **headers: str) -> Reply:
    """Return a JSON reply."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(status=status, headers=named, body=json.dumps(body).encode(), received_at=NOW)


def refused(status: int, error: str = "No.", **headers: str) -> Reply:
    """Return a refusal in the server's form."""
    return replied(status, {"error": error}, **headers)


def page(status: int) -> Reply:
    """Return a page of a proxy."""
    return Reply(status=status, body=HTML_PAGE, received_at=NOW)


def created(number: int = 1) -> Reply:
    """Return the reply that created status `number`."""
    return replied(200, {"id": str(number), "url": f"{BASE}/@alice/{number}", "content": "<p>hello</p>"})


def uploaded(number: int = 7, status: int = 200) -> Reply:
    """Return the reply to an upload: ready (200), or processing (202 at first, 206 later)."""
    return replied(status, {"id": str(number), "url": f"{BASE}/media/{number}" if status == 200 else None})


def shown(content: str = "<p>hello</p>", **more: Any) -> dict[str, Any]:
    """Return an entry of the account's timeline."""
    entry = {"id": "11", "url": f"{BASE}/@alice/11", "created_at": "2026-11-29T10:00:01.123Z", "content": content}
    return {**entry, "spoiler_text": "", "in_reply_to_id": None, "media_attachments": [], "poll": None, **more}


def image(number: int = 1, alt_text: str | None = "A picture", **facts: Any) -> MediaItem:
    known = {"content_type": "image/jpeg", "size_bytes": 1234, "width_px": 1200, "height_px": 800, "frame_count": 1}
    filled = MediaFacts(**{**known, **facts})
    return MediaItem(kind=MediaKind.IMAGE, media_id=UUID(int=number), alt_text=alt_text, facts=filled)


def video(number: int = 9, **facts: Any) -> MediaItem:
    known = {"content_type": "video/mp4", "size_bytes": 5000, "width_px": 1080, "height_px": 1920, "frame_rate": 30.0}
    filled = MediaFacts(**{**known, **facts})
    return MediaItem(kind=MediaKind.VIDEO, media_id=UUID(int=number), facts=filled)


def ready(text: str = "hello", **content: Any) -> ReadyPost:
    return ReadyPost(account=ACCOUNT, content=PostContent(text=text, **content), frozen=FROZEN)


def refusal(transcript: Transcript[T]) -> PlatformFailure:
    assert isinstance(transcript.error, PlatformFailure), transcript
    return transcript.error


def assert_ends_for_any_reply(flow: Callable[[], Flow[T]], replies: Sequence[Reply]) -> None:
    """Break the flow off at every step, in every way. It must end or wait each time, with a reason."""
    for step in range(len(replies) + 1):
        for status in _STATUSES:
            for body in _BODIES:
                bad = Reply(status=status, body=body, received_at=NOW)
                given = list(chain(replies[:step], repeat(bad, 40)))
                transcript = play(flow(), *given)
                assert len(transcript.calls) <= len(given), "the flow still waits for a reply"
                assert transcript.error is None or isinstance(transcript.error, PlatformFailure), transcript.error
