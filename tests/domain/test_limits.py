from datetime import date
from uuid import UUID

import pytest

from letmepost.domain.content import MediaFacts, MediaItem, MediaKind, PostContent, ThreadPart
from letmepost.domain.lengths import GRAPHEMES, UTF8_BYTES, Measure
from letmepost.domain.limits import (
    alt_text_max,
    comment_not_empty,
    description_supported,
    empty_parts,
    images_max,
    is_comment,
    media_rule,
    text_max,
)
from letmepost.domain.rules import Rule

SOURCE, CHECKED_ON = "https://example.com/limits", date(2026, 11, 21)
FAMILY = "👨‍👩‍👧‍👦"


def image(*, alt_text: str | None = None, facts: MediaFacts | None = None) -> MediaItem:
    return MediaItem(kind=MediaKind.IMAGE, media_id=UUID(int=1), alt_text=alt_text, facts=facts)


def text_rule(limit: int, measure: Measure = GRAPHEMES) -> Rule:
    return text_max("x.text.max", limit=limit, measure=measure, platform="X", source_url=SOURCE, checked_on=CHECKED_ON)


def image_size_rule(limit: int) -> Rule:
    return media_rule(
        "x.media.image_size_max",
        kind=MediaKind.IMAGE,
        broken=lambda facts: facts.size_bytes if facts.size_bytes > limit else None,
        summary=f"An image has at most {limit} bytes.",
        remediation="Compress the image.",
        source_url=SOURCE,
        checked_on=CHECKED_ON,
        limit=limit,
        unit="bytes",
    )


ALT_TEXT = alt_text_max("x.media.alt_text", limit=5, platform="X", source_url=SOURCE, checked_on=CHECKED_ON)
COUNT = images_max("x.media.count_max", limit=2, platform="X", source_url=SOURCE, checked_on=CHECKED_ON)


@pytest.mark.parametrize("rule", [text_rule(5), ALT_TEXT, COUNT, image_size_rule(5)], ids=lambda rule: rule.id)
def test_rule_has_its_id_limit_source_and_date(rule: Rule) -> None:
    assert rule.id.startswith("x.")
    assert rule.limit in (2, 5)
    assert rule.source_url == SOURCE
    assert rule.checked_on == CHECKED_ON
    assert str(rule.limit) in rule.summary
    assert not rule.capability


@pytest.mark.parametrize(
    ("measure", "text", "is_broken"),
    [
        (GRAPHEMES, "a" * 5, False),
        (GRAPHEMES, "a" * 6, True),
        (GRAPHEMES, FAMILY * 5, False),
        (GRAPHEMES, FAMILY * 6, True),
        (UTF8_BYTES, "é" * 2, False),
        (UTF8_BYTES, "é" * 3, True),
    ],
)
def test_text_may_reach_its_limit_in_the_unit_of_the_rule(measure: Measure, text: str, *, is_broken: bool) -> None:
    assert bool(list(text_rule(5, measure).check(PostContent(text=text)))) == is_broken


def test_violation_of_a_long_text_is_complete() -> None:
    [violation] = text_rule(5).check(PostContent(text="too long"))
    assert violation.message == "Post text is 8 graphemes; X allows at most 5."
    assert violation.remediation == "Shorten the text to 5 graphemes or fewer."
    assert (violation.limit, violation.actual, violation.unit) == (5, 8, "graphemes")


def test_every_post_of_a_thread_has_the_limit_of_a_post() -> None:
    content = PostContent(text="ok", thread=(ThreadPart(text="fine"), ThreadPart(text="too long")))
    [violation] = text_rule(5).check(content)
    assert violation.field == "thread[1].text"
    assert violation.message.startswith("The text of thread[1] is 8 graphemes")


def test_first_comment_has_the_limit_only_when_the_rule_includes_it() -> None:
    """Some platforms have another limit for comments."""
    content = PostContent(text="ok", first_comment="too long")
    assert list(text_rule(5).check(content)) == []
    of_comments = text_max(
        "x.first_comment.max",
        limit=5,
        measure=GRAPHEMES,
        platform="X",
        source_url=SOURCE,
        checked_on=CHECKED_ON,
        fields=is_comment,
    )
    [violation] = of_comments.check(content)
    assert violation.field == "firstComment.text"
    assert violation.message.startswith("First comment is 8 graphemes")


