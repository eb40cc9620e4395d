"""Measures texts against limits: each text once per request, and no further than its violation needs."""

from collections.abc import Callable
from dataclasses import dataclass, field

from letmepost.domain.text import count_graphemes, count_utf8_bytes, count_utf16_units

_EXACT_UP_TO = 2000
"""Lengths up to this are always exact."""
_FIRST_LOOK_CHARS = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """A way to count the length of a text.

    Args:
        how: what may be surprising about the count, as the end of a sentence; empty if nothing is.
        shrinks_by_max: returns by how much the length of a text with this beginning can fall when it continues. 0 for a
            measure that never shrinks when characters are appended.
        is_cheap: True if 100,000 characters are counted in less than 1 ms, so that a length is always exact.
    """

    unit: str
    count: Callable[[str], int]
    how: str = ""
    shrinks_by_max: Callable[[str], int] = lambda _beginning: 0
    is_cheap: bool = False


GRAPHEMES = Measure(unit="graphemes", count=count_graphemes)
UTF8_BYTES = Measure(unit="bytes", count=count_utf8_bytes, is_cheap=True)
CHARACTERS = Measure(unit="characters", count=len, how="Unicode code points", is_cheap=True)
UTF16 = Measure(unit="utf16 units", count=count_utf16_units, how="an emoji counts as two or more", is_cheap=True)


@dataclass(frozen=True, slots=True)
class Excess:
    """The length of a text that is over a limit: `at_least`, or exactly that if `is_exact`.

    Counting 95,000 emoji takes up to 30 ms per measure, and a request may hold hundreds of such texts. So a text that
    is far over its limit is counted only until the limit and `_EXACT_UP_TO` are exceeded, and `actual` then states
    what is known ("more than 2000") instead of a number that would be false.
    """

    at_least: int
    is_exact: bool

    @property
    def is_far_over(self) -> bool:
        """Return True if the text is so long that rules on its content need not read it."""
        return not self.is_exact

    @property
    def actual(self) -> int | str:
        """Return the length for `Finding.actual`."""
        return self.at_least if self.is_exact else str(self)

    def __str__(self) -> str:
        return str(self.at_least) if self.is_exact else f"more than {self.at_least - 1}"


@dataclass(slots=True)
class Lengths:
    """The lengths of the texts of one request. Targets share them, so that each text is counted once."""

    _found: dict[tuple[Measure, int, str], Excess | None] = field(default_factory=dict)
    _derived: dict[tuple[Callable[[str], str], str], str] = field(default_factory=dict)

    def derive(self, change: Callable[[str], str], text: str) -> str:
        """Return `change(text)`, computed once. Platforms may count a changed form of the caller's text."""
        key = (change, text)
        if key not in self._derived:
            self._derived[key] = change(text)
        return self._derived[key]

    def is_quick(self, measure: Measure, text: str, limit: int) -> bool:
        """Return True if `excess` takes about a millisecond or less: the text is short, or was counted before."""
        return measure.is_cheap or len(text) <= _FIRST_LOOK_CHARS or (measure, limit, text) in self._found

    def excess(self, measure: Measure, text: str, limit: int) -> Excess | None:
        """Return the length of a text that is longer than `limit`; None for a shorter one."""
        key = (measure, limit, text)
        if key not in self._found:
            self._found[key] = _excess(measure, text, limit)
        return self._found[key]


def _excess(measure: Measure, text: str, limit: int) -> Excess | None:
    if not measure.is_cheap:
        enough, looked_at = max(limit, _EXACT_UP_TO), _FIRST_LOOK_CHARS
        while looked_at < len(text):
            beginning = text[:looked_at]
            if measure.count(beginning) - measure.shrinks_by_max(beginning) > enough:
                return Excess(enough + 1, is_exact=False)
            looked_at *= 2
    length = measure.count(text)
    return Excess(length, is_exact=True) if length > limit else None
