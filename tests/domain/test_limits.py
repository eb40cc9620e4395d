from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest

from letmepost.domain.accounts import AccountFacts
from letmepost.domain.content import MediaFacts, MediaItem, MediaKind, PostContent, ThreadPart
from letmepost.domain.lengths import GRAPHEMES, UTF8_BYTES, Measure
from letmepost.domain.limits import (
    MEDIA,
    YUV_420,
    Alone,
    AltTextLimit,
    AnswerCount,
    AnswerLimit,
    AnswerNotBlank,
    CommentNotBlank,
    CountLimit,
    DescriptionSupported,
    Exclusive,
    KindsSupported,
    MediaCount,
    MediaLimit,
    NoComment,
    NotEmpty,
    PerTarget,
    SinglePart,
    TextLimit,
    first_comment,
    is_gif,
    option,
    option_count,
    rules_of,
)
from letmepost.domain.limits.rows import LimitRow
from letmepost.domain.rules import FACTS_VALID_FOR, PostTarget, Rule, RuleSource
from letmepost.domain.violations import Violation
from tests.doubles.targets import ACCOUNT, NOW, target

SOURCE = RuleSource(url="https://example.com/limits", checked_on=date(2026, 11, 21))
FAMILY = "👨‍👩‍👧‍👦"


def image(*, alt_text: str | None = None, facts: MediaFacts | None = None) -> MediaItem:
    return MediaItem(kind=MediaKind.IMAGE, media_id=UUID(int=1), alt_text=alt_text, facts=facts)


def video(**facts: Any) -> MediaItem:
    known = MediaFacts(**{"content_type": "video/mp4", "size_bytes": 1, **facts})
    return MediaItem(kind=MediaKind.VIDEO, media_id=UUID(int=2), facts=known)


def picture(**facts: Any) -> MediaItem:
    return image(facts=MediaFacts(**{"content_type": "image/png", "size_bytes": 1, **facts}))


DOCUMENT = MediaItem(kind=MediaKind.DOCUMENT, media_id=UUID(int=2), alt_text="A deck", title="Deck")


def only(row: LimitRow) -> Rule:
    [rule] = rules_of("X", [row])
    return rule


def found(row: LimitRow, content: PostContent, options: object = None) -> list[Violation]:
    return [violation for rule in rules_of("X", [row]) for violation in rule.check(target(content, options=options))]


def text_limit(limit: int | PerTarget[int], measure: Measure = GRAPHEMES) -> TextLimit:
    return TextLimit("x.text.max", limit=limit, measure=measure, source=SOURCE)


def image_size(limit: int) -> MediaLimit:
    return MediaLimit("x.media.image_", max_bytes=limit, source=SOURCE)


ALT_TEXT = AltTextLimit("x.media.alt_text", limit=5, measure=GRAPHEMES, source=SOURCE)
COUNT = MediaCount("x.media.count_max", limit=2, source=SOURCE)


@pytest.mark.parametrize("row", [text_limit(5), ALT_TEXT, COUNT, image_size(5)], ids=lambda row: only(row).id)
def test_rule_has_its_id_limit_source_and_date(row: LimitRow) -> None:
    rule = only(row)
    assert rule.id.startswith("x.")
    assert rule.limit in (2, 5)
    assert rule.source == SOURCE
    assert str(rule.limit) in rule.summary
    assert not rule.capability
    assert rule.facts_valid_for is None


def test_rule_among_rows_is_kept() -> None:
    rule = only(COUNT)
    assert rules_of("Y", [text_limit(5), rule])[1] is rule


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
    assert bool(found(text_limit(5, measure), PostContent(text=text))) == is_broken


def test_violation_of_a_long_text_is_complete() -> None:
    [violation] = found(text_limit(5), PostContent(text="too long"))
    assert violation.message == "Post text is 8 graphemes; X allows at most 5."
    assert violation.remediation == "Shorten the text to 5 graphemes or fewer."
    assert (violation.limit, violation.actual, violation.unit) == (5, 8, "graphemes")


