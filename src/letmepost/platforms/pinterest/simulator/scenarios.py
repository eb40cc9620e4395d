"""How a test account's server differs from a healthy one. A scenario belongs to one account.

A write creates a Pin or a board. Reads are healthy in every scenario, so that the result of a write can be read.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from letmepost.platforms._kit.simulator.scenarios import (
    RATE_LIMITED_FOR_S,
    CommonScenario,
    WriteAttempt,
    common_scenarios,
    refuse_posts,
)
from letmepost.platforms.pinterest.simulator.wire import PinterestError, forbidden, invalid

LAG_S = 3.0
_FAILED_FETCHES = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario(CommonScenario):
    """The differences from a healthy server, which is the default.

    Args:
        board_count: how many boards a new account has.
        lag_s: how long lists do not show a new Pin.
        omits_first_id: a user's first Pin is created, but the response is empty.
        fails_videos: no video can be processed.
        never_processes_videos: the processing of a video does not end.
        expires_first_policy: the first upload is refused because its permission has expired.
        loses_first_upload: the first upload of a video is stored, but its response is lost.
    """

    board_count: int = 1
    lag_s: float = 0.0
    omits_first_id: bool = False
    fails_videos: bool = False
    never_processes_videos: bool = False
    expires_first_policy: bool = False
    loses_first_upload: bool = False


def _rate_limited(_attempt: WriteAttempt) -> PinterestError:
    headers = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(RATE_LIMITED_FOR_S)}
    return PinterestError(429, 8, "This request exceeded a rate limit. Try again later.", headers=headers)


def _unavailable(_attempt: WriteAttempt) -> PinterestError:
    return PinterestError(503, 503, "Service unavailable.")


def _failed(_attempt: WriteAttempt) -> PinterestError:
    return PinterestError(500, 500, "Internal server error.")


def _unreachable(_attempt: WriteAttempt) -> PinterestError:
    return invalid("Unable to reach the URL. Please check the URL is correct and try again.")


def _trial(_attempt: WriteAttempt) -> PinterestError:
    message = "Apps with Trial access may not create Pins in production - please use the API Sandbox instead."
    return PinterestError(403, 29, message)


SCENARIOS: Mapping[str, Scenario] = MappingProxyType(
    {
        **common_scenarios(Scenario, rate_limited=_rate_limited, unavailable=_unavailable, failed=_failed),
        "rejected": Scenario(
            summary="Every post is rejected because of its content.",
            refuse=refuse_posts(lambda _attempt: invalid("Refused by this sandbox account.")),
        ),
        "duplicate": Scenario(
            summary="Every post is rejected as a duplicate.",
            refuse=refuse_posts(lambda _attempt: PinterestError(409, 409, "This Pin already exists on the board.")),
        ),
        "processing_forever": Scenario(
            summary="Pinterest can never fetch an image, and never processes a video.",
            refuse=refuse_posts(_unreachable),
            never_processes_videos=True,
        ),
        "video_failed": Scenario(summary="Pinterest can process no video.", fails_videos=True),
        "video_upload_expired": Scenario(
            summary="The permission to upload the first video has expired.", expires_first_policy=True
        ),
        "video_upload_lost": Scenario(
            summary="The first upload of a video is stored, but its response is lost.", loses_first_upload=True
        ),
        "slow_images": Scenario(
            summary="Pinterest cannot fetch the images of the first two Pins.",
            refuse=lambda attempt: _unreachable(attempt) if attempt.number <= _FAILED_FETCHES else None,
        ),
        "spam": Scenario(
            summary="Every post is blocked as spam, with the status of a rate limit.",
            refuse=refuse_posts(lambda _attempt: PinterestError(429, 8, "Your Pin was blocked as spam.")),
        ),
        "trial_app": Scenario(summary="The app may not create Pins.", refuse=refuse_posts(_trial)),
        "not_permitted": Scenario(
            summary="The account may not pin to any board.", refuse=refuse_posts(lambda _attempt: forbidden())
        ),
        "empty_answer": Scenario(
            summary="The first Pin is created, but the response does not have its id.", omits_first_id=True
        ),
        "lagging": Scenario(summary="For 3 s, lists do not show a new Pin.", lag_s=LAG_S),
        "no_boards": Scenario(summary="The account has no board.", board_count=0),
        "many_boards": Scenario(summary="The account has 300 boards, and so no default board.", board_count=300),
    }
)
