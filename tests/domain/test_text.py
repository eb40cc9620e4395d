import json
import unicodedata
from itertools import cycle, islice

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from letmepost.domain.text import (
    as_compared,
    as_storable,
    compose,
    count_graphemes,
    count_utf8_bytes,
    count_utf16_units,
    is_blank,
    is_storable,
)

BREAKS = r"[\p{GCB=CR}\p{GCB=LF}\p{GCB=Control}]"
RULES = (
    ("GB3", r"\p{GCB=CR}", r"\p{GCB=LF}", False),
    ("GB4", BREAKS, r"", True),
    ("GB5", r"", BREAKS, True),
    ("GB6", r"\p{GCB=L}", r"[\p{GCB=L}\p{GCB=V}\p{GCB=LV}\p{GCB=LVT}]", False),
    ("GB7", r"[\p{GCB=LV}\p{GCB=V}]", r"[\p{GCB=V}\p{GCB=T}]", False),
    ("GB8", r"[\p{GCB=LVT}\p{GCB=T}]", r"\p{GCB=T}", False),
    ("GB9", r"", r"[\p{GCB=Extend}\p{GCB=ZWJ}]", False),
    ("GB9a", r"", r"\p{GCB=SpacingMark}", False),
    ("GB9b", r"\p{GCB=Prepend}", r"", False),
    ("GB9c", r"\p{InCB=Linker}\p{InCB=Extend}*", r"\p{InCB=Consonant}", False),
    ("GB11", r"\p{ExtPict}\p{GCB=Extend}*\p{GCB=ZWJ}", r"\p{ExtPict}", False),
    ("GB12, GB13", r"(?<!\p{GCB=RI})(?:\p{GCB=RI}{2})*\p{GCB=RI}", r"\p{GCB=RI}", False),
    ("GB999", r"", r"", True),
)
"""UAX #29 revision 49 (Unicode 18): the rule, the text before, the text after, and whether there is a boundary."""

ONE_OF_EACH_CLASS = (
    "\r\n\x00 a\u0308\u200c\u200d\u0903\u0600\u1100\u1160\u11a8\uac00\uac01"  # marks, a prepended one, Hangul
    "\U0001f1e9\U0001f1ea\u231a\U0001f476\U0001f3fd\ufe0f\u20e3#"  # flags, emoji, a skin tone, a keycap
    "\u0915\u0924\u094d\u093c\u093e\u0905\u1cf5"  # Devanagari, with a linking letter
)


def is_boundary(before: str, after: str) -> bool:
    """Return what the first applicable rule decides about a boundary between two texts."""
    return next(
        boundary
        for _, left, right, boundary in RULES
        if regex.search(rf"{left}\Z", before) and regex.match(right, after)
    )


@pytest.mark.parametrize(
    ("text", "count"),
    [
        pytest.param("", 0, id="nothing"),
        pytest.param("hello", 5, id="ascii"),
        pytest.param("a\r\nb", 3, id="CRLF is one"),
        pytest.param("\n\r", 2, id="LFCR is two"),
        pytest.param("\r\r\n\n", 3, id="CR, CRLF, LF"),
        pytest.param("e\u0301", 1, id="letter and accent"),
        pytest.param("Z\u0351\u036b\u0343", 1, id="several accents"),
        pytest.param("\u0308", 1, id="accent alone"),
        pytest.param("漢字", 2, id="Han"),
        pytest.param("👨‍👩‍👧‍👦", 1, id="ZWJ family"),
        pytest.param("🏳️‍🌈", 1, id="rainbow flag"),
        pytest.param("👩🏽‍🚀", 1, id="profession with skin tone"),
        pytest.param("👍🏿👍", 2, id="skin tone modifies the thumb before it"),
        pytest.param("a\u200d👦", 2, id="joiner after a letter has no effect"),
        pytest.param("🇩🇪", 1, id="flag"),
        pytest.param("🇩🇪🇫🇷", 2, id="two flags"),
        pytest.param("🇩🇪🇫", 2, id="a flag and half of another"),
        pytest.param("🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f", 1, id="Scotland"),
        pytest.param("1️⃣#️⃣", 2, id="keycaps"),
        pytest.param("각", 1, id="Hangul syllable"),
        pytest.param("\u1100\u1161\u11a8", 1, id="Hangul syllable in jamo"),
        pytest.param("क्षत्रिय", 3, id="Hindi conjuncts"),
        pytest.param("नमस्ते", 3, id="Hindi greeting"),
        pytest.param("क्\u200cत", 2, id="non-joiner inside a conjunct has no effect"),
        pytest.param("குறள்", 3, id="Tamil has no conjuncts"),
        pytest.param("అమ్మ", 2, id="Telugu conjunct"),
        pytest.param("অ্যাপ", 2, id="Bengali: since Unicode 18, a virama also joins after a vowel"),
        pytest.param("\u0600\u0661", 1, id="Arabic number sign and digit"),
    ],
)
def test_grapheme_is_what_a_person_sees(text: str, count: int) -> None:
    assert count_graphemes(text) == count


@given(st.text(ONE_OF_EACH_CLASS))
def test_graphemes_are_counted_by_the_rules_of_unicode(text: str) -> None:
    """Compared with a slow, literal implementation of the rules."""
    boundaries = [place for place in range(1, len(text)) if is_boundary(text[:place], text[place:])]
    assert count_graphemes(text) == len(boundaries) + (text != "")