def test_every_post_of_a_thread_has_the_limit_of_a_post() -> None:
    content = PostContent(text="ok", thread=(ThreadPart(text="fine"), ThreadPart(text="too long")))
    [violation] = found(text_limit(5), content)
    assert violation.field == "thread[1].text"
    assert violation.message.startswith("The text of thread[1] is 8 graphemes")


def test_first_comment_has_the_limit_only_when_the_row_selects_it() -> None:
    """Some platforms have another limit for comments."""
    content = PostContent(text="ok", first_comment="too long")
    assert found(text_limit(5), content) == []
    [violation] = found(replace(text_limit(5), texts=first_comment), content)
    assert violation.field == "firstComment.text"
    assert violation.message.startswith("First comment is 8 graphemes")


def test_rule_explains_a_surprising_count() -> None:
    doubled = Measure(unit="halves", count=lambda text: 2 * len(text), how="a letter counts as two")
    row = text_limit(5, doubled)
    [violation] = found(row, PostContent(text="abc"))
    assert only(row).summary == "A text has at most 5 halves: a letter counts as two."
    assert violation.message == "Post text is 6 halves; X allows at most 5."
    assert violation.remediation == "Shorten the text to 5 halves or fewer: a letter counts as two."


def test_text_is_counted_as_it_is_sent() -> None:
    row = replace(text_limit(5), sent_as=lambda target: target.options)
    [violation] = found(row, PostContent(text="abc", thread=(ThreadPart(text="ab"),)), options=_doubled)
    assert (violation.field, violation.actual) == ("text", 6)


def _doubled(text: str) -> str:
    return 2 * text


def test_long_texts_are_counted_in_steps_before_the_rule_is_checked() -> None:
    rule = only(text_limit(5))
    content = PostContent(text="a" * 2000, thread=(ThreadPart(text="b" * 2000), ThreadPart(text="short")))
    steps = rule.prepare(target(content))
    assert [content.lengths.is_quick(GRAPHEMES, "b" * 2000, 5) for _ in steps] == [False, True]


def test_blank_first_comment_is_a_violation() -> None:
    row = CommentNotBlank("x.first_comment.non_empty", source=SOURCE)
    [violation] = found(row, PostContent(text="ok", first_comment=" \n\u200b\u2800"))
    assert (violation.field, violation.message) == ("firstComment.text", "First comment has no visible text.")
    assert violation.remediation == "Write the first comment, or omit `firstComment`."
    assert found(row, PostContent(text="ok", first_comment="hello")) == []
    assert found(row, PostContent(text="ok")) == []


def test_each_empty_part_of_a_thread_is_a_violation() -> None:
    parts = (ThreadPart(text=" "), ThreadPart(text="", media=(image(),)), ThreadPart(text=""))
    row = NotEmpty("x.text.non_empty", others=("an image",), source=SOURCE)
    first, second = found(row, PostContent(text="ok", thread=parts))
    assert (first.field, first.message) == ("thread[0].text", "Part 1 of the thread has neither text nor an image.")
    assert second.field == "thread[2].text"
    assert found(replace(row, has_parts=False), PostContent(text="ok", thread=parts)) == []


def test_post_without_text_and_everything_else_is_empty() -> None:
    row = NotEmpty(
        "x.text.non_empty",
        others=("media", "a link card"),
        has_other=lambda target: target.options,
        shown=lambda text: text.replace("hidden", ""),
        source=SOURCE,
    )
    [violation] = found(row, PostContent(text=" hidden"), options=False)
    assert (violation.field, violation.message) == ("text", "The post has no text, media or link card.")
    assert violation.remediation == "Write a text, or attach media or a link card."
    assert only(row).summary == "A post has text, media or a link card."
    assert found(row, PostContent(text=""), options=True) == []
    assert found(row, PostContent(text="", media=(image(),)), options=False) == []


def test_attachments_are_counted_for_each_post() -> None:
    pair, trio = (image(),) * 2, (image(),) * 3
    content = PostContent(media=pair, thread=(ThreadPart(text="", media=trio), ThreadPart(text="", media=pair)))
    [violation] = found(COUNT, content)
    assert violation.field == "thread[0].media"
    assert violation.message == "The post has 3 media items; X allows at most 2."
    assert violation.remediation == "Attach at most 2 media items."
    assert (violation.limit, violation.actual, violation.unit) == (2, 3, "items")


