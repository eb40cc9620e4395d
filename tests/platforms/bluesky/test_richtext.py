"""Links, mentions and hashtags, as ranges of UTF-8 bytes."""

import re
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from letmepost.domain.text import count_graphemes, count_utf8_bytes
from letmepost.platforms.bluesky.richtext import mentioned_handles, rich_text, sent_text

STACKED = "e" + 5 * "\u0301"  # one grapheme of 11 bytes
DIDS = {"bob.example.com": "did:plc:bob", "a.test": "did:web:a.test"}

_SAMPLES = """
    @bob.example.com @a.test (@A.TEST) @unknown.example https://example.org/a?b=1. (http://x.y) https:// https://.
    example.com bsky.app: (foo.org/x) foo.io@bar README.md #tag #tag, #1 \uff03full #🦋 #️⃣x #a(https://x.org
    #a(@a.test) $AAPL ($x) 👨‍👩‍👧‍👧 Grüße e.g.
"""
_words = st.one_of(st.sampled_from([*_SAMPLES.split(), f"#{STACKED * 60}", f"#{'a' * 70}"]), st.text(max_size=8))
_texts = st.builds(
    lambda words, gaps: "".join(word + gap for word, gap in zip(words, gaps, strict=False)),
    st.lists(_words, max_size=12),
    st.lists(st.sampled_from([" ", "\n", "\u3000", "\u200b", "", " ("]), min_size=12, max_size=12),
)


def facets(text: str, dids: Mapping[str, str]) -> list[dict[str, Any]]:
    return rich_text(text, dids, shorten_links=False).facets


def parts(text: str, dids: dict[str, str] | None = None) -> list[tuple[str, str]]:
    """Return the marked parts, and what they are."""
    raw = text.encode()
    found = facets(text, DIDS if dids is None else dids)
    return [(raw[_slice(facet)].decode(), _feature(facet)) for facet in found]


def _slice(facet: dict[str, dict[str, int]]) -> slice:
    return slice(facet["index"]["byteStart"], facet["index"]["byteEnd"])


def _feature(facet: dict[str, list[dict[str, str]]]) -> str:
    [feature] = facet["features"]
    [value] = [value for name, value in feature.items() if name != "$type"]
    return value


def test_example_of_the_specification_is_detected() -> None:
    text = "Grüße an @bob.example.com 🎉 mehr: https://example.org/a?b=1. #Über"
    assert facets(text, DIDS) == [
        {
            "index": {"byteStart": 11, "byteEnd": 27},
            "features": [{"$type": "app.bsky.richtext.facet#mention", "did": "did:plc:bob"}],
        },
        {
            "index": {"byteStart": 39, "byteEnd": 64},
            "features": [{"$type": "app.bsky.richtext.facet#link", "uri": "https://example.org/a?b=1"}],
        },
        {
            "index": {"byteStart": 66, "byteEnd": 72},
            "features": [{"$type": "app.bsky.richtext.facet#tag", "tag": "Über"}],
        },
    ]


@given(_texts)
def test_facets_are_sorted_do_not_overlap_and_lie_within_the_text(text: str) -> None:
    edges = [edge for facet in facets(text, DIDS) for edge in facet["index"].values()]
    assert edges == sorted(edges)
    assert all(0 <= edge <= count_utf8_bytes(text) for edge in edges)
    assert all(start < end for start, end in zip(edges[::2], edges[1::2], strict=True))


@given(_texts)
def test_every_range_decodes_to_its_target(text: str) -> None:
    raw = text.encode()
    for facet in facets(text, DIDS):
        shown = raw[_slice(facet)].decode()
        [feature] = facet["features"]
        match feature["$type"].partition("#")[2]:
            case "mention":
                assert DIDS[shown.removeprefix("@").lower()] == feature["did"]
            case "link":
                assert feature["uri"] in {shown, f"https://{shown}"}
            case "tag":
                assert feature["tag"] in {shown[1:], shown.upper()}