@given(st.text(st.characters(max_codepoint=127)) | st.text("\r\n\t a"))
def test_ascii_shortcut_counts_the_same(text: str) -> None:
    assert count_graphemes(text) == len(regex.findall(r"\X", text))


def test_megabyte_of_flags_is_counted_quickly() -> None:
    """`regex`'s `\\X` alone takes minutes, during which the process would not answer."""
    assert count_graphemes("🇩🇪" * 131_072) == 131_072


@given(st.text(max_size=60))
def test_composed_text_is_in_normalization_form_c(text: str) -> None:
    assert compose(text) == unicodedata.normalize("NFC", text)


def test_long_run_of_marks_is_composed_in_linear_time() -> None:
    """With `unicodedata.normalize` alone, it takes minutes."""
    marks = "\u0327\u0301" * 500_000
    assert len(compose(f"a{marks}e\u0301")) == len(marks) + 2


@pytest.mark.parametrize(("text", "count"), [("", 0), ("a", 1), ("é", 2), ("漢", 3), ("👍", 4), ("🇩🇪", 8)])
def test_bytes_are_counted_in_utf8(text: str, count: int) -> None:
    assert count_utf8_bytes(text) == count


@pytest.mark.parametrize(
    ("text", "count"), [("", 0), ("a", 1), ("é", 1), ("漢", 1), ("👍", 2), ("🇩🇪", 4), ("\ud800", 1)]
)
def test_utf16_units_are_counted_like_in_javascript(text: str, count: int) -> None:
    assert count_utf16_units(text) == count


BLANK = (
    " \t\r\n\x1c\x85\xa0\u2003\u3000\u2028\xad\u200b\u200d\u2060\ufeff\u202e\U000e0041\u2800\u3164\u115f\u1160\uffa0"
)


@pytest.mark.parametrize("text", ["", *BLANK, BLANK, "\u200b \u2800"])
def test_text_of_invisible_characters_is_blank(text: str) -> None:
    assert is_blank(text)


@pytest.mark.parametrize(
    "text", ["a", "\u200ba\u200b", ".", "👍", "\u0301", "\ufe0f", "\u200b \u2800\u1161", "\x00", "\ud800"]
)
def test_text_with_any_other_character_is_not_blank(text: str) -> None:
    assert not is_blank(text)


@given(st.text(st.characters(exclude_categories=["Cn"])))  # `regex` has a newer version of Unicode than Python
def test_blank_text_contains_only_blank_characters(text: str) -> None:
    blank = (c.isspace() or unicodedata.category(c) == "Cf" or c in "\u2800\u3164\u115f\u1160\uffa0" for c in text)
    assert is_blank(text) == all(blank)


@given(st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"])))
def test_text_without_surrogates_is_storable(text: str) -> None:
    assert is_storable(text)


@given(st.text(), st.text(), st.sampled_from("\x00\ud800\udbff\udc00\udfff"))
def test_nul_and_unpaired_surrogate_are_not_storable(before: str, after: str, intruder: str) -> None:
    """PostgreSQL rejects NUL in text. JSON can contain half a surrogate pair (`"\\ud800"`), but UTF-8 cannot."""
    assert not is_storable(before + intruder + after)


def test_two_separate_surrogates_are_not_storable() -> None:
    """In Python, a pair of surrogates is two characters, not an emoji."""
    assert not is_storable("\ud83d\udc4d")


@pytest.mark.parametrize("value", ["a\x00b", "half \ud800 of a pair", {"a\x00": ["\udfff", 1, None, {"b": "ok"}]}])
def test_any_reply_of_a_platform_can_be_recorded(value: object) -> None:
    json.dumps(as_storable(value), ensure_ascii=False).encode()
    assert "\\u0000" not in json.dumps(as_storable(value))


def test_storable_value_is_unchanged() -> None:
    assert as_storable({"a": ["ü", 1]}) == {"a": ["ü", 1]}


@pytest.mark.parametrize(
    ("text", "other"),
    [
        ("Caf\u00e9", "Cafe\u0301"),
        ("\uac01", "\u1100\u1161\u11a8"),
        ("q\u0323\u0307", "q\u0307\u0323"),
        ("hello", " \n\u3000hello\u2003\t"),
    ],
)
def test_texts_that_platforms_treat_as_equal_compare_as_equal(text: str, other: str) -> None:
    assert as_compared(text) == as_compared(other)


@pytest.mark.parametrize(
    ("text", "other"), [("hello", "Hello"), ("a b", "a  b"), ("\ufb01", "fi"), ("hello", "hello\u200b")]
)
def test_other_texts_compare_as_different(text: str, other: str) -> None:
    assert as_compared(text) != as_compared(other)


def test_comparison_of_a_text_with_many_combining_marks_ends() -> None:
    """Python's own normalization would take half a minute."""
    endless = "a" + "".join(islice(cycle(["\u0315", "\u0300"]), 95_000))
    compared = as_compared(endless)
    assert as_compared(compared) == compared
    assert sorted(compared) == sorted(endless)


@given(st.text())
def test_compared_text_is_stable(text: str) -> None:
    assert as_compared(as_compared(text)) == as_compared(text)