@pytest.mark.parametrize(("minutes", "is_broken"), [(None, False), (4, True), (5, False), (9, False), (10, True)])
def test_number_in_the_options_may_reach_both_ends_of_its_range(minutes: int | None, *, is_broken: bool) -> None:
    row = CountLimit(
        "x.poll.duration",
        subject="poll",
        verb="lasts",
        things="minutes",
        unit="minutes",
        at_least=5,
        limit=9,
        counts=option_count("poll.minutes", lambda options: options),
        source=SOURCE,
    )
    messages = [(one.field, one.message, one.remediation) for one in found(row, PostContent(), options=minutes)]
    expected = ("options.poll.minutes", f"The poll lasts {minutes} minutes; X allows 5 to 9.", "Send 5 to 9 minutes.")
    assert messages == [expected] * is_broken


def poll(*answers: str) -> SimpleNamespace:
    return SimpleNamespace(poll=SimpleNamespace(options=answers))


NO_POLL = SimpleNamespace(poll=None)


@pytest.mark.parametrize(
    ("row", "answers", "fields"),
    [
        (AnswerCount("x.poll.count", at_least=2, limit=3, source=SOURCE), "abc", []),
        (AnswerCount("x.poll.count", at_least=2, limit=3, source=SOURCE), "abcd", ["options.poll.options"]),
        (AnswerCount("x.poll.count", at_least=2, limit=3, source=SOURCE), "a", ["options.poll.options"]),
        (AnswerLimit("x.poll.max", limit=2, measure=GRAPHEMES, source=SOURCE), ("aa", " "), []),
        (
            AnswerLimit("x.poll.max", limit=2, measure=GRAPHEMES, source=SOURCE),
            ("a", "aaa"),
            ["options.poll.options[1]"],
        ),
        (
            AnswerLimit("x.poll.max", limit=2, measure=GRAPHEMES, is_required=True, source=SOURCE),
            (" ", "a", "aaa"),
            ["options.poll.options[0]", "options.poll.options[2]"],
        ),
        (AnswerNotBlank("x.poll.blank", source=SOURCE), ("a", "\u200b"), ["options.poll.options[1]"]),
    ],
)
def test_answers_of_a_poll_have_limits(row: LimitRow, answers: tuple[str, ...], fields: list[str]) -> None:
    assert [violation.field for violation in found(row, PostContent(), poll(*answers))] == fields
    assert found(row, PostContent(), NO_POLL) == []


def test_blank_answer_is_explained() -> None:
    row = AnswerLimit("x.poll.max", limit=2, measure=GRAPHEMES, is_required=True, source=SOURCE)
    [violation] = found(row, PostContent(), poll("a", " "))
    assert violation.message == "Answer 2 of the poll has no visible text."
    assert violation.remediation == "Shorten the poll's answer to 2 graphemes or fewer. It cannot be blank."
    assert (violation.limit, violation.actual) == (2, 1)


def test_each_long_alt_text_is_found_at_its_path() -> None:
    media = (image(), image(alt_text="a cat and a dog"), image(alt_text=FAMILY * 5), image(alt_text="a bird"))
    long, longer = found(ALT_TEXT, PostContent(media=media))
    assert (long.field, long.actual, long.limit, long.unit) == ("media[1].altText", 15, 5, "graphemes")
    assert long.message == "The alt text is 15 graphemes; X allows at most 5."
    assert long.remediation == "Shorten the alt text to 5 graphemes or fewer."
    assert (longer.field, longer.actual) == ("media[3].altText", 6)


def test_media_limit_checks_only_its_own_kind() -> None:
    content = PostContent(media=(video(size_bytes=11), picture(size_bytes=10), picture(size_bytes=11)))
    [violation] = found(image_size(10), content)
    assert violation.field == "media[2]"
    assert violation.actual == 11
    assert violation.message == "An image has at most 10 bytes. This one: 11."


