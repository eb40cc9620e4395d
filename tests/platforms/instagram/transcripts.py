"""Fixtures of the flow tests: accounts, a post, and replies in the form of the Graph API."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import SecretStr

from letmepost.domain.accounts import AccountFacts
from letmepost.domain.content import PostContent
from letmepost.domain.flow import Frozen, Reply
from letmepost.domain.ids import Prefix, format_id
from letmepost.platforms.contract import ReadyPost
from letmepost.platforms.instagram.api import Api
from letmepost.platforms.instagram.settings import InstagramSettings
from tests.doubles.media import image

NOW = datetime(2026, 11, 29, 12, 0, tzinfo=UTC)
USER = "17841400000000001"
SETTINGS = InstagramSettings(client_id="1", client_secret=SecretStr("app-secret"))
FACEBOOK_SETTINGS = InstagramSettings(login="facebook_login", client_id="2", client_secret=SecretStr("facebook-secret"))
WITH_INSTAGRAM = AccountFacts(
    platform_account_id=USER,
    handle="alice",
    data={"login": "instagram_login", "appScopedId": "2500", "userId": "2500"},
)
WITH_FACEBOOK = AccountFacts(platform_account_id=USER, handle="alice", data={"login": "facebook_login", "pageId": "7"})
API = Api.of(WITH_INSTAGRAM, SETTINGS)
URL = "https://graph.instagram.com/v26.0"
FACEBOOK_URL = "https://graph.facebook.com/v26.0"


def ok(*, at: datetime = NOW, **body: object) -> Reply:
    return Reply(status=200, body=json.dumps(body).encode(), received_at=at)


def made(number: int) -> Reply:
    """Return the reply that created object `number`."""
    return ok(id=str(number))


def status(name: str = "FINISHED", text: str = "", *, after_s: float = 1.0) -> Reply:
    return ok(id="1", status_code=name, status=text, at=NOW + timedelta(seconds=after_s))


def listed(*rows: dict[str, Any]) -> Reply:
    return ok(data=list(rows))


def row(media_id: int = 5, caption: str = "hello", *, after_s: float = 0.0, **more: object) -> dict[str, Any]:
    """Return a row of the account's list of posts."""
    timestamp = (NOW + timedelta(seconds=after_s)).strftime("%Y-%m-%dT%H:%M:%S+0000")
    return {"id": str(media_id), "caption": caption, "media_type": "IMAGE", "timestamp": timestamp, **more}


def refused(code: int, subcode: int | None = None, *, http: int = 400, message: str = "No.", **more: object) -> Reply:
    error = {"message": message, "type": "OAuthException", "code": code, "fbtrace_id": "A", **more}
    body = {"error": error if subcode is None else {**error, "error_subcode": subcode}}
    return Reply(status=http, body=json.dumps(body).encode(), received_at=NOW)


HIDDEN = refused(100, 33, message="Unsupported get request.")


def url(number: int) -> str:
    """Return the URL where a media item can be fetched."""
    return f"https://media.example.com/media/{number}"


def ready(text: str = "hello", *, account: AccountFacts = WITH_INSTAGRAM, **content: Any) -> ReadyPost:
    filled = PostContent(text=text, **{"media": (image(),), **content})
    urls = {format_id(Prefix.MEDIA, item.media_id): url(item.media_id.int) for item in filled.media}
    return ReadyPost(account=account, content=filled, frozen=Frozen(at=NOW, entropy=bytes(32)), media_urls=urls)
