"""The example platform, for the tests that every platform passes."""

from letmepost.domain.errors import FailureKind
from tests.doubles.media import image
from tests.platforms.minimal.example import PLATFORM
from tests.platforms.suite.description import Ending, PlatformSuite

SUITE = PlatformSuite(
    platform=PLATFORM,
    examples={"followers": {"text": "for followers", "media": (image(),), "options": {"audience": "followers"}}},
    endings={
        "rejected": Ending(status="rejected", kind=FailureKind.REJECTED, rule="example.content.rejected"),
        "duplicate": Ending(status="rejected", kind=FailureKind.DUPLICATE, rule="example.content.duplicate"),
    },
    broken={"example.text.required": {"text": " \n"}},
)
