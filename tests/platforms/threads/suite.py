"""Threads, for the tests that every platform passes."""

from typing import Any

from letmepost.domain.errors import FailureKind
from letmepost.platforms.threads import PLATFORM
from tests.doubles.media import image, video
from tests.platforms.suite.description import Ending, PlatformSuite


def poll(*answers: str) -> dict[str, Any]:
    return {"text": "vote", "options": {"poll": {"options": [*answers]}}}


def attachment(text: str = "A long text 🎉", **more: Any) -> dict[str, Any]:
    return {"text": "see below", "options": {"textAttachment": {"text": text, **more}}}


def hidden(count: int) -> dict[str, Any]:
    parts = [{"offset": place, "length": 1} for place in range(count)]
    return {"text": "x" * 20, "options": {"spoilers": {"text": parts}}}


BOLD = {"offset": 12, "length": 1, "styles": ["bold", "italic"]}
LINKS = tuple(f"https://example.com/{number}" for number in range(7))

SUITE = PlatformSuite(
    platform=PLATFORM,
    examples={
        "carousel": {"text": "many", "media": (image(1), video(2), image(3))},
        "card": {"text": "card", "options": {"linkAttachment": "https://example.com", "topicTag": "Food"}},
        "poll": {**poll("Yes", "Nö", "Maybe", "?")},
        "attachment": attachment(link="https://example.com", formatting=[BOLD]),
        "spoilers": {
            "text": "🎉 who did it",
            "media": (image(1), image(2)),
            "options": {"spoilers": {"text": [{"offset": 2, "length": 10}], "media": True}},
        },
        "place and story": {"text": "here", "options": {"locationId": "12345", "shareToInstagram": True}},
        "audience": {"text": "for some", "options": {"replyControl": "followers_only"}},
    },
    endings={
        "unavailable": Ending(kind=FailureKind.UNAVAILABLE),
        "flaky": Ending(kind=FailureKind.UNAVAILABLE),
        "duplicate": Ending(status="rejected", kind=FailureKind.DUPLICATE, rule="threads.text.duplicate"),
        "lagging": Ending(),
        "instagram_unlinked": Ending(example="place and story"),
        "media_broken": Ending(
            status="rejected", kind=FailureKind.REJECTED, rule="threads.container.error", example="image"
        ),
        "media_unreachable": Ending(
            status="rejected", kind=FailureKind.REJECTED, rule="threads.media.reachable", example="video"
        ),
    },
    texts={
        "topic": lambda text: {"text": "one", "options": {"topicTag": text}},
        "poll answer": lambda text: poll("a", text),
        "text attachment": attachment,
    },
    words=tuple(f"{link} " for link in LINKS),
    counts={
        "threads.links.count_max": lambda count: {
            "text": " ".join(["links", *map("https://e.com/{}".format, range(count))])
        },
        "threads.poll.options_count_max": lambda count: poll(*map(str, range(count))),
        "threads.spoilers.count_max": hidden,
    },
    broken={
        "threads.text_attachment.media_exclusive": {**attachment(), "media": (image(),)},
        "threads.text_attachment.poll_exclusive": {
            "text": "vote",
            "options": {**attachment()["options"], **poll("a", "b")["options"]},
        },
        "threads.text_attachment.link_exclusive": {
            "text": "twice",
            "options": {**attachment(link=LINKS[0])["options"], "linkAttachment": LINKS[1]},
        },
        "threads.text_attachment.formatting_range": attachment("🎉", formatting=[{**BOLD, "offset": 1}]),
        "threads.text_attachment.formatting_overlap": attachment(
            formatting=[BOLD, {**BOLD, "offset": 11, "length": 2}]
        ),
        "threads.spoilers.text_range": {"text": "🎉", "options": hidden(2)["options"]},
        "threads.spoilers.media_required": {"text": "no media", "options": {"spoilers": {"media": True}}},
    },
    options_elsewhere=dict.fromkeys(("replyToId", "quotePostId"), "they need a post that exists"),
    refused_videos={
        "0 frames/s": "threads.media.video_frame_rate",
        "more than 4 GiB": "threads.media.video_size_max",
    },
    unjudged={
        **{
            rule.id: "the simulator does not fetch media"
            for rule in PLATFORM.rules
            if rule.id.startswith("threads.media.video_")
        },
        "threads.poll.options_count_max": "the API has four parameters for answers",
        "threads.media.aspect_ratio_max": "the simulator does not fetch media",
        "threads.media.image_size_max": "the simulator does not fetch media",
    },
    refreshes_expired_tokens=False,
    secrets_in_query=frozenset({"access_token", "refresh_access_token", "debug_token"}),
)
