"""Fixtures of the flow tests: an account, a post, and replies in the API's words."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, TypeVar
from uuid import UUID

from pydantic import SecretStr

from letmepost.domain.accounts import AccountFacts
from letmepost.domain.content import MediaFacts, MediaItem, MediaKind, PostContent
from letmepost.domain.errors import FailureKind, PlatformFailure
from letmepost.domain.flow import Frozen, Reply
from letmepost.platforms.contract import ReadyPost
from letmepost.platforms.linkedin.settings import LinkedInSettings

T = TypeVar("T")

NOW = datetime(2026, 11, 22, 10, 0, 0, 123456, tzinfo=UTC)
MEMBER = "urn:li:person:782bbtaQ"
PAGE = "urn:li:organization:2414183"
SHARE = "urn:li:share:7012345678901234567"
SETTINGS = LinkedInSettings(client_id="app", client_secret=SecretStr("secret"), pages=True)
FROZEN = Frozen(at=NOW, entropy=bytes(range(32)))
ACCOUNT = AccountFacts(platform_account_id=MEMBER, handle=None, data={"authors": [MEMBER, PAGE], "refreshable": False})
AWAY = PlatformFailure(FailureKind.UNAVAILABLE, "The server did not response.")
"""The failure that the driver throws into a flow if a read got no response."""

BYTES = {
    "image/jpeg": b"\xff\xd8\xff\xe0 and the rest of a picture",
    "application/pdf": b"%PDF-1.7 and the rest of a document",
}

CREATED = Reply(status=201, headers={"x-restli-id": SHARE}, received_at=NOW)


def response(status: int, value: object = None, **headers: str) -> Reply:
    body = b"" if value is None else json.dumps(value).encode()
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return Reply(status=status, headers=named, body=body, received_at=NOW)


def refusal(status: int, code: str | None, message: str = "", *, number: int = 100, inner: str | None = None) -> Reply:
    """Return a refusal in the API's envelope."""
    value: dict[str, Any] = {"status": status, "serviceErrorCode": number, "message": message}
    if code is not None:
        value["code"] = code
    if inner is not None:
        error = {"code": inner, "description": message, "input": {"inputPath": {"fieldPath": "/commentary"}}}
        value["errorDetails"] = {"inputErrors": [error]}
    return response(status, value)


def upload_started(noun: str, number: int = 1) -> Reply:
    """Return the reply with an upload URL."""
    urn = f"urn:li:{noun}:D{number}"
    return response(200, {"value": {"uploadUrl": f"https://www.linkedin.com/dms-uploads/{number}", noun: urn}})


SENT = response(201)
PART_BYTES = 4_194_304


def video_started(size_bytes: int, number: int = 1, **more: Any) -> Reply:
    """Return the reply with the URLs of a video's parts."""
    parts = [
        {
            "uploadUrl": f"https://www.linkedin.com/dms-uploads/{number}-{index}",
            "firstByte": first,
            "lastByte": min(first + PART_BYTES, size_bytes) - 1,
        }
        for index, first in enumerate(range(0, size_bytes, PART_BYTES))
    ]
    value = {"video": f"urn:li:video:D{number}", "uploadToken": "", "uploadInstructions": parts, **more}
    return response(200, {"value": value})


def parts_sent(*etags: str) -> Reply:
    """Return the reply to the last part of a video, as the driver returns it."""
    return replace(response(200, etag=f'"{etags[-1]}"'), parts=etags)


def video_is(status: str, **more: Any) -> Reply:
    """Return the state of a video."""
    return response(200, {"id": "urn:li:video:D1", "status": status, **more})


def image(number: int = 1, **facts: Any) -> MediaItem:
    known = {"content_type": "image/jpeg", "size_bytes": len(BYTES["image/jpeg"]), "width_px": 1200, "height_px": 800}
    return MediaItem(
        kind=MediaKind.IMAGE,
        media_id=UUID(int=number),
        alt_text=f"image {number}",
        facts=MediaFacts(**{**known, **facts}),
    )


def video(title: str | None = None, **facts: Any) -> MediaItem:
    known = {"content_type": "video/mp4", "size_bytes": 10_000_000, "width_px": 1920, "height_px": 1080}
    played = {"duration_s": 12.5, "frame_rate": 29.97, "codec": "h264"}
    filled = MediaFacts(**{**known, **played, **facts})
    return MediaItem(kind=MediaKind.VIDEO, media_id=UUID(int=98), title=title, facts=filled)


def document(title: str | None = "Deck", **facts: Any) -> MediaItem:
    known = {"content_type": "application/pdf", "size_bytes": len(BYTES["application/pdf"])}
    return MediaItem(
        kind=MediaKind.DOCUMENT, media_id=UUID(int=99), title=title, facts=MediaFacts(**{**known, **facts})
    )


def ready(text: str = "hello", *, account: AccountFacts = ACCOUNT, **content: Any) -> ReadyPost:
    return ReadyPost(account=account, content=PostContent(text=text, **content), frozen=FROZEN)
