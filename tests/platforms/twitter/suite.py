"""X, for the tests that every platform passes."""

from functools import partial
from typing import Any

from letmepost.domain.errors import FailureKind, LimitScope
from letmepost.platforms.twitter import PLATFORM
from tests.doubles.media import image, video
from tests.platforms.suite.description import Ending, PlatformSuite

gif = partial(image, content_type="image/gif")


def poll(*options: str, minutes: int = 60) -> dict[str, Any]:
    return {"text": "vote", "options": {"poll": {"options": [*options], "durationMinutes": minutes}}}


_WORDS = """
    a Über e\u0301 故 한글 日本語です。 сайт हिन्दी എൻ്റെ \u2014 \u2019 \u200b \u200d \u202a \u2066
    ✅ ✅\ufe0f ❤ ❤\ufe0f ❤\ufe0e ⭐\ufe0f 👍\ufe0f 👍🏽 😀🏽 ☝\ufe0f🏽 © ©\ufe0f ™ ♾\ufe0f 1\ufe0f\u20e3 #\u20e3 \ufe0f
    🇩🇪 🇩 👨‍👩‍👧‍👦 👩🏽‍🚀 🏳️‍🌈 🏴󠁧󠁢󠁥󠁮󠁧󠁿 🏴
    http:// https:// HTTP:// example.com Example.CO.JP foo.onion twitter.みんな 例え.中国 .рф foo_bar.com é.com was.off
    xn--e1afmkfd.xn--p1ai xn--あ.com end.Then t.co/abc https://t.co/abc/d /path_(a) /a/(b(c)d) /! ?a=b&c ?u=example.com
    :80 # \uff03 @ \uff20 $ _ - . / ( ) " ` \u201c ,
"""
_SPACES = (" ", "\n", "\t", "\u2028", "\u3000", "\u00a0")
_LONG_LABELS = (f"{letter * count}.com" for letter in "aあ" for count in (55, 60, 63, 64))
WORDS = (*_WORDS.split(), *_SPACES, *_LONG_LABELS)
"""Parts of texts that X counts or links in its own way."""

SUITE = PlatformSuite(
    platform=PLATFORM,
    examples={
        "gif": {"text": "moving", "media": (gif(size_bytes=5_000_000, alt_text="A cat"),)},
        "poll": poll("yes", "no"),
        "options": {"text": "said", "options": {"replySettings": "following", "madeWithAi": True}},
    },
    endings={
        "unavailable": Ending(status="unconfirmed", kind=FailureKind.IN_DOUBT),
        "flaky": Ending(status="unconfirmed", kind=FailureKind.IN_DOUBT),
        "processing_forever": Ending(status="failed", kind=FailureKind.UNAVAILABLE, example="gif"),
        "daily_limit": Ending(status="failed", kind=FailureKind.QUOTA_EXHAUSTED, has_retry_time=True),
        "processing_fails": Ending(
            status="rejected", kind=FailureKind.REJECTED, rule="twitter.media.processing_failed", example="video"
        ),
        "upload_stops": Ending(example="video"),
        "upload_lost": Ending(kind=FailureKind.UNAVAILABLE, example="video"),
        "small_segments": Ending(example="video"),
        "video_too_long": Ending(
            status="rejected", kind=FailureKind.REJECTED, rule="twitter.media.video_duration_max", example="video"
        ),
        "subscriber": Ending(example="video"),
        "out_of_credits": Ending(
            status="failed", kind=FailureKind.QUOTA_EXHAUSTED, has_retry_time=True, scope=LimitScope.APP
        ),
    },
    is_unproven=lambda _step: True,  # a missing post may appear later
    texts={"poll option": lambda text: poll("a", text)},
    words=WORDS,
    edge_texts=(
        *("a" * 280, "a" * 281, "\u2705\ufe0f" * 70, "\u2705\ufe0f" * 71, "\ufeffa", "$AAPL $MSFT"),
        *(f"{'a' * 251}info\uff20example.com", f"{'a' * 252}info\uff20example.com"),
        *(f"{'a' * 256} foo.onion", f"{'a' * 257} foo.onion"),
    ),
    counts={
        "twitter.poll.options_count": lambda count: poll(*map(str, range(count))),
        "twitter.text.cashtags_max": lambda count: {"text": " ".join(["see", *("$A", "$B", "$C")[:count]])},
        "twitter.media.single_only": lambda count: {"text": "two", "media": (video(1), image(2), gif(3))[:count]},
    },
    sizes={
        "twitter.poll.duration": lambda minutes: poll("a", "b", minutes=minutes),
        "twitter.media.gif_size_max": lambda size_bytes: {"text": "", "media": (gif(size_bytes=size_bytes),)},
    },
    options_elsewhere={
        "replyToTweetId": "it needs a post that exists",
        "quoteTweetId": "X refuses quotes by apps of this kind",
    },
    refused_videos={"more than 4 GiB": "twitter.media.video_size_max"},
    unjudged={
        **dict.fromkeys(
            (
                "twitter.media.video_duration_min",
                "twitter.media.video_duration_max",
                "twitter.media.video_frame_rate",
                "twitter.media.video_audio_channels_max",
            ),
            "the simulator does not decode videos",
        ),
        "twitter.media.video_size_max": "the upload would take seconds",
        "twitter.media.gif_frames_max": "the simulator reads no frames",
        "twitter.media.gif_pixels_max": "the simulator reads no pixels",
    },
)
