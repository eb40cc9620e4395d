"""What the server accepts as a Pin.

The limits are implemented from fact sheet sections 2.0 to 2.2 and 3, after https://github.com/pinterest/api-description
(5.23.0, checked 2026-11-28). Nothing is shared with preflight's rules: one wrong number would make both wrong.
"""

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

from letmepost.platforms.pinterest.simulator.wire import PinterestError, invalid

_DIGITS = re.compile(r"[0-9]+")
_BASE64 = re.compile(r"[a-zA-Z0-9+/=]+")
_LENGTHS = {"title": 100, "description": 800, "alt_text": 500, "link": 2048}
_ITEMS = range(2, 6)
_COVERS = (
    {"cover_image_url"},
    {"cover_image_content_type", "cover_image_data"},
    {"cover_image_key_frame_time"},
)


def check_pin(pin: Mapping[str, Any]) -> None:
    """Raise `PinterestError` if a Pin is not valid."""
    _check_id(pin, "board_id", is_required=True)
    _check_id(pin, "board_section_id")
    for name, longest in _LENGTHS.items():
        text = pin.get(name)
        if text is not None and (not isinstance(text, str) or len(text) > longest):
            raise _broken(name, f"maxLength={longest}")
    if pin.get("link"):
        _check_link(pin["link"])
    source = pin.get("media_source")
    if not isinstance(source, dict) or source.get("source_type") not in _SOURCES:
        raise invalid("Invalid request: media_source has no known source_type.")
    _SOURCES[source["source_type"]](source)


def _check_id(pin: Mapping[str, Any], name: str, *, is_required: bool = False) -> None:
    value = pin.get(name)
    if value is None and not is_required:
        return
    if not isinstance(value, str) or not _DIGITS.fullmatch(value):
        raise invalid(f"Invalid request: {value!r} does not match '^\\d+$' ({name}).")


def _check_link(link: str) -> None:
    if not _is_address(link):
        raise invalid("Whoops! It looks like you entered an invalid URL. Try creating a Pin again with a valid URL.")


def _check_url(item: Mapping[str, Any]) -> None:
    """Check the form of an image's URL only: a simulator has no network."""
    url = item.get("url")
    if not isinstance(url, str) or not _is_address(url):
        raise invalid("Unable to reach the URL. Please check the URL is correct and try again.")


def _check_data(item: Mapping[str, Any]) -> None:
    data = item.get("data")
    if item.get("content_type") not in {"image/jpeg", "image/png"}:
        raise _broken("content_type", "enum=image/jpeg,image/png")
    if not isinstance(data, str) or not _BASE64.fullmatch(data):
        raise _broken("data", "pattern=^[a-zA-Z0-9+/=]+$")


def _each(check: Callable[[Mapping[str, Any]], None]) -> Callable[[Mapping[str, Any]], None]:
    def check_items(source: Mapping[str, Any]) -> None:
        items = source.get("items")
        if not isinstance(items, list) or len(items) < _ITEMS[0]:
            raise _broken("items", f"minItems={_ITEMS[0]}")
        if len(items) > _ITEMS[-1]:
            raise _broken("items", f"maxItems={_ITEMS[-1]}")
        for item in items:
            check(item if isinstance(item, dict) else {})

    return check_items


def _check_video(source: Mapping[str, Any]) -> None:
    """Check that a video has exactly one cover."""
    _check_id(source, "media_id", is_required=True)
    covers = [names for names in _COVERS if names <= set(source)]
    if not covers:
        raise invalid("Invalid request: one of cover_image_url or cover_image_content_type is required.")
    if len(covers) > 1:
        raise invalid("Invalid request: a video has exactly one cover.")
    moment = source.get("cover_image_key_frame_time", 0)
    if isinstance(moment, bool) or not isinstance(moment, int) or moment < 0:
        raise _broken("cover_image_key_frame_time", "minimum=0")
    if "cover_image_url" in source:
        _check_url({"url": source["cover_image_url"]})


def _is_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and re.search(r"\s", text) is None
    except ValueError:
        return False


def _broken(name: str, constraint: str) -> PinterestError:
    return invalid(f"Invalid request: {name} violates constraint: {constraint}.")


_SOURCES: Mapping[str, Callable[[Mapping[str, Any]], None]] = MappingProxyType(
    {
        "image_url": _check_url,
        "image_base64": _check_data,
        "multiple_image_urls": _each(_check_url),
        "multiple_image_base64": _each(_check_data),
        "video_id": _check_video,
    }
)
"""The sources of images and videos."""
