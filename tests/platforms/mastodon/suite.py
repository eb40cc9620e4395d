"""Mastodon, for the tests that every platform passes."""

from dataclasses import replace
from typing import Any

from letmepost.domain.errors import FailureKind
from letmepost.platforms.mastodon import PLATFORM
from tests.doubles.media import image, video
from tests.platforms.suite.description import Ending, PlatformSuite


def poll(*answers: str, **options: Any) -> dict[str, Any]:
    return {"text": "vote", "options": {"poll": {"options": [*answers], "durationS": 300, **options}}}


SUITE = PlatformSuite(
    platform=PLATFORM,
    examples={
        "four": {
            "text": "many",
            "media": (image(1), image(2), image(3), image(4, content_type="image/gif")),
            "options": {"sensitive": True},
        },
        "warned": {"text": "warned", "options": {"spoilerText": "Careful", "visibility": "private", "language": "de"}},
        "poll": poll("Yes", "Nö", multiple=True),
        "thumbnail": {"text": "moving", "media": (replace(video(), thumbnail=image()),)},
    },
    endings={
        "gateway_timeout": Ending(kind=FailureKind.IN_DOUBT),
        "repeat_fails": Ending(kind=FailureKind.IN_DOUBT),
        "no_idempotency": Ending(kind=FailureKind.IN_DOUBT),
        "large_limits": Ending(),
        "processing_forever": Ending(status="failed", kind=FailureKind.UNAVAILABLE, example="video"),
        "upload_stops": Ending(example="video"),
        "media_broken": Ending(status="rejected", kind=FailureKind.REJECTED, example="video"),
    },
    texts={
        "warning": lambda text: {"text": "one", "options": {"spoilerText": text}},
        "poll answer": lambda text: poll("a", text),
    },
    words=("@someone@other.example ", "https://example.org/a_(b) ", "#topic "),
    counts={
        "mastodon.spoiler_text.max_graphemes": lambda count: {
            "text": "",
            "media": (image(),),
            "options": {"spoilerText": "x" * count},
        },
        "mastodon.poll.options_count_max": lambda count: poll(*map(str, range(count))),
        "mastodon.media.video_exclusive": lambda count: {"text": "a", "media": tuple(map(video, range(1, count + 1)))},
    },
    sizes={"mastodon.poll.duration": lambda seconds: poll("a", "b", durationS=seconds)},
    broken={
        "mastodon.poll.media_exclusive": {**poll("a", "b"), "media": (image(),)},
        "mastodon.poll.options_distinct": poll("a", "a"),
    },
    options_elsewhere=dict.fromkeys(("replyToId", "quotedStatusId"), "they need a post that exists"),
    refused_videos={"more than 4 GiB": "mastodon.media.video_size_max"},
    unjudged={
        "mastodon.media.image_pixels_max": "the files of the tests have 64 x 32 pixels",
        "mastodon.media.thumbnail_size_max": "the upload would take a second",
        "mastodon.media.thumbnail_pixels_max": "the files of the tests have 64 x 32 pixels",
        "mastodon.media.gif_pixels_max": "the files of the tests have 64 x 32 pixels",
        "mastodon.media.video_pixels_max": "the files of the tests have no pixels",
        "mastodon.media.video_frame_rate": "the files of the tests have no frames",
        "mastodon.media.video_size_max": "the upload would take seconds",
    },
)
