"""Reading a JSON body: strictly, and once.

What parsers disagree about is refused rather than guessed: a field that stands there twice, an encoding other than
UTF-8, numbers that JSON does not have. So is what could not be stored or sent, for every route at once.
"""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, NoReturn

from fastapi import Request

from letmepost.domain.errors import InvalidRequest
from letmepost.domain.text import is_storable

VALUES_MAX = 20_000
"""How many values a body may hold: more than requests need, and few enough to find something wrong with each."""
_PATH_MAX_CHARS = 200


class JSONRequest(Request):
    """A request whose JSON is read by the gate. FastAPI asks for it again, and gets the same value."""

    async def read(self) -> None:
        """Read the body, if there is one.

        Raises:
            InvalidRequest: it is not JSON, or holds what cannot be stored.
        """
        body = await self.body()
        if not body:
            return
        if not _is_json(self.headers.get("content-type", "")):
            raise InvalidRequest(
                "The body is not said to be JSON.",
                rule="body.content_type",
                remediation="Send `Content-Type: application/json`.",
            )
        self._json = read_json(body)


def read_json(body: bytes) -> Any:
    """The value that a body holds.

    Raises:
        InvalidRequest: it is not JSON, is ambiguous, too much, or holds text that cannot be stored.
    """
    try:
        value = json.loads(body.decode(), object_pairs_hook=_object, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise InvalidRequest(
            f"The body is not JSON: {_why(error)}.", rule="body.json", remediation="Send one JSON object, in UTF-8."
        ) from error
    _check_values(value)
    return value


def shown_path(path: str) -> str:
    """A field's path, cut to what fits into an answer; `body` for the whole."""
    return (path if len(path) <= _PATH_MAX_CHARS else f"{path[:_PATH_MAX_CHARS]}…") or "body"


def _is_json(content_type: str) -> bool:
    kind = content_type.partition(";")[0].strip().lower()
    return kind == "application/json" or (kind.startswith("application/") and kind.endswith("+json"))


def _object(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        [(name, _)] = Counter(name for name, _ in pairs).most_common(1)
        raise InvalidRequest(
            f"{shown_path(name)} stands there twice.", rule="body.duplicate_field", remediation="Send each field once."
        )
    return value


def _refuse_constant(name: str) -> NoReturn:
    message = f"{name} is no JSON number"
    raise ValueError(message)


def _why(error: Exception) -> str:
    match error:
        case json.JSONDecodeError():
            return f"{error.msg}, line {error.lineno} column {error.colno}"
        case UnicodeDecodeError():
            return f"byte {error.start} is not UTF-8"
        case RecursionError():
            return "it is nested too deeply"
    return "it holds a number that nobody can read"


def _check_values(value: Any) -> None:
    """Look at every value: how many there are, and whether each text can be stored. No depth is too deep."""
    waiting, count = [("", value)], 1
    while waiting:
        path, value = waiting.pop()
        if isinstance(value, str):
            _check_text(path, value)
        elif isinstance(value, dict | list):
            count += len(value)
            if count > VALUES_MAX:
                raise InvalidRequest(
                    f"The body holds more than {VALUES_MAX} values.",
                    rule="body.values_max",
                    remediation="Send less at once.",
                )
            waiting += _values_in(path, value)


def _values_in(path: str, value: dict[str, Any] | list[Any]) -> Iterator[tuple[str, Any]]:
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield f"{path}[{index}]", item
        return
    for name, item in value.items():
        _check_text(path, name)
        yield f"{path}.{name}" if path else name, item


def _check_text(path: str, text: str) -> None:
    if not is_storable(text):
        raise InvalidRequest(
            f"{shown_path(path)} holds a NUL character or half of a surrogate pair.",
            rule=shown_path(path),
            remediation="Send well-formed Unicode text.",
        )
