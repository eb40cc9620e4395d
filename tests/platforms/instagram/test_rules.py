"""Instagram's limits. The suite tests those that the simulator has, too."""

from dataclasses import replace
from typing import Any

import pytest
from pydantic import ValidationError

from letmepost.domain.content import OnUnsupported, PostContent, ThreadPart
from letmepost.domain.fitting.fit import Fit
from letmepost.domain.fitting.recipe import plan
from letmepost.domain.rules import preflight, violations, wish_of
from letmepost.platforms._kit.calls import facts_of
from letmepost.platforms.instagram import PLATFORM
from letmepost.platforms.instagram.options import InstagramOptions
from letmepost.platforms.instagram.text import count_hashtags, count_links, count_mentions
from tests.doubles.media import document, image, video
from tests.doubles.targets import CONFIRMED, on
from tests.platforms.instagram.suite import STORY, TEXT, poll


def broken(content: dict[str, Any], **data: object) -> list[tuple[str, str]]:
    """Return the rules that a post breaks, and where."""
    target = on(PLATFORM, PostContent(**content), replace(CONFIRMED, data=data))
    return [(found.rule, found.field) for found in violations(target, PLATFORM.rules)]


def options(**given: object) -> dict[str, Any]:
    return {**TEXT, "options": given}


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ({"text": "hello"}, [("instagram.media.required", "media")]),
        ({"text": "hello", "media": (video(),)}, []),
        ({"text": "hello", "media": (document(title=None),)}, "instagram.media.kind_supported"),
        ({**TEXT, "thread": (ThreadPart(text="two"),)}, [("instagram.thread.supported", "thread")]),
        ({**TEXT, "media": (image(content_type="image/png"),)}, [("instagram.media.mime_allowed", "media[0]")]),
        ({**TEXT, "media": (image(size_bytes=8_000_001),)}, [("instagram.media.image_size_max", "media[0]")]),
        ({**TEXT, "media": tuple(image(number) for number in range(11))}, [("instagram.media.count_max", "media")]),
        ({**TEXT, "first_comment": " "}, "instagram.first_comment.non_empty"),
        (options(kind="reel"), [("instagram.reel.video_required", "media")]),
        ({"text": "", "media": (video(1), video(2)), "options": {"kind": "reel"}}, "instagram.reel.video_required"),
        ({"text": "", "media": (video(), image()), "options": {"userTags": [{"username": "a"}]}}, []),
        (
            {"text": "", "media": (video(),), "options": {"userTags": [{"username": "a", "mediaIndex": 1}]}},
            [
                ("instagram.user_tags.position_required", "options.userTags[0]"),
                ("instagram.user_tags.media_index", "options.userTags[0].mediaIndex"),
            ],
        ),
        (
            {"text": "", "media": (video(),), "options": {"userTags": [{"username": "a", "x": 0, "y": 0}]}},
            [("instagram.user_tags.video_position", "options.userTags[0]")],
        ),
        (options(coverUrl="https://a.example/b"), [("instagram.reel.options_supported", "options.coverUrl")]),
        (
            {**STORY, "media": (video(),), "options": {"kind": "story", "shareToFeed": False}},
            [("instagram.reel.options_supported", "options.shareToFeed")],
        ),
        (
            {"text": "", "media": (replace(video(), alt_text="A cat"),)},
            [("instagram.video.alt_text_supported", "media[0].altText")],
        ),
        (
            {**STORY, "media": (replace(video(), alt_text="A cat"),)},
            [("instagram.video.alt_text_supported", "media[0].altText")],
        ),
        (options(collaborators=["a", "b", "c", "d"]), [("instagram.collaborators.count_max", "options.collaborators")]),
        (options(userTags=[{"username": "a", "x": 0.5}]), "instagram.user_tags.position_required"),
        (options(userTags=[{"username": "a", "x": 0, "y": 0, "mediaIndex": 1}]), "instagram.user_tags.media_index"),
        ({**STORY, "text": "hello"}, [("instagram.story.text_supported", "text")]),
        ({**STORY, "first_comment": "First"}, [("instagram.first_comment.story_supported", "firstComment")]),
        ({**STORY, "media": (image(alt_text="A cat"),)}, [("instagram.story.alt_text_supported", "media[0].altText")]),
        ({**STORY, "media": (image(1), image(2))}, [("instagram.story.media_count_max", "media")]),
        ({**STORY, "options": {"kind": "story", "locationId": "7"}}, "instagram.story.options_supported"),
        ({**STORY, "options": {"kind": "story", "userTags": [{"username": "a"}]}}, []),
        (
            {**STORY, "options": {"kind": "story", "userTags": [{"username": "a", "y": 1}]}},
            "instagram.user_tags.position_required",
        ),
        (poll(*"abcde"), [("instagram.poll.options_count_max", "options.poll.options")]),
        (poll("a", " "), [("instagram.poll.option_non_empty", "options.poll.options[1]")]),
        ({**poll("a", "b"), "text": "\u200b"}, "instagram.caption_add_on.text_required"),
        (options(poll={"options": ["a", "b"]}, commentPrompt=True), "instagram.poll.comment_prompt_exclusive"),
        (poll("a", "b"), []),
        (options(commentPrompt=True), []),
    ],
)
def test_rule_is_found_where_it_is_broken(content: dict[str, Any], expected: str | list[tuple[str, str]]) -> None:
    found = broken(content)
    assert ([rule for rule, _ in found] if isinstance(expected, str) else found) == (
        [expected] if isinstance(expected, str) else expected
    )


