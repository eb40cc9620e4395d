"""Texts around a limit, for tests that compare preflight with a simulator."""

from collections.abc import Callable, Sequence

from hypothesis import assume
from hypothesis import strategies as st

from letmepost.domain.text import is_blank, is_storable

FILLERS = ("x", "\u044f", "\u4e2d", "🎉", "e\u0301", "👨‍👩‍👧‍👦")
"""Each has another length in at least one unit: code points, bytes, UTF-16 units, graphemes, X's weight."""
_PIECES = (
    *(*FILLERS, " ", "\n", "(", "_", "\\", "#tag ", "@name ", "\u200b", "https://example.com/a ", "example.com"),
    *("\u2019", "\xe9", "\u0939\u093f\u0928\u094d\u0926\u0940", "\u0301", "👍🏽", "🇩🇪", "❤️", "1️⃣"),
)
"""Each has another length in at least one unit, or a special meaning on some platform."""


_FAR = 10_000
"""At least any limit of a text."""


def how_often(fits: Callable[[int], bool]) -> int | None:
    """Return the highest number that fits; None if 1 does not, or if there is no limit."""
    if not fits(1):
        return None
    low, high = 1, 2
    while fits(high):
        low, high = high, 2 * high
        if low > _FAR:
            return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if fits(middle) else (low, middle)
    return low


@st.composite
def texts_around(draw: st.DrawFn, fits: Callable[[str], bool], words: Sequence[str] = ()) -> str:
    """Return a visible text that is up to 3 repetitions of its last piece away from the limit, if there is one.

    `words`: parts with a special meaning on the platform.
    """
    piece = st.sampled_from([*_PIECES, *words])
    text = "".join(draw(st.lists(piece | st.text(max_size=4), max_size=12)))
    filler = draw(st.sampled_from(FILLERS) | piece.map(lambda one: f"{one} "))
    count = how_often(lambda number: fits(text + filler * number))
    if count is not None:
        text += filler * max(0, count + draw(st.integers(-2, 3)))
    assume(is_storable(text) and not is_blank(text))
    return text
