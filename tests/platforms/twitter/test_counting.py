"""How X counts: examples from twitter-text's own conformance suite, adapted, and properties."""

import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from letmepost.platforms.twitter.counting import LINK_WEIGHT, is_clean, shrinks_by_max, weigh
from letmepost.platforms.twitter.links import find_links
from letmepost.platforms.twitter.tlds import TLDS
from tests.platforms.twitter.specs import TEXT_CONFIG, needs_text_config

FAMILY = "👨‍👩‍👧‍👦"


@pytest.mark.parametrize(
    ("text", "weight"),
    [
        ("", 0),
        ("Hello", 5),
        ("Hi http://test.co", 26),
        ("http://test.co", 23),
        ("example.com", 23),
        ("https://www.twitter.com/aloha " * 10, 240),
        ("故" * 160, 320),
        ("the" + "故" * 160, 323),
        ("한글", 4),
        ("\uff46", 2),
        ("😷👾😡🔥💩", 10),
        (f"H🐱☺{FAMILY}", 7),
        (FAMILY * 140, 280),
        ("🙋🏽👨‍🎤", 4),
        ("1⃣", 2),
        ("🇩🇪🇫🇷", 4),
        ("🏴󠁧󠁢󠁥󠁮󠁧󠁿", 2),
        ("❤️", 2),
        ("©", 1),
        ("©️", 2),
        ("A\u0301B", 2),
        ("\u2000\u200a\u200d\u2010\u201f\u2032\u2037", 7),
        ("\u2028", 2),
        ("\u202a", 2),
        ("\u10ff\u1100", 3),
        ("a" * 64 + ".com", 68),
        ("http://" + "a" * 63 + ".com", 23),
        ("user@example.com", 16),
        ("✅", 2),
        ("✅️", 4),
        ("👍️", 4),
        ("👍🏽", 2),
        ("😀🏽", 4),
        ("☝🏽☝️🏽", 4),
        ("❤️❤❤︎", 8),
        ("⭐️⚡️☕️", 6),
        ("🏴\U000e0061\U000e007f", 6),
        ("🧑‍🚀🏳️‍🌈", 4),
        ("info\uff20example.com", 29),
        ("日本.co.jp", 28),
        ("сайт.example.com", 28),
        ("foo_bar.example.com", 27),
        ("foo.onion http://foo.onion", 47),
        ("it was.off and on.", 34),
        ("étoile.com", 24),
        (" étoile.com", 24),
        (
            "http://あいうえおかきくけこあいうえおかきくけこあいうえおかきくけこあいうえおかきくけこあいうえおかきくけこあい.com",
            23,
        ),
        (
            "http://あいうえおかきくけこあいうえおかきくけこあいうえおかきくけこあいうえおかきくけこあいうえおかきくけこあいう.com",
            117,
        ),
        ("\u2066\u202ahttp://foobar.پاکستان/\u202c\u2069", 31),
    ],
)
def test_text_has_the_weight_that_x_documents(text: str, weight: int) -> None:
    assert weigh(text) == weight


