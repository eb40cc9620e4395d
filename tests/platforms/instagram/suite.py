"""Instagram with both logins, for the tests that every platform passes."""

from collections.abc import Callable
from dataclasses import replace

from letmepost.domain.errors import FailureKind
from letmepost.platforms.contract import Platform
from letmepost.platforms.instagram import PLATFORM
from letmepost.platforms.instagram.simulator import SIMULATOR, page_settings
from letmepost.platforms.instagram.simulator.page_login import LOGIN
from tests.doubles.media import image, video
from tests.platforms.suite.description import Content, Ending, PlatformSuite

TEXT: Content = {"text": "Grüße an 🎉 https://example.org/a?b=1 (#Über & <b> *so*)", "media": (image(),)}
STORY: Content = {"text": "", "media": (image(height_px=2100),), "options": {"kind": "story"}}
VIDEO_STORY: Content = {"text": "", "media": (video(),), "options": {"kind": "story"}}
REEL: Content = {
    "text": "reel",
    "media": (video(),),
    "options": {
        "kind": "reel",
        "coverUrl": "https://example.com/cover.jpg",
        "shareToFeed": False,
        "trialParams": {"graduationStrategy": "SS_PERFORMANCE"},
        "isAiGenerated": True,
        "userTags": [{"username": "bob"}],
    },
}
MIXED: Content = {"text": "mixed", "media": (image(1), video(2), video(3))}
INSTAGRAM = replace(PLATFORM, unpublish=None)
"""With Instagram Login, nothing can be deleted. `test_connect.py` and `test_unpublish.py` test the refusal."""


def with_facebook_login() -> Platform:
    """Return the platform of a deployment that connects accounts with Facebook Login."""
    return replace(
        PLATFORM,
        name="instagram-facebook",
        simulator=replace(
            SIMULATOR,
            create_account=LOGIN.consent.create_account,
            settings=page_settings,
            scenarios=dict.fromkeys(
                (
                    "ok",
                    "auth_revoked",
                    "timeout_after_publish",
                    "blocked_but_live",
                    "add_ons_dropped",
                    "upload_stops",
                    "upload_offset",
                    "upload_expired",
                ),
                "",
            ),
        ),
    )


FACEBOOK = with_facebook_login()


def poll(*answers: str) -> Content:
    return {**TEXT, "options": {"poll": {"options": [*answers]}}}


def with_text(text: str) -> Content:
    return {"text": text, "media": (image(),)}


def with_comment(text: str) -> Content:
    return {**TEXT, "first_comment": text}


def _many(word: str, make: Callable[[str], Content]) -> Callable[[int], Content]:
    return lambda count: make(" ".join(["a", *(f"{word}{number}" for number in range(count))]))