def test_media_limit_finds_nothing_before_the_bytes_are_known() -> None:
    """Media items by URL are checked again after their import."""
    assert found(image_size(0), PostContent(media=(image(facts=None),))) == []


def media_limit(**limits: Any) -> MediaLimit:
    kinds = (MediaKind.IMAGE, MediaKind.VIDEO)
    return MediaLimit("x.media.", kinds=kinds, source=SOURCE, **limits)


@pytest.mark.parametrize(
    ("limits", "suffix", "good", "bad", "actual"),
    [
        ({"types": ("image/png", "video/mp4")}, "mime_allowed", {}, {"content_type": "video/webm"}, "video/webm"),
        ({"types": ("image/png", "video/mp4")}, "mime_allowed", {}, {"content_type": "image/png"}, "image/png"),
        ({"max_bytes": 5}, "size_max", {"size_bytes": 5}, {"size_bytes": 6}, 6),
        (
            {"max_ratio": 2.0},
            "aspect_ratio_max",
            {"width_px": 4, "height_px": 2},
            {"width_px": 5, "height_px": 2},
            2.5,
        ),
        (
            {"ratios": (0.5, 2.0)},
            "aspect_ratio",
            {"width_px": 4, "height_px": 2},
            {"width_px": 5, "height_px": 2},
            2.5,
        ),
        (
            {"ratios": (0.5, 2.0)},
            "aspect_ratio",
            {"width_px": 2, "height_px": 4},
            {"width_px": 1, "height_px": 4},
            0.25,
        ),
        (
            {"max_dimensions_px": (4, 2)},
            "dimensions_max",
            {"width_px": 4, "height_px": 2},
            {"width_px": 4, "height_px": 3},
            "4x3",
        ),
        ({"max_frames": 3}, "frames_max", {"frame_count": 3}, {"frame_count": 4}, 4),
        ({"max_pixels": 6}, "pixels_max", {"width_px": 3, "height_px": 2}, {"width_px": 7, "height_px": 1}, 7),
        (
            {"max_total_pixels": 6},
            "pixels_max",
            {"width_px": 3, "height_px": 1, "frame_count": 2},
            {"width_px": 3, "height_px": 1, "frame_count": 3},
            9,
        ),
        ({"max_s": 300}, "duration_max", {"duration_s": 300.0}, {"duration_s": 300.5}, "300.5 s"),
        ({"fps": (23, 60)}, "frame_rate", {"frame_rate": 23.976}, {"frame_rate": 15.0}, "15"),
        ({"fps": (23, 60)}, "frame_rate", {"frame_rate": None}, {"frame_rate": 0.0}, "0"),
        ({"max_bytes": 2**32}, "size_max", {"size_bytes": 2**32}, {"size_bytes": 2**32 + 1}, 2**32 + 1),
        ({"audio_codecs": ("aac",)}, "audio_codec", {"audio_channels": 0}, {"audio_codec": "mp3"}, "mp3"),
        ({"max_width_px": 9}, "width_max", {"width_px": 9}, {"width_px": 10}, 10),
        ({"codecs": ("h264", "hevc")}, "codec", {"codec": "hevc"}, {"codec": "vp9"}, "vp9"),
        (
            {"min_dimensions_px": (3, 5)},
            "dimensions_min",
            {"width_px": 5, "height_px": 3},
            {"width_px": 4, "height_px": 4},
            "4x4",
        ),
        (
            {"min_dimensions_px": (3, 3)},
            "dimensions_min",
            {"width_px": 3, "height_px": 3},
            {"width_px": 2, "height_px": 9},
            "2x9",
        ),
        ({"min_s": 3}, "duration_min", {"duration_s": 3.0}, {"duration_s": 2.96}, "2.96 s"),
        (
            {"constant_frame_rate": True},
            "frame_rate_constant",
            {"has_variable_frame_rate": False},
            {"has_variable_frame_rate": True},
            "variable",
        ),
        (
            {"pixel_formats": YUV_420},
            "pixel_format",
            {"pixel_format": "yuv420p"},
            {"pixel_format": "yuv422p10le"},
            "yuv422p10le",
        ),
        ({"max_bit_depth": 8}, "bit_depth_max", {"bit_depth": 8}, {"bit_depth": 10}, 10),
        ({"max_bit_rate": 25_000_000}, "bit_rate_max", {"bit_rate": 25_000_000}, {"bit_rate": 25_000_001}, 25_000_001),
        ({"fast_start": True}, "fast_start", {"is_fast_start": True}, {"is_fast_start": False}, "at the end"),
        ({"audio_codecs": ("aac",)}, "audio_codec", {"audio_codec": "aac"}, {"audio_codec": "opus"}, "opus"),
        ({"max_audio_channels": 2}, "audio_channels_max", {"audio_channels": 0}, {"audio_channels": 6}, 6),
        (
            {"max_audio_hz": 48_000},
            "audio_sample_rate_max",
            {"audio_sample_rate_hz": 48_000},
            {"audio_sample_rate_hz": 96_000},
            96_000,
        ),
    ],
)
def test_property_may_reach_its_limit(
    limits: dict[str, Any], suffix: str, good: dict[str, Any], bad: dict[str, Any], actual: object
) -> None:
    row = media_limit(**limits)
    unknown = video() if "types" not in limits else image()
    assert found(row, PostContent(media=(video(**good), unknown))) == []
    [violation] = found(row, PostContent(media=(video(**bad),)))
    assert (violation.rule, violation.field, violation.actual) == (f"x.media.{suffix}", "media[0]", actual)
    assert violation.message.startswith("A video ")
    assert violation.message.endswith(f"This one: {actual}.")