@pytest.mark.parametrize(
    ("text", "links"),
    [
        ("see http://example.com/a?b=1&c=2#d.", ["http://example.com/a?b=1&c=2#d"]),
        ("(http://a.com/b_(c))", ["http://a.com/b_(c)"]),
        ("http://a.com/b_((c)d)!", ["http://a.com/b_((c)d)"]),
        ("HTTPS://EXAMPLE.COM, too", ["HTTPS://EXAMPLE.COM"]),
        ("https://x.com:8080/a?b=c,", ["https://x.com:8080/a?b=c"]),
        ("a.b.example.co.uk/x! and foo.com/a,b.", ["a.b.example.co.uk/x", "foo.com/a,b"]),
        ("foo.com?x=1", ["foo.com"]),
        ("foo.comあbar.com", ["foo.com", "bar.com"]),
        ("あhttp://foo.com", ["http://foo.com"]),
        ("foo.com.Then", ["foo.com"]),
        ("twitter.みんなです", ["twitter.みんな"]),
        ("foo.中国 http://例え.中国/a", ["foo.中国", "http://例え.中国/a"]),
        ("http://пример.рф/путь", ["http://пример.рф/путь"]),
        ("http://xn--e1afmkfd.xn--p1ai", ["http://xn--e1afmkfd.xn--p1ai"]),
        ("https://t.co/abc/def", ["https://t.co/abc"]),
        ("http://my_sub.example.com", ["http://my_sub.example.com"]),
        ("end.of sentence, e.g. this; v1.2 and 3.14", []),
        ("@example.com #example.com $example.com a@example.com", []),
        ("foo_bar.com -foo.com http://-foo.com http://foo_.com", []),
        ("http://localhost:80 http://intranet/a http://example.invalidtld", []),
        ("xhttp://example.com", []),
        ("http://xn--はじめよう.com/index.html", []),
        ("example.com@home example.com+more", []),
        ("https://t.co/" + "a" * 41, []),
        ("https://example.com/" + "a" * 4096, []),
        ("https://" + "é" * 60 + ".com", []),
        ("info\uff20example.com", ["example.com"]),
        ("日本.co.jp/a?b=c, 日本.co.jp?b=c", ["co.jp/a?b=c", "co.jp"]),
        ("сайт.example.com foo_bar.example.com", ["example.com", "bar.example.com"]),
        (
            "これは日本語です。example.com/path/index.html中国語example.com/path한국",
            ["example.com/path/index.html", "example.com/path"],
        ),
        (
            "twitter.comこれは日本語です。example.com中国語t.co/abcde한국twitter.com",
            ["twitter.com", "example.com", "t.co/abcde", "twitter.com"],
        ),
        ("example.comてすとですtwitter.みんなです", ["example.com", "twitter.みんな"]),
        ("http://example.comだよね.comtest/hogehoge", ["http://example.com"]),
        ("foo.com?u=bar.com baz.com", ["foo.com", "baz.com"]),
        ("https://t.co/abc/def.com", ["https://t.co/abc"]),
        ("_foo.com /foo.com \uff20foo.com", ["foo.com"]),
        ('“example.com” "example.com" `example.com`', ["example.com"] * 3),
        ("foo.onion facebook.duck", ["foo.onion", "facebook.duck"]),
    ],
)
def test_links_start_and_end_as_x_documents(text: str, links: list[str]) -> None:
    assert [text[link.start : link.end] for link in find_links(text)] == links


@pytest.mark.parametrize("text", ["\ufeffhello", "a\ufffe", "a\uffff"])
def test_invalid_characters_are_rejected(text: str) -> None:
    assert not is_clean(text)
    assert is_clean("\u202ahello")


@given(st.text())
def test_links_lie_in_the_text_without_overlaps(text: str) -> None:
    text = f"{text} example.com/{text} http://example.com?{text}"
    ends = [0]
    for link in find_links(text):
        assert ends[-1] <= link.start < link.end <= len(text)
        ends.append(link.end)


@given(st.text(max_size=300))
def test_weight_is_at_least_a_link_each_and_at_most_two_per_character(text: str) -> None:
    text = unicodedata.normalize("NFC", text)
    count = len(list(find_links(text)))
    assert LINK_WEIGHT * count <= weigh(text) <= 2 * len(text) + LINK_WEIGHT * count


_HOSTILE = """
    a. http:// /( (a http://a.com/! .com a_. \u200d😀 (a) 🇩 é. あ あ. \uff20a.com _a.com a.com_ 日本.みんな 。a.com
    xn--あ. -.com あa_b. a.comあ
"""


@pytest.mark.parametrize("piece", [*_HOSTILE.split(), "a.com "])
def test_long_text_is_weighed_in_linear_time(piece: str) -> None:
    """Quadratic work would take minutes."""
    for text in (piece * (59_000 // len(piece)), f"http://a.com/{piece * (59_000 // len(piece))}"):
        assert weigh(text) > 280


@given(
    st.lists(
        st.sampled_from(
            ["a", "漢", "😀", "👨\u200d👩", " ", ".", "http://", "a.com/", "/", "?a=", "e\u0301", "-", "(", "x" * 90]
        )
    ),
    st.integers(1, 60),
    st.data(),
)
def test_text_shrinks_no_further_than_stated_when_it_continues(
    pieces: list[str], times: int, data: st.DataObject
) -> None:
    text = "".join(pieces) * times
    beginning = text[: data.draw(st.integers(0, len(text)))]
    assert weigh(beginning) - shrinks_by_max(beginning) <= weigh(text)


def test_top_level_domains_are_stored_in_the_form_of_the_lookup() -> None:
    assert {"com", "de", "co", "中国", "рф"} < TLDS
    assert all(tld == tld.lower() and "." not in tld for tld in TLDS)


@needs_text_config
def test_weights_are_those_of_the_published_configuration() -> None:
    config = json.loads(TEXT_CONFIG.read_text())
    assert config["transformedURLLength"] == LINK_WEIGHT
    for code_point in (*range(0x3000), 0x10FFFF):
        text = chr(code_point)
        if 0xD800 <= code_point < 0xE000 or unicodedata.normalize("NFC", text) != text:
            continue
        light = any(part["start"] <= code_point <= part["end"] for part in config["ranges"])
        assert weigh(text) == (1 if light else config["defaultWeight"] // config["scale"]), hex(code_point)
