"""The limits of a server: each server has its own, and publishes them.

They are read when an account is connected and in daily checks, and are part of the account's data. Sources:
https://docs.joinmastodon.org/entities/Instance/ and https://docs.joinmastodon.org/entities/V1_Instance/
(`configuration`), and for older and compatible servers the top-level `max_toot_chars`, `upload_limit` and `poll_limits`
(checked 2026-11-29). A server can send anything, so each value is bounded, and replaced by Mastodon's own default if it
is implausible.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields
from types import MappingProxyType
from typing import Any, TypeVar

from letmepost.domain.errors import PlatformFailure
from letmepost.domain.flow import Call, Flow, Reply
from letmepost.domain.limits import PerTarget
from letmepost.platforms._kit.fields import text_in
from letmepost.platforms._kit.flows import find
from letmepost.platforms.mastodon.api import read_instance
from letmepost.platforms.mastodon.replies import explain, is_missing

T = TypeVar("T")

_TYPE = re.compile(r"(?:image|video)/[a-z0-9.+-]{1,60}")
_TYPES_MAX = 64
_QUOTES_SINCE_API = 7
"""Version 4.5: https://docs.joinmastodon.org/methods/statuses/#create (checked 2026-11-29)."""
_VERSION_MAX_CHARS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The limits of one server. The defaults are those of Mastodon 4.5.

    Sizes are in bytes, and a file must be smaller. Matrices are in pixels (width times height), durations in seconds.
    `quotes` is None if unknown.
    """

    characters: int = 500
    characters_per_url: int = 23
    media_items: int = 4
    alt_text_characters: int = 1500
    image_size: int = 16_777_216
    image_matrix: int = 33_177_600
    video_size: int = 103_809_024
    video_matrix: int = 8_294_400
    video_frame_rate: int = 120
    poll_options: int = 4
    poll_option_characters: int = 50
    poll_min_s: int = 300
    poll_max_s: int = 2_629_746
    types: tuple[str, ...] = (
        "image/jpeg",
        "image/png",
        "image/gif",
        "image/heic",
        "image/heif",
        "image/webp",
        "image/avif",
        "video/webm",
        "video/mp4",
        "video/quicktime",
        "video/ogg",
    )
    quotes: bool | None = None


DEFAULTS = Limits()

_LARGEST = 2**40
_PLACES: Mapping[str, tuple[tuple[str, ...], tuple[str, ...], int]] = MappingProxyType(
    {
        "characters": (("statuses", "max_characters"), ("max_toot_chars",), 1_000_000),
        "characters_per_url": (("statuses", "characters_reserved_per_url"), (), 1000),
        "media_items": (("statuses", "max_media_attachments"), (), 100),
        "alt_text_characters": (("media_attachments", "description_limit"), (), 1_000_000),
        "image_size": (("media_attachments", "image_size_limit"), ("upload_limit",), _LARGEST),
        "image_matrix": (("media_attachments", "image_matrix_limit"), (), _LARGEST),
        "video_size": (("media_attachments", "video_size_limit"), ("upload_limit",), _LARGEST),
        "video_matrix": (("media_attachments", "video_matrix_limit"), (), _LARGEST),
        "video_frame_rate": (("media_attachments", "video_frame_rate_limit"), (), 100_000),
        "poll_options": (("polls", "max_options"), ("poll_limits", "max_options"), 1000),
        "poll_option_characters": (
            ("polls", "max_characters_per_option"),
            ("poll_limits", "max_option_chars"),
            1_000_000,
        ),
        "poll_min_s": (("polls", "min_expiration"), ("poll_limits", "min_expiration"), _LARGEST),
        "poll_max_s": (("polls", "max_expiration"), ("poll_limits", "max_expiration"), _LARGEST),
    }
)
"""Each number: its path in `configuration`, its path in older documents, and the largest plausible value."""


def read_limits(base: str, authorize: Callable[[Call], Call] = lambda call: call) -> Flow[Mapping[str, Any]]:
    """Return a server's limits and version as JSON, for the account's data. A server that has none gets the defaults.

    Args:
        authorize: adds the token of the account. By default, the driver signs the calls.

    Raises:
        PlatformFailure: the server did not return a usable response.
    """
    unread: PlatformFailure | None = None
    for version in (2, 1):
        try:
            document = yield from find(authorize(read_instance(base, version)), _document, is_missing, explain)
        except PlatformFailure as failure:
            unread = failure
            continue
        if document is not None:
            return {"limits": _as_json(parse_instance(document)), "version": _version(document)}
    if unread is not None:
        raise unread
    return _UNPUBLISHED


def read_limits_or_defaults(base: str, authorize: Callable[[Call], Call]) -> Flow[Mapping[str, Any]]:
    """Return a server's limits and version as `read_limits`, or the defaults if they cannot be read now.

    A consent is good for one exchange, so its account is connected anyway. The next check reads the limits.
    """
    try:
        return (yield from read_limits(base, authorize))
    except PlatformFailure:
        return _UNPUBLISHED


def parse_instance(document: Mapping[str, Any]) -> Limits:
    """Return the limits in a server's document, of version 1 or 2."""
    found: dict[str, Any] = {}
    for name, (path, older, largest) in _PLACES.items():
        for value in (_at(document, ("configuration", *path)), _at(document, older)):
            if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= largest:
                found[name] = value
                break
    types = _at(document, ("configuration", "media_attachments", "supported_mime_types"))
    if isinstance(types, list):
        known = [name for name in types[:_TYPES_MAX] if isinstance(name, str) and _TYPE.fullmatch(name)]
        found["types"] = tuple(dict.fromkeys(known)) or DEFAULTS.types
    api_version = _at(document, ("api_versions", "mastodon"))
    if isinstance(api_version, int):
        found["quotes"] = api_version >= _QUOTES_SINCE_API
    return Limits(**found)


def limits_of(data: Mapping[str, Any]) -> Limits:
    """Return the limits in an account's data, or the defaults."""
    kept = data.get("limits")
    if not isinstance(kept, Mapping):
        return DEFAULTS
    known = {field.name: kept[field.name] for field in fields(Limits) if field.name in kept}
    return Limits(**{**known, "types": tuple(known.get("types", DEFAULTS.types))})


def limit_of_server(read: Callable[[Limits], T]) -> PerTarget[T]:
    """Return a limit that each server sets. `read` returns it from the limits of a server."""
    return PerTarget(read(DEFAULTS), lambda target: read(limits_of(target.account.data)))


def _as_json(limits: Limits) -> Mapping[str, Any]:
    return {**asdict(limits), "types": list(limits.types)}


_UNPUBLISHED: Mapping[str, Any] = MappingProxyType({"limits": _as_json(DEFAULTS), "version": ""})
"""The data of an account on a server without a description."""


def _document(reply: Reply) -> Mapping[str, Any] | None:
    return reply.data() or None


def _at(document: object, path: tuple[str, ...]) -> object:
    for name in path:
        document = document.get(name) if isinstance(document, Mapping) else None
    return document if path else None


def _version(document: Mapping[str, Any]) -> str:
    found = text_in(document, "version") or ""
    return found[:_VERSION_MAX_CHARS] if found.isprintable() else ""
