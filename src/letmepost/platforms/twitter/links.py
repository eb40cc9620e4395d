"""Where X sees links in a text: with a scheme or without (`example.com`), and where they end.

The rules of twitter-text in our own words (https://github.com/twitter/twitter-text js/src/extractUrlsWithIndices.js
and js/src/regexp, read 2026-11-22): each becomes a t.co link of one length.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from letmepost.platforms.twitter.tlds import TLDS

URL_MAX_CHARS = 4096
LABEL_MAX_CHARS = 63
_TCO_SLUG_MAX_CHARS = 40

_LATIN = (
    "\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u00ff\u0100-\u024f\u0253\u0254\u0256\u0257\u0259\u025b\u0263\u0268\u026f\u0272"
    "\u0289\u028b\u02bb\u0300-\u036f\u1e00-\u1eff"
)
_DIRECTIONS = "\u202a-\u202e\u061c\u200e\u200f\u2066-\u2069"
_NO_HOST = rf"""!'#%&()*+,\\\-./:;<=>?@\[\]^_{{|}}~$"`\s\u200b\ufffe\ufeff\uffff{_DIRECTIONS}"""
_LETTERS = rf"a-z0-9{_LATIN}"
_BARE = rf"[{_LETTERS}-]+(?:\.[{_LETTERS}-]+)*(?:\.\w+)?"

_START = re.compile(
    rf"(?<![a-z0-9@\uff20$#\uff03\ufffe\ufeff\uffff])(?P<protocol>https?://)(?P<host>(?:[^{_NO_HOST}]|[-_.])+)"
    rf"|(?<![a-z0-9@\uff20$#\uff03\ufffe\ufeff\uffff_./-])(?P<bare>{_BARE})",
    re.IGNORECASE,
)

_PATH_CHARS = rf"a-z0-9\u0400-\u04ff!*';:=+,.$/%#\[\]\-\u2013_~@|&{_LATIN}"
_PARENTHESES = rf"\((?:[{_PATH_CHARS}]+|[{_PATH_CHARS}]*\([{_PATH_CHARS}]+\)[{_PATH_CHARS}]*)\)"
_PATH_END = rf"(?:[+\-a-z0-9\u0400-\u04ff=_#/{_LATIN}]|{_PARENTHESES})"
_QUERY = r"\?[a-z0-9!?*'@();:&=+$/%#\[\]\-_.,~|]*[a-z0-9\-_&=#/]"
_TAIL = re.compile(
    rf"(?::[0-9]+)?(?P<path>/(?:(?:[{_PATH_CHARS}]|{_PARENTHESES})*{_PATH_END})?)?(?:{_QUERY})?", re.IGNORECASE
)
_TCO = re.compile(rf"https?://t\.co/(?P<slug>[a-z0-9]+)(?:{_QUERY})?", re.IGNORECASE)
_PUNYCODE = re.compile(r"xn--[-0-9a-z]+")
_NOT_AFTER_TLD = frozenset("abcdefghijklmnopqrstuvwxyz0123456789@+-")
_TLD_MAX_CHARS = max(map(len, TLDS))


@dataclass(frozen=True, slots=True)
class Link:
    """A link in a text: `text[start:end]`."""

    start: int
    end: int


def find_links(text: str) -> Iterator[Link]:
    """Every link, in order; none overlaps another."""
    at = 0
    while (found := _START.search(text, at)) is not None:
        link = _candidate(text, found)
        if link is not None and _is_taken(text[link.start : link.end]):
            yield link
        at = found.end() if link is None else link.end


def _candidate(text: str, found: re.Match[str]) -> Link | None:
    protocol, host = found["protocol"] or "", found["host"] or found["bare"]
    length = _domain_length(host, text[found.end() : found.end() + 1])
    if length is None:
        return None
    start = found.start()
    end = start + len(protocol) + length
    tail = _TAIL.match(text, end)
    if tail is not None and (protocol or tail["path"]):
        end = tail.end()
    tco = _TCO.match(text, start)
    return Link(start, end if tco is None else tco.end())


def _is_taken(url: str) -> bool:
    tco = _TCO.match(url)
    if tco is not None and len(tco["slug"]) > _TCO_SLUG_MAX_CHARS:
        return False
    return len(url) + (0 if "://" in url else len("https://")) <= URL_MAX_CHARS


def _domain_length(host: str, following: str) -> int | None:
    """How much of a host is a domain: up to the last top-level domain in it; None when there is none."""
    labels = host.split(".")
    for count in range(len(labels), 1, -1):
        tld = _top_level(labels[count - 1], following if count == len(labels) else ".")
        if tld is not None:
            names = labels[: count - 1]
            return len(".".join([*names, tld])) if _is_domain(names) else None
    return None


def _top_level(label: str, following: str) -> str | None:
    """The top-level domain that a label is, or begins with: what follows it is no ASCII letter, digit, @, + or -."""
    lowered = label.lower()
    if _PUNYCODE.fullmatch(lowered):
        return None if following and following in "@+" else label
    for length in range(min(len(lowered), _TLD_MAX_CHARS), 0, -1):
        follows = lowered[length : length + 1] or following
        if lowered[:length] in TLDS and not (follows and follows in _NOT_AFTER_TLD):
            return label[:length]
    return None


def _is_domain(names: list[str]) -> bool:
    *_, name = names
    return "_" not in name and all(_is_label(label) for label in names)


def _is_label(label: str) -> bool:
    if not 0 < len(label) <= LABEL_MAX_CHARS or label[0] in "-_" or label[-1] in "-_":
        return False
    if label.isascii():
        return True
    return not label.lower().startswith("xn--") and len(label.encode("punycode")) + len("xn--") <= LABEL_MAX_CHARS
