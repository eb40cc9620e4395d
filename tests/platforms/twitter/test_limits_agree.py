"""What preflight accepts, the simulator accepts; what preflight rejects for its length, the simulator rejects.

The simulator counts in its own way, so a mistake in either shows here.
"""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from letmepost.domain.content import PostContent
from letmepost.domain.rules import violations
from letmepost.domain.text import is_storable
from letmepost.platforms.twitter import PLATFORM
from letmepost.platforms.twitter.counting import weigh
from letmepost.platforms.twitter.links import find_links
from letmepost.platforms.twitter.rules import RULES
from letmepost.platforms.twitter.simulator import text as simulated
from tests.doubles.targets import on
from tests.platforms.twitter.test_simulator import uploaded
from tests.platforms.twitter.transcripts import image
from tests.platforms.twitter.world import World

LIMIT = 280

_WORDS = """
    a Über e\u0301 故 한글 日本語です。 сайт हिन्दी എൻ്റെ \u2014 \u2019 \u200b \u200d \u202a \u2066
    ✅ ✅\ufe0f ❤ ❤\ufe0f ❤\ufe0e ⭐\ufe0f 👍\ufe0f 👍🏽 😀🏽 ☝\ufe0f🏽 © ©\ufe0f ™ ♾\ufe0f 1\ufe0f\u20e3 #\u20e3 \ufe0f
    🇩🇪 🇩 👨‍👩‍👧‍👦 👩🏽‍🚀 🏳️‍🌈 🏴󠁧󠁢󠁥󠁮󠁧󠁿 🏴
    http:// https:// HTTP:// example.com Example.CO.JP foo.onion twitter.みんな 例え.中国 .рф foo_bar.com é.com was.off
    xn--e1afmkfd.xn--p1ai xn--あ.com end.Then t.co/abc https://t.co/abc/d /path_(a) /a/(b(c)d) /! ?a=b&c ?u=example.com
    :80 # \uff03 @ \uff20 $ _ - . / ( ) " ` \u201c ,
"""
_SPACES = [" ", "\n", "\t", "\u2028", "\u3000", "\u00a0"]
_LONG_LABELS = [f"{letter * count}.com" for letter in "aあ" for count in (55, 60, 63, 64)]
WORDS = [*_WORDS.split(), *_SPACES, *_LONG_LABELS]
pieces = st.lists(st.one_of(st.sampled_from(WORDS), st.text(max_size=4)), max_size=14).map("".join)
fillers = st.sampled_from(["a", "故", "👍🏽", "✅\ufe0f", "example.com "])


@st.composite
def texts(draw: st.DrawFn) -> str:
    """Texts with a length close to the limit: a mixture, filled up in one of several ways."""
    text, filler, over = draw(pieces), draw(fillers), draw(st.integers(-2, 3))
    missing = max(LIMIT + over - weigh(f"{text} "), 0)
    return f"{text} {filler * (missing // weigh(filler))}{'.' * (missing % weigh(filler))}"


def broken(content: PostContent) -> set[str]:
    return {found.rule for found in violations(on(PLATFORM, content), RULES)}


def status_of(body: dict[str, Any]) -> int:
    world = World()
    world.connect()
    return world.call("POST", "/2/tweets", body)[0]


@given(st.one_of(texts(), pieces, st.text(max_size=300)).filter(is_storable))
@example("a" * 280)
@example("a" * 281)
@example("✅\ufe0f" * 70)
@example("✅\ufe0f" * 71)
@example(f"{'a' * 251}info\uff20example.com")
@example(f"{'a' * 252}info\uff20example.com")
@example(f"{'a' * 256} foo.onion")
@example(f"{'a' * 257} foo.onion")
@example("\ufeffa")
@example("$AAPL $MSFT")
def test_text_is_accepted_by_preflight_exactly_when_the_simulator_accepts_it(text: str) -> None:
    found = broken(PostContent(text=text)) - {"twitter.text.non_empty"}
    is_empty = bool(broken(PostContent(text=text)) - found)
    assert is_empty or status_of({"text": text}) in ({400, 403} if found else {201}), found


@given(pieces)
def test_platform_and_simulator_find_the_same_links_and_lengths(text: str) -> None:
    assert weigh(text) == simulated.weight(text)
    assert [(link.start, link.end) for link in find_links(text)] == [
        (link.start, link.end) for link in simulated.links(text)
    ]


@given(st.sampled_from(["a", "故", "👍🏽", "e\u0301"]), st.integers(-2, 2))
def test_alt_text_is_accepted_by_preflight_exactly_when_the_simulator_accepts_it(filler: str, over: int) -> None:
    alt_text = (filler * 1000)[: 1000 + over]
    world = World()
    world.connect()
    media_id = uploaded(world)
    status, _ = world.call("POST", "/2/media/metadata", {"id": media_id, "metadata": {"alt_text": {"text": alt_text}}})
    is_rejected = bool(broken(PostContent(text="a", media=(replace(image(), alt_text=alt_text),))))
    assert status == (400 if is_rejected else 200)


@given(
    st.lists(
        st.sampled_from(["a", "故", "👍🏽", "e\u0301"]).flatmap(lambda one: st.integers(0, 27).map(lambda n: one * n)),
        max_size=6,
    ),
    st.integers(3, 10_082),
)
def test_poll_is_accepted_by_preflight_exactly_when_the_simulator_accepts_it(options: list[str], minutes: int) -> None:
    found = broken(PostContent(text="a", options={"poll": {"options": options, "durationMinutes": minutes}}))
    status = status_of({"text": "a", "poll": {"options": options, "duration_minutes": minutes}})
    assert status == (400 if found else 201)


@pytest.mark.parametrize(
    ("content_type", "category", "size_bytes"),
    [
        ("image/jpeg", "tweet_image", 5_000_000),
        ("image/jpeg", "tweet_image", 5_000_001),
        ("image/gif", "tweet_gif", 15_000_000),
        ("image/gif", "tweet_gif", 15_000_001),
    ],
)
def test_media_size_has_the_same_limit(content_type: str, category: str, size_bytes: int) -> None:
    world = World()
    world.connect()
    body = {"media_category": category, "media_type": content_type, "total_bytes": size_bytes}
    status, _ = world.call("POST", "/2/media/upload/initialize", body)
    media = (image(content_type=content_type, size_bytes=size_bytes),)
    assert status == (400 if broken(PostContent(text="a", media=media)) else 200)
