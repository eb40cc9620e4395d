"""Facebook, for the tests that every platform passes."""

from letmepost.domain.errors import FailureKind
from letmepost.platforms.facebook import PLATFORM
from tests.doubles.media import image
from tests.platforms.suite.description import Content, Ending, PlatformSuite

STORY: Content = {"text": "", "media": (image(1),), "options": {"kind": "story"}}
LINK = "https://example.com/a?b=1"

SUITE = PlatformSuite(
    platform=PLATFORM,
    examples={
        "story": STORY,
        "link": {"text": "see", "options": {"link": LINK}},
        "only a link": {"text": "", "options": {"link": LINK}},
    },
    endings={
        "unavailable": Ending(status="unconfirmed", kind=FailureKind.IN_DOUBT),
        "flaky": Ending(status="unconfirmed", kind=FailureKind.IN_DOUBT),
        "duplicate": Ending(status="rejected", kind=FailureKind.DUPLICATE, rule="facebook.text.duplicate"),
        "role_weak": Ending(status="rejected", kind=FailureKind.REJECTED, rule="facebook.page.role_required"),
    },
    is_unproven=lambda _step: True,  # a text that is missing in the list may appear later
    proven=frozenset({"image", "images"}),  # a photo names its post
    unjudged={
        "facebook.media.image_size_max": "the simulator does not fetch media",
        "facebook.media.image_frames_max": "the simulator does not fetch media",
        "facebook.story.media_count": "the API has one parameter for the photo",
    },
)
