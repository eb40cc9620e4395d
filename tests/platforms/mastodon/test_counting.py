"""How Mastodon counts the length of a text."""

import pytest

from letmepost.domain.lengths import Lengths
from letmepost.domain.text import count_graphemes
from letmepost.platforms.mastodon.counting import measure_for, shorten

LINK = "x" * 23


@pytest.mark.parametrize(
    ("text", "counted"),
    [
        ("hello", "hello"),
        ("https://example.com", LINK),
        ("https://t.co", LINK),
        ("see HTTP://Example.com/a?b=c#d, and more", f"see {LINK}, and more"),
        ("https://example.com.", f"{LINK}."),
        ("(https://example.com/a)", f"({LINK})"),
        ("https://en.wikipedia.org/wiki/A_(b)", LINK),
        ("https://en.wikipedia.org/wiki/A_(b)).", f"{LINK})."),
        ("https://例え.テスト/パス", LINK),
        ("https://xn--r8jz45g.xn--zckzah", LINK),
        ("https://example.com:8080/a", LINK),
        ("gemini://example.org/", LINK),
        ("https://example.com/a)b", f"{LINK})b"),
        ("https://example.com/(a", f"{LINK}(a"),
        ("https://example.com/a_((b)_c)!", f"{LINK}!"),
        ("https://example.com?", f"{LINK}?"),
        ("https://example.com/a.?b=c", f"{LINK}.?b=c"),
        ("https://example.com/?b=(c)&d=.", f"{LINK}."),
        ("https://example.com/a)https://example.org/b)@me@a.b", f"{LINK}){LINK})@me"),
        ("https://example.com/a\x1fb", LINK),
        ("https://example.com_", f"{LINK}_"),
        ("https://localhost/abc", "https://localhost/abc"),
        ("https://example.c", "https://example.c"),
        ("example.com/a/long/path/that/is/no/link", "example.com/a/long/path/that/is/no/link"),
        ("ahttps://example.com/path/to/something", "ahttps://example.com/path/to/something"),
        ("xmpp:a@example.com", "xmpp:a@example.com"),
        ("@me@mastodon.social hi", "@me hi"),
        ("@me@no.such.example", "@me"),
        ("@me.you-x@social.example!", "@me.you-x!"),
        ("@me hi", "@me hi"),
        ("@me@social.exampleÀhttps://example.com", "@me://example.com"),
        ("@me..https://example.com", "@me..https://example.com"),
        ("mail me@example.com", "mail me@example.com"),
        ("https://mastodon.social/@me@other.example/1 @me@a.b", f"{LINK} @me"),
        ("@me@münchen.social", "@me"),
    ],
)
def test_links_and_mentions_are_shortened(text: str, counted: str) -> None:
    assert shorten(text, 23) == counted


@pytest.mark.parametrize(("text", "length"), [("👨‍👩‍👧‍👦🇩🇪", 2), ("e\u0301", 1), ("中文", 2), ("a\nb", 3)])
def test_characters_are_those_that_a_person_sees(text: str, length: int) -> None:
    assert measure_for(23).count(text) == length


def test_server_can_reserve_another_length_for_links() -> None:
    assert measure_for(30).count("https://example.com") == 30


@pytest.mark.parametrize(
    "text",
    [
        "https://" + "a" * 100_000,
        "https://" + "a." * 50_000,
        "https://a.bc/" + "(" * 100_000,
        "https://a.bc/" + ")" * 100_000,
        "https://a.bc/" + "(a" * 50_000,
        "https://a.bc?" + "." * 100_000,
        "https://a.bc/)" * 7_000,
        "@" * 100_000,
        "@a@" * 33_000,
        "@a" + ".-" * 50_000,
        "http://" * 14_000,
    ],
)
def test_long_text_is_counted_in_one_pass(text: str) -> None:
    assert count_graphemes(shorten(text, 23)) > 0


def test_long_text_that_becomes_one_link_is_not_too_long() -> None:
    text = "https://example.com/" + "a" * 5000
    assert Lengths().excess(measure_for(23), text, 500) is None
    assert Lengths().excess(measure_for(23), f"{text} {'b' * 477}", 500) is not None
