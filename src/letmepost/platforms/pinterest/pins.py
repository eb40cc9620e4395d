"""Converts a post to the Pin that is sent, and recognizes Pins that were sent.

https://developers.pinterest.com/docs/api/v5/pins-create (checked 2026-11-21).
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from letmepost.domain.content import MediaItem
from letmepost.domain.ids import Prefix, format_id
from letmepost.domain.text import is_blank
from letmepost.platforms._kit.fields import object_in, parse_moment, text_in
from letmepost.platforms.contract import ReadyPost
from letmepost.platforms.pinterest.api import Row
from letmepost.platforms.pinterest.options import PinterestOptions

_TEXTS = ("title", "description", "alt_text", "board_section_id")
_SHOWN_AS = {"image_url": "image", "multiple_image_urls": "multiple_images", "video_id": "video"}


def pin_of(post: ReadyPost, options: PinterestOptions, board_id: str, video_id: str | None = None) -> Mapping[str, Any]:
    """Return the Pin of a post. `video_id`: the id of its video, if it has one."""
    text = post.content.text
    given = {
        "board_id": board_id,
        "board_section_id": options.board_section_id,
        "title": options.title,
        "description": None if is_blank(text) else text,
        "link": options.destination_url,
        "alt_text": joined_alt_texts(post.content.media),
        "media_source": _images(post) if video_id is None else _video(video_id, post, options),
    }
    return {name: value for name, value in given.items() if value is not None}


def joined_alt_texts(media: Sequence[MediaItem]) -> str | None:
    """Return the alt text of a Pin; None without one. A carousel has a single one, for all of its images."""
    return "\n".join(item.alt_text for item in media if item.alt_text) or None


def is_same(row: Row, pin: Mapping[str, Any]) -> bool:
    """Return True if a Pin in a list has the content of one that was sent."""
    shown_as = _SHOWN_AS[pin["media_source"]["source_type"]]
    return (
        all(_text(row, name) == _text(pin, name) for name in _TEXTS)
        and _text(row, "link").rstrip("/") == _text(pin, "link").rstrip("/")
        and object_in(row, "media").get("media_type") == shown_as
    )


def created_at(row: Row) -> datetime | None:
    """Return when a Pin was created. Pinterest sends UTC, with or without a `Z`."""
    text = text_in(row, "created_at") or ""
    return parse_moment(text) or parse_moment(f"{text}Z")


def _text(row: Row, name: str) -> str:
    return (text_in(row, name) or "").strip()


def _video(video_id: str, post: ReadyPost, options: PinterestOptions) -> Mapping[str, Any]:
    """Return a video with its cover. Pinterest requires exactly one; the first frame is one, at second 0."""
    thumbnails = [item.thumbnail for item in post.content.media if item.thumbnail is not None]
    url = _url(post, thumbnails[0]) if thumbnails else options.cover
    if url is not None:
        cover: Mapping[str, Any] = {"cover_image_url": url}
    else:
        cover = {"cover_image_key_frame_time": options.cover_time_s or 0}
    return {"source_type": "video_id", "media_id": video_id, **cover}


def _images(post: ReadyPost) -> Mapping[str, Any]:
    urls = [_url(post, item) for item in post.content.media]
    if len(urls) == 1:
        return {"source_type": "image_url", "url": urls[0]}
    return {"source_type": "multiple_image_urls", "items": [{"url": url} for url in urls]}


def _url(post: ReadyPost, item: MediaItem) -> str:
    return post.media_urls[format_id(Prefix.MEDIA, item.media_id)]
