"""Pinterest, for the tests that every platform passes."""

from dataclasses import replace
from typing import Any

from letmepost.domain.errors import FailureKind
from letmepost.platforms.pinterest import PLATFORM
from tests.doubles.media import image, video
from tests.platforms.suite.description import Content, Ending, PlatformSuite


def pin(text: str = "Grüße an 🎉 https://example.org/a?b=1", **options: Any) -> Content:
    return {"text": text, "media": (image(),), "options": options}


SUITE = PlatformSuite(
    platform=PLATFORM,
    examples={
        "text": pin(),
        "link": pin(title="A title", destinationUrl="https://example.org/a?b=1#c"),
        "cover": {
            "text": "moving",
            "media": (video(),),
            "options": {"coverImage": "https://example.org/cover.jpg"},
        },
        "frame": {"text": "moving", "media": (video(),), "options": {"coverTimeS": 0}},
        "thumbnail": {"text": "moving", "media": (replace(video(), thumbnail=image()),)},
        "carousel": {"text": "", "media": (image(1), image(2, alt_text="A cat"), image(3, alt_text="A dog"))},
    },
    endings={
        "unavailable": Ending(status="unconfirmed", kind=FailureKind.IN_DOUBT),
        "flaky": Ending(status="unconfirmed", kind=FailureKind.IN_DOUBT),
        "duplicate": Ending(status="rejected", kind=FailureKind.DUPLICATE, rule="pinterest.content.duplicate"),
        "processing_forever": Ending(status="rejected", kind=FailureKind.REJECTED, rule="pinterest.url.reachable"),
        "video_failed": Ending(
            status="rejected", kind=FailureKind.REJECTED, rule="pinterest.video.transcode_failed", example="video"
        ),
        "video_upload_expired": Ending(kind=FailureKind.UNAVAILABLE, example="video"),
        "video_upload_lost": Ending(example="video"),
        "slow_images": Ending(),
        "spam": Ending(status="rejected", kind=FailureKind.REJECTED, rule="pinterest.content.spam"),
        "trial_app": Ending(status="rejected", kind=FailureKind.REJECTED, rule="pinterest.app.trial_refused"),
        "not_permitted": Ending(status="rejected", kind=FailureKind.REJECTED),
        "empty_answer": Ending(kind=FailureKind.IN_DOUBT),
        "lagging": Ending(),
        "no_boards": Ending(status="rejected", kind=FailureKind.REJECTED, rule="pinterest.board.required"),
        "many_boards": Ending(status="rejected", kind=FailureKind.REJECTED, rule="pinterest.board.required"),
    },
    is_unproven=lambda _step: True,  # a missing Pin may appear later
    texts={
        "title": lambda text: pin(title=text),
        "destination URL": lambda text: pin(destinationUrl=f"https://example.org/{text}"),
    },
    broken={
        "pinterest.destination_url.http": pin(destinationUrl="ftp://example.org/file"),
        "pinterest.cover_image_url.http": {
            "text": "moving",
            "media": (video(),),
            "options": {"coverImage": "ftp://example.org/cover.jpg"},
        },
    },
    options_elsewhere={
        **dict.fromkeys(("boardId", "boardSectionId"), "they need a board that exists"),
        "coverImageUrl": "the same as `coverImage`",
    },
    refused_videos={"more than 4 GiB": "pinterest.video.size_max"},
    unjudged={
        "pinterest.board.required": "nothing is known about the account of these tests",
        "pinterest.image.mime_allowed": "the simulator does not fetch images",
        "pinterest.image.size_max": "the simulator does not fetch images",
        "pinterest.image.frames_max": "the simulator does not fetch images",
        "pinterest.cover_image.size_max": "the simulator does not fetch images",
        "pinterest.cover_image.frames_max": "the simulator does not fetch images",
        "pinterest.media.video_exclusive": "a Pin has no place for a second video",
        "pinterest.video.size_max": "tests send no file of 2 GB: the simulator's own test sends its size",
        "pinterest.video.duration_min": "the simulator does not read videos",
        "pinterest.video.duration_max": "the simulator does not read videos",
        "pinterest.carousel.same_dimensions": "the simulator does not fetch images",
    },
)
