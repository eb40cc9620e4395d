"""How arguments become paths, queries and JSON."""

import json
import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import Enum
from typing import Any
from urllib.parse import quote

from pydantic import BaseModel


class Omitted(Enum):
    """The type of `OMITTED`."""

    OMITTED = "omitted"

    def __repr__(self) -> str:
        return self.name


OMITTED = Omitted.OMITTED
"""An argument that is not sent, where `None` removes a value."""

_FREE_FORM = frozenset({"metadata"})
"""Objects with keys of the caller's own."""


def path_of(template: str, *values: str) -> str:
    """Return a path with values in the places of `{}`, quoted.

    Raises:
        ValueError: a value is empty. The path would be that of another operation.
    """
    if not all(values):
        raise ValueError(f"An id of {template} is empty.")
    return template.format(*(quote(value, safe="") for value in values))


def query_of(given: Mapping[str, object]) -> tuple[tuple[str, str], ...]:
    """Return a query with the given values, in camelCase. None is omitted, and lists are repeated."""
    return tuple(
        (_camel(name), _text(item))
        for name, value in given.items()
        if value is not None
        for item in (value if isinstance(value, list | tuple | set | frozenset) else (value,))
    )


def body_of(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return a JSON object with the given fields, in camelCase. `None` and `OMITTED` are omitted."""
    return {_camel(name): jsonable(value, name) for name, value in given.items() if value not in (None, OMITTED)}


def changes_of(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return a JSON object with the given fields, in camelCase. Only `OMITTED` is omitted."""
    return {_camel(name): jsonable(value, name) for name, value in given.items() if value is not OMITTED}


def jsonable(value: Any, name: str = "") -> Any:
    """Return a value for JSON. Keys become camelCase, except those of `metadata`.

    Raises:
        ValueError: a time has no offset.
    """
    if isinstance(value, datetime):
        return _time(value)
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json", by_alias=True, exclude_none=True)
    if isinstance(value, Mapping):
        return {
            str(key) if name in _FREE_FORM else _camel(str(key)): jsonable(item, str(key))
            for key, item in value.items()
        }
    if isinstance(value, Iterable) and not isinstance(value, str | bytes):
        return [jsonable(item) for item in value]
    return value


def encode(body: Any) -> bytes:
    """Return compact JSON in UTF-8.

    Raises:
        ValueError: a number is not finite, or a text has half of a surrogate pair.
    """
    return json.dumps(body, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()


def _camel(key: str) -> str:
    """Return a key in camelCase. A key without underscores stays as it is."""
    return re.sub(r"(?<=[a-z0-9])_([a-z0-9])", lambda found: found[1].upper(), key)


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return _time(value) if isinstance(value, datetime) else str(value)


def _time(value: datetime) -> str:
    if value.tzinfo is None:
        raise ValueError(f"The time {value.isoformat()} has no offset. Pass an aware datetime, or `schedule`.")
    return value.isoformat()
