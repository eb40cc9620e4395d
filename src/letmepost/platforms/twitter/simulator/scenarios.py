"""How X differs from a healthy server for one test account. A scenario belongs to one account.

Reads are healthy in every scenario, so that the result of a post can always be read.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType

from letmepost.platforms._kit.simulator.scenarios import (
    RATE_LIMITED_FOR_S,
    CommonScenario,
    WriteAttempt,
    common_scenarios,
    refuse_posts,
)
from letmepost.platforms.twitter.simulator.wire import PROBLEMS, RefusedError, forbidden, too_many, unavailable

DAY_RESETS_AFTER_S = 6 * 3600
VIDEO_MAX_BYTES = MappingProxyType({"None": 512_000_000, "Premium": 16_000_000_000})
"""By the account's subscription. Source: fact sheet section 4 and its corrections, checked 2026-11-28."""
DUPLICATE = "You are not allowed to create a Tweet with duplicate content."


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario(CommonScenario):
    """The differences from a healthy server, which is the default.

    Args:
        loses_first_response: the account's first post is executed, but its response is lost.
        processes_forever: no GIF or video is ever ready.
        fails_processing: no GIF or video can be processed.
        stops_upload: the first segment of all is refused once because the server is unavailable.
        loses_upload: the first upload in segments is lost before it ends.
        segment_max_bytes: the largest segment that the edge accepts.
        refuses_videos: posts with a video are refused because of its length.
        subscription: the account's subscription.
    """

    access_lifetime: timedelta = timedelta(hours=2)
    processes_forever: bool = False
    fails_processing: bool = False
    stops_upload: bool = False
    loses_upload: bool = False
    segment_max_bytes: int = 5 * 1024 * 1024
    refuses_videos: bool = False
    subscription: str = "None"


def _rate_limited(attempt: WriteAttempt) -> RefusedError:
    reset = str(int(attempt.now.timestamp()) + RATE_LIMITED_FOR_S)
    return too_many({"x-rate-limit-limit": "100", "x-rate-limit-remaining": "0", "x-rate-limit-reset": reset})


def _daily_limit(attempt: WriteAttempt) -> RefusedError:
    reset = str(int(attempt.now.timestamp()) + DAY_RESETS_AFTER_S)
    name = "x-user-limit-24hour"
    return too_many({f"{name}-limit": "50", f"{name}-remaining": "0", f"{name}-reset": reset})


def _out_of_credits(_attempt: WriteAttempt) -> RefusedError:
    detail = "Your enrolled account [1] does not have any credits to fulfill this request."
    body = {"account_id": 1, "title": "CreditsDepleted", "detail": detail, "type": f"{PROBLEMS}/credits"}
    return RefusedError(402, body)


SCENARIOS: Mapping[str, Scenario] = MappingProxyType(
    {
        **common_scenarios(
            Scenario,
            rate_limited=_rate_limited,
            unavailable=lambda _attempt: unavailable(),
            failed=lambda _attempt: unavailable(500),
            duplicate=lambda _attempt: forbidden(DUPLICATE),
        ),
        "rejected": Scenario(
            summary="Every post is rejected without a reason.", refuse=refuse_posts(lambda _attempt: forbidden())
        ),
        "processing_forever": Scenario(summary="A GIF or a video is never ready.", processes_forever=True),
        "processing_fails": Scenario(summary="No GIF and no video can be processed.", fails_processing=True),
        "upload_stops": Scenario(summary="An upload is interrupted once by a 503.", stops_upload=True),
        "upload_lost": Scenario(summary="The first upload is lost before it ends.", loses_upload=True),
        "small_segments": Scenario(
            summary="Segments of more than 512 KiB are refused with 413.", segment_max_bytes=512 * 1024
        ),
        "video_too_long": Scenario(summary="The account may not publish videos of this length.", refuses_videos=True),
        "subscriber": Scenario(summary="The account has a subscription.", subscription="Premium"),
        "daily_limit": Scenario(summary="The account has used up its limit of posts in 24 hours.", refuse=_daily_limit),
        "out_of_credits": Scenario(summary="The app's operator has not paid.", refuse=_out_of_credits),
    }
)
