"""Parses JSON bodies strictly, and once per request.

Ambiguous JSON is rejected: duplicate fields, encodings other than UTF-8, numbers that JSON does not have. Text that
cannot be stored is rejected here for every route.
"""

import asyncio
import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NoReturn

from fastapi import Request

from letmepost.domain import refusals
from letmepost.domain.errors import RequestError
from letmepost.domain.sizes import TEXT_MAX_CHARS
from letmepost.domain.text import is_storable
from letmepost.services.shapes import PATH_MAX_CHARS, shortened, shown_path

VALUES_MAX = 20_000
"""The most values in a body: more than requests need, and few enough to report an error for each."""
_CHECKED_BYTES = (256 * 1024, 1024 * 1024)
_INLINE_MEDIA = "bytesBase64"
"""A field that may be longer than `TEXT_MAX_CHARS`. It has its own limit."""


class JSONRequest(Request):
    """A request whose JSON the gate parses. FastAPI then reads the same value."""

    async def read(self) -> None:
        """Read the body, if there is one.

        Raises:
            InvalidRequest: the body is not JSON, or contains text that cannot be stored.
        """
        body = await self.body()
        if not body:
            return
        if not _is_json(self.headers.get("content-type", "")):
            raise refusals.requests.BODY_CONTENT_TYPE(given=_shown_type(self.headers.get("content-type")))
        self._json = await read_json(body)


async def read_json(body: bytes) -> Any:
    """Parse a body.

    The event loop serves other requests between the passes over the body: each takes up to 20 ms for 8 MiB.

    Raises:
        InvalidRequest: the body is not JSON, is ambiguous, has too many values, or text that cannot be stored.
    """
    _check_size(body)
    await asyncio.sleep(0)
    try:
        text = body.decode()
        await asyncio.sleep(0)
        value = json.loads(text, object_pairs_hook=_object, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise refusals.requests.BODY_JSON(problem=_why(error)) from error
    await asyncio.sleep(0)
    # UTF-8 and JSON allow a surrogate or a NUL character only as an escape.
    _check_values(value, is_storable if b"\\u" in body else _is_any_text)
    return value


def _shown_type(given: str | None) -> str:
    return "missing" if not given else f"`{shortened(given)}`"


def _is_json(content_type: str) -> bool:
    kind = content_type.partition(";")[0].strip().lower()
    return kind == "application/json" or (kind.startswith("application/") and kind.endswith("+json"))


def _object(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        [(name, _)] = Counter(name for name, _ in pairs).most_common(1)
        raise refusals.requests.BODY_DUPLICATE_FIELD(field=shown_path(name))
    return value


def _refuse_constant(name: str) -> NoReturn:
    message = f"{name} is not a JSON number"
    raise ValueError(message)


def _why(error: Exception) -> str:
    match error:
        case json.JSONDecodeError():
            return f"{error.msg}, line {error.lineno} column {error.colno}"
        case UnicodeDecodeError():
            return f"byte {error.start} is not UTF-8"
        case RecursionError():
            return "it is nested too deeply"
    return "it contains a number that is invalid or too long"


def _check_size(body: bytes) -> None:
    """Reject a body with too many values before it is parsed: 8 MiB of `[],` would take seconds.

    Members of objects and arrays are counted by the separators and opening brackets outside strings. An empty array or
    object is counted twice, so up to twice the limit passes, and `_check_values` counts exactly.
    """
    # A small part is enough to reject most of such bodies.
    for end in (*_CHECKED_BYTES, len(body)):
        part = body[:end]
        if _structure_size(part) > 2 * VALUES_MAX and _structure_size(_without_strings(part)) > 2 * VALUES_MAX:
            raise _too_many_values()


def _structure_size(body: bytes) -> int:
    return body.count(b",") + body.count(b"[") + body.count(b"{")


def _without_strings(body: bytes) -> bytes:
    """Return the parts of a body that are outside strings.

    Raises:
        InvalidRequest: there are more strings than the permitted values can have.
    """
    unescaped = body.replace(b"\\\\", b"").replace(b'\\"', b"") if b"\\" in body else body
    # Each value has at most two strings (its name and itself), and each string two quotes.
    pieces = unescaped.split(b'"', 8 * VALUES_MAX + 2)
    if len(pieces) > 8 * VALUES_MAX:
        raise _too_many_values()
    return b"".join(pieces[::2])


def _too_many_values() -> RequestError:
    return refusals.requests.BODY_VALUES_MAX(max_values=VALUES_MAX)


def _is_any_text(_text: str) -> bool:
    return True


def _check_values(value: Any, is_allowed: Callable[[str], bool]) -> None:
    """Check the number of values and the length and characters of each text, at any depth."""
    waiting, count = [("", value)], 1
    while waiting:
        path, value = waiting.pop()
        if isinstance(value, str):
            _check_text(path, value, is_allowed)
        elif isinstance(value, dict | list):
            count += len(value)
            if count > VALUES_MAX:
                raise _too_many_values()
            waiting += _values_in(path, value, is_allowed)


def _values_in(
    path: str, value: dict[str, Any] | list[Any], is_allowed: Callable[[str], bool]
) -> Iterator[tuple[str, Any]]:
    # Shortened here already: thousands of values below one long name would each repeat it.
    path = path[: PATH_MAX_CHARS + 1]
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield f"{path}[{index}]", item
        return
    for name, item in value.items():
        _check_text(path, name, is_allowed)
        shown = name[: PATH_MAX_CHARS + 1]
        yield f"{path}.{shown}" if path else shown, item


def _check_text(path: str, text: str, is_allowed: Callable[[str], bool]) -> None:
    if len(text) > TEXT_MAX_CHARS and not path.endswith(_INLINE_MEDIA):
        raise refusals.requests.TEXT_TOO_LONG(field=shown_path(path), actual=len(text), limit=TEXT_MAX_CHARS)
    if not is_allowed(text):
        raise refusals.requests.TEXT_NOT_STORABLE(field=shown_path(path))
