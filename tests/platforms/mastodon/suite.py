"""Mastodon, for the tests that every platform passes."""

from typing import Any

from letmepost.domain.errors import FailureKind
from letmepost.platforms.mastodon import PLATFORM
from tests.doubles.media import image
from tests.platforms.suite.description import Ending, PlatformSuite


def poll(*answers: str, **options: Any) -> dict[str, Any]:
    return {"text": "vote", "options": {"poll": {"options": [*answers], "durationS": 300, **options}}}


SUITE = PlatformSuite(
    platform=PLATFORM,
    examples={
        "four": {"text": "many", "media": (image(1), image(2), image(3), image(4, content_type="image/gif"))},
        "warned": {"text": "warned", "options": {"spoilerText": "Careful", "visibility": "private", "language": "de"}},
        "poll": poll("Yes", "Nö", multiple=True),
    },
    endings={
        "gateway_timeout": Ending(kind=FailureKind.IN_DOUBT),
        "repeat_fails": Ending(kind=FailureKind.IN_DOUBT),
        "no_idempotency": Ending(kind=FailureKind.IN_DOUBT),
        "large_limits": Ending(),
        "processing_forever": Ending(status="failed", kind=FailureKind.UNAVAILABLE, example="video"),
        "media_broken": Ending(status="rejected", kind=FailureKind.REJECTED, example="video"),
    },
    texts={
        "warning": lambda text: {"text": "one", "options": {"spoilerText": text}},
        "poll answer": lambda text: poll("a", text),
    },
    words=("@someone@other.example ", "https://example.org/a_(b) ", "#topic "),
    counts={"mastodon.poll.answers_count": lambda count: poll(*map(str, range(count)))},
)
