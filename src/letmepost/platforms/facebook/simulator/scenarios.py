"""How a test account's server differs from a healthy one. A scenario belongs to one person and their Pages.

Tokens of Pages do not expire, so there is no scenario in which they do.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from letmepost.domain.sizes import MIB
from letmepost.platforms._kit.simulator.scenarios import CommonScenario, WriteAttempt, common_scenarios, refuse_posts
from letmepost.platforms._meta.simulator.graph import Refused
from letmepost.platforms._meta.simulator.rupload import UploadFault

_USAGE = '{"call_count":100,"total_time":25,"total_cputime":25}'


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario(CommonScenario):
    """The differences from a healthy server, which is the default.

    Args:
        photos_never_ready: every photo is refused, because Facebook is still fetching it.
        role_is_weak: the person may read the Page, and no longer create content.
        range_bytes: the longest range of a feed video that the server asks for.
        upload_fault: what happens to the first request with bytes of a video.
        video_processing_s: how long a video is processed; None if it never ends.
        video_error: the code with which the processing of every video fails.
        ignores_videos: True if videos are accepted, and never processed.
        keeps_drafts: True if videos are kept as drafts, as the server does with vertical ones.
    """

    photos_never_ready: bool = False
    role_is_weak: bool = False
    range_bytes: int = 4 * MIB
    upload_fault: UploadFault | None = None
    video_processing_s: float | None = 1.0
    video_error: int | None = None
    ignores_videos: bool = False
    keeps_drafts: bool = False


def _rate_limited(_attempt: WriteAttempt) -> Refused:
    return Refused("(#32) Page request limit reached", code=32, status=403, headers={"x-app-usage": _USAGE})


def _unavailable(_attempt: WriteAttempt) -> Refused:
    return Refused("Service temporarily unavailable", code=2, status=503, is_transient=True)


def _failed(_attempt: WriteAttempt) -> Refused:
    return Refused("An unknown error occurred", code=1, subcode=99, status=500, is_transient=True)


def _rejected(_attempt: WriteAttempt) -> Refused:
    return Refused("This content was reported as abusive", code=368, subcode=1346003)


def duplicate(_attempt: WriteAttempt | None = None) -> Refused:
    """Return the refusal of a post that repeats a recent one."""
    return Refused("(#506) Duplicate status message", code=506)


_COMMON = common_scenarios(Scenario, rate_limited=_rate_limited, unavailable=_unavailable, failed=_failed)

SCENARIOS: Mapping[str, Scenario] = MappingProxyType(
    {
        **{name: scenario for name, scenario in _COMMON.items() if name != "token_expiring"},
        "rejected": Scenario(summary="Every post is rejected because of its content.", refuse=refuse_posts(_rejected)),
        "duplicate": Scenario(summary="Every post is rejected as a duplicate.", refuse=refuse_posts(duplicate)),
        "processing_forever": Scenario(
            summary="Facebook never finishes fetching a photo, or processing a video.",
            photos_never_ready=True,
            video_processing_s=None,
        ),
        "small_ranges": Scenario(summary="The server asks for 2000 bytes of a feed video at a time.", range_bytes=2000),
        "upload_stops": Scenario(summary="Uploads stop once after half of their bytes.", upload_fault=UploadFault.STOP),
        "upload_offset": Scenario(
            summary="Uploads are refused once, because the server needs other bytes.", upload_fault=UploadFault.OFFSET
        ),
        "upload_short": Scenario(
            summary="Of the first part of a feed video, the server stores only a half.", upload_fault=UploadFault.SHORT
        ),
        "upload_expired": Scenario(summary="The first upload has expired.", upload_fault=UploadFault.EXPIRE),
        "video_broken": Scenario(summary="Every video is too short for a reel.", video_error=1363128),
        "video_failed": Scenario(summary="No video can be processed.", video_error=1363030),
        "not_started": Scenario(
            summary="Videos are accepted, and never processed: the app lacks Advanced Access.", ignores_videos=True
        ),
        "video_draft": Scenario(summary="Videos are kept as drafts, like vertical ones.", keeps_drafts=True),
        "role_weak": Scenario(
            summary="The role of the person who connected the Page does not allow creating content.", role_is_weak=True
        ),
    }
)
