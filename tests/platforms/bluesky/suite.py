"""Bluesky, for the tests that every platform passes."""

from letmepost.domain.errors import FailureKind
from letmepost.platforms.bluesky import PLATFORM
from tests.doubles.media import image, video
from tests.platforms.suite.description import Ending, PlatformSuite

CARD = {"url": "https://example.com", "title": "A", "thumbnail": "med_1"}

LINK = "https://example.com/a-path-of/many-segments?and=a&query=too"

_WORDS = """
    a Über e\u0301 \u0301 故 한글 \u1100 \u1161 \u11a8 አ மி หำ എൻ്റെ ൻ ് റ ക്ഷ क्षि क् ष क्\u200dष क्\u200cष ক্ত ট্র ᬓ᭄ᬓ ក្ក က္က
    \u1cf5 \U00011a3a
    \u0600 \u200b \u200d \u202a \ufeff ✅\ufe0f 👍🏽 🏽 🇩🇪 🇩 👨‍👩‍👧‍👦 👩\u200d ❤\ufe0f 🏴󠁧󠁢󠁥󠁮󠁧󠁿 1\ufe0f\u20e3
    #tag @bob.example.com $AAPL
    https:// example.com claude.ai https://. ( ) . ,
"""
WORDS = (*_WORDS.split(), " ", "\n", "\r\n", "\r", "\t", "\u2028", "\u3000", f" {LINK} ", f" {LINK}")
"""Parts of texts that count or are linked in their own way."""

SUITE = PlatformSuite(
    platform=PLATFORM,
    examples={
        "card": {"text": "card", "options": {"linkCard": CARD}, "option_media": {"linkCard.thumbnail": image(8)}},
        "labels": {"text": "labelled", "options": {"langs": ["en", "de"], "labels": ["nudity"]}},
        "gate": {"text": "for some", "options": {"threadgate": {"allow": ["followers", "mentioned"]}}},
    },
    texts={
        "text with short links": lambda text: {"text": text, "options": {"shortenLinks": True}},
        "text with long links": lambda text: {"text": text, "options": {"shortenLinks": False}},
    },
    words=WORDS,
    edge_texts=(
        *("a" * 260 + f" {LINK}", "a" * 280 + f" {LINK}", "എൻ്റെ" * 100, "എൻ്റെ" * 100 + "a"),
        *(f"https://{'x' * 293}", f"https://host/{'x' * 293}"),
        *("👨‍👩‍👧‍👦" * 120, "👨‍👩‍👧‍👦" * 120 + "a"),
    ),
    harmless_warnings=frozenset({"bluesky.mention.unresolved"}),
    counts={
        "bluesky.langs.count_max": lambda count: {"text": "a", "options": {"langs": ["en"] * count}},
        "bluesky.labels.count_max": lambda count: {"text": "a", "options": {"labels": ["porn"] * count}},
        "bluesky.threadgate.allow_max": lambda count: {
            "text": "a",
            "options": {"threadgate": {"allow": ["followers"] * count}},
        },
    },
    sizes={
        "bluesky.link_card.thumbnail_size_max": lambda size_bytes: {
            "text": "card",
            "options": {"linkCard": CARD},
            "option_media": {"linkCard.thumbnail": image(size_bytes=size_bytes)},
        },
    },
    broken={
        "bluesky.media.image_video_exclusive": {"text": "both", "media": (image(), video())},
    },
    options_elsewhere={
        **dict.fromkeys(("replyTo", "replyToUri", "replyToCid", "quote"), "they need a post that exists"),
        "shortenLinks": "followers see another text: the tests of limits publish it",
    },
    refused_videos={"more than 4 GiB": "bluesky.media.video_size_max"},
    unjudged={
        "bluesky.media.image_video_exclusive": "a record has no place for a second video",
        "bluesky.media.alt_text_max_graphemes": "a limit of the official client: servers have none",
        "bluesky.media.video_size_max": "tests send no file of 300 MB: the simulator's own test sends its size",
        "bluesky.media.video_duration_max": "a limit of the official client: the simulator reads no durations",
    },
    endings={
        "processing_forever": Ending(status="failed", kind=FailureKind.IN_DOUBT),
        "directory_gone": Ending(status=None, kind=FailureKind.REJECTED),
        "directory_rate_limited": Ending(status=None, kind=FailureKind.RATE_LIMITED),
        "directory_unavailable": Ending(status=None, kind=FailureKind.UNAVAILABLE),
        "directory_unanswered": Ending(status=None, kind=FailureKind.UNAVAILABLE),
        "video_failed": Ending(
            status="rejected", kind=FailureKind.REJECTED, rule="bluesky.video.job_failed", example="video"
        ),
        "video_interrupted": Ending(kind=FailureKind.UNAVAILABLE, example="video"),
        "video_unfinished": Ending(
            status="failed", kind=FailureKind.UNAVAILABLE, rule="bluesky.video.transcode_timeout", example="video"
        ),
        "video_quota": Ending(
            status="failed",
            kind=FailureKind.RATE_LIMITED,
            rule="bluesky.video.quota_exhausted",
            has_retry_time=False,
            example="video",
        ),
        "video_email_unconfirmed": Ending(
            status="rejected", kind=FailureKind.REJECTED, rule="bluesky.video.email_unconfirmed", example="video"
        ),
        "video_token_expired": Ending(kind=FailureKind.UNAVAILABLE, example="video"),
        "video_reply_lost": Ending(example="video"),
    },
)
