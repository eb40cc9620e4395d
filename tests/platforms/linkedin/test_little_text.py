"""The text of a post in little text: nothing of it is lost, and its hashtags are links."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from letmepost.platforms.linkedin.little_text import escape, unescape
from letmepost.platforms.linkedin.simulator.visible_text import visible_text

RESERVED = r"\|{}@[]()<>#*_~"
texts = (
    st.text() | st.text(alphabet=RESERVED + "ab1é \n") | st.from_regex(r"(#[\w]{1,5}|[\w#@(]{0,4}| )*", fullmatch=True)
)


@given(texts)
def test_escaping_loses_nothing(text: str) -> None:
    assert unescape(escape(text)) == text


@given(texts)
def test_all_of_it_is_shown(text: str) -> None:
    """As the platform reads it, which ends at the first character that is not escaped as it should be."""
    assert visible_text(escape(text)) == text


@given(texts, st.from_regex(r"\w*[^\W_]\w*", fullmatch=True), texts)
def test_hashtags_survive(before: str, word: str, after: str) -> None:
    escaped = escape(f"{before} #{word} {after}")
    literal = word.replace("_", r"\_")
    assert f" #{word} " in escaped or f" {{hashtag|\\#|{literal}}} " in escaped


@pytest.mark.parametrize(
    ("text", "little"),
    [
        ("", ""),
        ("plain text, with: punctuation!", "plain text, with: punctuation!"),
        (RESERVED, "".join(f"\\{character}" for character in RESERVED)),
        ("#one #two", "#one #two"),
        ("#Über-cool", "#Über-cool"),
        ("#snake_case", r"{hashtag|\#|snake\_case}"),
        ("# #! #__ a#b", r"\# \#! \#\_\_ a\#b"),
        ("#one#two", r"#one\#two"),
        ("https://example.com/a_(b)#part", r"https://example.com/a\_\(b\)\#part"),
        ("@[Ann](urn:li:person:1)", r"\@\[Ann\]\(urn:li:person:1\)"),
        (r"{hashtag|\#|word}", r"\{hashtag\|\\\#\|word\}"),
        ("line\nline", "line\nline"),
    ],
)
def test_an_example(text: str, little: str) -> None:
    assert escape(text) == little


@pytest.mark.parametrize(
    ("little", "shown"),
    [
        ("cut (here)", "cut "),
        ("cut [here", "cut "),
        ("a_b", "a"),
        ("# alone", ""),
        (r"kept \(here\)", "kept (here)"),
        (r"{hashtag|\#|tag} and #tag", "#tag and #tag"),
        ("{hashtag|#|tag}", "#tag"),
        ("hello @[Ann Lee](urn:li:person:782bbtaQ)!", "hello Ann Lee!"),
        ("ends with \\", "ends with "),
    ],
)
def test_the_platform_shows_a_text_up_to_what_is_not_escaped(little: str, shown: str) -> None:
    assert visible_text(little) == shown
