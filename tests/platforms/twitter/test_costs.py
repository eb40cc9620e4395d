"""What X charges for a publication."""

from dataclasses import replace
from typing import Any

import pytest

from letmepost.domain.content import ThreadPart
from letmepost.domain.costs import Cost
from letmepost.domain.playback import play
from letmepost.platforms.twitter import PLATFORM
from letmepost.platforms.twitter.api import own_posts, own_user
from tests.platforms.twitter.transcripts import ACCOUNT, API, NOW, SETTINGS, image, ready, uri


@pytest.mark.parametrize(
    ("text", "content", "micro_usd"),
    [
        ("hello", {}, 15_000),
        ("read example.com", {}, 200_000),
        ("hello", {"thread": (ThreadPart(text="https://example.com/a"),)}, 215_000),
        ("hello", {"first_comment": "more at example.com"}, 215_000),
        ("hello", {"media": (image(),)}, 15_000),
        ("hello", {"media": (replace(image(), alt_text="A cat"),)}, 20_000),
    ],
)
def test_price_is_the_sum_of_the_calls_that_have_one(text: str, content: dict[str, Any], micro_usd: int) -> None:
    assert PLATFORM.price(ready(text, **content), SETTINGS) == Cost("micro_usd", micro_usd)


def test_other_calls_have_their_own_prices() -> None:
    assert PLATFORM.unpublish is not None
    [delete] = play(PLATFORM.unpublish(ACCOUNT, [uri("1")], SETTINGS)).calls
    assert PLATFORM.costs(delete) == Cost("micro_usd", 10_000)
    assert PLATFORM.costs(own_user(API)) == Cost("micro_usd", 10_000)
    assert PLATFORM.costs(own_posts(API, "1", NOW, NOW)) is None, "it depends on how many posts X returns"
