"""Finds the links that X sees in a text, with a scheme or without (`example.com`), and where they end.

The rules of twitter-text 3.1.0, reimplemented (https://github.com/twitter/twitter-text
js/src/extractUrlsWithIndices.js and js/src/regexp, read 2026-11-28). Each link becomes a t.co link of a fixed length.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from letmepost.platforms.twitter.domains import BEFORE_LINK, LATIN, RUN, Domain, Run, ascii_domains, can_be_resolved

URL_MAX_CHARS = 4096
_TCO_SLUG_MAX_CHARS = 40

_PROTOCOL = re.compile(rf"{BEFORE_LINK}https?://", re.IGNORECASE | re.ASCII)
_PROTOCOL_MAX_CHARS = len("https://")

_PATH_CHARS = rf"a-z0-9\u0400-\u04ff!*';:=+,.$/%#\[\]\-\u2013_~@|&{LATIN}"
_PARENTHESES = rf"\((?:[{_PATH_CHARS}]+|[{_PATH_CHARS}]*\([{_PATH_CHARS}]+\)[{_PATH_CHARS}]*)\)"
_PATH_END = rf"(?:[+\-a-z0-9\u0400-\u04ff=_#/{LATIN}]|{_PARENTHESES})"
_QUERY = r"\?[a-z0-9!?*'@();:&=+$/%#\[\]\-_.,~|]*[a-z0-9\-_&=#/]"
_TAIL = re.compile(
    rf"(?::[0-9]+)?(?P<path>/(?:(?:[{_PATH_CHARS}]|{_PARENTHESES})*{_PATH_END})?)?(?:{_QUERY})?",
    re.IGNORECASE | re.ASCII,
)
_TCO = re.compile(rf"https?://t\.co/(?P<slug>[a-z0-9]+)(?:{_QUERY})?", re.IGNORECASE | re.ASCII)
_NOT_BEFORE_BARE = frozenset("-_./")


@dataclass(frozen=True, slots=True)
class Link:
    """A link in a text: `text[start:end]`."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Match:
    """A domain with what precedes and follows it. The next match starts after `end`."""

    start: int
    domain: Domain
    has_path: bool
    end: int


def find_links(text: str) -> Iterator[Link]:
    """Yield every link, in order and without overlaps."""
    floor = 0
    for found in RUN.finditer(text):
        if "." not in found[0]:
            continue
        run = Run(text, found.start(), found.end())
        while floor < run.end and (match := _next(text, run, floor)) is not None:
            yield from _links(text, match)
            floor = match.end + 1  # a link needs a character before it that belongs to no other link


def _next(text: str, run: Run, floor: int) -> _Match | None:
    """Return the first match in a run that starts at `floor` or later."""
    domain = run.whole()
    start = None if domain is None else _protocol_start(text, run.start)
    if start is None or start < floor:
        domain = run.first(max(floor, run.start))
        start = None if domain is None else domain.start
    if domain is None or start is None:
        return None
    tail = _TAIL.match(text, domain.end)
    end = domain.end if tail is None else tail.end()
    return _Match(start, domain, tail is not None and tail["path"] is not None, end)


def _protocol_start(text: str, end: int) -> int | None:
    """Return where the `http://` or `https://` that ends here starts."""
    for length in (_PROTOCOL_MAX_CHARS - 1, _PROTOCOL_MAX_CHARS):
        found = _PROTOCOL.match(text, end - length, end) if end >= length else None
        if found is not None and found.end() == end:
            return found.start()
    return None


def _links(text: str, match: _Match) -> Iterator[Link]:
    """Yield the links of a match: one with a scheme, or one for each ASCII domain, the last of them with the path."""
    domain, protocol = match.domain, text[match.start : match.domain.start]
    length = match.end - match.start + len(protocol or "https://")  # the scheme counts twice, as in twitter-text
    if length > URL_MAX_CHARS or not can_be_resolved(text[domain.start : domain.end]):
        return
    if protocol:
        yield from _link_with_protocol(text, match)
    elif domain.start == 0 or text[domain.start - 1] not in _NOT_BEFORE_BARE:
        found = list(ascii_domains(text, domain))
        for part in found:
            yield Link(part.start, match.end if match.has_path and part is found[-1] else part.end)


def _link_with_protocol(text: str, match: _Match) -> Iterator[Link]:
    tco = _TCO.match(text, match.start, match.end)
    if tco is None:
        yield Link(match.start, match.end)
    elif len(tco["slug"]) <= _TCO_SLUG_MAX_CHARS:
        yield Link(match.start, tco.end())
