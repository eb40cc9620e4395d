"""The calls of the Pinterest API that this platform makes.

Source: https://github.com/pinterest/api-description, v5/openapi.json, version 5.23.0 (checked 2026-11-28).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

from letmepost.domain.content import MediaItem
from letmepost.domain.flow import Auth, Call, Effect, Flow, MediaRange, Reply, Upload
from letmepost.platforms._kit.calls import base_url, facts_of, form_file
from letmepost.platforms._kit.fields import id_in, objects_in, text_in
from letmepost.platforms._kit.flows import Explain, succeed
from letmepost.platforms._kit.oauth import app_call
from letmepost.platforms.pinterest.settings import PinterestSettings

TOKEN_PATH = "/oauth/token"  # noqa: S105 - a path
_PIN_TIMEOUT_S = 60.0
"""Pinterest fetches the images before it responds."""
_UPLOAD_TIMEOUT_S = 60.0  # besides the bytes
_REGISTRATION_VALID_FOR_S = 2700.0
"""How long S3 accepts the fields of a registration is not documented: about an hour is assumed."""
_PAGE_SIZE = "250"
"""The maximum. The default of 25 would hide boards."""
_PAGES_MAX = 8

Row: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Listed:
    """The objects of a list, each once, and when its last page was read."""

    rows: Sequence[Row]
    read_at: datetime


def exchange_token(settings: PinterestSettings, form: Mapping[str, str], *, auth: Auth = Auth.ACCOUNT) -> Call:
    """Return a token request of the app, which authenticates with HTTP Basic."""
    return app_call(f"{_api(settings)}{TOKEN_PATH}", form, app=settings, method="client_secret_basic", auth=auth)


def read_user(settings: PinterestSettings) -> Call:
    """Return a read of the account that a token belongs to."""
    return _read(settings, "user_account")


def list_boards(settings: PinterestSettings, *query: tuple[str, str]) -> Call:
    """Return a read of a page of the account's boards, including those where it is a collaborator."""
    return _read(settings, "boards", ("page_size", _PAGE_SIZE), *query)


def read_board(settings: PinterestSettings, board_id: str) -> Call:
    """Return a read of a board."""
    return _read(settings, f"boards/{board_id}")


def create_board(settings: PinterestSettings, board: Mapping[str, Any]) -> Call:
    """Return the creation of a board."""
    return Call(method="POST", url=f"{_api(settings)}/boards", json=board, effect=Effect.WRITE)


def create_pin(settings: PinterestSettings, pin: Mapping[str, Any], *, step: str) -> Call:
    """Return the creation of a Pin. It is visible when Pinterest responds."""
    return Call(
        method="POST",
        url=f"{_api(settings)}/pins",
        json=pin,
        effect=Effect.PUBLISH,
        step=step,
        timeout_s=_PIN_TIMEOUT_S,
    )


def register_video(settings: PinterestSettings, *, step: str) -> Call:
    """Return the registration of a video. Its reply contains an id, and how to upload the bytes."""
    return Call(
        method="POST",
        url=f"{_api(settings)}/media",
        json={"media_type": "video"},
        effect=Effect.PREPARE,
        step=step,
        valid_for_s=_REGISTRATION_VALID_FOR_S,
    )


def send_video(url: str, fields: Mapping[str, str], item: MediaItem, *, step: str) -> Upload:
    """Return the upload of a registered video to S3, in one form: the fields in their order, and the file last.

    S3 rejects a request with a token of Pinterest.
    """

    def send(first_byte: int, length_bytes: int) -> Call:
        file = form_file(item, MediaRange(item.media_id, first_byte, length_bytes))
        return Call(
            method="POST",
            url=url,
            multipart=(*fields.items(), ("file", file)),
            effect=Effect.WRITE,
            auth=Auth.NONE,
            timeout_s=_UPLOAD_TIMEOUT_S,
        )

    media = MediaRange(item.media_id, 0, facts_of(item).size_bytes)
    return Upload(step=step, media=media, chunk_bytes=media.length_bytes, send=send)


def is_upload(call: Call) -> bool:
    """Return True for the upload of a video, to which S3 replies."""
    return call.multipart is not None


def read_media(settings: PinterestSettings, media_id: str) -> Call:
    """Return a read of the state of a video that Pinterest processes."""
    return _read(settings, f"media/{media_id}")


def is_create(call: Call) -> bool:
    """Return True for the creation of a Pin."""
    return call.method == "POST" and call.url.endswith("/pins")


def list_pins(settings: PinterestSettings, board_id: str, section_id: str | None, *query: tuple[str, str]) -> Call:
    """Return a read of a page of the Pins of a board, or of one of its sections."""
    section = "" if section_id is None else f"/sections/{section_id}"
    return _read(settings, f"boards/{board_id}{section}/pins", ("page_size", _PAGE_SIZE), *query)


def read_pin(settings: PinterestSettings, pin_id: str) -> Call:
    """Return a read of a Pin."""
    return _read(settings, f"pins/{pin_id}")


def delete_pin(settings: PinterestSettings, pin_id: str) -> Call:
    """Return the deletion of one of the account's Pins."""
    return Call(method="DELETE", url=f"{_api(settings)}/pins/{pin_id}", effect=Effect.WRITE)


def read_id(reply: Reply) -> str | None:
    """Return the id of the object in a reply, or None if it has none."""
    return id_in(reply.data())


def read_pages(
    page: Callable[..., Call], explain: Explain, is_enough: Callable[[Sequence[Row]], bool] = lambda _rows: False
) -> Flow[Listed]:
    """Return a list that has pages. Pinterest may repeat objects and bookmarks.

    Args:
        page: returns the call for a page, from the query parameters that select it.
        is_enough: returns True if no further page is needed.

    Raises:
        PlatformFailure: Pinterest did not return a list.
    """
    found: dict[str, Row] = {}
    bookmarks: list[str] = []
    while True:
        query = [("bookmark", bookmarks[-1])] if bookmarks else []
        reply = yield from succeed(page(*query), explain, lambda reply: rows_in(reply) is not None)
        found |= {row["id"]: row for row in rows_in(reply) or ()}
        rows, following = list(found.values()), text_in(reply.data(), "bookmark")
        if following is None or following in bookmarks or len(bookmarks) + 1 >= _PAGES_MAX or is_enough(rows):
            return Listed(rows, reply.received_at)
        bookmarks.append(following)


def rows_in(reply: Reply) -> list[Row] | None:
    """Return the objects of a page; None if the reply has no list."""
    if not isinstance(reply.data().get("items"), list):
        return None
    return [row for row in objects_in(reply.data(), "items") if id_in(row) is not None]


def _read(settings: PinterestSettings, path: str, *query: tuple[str, str]) -> Call:
    return Call(method="GET", url=f"{_api(settings)}/{path}", query=query, timeout_s=10.0)


def _api(settings: PinterestSettings) -> str:
    return f"{base_url(settings.api_url)}/{settings.api_version}"
