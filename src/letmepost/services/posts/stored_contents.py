"""The stored content of a post as a request for the same content."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from letmepost.domain.content import MediaKind
from letmepost.services.posts.requests import ContentRequest, MediaRequest, ThreadRequest
from letmepost.storage.posts.contents import fit_of

CONTENT_FIELDS = frozenset({"text", "media", "firstComment", "thread", "options"})


def request_stored_content(stored: Mapping[str, Any]) -> ContentRequest:
    """Return the request. A converted media item is requested by the item that it was converted from."""
    return ContentRequest(
        text=stored["text"],
        media=_media(stored["media"]),
        first_comment=stored["first_comment"],
        thread=tuple(ThreadRequest(text=part["text"], media=_media(part["media"])) for part in stored["thread"]),
        options=stored["options"],
        given=CONTENT_FIELDS,
    )


def _media(items: Sequence[Mapping[str, Any]]) -> tuple[MediaRequest, ...]:
    return tuple(map(_item, items))


def _item(item: Mapping[str, Any]) -> MediaRequest:
    return MediaRequest(
        kind=MediaKind(item["kind"]),
        alt_text=item["alt_text"],
        title=item["title"],
        media_id=UUID(item.get("source_id", item["media_id"])),
        fit=fit_of(item),
        thumbnail=_item(item["thumbnail"]) if "thumbnail" in item else None,
    )
