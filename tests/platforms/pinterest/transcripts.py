"""Fixtures of the flow tests: an account, a post, and replies in the form of the published API."""

import json
from datetime import UTC, datetime
from typing import Any, TypeVar

from pydantic import SecretStr

from letmepost.domain.accounts import AccountFacts
from letmepost.domain.content import MediaItem, PostContent
from letmepost.domain.errors import FailureKind, PlatformFailure
from letmepost.domain.flow import Frozen, Reply
from letmepost.domain.ids import Prefix, format_id
from letmepost.domain.playback import Transcript
from letmepost.platforms.contract import ReadyPost
from letmepost.platforms.pinterest.settings import PinterestSettings
from tests.doubles.media import image

T = TypeVar("T")

NOW = datetime(2026, 11, 29, 10, 0, tzinfo=UTC)
USER = "2783136121146311751"
BOARD = "549755885175"
API = "https://api.pinterest.com/v5"
SETTINGS = PinterestSettings(client_id="1489", client_secret=SecretStr("app-secret"), app_access="standard")
ACCOUNT = AccountFacts(
    platform_account_id=USER,
    handle="acme",
    data={"boards": [{"id": BOARD, "name": "Recipes"}]},
    preferences={"board": {"id": BOARD, "name": "Recipes"}},
)
FROZEN = Frozen(at=NOW, entropy=bytes(range(32)))
AWAY = PlatformFailure(FailureKind.UNAVAILABLE, "The server did not respond.")
"""The failure that the driver throws into a flow if a read got no response."""

USER_ACCOUNT = {
    "account_type": "BUSINESS",
    "id": USER,
    "profile_image": "https://i.pinimg.com/a.jpg",
    "username": "acme",
    "business_name": "Acme",
}
TOKENS = {
    "response_type": "authorization_code",
    "access_token": "pina_ACCESS",
    "token_type": "bearer",
    "expires_in": 2_592_000,
    "scope": "boards:read boards:write pins:read pins:write user_accounts:read",
    "refresh_token": "pinr_REFRESH",
    "refresh_token_expires_in": 5_184_000,
    "refresh_token_expires_at": 1_768_953_600,
}


def replied(status: int, body: object = None, **headers: str) -> Reply:
    """Return a reply. Underscores in the names of headers stand for hyphens."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(status=status, headers=named, body=b"" if body is None else json.dumps(body).encode(), received_at=NOW)


def refused(status: int, code: int | None, message: str = "No.", **headers: str) -> Reply:
    """Return a refusal in the envelope of the API."""
    return replied(status, {"message": message} if code is None else {"code": code, "message": message}, **headers)


def created(pin_id: str = "813744226420795884") -> Reply:
    """Return the reply to the creation of a Pin."""
    return replied(201, {"id": pin_id, "created_at": "2026-11-29T10:00:01", "board_id": BOARD})


def page(*rows: object, bookmark: str | None = None) -> Reply:
    """Return the reply with a page of a list."""
    return replied(200, {"items": [*rows], "bookmark": bookmark})


def board(board_id: str = BOARD, name: str = "Recipes", **more: Any) -> dict[str, Any]:
    """Return a board of a list."""
    return {"id": board_id, "name": name, "privacy": "PUBLIC", **more}


def ready(text: str = "hello", media: tuple[MediaItem, ...] = (image(),), **content: Any) -> ReadyPost:
    """Return a post of the account, with the URLs of its images."""
    urls = {format_id(Prefix.MEDIA, item.media_id): url(item.media_id.int) for item in media}
    filled = PostContent(text=text, media=media, **content)
    return ReadyPost(account=ACCOUNT, content=filled, frozen=FROZEN, media_urls=urls)


def url(number: int) -> str:
    """Return the URL where an image can be fetched."""
    return f"https://media.example.com/media/{number}"


def refusal(transcript: Transcript[T]) -> PlatformFailure:
    """Return the failure with which a flow ended."""
    assert isinstance(transcript.error, PlatformFailure), transcript
    return transcript.error