@given(_texts)
@example("https://example.org/a?b=1.\u200b\x1f")
@example("example.org/a\x1fb")
@example("https://example.org/a?b=1.\u200b\x85")
def test_facets_can_be_stored(text: str) -> None:
    """A tag that is too long or a link without a host would get the whole post rejected."""
    for facet in facets(text, DIDS):
        [feature] = facet["features"]
        if "tag" in feature:
            assert 1 <= count_graphemes(feature["tag"]) <= 64
            assert count_utf8_bytes(feature["tag"]) <= 640
        if "uri" in feature:
            assert re.fullmatch(r"https?://[^\s/?#]*\w[^\s]*", feature["uri"], re.IGNORECASE)


@given(st.text())
def test_any_text_is_read(text: str) -> None:
    assert isinstance(facets(text, {}), list)
    assert len(mentioned_handles(text)) <= text.count("@")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("see https://a.example/b, now", [("https://a.example/b", "https://a.example/b")]),
        ("(https://a.example)", [("https://a.example", "https://a.example")]),
        ("(https://a.example/b).", [("https://a.example/b", "https://a.example/b")]),
        ("https://a.example/b_(c)", [("https://a.example/b_(c)", "https://a.example/b_(c)")]),
        ("https://a.example/b?!", [("https://a.example/b?", "https://a.example/b?")]),
        ("HTTP://A.example", [("HTTP://A.example", "HTTP://A.example")]),
        ("xhttps://a.example", []),
        ("https:// https://. https://) https://:80 https://u@", []),
        ("http://[::1]/a HTTPS://EXAMPLE.COM", [("http://[::1]/a", "http://[::1]/a"), ("HTTPS://EXAMPLE.COM",) * 2]),
        ("a\u3000https://ü.example\u00a0b", [("https://ü.example", "https://ü.example")]),
    ],
)
def test_links_with_a_scheme_are_detected(text: str, expected: list[tuple[str, str]]) -> None:
    assert parts(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("on example.com today", [("example.com", "https://example.com")]),
        ("bsky.app: new", [("bsky.app", "https://bsky.app")]),
        (
            "claude.ai bit.ly/x discord.gg dev.to my.link",
            [(link, f"https://{link}") for link in ("claude.ai", "bit.ly/x", "discord.gg", "dev.to", "my.link")],
        ),
        ("(docs.example.org/a?b#c)", [("docs.example.org/a?b#c", "https://docs.example.org/a?b#c")]),
        ("localhost.example.com:8080/x", [("localhost.example.com:8080/x", "https://localhost.example.com:8080/x")]),
        ("“example.com”", []),
        ("EXAMPLE.com.", [("EXAMPLE.com", "https://EXAMPLE.com")]),
        ("README.md main.rs e.g. 1.5 v1.io.zip", []),
        ("that was it.No way", []),
        ("bob@example.com bob.io@example.com", []),
        ("example.com-pany example.com_x example.comé", []),
        ("example.com.jpg_x", []),
    ],
)
def test_links_without_a_scheme_are_detected(text: str, expected: list[tuple[str, str]]) -> None:
    assert parts(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("@bob.example.com", ["bob.example.com"]),
        ("(@bob.example.com), hi", ["bob.example.com"]),
        ("@Bob.Example.COM @bob.example.com.", ["bob.example.com"]),
        ("mail@bob.example.com", []),
        ("@bob @1.2 @a..b @-a.com @bob.example.com_x", []),
        ("@b.test @a.test", ["b.test", "a.test"]),
    ],
)
def test_mentions_are_all_texts_in_the_form_of_a_handle(text: str, expected: list[str]) -> None:
    assert mentioned_handles(text) == expected


