"""Fixtures of the flow tests: an account, posts, and replies."""

import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from pydantic import SecretStr

from letmepost.domain.accounts import AccountFacts
from letmepost.domain.content import PostContent
from letmepost.domain.errors import FailureKind, PlatformFailure
from letmepost.domain.flow import Frozen, Reply
from letmepost.domain.ids import Prefix, format_id
from letmepost.platforms.contract import ReadyPost
from letmepost.platforms.facebook.settings import FacebookSettings

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
PAGE = "1020304050"
POST = f"{PAGE}_77"
API = "https://graph.facebook.com/v26.0"
APP_ID = "1380"
SETTINGS = FacebookSettings(client_id=APP_ID, client_secret=SecretStr("app-secret"))
ACCOUNT = AccountFacts(platform_account_id=PAGE, handle="acme", data={"comments": True})
AWAY = PlatformFailure(FailureKind.UNAVAILABLE, "The server did not respond.")
"""The failure that the driver throws into a flow if a read or a preparation got no response."""


def answered(value: object = None, /, *, http: int = 200, **fields: Any) -> Reply:
    """Return a reply with JSON."""
    body = json.dumps(fields if value is None else value).encode()
    return Reply(status=http, body=body, received_at=NOW)


def refused(code: int, subcode: int | None = None, *, http: int = 400, message: str = "No.", **more: object) -> Reply:
    """Return a refusal in the envelope of the Graph API."""
    error = {"message": message, "type": "OAuthException", "code": code, "fbtrace_id": "A", **more}
    return answered(http=http, error=error if subcode is None else {**error, "error_subcode": subcode})


MISSING = refused(100, 33)
ME = answered(id=PAGE, name="Acme")


def url(number: int) -> str:
    """Return the URL where a media item can be fetched."""
    return f"https://media.example.com/media/{number}"


def ready(text: str = "hello", **content: Any) -> ReadyPost:
    filled = PostContent(text=text, **content)
    ids: list[UUID] = [item.media_id for _, item in filled.items()]
    urls = {format_id(Prefix.MEDIA, media_id): url(media_id.int) for media_id in ids}
    return ReadyPost(account=ACCOUNT, content=filled, frozen=Frozen(at=NOW, entropy=bytes(range(32))), media_urls=urls)
