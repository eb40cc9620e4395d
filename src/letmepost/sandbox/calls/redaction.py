"""Removes credentials from the headers, parameters and bodies of calls before they are shown.

A value is removed because of its name, and then wherever else it occurs in the same call: a network may return what it
received.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl, quote, quote_plus, unquote_plus

REDACTED = "(removed)"

_SHORTEST = 6
"""Shorter values are no credentials, and removing them everywhere would garble the text."""
_SECRET = re.compile(
    r"(token|tokens|secret|password|jwt|assertion|verifier|signature|proof|cookie|authorization|dpop|apikey|policy"
    r"|credential|uploadid|ticket)$"
)
_PARAMETER = re.compile(r"(?<=[?&])([^=&#\s\"'<>]+)=([^&#\s\"'<>\\]+)")
_SCHEME = re.compile(r"^(\w+) +(\S.*)$")


class Redaction:
    """The secrets of one call, and the function that removes them."""

    def __init__(self) -> None:
        self._values: set[str] = set()

    def add_headers(self, headers: Mapping[str, str]) -> None:
        """Add the secrets in headers."""
        for name, value in headers.items():
            if _is_secret(name):
                scheme = _SCHEME.match(value)
                self._add(value if scheme is None else scheme[2])
            self._add_url(value)

    def add_parameters(self, parameters: Iterable[tuple[str, str]]) -> None:
        """Add the secrets among the parameters of a query or a form."""
        for name, value in parameters:
            if _is_secret(name, has_code=True):
                self._add(value)
            self._add_url(value)

    def add_json(self, value: Any, *, has_code: bool) -> None:
        """Add the secrets inside a JSON value.

        Args:
            has_code: True if a field `code` is an authorization code. In replies, it is the code of an error.
        """
        for name, text in _named_texts(value):
            if _is_secret(name, has_code=has_code):
                self._add(text)
            self._add_url(text)

    def remove(self, text: str) -> str:
        """Return a text without the secrets, in the encodings of URLs, forms and JSON."""
        for value in sorted(self._values, key=len, reverse=True):
            once = {value, quote(value, safe=""), quote(value), quote_plus(value), json.dumps(value)[1:-1]}
            for encoded in (*{quote_plus(one) for one in once}, *once):  # a URL in a parameter is encoded twice
                text = text.replace(encoded, REDACTED)
        return text

    def _add_url(self, text: str) -> None:
        for name, value in _PARAMETER.findall(text):
            if _is_secret(unquote_plus(name), has_code=True):
                self._add(unquote_plus(value))

    def _add(self, value: str) -> None:
        if len(value) >= _SHORTEST:
            self._values.add(value)


def read_json(body: bytes) -> Any:
    """Return the value of a body in JSON; None if it is not JSON."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def read_form(body: bytes) -> list[tuple[str, str]]:
    """Return the fields of a form."""
    return parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True)


def _is_secret(name: str, *, has_code: bool = False) -> bool:
    plain = re.sub(r"[^a-z0-9]", "", name.lower())
    return _SECRET.search(plain) is not None or (has_code and plain == "code")


def _named_texts(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """Yield every text inside a JSON value, with the name of the field that contains it."""
    if isinstance(value, str):
        yield name, value
    elif isinstance(value, dict):
        for inner_name, inner in value.items():
            # A text in an object with the name of a secret is a secret whatever its own name is.
            yield from _named_texts(inner, name if _is_secret(name) else str(inner_name))
    elif isinstance(value, list):
        for inner in value:
            yield from _named_texts(inner, name)
