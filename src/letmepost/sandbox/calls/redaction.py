"""Removes credentials from the headers, parameters and bodies of calls before they are shown.

A value is removed because of its name, and then wherever else it occurs in the same call: a network may return what it
received.
"""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote, quote_plus, unquote_plus

REDACTED = "(removed)"

_SHORTEST = 6
"""Shorter values are removed only where their name is. Elsewhere, that would garble the text."""
_SECRET = re.compile(
    r"(token|tokens|secret|password|jwt|assertion|verifier|signature|proof|cookie|authorization|dpop|apikey|policy"
    r"|credential|uploadid|ticket)$"
)
_PARAMETER = re.compile(r"(?<=[?&])([^=&#\s\"'<>]+)=([^&#\s\"'<>\\]+)")
_SCHEME = re.compile(r"^(\w+) +(\S.*)$")


class Redaction:
    """Removes the secrets of one call: first those with the name of one, and then their values wherever they occur."""

    def __init__(self) -> None:
        self._values: set[str] = set()

    def clean_headers(self, headers: Mapping[str, str]) -> dict[str, str]:
        """Return headers without those that are secrets. The scheme of an authorization is kept."""
        return {name: self._clean_header(name, value) for name, value in headers.items()}

    def clean_parameters(self, parameters: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
        """Return the parameters of a query or a form without those that are secrets."""
        return [
            (name, self._hide(value) if _is_secret(name, has_code=True) else self._note_url(value))
            for name, value in parameters
        ]

    def clean_json(self, value: Any, *, has_code: bool, is_secret: bool = False) -> Any:
        """Return a JSON value without the texts and numbers in fields that are secrets.

        Args:
            has_code: True if a field `code` is an authorization code. In replies, it is the code of an error.
            is_secret: True if everything inside the value is a secret, whatever its name is.
        """
        if isinstance(value, dict):
            return {
                name: self.clean_json(
                    inner, has_code=has_code, is_secret=is_secret or _is_secret(str(name), has_code=has_code)
                )
                for name, inner in value.items()
            }
        if isinstance(value, list):
            return [self.clean_json(inner, has_code=has_code, is_secret=is_secret) for inner in value]
        if isinstance(value, str):
            return self._hide(value) if is_secret else self._note_url(value)
        return REDACTED if is_secret and value is not None and not isinstance(value, bool) else value

    def remove(self, text: str) -> str:
        """Return a text without the values that were found, in the encodings of URLs, forms and JSON."""
        for value in sorted(self._values, key=len, reverse=True):
            for encoded in sorted(_encodings(value), key=len, reverse=True):
                text = text.replace(encoded, REDACTED)
        return text

    def _clean_header(self, name: str, value: str) -> str:
        if not _is_secret(name):
            return self._note_url(value)
        scheme = _SCHEME.match(value)
        return self._hide(value) if scheme is None else f"{scheme[1]} {self._hide(scheme[2])}"

    def _hide(self, value: str) -> str:
        if len(value) >= _SHORTEST:
            self._values.add(value)
        return REDACTED

    def _note_url(self, text: str) -> str:
        """Return the text, and remember the secrets in the query of a URL in it."""
        for name, value in _PARAMETER.findall(text):
            if _is_secret(unquote_plus(name), has_code=True):
                self._hide(unquote_plus(value))
        return text


def _encodings(value: str) -> set[str]:
    """Return a value as URLs, forms and JSON contain it."""
    once = {
        value,
        quote(value, safe="", errors="replace"),
        quote(value, errors="replace"),
        quote_plus(value, errors="replace"),
        json.dumps(value)[1:-1],
        json.dumps(value, ensure_ascii=False)[1:-1],
    }
    return once | {quote_plus(one, errors="replace") for one in once}  # a URL in a parameter is encoded twice


def _is_secret(name: str, *, has_code: bool = False) -> bool:
    plain = re.sub(r"[^a-z0-9]", "", name.lower())
    return _SECRET.search(plain) is not None or (has_code and plain == "code")
