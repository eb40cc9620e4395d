"""How a test account's server differs from a healthy one. A scenario belongs to one account.

A write creates a publishing task or uploads a part of a video. Reads are healthy unless the scenario is about them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from types import MappingProxyType
from typing import Literal

from letmepost.platforms._kit.simulator.scenarios import CommonScenario, WriteAttempt, common_scenarios
from letmepost.platforms.tiktok.simulator.wire import TikTokError

PROCESSING_S = 1.0
SLOW_PROCESSING_S = 40.0
MODERATION_S = 30.0
SLOW_MODERATION_S = 7200.0
CAPPED_FOR_S = 7200.0
FINISHED_AFTER_S = 60.0
POSTS_PER_DAY = 15

Fault = Literal[
    "init_lost",
    "chunk_lost",
    "upload_stops",
    "offset_short",
    "url_expired",
    "upload_unknown",
    "task_fails",
    "refresh_lost",
]
"""What happens once to an account: to its first task, upload or refresh."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario(CommonScenario):
    """The differences from a healthy server, which is the default.

    Args:
        access_lifetime: of an access token.
        once: what happens once.
        processing_s: how long a complete task is processed; None means that it never ends.
        moderation_s: how long a public post is moderated before its id is shown; None means that it is never shown.
        fail_reason: why every task fails; None if it does not.
        cap: the error code of a limit that is used up for `CAPPED_FOR_S` after the account was created.
        ban: the error code that refuses every post. `is_ban_shown`: creator_info states it, too.
        is_metered: False if there are no rate limits, and no limit of posts in a day.
        is_audited: False if the app is not audited.
        is_private: True if the account is private. `turns_private`: after creator_info was read once.
        disables: the interactions that the creator has disabled.
        max_duration_s: the longest video that the creator may publish.
        is_domain_verified: False if TikTok may not fetch media from the URLs.
        is_app_outdated: True if the person's app cannot receive photos.
        refuses_chunks: True if videos are accepted in a single part only.
        reports_ok: True if refusals have the status 200.
        counts_inclusively: True if Content-Range has the last byte, not the number of bytes.
        forgets_tasks: True if the publish id of a processed task is unknown.
        shows_single_id: True if a post id is not in a list.
        finishes: True if the person publishes what is in the inbox, after `FINISHED_AFTER_S`.
        needs_privacy: True if a photo post without a privacy level never reaches the inbox.
    """

    access_lifetime: timedelta = timedelta(hours=2)
    once: Fault | None = None
    processing_s: float | None = PROCESSING_S
    moderation_s: float | None = MODERATION_S
    fail_reason: str | None = None
    cap: str | None = None
    ban: str | None = None
    is_ban_shown: bool = True
    is_metered: bool = True
    is_audited: bool = True
    is_private: bool = False
    turns_private: bool = False
    disables: frozenset[str] = frozenset()
    max_duration_s: int = 600
    is_domain_verified: bool = True
    is_app_outdated: bool = False
    refuses_chunks: bool = False
    reports_ok: bool = False
    counts_inclusively: bool = False
    forgets_tasks: bool = False
    shows_single_id: bool = False
    finishes: bool = False
    needs_privacy: bool = False


def _rate_limited(_attempt: WriteAttempt) -> TikTokError:
    return rate_limit_exceeded()


def rate_limit_exceeded() -> TikTokError:
    """Return the refusal of a call beyond a rate limit. TikTok does not state when to try again."""
    return TikTokError(429, "rate_limit_exceeded", "The API rate limit was exceeded. Please try again later.")


def _unavailable(_attempt: WriteAttempt) -> TikTokError:
    return TikTokError(503, "internal_error", "Service unavailable. Please try again later.")


def _failed(_attempt: WriteAttempt) -> TikTokError:
    return TikTokError(500, "internal_error", "Something went wrong. Please try again later.")


_COMMON = common_scenarios(Scenario, rate_limited=_rate_limited, unavailable=_unavailable, failed=_failed)
_BANNED = "spam_risk_user_banned_from_posting"

