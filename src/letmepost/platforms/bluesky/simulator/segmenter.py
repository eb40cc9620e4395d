"""Counts the graphemes of a text like the server: `Intl.Segmenter` of Node 24, which follows Unicode 17.

The rules of https://www.unicode.org/reports/tr29/tr29-47.html#Grapheme_Cluster_Boundary_Rules (checked 2026-11-28), one
by one. The platform's own code counts in another way, so that a mistake in either shows.
"""

from functools import lru_cache

import regex

_CLASSES = (
    "CR",
    "LF",
    "Control",
    "Extend",
    "ZWJ",
    "Regional_Indicator",
    "Prepend",
    "SpacingMark",
    "L",
    "V",
    "T",
    "LV",
    "LVT",
)
_BREAK = {name: regex.compile(rf"\p{{GCB={name}}}") for name in _CLASSES}
_CONJUNCT = {
    "Consonant": regex.compile(r"\p{InCB=Consonant}"),
    "Linker": regex.compile(r"(?![\u1CF5\u1CF6\U00011A3A])\p{InCB=Linker}"),  # Unicode 18 classifies those as linkers
    "Extend": regex.compile(r"\p{InCB=Extend}"),
}
_PICTOGRAPHIC = regex.compile(r"\p{Extended_Pictographic}")

_CONTROLS = frozenset({"CR", "LF", "Control"})
_SYLLABLES = {
    "L": frozenset({"L", "V", "LV", "LVT"}),
    "LV": frozenset({"V", "T"}),
    "V": frozenset({"V", "T"}),
    "LVT": frozenset({"T"}),
    "T": frozenset({"T"}),
}


@lru_cache(maxsize=4096)
def _kind(char: str) -> tuple[str, str, bool]:
    """Return the grapheme break class of a character, its conjunct class, and whether it is a pictograph."""
    kind = next((name for name, pattern in _BREAK.items() if pattern.match(char)), "Other")
    conjunct = next((name for name, pattern in _CONJUNCT.items() if pattern.match(char)), "None")
    return kind, conjunct, _PICTOGRAPHIC.match(char) is not None


class _Cursor:
    """The state of the rules at a position, from the characters before it."""

    def __init__(self) -> None:
        self._kind = "LF"  # the start of a text is a boundary (GB1)
        self._regions = 0
        self._picture = ""  # "open" after a pictograph and its marks, "joined" after a joiner as well
        self._conjunct = ""  # "open" after a consonant and its marks, "linked" when a virama is one of them

    def passes(self, char: str) -> bool:
        """Move past a character, and return True if there is a boundary before it."""
        kind, conjunct, is_picture = _kind(char)
        is_boundary = self._is_boundary(kind, conjunct, is_picture=is_picture)
        self._regions = self._regions + 1 if kind == "Regional_Indicator" else 0
        if is_picture:
            self._picture = "open"
        elif not (self._picture == "open" and kind in {"Extend", "ZWJ"}):
            self._picture = ""
        elif kind == "ZWJ":
            self._picture = "joined"
        if conjunct == "Consonant":
            self._conjunct = "open"
        elif conjunct == "None":
            self._conjunct = ""
        elif conjunct == "Linker" and self._conjunct:
            self._conjunct = "linked"
        self._kind = kind
        return is_boundary

    def _is_boundary(self, kind: str, conjunct: str, *, is_picture: bool) -> bool:
        if self._kind in _CONTROLS or kind in _CONTROLS:
            return not (self._kind == "CR" and kind == "LF")  # GB3 to GB5
        joins = (
            kind in _SYLLABLES.get(self._kind, ()),  # GB6 to GB8
            kind in {"Extend", "ZWJ", "SpacingMark"} or self._kind == "Prepend",  # GB9 to GB9b
            self._conjunct == "linked" and conjunct == "Consonant",  # GB9c
            self._picture == "joined" and is_picture,  # GB11
            self._regions % 2 == 1 and kind == "Regional_Indicator",  # GB12, GB13
        )
        return not any(joins)


def grapheme_count(text: str) -> int:
    """Return the number of graphemes in a text."""
    cursor = _Cursor()
    return sum(map(cursor.passes, text))
