"""Counts graphemes like a Bluesky server."""

import regex

from letmepost.domain.text import count_graphemes as count_current

_LETTER = r"\p{InCB=Consonant}"
_NEW = r"[\u1CF5\u1CF6\U00011A3A]"  # the letters that Unicode 18 classifies as viramas
_VIRAMA = regex.compile(rf"(?!{_NEW})\p{{InCB=Linker}}")
_MARK = rf"(?:(?!{_NEW})[\p{{InCB=Extend}}\p{{InCB=Linker}}])"
# Marks, the letter before them, if there is one, and whether another letter follows.
_MARKS = regex.compile(
    rf"(?P<letter>{_LETTER})?(?P<marks>{_MARK}++)(?P<joined>(?={_LETTER}))?|{_NEW}{_MARK}*+(?P<new>(?={_LETTER}))?"
)


def count_graphemes(text: str) -> int:
    """Return the larger of two counts: by the Unicode version of the server, and by the current one.

    A server counts with `Intl.Segmenter` of Node 24, which follows Unicode 17 (checked 2026-11-28 with ICU 78). There,
    rule GB9c of UAX #29 joins two consonants of an Indic script with a virama between them. Unicode 18 joins whatever
    precedes the virama, so Malayalam `എൻ്റെ` is 2 graphemes, and 3 for the server. A server that is updated counts
    less, not more: the larger count is accepted by both.
    """
    count = count_current(text)
    if text.isascii():
        return count
    return count + sum(1 for found in _MARKS.finditer(text) if _is_joined_since_18(found))


def _is_joined_since_18(found: "regex.Match[str]") -> bool:
    if found["joined"] is None:
        return found["new"] is not None
    return found["letter"] is None and _VIRAMA.search(found["marks"]) is not None