def test_each_limit_of_a_row_is_a_rule() -> None:
    row = MediaLimit("x.media.video_", kinds=(MediaKind.VIDEO,), max_s=9, max_bytes=5, fps=(1, 2), source=SOURCE)
    rules = rules_of("X", [row])
    assert [rule.id for rule in rules] == [
        "x.media.video_size_max",
        "x.media.video_duration_max",
        "x.media.video_frame_rate",
    ]
    assert [(rule.limit, rule.unit) for rule in rules] == [(5, "bytes"), (9, "s"), ("1-2", "frames/s")]
    assert rules[2].summary == "A video has 1 to 2 frames per second."


def test_frame_rate_can_have_no_lower_limit() -> None:
    [rule] = rules_of("X", [media_limit(fps=(0, 30))])
    assert (rule.limit, rule.summary) == (30, "A media item has at most 30 frames per second.")
    [violation] = rule.check(target(PostContent(media=(video(frame_rate=60.0),))))
    assert violation.remediation == "Export the video with at most 30 frames per second."


def test_wrong_type_is_explained_for_the_kind_of_the_item() -> None:
    row = media_limit(types=("image/jpeg", "image/png", "video/mp4"))
    [violation] = found(row, PostContent(media=(picture(content_type="image/webp"),)))
    assert violation.message == "An image must be image/jpeg or image/png. This one: image/webp."
    assert violation.remediation == "Convert the image to JPEG or PNG."
    assert violation.limit == "image/jpeg, image/png, video/mp4"


def test_row_can_limit_some_items_and_a_media_item_of_the_options() -> None:
    row = replace(image_size(5), where=lambda target, _item: target.options == "small", noun="thumbnail", option="card")
    content = PostContent(media=(picture(size_bytes=9),), option_media={"card": picture(size_bytes=6)})
    assert found(row, content, options="large") == []
    [violation] = found(row, content, options="small")
    assert (violation.field, violation.message) == ("options.card", "A thumbnail has at most 5 bytes. This one: 6.")
    assert found(row, PostContent(), options="small") == []


CARD = option("a card", "card", lambda options: options.card)
QUOTE = option("a quote", "quoteId", lambda options: options.quote_id)


