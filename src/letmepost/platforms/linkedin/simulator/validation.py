"""What LinkedIn accepts as a post or a comment.

The limits and the counting are implemented from fact sheet sections 2.1, 2.2, 2.6, 3 and 4 and its corrections, checked
2026-11-28. Nothing is shared with preflight's rules: one wrong number would make both wrong.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from letmepost.platforms.linkedin.simulator.restli import invalid
from letmepost.platforms.linkedin.simulator.visible_text import read_little

COMMENTARY_MAX = 3000
COMMENT_MAX = 1250
_REQUIRED = ("author", "commentary", "visibility", "distribution", "lifecycleState")
_FIELDS = {*_REQUIRED, "content", "isReshareDisabledByAuthor", "reshareContext"}
_VISIBILITIES = {"PUBLIC", "CONNECTIONS", "LOGGED_IN"}
_DURATIONS = {"ONE_DAY", "THREE_DAYS", "SEVEN_DAYS", "FOURTEEN_DAYS"}


class Attached(NamedTuple):
    """What a post shows: the URNs of its media, and the kind of URN that the post gets."""

    urns: Sequence[str]
    kind: str = "share"


def check_post(body: Mapping[str, Any]) -> Attached:
    """Return what a well-formed post shows.

    Raises:
        RestliError: the first error in the post.
    """
    _check_fields(body)
    if body["visibility"] not in _VISIBILITIES:
        raise invalid("INVALID_VALUE_FOR_FIELD", "/visibility", "visibility is not an allowed value")
    is_page = body["author"].startswith("urn:li:organization:")
    if is_page and body["visibility"] == "CONNECTIONS":
        raise invalid("INVALID_VALUE_FOR_FIELD", "/visibility", "An organization has no connections")
    if _utf16_length(read_little(body["commentary"]).text) > COMMENTARY_MAX:
        raise invalid("FIELD_LENGTH_TOO_LONG", "/commentary", f"commentary is longer than {COMMENTARY_MAX}")
    content = body.get("content")
    if content is None:
        if not body["commentary"].strip():
            raise invalid("INVALID_VALUE_BLANK_FIELD", "/commentary", "commentary is blank")
        return Attached([])
    return _check_content(content)


def check_comment(text: object) -> str:
    """Return the text of a comment.

    Raises:
        RestliError: the text is blank or too long.
    """
    if not isinstance(text, str) or not text.strip():
        raise invalid("INVALID_VALUE_BLANK_FIELD", "/message/text", "text is blank")
    if _utf16_length(text) > COMMENT_MAX:
        raise invalid("FIELD_LENGTH_TOO_LONG", "/message/text", f"text is longer than {COMMENT_MAX}")
    return text


def _check_fields(body: Mapping[str, Any]) -> None:
    for name in _REQUIRED:
        if not isinstance(body.get(name), dict if name == "distribution" else str):
            raise invalid("MISSING_FIELD", f"/{name}", f"{name} :: field is required but not found")
    if unknown := sorted(set(body) - _FIELDS):
        raise invalid("UNPERMITTED_FIELD", f"/{unknown[0]}", f"Unpermitted field present: {unknown[0]}")


def _check_content(content: object) -> Attached:
    if not isinstance(content, dict) or len(content) != 1:
        raise invalid("INVALID_VALUE_FOR_FIELD", "/content", "content has to be of exactly one type")
    [(kind, value)] = content.items()
    check = {"article": _article, "media": _media, "multiImage": _multi_image, "poll": _poll}.get(kind)
    if check is None or not isinstance(value, dict):
        raise invalid("UNPERMITTED_FIELD", f"/content/{kind}", f"{kind} cannot be published")
    return check(value)


def _article(article: Mapping[str, Any]) -> Attached:
    if not article.get("source"):
        raise invalid("MISSING_FIELD", "/content/article/source", "source is required")
    _text(article.get("title"), "/content/article/title", 400)
    _text(article.get("description", "-") or "-", "/content/article/description", 4086)
    thumbnail = article.get("thumbnail")
    return Attached([] if thumbnail is None else [_urn(thumbnail, "image", "/content/article/thumbnail")])


def _media(media: Mapping[str, Any]) -> Attached:
    urn = media.get("id")
    if isinstance(urn, str) and urn.startswith("urn:li:document:"):
        _text(media.get("title"), "/content/media/title", 4086)
        return Attached([urn])
    if isinstance(urn, str) and urn.startswith("urn:li:video:"):
        _text(media.get("title", "-"), "/content/media/title", 4086)
        return Attached([urn], "ugcPost")
    _text(media.get("altText", "-"), "/content/media/altText", 4086)
    return Attached([_urn(urn, "image", "/content/media/id")])


def _multi_image(value: Mapping[str, Any]) -> Attached:
    images = value.get("images")
    if not isinstance(images, list) or not 2 <= len(images) <= 20:
        raise invalid("INVALID_VALUE_FOR_FIELD", "/content/multiImage/images", "2 to 20 images are required")
    for image in images:
        _text(image.get("altText", "-"), "/content/multiImage/images/altText", 4086)
    return Attached([_urn(image.get("id"), "image", "/content/multiImage/images/id") for image in images], "ugcPost")


def _poll(poll: Mapping[str, Any]) -> Attached:
    _visible(poll.get("question"), "/content/poll/question", 140)
    options = poll.get("options")
    if not isinstance(options, list) or not 2 <= len(options) <= 4:
        raise invalid("INVALID_VALUE_FOR_FIELD", "/content/poll/options", "2 to 4 options are required")
    for option in options:
        _visible(option.get("text"), "/content/poll/options/text", 30)
    if (poll.get("settings") or {}).get("duration") not in _DURATIONS:
        raise invalid("INVALID_VALUE_FOR_FIELD", "/content/poll/settings/duration", "duration is not allowed")
    return Attached([])


def _visible(value: object, field: str, limit: int) -> None:
    _text(value, field, limit)
    if not str(value).strip():
        raise invalid("INVALID_VALUE_BLANK_FIELD", field, f"{field} is blank")


def _text(value: object, field: str, limit: int) -> None:
    if not isinstance(value, str) or not value:
        raise invalid("MISSING_FIELD", field, f"{field} is required")
    if _utf16_length(value) > limit:
        raise invalid("FIELD_LENGTH_TOO_LONG", field, f"{field} is longer than {limit}")


def _utf16_length(text: str) -> int:
    """Return the length in UTF-16: a character beyond the basic plane takes two units."""
    return len(text) + sum(character > "\uffff" for character in text)


def _urn(value: object, noun: str, field: str) -> str:
    if not isinstance(value, str) or not value.startswith(f"urn:li:{noun}:"):
        raise invalid("INVALID_URN_TYPE", field, f"{field} has to be a URN of type {noun}")
    return value