SCENARIOS: Mapping[str, Scenario] = MappingProxyType(
    {
        **_COMMON,
        "slow": replace(
            _COMMON["slow"],
            summary="Writes take 3 s, and posts are processed for 40 s.",
            processing_s=SLOW_PROCESSING_S,
        ),
        "rejected": Scenario(summary="Every post is refused because of its text.", fail_reason="spam_risk_text"),
        "duplicate": Scenario(
            summary="Every post is refused as spam: TikTok has no error for a repeated post.", fail_reason="spam_risk"
        ),
        "processing_forever": Scenario(summary="Processing never ends.", processing_s=None),
        "media_broken": Scenario(
            summary="Every video and photo is too large.", fail_reason="picture_size_check_failed"
        ),
        "task_fails": Scenario(summary="The first post fails: TikTok cannot process or fetch it.", once="task_fails"),
        "init_lost": Scenario(summary="The response to the first start of an upload is lost.", once="init_lost"),
        "chunk_lost": Scenario(summary="The response to the first part of a video is lost.", once="chunk_lost"),
        "upload_stops": Scenario(
            summary="Half of the first part of a video is stored, and the server returns 503.", once="upload_stops"
        ),
        "offset_short": Scenario(
            summary="Half of the first part of a video is stored, and only its Content-Range states that.",
            once="offset_short",
        ),
        "url_expired": Scenario(summary="The first upload URL has expired.", once="url_expired"),
        "upload_unknown": Scenario(summary="The first upload URL is unknown.", once="upload_unknown"),
        "refresh_lost": Scenario(
            summary="Access tokens are valid for 5 s. The response to the first refresh is lost.",
            access_lifetime=timedelta(seconds=5),
            once="refresh_lost",
        ),
        "daily_cap": Scenario(
            summary="For 2 h, the account has used up its limit of posts.", cap="spam_risk_too_many_posts"
        ),
        "app_cap": Scenario(
            summary="For 2 h, the app has used up its limit of users that post.", cap="reached_active_user_cap"
        ),
        "banned": Scenario(summary="The account may not post.", ban=_BANNED),
        "unmetered": Scenario(summary="There are no rate limits, and no limit of posts in a day.", is_metered=False),
        "unaudited": Scenario(summary="The app is not audited, and the account is public.", is_audited=False),
        "unaudited_private": Scenario(
            summary="The app is not audited, and the account is private.", is_audited=False, is_private=True
        ),
        "private_account": Scenario(summary="The account is private.", is_private=True),
        "turned_private": Scenario(
            summary="The account becomes private after creator_info was read once.", turns_private=True
        ),
        "restricted_creator": Scenario(
            summary="Comments, duets and stitches are disabled, and videos may last 60 s.",
            disables=frozenset({"comment", "duet", "stitch"}),
            max_duration_s=60,
        ),
        "domain_unverified": Scenario(summary="The domain of media URLs is not verified.", is_domain_verified=False),
        "app_outdated": Scenario(summary="The person's app cannot receive photos.", is_app_outdated=True),
        "chunks_refused": Scenario(summary="Videos are accepted in a single part only.", refuses_chunks=True),
        "errors_with_200": Scenario(
            summary="Every post is refused, with the status 200.", ban=_BANNED, is_ban_shown=False, reports_ok=True
        ),
        "inclusive_range": Scenario(
            summary="Content-Range has the last byte, not the number of bytes.", counts_inclusively=True
        ),
        "moderated": Scenario(summary="Posts are moderated for 2 h.", moderation_s=SLOW_MODERATION_S),
        "id_missing": Scenario(summary="The id of a public post is never shown.", moderation_s=None),
        "task_unknown": Scenario(summary="The publish id of a processed post is unknown.", forgets_tasks=True),
        "single_id": Scenario(summary="A post id is not in a list.", shows_single_id=True),
        "inbox_finished": Scenario(summary="The person publishes what is in the inbox, after 60 s.", finishes=True),
        "inbox_needs_privacy": Scenario(
            summary="A photo post without a privacy level never reaches the inbox.", needs_privacy=True
        ),
    }
)
