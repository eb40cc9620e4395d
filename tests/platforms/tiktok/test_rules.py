"""TikTok's limits and options, with and without facts about the account, and by the settings of the deployment."""

from dataclasses import replace
from typing import Any

import pytest
from pydantic import ValidationError

from letmepost.domain.accounts import AccountFacts
from letmepost.domain.content import MediaItem, OnUnsupported, PostContent, ThreadPart
from letmepost.domain.rules import preflight, violations
from letmepost.domain.violations import Violation
from letmepost.platforms.tiktok.options import TikTokOptions
from letmepost.platforms.tiktok.rules import RULES, rules_for
from letmepost.platforms.tiktok.settings import TikTokSettings
from tests.cases import for_each
from tests.doubles import targets
from tests.doubles.media import document, image, video
from tests.platforms.tiktok.suite import AUDITED
from tests.platforms.tiktok.transcripts import ACCOUNT, CREATOR

KNOWN = replace(ACCOUNT, confirmed_at=targets.NOW)
UNKNOWN = targets.CONFIRMED
EVERYONE = {"privacy": "PUBLIC_TO_EVERYONE"}


def photo(number: int = 1, *, width_px: int = 1080, height_px: int = 1920, **facts: Any) -> MediaItem:
    return image(number, width_px=width_px, height_px=height_px, **facts)


def post(text: str = "hello", media: tuple[MediaItem, ...] = (video(),), **options: Any) -> PostContent:
    return PostContent(text=text, media=media, options={**EVERYONE, **options})


def photos(text: str = "hello", *media: MediaItem, **options: Any) -> PostContent:
    return post(text, media or (photo(),), **options)


def inbox(text: str = "", media: tuple[MediaItem, ...] = (video(),), **options: Any) -> PostContent:
    return PostContent(text=text, media=media, options={"mode": "inbox", **options})


def clip(**facts: Any) -> PostContent:
    return post(media=(video(**facts),))


def found(content: PostContent, account: AccountFacts = KNOWN) -> list[Violation]:
    return violations(targets.on(AUDITED, content, account), AUDITED.rules)


def broken(content: PostContent, account: AccountFacts = KNOWN) -> list[tuple[str, str]]:
    return [(one.rule, one.field) for one in found(content, account)]


