"""Texts around a limit, for tests that compare preflight with a simulator."""

from collections.abc import Callable

from hypothesis import assume
from hypothesis import strategies as st

from letmepost.domain.text import count_graphemes, count_utf8_bytes, count_utf16_units, is_blank

_UNITS: tuple[Callable[[str], int], ...] = (len, count_utf8_bytes, count_utf16_units, count_graphemes)
_PIECES = (
    *("x", " ", "\n", "(", "_", "\\", "#tag ", "@name ", "\u200b"),
    *("\u2019", "\xe9", "e\u0301", "\u044f", "\u4e2d", "\u0939\u093f\u0928\u094d\u0926\u0940", "\u0301"),
    *("🎉", "👍🏽", "👨‍👩‍👧", "🇩🇪", "❤️", "1️⃣"),
)
"""Each has another length in at least one unit, or a special meaning on some platform."""


@st.composite
def texts_around(draw: st.DrawFn, limit: int) -> str:
    """Return a visible text within 3 of the limit, in code points, bytes, UTF-16 units or graphemes."""
    count = draw(st.sampled_from(_UNITS))
    length = limit + draw(st.integers(-3, 3))
    text = "".join(draw(st.lists(st.sampled_from(_PIECES), max_size=8)))
    piece = draw(st.sampled_from(_PIECES))
    text += piece * max(0, (length - count(text)) // count(piece))
    text += "x" * max(0, length - count(text))
    assume(not is_blank(text))
    return text
