"""What a refusal of the video service means.

Its errors have no documented names, so words of their messages decide, as in the official client:
https://github.com/bluesky-social/social-app src/lib/media/video (checked 2026-11-21). Names of
https://github.com/bluesky-social/atproto lexicons/app/bsky/video are recognized, too (commit d6296a1).
"""

from collections.abc import Mapping
from typing import Any

from letmepost.domain.errors import FailureKind
from letmepost.domain.flow import Call, Reply
from letmepost.domain.refusals import PlatformRefusal
from letmepost.platforms._kit.fields import object_in, text_in
from letmepost.platforms._kit.meanings import Meanings
from letmepost.platforms.bluesky import refusals
from letmepost.platforms.bluesky.xrpc import GET_JOB_STATUS, UPLOAD_VIDEO, method_of

WORDS: tuple[tuple[str, PlatformRefusal], ...] = (
    ("exceeded daily upload", refusals.VIDEO_QUOTA),
    ("dailylimitexceeded", refusals.VIDEO_QUOTA),
    ("confirm your email", refusals.VIDEO_EMAIL),
    ("must confirm email", refusals.VIDEO_EMAIL),
    ("unconfirmed_email", refusals.VIDEO_EMAIL),
    ("not old enough", refusals.VIDEO_ACCOUNT_NEW),
    ("not allowed to upload videos", refusals.VIDEO_NOT_ALLOWED),
    ("uploadforbidden", refusals.VIDEO_NOT_ALLOWED),
    ("uploading is disabled", refusals.VIDEO_SERVICE_CLOSED),
    ("failed to get user's upload stats", refusals.VIDEO_SERVICE_CLOSED),
    ("serviceoverloaded", refusals.VIDEO_SERVICE_CLOSED),
    ("larger than the maximum", refusals.VIDEO_TOO_LARGE),
    ("videotoolarge", refusals.VIDEO_TOO_LARGE),
    ("videotoolong", refusals.VIDEO_TOO_LONG),
)
"""Parts of errors in lower case."""

_MEANINGS = Meanings(
    by_status={413: refusals.VIDEO_TOO_LARGE, **dict.fromkeys((404, 405, 501), refusals.NO_VIDEO_SERVICE)},
    unauthorized=refusals.VIDEO_TOKEN_REFUSED,
    redirected=refusals.NO_VIDEO_SERVICE,
    refused=refusals.VIDEO_REFUSED,
)


def is_of_video_service(call: Call) -> bool:
    """Return True if the video service replies to the call, and not the account's server."""
    return method_of(call) in {UPLOAD_VIDEO, GET_JOB_STATUS}


def video_refusal(call: Call, reply: Reply) -> PlatformRefusal:
    """Return what a reply of the video service means. A job that it does not know is lost, and can be repeated."""
    said = f"{text_in(job_in(reply), 'error')} {message_in(reply)}".lower()
    named = next((refusal for words, refusal in WORDS if words in said), None)
    found = named or _MEANINGS.find(call, reply)
    is_lost = found.kind is FailureKind.REJECTED and method_of(call) == GET_JOB_STATUS
    return refusals.VIDEO_NOT_PROCESSED if is_lost else found


def message_in(reply: Reply) -> str | None:
    """Return the service's own words."""
    return text_in(job_in(reply), "message") or text_in(job_in(reply), "error")


def job_in(reply: Reply) -> Mapping[str, Any]:
    """Return the job in a reply. Some replies lack the envelope of the lexicon."""
    return object_in(reply.data(), "jobStatus") or reply.data()
