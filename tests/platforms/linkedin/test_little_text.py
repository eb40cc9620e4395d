"""The text of a post in little text: no character is lost, and its hashtags and mentions are links."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from letmepost.platforms.linkedin.little_text import escape, has_mention, shown
from letmepost.platforms.linkedin.simulator.visible_text import Mention, read_little

RESERVED = r"\|{}@[]()<>#*_~"
FRAGMENTS = ("@[", "]", "(", "](", "urn:li:person:1", "urn:li:organization:a_B-2", ")", "Acme", " ", "\\", "_", "#a_b")
MENTION = "@[Acme](urn:li:organization:1)"
texts = (
    st.text()
    | st.text(alphabet=RESERVED + "ab1é \n")
    | st.from_regex(r"(#[\w]{1,5}|[\w#@(]{0,4}| )*", fullmatch=True)
    | st.lists(st.sampled_from(FRAGMENTS)).map("".join)
)


@given(texts)
def test_whole_text_is_shown(text: str) -> None:
    """LinkedIn ends the text at the first character that is not escaped correctly."""
    assert read_little(escape(text)).text == shown(text)


@given(texts.filter(lambda text: not has_mention(text)))
def test_text_without_mentions_is_shown_unchanged(text: str) -> None:
    assert read_little(escape(text)).text == text


@given(texts, st.from_regex(r"[^\W_]\w*", fullmatch=True), texts)
def test_hashtag_is_a_link_in_any_surroundings(before: str, word: str, after: str) -> None:
    assert word in read_little(escape(f"{before} #{word} {after}")).hashtags


@pytest.mark.parametrize(
    "word",
    [
        "one",
        "snake_case",
        "_private",
        "2026",
        "\u0939\u093f\u0928\u094d\u0926\u0940_\u0926\u093f\u0935\u0938",  # Hindi
        "\u0939\u093f\u0928\u094d\u0926\u0940",
        "\u0e27\u0e31\u0e19\u0e41\u0e21\u0e48_2567",  # Thai
        "cafe\u0301_paris",
        "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645_\u0645",  # Persian, with a non-joiner
        "\u0d0e\u0d7b\u0d4d\u0d31\u0d46",  # Malayalam
    ],
)
def test_hashtag_keeps_underscores_and_combining_marks(word: str) -> None:
    little = read_little(escape(f"Happy #{word}, all"))
    assert (little.text, little.hashtags) == (f"Happy #{word}, all", (word,))


@pytest.mark.parametrize(
    "text", ["# alone", "#!", "#__", "a#b", "page#part", "#\u0301", "https://a.test/#part", "(#a)"]
)
def test_number_sign_without_a_hashtag_is_plain(text: str) -> None:
    little = read_little(escape(text))
    assert (little.text, little.hashtags) == (text, ())


@pytest.mark.parametrize(
    ("text", "seen", "mentions"),
    [
        (MENTION, "Acme", [("Acme", "urn:li:organization:1")]),
        (f"Thanks, {MENTION}!", "Thanks, Acme!", [("Acme", "urn:li:organization:1")]),
        ("@[A_c (me)](urn:li:person:a_B-1)", "A_c (me)", [("A_c (me)", "urn:li:person:a_B-1")]),
        ("@[Acme [US]](urn:li:organization:1)", "Acme [US]", [("Acme [US]", "urn:li:organization:1")]),
        ("@[a\\b@c|d](urn:li:person:1)", "a\\b@c|d", [("a\\b@c|d", "urn:li:person:1")]),
        (f"@[x] {MENTION}{MENTION}", "@[x] AcmeAcme", [("Acme", "urn:li:organization:1")] * 2),
        ("@[#tag](urn:li:person:1)", "#tag", [("#tag", "urn:li:person:1")]),
    ],
)
def test_mention_shows_its_name(text: str, seen: str, mentions: list[tuple[str, str]]) -> None:
    little = read_little(escape(text))
    assert shown(text) == little.text == seen
    assert little.mentions == tuple(Mention(name, urn) for name, urn in mentions)
    assert little.hashtags == ()


@pytest.mark.parametrize(
    "text",
    [
        "@[Acme](urn:li:company:1)",
        "@[Acme](urn:li:share:1)",
        "@[Acme](urn:li:organization:)",
        "@[Acme](urn:li:organization:1",
        "@[Acme] (urn:li:organization:1)",
        "@Acme(urn:li:organization:1)",
        "@[](urn:li:organization:1)",
        "@[Ac\nme](urn:li:organization:1)",
        "[Acme](urn:li:organization:1)",
        "\\@\\[Acme\\]\\(urn:li:organization:1\\)",
    ],
)
def test_malformed_mention_is_shown_as_it_was_written(text: str) -> None:
    little = read_little(escape(text))
    assert not has_mention(text)
    assert shown(text) == little.text == text
    assert little.mentions == ()


@pytest.mark.parametrize(
    ("text", "little"),
    [
        ("", ""),
        ("plain text, with: punctuation!", "plain text, with: punctuation!"),
        (RESERVED, "".join(f"\\{character}" for character in RESERVED)),
        ("#one #two", "#one #two"),
        ("#Über-cool", "#Über-cool"),
        ("#snake_case", r"{hashtag|\#|snake\_case}"),
        ("#cafe\u0301", "#cafe\u0301"),
        ("#cafe\u0301_paris", "{hashtag|\\#|cafe\u0301\\_paris}"),
        ("# #! #__ a#b", r"\# \#! \#\_\_ a\#b"),
        ("#one#two", r"#one\#two"),
        ("https://example.com/a_(b)#part", r"https://example.com/a\_\(b\)\#part"),
        ("@[Ann](urn:li:person:1)", "@[Ann](urn:li:person:1)"),
        ("@[A_c (me)](urn:li:person:a_B-1)", r"@[A\_c \(me\)](urn:li:person:a_B-1)"),
        ("@[Ann](urn:li:company:1)", r"\@\[Ann\]\(urn:li:company:1\)"),
        (r"{hashtag|\#|word}", r"\{hashtag\|\\\#\|word\}"),
        ("line\nline", "line\nline"),
    ],
)
def test_text_is_escaped(text: str, little: str) -> None:
    assert escape(text) == little


@pytest.mark.parametrize(
    ("little", "seen"),
    [
        ("cut (here)", "cut "),
        ("cut [here", "cut "),
        ("a_b", "a"),
        ("# alone", ""),
        (r"kept \(here\)", "kept (here)"),
        (r"{hashtag|\#|tag} and #tag", "#tag and #tag"),
        ("{hashtag|#|tag}", "#tag"),
        ("hello @[Ann Lee](urn:li:person:782bbtaQ)!", "hello Ann Lee!"),
        ("hello @[Ann Lee](urn:li:company:1)!", "hello "),
        ("ends with \\", "ends with "),
    ],
)
def test_text_is_shown_up_to_the_first_unescaped_character(little: str, seen: str) -> None:
    assert read_little(little).text == seen


def test_long_text_of_half_mentions_is_read_in_linear_time() -> None:
    """Quadratic work would take minutes."""
    text = "@[" * 50_000 + "@[x" * 30_000
    assert shown(text) == text
