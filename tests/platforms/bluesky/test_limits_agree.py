"""What preflight accepts, the simulator accepts; what preflight rejects for its length, the simulator rejects.

The simulator counts in its own way, so a mistake in either shows here.
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from letmepost.domain.content import PostContent
from letmepost.domain.rules import violations
from letmepost.platforms.bluesky import PLATFORM
from letmepost.platforms.bluesky.graphemes import count_graphemes
from letmepost.platforms.bluesky.rules import RULES
from letmepost.platforms.bluesky.simulator.segmenter import grapheme_count
from tests.doubles.targets import on
from tests.platforms.bluesky.suite import WORDS
from tests.platforms.bluesky.test_simulator import World
from tests.platforms.bluesky.test_simulator import post as record
from tests.platforms.bluesky.transcripts import image

pieces = st.lists(st.one_of(st.sampled_from(WORDS), st.text(max_size=4)), max_size=14).map("".join)


def broken(content: PostContent) -> set[str]:
    return {found.rule for found in violations(on(PLATFORM, content), RULES)}


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


@pytest.mark.parametrize(("count", "size_bytes"), [(4, 2_000_000), (5, 2_000_000), (1, 2_000_001)])
def test_images_have_the_same_limits(count: int, size_bytes: int) -> None:
    blob = {"$type": "blob", "ref": {"$link": "bafkreiabc"}, "mimeType": "image/jpeg", "size": size_bytes}
    embed = {"$type": "app.bsky.embed.images", "images": [{"image": blob, "alt": ""}] * count}
    response = World().connect().put(record(embed=embed))
    found = broken(PostContent(text="a", media=(image(size_bytes=size_bytes),) * count))
    assert ("too big" in response.data["message"]) == bool(found)
