"""Replies that no platform documents: every status, bodies that are no JSON, values of wrong types, odd headers."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import chain
from typing import Any

from letmepost.domain.errors import PlatformFailure
from letmepost.domain.flow import Flow, Pause, Reply
from letmepost.domain.playback import play

STATUSES = (
    *(200, 201, 202, 204, 206, 301, 302, 304, 308, 400, 401, 402, 403, 404, 405, 408, 409, 410, 413, 422, 429, 451),
    *(500, 502, 503, 504, 599, 999),
)
_HUGE = 10**400
_WRONG: tuple[object, ...] = (
    *(None, True, False, 0, -1, 1.5, _HUGE, -_HUGE, float("inf"), float("nan")),
    *("", " ", "\x00\r\n", "\ud800", "\u202e\U0001f389\u0301", "x" * 5000, "-1", "1e999", "../../%2f?#"),
    *([], {}, [None], [[]], [{}], {"": None}, {"id": {}}),
)
"""Values in the place of a value of a good reply."""
BODIES = (
    *(b"", b" ", b"<html><h1>502 Bad Gateway</h1>", b"{", b'{"error', b"null", b"true", b"0", b'"text"', b"[]", b"[1]"),
    *(b"{}", b"\xff\xfe\x00{", b"\xef\xbb\xbf{}", b"\x1f\x8b\x08", b"[" * 10_000, b'{"a":' * 2_000),
    *(
        b'{"error": null}',
        b'{"error": 5}',
        b'{"error": []}',
        b'{"error": {}}',
        b'{"error": {"code": {}, "message": 5}}',
    ),
    *(b'{"error": "\\ud800", "message": "\\ud800"}', b'{"errors": 5}', b'{"errors": [5]}', b'{"errors": [{}]}'),
    *(b'{"errors": [{"message": 5, "code": "x"}]}', b'{"data": 5}', b'{"data": [5]}', b'{"data": {"id": 5}}'),
    *(b'{"code": 5, "message": [], "status": "x"}', b'{"title": 5, "detail": {}, "type": []}', b'{"id": {}}'),
)
_TIMES = (
    *("", "-1", "-5.5", "0", "1e999", "nan", "9" * 400, "1,2", "\u0661", "soon", "\xff"),
    *("Thu, 01 Jan 1970 00:00:00 GMT", "Fri, 31 Dec 9999 23:59:59 GMT", "Thu, 99 Foo 2026 99:99:99 GMT"),
)
"""Values of headers with a number or a date."""
_HEADERS = ("retry-after", "ratelimit-reset", "location")


NAMES = ("error", "errors", "code", "message", "status", "data", "id", "uri", "value", "title", "detail", "state")
"""Names of fields that many platforms use."""


def hostile_replies(at: datetime) -> Iterator[Reply]:
    """Yield replies that have nothing to do with the platform."""
    for status in STATUSES:
        yield Reply(status=status, body=b'{"error": {"code": "x", "message": {}}}', received_at=at)
    for status in (201, 204, 301, 401, 403, 404, 429, 500, 503):
        yield Reply(status=status, received_at=at)
    for status in (200, 400):
        for body in BODIES:
            yield Reply(status=status, body=body, received_at=at)
    for name in _HEADERS:
        for value in _TIMES:
            yield Reply(status=429, headers={name: value}, body=b"{}", received_at=at)


def damaged_replies(good: Reply) -> Iterator[Reply]:
    """Yield a good reply with each value of its JSON missing or wrong, at every level, and each header wrong."""
    for name in good.headers:
        yield replace(good, headers={key: value for key, value in good.headers.items() if key != name})
        for value in ("-1", "nan", "9" * 400):
            yield replace(good, headers={**good.headers, name: value})
    if good.data():
        for value in _damaged(dict(good.data())):
            yield replace(good, body=json.dumps(value).encode())


def _damaged(value: Any) -> Iterator[Any]:
    yield from _WRONG
    if isinstance(value, dict):
        for name, inner in value.items():
            yield {key: kept for key, kept in value.items() if key != name}
            for wrong in _damaged(inner):
                yield {**value, name: wrong}
    elif isinstance(value, list) and value:
        yield []
        for wrong in _damaged(value[0]):
            yield [wrong, *value[1:]]


def assert_ends_for_any_reply(start: Callable[[], Flow[Any]], replies: Sequence[Reply]) -> None:
    """Replace each reply of a flow by every hostile one, and all that follow. The flow must fail, pause or succeed."""
    for number, good in enumerate(replies):
        for bad in chain(hostile_replies(good.received_at), damaged_replies(good)):
            given = [*replies[:number], *[bad] * 40]
            transcript = play(start(), *given)
            is_waiting = isinstance(transcript.instructions[-1], Pause)
            assert len(transcript.calls) <= len(given) or is_waiting, "the flow still waits for a reply"
            assert transcript.error is None or isinstance(transcript.error, PlatformFailure), transcript.error
