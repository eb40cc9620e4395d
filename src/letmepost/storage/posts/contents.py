"""The content of a revision as stored JSON."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from letmepost.domain.content import MediaFacts, MediaItem, MediaKind, OnUnsupported, PostContent, ThreadPart
from letmepost.domain.fitting.fit import Fit


def encode_content(content: PostContent) -> dict[str, Any]:
    """Return the content as plain JSON, without the facts of media items, which are in their own table."""
    return {
        "text": content.text,
        "media": [_encode_item(item) for item in content.media],
        "first_comment": content.first_comment,
        "thread": [
            {"text": part.text, "media": [_encode_item(item) for item in part.media]} for part in content.thread
        ],
        "options": dict(content.options),
        "option_media": {path: _encode_item(item) for path, item in content.option_media.items()},
        "on_unsupported": content.on_unsupported,
        **({} if content.fit is None else {"fit": content.fit.encode()}),
    }


def decode_content(value: Mapping[str, Any], facts: Mapping[UUID, MediaFacts]) -> PostContent:
    """Return the content, with the known facts of its media items."""

    def items(values: list[dict[str, Any]]) -> tuple[MediaItem, ...]:
        return tuple(_decode_item(item, facts) for item in values)

    return PostContent(
        text=value["text"],
        media=items(value["media"]),
        first_comment=value["first_comment"],
        thread=tuple(ThreadPart(text=part["text"], media=items(part["media"])) for part in value["thread"]),
        options=value["options"],
        option_media={path: _decode_item(item, facts) for path, item in value["option_media"].items()},
        on_unsupported=on_unsupported(value),
        fit=fit_of(value),
    )


def on_unsupported(value: Mapping[str, Any]) -> OnUnsupported:
    """Return the author's choice. Revisions that were stored before the choice existed have none."""
    return OnUnsupported(value.get("on_unsupported", OnUnsupported.REJECT))


def fit_of(value: Mapping[str, Any]) -> Fit | None:
    """Return how images are converted, from a stored content or media item. Older ones have no choice."""
    return Fit.decode(value["fit"]) if "fit" in value else None


def media_ids(content: PostContent) -> set[UUID]:
    """Return the ids of all media items that a post publishes."""
    return {item.media_id for _, item in content.every_item()}


def used_media_ids(content: PostContent) -> set[UUID]:
    """Return the ids of all media items that a post publishes, and of those that they are converted from."""
    sources = {item.source_id for _, item in content.every_item() if item.source_id is not None}
    return media_ids(content) | sources


def _encode_item(item: MediaItem) -> dict[str, Any]:
    value: dict[str, Any] = {"kind": item.kind, "media_id": str(item.media_id)}
    value |= {"alt_text": item.alt_text, "title": item.title}
    if item.fit is not None:
        value["fit"] = item.fit.encode()
    if item.source_id is not None:
        value["source_id"] = str(item.source_id)
    if item.thumbnail is not None:
        value["thumbnail"] = _encode_item(item.thumbnail)
    return value


def _decode_item(value: Mapping[str, Any], facts: Mapping[UUID, MediaFacts]) -> MediaItem:
    media_id = UUID(value["media_id"])
    return MediaItem(
        kind=MediaKind(value["kind"]),
        media_id=media_id,
        alt_text=value["alt_text"],
        title=value["title"],
        facts=facts.get(media_id),
        fit=fit_of(value),
        source_id=UUID(value["source_id"]) if "source_id" in value else None,
        thumbnail=_decode_item(value["thumbnail"], facts) if "thumbnail" in value else None,
    )
