"""LinkedIn, for the tests that every platform passes."""

from typing import Any

from letmepost.domain.errors import FailureKind
from letmepost.platforms.linkedin import PLATFORM
from tests.doubles.media import document, image
from tests.platforms.suite.description import Ending, PlatformSuite


def article(**changes: str) -> dict[str, Any]:
    return {"text": "look", "options": {"article": {"url": "https://example.com", "title": "A", **changes}}}


def poll(question: str, *answers: str) -> dict[str, Any]:
    return {"text": "vote", "options": {"poll": {"question": question, "options": [*answers]}}}


MENTION = "@[Acme \\ Co_](urn:li:organization:1)"

SUITE = PlatformSuite(
    platform=PLATFORM,
    examples={
        "article": article(description="About"),
        "thumbnail": {**article(thumbnail="med_1"), "option_media": {"article.thumbnail": image(9)}},
        "poll": poll("Which?", "This", "That"),
        "visibility": {"text": "for some", "options": {"visibility": "CONNECTIONS"}},
    },
    endings={
        "quota_exhausted": Ending(status="failed", kind=FailureKind.QUOTA_EXHAUSTED),
        "silent_success": Ending(kind=FailureKind.IN_DOUBT),
    },
    is_unproven=lambda step: step == "comment",
    texts={
        "text with mentions": lambda text: {"text": f"{MENTION}{text}{MENTION}"},
        "title of a document": lambda text: {"media": (document(text),)},
        "document title": lambda text: {"media": (document(),), "options": {"documentTitle": text}},
        "article title": lambda text: article(title=text),
        "article description": lambda text: article(description=text),
        "poll question": lambda text: poll(text, "a", "b"),
        "poll answer": lambda text: poll("Which?", "a", text),
    },
    words=(MENTION,),
    counts={"linkedin.poll.answers_count": lambda count: poll("Which?", *map(str, range(count)))},
    broken={
        "linkedin.text.non_empty": {"text": " \n"},
        "linkedin.poll.question_non_empty": poll(" ", "a", "b"),
        "linkedin.poll.answer_non_empty": poll("Which?", "a", "\t"),
    },
    unjudged={
        "linkedin.first_comment.mentions_unsupported": "LinkedIn accepts it, and shows plain text",
        "linkedin.media.image_pixels_max": "the simulator reads no pixels",
        "linkedin.media.gif_frames_max": "the simulator reads no frames",
        "linkedin.article.thumbnail_pixels_max": "the simulator reads no pixels",
        "linkedin.article.thumbnail_gif_frames_max": "the simulator reads no frames",
        "linkedin.media.document_exclusive": "a post of the API has one field for a document",
        "linkedin.document.size_max": "the upload would take seconds",
    },
    unrecognized=frozenset({"document", "poll"}),  # repeats of them may not be detected
)
