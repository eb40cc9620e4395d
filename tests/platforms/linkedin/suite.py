"""LinkedIn, for the tests that every platform passes."""

from dataclasses import replace
from typing import Any

from letmepost.domain.errors import FailureKind
from letmepost.platforms.linkedin import PLATFORM
from tests.doubles.media import document, image, video
from tests.platforms.suite.description import Ending, PlatformSuite


def article(**changes: str) -> dict[str, Any]:
    return {"text": "look", "options": {"article": {"url": "https://example.com", "title": "A", **changes}}}


def poll(question: str, *answers: str) -> dict[str, Any]:
    return {"text": "vote", "options": {"poll": {"question": question, "options": [*answers]}}}


SRT = "1\n00:00:01,000 --> 00:00:04,000\nHello.\n"
FILM = video(size_bytes=80_000)
MENTION = "@[Acme \\ Co_](urn:li:organization:1)"

SUITE = PlatformSuite(
    platform=PLATFORM,
    examples={
        "article": article(description="About"),
        "thumbnail": {**article(thumbnail="med_1"), "option_media": {"article.thumbnail": image(9)}},
        "poll": poll("Which?", "This", "That"),
        "document": {"text": "read this", "media": (document(),), "options": {"documentTitle": "Deck 2"}},
        "video": {"text": "moving", "media": (FILM,), "options": {"captions": SRT}},
        "video thumbnail": {"text": "moving", "media": (replace(FILM, thumbnail=image()),)},
        "visibility": {"text": "for some", "options": {"visibility": "CONNECTIONS"}},
    },
    endings={
        "quota_exhausted": Ending(status="failed", kind=FailureKind.QUOTA_EXHAUSTED),
        "processing_fails": Ending(
            status="rejected",
            kind=FailureKind.REJECTED,
            rule="linkedin.media.video_processing_failed",
            example="video",
        ),
        "upload_stops": Ending(example="video"),
        "upload_expired": Ending(example="video"),
        "silent_success": Ending(kind=FailureKind.IN_DOUBT),
    },
    is_unproven=lambda step: step == "comment",
    texts={
        "text with mentions": lambda text: {"text": f"{MENTION}{text}{MENTION}"},
        "title of a video": lambda text: {"media": (replace(FILM, title=text),)},
        "title of a document": lambda text: {"media": (document(text),)},
        "document title": lambda text: {"media": (document(),), "options": {"documentTitle": text}},
        "article title": lambda text: article(title=text),
        "article description": lambda text: article(description=text),
        "poll question": lambda text: poll(text, "a", "b"),
        "poll answer": lambda text: poll("Which?", "a", text),
    },
    words=(MENTION,),
    counts={
        "linkedin.poll.answers_count": lambda count: poll("Which?", *map(str, range(count))),
    },
    sizes={
        "linkedin.media.thumbnail_size_max": lambda size: {
            "text": "moving",
            "media": (replace(FILM, thumbnail=image(size_bytes=size)),),
        },
    },
    broken={
        "linkedin.text.non_empty": {"text": " \n"},
        "linkedin.poll.question_non_empty": poll(" ", "a", "b"),
        "linkedin.poll.answer_non_empty": poll("Which?", "a", "\t"),
    },
    options_elsewhere={"author": "it needs a page that exists"},
    refused_videos={
        "0 frames/s": "linkedin.media.video_frame_rate",
        "more than 4 GiB": "linkedin.media.video_size_max",
    },
    unjudged={
        "linkedin.first_comment.mentions_unsupported": "LinkedIn accepts it, and shows plain text",
        "linkedin.media.image_pixels_max": "the simulator reads no pixels",
        "linkedin.media.gif_frames_max": "the simulator reads no frames",
        "linkedin.article.thumbnail_pixels_max": "the simulator reads no pixels",
        "linkedin.article.thumbnail_gif_frames_max": "the simulator reads no frames",
        **dict.fromkeys(
            (
                "linkedin.media.video_size_min",
                "linkedin.media.video_duration_min",
                "linkedin.media.video_duration_max",
                "linkedin.media.video_pixels_max",
            ),
            "the simulator does not decode videos",
        ),
        "linkedin.media.video_size_max": "the upload would take seconds",
        "linkedin.media.video_exclusive": "a post of the API has one field for a video",
        "linkedin.media.document_exclusive": "a post of the API has one field for a document",
        "linkedin.document.size_max": "the upload would take seconds",
    },
    unrecognized=frozenset({"document", "poll", "video", "video thumbnail"}),  # repeats of them may not be detected
)
