"""What the server accepts as spoilers and as a text attachment.

The limits are implemented from fact sheet section 2.1 and its corrections, after
https://developers.facebook.com/docs/threads/create-posts/spoilers and
https://developers.facebook.com/docs/threads/create-posts/text-attachments, checked 2026-11-29. Offsets count UTF-16
code units, as the strings of Meta's sample app do: https://github.com/fbsamples/threads_api, commit 44df04d.
"""

import json
from collections.abc import Mapping
from typing import Any

from letmepost.platforms.threads.simulator.graph import Parameters, Refused, wrong_parameter

_SPOILERS_MAX = 10
_ATTACHMENT_MAX_CHARACTERS = 10_000
_STYLES = frozenset({"bold", "italic", "highlight", "underline", "strikethrough"})


def check_spoilers(given: Parameters, kind: str) -> None:
    """Raise `Refused` if a spoiler is not a part of the text, or if there is no media item to hide."""
    if given.get("is_spoiler_media") == "true" and kind == "TEXT":
        raise wrong_parameter("Param is_spoiler_media is not for media_type TEXT.")
    entities = _parsed(given, "text_entities", list) or []
    if len(entities) > _SPOILERS_MAX:
        raise wrong_parameter(f"Param text_entities must have at most {_SPOILERS_MAX} items.")
    for entity in entities:
        if not isinstance(entity, dict) or str(entity.get("entity_type")).upper() != "SPOILER":
            raise wrong_parameter("Param text_entities has an invalid item.")
        _check_range("text_entities", entity, given.get("text") or "")


def check_text_attachment(given: Parameters, kind: str) -> None:
    """Raise `Refused` if a text attachment is invalid, or cannot be combined with the post."""
    attachment = _parsed(given, "text_attachment", dict)
    if attachment is None:
        return
    if kind != "TEXT" or given.get("poll_attachment") is not None:
        raise wrong_parameter("Param text_attachment is only for media_type TEXT, without a poll.")
    if attachment.get("link_attachment_url") and given.get("link_attachment") is not None:
        raise wrong_parameter("Param text_attachment cannot have a link if the post has a link_attachment.")
    text = attachment.get("plaintext")
    if not isinstance(text, str) or not 1 <= len(text) <= _ATTACHMENT_MAX_CHARACTERS:
        raise wrong_parameter(f"Param plaintext must be at most {_ATTACHMENT_MAX_CHARACTERS} characters long.")
    _check_styles(attachment.get("text_with_styling_info", []), text)


def attached_link(given: Parameters) -> str | None:
    """Return the link of the text attachment, or None without one."""
    attachment = _parsed(given, "text_attachment", dict) or {}
    link = attachment.get("link_attachment_url")
    return link if isinstance(link, str) else None


def _check_styles(parts: object, text: str) -> None:
    if not isinstance(parts, list):
        raise _invalid("text_with_styling_info")
    styled: set[int] = set()
    for part in parts:
        styles = part.get("styling_info") if isinstance(part, dict) else None
        if not isinstance(styles, list) or not styles or not _STYLES.issuperset(map(str, styles)):
            raise _invalid("text_with_styling_info")
        units = _check_range("text_with_styling_info", part, text)
        if not styled.isdisjoint(units):
            raise wrong_parameter("Param text_with_styling_info has parts that overlap.")
        styled.update(units)


def _check_range(name: str, part: Mapping[str, Any], text: str) -> range:
    """Return the code units of a part. Raise `Refused` if the text does not have them."""
    offset, length = part.get("offset"), part.get("length")
    if type(offset) is not int or type(length) is not int or offset < 0 or length < 1:
        raise _invalid(name)
    if offset + length > sum(1 + (ord(character) > 0xFFFF) for character in text):
        raise wrong_parameter(f"Param {name} has a part outside the text.")
    return range(offset, offset + length)


def _parsed(given: Parameters, name: str, kind: type) -> Any:
    text = given.get(name)
    if text is None:
        return None
    try:
        value = json.loads(text)
    except ValueError:
        raise _invalid(name) from None
    if not isinstance(value, kind):
        raise _invalid(name)
    return value


def _invalid(name: str) -> Refused:
    return wrong_parameter(f"Param {name} is invalid.")
