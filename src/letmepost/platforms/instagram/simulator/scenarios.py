"""How a test account's server differs from a healthy one. A scenario belongs to one account.

A write creates a container, publishes one, or comments. Reads are healthy unless the scenario is about them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from types import MappingProxyType

from letmepost.platforms._kit.simulator.scenarios import WriteAttempt, common_scenarios, refuse_posts
from letmepost.platforms._meta.simulator.container_scenarios import (
    LAG_S,
    SLOW_PROCESSING_S,
    ContainerScenario,
    duplicate,
    failed,
    rejected,
    unavailable,
)
from letmepost.platforms._meta.simulator.graph import Refused
from letmepost.platforms._meta.simulator.rupload import UploadFault


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario(ContainerScenario):
    """The differences from a healthy server, which is the default.

    Args:
        media_error: the number of the error of every media item.
        hides_status_code: True if a failed container has no `status_code`, only `status`.
        blocks: True if publishing is refused as spam. `blocks_live`: the post is visible anyway.
        hides_objects: True if reads of containers and posts are refused, while lists and writes work.
        drops_add_ons: True if polls and comment prompts are not attached.
        refuses_made_comments: True if a comment is created, and refused.
        knows_professional_id: True if paths must have the account's professional id, not the app's own.
        upload_fault: what happens to the first request of an upload.
        has_no_trials: True if the account cannot publish trial reels.
    """

    media_error: int | None = None
    hides_status_code: bool = False
    blocks: bool = False
    blocks_live: bool = False
    hides_objects: bool = False
    drops_add_ons: bool = False
    refuses_made_comments: bool = False
    knows_professional_id: bool = False
    upload_fault: UploadFault | None = None
    has_no_trials: bool = False


def blocked() -> Refused:
    """Return the refusal of a publication that is taken for spam."""
    return Refused(
        "Application request limit reached",
        code=4,
        subcode=2207051,
        status=403,
        user_message="We restrict certain activity to protect our community.",
    )


def _rate_limited(_attempt: WriteAttempt) -> Refused:
    return Refused("(#80002) There have been too many calls to this account.", code=80002)


_COMMON = common_scenarios(Scenario, rate_limited=_rate_limited, unavailable=unavailable, failed=failed)

SCENARIOS: Mapping[str, Scenario] = MappingProxyType(
    {
        **_COMMON,
        "slow": replace(
            _COMMON["slow"],
            summary="Writes take 3 s, and media are processed for 8 s.",
            processing_s=SLOW_PROCESSING_S,
        ),
        "token_expiring": Scenario(
            summary="Tokens are valid for 2 minutes, can be refreshed immediately, and must be.",
            access_lifetime=timedelta(minutes=2),
            token_age=timedelta(days=59),
        ),
        "rejected": Scenario(summary="Every post is rejected because of its content.", refuse=rejected),
        "duplicate": Scenario(summary="Every post is rejected as a duplicate.", refuse=refuse_posts(duplicate)),
        "processing_forever": Scenario(summary="Containers never become ready.", processing_s=None),
        "lagging": Scenario(summary="For 3 s, containers that are ready cannot be published.", lag_s=LAG_S),
        "media_broken": Scenario(summary="Every image is in a wrong format.", media_error=2207005),
        "processing_failed": Scenario(
            summary="Every container fails, and only its text states that.", media_error=2207053, hides_status_code=True
        ),
        "blocked": Scenario(summary="Publishing is refused as spam.", blocks=True),
        "blocked_but_live": Scenario(
            summary="Publishing is refused as spam, but the post is visible.", blocks_live=True
        ),
        "objects_hidden": Scenario(
            summary="Reads of containers and posts are refused, while everything else works.", hides_objects=True
        ),
        "comment_refused_but_live": Scenario(
            summary="Comments are refused, but they are visible.", refuses_made_comments=True
        ),
        "add_ons_dropped": Scenario(summary="Polls and comment prompts are not attached.", drops_add_ons=True),
        "video_broken": Scenario(summary="Every media item is in a wrong format of videos.", media_error=2207026),
        "trials_unsupported": Scenario(summary="The account cannot publish trial reels.", has_no_trials=True),
        "upload_stops": Scenario(summary="Uploads stop once after half of their bytes.", upload_fault=UploadFault.STOP),
        "upload_offset": Scenario(
            summary="Uploads are refused once after half of their bytes.", upload_fault=UploadFault.OFFSET
        ),
        "upload_expired": Scenario(summary="The first upload session has expired.", upload_fault=UploadFault.EXPIRE),
        "professional_id": Scenario(
            summary="The API knows the account by its professional id only.", knows_professional_id=True
        ),
    }
)