@pytest.mark.parametrize(
    ("facts", "rule"),
    [
        ({"size_bytes": 300_000_000, "duration_s": 900}, None),
        ({"size_bytes": 300_000_001}, "instagram.media.video_size_max"),
        ({"duration_s": 900.1}, "instagram.reel.duration_max"),
        ({"content_type": "video/quicktime", "codec": "hevc"}, None),
        ({"content_type": "video/webm"}, "instagram.media.mime_allowed"),
        ({"codec": "vp9"}, "instagram.media.video_codec"),
        ({"frame_rate": 22.9}, "instagram.media.video_frame_rate"),
        ({"frame_rate": 60.1}, "instagram.media.video_frame_rate"),
        ({"width_px": 1921}, "instagram.media.video_width_max"),
        ({"width_px": 10, "height_px": 1001}, "instagram.media.video_aspect_ratio"),
        ({"duration_s": 2.9}, "instagram.media.video_duration_min"),
        ({"pixel_format": "yuv444p"}, "instagram.media.video_pixel_format"),
        ({"bit_rate": 25_000_001}, "instagram.media.video_bit_rate_max"),
        ({"audio_codec": "opus"}, "instagram.media.video_audio_codec"),
        ({"audio_codec": "aac", "audio_channels": 6}, "instagram.media.video_audio_channels_max"),
        ({"audio_codec": "aac", "audio_sample_rate_hz": 96_000}, "instagram.media.video_audio_sample_rate_max"),
    ],
)
def test_reel_has_the_documented_limits(facts: dict[str, Any], rule: str | None) -> None:
    expected = [] if rule is None else [(rule, "media[0]")]
    assert broken({"text": "", "media": (video(**facts),)}) == expected


@pytest.mark.parametrize(
    ("facts", "rule"),
    [
        ({"size_bytes": 100_000_000, "duration_s": 60}, None),
        ({"size_bytes": 100_000_001}, "instagram.story.video_size_max"),
        ({"duration_s": 60.1}, "instagram.story.video_duration_max"),
        ({"width_px": 100, "height_px": 1001}, "instagram.story.video_aspect_ratio"),
    ],
)
def test_story_video_has_limits_of_its_own(facts: dict[str, Any], rule: str | None) -> None:
    expected = [] if rule is None else [(rule, "media[0]")]
    assert broken({**STORY, "media": (video(**facts),)}) == expected


def test_carousel_video_is_shorter_than_a_reel() -> None:
    long = video(duration_s=61)
    assert broken({"text": "", "media": (image(), long)}) == [("instagram.carousel.video_duration_max", "media[1]")]
    assert broken({"text": "", "media": (long,)}) == []


@pytest.mark.parametrize(("width_px", "height_px"), [(1000, 2000), (4000, 1000)])
@pytest.mark.parametrize("content_type", ["image/jpeg", "image/png"])
def test_image_is_converted_to_what_the_feed_accepts(content_type: str, width_px: int, height_px: int) -> None:
    odd = image(1, content_type=content_type, width_px=width_px, height_px=height_px)
    target = on(PLATFORM, PostContent(text="", media=(odd,)))
    recipe = plan(facts_of(odd), wish_of(target, PLATFORM.rules, "media[0]", odd, Fit()))
    fitted = replace(odd, facts=recipe.predict())
    assert broken({"text": "", "media": (odd,)}) != broken({"text": "", "media": (fitted,)}) == []


