"""Threads, for the tests that every platform passes."""

from typing import Any

from letmepost.domain.errors import FailureKind
from letmepost.platforms.threads import PLATFORM
from tests.doubles.media import image, video
from tests.platforms.suite.description import Ending, PlatformSuite


def poll(*answers: str) -> dict[str, Any]:
    return {"text": "vote", "options": {"poll": {"options": [*answers]}}}


LINKS = tuple(f"https://example.com/{number}" for number in range(7))

SUITE = PlatformSuite(
    platform=PLATFORM,
    examples={
        "carousel": {"text": "many", "media": (image(1), video(2), image(3))},
        "card": {"text": "card", "options": {"linkAttachment": "https://example.com", "topicTag": "Food"}},
        "poll": {**poll("Yes", "Nö", "Maybe", "?")},
        "audience": {"text": "for some", "options": {"replyControl": "followers_only"}},
    },
    endings={
        "unavailable": Ending(kind=FailureKind.UNAVAILABLE),
        "flaky": Ending(kind=FailureKind.UNAVAILABLE),
        "duplicate": Ending(status="rejected", kind=FailureKind.DUPLICATE, rule="threads.text.duplicate"),
        "lagging": Ending(),
        "media_broken": Ending(status="rejected", kind=FailureKind.REJECTED, example="image"),
    },
    texts={
        "topic": lambda text: {"text": "one", "options": {"topicTag": text}},
        "poll answer": lambda text: poll("a", text),
    },
    words=tuple(f"{link} " for link in LINKS),
    counts={
        "threads.links.count_max": lambda count: {
            "text": " ".join(["links", *map("https://e.com/{}".format, range(count))])
        },
        "threads.poll.options_count_max": lambda count: poll(*map(str, range(count))),
    },
    unjudged={
        "threads.poll.options_count_max": "the API has four parameters for answers",
        "threads.media.aspect_ratio_max": "the simulator does not fetch media",
        "threads.media.image_size_max": "the simulator does not fetch media",
        "threads.media.video_size_max": "the simulator does not fetch media",
        "threads.media.video_duration_max": "the simulator does not fetch media",
        "threads.media.video_width_max": "the simulator does not fetch media",
    },
    refreshes_expired_tokens=False,
    secrets_in_query=frozenset({"access_token", "refresh_access_token", "debug_token"}),
)