EXAMPLES = {
    "text": TEXT,
    "image": {"text": "", "media": (image(),)},
    "images": {"text": "two", "media": (image(1, width_px=1000, height_px=1000), image(2, alt_text="A cat"))},
    "comment": with_comment("More (here): #tag"),
    "story": STORY,
    "reel": REEL,
    "video story": VIDEO_STORY,
    "thumbnail": {"text": "reel", "media": (replace(video(), thumbnail=image()),)},
    "mixed": MIXED,
    "people": {
        **TEXT,
        "options": {
            "collaborators": ["@alice"],
            "userTags": [{"username": "bob", "x": 0.5, "y": 1}],
            "locationId": "106377336067638",
            "isAiGenerated": True,
        },
    },
}
COUNTS = {
    "instagram.hashtags.count_max": _many("#tag", with_text),
    "instagram.mentions.count_max": _many("@name", with_text),
    "instagram.first_comment.hashtags_count_max": _many("#tag", with_comment),
    "instagram.first_comment.links_count_max": _many("https://example.com/", with_comment),
    "instagram.collaborators.count_max": lambda count: {
        **TEXT,
        "options": {"collaborators": [f"name{number}" for number in range(count)]},
    },
}
BROKEN = {
    "instagram.reel.options_supported": {**TEXT, "options": {"shareToFeed": True}},
    "instagram.video.alt_text_supported": {"text": "", "media": (replace(video(), alt_text="A cat"),)},
    "instagram.user_tags.video_position": {
        "text": "",
        "media": (video(),),
        "options": {"userTags": [{"username": "bob", "x": 0.5, "y": 0.5}]},
    },
    "instagram.first_comment.capitals": with_comment("LOUD"),
    "instagram.user_tags.position_required": {**TEXT, "options": {"userTags": [{"username": "bob"}]}},
    "instagram.story.options_supported": {**STORY, "options": {"kind": "story", "collaborators": ["alice"]}},
}
UNJUDGED = {
    **{
        rule.id: "the simulator does not decode media"
        for rule in PLATFORM.rules
        if ".video_" in rule.id or rule.id == "instagram.reel.duration_max"
    },
    "instagram.media.required": "without media there is no container to create",
    "instagram.cover.size_max": "the simulator does not fetch media",
    "instagram.media.image_size_max": "the simulator does not fetch media",
    "instagram.story.media_count_max": "the container of a story has one image",
    "instagram.poll.options_count_max": "the API has four parameters for answers",
}
ENDINGS = {
    "unavailable": Ending(kind=FailureKind.UNAVAILABLE),
    "flaky": Ending(kind=FailureKind.UNAVAILABLE),
    "processing_forever": Ending(
        status="failed", kind=FailureKind.UNAVAILABLE, rule="instagram.container.processing", example="image"
    ),
    "lagging": Ending(),
    "media_broken": Ending(status="rejected", kind=FailureKind.REJECTED, rule="instagram.media.mime_allowed"),
    "processing_failed": Ending(status="rejected", kind=FailureKind.REJECTED, rule="instagram.container.error"),
    "blocked": Ending(status="rejected", kind=FailureKind.REJECTED, rule="instagram.account.action_blocked"),
    "blocked_but_live": Ending(),
    "objects_hidden": Ending(),
    "comment_refused_but_live": Ending(example="comment"),
    "add_ons_dropped": Ending(),
    "professional_id": Ending(),
    "video_broken": Ending(
        status="rejected", kind=FailureKind.REJECTED, rule="instagram.media.mime_allowed", example="reel"
    ),
    "trials_unsupported": Ending(status="rejected", kind=FailureKind.REJECTED, example="reel"),
    "upload_stops": Ending(example="reel"),
    "upload_offset": Ending(example="reel"),
    "upload_expired": Ending(example="reel"),
}


REFUSED_VIDEOS = {
    "0 frames/s": "instagram.media.video_frame_rate",
    "more than 4 GiB": "instagram.media.video_size_max",
}


def is_comment(step: str) -> bool:
    return step == "comment"


SUITE = PlatformSuite(
    platform=INSTAGRAM,
    examples={name: content for name, content in EXAMPLES.items() if name not in {"mixed", "video story"}},
    endings=ENDINGS,
    texts={"first comment": with_comment},
    words=("#tag ", "@name ", "https://example.com/1 "),
    counts=COUNTS,
    broken=BROKEN,
    unjudged=UNJUDGED,
    refused_videos=REFUSED_VIDEOS,
    is_unproven=is_comment,  # a comment that is missing in the list may appear later
    refreshes_expired_tokens=False,
    secrets_in_query=frozenset({"access_token", "refresh_access_token"}),
)
VARIANTS = {
    "facebook": PlatformSuite(
        platform=FACEBOOK,
        examples={
            "text": TEXT,
            "comment": with_comment("More"),
            "poll": poll("Yes", "Nö", "Maybe", "?"),
            "prompt": {**TEXT, "options": {"commentPrompt": True}},
            "reel": REEL,
            "video story": VIDEO_STORY,
            "mixed": MIXED,
        },
        endings=ENDINGS,
        is_unproven=is_comment,
        broken={
            "instagram.poll.comment_prompt_exclusive": {
                **TEXT,
                "options": {"poll": {"options": ["a", "b"]}, "commentPrompt": True},
            },
            "instagram.caption_add_on.text_required": {**poll("a", "b"), "text": ""},
            "instagram.poll.option_non_empty": poll("a", " "),
        },
        unjudged={
            rule.id: "the same as with Instagram Login"
            for rule in PLATFORM.rules
            if isinstance(rule.limit, int | float)
        },
        refused_videos=REFUSED_VIDEOS,
    )
}
"""With Facebook Login, only what differs is tested again."""
