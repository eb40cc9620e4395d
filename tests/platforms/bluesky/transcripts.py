"""Fixtures of the flow tests: an account, a post, and replies from `replies/*.json`."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

from letmepost.domain.accounts import AccountFacts
from letmepost.domain.content import MediaFacts, MediaItem, MediaKind, PostContent
from letmepost.domain.errors import FailureKind, PlatformFailure
from letmepost.domain.flow import Call, Frozen, Reply
from letmepost.platforms.bluesky.settings import BlueskySettings
from letmepost.platforms.bluesky.tid import tid
from letmepost.platforms.contract import ReadyPost
from tests.doubles.transcripts import read_reply

T = TypeVar("T")

NOW = datetime(2026, 11, 21, 10, 0, 0, 123456, tzinfo=UTC)
DID = "did:plc:ewvi7nxzyoun6zhxrhs64oiz"
PDS = "https://pds.example.com"
SETTINGS = BlueskySettings()
FROZEN = Frozen(at=NOW, entropy=bytes(range(32)))
ACCOUNT = AccountFacts(platform_account_id=DID, handle="alice.example.com", data={"pds": PDS, "did": DID})
AWAY = PlatformFailure(FailureKind.UNAVAILABLE, "The server did not response.")
"""The failure that the driver throws into a flow if a read or a sign-in got no response."""
OTHER_POST = "at://did:plc:z72i7hdynmk6r22z27h6tvur/app.bsky.feed.post/3k44deefqdk2g"
OTHER_CID = "bafyreiecx6dujwoeqpdzl27w67z4h46hyklk3an4i4cvvmioaqb2qbyo5u"

_REPLIES = Path(__file__).parent / "replies"


def recorded(name: str, **changes: object) -> Reply:
    """Return the reply in `replies/<name>.json`; `changes` replaces fields of its JSON body."""
    return read_reply(_REPLIES / f"{name}.json", NOW, changes)


def put(index: int = 0, collection: str = "app.bsky.feed.post") -> Reply:
    """Return the reply to an accepted put of the `index`-th record."""
    return recorded("put_record", uri=uri(index, collection), cid=f"bafyrei{index}")


def uri(index: int = 0, collection: str = "app.bsky.feed.post") -> str:
    return f"at://{DID}/{collection}/{tid(FROZEN, index)}"


def image(number: int = 1, **facts: Any) -> MediaItem:
    known = {"content_type": "image/jpeg", "size_bytes": 123_456, "width_px": 1200, "height_px": 800}
    return MediaItem(
        kind=MediaKind.IMAGE,
        media_id=UUID(int=number),
        alt_text=f"image {number}",
        facts=MediaFacts(**{**known, **facts}),
    )


def ready(text: str = "hello", **content: Any) -> ReadyPost:
    return ReadyPost(account=ACCOUNT, content=PostContent(text=text, **content), frozen=FROZEN)


def record(call: Call) -> dict[str, Any]:
    """Return the record that a call puts."""
    assert call.json is not None
    found = call.json["record"]
    assert isinstance(found, dict)
    return found
