"""What the server accepts as a post and as its source.

The limits are implemented from fact sheet sections 2.2 to 2.5 and 3, after
https://developers.tiktok.com/docs/en/content-posting-api-reference-direct-post, …-reference-photo-post and
…/content-posting-api-media-transfer-guide (pages of 2026-09-11, checked 2026-11-28). Nothing is shared with preflight's
rules: one wrong number would make both wrong. The code for branded content that is private is not documented.
"""

from collections.abc import Collection, Mapping
from typing import Any
from urllib.parse import urlsplit

from letmepost.platforms.tiktok.simulator.accounts import PRIVACY_LEVELS
from letmepost.platforms.tiktok.simulator.wire import TikTokError, invalid

_VIDEO_TITLE_MAX_UNITS = 2200
_PHOTO_TITLE_MAX_UNITS = 90
_DESCRIPTION_MAX_UNITS = 4000
_PHOTOS = range(1, 36)
_VIDEO_MAX_BYTES = 4_294_967_296
_CHUNK_MIN_BYTES = 5_000_000
_CHUNK_MAX_BYTES = 64_000_000
_LAST_CHUNK_MAX_BYTES = 128_000_000
_CHUNKS_MAX = 1000
_VIDEO_SWITCHES = (
    "disable_duet",
    "disable_comment",
    "disable_stitch",
    "brand_content_toggle",
    "brand_organic_toggle",
    "is_aigc",
)
_PHOTO_SWITCHES = ("disable_comment", "auto_add_music", "brand_content_toggle", "brand_organic_toggle")
_ONLY_FOR_VIDEOS = ("disable_duet", "disable_stitch")


def check_video_post(post: Mapping[str, Any]) -> None:
    """Raise `TikTokError` if the `post_info` of a video is invalid."""
    _check_text(post, "title", _VIDEO_TITLE_MAX_UNITS)
    _check_switches(post, _VIDEO_SWITCHES)
    _check_privacy(post)


def check_photo_post(post: Mapping[str, Any], *, is_direct: bool) -> None:
    """Raise `TikTokError` if the `post_info` of photos is invalid. A missing switch gets a misleading message."""
    _check_text(post, "title", _PHOTO_TITLE_MAX_UNITS)
    _check_text(post, "description", _DESCRIPTION_MAX_UNITS)
    if any(name in post for name in _ONLY_FOR_VIDEOS):
        raise invalid("Duets and stitches are only for videos.")
    if is_direct and any(name not in post for name in _PHOTO_SWITCHES):
        raise invalid("Invalid authorization header. Please check the format.")
    _check_switches(post, _PHOTO_SWITCHES)
    if is_direct:
        _check_privacy(post)


def check_upload(source: Mapping[str, Any], *, is_single: bool) -> tuple[int, int, int]:
    """Return the size of a video, the size of its chunks, and their number.

    Args:
        is_single: True if only one chunk is accepted.

    Raises:
        TikTokError: the chunks do not fit the rules.
    """
    size, chunk, count = (_count_in(source, name) for name in ("video_size", "chunk_size", "total_chunk_count"))
    if size > _VIDEO_MAX_BYTES:
        raise invalid("The video size is invalid.")
    if not _is_chunk_size(size, chunk, count) or (is_single and count > 1):
        raise invalid("The chunk size is invalid.")
    if count > _CHUNKS_MAX or count != max(size // chunk, 1):
        raise invalid("The total chunk count is invalid.")
    return size, chunk, count


def check_photos(source: Mapping[str, Any]) -> list[str]:
    """Return the URLs of photos. Raise `TikTokError` if they are invalid."""
    urls, cover = source.get("photo_images"), source.get("photo_cover_index")
    if not isinstance(urls, list) or len(urls) not in _PHOTOS:
        raise invalid("photo_images must have 1 to 35 URLs.")
    if type(cover) is not int or cover not in range(len(urls)):
        raise invalid("photo_cover_index is invalid.")
    for url in urls:
        check_url(url)
    return urls


def check_url(url: object) -> None:
    """Raise `TikTokError` if a text is not a URL. A simulator has no network, and runs without verified domains."""
    try:
        parts = urlsplit(url if isinstance(url, str) else "")
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise invalid("The URL of the media is invalid.")


def _check_text(post: Mapping[str, Any], name: str, longest: int) -> None:
    text = post.get(name)
    if text is None:
        return
    if not isinstance(text, str) or sum(1 + (ord(character) > 0xFFFF) for character in text) > longest:
        raise invalid(f"The {name} is invalid: it must have at most {longest} UTF-16 runes.")


def _check_switches(post: Mapping[str, Any], names: Collection[str]) -> None:
    for name in names:
        if not isinstance(post.get(name, False), bool):
            raise invalid(f"{name} must be true or false.")


def _check_privacy(post: Mapping[str, Any]) -> None:
    level = post.get("privacy_level")
    if level not in PRIVACY_LEVELS:
        raise invalid("The privacy level is invalid.")
    if level == "SELF_ONLY" and post.get("brand_content_toggle"):
        raise invalid("Branded content cannot be private.")


def _count_in(source: Mapping[str, Any], name: str) -> int:
    value = source.get(name)
    if type(value) is not int or value < 1:
        raise TikTokError(400, "invalid_param", f"{name} is required.")
    return value


def _is_chunk_size(size: int, chunk: int, count: int) -> bool:
    if count == 1:
        return chunk == size <= _CHUNK_MAX_BYTES
    return _CHUNK_MIN_BYTES <= chunk <= _CHUNK_MAX_BYTES and size - (count - 1) * chunk <= _LAST_CHUNK_MAX_BYTES