@pytest.mark.parametrize(
    ("features", "media", "options", "fields"),
    [
        ((MEDIA, CARD), (image(),), (None, None), []),
        ((MEDIA, CARD), (), ("card", "quote"), []),
        ((MEDIA, CARD), (image(),), ("card", None), ["options.card"]),
        ((MEDIA, CARD, QUOTE), (image(),), ("card", "quote"), ["options.card", "options.quoteId"]),
        ((MEDIA, CARD, QUOTE), (), ("card", "quote"), ["options.quoteId"]),
        ((MEDIA | QUOTE, CARD), (image(),), (None, "quote"), []),
        ((MEDIA | QUOTE, CARD), (), ("card", "quote"), ["options.card"]),
    ],
)
def test_post_has_only_one_of_several_features(
    features: tuple[Any, ...], media: tuple[MediaItem, ...], options: tuple[str | None, str | None], fields: list[str]
) -> None:
    row = Exclusive("x.card.exclusive", features, source=SOURCE)
    given = SimpleNamespace(card=options[0], quote_id=options[1])
    assert [one.field for one in found(row, PostContent(media=media), given)] == fields


def test_features_that_exclude_each_other_are_named() -> None:
    two, three = (
        only(Exclusive("x.y.z", features, source=SOURCE)) for features in ((MEDIA, CARD), (MEDIA | QUOTE, CARD))
    )
    assert two.summary == "A post has media or a card, not both."
    assert two.remediation == "Remove the media or `card`."
    assert three.summary == "A post has media, a quote or a card: only one of them."
    assert three.remediation == "Keep only one of them: the media, `quoteId` or `card`."


def test_item_that_must_be_alone_is_found_among_others() -> None:
    row = Alone("x.media.single", noun="document", is_one=lambda item: item.kind is MediaKind.DOCUMENT, source=SOURCE)
    part = ThreadPart(text="", media=(image(), DOCUMENT))
    [violation] = found(row, PostContent(media=(DOCUMENT,), thread=(part,)))
    assert (violation.field, violation.actual, violation.limit) == ("thread[0].media", 2, 1)
    assert found(row, PostContent(media=(image(), image()))) == []


def test_kind_that_a_platform_does_not_publish_is_unsupported() -> None:
    row = KindsSupported("x.media.kind", (MediaKind.IMAGE, MediaKind.VIDEO), source=SOURCE)
    [violation] = found(row, PostContent(media=(image(), DOCUMENT)))
    assert (violation.field, violation.message) == ("media[1]", "A document cannot be published on X.")
    assert only(row).capability
    assert (only(row).summary, only(row).limit) == ("Only images and videos can be attached.", "image, video")


def test_thread_is_unsupported_as_a_whole() -> None:
    row = SinglePart("x.thread.supported", source=SOURCE)
    [violation] = found(row, PostContent(thread=(ThreadPart(text="a"), ThreadPart(text="b"))))
    assert (violation.field, violation.actual) == ("thread", 2)
    assert only(row).capability
    assert found(row, PostContent()) == []


def test_first_comment_is_unsupported_as_a_whole() -> None:
    row = NoComment("x.first_comment.supported", source=SOURCE)
    [violation] = found(row, PostContent(first_comment=""))
    assert (violation.field, violation.message) == ("firstComment", "X does not support first comments.")
    assert only(row).capability
    assert found(row, PostContent()) == []


TITLES = DescriptionSupported("x.media.title_supported", field="title", source=SOURCE)
ALT_TEXTS = DescriptionSupported(
    "x.media.alt_text_supported", field="altText", kinds=(MediaKind.IMAGE, MediaKind.VIDEO), source=SOURCE
)


def test_description_that_a_platform_does_not_show_is_unsupported() -> None:
    content = PostContent(media=(image(alt_text="A cat"), DOCUMENT), thread=(ThreadPart(text="", media=(DOCUMENT,)),))
    assert [one.field for one in found(TITLES, content)] == ["media[1].title", "thread[0].media[0].title"]
    assert [one.field for one in found(ALT_TEXTS, content)] == ["media[1].altText", "thread[0].media[0].altText"]
    assert only(TITLES).capability
    assert only(TITLES).summary == "On X, media items have no title."
    assert only(ALT_TEXTS).summary == "On X, only images and videos have an alt text."


