"""Checks the body of a create against the API's schema.

Source: openapi.json 2.167, CreatePostsRequest (`additionalProperties: false`), checked 2026-11-21.
"""

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from letmepost.platforms.twitter.simulator.wire import invalid

_ID = re.compile(r"[0-9]{1,19}")
_REPLY_SETTINGS = frozenset({"following", "mentionedUsers", "subscribers", "verified"})
_MEDIA_MAX = 4
_POLL_OPTIONS = range(2, 5)
_POLL_OPTION_CHARS = range(1, 26)
_POLL_MINUTES = range(5, 10_081)


def _is_id(value: object) -> bool:
    return isinstance(value, str) and _ID.fullmatch(value) is not None


def _is_media(value: object) -> bool:
    ids = value.get("media_ids") if isinstance(value, dict) and set(value) <= {"media_ids", "tagged_user_ids"} else None
    return isinstance(ids, list) and 1 <= len(ids) <= _MEDIA_MAX and all(map(_is_id, ids))


def _is_poll(value: object) -> bool:
    if not isinstance(value, dict) or set(value) != {"options", "duration_minutes"}:
        return False
    options, minutes = value["options"], value["duration_minutes"]
    return (
        isinstance(options, list)
        and len(options) in _POLL_OPTIONS
        and all(isinstance(option, str) and len(option) in _POLL_OPTION_CHARS for option in options)
        and type(minutes) is int
        and minutes in _POLL_MINUTES
    )


def _is_reply(value: object) -> bool:
    allowed = {"in_reply_to_tweet_id", "exclude_reply_user_ids"}
    return isinstance(value, dict) and set(value) <= allowed and _is_id(value.get("in_reply_to_tweet_id"))


_FIELDS: Mapping[str, Callable[[object], bool]] = MappingProxyType(
    {
        "text": lambda value: isinstance(value, str),
        "media": _is_media,
        "poll": _is_poll,
        "reply": _is_reply,
        "quote_tweet_id": _is_id,
        "reply_settings": lambda value: value in _REPLY_SETTINGS,
        "made_with_ai": lambda value: isinstance(value, bool),
        "paid_partnership": lambda value: isinstance(value, bool),
    }
)


def check_body(body: Mapping[str, Any]) -> None:
    """Raise the API's error for a body that does not match the schema.

    Raises:
        RefusedError: 400.
    """
    for name, value in body.items():
        if name not in _FIELDS:
            raise invalid(f"$.{name}: is not defined in the schema and the schema does not allow additional properties")
        if not _FIELDS[name](value):
            raise invalid(f"$.{name}: is not what the schema asks for", **{name: [str(value)[:100]]})
    if not (body.get("text", "").strip() or "media" in body):
        raise invalid("$.text: is missing but it is required")
    if "poll" in body and ("media" in body or "quote_tweet_id" in body):
        raise invalid("A post shows a poll, or media, or a quoted post")
