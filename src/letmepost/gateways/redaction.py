"""Removes secrets from the replies of servers.

A server may echo what it received, and its refusals are shown to callers, stored and logged. The secrets of a call are
known exactly, so they are removed by value: no pattern has to guess the form of a password or a token.
"""

import base64
import binascii
import html
import json
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from urllib.parse import parse_qsl, quote, quote_plus, urlsplit

from letmepost.domain.flow import Call

REDACTED = "(secret removed)"

_UNREAD_MAX = 100
"""How many calls wait to be searched: an upload makes thousands, mostly with the same secrets."""
_SHORTEST = 4
"""Shorter values are no credentials, and removing them would garble the reply."""
_SECRET_NAMES = frozenset({"apikey", "authorization", "code", "cookie", "dpop", "xapikey"})
_SECRET_ENDINGS = ("assertion", "jwt", "password", "secret", "signature", "token", "verifier")
_ESCAPED_BY_SOME = re.compile(r"""[^ -~]|["&'+<>`\\]""")
_SAME_EVERYWHERE = re.compile(r"[A-Za-z0-9._-]+")
_HEX_ESCAPE = re.compile(r"%[0-9A-F]{2}")


class Secrets:
    """The secrets that calls contained. Its repr shows none of them.

    Most calls succeed and nothing is removed from their replies, so calls are searched for secrets only when needed.
    """

    def __init__(self) -> None:
        self._values: set[str] = set()
        self._unread_calls: list[Call] = []
        self._encoded: list[str] | None = None

    def add(self, values: Iterable[str]) -> None:
        """Add secrets."""
        new = {value for value in values if len(value) >= _SHORTEST} - self._values
        if new:
            self._values |= new
            self._encoded = None

    def add_call(self, call: Call) -> None:
        """Add every value of a call with the name of a secret: a header, a parameter or a field."""
        self._unread_calls.append(call)
        if len(self._unread_calls) >= _UNREAD_MAX:
            self._read_calls()

    def redact(self, text: str) -> str:
        """Return a text without the secrets, in any usual encoding."""
        for encoded in self._all_encoded():
            text = text.replace(encoded, REDACTED)
        return text

    def redact_bytes(self, body: bytes) -> bytes:
        """Return a body without the secrets."""
        for encoded in self._all_encoded():
            body = body.replace(encoded.encode(errors="replace"), REDACTED.encode())
        return body

    def redact_path(self, path: str) -> str:
        """Return a path without the credentials that signed calls. A path should contain no other secrets."""
        return self.redact(path) if any(value in path for value in self._values) else path

    def _all_encoded(self) -> list[str]:
        self._read_calls()
        if self._encoded is None:
            found = {encoded for value in self._values for encoded in _encodings(value)}
            # The longest first, because a part of it may be the encoding of another secret.
            self._encoded = sorted(found, key=len, reverse=True)
        return self._encoded

    def _read_calls(self) -> None:
        for call in self._unread_calls:
            self.add(_carried(call))
        self._unread_calls.clear()


@lru_cache(maxsize=1024)
def _is_secret_name(name: str) -> bool:
    """Return True if a header, a parameter or a field with this name contains a secret."""
    plain = re.sub(r"[^a-z]", "", name.lower())
    return plain in _SECRET_NAMES or plain.endswith(_SECRET_ENDINGS)


def _carried(call: Call) -> Iterator[str]:
    for name, value in call.headers.items():
        if _is_secret_name(name):
            yield from _in_header(value)
    parameters = [*call.query, *(call.form or {}).items(), *parse_qsl(urlsplit(call.url).query)]
    fields = [(name, value) for name, value in call.multipart or () if isinstance(value, str)]
    yield from (value for name, value in (*parameters, *fields) if _is_secret_name(name))
    yield from _in_json(call.json, is_secret=False)


def _in_header(value: str) -> Iterator[str]:
    """Yield the value, the part after its scheme, and for Basic (RFC 7617) the password in it."""
    scheme, _, credentials = value.partition(" ")
    yield from (value, credentials)
    if scheme.lower() == "basic":
        try:
            pair = base64.b64decode(credentials, validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            return
        yield pair.partition(":")[2]


def _in_json(value: object, *, is_secret: bool) -> Iterator[str]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _in_json(inner, is_secret=_is_secret_name(str(name)))
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _in_json(inner, is_secret=is_secret)
    elif isinstance(value, str) and is_secret:
        yield value


def _encodings(secret: str) -> Iterator[str]:
    """Yield a secret unchanged, and encoded for base64, JSON, HTML and URLs."""
    yield secret
    plain = base64.b64encode(secret.encode(errors="replace")).decode()
    for text in {plain, plain.rstrip("="), plain.translate(_URL_SAFE), plain.translate(_URL_SAFE).rstrip("=")}:
        yield text
        yield quote(text, safe="")
    if _SAME_EVERYWHERE.fullmatch(secret):
        return
    for escaped in (json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]):
        yield escaped
        yield escaped.replace("/", "\\/")
    yield _ESCAPED_BY_SOME.sub(lambda found: f"\\u{ord(found[0]):04x}", secret)
    yield _ESCAPED_BY_SOME.sub(lambda found: f"\\u{ord(found[0]):04X}", secret)
    for escaped in (html.escape(secret), html.escape(secret, quote=False)):
        yield escaped
        yield escaped.replace("&#x27;", "&#39;")
    for quoted in (quote(secret, errors="replace"), quote(secret, safe="", errors="replace"), quote_plus(secret)):
        yield quoted
        yield _HEX_ESCAPE.sub(lambda found: found[0].lower(), quoted)


_URL_SAFE = str.maketrans("+/", "-_")