def test_gif_can_be_limited_on_its_own() -> None:
    row = MediaLimit("x.media.gif_", where=is_gif, noun="GIF", max_pixels=2, source=SOURCE)
    large = {"width_px": 3, "height_px": 1}
    gif, other = picture(content_type="image/gif", **large), picture(content_type="image/png", **large)
    assert [one.field for one in found(row, PostContent(media=(other, gif, image(facts=None))))] == ["media[1]"]


def test_blank_description_counts_as_missing() -> None:
    content = PostContent(media=(replace(DOCUMENT, alt_text=" ", title=""),))
    assert [*found(TITLES, content), *found(ALT_TEXTS, content)] == []


def of_server(name: str) -> Callable[[PostTarget[Any]], Any]:
    return lambda target: target.account.data.get(name)


def on_server(**data: Any) -> AccountFacts:
    return replace(ACCOUNT, data=data, confirmed_at=NOW)


SERVER_TEXT = text_limit(PerTarget(5, of_server("characters")))


@pytest.mark.parametrize(
    ("account", "text", "limit"), [(on_server(), "a" * 6, 5), (on_server(characters=7), "a" * 8, 7)]
)
def test_account_can_have_its_own_limit(account: AccountFacts, text: str, limit: int) -> None:
    rule = only(SERVER_TEXT)
    assert list(rule.check(target(PostContent(text=text[1:]), account=account))) == []
    [violation] = rule.check(target(PostContent(text=text), account=account))
    assert violation.message == f"Post text is {limit + 1} graphemes; X allows at most {limit}."
    assert violation.remediation == f"Shorten the text to {limit} graphemes or fewer."
    assert violation.limit == limit


def test_rule_shows_the_documented_limit_and_that_an_account_can_differ() -> None:
    rule = only(SERVER_TEXT)
    assert rule.limit == 5
    assert rule.summary == "A text has at most 5 graphemes. The limit of an account can differ."
    assert rule.facts_valid_for == FACTS_VALID_FOR


def test_every_sort_of_limit_can_be_that_of_an_account() -> None:
    account = on_server(bytes=9, count=3, types=("image/gif",))
    types, size = PerTarget(("image/png",), of_server("types")), PerTarget(5, of_server("bytes"))
    size_and_type = MediaLimit("x.media.image_", types=types, max_bytes=size, source=SOURCE)
    count = MediaCount("x.media.count", limit=PerTarget(1, of_server("count")), source=SOURCE)
    gif = picture(content_type="image/gif", size_bytes=9)
    content = PostContent(media=(gif, gif, gif))
    rules = rules_of("X", [size_and_type, count])
    assert [one for rule in rules for one in rule.check(target(content, account=account))] == []
    assert {one.rule for rule in rules for one in rule.check(target(content))} == {rule.id for rule in rules}


def test_limit_of_an_account_can_depend_on_the_options() -> None:
    """A content warning counts, too."""
    row = text_limit(PerTarget(5, lambda target: target.account.data["characters"] - len(target.options)))
    rule, account = only(row), on_server(characters=7)
    assert list(rule.check(target(PostContent(text="abcd"), options="cw!", account=account))) == []
    [violation] = rule.check(target(PostContent(text="abcde"), options="cw!", account=account))
    assert (violation.limit, violation.actual) == (4, 5)


def test_range_can_be_that_of_an_account() -> None:
    seconds = option_count("poll.durationS", lambda options: options)
    row = CountLimit(
        "x.poll.duration",
        subject="poll",
        verb="lasts",
        things="seconds",
        at_least=PerTarget(5, of_server("min_s")),
        limit=9,
        counts=seconds,
        source=SOURCE,
    )
    rule, account = only(row), on_server(min_s=7)
    assert rule.summary == "A poll lasts 5 to 9 seconds. The limit of an account can differ."
    [violation] = rule.check(target(PostContent(), options=6, account=account))
    assert violation.message == "The poll lasts 6 seconds; X allows 7 to 9."
    assert list(rule.check(target(PostContent(), options=6, account=on_server()))) == []


def test_platform_can_choose_how_long_facts_about_an_account_are_valid() -> None:
    hours = timedelta(hours=2)
    assert only(text_limit(PerTarget(5, of_server("characters"), hours))).facts_valid_for == hours
