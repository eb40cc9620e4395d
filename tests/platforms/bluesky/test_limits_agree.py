"""What preflight accepts, the simulator accepts; what preflight rejects for its length, the simulator rejects.

The simulator counts in its own way, so a mistake in either shows here.
"""

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from letmepost.domain.content import PostContent
from letmepost.domain.errors import FailureKind, PlatformFailure
from letmepost.domain.rules import violations
from letmepost.domain.text import is_storable
from letmepost.platforms.bluesky import PLATFORM
from letmepost.platforms.bluesky.graphemes import count_graphemes
from letmepost.platforms.bluesky.rules import RULES
from letmepost.platforms.bluesky.simulator.segmenter import grapheme_count
from tests.doubles.targets import on
from tests.platforms.bluesky.test_flows_meet_simulator import Driver
from tests.platforms.bluesky.test_simulator import World
from tests.platforms.bluesky.test_simulator import post as record
from tests.platforms.bluesky.transcripts import image

GRAPHEMES, BYTES = 300, 3000
LINK = "https://example.com/a-path-of/many-segments?and=a&query=too"

_WORDS = """
    a Über e\u0301 \u0301 故 한글 \u1100 \u1161 \u11a8 አ மி หำ എൻ്റെ ൻ ് റ ക്ഷ क्षि क् ष क्\u200dष क्\u200cष ক্ত ট্র ᬓ᭄ᬓ ក្ក က္က
    \u1cf5 \U00011a3a
    \u0600 \u200b \u200d \u202a \ufeff ✅\ufe0f 👍🏽 🏽 🇩🇪 🇩 👨‍👩‍👧‍👦 👩\u200d ❤\ufe0f 🏴󠁧󠁢󠁥󠁮󠁧󠁿 1\ufe0f\u20e3
    #tag @bob.example.com $AAPL
    https:// example.com claude.ai https://. ( ) . ,
"""
WORDS = [*_WORDS.split(), " ", "\n", "\r\n", "\r", "\t", "\u2028", "\u3000", f" {LINK} ", f" {LINK}"]
pieces = st.lists(st.one_of(st.sampled_from(WORDS), st.text(max_size=4)), max_size=14).map("".join)
short_links = st.sampled_from([{}, {"shortenLinks": True}, {"shortenLinks": False}])


@st.composite
def texts(draw: st.DrawFn) -> str:
    """Texts with a length close to one of the limits: a mixture, filled up in one of several ways."""
    text, over = draw(pieces), draw(st.integers(-2, 3))
    if draw(st.booleans()):
        filler = draw(st.sampled_from(["a", "故", "क्षि", "എൻ്റെ"]))
        size = count_graphemes(filler)
        missing = max(GRAPHEMES + over - count_graphemes(f"{text}xx"), 0)
    else:
        filler = draw(st.sampled_from(["👨‍👩‍👧‍👦", f"e{30 * chr(0x301)}"]))
        size = len(filler.encode())
        missing = max(BYTES + over - len(f"{text}xx".encode()), 0)
    return f"{text}x{filler * (missing // size)}{'.' * (missing % size)}x"


def broken(content: PostContent) -> set[str]:
    return {found.rule for found in violations(on(PLATFORM, content), RULES)}


@given(st.one_of(texts(), pieces, st.text(max_size=310)).filter(is_storable), short_links)
@example("a" * 300, {})
@example("a" * 301, {})
@example("എൻ്റെ" * 100, {})
@example("എൻ്റെ" * 100 + "a", {})
@example("a" * 260 + f" {LINK}", {})
@example("a" * 260 + f" {LINK}", {"shortenLinks": False})
@example("a" * 280 + f" {LINK}", {})
@example("👨‍👩‍👧‍👦" * 120, {})
@example("👨‍👩‍👧‍👦" * 120 + "a", {})
def test_text_is_accepted_by_preflight_exactly_when_the_simulator_accepts_it(
    text: str, options: dict[str, Any]
) -> None:
    found = broken(PostContent(text=text, options=options))
    if "bluesky.text.non_empty" in found:
        return
    driver = Driver()
    account = driver.connect()
    refusal = None
    try:
        driver.publish(account, text=text, options=options)
    except PlatformFailure as failure:
        refusal = failure.kind
    assert refusal == (FailureKind.REJECTED if found else None), found
    assert all(grapheme_count(seen) <= GRAPHEMES for seen in driver.visible())
    assert len(driver.visible()) == (0 if found else 1)


@given(pieces)
def test_platform_and_simulator_count_the_same_graphemes(text: str) -> None:
    assert count_graphemes(text) == grapheme_count(text)


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("എൻ്റെ", 3),  # ൻ is not a consonant of rule GB9c in Unicode 17
        ("്റ", 2),
        ("क्षि", 1),
        ("क्\u200dष", 1),
        ("क्\u200cष", 2),
        ("का्ष", 2),
        ("e\u0301", 1),
        ("\r\n", 1),
        ("\n\u0301", 2),
        ("👨‍👩‍👧‍👦", 1),
        ("🇩🇪🇫", 2),
        ("각", 1),
        ("\u0600a", 1),
        ("\u1cf5क", 2),
    ],
)
def test_server_counts_graphemes_by_unicode_17(text: str, count: int) -> None:
    """As `[...new Intl.Segmenter().segment(text)].length` of Node 24."""
    assert (grapheme_count(text), count_graphemes(text)) == (count, count)


@pytest.mark.parametrize(
    "piece", ["a\u0301", "\u0301", "क्", "\u094d", "\u1cf5", "\u1cf5\u0300", "🇩", "👩\u200d", "എൻ്റെ"]
)
def test_long_text_is_counted_in_linear_time(piece: str) -> None:
    """Quadratic work would take minutes."""
    assert count_graphemes(piece * (200_000 // len(piece))) > 0


@pytest.mark.parametrize(
    ("field", "values", "rule"),
    [
        ("langs", [["en"] * 3, ["en"] * 4], "bluesky.langs.count_max"),
        ("labels", [["porn"] * 10, ["porn"] * 11], "bluesky.labels.count_max"),
    ],
)
def test_options_have_the_same_limits(field: str, values: list[list[str]], rule: str) -> None:
    for value in values:
        labels = {"$type": "com.atproto.label.defs#selfLabels", "values": [{"val": label} for label in value]}
        sent: dict[str, Any] = {field: value if field == "langs" else labels}
        response = World().connect().put(record(**sent))
        found = broken(PostContent(text="a", options={field: value}))
        assert (response.status == 200) == (not found), response.data
        assert found in (set(), {rule})


@pytest.mark.parametrize(("count", "size_bytes"), [(4, 2_000_000), (5, 2_000_000), (1, 2_000_001)])
def test_images_have_the_same_limits(count: int, size_bytes: int) -> None:
    blob = {"$type": "blob", "ref": {"$link": "bafkreiabc"}, "mimeType": "image/jpeg", "size": size_bytes}
    embed = {"$type": "app.bsky.embed.images", "images": [{"image": blob, "alt": ""}] * count}
    response = World().connect().put(record(embed=embed))
    found = broken(PostContent(text="a", media=(image(size_bytes=size_bytes),) * count))
    assert ("too big" in response.data["message"]) == bool(found)