CASES: list[tuple[PostContent, list[tuple[str, str]]]] = [
    (post("x" * 2201), [("tiktok.text.max_chars", "text")]),
    (post("👍" * 1101), [("tiktok.text.max_chars", "text")]),
    (post("👍" * 1100), []),
    (post("👩‍👩‍👧‍👦" * 200 + "é"), [("tiktok.text.max_chars", "text")]),
    (photos("x" * 4000), []),
    (photos("x" * 4001), [("tiktok.photo.text_max_chars", "text")]),
    (photos(title="x" * 90), []),
    (photos(title="x" * 91), [("tiktok.photo.title_max_chars", "options.title")]),
    (photos(title=""), []),
    (post(title="x"), [("tiktok.options.photo_only", "options.title")]),
    (post(photoCoverIndex=1), [("tiktok.options.photo_only", "options.photoCoverIndex")]),
    (post(autoAddMusic=True), [("tiktok.options.photo_only", "options.autoAddMusic")]),
    (photos("", photoCoverIndex=1), [("tiktok.photo.cover_index", "options.photoCoverIndex")]),
    (post(media=()), [("tiktok.media.required", "media")]),
    (
        post(media=(video(1), photo(2))),
        [("tiktok.media.single_only", "media")],
    ),
    (post(media=(video(1), video(2))), [("tiktok.media.single_only", "media")]),
    (post(media=tuple(photo(number) for number in range(1, 36))), []),
    (post(media=tuple(photo(number) for number in range(1, 37))), [("tiktok.media.count_max", "media")]),
    (
        post(media=(document(),)),
        [("tiktok.media.kind_supported", "media[0]"), ("tiktok.media.title_supported", "media[0].title")],
    ),
    (photos("", photo(alt_text="A cat")), [("tiktok.media.alt_text_supported", "media[0].altText")]),
    (PostContent(text="a", media=(video(),), options={}), [("tiktok.privacy.required", "options.privacy")]),
    (PostContent(text="a", media=(photo(),), options={}), [("tiktok.privacy.required", "options.privacy")]),
    (post(privacy="FOLLOWER_OF_CREATOR"), [("tiktok.privacy.not_allowed", "options.privacy")]),
    (post(disableComment=False, disableDuet=False), []),
    (post(disableStitch=False), [("tiktok.interactions.disabled", "options.disableStitch")]),
    (photos(disableStitch=False), []),
    (post(brandContentToggle=True, brandOrganicToggle=True), []),
    (post(privacy="SELF_ONLY", brandOrganicToggle=True), []),
    (post(privacy="SELF_ONLY", brandContentToggle=True), [("tiktok.branded_content.private", "options.privacy")]),
    (clip(duration_s=300.0), []),
    (clip(duration_s=300.1), [("tiktok.video.too_long", "media[0]")]),
    (clip(size_bytes=4_294_967_296), []),
    (clip(size_bytes=4_294_967_297), [("tiktok.video.size_max", "media[0]")]),
    (clip(frame_rate=22.9), [("tiktok.video.frame_rate", "media[0]")]),
    (clip(frame_rate=60.1), [("tiktok.video.frame_rate", "media[0]")]),
    *((clip(codec=name), []) for name in ("h264", "hevc", "vp8", "vp9")),
    (clip(codec="av1"), [("tiktok.video.codec", "media[0]")]),
    *((clip(content_type=name), []) for name in ("video/mp4", "video/quicktime", "video/webm")),
    (clip(content_type="video/ogg"), [("tiktok.file_format.invalid", "media[0]")]),
    (clip(width_px=359), [("tiktok.resolution.unsupported", "media[0]")]),
    (clip(width_px=360, height_px=4096), []),
    (clip(height_px=4097), [("tiktok.video.dimensions_max", "media[0]")]),
    (photos("", photo(content_type="image/webp")), []),
    (photos("", photo(content_type="image/png")), [("tiktok.photo.mime_allowed", "media[0]")]),
    (photos("", photo(size_bytes=20_000_001)), [("tiktok.photo.size_max", "media[0]")]),
    (photos("", photo(width_px=1920, height_px=1080)), []),
    (photos("", photo(width_px=1081)), [("tiktok.photo.dimensions_max", "media[0]")]),
    (photos("", photo(height_px=1921)), [("tiktok.photo.dimensions_max", "media[0]")]),
    (photos("", photo(width_px=1100, height_px=1100)), [("tiktok.photo.dimensions_max", "media[0]")]),
    (
        photos("", photo(1, width_px=941, height_px=1672), photo(2, width_px=1086, height_px=1448)),
        [("tiktok.photo.dimensions_max", "media[1]")],
    ),
    (inbox(), []),
    (inbox("", (photo(),), privacy="SELF_ONLY"), []),
    (inbox("text of photos", (photo(),)), []),
    (inbox("lost"), [("tiktok.inbox.text_supported", "text")]),
    (inbox(isAigc=True), [("tiktok.inbox.options_supported", "options.isAigc")]),
    (inbox("", (photo(),), autoAddMusic=True), [("tiktok.inbox.options_supported", "options.autoAddMusic")]),
    (inbox("", (video(duration_s=600.0),)), []),
    (inbox("", (video(duration_s=601.0),)), [("tiktok.video.too_long", "media[0]")]),
    (inbox(disableStitch=False), []),
]


@for_each(CASES)
def test_post_breaks_exactly_these_rules(content: PostContent, rules: list[tuple[str, str]]) -> None:
    assert broken(content) == rules