def test_unresolved_mention_stays_text() -> None:
    assert parts("@bob.example.com and @unknown.example.com") == [("@bob.example.com", "did:plc:bob")]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("#a #b", [("#a", "a"), ("#b", "b")]),
        ("\uff03voll", [("\uff03voll", "voll")]),
        ("#Über, #x!?", [("#Über", "Über"), ("#x", "x")]),
        ("#1 # #? #", []),
        ("#1a", [("#1a", "1a")]),
        ("(#a) a#b", []),
        ("##a", [("##a", "#a")]),
        ("#️⃣ #️⃣x", []),
        ("#a\u200bb", [("#a", "a")]),
        ("#🦋🦋", [("#🦋🦋", "🦋🦋")]),
        (f"#{'a' * 64} #{'a' * 65}", [(f"#{'a' * 64}", "a" * 64)]),
        (f"#{STACKED * 58} #{STACKED * 59}", [(f"#{STACKED * 58}", STACKED * 58)]),
        ("#👨‍👩‍👧‍👧", [("#👨", "👨")]),
    ],
)
def test_hashtags_are_detected(text: str, expected: list[tuple[str, str]]) -> None:
    assert parts(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("$aapl and ($BTC), $X", [("$aapl", "$AAPL"), ("$BTC", "$BTC"), ("$X", "$X")]),
        ("$100 $ $TOOLONG no$SPACE $AB-C", []),
        ("$AAPL\n", [("$AAPL", "$AAPL")]),
    ],
)
def test_cashtags_are_hashtags_in_capitals(text: str, expected: list[tuple[str, str]]) -> None:
    assert parts(text) == expected


def test_first_of_two_overlapping_facets_is_kept() -> None:
    assert parts("#a(https://x.example") == [("#a(https://x.example", "a(https://x.example")]
    assert parts("https://x.example/(@a.test") == [("https://x.example/(@a.test", "https://x.example/(@a.test")]


LONG = "https://example.com/path-segment/number?two=2#three"
SHORT = "example.com/path-segment..."


@pytest.mark.parametrize(
    ("link", "shown"),
    [
        (LONG, SHORT),
        ("https://example.com/", "example.com"),
        ("https://example.com/a?b=1#cdefghij", "example.com/a?b=1#cdefghij"),
        ("https://example.com/a?b=1#cdefghijk", "example.com/a?b=1#cdefgh..."),
        ("example.com/a?b=1#cdefghijk", "example.com/a?b=1#cdefghijk"),
        ("example.com/a?b=1#cdefghijkl", "example.com/a?b=1#cdefgh..."),
        ("example.com/a", "example.com/a"),
        ("HTTP://EXAMPLE.com:8080/x", "EXAMPLE.com:8080/x"),
        ("https://trusted.example@example.com/x", "example.com/x"),
        ("http://[::1]/x", "[::1]/x"),
    ],
)
def test_link_is_shown_as_in_the_official_client(link: str, shown: str) -> None:
    assert rich_text(f"see {link}, é", {}, shorten_links=True).text == f"see {shown}, é"
    assert rich_text(f"see {link}, é", {}, shorten_links=False).text == f"see {link}, é"


def test_shortened_link_keeps_its_url_and_later_ranges_are_moved() -> None:
    rich = rich_text(f"é {LONG} @bob.example.com {LONG} #tag", DIDS, shorten_links=True)
    assert rich.text == f"é {SHORT} @bob.example.com {SHORT} #tag"
    raw = rich.text.encode()
    assert [(raw[_slice(facet)].decode(), _feature(facet)) for facet in rich.facets] == [
        (SHORT, LONG),
        ("@bob.example.com", "did:plc:bob"),
        (SHORT, LONG),
        ("#tag", "tag"),
    ]


@pytest.mark.parametrize("text", ["a" * (299 - len(SHORT)), "é" * (299 - len(SHORT)), "എൻ്റെ" * 90])
def test_links_are_shortened_by_default_only_when_the_text_is_too_long(text: str) -> None:
    assert rich_text(f"{text} {LONG}", {}, shorten_links=None).text == f"{text} {SHORT}"
    assert rich_text(f"short {LONG}", {}, shorten_links=None).text == f"short {LONG}"


@given(_texts, st.sampled_from([True, False, None]))
def test_preflight_counts_the_text_that_is_sent(text: str, shorten: bool | None) -> None:  # noqa: FBT001 - drawn
    text = f"{text} {LONG} {text}"
    assert sent_text(text, shorten_links=shorten) == rich_text(text, DIDS, shorten_links=shorten).text


def test_text_that_is_too_long_with_short_links_is_not_searched() -> None:
    """25 such texts for 25 accounts took half a minute."""
    hopeless = "a.co " * 19_000
    assert sent_text(hopeless, shorten_links=None) == hopeless
    one_link = "https://example.com/" + "x" * 20_000
    assert sent_text(one_link, shorten_links=None) == "example.com/xxxxxxxxxxxx..."
