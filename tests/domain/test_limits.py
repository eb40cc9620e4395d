from datetime import date
from uuid import UUID

import pytest

from letmepost.domain.content import MediaFacts, MediaItem, MediaKind, PostContent, ThreadPart
from letmepost.domain.limits import alt_text_max, images_max, media_rule, text_max
from letmepost.domain.rules import Rule

SOURCE, CHECKED_ON = "https://example.com/limits", date(2026, 11, 21)
FAMILY = "👨‍👩‍👧‍👦"


def image(*, alt_text: str | None = None, facts: MediaFacts | None = None) -> MediaItem:
    return MediaItem(kind=MediaKind.IMAGE, media_id=UUID(int=1), alt_text=alt_text, facts=facts)


def text_rule(limit: int, unit: str = "graphemes") -> Rule:
    return text_max("x.text.max", limit=limit, unit=unit, platform="X", source_url=SOURCE, checked_on=CHECKED_ON)


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
def test_a_rule_carries_its_id_number_source_and_date(rule: Rule) -> None:
    assert rule.id.startswith("x.")
    assert rule.limit in (2, 5)
    assert rule.source_url == SOURCE
    assert rule.checked_on == CHECKED_ON
    assert str(rule.limit) in rule.summary
    assert not rule.capability


@pytest.mark.parametrize(
    ("unit", "text", "is_broken"),
    [
        ("graphemes", "a" * 5, False),
        ("graphemes", "a" * 6, True),
        ("graphemes", FAMILY * 5, False),
        ("graphemes", FAMILY * 6, True),
        ("bytes", "é" * 2, False),
        ("bytes", "é" * 3, True),
    ],
)
def test_a_text_may_reach_its_limit_in_the_rules_unit(unit: str, text: str, *, is_broken: bool) -> None:
    assert bool(list(text_rule(5, unit).check(PostContent(text=text)))) == is_broken


def test_a_long_text_is_described_in_full() -> None:
    [violation] = text_rule(5).check(PostContent(text="too long"))
    assert violation.message == "Post text is 8 graphemes; X allows at most 5."
    assert violation.remediation == "Shorten the text to 5 graphemes or fewer."
    assert (violation.limit, violation.actual, violation.unit) == (5, 8, "graphemes")


def test_every_post_of_a_thread_keeps_the_limit_of_a_post() -> None:
    content = PostContent(text="ok", thread=(ThreadPart(text="fine"), ThreadPart(text="too long")))
    [violation] = text_rule(5).check(content)
    assert violation.field == "thread[1].text"
    assert violation.message.startswith("The text of thread[1] is 8 graphemes")


def test_a_first_comment_keeps_the_limit_only_when_the_rule_says_so() -> None:
    """Some platforms give comments a limit of their own."""
    content = PostContent(text="ok", first_comment="too long")
    assert list(text_rule(5).check(content)) == []
    of_comments = text_max(
        "x.first_comment.max",
        limit=5,
        unit="graphemes",
        platform="X",
        source_url=SOURCE,
        checked_on=CHECKED_ON,
        fields=lambda path: path == "firstComment.text",
    )
    [violation] = of_comments.check(content)
    assert violation.field == "firstComment.text"
    assert violation.message.startswith("First comment is 8 graphemes")


def test_too_many_attachments_are_counted_post_by_post() -> None:
    pair, trio = (image(),) * 2, (image(),) * 3
    content = PostContent(media=pair, thread=(ThreadPart(text="", media=trio), ThreadPart(text="", media=pair)))
    [violation] = COUNT.check(content)
    assert violation.field == "thread[0].media"
    assert violation.message == "The post has 3 media; X allows at most 2."
    assert (violation.limit, violation.actual, violation.unit) == (2, 3, "items")


def test_each_long_alt_text_is_found_where_it_is() -> None:
    media = (image(), image(alt_text="a cat and a dog"), image(alt_text=FAMILY * 5), image(alt_text="a bird"))
    content = PostContent(media=media)
    long, longer = ALT_TEXT.check(content)
    assert (long.field, long.actual, long.limit, long.unit) == ("media[1].altText", 15, 5, "graphemes")
    assert long.message == "The alt text is 15 graphemes; X allows at most 5."
    assert long.remediation == "Shorten the alt text to 5 graphemes or fewer."
    assert (longer.field, longer.actual) == ("media[3].altText", 6)


def test_a_media_rule_judges_the_bytes_of_its_own_kind() -> None:
    large, small = (MediaFacts(content_type="image/png", size_bytes=size) for size in (11, 10))
    video = MediaItem(kind=MediaKind.VIDEO, media_id=UUID(int=2), facts=large)
    [violation] = image_size_rule(10).check(PostContent(media=(video, image(facts=small), image(facts=large))))
    assert violation.field == "media[2]"
    assert violation.actual == 11
    assert violation.message == "An image has at most 10 bytes. This one: 11."


def test_a_media_rule_says_nothing_of_bytes_that_are_not_here_yet() -> None:
    """Media given by URL is judged again once it has been imported."""
    assert list(image_size_rule(0).check(PostContent(media=(image(facts=None),)))) == []