def test_thread_and_first_comment_are_rejected_or_omitted() -> None:
    content = replace(post(), thread=(ThreadPart(text="two"),), first_comment="more")
    rules = [("tiktok.thread.supported", "thread"), ("tiktok.first_comment.supported", "firstComment")]
    assert broken(content) == rules
    checked = preflight(targets.on(AUDITED, replace(content, on_unsupported=OnUnsupported.OMIT), KNOWN), AUDITED.rules)
    assert (checked.content.thread, checked.content.first_comment, checked.violations) == ((), None, ())


def test_privacy_is_never_replaced_and_its_violation_lists_the_allowed_values() -> None:
    [violation] = found(post(privacy="FOLLOWER_OF_CREATOR"))
    allowed = "PUBLIC_TO_EVERYONE, MUTUAL_FOLLOW_FRIENDS, SELF_ONLY"
    assert (violation.actual, violation.limit) == ("FOLLOWER_OF_CREATOR", allowed)
    [missing] = found(PostContent(text="a", media=(video(),)))
    assert allowed in missing.remediation


@pytest.mark.parametrize("account", [UNKNOWN, replace(KNOWN, confirmed_at=None)])
def test_post_is_not_rejected_for_facts_that_are_unknown_or_outdated(account: AccountFacts) -> None:
    content = post(privacy="FOLLOWER_OF_CREATOR", disableStitch=False, media=(video(duration_s=400.0),))
    assert broken(content, account) == []


def test_creator_without_a_limit_may_publish_ten_minutes() -> None:
    creator = {**CREATOR, "max_video_post_duration_sec": None}
    account = replace(KNOWN, data={"creator": creator})
    assert broken(clip(duration_s=600.0), account) == []
    assert broken(clip(duration_s=601.0), account) == [("tiktok.video.too_long", "media[0]")]


@pytest.mark.parametrize(
    ("settings", "content", "rules"),
    [
        ({}, post(), ["tiktok.audit.self_only"]),
        ({}, post(privacy="SELF_ONLY"), []),
        ({}, inbox(), []),
        ({}, photos("", privacy="SELF_ONLY"), ["tiktok.photo.domain_verified"]),
        ({}, inbox("", (photo(),)), ["tiktok.photo.domain_verified"]),
        ({"app_audited": True}, post(), []),
        ({"app_audited": True, "media_url_prefix_verified": True}, photos(), []),
    ],
)
def test_deployment_limits_what_can_be_published(
    settings: dict[str, bool], content: PostContent, rules: list[str]
) -> None:
    target = targets.on(AUDITED, content, KNOWN)
    assert [one.rule for one in violations(target, rules_for(TikTokSettings.model_validate(settings)))] == rules


def test_documented_rules_are_those_of_a_new_app() -> None:
    assert {"tiktok.audit.self_only", "tiktok.photo.domain_verified"} <= {rule.id for rule in RULES}


@pytest.mark.parametrize("chunk_bytes", [5_242_879, 32_000_001])
def test_size_of_parts_outside_the_limits_is_rejected(chunk_bytes: int) -> None:
    with pytest.raises(ValidationError):
        TikTokSettings(chunk_bytes=chunk_bytes)


def test_interactions_are_disabled_by_default_and_privacy_has_no_default() -> None:
    options = TikTokOptions()
    assert (options.mode, options.privacy, options.title) == ("direct", None, None)
    assert options.disable_comment
    assert options.disable_duet
    assert options.disable_stitch
    assert (options.brand_content_toggle, options.brand_organic_toggle, options.is_aigc) == (False, False, False)


@pytest.mark.parametrize(
    "options",
    [
        {"mode": "draft"},
        {"mode": None},
        {"privacy": "PUBLIC"},
        {"privacy": ""},
        {"photoCoverIndex": -1},
        {"privacyLevel": "SELF_ONLY"},
        {"platform": "other"},
    ],
)
def test_unknown_value_or_name_of_an_option_is_rejected(options: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        TikTokOptions.model_validate(options)
