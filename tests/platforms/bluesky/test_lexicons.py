"""Every record that the flow creates matches the protocol's own lexicons."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from letmepost.domain.content import ThreadPart
from letmepost.domain.flow import Call, Effect, Frozen, Reply
from letmepost.domain.playback import play
from letmepost.domain.rules import violations
from letmepost.domain.text import is_storable
from letmepost.platforms.bluesky import PLATFORM
from letmepost.platforms.bluesky.publish import publish
from letmepost.platforms.bluesky.richtext import mentioned_handles
from letmepost.platforms.bluesky.rules import RULES
from letmepost.platforms.contract import ReadyPost
from tests.doubles.targets import on
from tests.platforms.bluesky import lexicon
from tests.platforms.bluesky.transcripts import (
    ACCOUNT,
    OTHER_CID,
    OTHER_POST,
    SETTINGS,
    image,
    ready,
    record,
    recorded,
)

pytestmark = pytest.mark.skipif(
    not lexicon.LEXICONS.is_dir(),
    reason="the lexicons are not part of this repository: set LETMEPOST_SPECS to where they are",
)

REFERENCE = {"uri": OTHER_POST, "cid": OTHER_CID}
CARD = {"url": "https://example.com/a", "title": "A", "description": "About"}
LIST = "at://did:plc:z72i7hdynmk6r22z27h6tvur/app.bsky.graph.list/3k44deefqdk2g"
THUMBNAIL = {"linkCard.thumbnail": image(9)}
RICH = "Grüße an @bob.example.com 🎉 mehr: https://example.org/a?b=1. #Über $AAPL example.com"

POSTS = [
    ready(RICH),
    ready(RICH, options={"langs": ["en", "pt-BR", "zh-Hant-TW"], "labels": ["porn", "!no-unauthenticated"]}),
    ready("", media=tuple(image(number) for number in range(1, 5))),
    ready(media=(image(width_px=None),)),
    ready("", options={"linkCard": CARD}),
    ready("", options={"linkCard": {**CARD, "thumbnail": "med_1"}}, option_media=THUMBNAIL),
    ready("", options={"quote": REFERENCE}),
    ready("", options={"quote": REFERENCE}, media=(image(),)),
    ready("", options={"quote": REFERENCE, "linkCard": CARD}),
    ready(options={"replyTo": REFERENCE}),
    ready("one", thread=(ThreadPart(text=RICH), ThreadPart(text="", media=(image(),))), first_comment=RICH),
    ready(options={"threadgate": {"allow": ["nobody"]}}),
    ready(options={"threadgate": {"allow": ["followers", "following", "mentioned", LIST]}}),
]


def records(post: ReadyPost) -> list[dict[str, Any]]:
    """Return everything that is put if every call succeeds."""
    replies: list[Reply] = []
    while True:
        calls = play(publish(post, SETTINGS), *replies).calls
        if len(calls) == len(replies):
            return [record(call) for call in calls if call.effect is Effect.PUBLISH]
        replies.append(_accepted(calls[-1]))


def _accepted(call: Call) -> Reply:
    if call.effect is Effect.PUBLISH:
        return recorded("put_record")
    if call.effect is Effect.PREPARE:
        return recorded("upload_blob")
    return recorded("resolve_handle" if call.url.endswith("resolveHandle") else "get_record_reply")


def problems(made: Sequence[dict[str, Any]]) -> list[str]:
    return [problem for one in made for problem in lexicon.errors(one, one["$type"])]


@pytest.mark.parametrize("post", POSTS)
def test_record_matches_its_lexicon(post: ReadyPost) -> None:
    assert problems(records(post)) == []


@given(st.text(max_size=320).filter(is_storable), st.datetimes(datetime(1970, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001 - hypothesis wants naive bounds
def test_text_that_passes_the_rules_makes_a_valid_record(text: str, at: datetime) -> None:
    post = ready(text)
    assume(not violations(on(PLATFORM, post.content), RULES))
    post = ReadyPost(account=ACCOUNT, content=post.content, frozen=Frozen(at, bytes(32)))
    replies = [recorded("resolve_handle")] * len(mentioned_handles(text))
    call = play(publish(post, SETTINGS), *replies).calls[-1]
    assert problems([record(call)]) == []


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"text": "a" * 301}, "$.text has too many graphemes"),
        ({"text": "👨‍👩‍👧‍👧" * 121}, "$.text is too long"),
        ({"createdAt": "2026-11-21T10:00:00"}, "$.createdAt has no time zone"),
        ({"langs": ["en"] * 4}, "$.langs has 4 items"),
        ({"langs": ["english!"]}, "$.langs[0] is no language: english!"),
        ({"embed": {"$type": "app.bsky.embed.poll"}}, "$.embed is a app.bsky.embed.poll, which is none of"),
        ({"reply": {"root": REFERENCE}}, "$.reply lacks parent"),
        ({"txet": "hello"}, "$.txet is unknown"),
        ({"facets": [{"index": {"byteStart": -1, "byteEnd": 2}, "features": []}]}, "$.facets[0].index.byteStart is -1"),
        ({"embed": {"$type": "app.bsky.embed.images", "images": [{"alt": ""}]}}, "$.embed.images[0] lacks image"),
    ],
)
def test_check_finds_errors(change: dict[str, Any], problem: str) -> None:
    [made] = records(ready())
    assert any(found.startswith(problem) for found in problems([{**made, **change}]))


def test_check_accepts_a_blob() -> None:
    [made] = records(ready(media=(image(),)))
    made["embed"]["images"][0]["image"] = {**made["embed"]["images"][0]["image"], "size": 2_000_001}
    assert problems([made]) == ["$.embed.images[0].image has 2000001 bytes"]