@pytest.mark.parametrize(
    ("width_px", "height_px", "is_allowed"),
    [(800, 1000, True), (799, 1000, False), (1910, 1000, True), (1911, 1000, False), (1, 1, True)],
)
def test_image_of_the_feed_has_an_allowed_ratio(width_px: int, height_px: int, *, is_allowed: bool) -> None:
    odd = image(2, width_px=width_px, height_px=height_px)
    expected = [] if is_allowed else [("instagram.media.aspect_ratio", "media[1]")]
    assert broken({"text": "", "media": (image(1), odd)}) == expected
    assert broken({"text": "", "media": (odd,), "options": {"kind": "story"}}) == []


@pytest.mark.parametrize(
    ("content", "name"),
    [(poll("a", "b"), "poll"), ({**TEXT, "options": {"commentPrompt": True}}, "commentPrompt")],
)
def test_caption_add_on_needs_an_account_with_page_login(content: dict[str, Any], name: str) -> None:
    assert broken(content, login="facebook_login") == []
    assert broken(content, login="instagram_login") == [("instagram.caption_add_on.login", f"options.{name}")]


def test_first_comment_needs_its_permission() -> None:
    content = {**TEXT, "first_comment": "First"}
    assert broken(content, comments=True) == broken(content) == []
    assert broken(content, comments=False) == [("instagram.first_comment.permission", "firstComment")]


def test_what_stories_do_not_have_can_be_omitted() -> None:
    content = PostContent(
        **{**STORY, "media": (image(alt_text="A cat", height_px=2100),)},
        first_comment="First",
        on_unsupported=OnUnsupported.OMIT,
    )
    checked = preflight(on(PLATFORM, content, CONFIRMED), PLATFORM.rules)
    assert checked.violations == ()
    assert (checked.content.first_comment, checked.content.media[0].alt_text) == (None, None)


@pytest.mark.parametrize(
    ("text", "hashtags", "mentions", "links"),
    [
        ("", 0, 0, 0),
        ("#a #b_1 #ärger #日本 #1", 5, 0, 0),
        ("# #- #️⃣", 0, 0, 0),
        ("#a#b ##c", 3, 0, 0),
        ("@alice @bob.smith, (@c_d)", 0, 3, 0),
        ("me@example.com @", 0, 0, 0),
        ("https://a.example HTTP://b.example http://", 0, 0, 2),
    ],
)
def test_hashtags_mentions_and_links_are_counted(text: str, hashtags: int, mentions: int, links: int) -> None:
    assert (count_hashtags(text), count_mentions(text), count_links(text)) == (hashtags, mentions, links)


def test_usernames_are_sent_without_their_sign() -> None:
    given = {"collaborators": [" @alice "], "userTags": [{"username": "@ bob", "x": 0, "y": 1}]}
    parsed = InstagramOptions.model_validate(given)
    assert (parsed.collaborators, parsed.user_tags[0].username) == (("alice",), "bob")


@pytest.mark.parametrize(
    "given",
    [
        {"collaborators": ["a b"]},
        {"collaborators": ["@"]},
        {"collaborators": [1]},
        {"userTags": [{"username": "a", "x": 1.1, "y": 0}]},
        {"userTags": [{"username": "a", "x": "0", "y": 0}]},
        {"userTags": [{"username": "a", "mediaIndex": -1}]},
        {"userTags": [{"x": 0, "y": 0}]},
        {"locationId": "here"},
        {"kind": "post"},
        {"poll": {"options": ["a"]}},
        {"commentPrompt": "yes"},
        {"coverUrl": "https://example.com/a b"},
        {"coverUrl": "https://example.com/ü"},
        {"coverUrl": "ftp://example.com/a"},
        {"shareToFeed": "yes"},
        {"trialParams": {}},
        {"trialParams": {"graduationStrategy": "LATER"}},
        {"thumbOffset": 1},
    ],
)
def test_invalid_option_is_rejected_by_the_schema(given: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        InstagramOptions.model_validate(given)
