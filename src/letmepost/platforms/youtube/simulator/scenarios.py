"""How a test account's server differs from a healthy one. A scenario belongs to one channel.

A write opens an upload, sends the last part of a video, or changes something else. Reads are healthy in every scenario
but `daily_units`, so that the result of a write can be read. Source of the errors: fact sheet section 6.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum, auto
from types import MappingProxyType

from letmepost.platforms._kit.simulator.scenarios import CommonScenario, WriteAttempt, common_scenarios, refuse_posts
from letmepost.platforms.youtube.simulator.wire import YouTubeError, invalid

PROCESSING_S = 1.0
LAG_S = 3.0


class SessionFault(Enum):
    """What is wrong with upload sessions.

    STOPS: half of the first part is stored, and the response is a 503. KEEPS_HALF: the same, with a 308. MOVES: the
    first part is not stored, and the session continues at another URL. EXPIRES: the channel's first session expires
    before its last part. EXPIRES_WHEN_DONE: the channel's first session expires with its last part, whose response is
    lost.
    """

    STOPS = auto()
    KEEPS_HALF = auto()
    MOVES = auto()
    EXPIRES = auto()
    EXPIRES_WHEN_DONE = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario(CommonScenario):
    """The differences from a healthy server, which is the default.

    Args:
        refresh_lifetime: how long refresh tokens are valid; None for the usual time.
        has_channel: False if the Google account has no channel.
        long_uploads: the channel's permission for videos of more than 15 minutes.
        session_fault: what is wrong with upload sessions.
        processing_s: how long a video is processed; None if that never ends.
        upload_status: the status of a video after that.
        reason: why the video failed or was rejected.
        lag_s: how long a new video or comment is missing on lists.
        is_always_private: the channel's settings make every video private.
        has_thumbnails: False if the channel may not set thumbnails.
        has_comments: False if comments are turned off.
        exhausted: the bucket of the project, or `channel`, that is used up on the day when the channel is created.
    """

    refresh_lifetime: timedelta | None = None
    has_channel: bool = True
    long_uploads: str = "allowed"
    session_fault: SessionFault | None = None
    processing_s: float | None = PROCESSING_S
    upload_status: str = "processed"
    reason: str | None = None
    lag_s: float = 0.0
    is_always_private: bool = False
    has_thumbnails: bool = True
    has_comments: bool = True
    exhausted: str | None = None


def _rate_limited(attempt: WriteAttempt) -> YouTubeError:
    """Refuse in the two forms that Google has for one limit."""
    if attempt.number % 2:
        message = "Quota exceeded for quota metric 'Queries' and limit 'Queries per minute per user'."
        return YouTubeError(429, "rateLimitExceeded", message)
    return YouTubeError(403, "userRateLimitExceeded", "User Rate Limit Exceeded", domain="usageLimits")


SCENARIOS: Mapping[str, Scenario] = MappingProxyType(
    {
        **common_scenarios(
            Scenario,
            rate_limited=_rate_limited,
            unavailable=lambda _attempt: YouTubeError(503, "backendError", "The service is currently unavailable."),
            failed=lambda _attempt: YouTubeError(500, "internalError", "Internal error encountered."),
        ),
        "token_expiring": Scenario(
            summary="Access tokens are valid for 2 minutes, longer than it takes to process a video.",
            access_lifetime=timedelta(minutes=2),
        ),
        "rejected": Scenario(
            summary="Every video is refused because of its metadata, before it is uploaded.",
            refuse=refuse_posts(
                lambda _attempt: invalid("invalidVideoMetadata", "The request metadata is invalid.", location="body")
            ),
        ),
        "duplicate": Scenario(
            summary="Every video is uploaded, and then rejected as a duplicate.",
            upload_status="rejected",
            reason="duplicate",
        ),
        "rejected_later": Scenario(
            summary="Every video is uploaded, and then rejected because of a copyright claim.",
            upload_status="rejected",
            reason="copyright",
        ),
        "processing_failed": Scenario(
            summary="Every video is uploaded, and then cannot be processed.", upload_status="failed", reason="codec"
        ),
        "processing_forever": Scenario(summary="No video is ever processed.", processing_s=None),
        "interrupted": Scenario(
            summary="In each upload, half of the first part is stored, and the response is a 503.",
            session_fault=SessionFault.STOPS,
        ),
        "short_parts": Scenario(
            summary="In each upload, only half of the first part is stored.", session_fault=SessionFault.KEEPS_HALF
        ),
        "moved_upload": Scenario(
            summary="Each upload continues at another URL after the first part.", session_fault=SessionFault.MOVES
        ),
        "expired_upload": Scenario(
            summary="The first upload expires before its last part is stored.", session_fault=SessionFault.EXPIRES
        ),
        "expired_after_publish": Scenario(
            summary="The response to the last part of the first upload is lost, and the upload has then expired.",
            session_fault=SessionFault.EXPIRES_WHEN_DONE,
        ),
        "lagging": Scenario(summary="For 3 s, lists do not show a new video or comment.", lag_s=LAG_S),
        "private_only": Scenario(summary="The channel's settings make every video private.", is_always_private=True),
        "no_thumbnails": Scenario(summary="The channel may not set thumbnails.", has_thumbnails=False),
        "comments_disabled": Scenario(summary="Comments are turned off.", has_comments=False),
        "no_long_uploads": Scenario(
            summary="The channel may not upload videos of more than 15 minutes.", long_uploads="eligible"
        ),
        "daily_uploads": Scenario(
            summary="The project has used up its uploads until midnight in California.", exhausted="uploads"
        ),
        "daily_units": Scenario(
            summary="The project has used up its units until midnight in California. Uploads and reading the channel "
            "still work.",
            exhausted="units",
        ),
        "upload_limit": Scenario(summary="The channel may not upload for 24 h.", exhausted="channel"),
        "testing_app": Scenario(
            summary="The app is in testing: refresh tokens expire after 7 days.", refresh_lifetime=timedelta(days=7)
        ),
        "no_channel": Scenario(summary="The Google account has no channel.", has_channel=False),
    }
)
