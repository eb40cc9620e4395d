"""A small validator in the style of lexicons: a schema is a function that raises `Invalid` for a wrong value.

It covers the features of lexicons that the records here use: string lengths in UTF-8 bytes and graphemes, formats,
number ranges, array lengths, required keys, unions and blobs. Objects may have keys that the schema does not name.
"""

from collections.abc import Callable, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any, TypeAlias

from letmepost.platforms.bluesky.simulator.segmenter import grapheme_count

Check: TypeAlias = Callable[[Any, str], None]
"""Receives a JSON value and its path (`$.record.text`), and raises `Invalid`."""


class Invalid(ValueError):
    """The value does not fit. The text states why and where, in the words of the reference server."""


def anything(_value: object, _path: str) -> None:
    """Accept any JSON value."""


def string(
    *,
    max_bytes: int | None = None,
    max_graphemes: int | None = None,
    form: Callable[[str], bool] | None = None,
) -> Check:
    """Return the schema of a string. `form` is the syntax that it must have (of a DID, a date)."""

    def check(value: object, path: str) -> None:
        if not isinstance(value, str) or _is_broken(value):
            raise Invalid(_expected("string", value, path))
        if form is not None and not form(value):
            raise Invalid(f"Invalid {form.__name__.removeprefix('is_').replace('_', '-')} at {path}")
        if max_bytes is not None:
            _refuse_more("string", max_bytes, len(value.encode()), path)
        if max_graphemes is not None:
            _refuse_more("grapheme", max_graphemes, grapheme_count(value), path)

    return check


def _is_broken(text: str) -> bool:
    """Return True if a text has half of a surrogate pair, which JSON can express and UTF-8 cannot."""
    return any("\ud800" <= char <= "\udfff" for char in text)


def integer(*, minimum: int = 0) -> Check:
    """Return the schema of a whole number. This data model has no other numbers."""

    def check(value: object, path: str) -> None:
        if isinstance(value, bool) or not isinstance(value, int):
            raise Invalid(_expected("integer", value, path))
        if value < minimum:
            raise Invalid(f"integer too small (minimum {minimum}, got {value}) at {path}")

    return check


def boolean(value: object, path: str) -> None:
    """Accept `true` and `false`."""
    if not isinstance(value, bool):
        raise Invalid(_expected("boolean", value, path))


def nullable(inner: Check) -> Check:
    """Return the schema of `null`, or of what `inner` accepts."""

    def check(value: object, path: str) -> None:
        if value is not None:
            inner(value, path)

    return check


def array(item: Check, *, max_length: int | None = None) -> Check:
    """Return the schema of a list of `item`."""

    def check(value: object, path: str) -> None:
        if not isinstance(value, list):
            raise Invalid(_expected("array", value, path))
        if max_length is not None:
            _refuse_more("array", max_length, len(value), path)
        for index, element in enumerate(value):
            item(element, f"{path}[{index}]")

    return check


def structure(properties: Mapping[str, Check], *, required: Sequence[str] = ()) -> Check:
    """Return the schema of an object with these properties."""

    def check(value: object, path: str) -> None:
        if not isinstance(value, dict):
            raise Invalid(_expected("object", value, path))
        for name in required:
            if name not in value:
                raise Invalid(f'Missing required key "{name}" at {path}')
        for name, inner in properties.items():
            if name in value:
                inner(value[name], f"{path}.{name}")

    return check


def union(members: Mapping[str, Check], *, closed: bool = False) -> Check:
    """Return the schema of an object whose `$type` selects its schema. Unknown types are accepted unless `closed`."""
    is_typed = structure({"$type": string()}, required=("$type",))

    def check(value: Any, path: str) -> None:
        is_typed(value, path)
        if closed and value["$type"] not in members:
            raise Invalid(f"Expected one of {', '.join(members)} (got {value['$type']}) at {path}")
        members.get(value["$type"], anything)(value, path)

    return check


BLOB_REFERENCE = structure(
    {
        "$type": string(),
        "ref": structure({"$link": string()}, required=("$link",)),
        "mimeType": string(),
        "size": integer(),
    },
    required=("$type", "ref", "mimeType", "size"),
)
"""The response of `uploadBlob`, as it appears in records."""


def blob(*, accept: str, max_bytes: int) -> Check:
    """Return the schema of a reference to an uploaded blob. `accept` is a type, or a pattern such as `image/*`."""

    def check(value: Any, path: str) -> None:
        BLOB_REFERENCE(value, path)
        if value["$type"] != "blob":
            raise Invalid(_expected("blob", value, path))
        if not fnmatchcase(value["mimeType"], accept):
            raise Invalid(f'blob type not accepted (expected {accept}, got "{value["mimeType"]}") at {path}')
        _refuse_more("blob", max_bytes, value["size"], path)

    return check


def _refuse_more(noun: str, maximum: int, actual: int, path: str) -> None:
    if actual > maximum:
        raise Invalid(f"{noun} too big (maximum {maximum}, got {actual}) at {path}")


def _expected(kind: str, value: object, path: str) -> str:
    names = {str: "string", bool: "boolean", int: "integer", float: "float", list: "array", dict: "object"}
    return f"Expected {kind} value type (got {names.get(type(value), 'null')}) at {path}"
