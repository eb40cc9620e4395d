"""Facebook, for the tests that every platform passes."""

from dataclasses import replace

from letmepost.domain.errors import FailureKind
from letmepost.platforms.facebook import PLATFORM
from tests.doubles.media import image, video
from tests.platforms.suite.description import Content, Ending, PlatformSuite

STORY: Content = {"text": "", "media": (image(1),), "options": {"kind": "story"}}
VIDEO_STORY: Content = {"text": "", "media": (video(),), "options": {"kind": "story"}}
REEL: Content = {
    "text": "Grüße 🎉 #reel",
    "media": (video(),),
    "options": {"kind": "reel", "reelTitle": "A title", "isAiGenerated": True},
}
WIDE = video(width_px=1920, height_px=1080)
FEED_VIDEO: Content = {"text": "wide", "media": (WIDE,)}
LINK = "https://example.com/a?b=1"


def _rejected(rule: str, example: str) -> Ending:
    return Ending(status="rejected", kind=FailureKind.REJECTED, rule=rule, example=example)


SUITE = PlatformSuite(
    platform=PLATFORM,
    examples={
        "story": STORY,
        "video": FEED_VIDEO,
        "reel": REEL,
        "video story": VIDEO_STORY,
        "thumbnail": {"text": "wide", "media": (replace(WIDE, thumbnail=image()),)},
        "link": {"text": "see", "options": {"link": LINK}},
        "only a link": {"text": "", "options": {"link": LINK}},
    },
    endings={
        "unavailable": Ending(status="unconfirmed", kind=FailureKind.IN_DOUBT),
        "flaky": Ending(status="unconfirmed", kind=FailureKind.IN_DOUBT),
        "duplicate": Ending(status="rejected", kind=FailureKind.DUPLICATE, rule="facebook.text.duplicate"),
        "small_ranges": Ending(example="video"),
        "upload_stops": Ending(example="video"),
        "upload_offset": Ending(example="video"),
        "upload_short": Ending(example="video"),
        "upload_expired": Ending(example="video"),
        "video_broken": _rejected("facebook.reel.duration_max", "reel"),
        "video_failed": _rejected("facebook.video.processing_failed", "video"),
        "not_started": _rejected("facebook.video.not_processed", "reel"),
        "video_draft": _rejected("facebook.video.draft", "video"),
        "role_weak": Ending(status="rejected", kind=FailureKind.REJECTED, rule="facebook.page.role_required"),
    },
    is_unproven=lambda _step: True,  # a text that is missing in the list may appear later
    proven=frozenset(
        {"image", "images", "video", "reel", "video story", "thumbnail"}
    ),  # a photo names its post, a video has a status
    refused_videos={"more than 4 GiB": "facebook.media.video_size_max"},
    unjudged={
        "facebook.media.thumbnail_size_max": "the upload would take a second",
        "facebook.media.image_size_max": "the simulator does not fetch media",
        "facebook.media.image_frames_max": "the simulator does not fetch media",
        "facebook.story.media_count": "the API has one parameter for the photo",
        **{
            rule.id: "the simulator does not decode media"
            for rule in PLATFORM.rules
            if rule.id.startswith(("facebook.media.video_", "facebook.reel.", "facebook.story.video_"))
        },
    },
)