def test_rule_explains_a_surprising_count() -> None:
    doubled = Measure(unit="halves", count=lambda text: 2 * len(text), how="a letter counts as two")
    rule = text_rule(5, doubled)
    [violation] = rule.check(PostContent(text="abc"))
    assert rule.summary == "A text has at most 5 halves: a letter counts as two."
    assert violation.message == "Post text is 6 halves; X allows at most 5."
    assert violation.remediation == "Shorten the text to 5 halves or fewer: a letter counts as two."


def test_blank_first_comment_is_a_violation() -> None:
    rule = comment_not_empty("x.first_comment.non_empty", source_url=SOURCE, checked_on=CHECKED_ON)
    [violation] = rule.check(PostContent(text="ok", first_comment=" \n\u200b\u2800"))
    assert (violation.field, violation.message) == ("firstComment.text", "The first comment is empty.")
    assert list(rule.check(PostContent(text="ok", first_comment="hello"))) == []
    assert list(rule.check(PostContent(text="ok"))) == []


def test_each_empty_part_of_a_thread_is_a_violation() -> None:
    parts = (ThreadPart(text=" "), ThreadPart(text="", media=(image(),)), ThreadPart(text=""))
    first, second = empty_parts(PostContent(text="ok", thread=parts), "an image")
    assert (first.field, first.message) == ("thread[0].text", "Part 1 of the thread has neither text nor an image.")
    assert second.field == "thread[2].text"


def test_attachments_are_counted_for_each_post() -> None:
    pair, trio = (image(),) * 2, (image(),) * 3
    content = PostContent(media=pair, thread=(ThreadPart(text="", media=trio), ThreadPart(text="", media=pair)))
    [violation] = COUNT.check(content)
    assert violation.field == "thread[0].media"
    assert violation.message == "The post has 3 media items; X allows at most 2."
    assert (violation.limit, violation.actual, violation.unit) == (2, 3, "items")


def test_each_long_alt_text_is_found_at_its_path() -> None:
    media = (image(), image(alt_text="a cat and a dog"), image(alt_text=FAMILY * 5), image(alt_text="a bird"))
    content = PostContent(media=media)
    long, longer = ALT_TEXT.check(content)
    assert (long.field, long.actual, long.limit, long.unit) == ("media[1].altText", 15, 5, "graphemes")
    assert long.message == "The alt text is 15 graphemes; X allows at most 5."
    assert long.remediation == "Shorten the alt text to 5 graphemes or fewer."
    assert (longer.field, longer.actual) == ("media[3].altText", 6)


def test_media_rule_checks_only_its_own_kind() -> None:
    large, small = (MediaFacts(content_type="image/png", size_bytes=size) for size in (11, 10))
    video = MediaItem(kind=MediaKind.VIDEO, media_id=UUID(int=2), facts=large)
    [violation] = image_size_rule(10).check(PostContent(media=(video, image(facts=small), image(facts=large))))
    assert violation.field == "media[2]"
    assert violation.actual == 11
    assert violation.message == "An image has at most 10 bytes. This one: 11."


def test_media_rule_finds_nothing_before_the_bytes_are_known() -> None:
    """Media items by URL are checked again after their import."""
    assert list(image_size_rule(0).check(PostContent(media=(image(facts=None),)))) == []


TITLES = description_supported(
    "x.media.title_supported", field="title", platform="X", source_url=SOURCE, checked_on=CHECKED_ON
)
ALT_TEXTS = description_supported(
    "x.media.alt_text_supported",
    field="altText",
    kinds=(MediaKind.IMAGE, MediaKind.VIDEO),
    platform="X",
    source_url=SOURCE,
    checked_on=CHECKED_ON,
)


def test_description_that_a_platform_does_not_show_is_unsupported() -> None:
    document = MediaItem(kind=MediaKind.DOCUMENT, media_id=UUID(int=2), alt_text="A deck", title="Deck")
    content = PostContent(media=(image(alt_text="A cat"), document), thread=(ThreadPart(text="", media=(document,)),))
    assert [found.field for found in TITLES.check(content)] == ["media[1].title", "thread[0].media[0].title"]
    assert [found.field for found in ALT_TEXTS.check(content)] == ["media[1].altText", "thread[0].media[0].altText"]
    assert TITLES.capability
    assert TITLES.summary == "On X, no media items have a title."
    assert ALT_TEXTS.summary == "On X, only media items of kind image, video have an alt text."


def test_blank_description_counts_as_missing() -> None:
    document = MediaItem(kind=MediaKind.DOCUMENT, media_id=UUID(int=2), alt_text=" ", title="")
    assert [*TITLES.check(PostContent(media=(document,))), *ALT_TEXTS.check(PostContent(media=(document,)))] == []
