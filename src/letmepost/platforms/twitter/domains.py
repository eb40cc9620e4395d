"""Finds the domains in a run of characters that X links.

The rules of twitter-text 3.1.0 (https://github.com/twitter/twitter-text js/src/regexp/validDomain.js and
js/src/lib/idna.js, read 2026-11-28), written so that the work grows linearly with the length of any text.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

from letmepost.platforms.twitter.tlds import TLDS

LATIN = (
    "\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u00ff\u0100-\u024f\u0253\u0254\u0256\u0257\u0259\u025b\u0263\u0268\u026f\u0272"
    "\u0289\u028b\u02bb\u0300-\u036f\u1e00-\u1eff"
)
INVALID = "\ufffe\ufeff\uffff"
_SPACES = "\t-\r \u0085\u00a0\u1680\u180e\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
_DIRECTIONS = "\u202a-\u202e\u061c\u200e\u200f\u2066-\u2069"
_NO_LETTER = rf"!'#%&()*+,\\\-./:;<=>?@\[\]^_{{|}}~${_SPACES}{INVALID}{_DIRECTIONS}"

RUN = re.compile(rf"(?:[^{_NO_LETTER}]|[-_.])+")
"""The characters of a run. To X, every character except white space and most ASCII punctuation is a letter."""

BEFORE_LINK = rf"(?<![a-zA-Z0-9@\uff20$#\uff03{INVALID}])"
_FIRST_LETTER = re.compile(rf"{BEFORE_LINK}[^-_.]")
_ASCII_END = re.compile(rf"[-a-z0-9{LATIN}]+\Z", re.IGNORECASE | re.ASCII)

_PUNYCODE = re.compile(r"xn--[-0-9a-z]+", re.IGNORECASE | re.ASCII)
_NOT_AFTER_TLD = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789@+-")
_TLD_MAX_CHARS = max(map(len, TLDS))

LABEL_MAX_CHARS = 63
_IDEOGRAPHIC_DOTS = re.compile("[\u3002\uff0e\uff61]")


@dataclass(frozen=True, slots=True)
class Domain:
    """A domain in a text: `text[start:end]`."""

    start: int
    end: int


class Run:
    """A run of characters that a domain may be part of, split at its dots.

    A domain consists of some labels of the run and the start of the next one. Only its last label before the top-level
    domain must not contain an underscore. Of several possible ends, the last one counts.
    """

    def __init__(self, text: str, start: int, end: int) -> None:
        self._text = text
        self.start, self.end = start, end
        self._labels = text[start:end].split(".")
        self._starts = [start]
        for label in self._labels[:-1]:
            self._starts.append(self._starts[-1] + len(label) + 1)
        following = ["."] * (len(self._labels) - 1) + [text[end : end + 1]]
        self._tlds = [_tld_length(label, after) for label, after in zip(self._labels, following, strict=True)]
        self._ends = self._find_ends()

    def _find_ends(self) -> list[int | None]:
        """Return for each label the end of the domain that starts with it, or None without one."""
        ends: list[int | None] = [None] * len(self._labels)
        for index in range(len(self._labels) - 2, -1, -1):
            label = self._labels[index]
            if label and label[0] not in "-_" and label[-1] not in "-_":
                ends[index] = ends[index + 1] or self._end_after(index, label)
        return ends

    def _end_after(self, index: int, name: str) -> int | None:
        """Return the end of the domain with `name` as its last label before the top-level domain. It ends a label."""
        length = self._tlds[index + 1]
        return self._starts[index + 1] + length if length and "_" not in name else None

    def whole(self) -> Domain | None:
        """Return the domain that starts with the run itself, as after `https://`."""
        end = self._ends[0]
        return None if end is None else Domain(self.start, end)

    def first(self, floor: int) -> Domain | None:
        """Return the first domain that starts at `floor` or later, where a link may start."""
        index = max(bisect_right(self._starts, floor) - 1, 0)
        for label in range(index, len(self._labels) - 1):
            found = self._in_label(label, max(floor, self._starts[label]))
            if found is not None:
                return found
        return None

    def _in_label(self, index: int, floor: int) -> Domain | None:
        label, start = self._labels[index], self._starts[index]
        if not label or label[-1] in "-_":
            return None
        end = self._ends[index + 1]
        if end is None:
            after_underscore = label.rfind("_") + 1
            end, floor = self._end_after(index, label[after_underscore:]), max(floor, start + after_underscore)
        found = None if end is None else _FIRST_LETTER.search(self._text, floor, start + len(label))
        if found is None or end is None:
            return None
        if found.start() == 0 and _FIRST_LETTER.match(self._text, 1, start + len(label)):
            return Domain(1, end)  # X consumes the character that precedes a link, even at the start of a text
        return Domain(found.start(), end)


def ascii_domains(text: str, domain: Domain) -> Iterator[Domain]:
    """Find the parts of a domain that are ASCII or Latin letters, each up to a top-level domain of any script."""
    labels = text[domain.start : domain.end].split(".")
    starts = [domain.start]
    for label in labels[:-1]:
        starts.append(starts[-1] + len(label) + 1)
    index, floor = 0, domain.start
    while index < len(labels) - 1:
        begin = _ASCII_END.search(text, max(floor, starts[index]), starts[index] + len(labels[index]))
        last = index + 1
        while begin is not None and last < len(labels) - 1 and _ASCII_END.match(labels[last]):
            last += 1
        ending = range(last, index, -1) if begin is not None else ()
        index = last
        for tld in ending:
            if length := _tld_length(labels[tld], "." if tld < len(labels) - 1 else ""):
                assert begin is not None  # noqa: S101 - `ending` is empty without it
                floor, index = starts[tld] + length, tld
                yield Domain(begin.start(), floor)
                break


def can_be_resolved(domain: str) -> bool:
    """Return True if the labels of a domain are short enough for the DNS when they are encoded."""
    if domain.startswith("xn--") and not any(ascii_domains(domain, Domain(0, len(domain)))):
        return False  # punycode with other letters in it
    return all(_encoded_length(label) <= LABEL_MAX_CHARS for label in domain.split("."))


def _encoded_length(label: str) -> int:
    if label.isascii() or len(label) > LABEL_MAX_CHARS:  # encoding makes long labels longer, and takes time
        return len(label)
    parts = _IDEOGRAPHIC_DOTS.split(label)
    return len(parts) - 1 + sum(len(part) if part.isascii() else 4 + len(part.encode("punycode")) for part in parts)


def _tld_length(label: str, following: str) -> int:
    """Return the length of the top-level domain that a label is or starts with; 0 without one."""
    lowered = label[: _TLD_MAX_CHARS + 1].lower()
    for length in range(min(len(lowered), _TLD_MAX_CHARS), 0, -1):
        follows = label[length : length + 1] or following
        if lowered[:length] in TLDS and follows not in _NOT_AFTER_TLD:
            return length
    punycode = _PUNYCODE.match(label)
    return 0 if punycode is None else punycode.end()
