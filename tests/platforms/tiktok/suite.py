"""TikTok, for the tests that every platform passes."""

from dataclasses import replace
from typing import Any

from letmepost.domain.errors import FailureKind, LimitScope
from letmepost.platforms.tiktok import PLATFORM
from letmepost.platforms.tiktok.rules import rules_for
from letmepost.platforms.tiktok.settings import TikTokSettings
from tests.doubles.media import image, video
from tests.platforms.suite.description import Content, Ending, PlatformSuite

TEXT = "Grüße an 🎉 https://example.org/a?b=1 (#Über & <b> *so*)"
EVERYONE = {"privacy": "PUBLIC_TO_EVERYONE"}
PHOTO: dict[str, Any] = {"width_px": 1080, "height_px": 1920}
AUDITED = replace(PLATFORM, rules=rules_for(TikTokSettings(app_audited=True, media_url_prefix_verified=True)))
"""As in a deployment whose app may publish everything."""


def clip(text: str = TEXT, **options: Any) -> Content:
    """Return a post with a video that is visible to everyone."""
    return {"text": text, "media": (video(),), "options": {**EVERYONE, **options}}


def photos(count: int = 1, text: str = TEXT, **options: Any) -> Content:
    """Return a post with photos that are visible to everyone."""
    media = tuple(image(number, **PHOTO) for number in range(1, count + 1))
    return {"text": text, "media": media, "options": {**EVERYONE, **options}}


def titled(text: str) -> Content:
    return photos(title=text)


REFUSED = Ending(status="rejected", kind=FailureKind.REJECTED)
AGAIN = Ending(kind=FailureKind.UNAVAILABLE)
SUITE = PlatformSuite(
    platform=AUDITED,
    examples={
        "text": clip(privacy="SELF_ONLY", isAigc=True),
        "public": clip(
            "",
            brandContentToggle=True,
            brandOrganicToggle=True,
            disableComment=False,
            disableDuet=False,
            disableStitch=False,
        ),
        "video": clip("moving", privacy="SELF_ONLY", brandOrganicToggle=True),
        "photos": photos(3, title="", photoCoverIndex=2, autoAddMusic=True, privacy="SELF_ONLY"),
    },
    endings={
        "rejected": replace(REFUSED, rule="tiktok.content.spam"),
        "duplicate": replace(REFUSED, rule="tiktok.content.spam"),
        "unavailable": AGAIN,
        "flaky": AGAIN,
        "processing_forever": Ending(status="unconfirmed", kind=FailureKind.IN_DOUBT),
        "media_broken": replace(REFUSED, rule="tiktok.resolution.unsupported"),
        "task_fails": AGAIN,
        "init_lost": AGAIN,
        "chunk_lost": Ending(kind=FailureKind.IN_DOUBT),
        "upload_stops": Ending(kind=FailureKind.IN_DOUBT),
        "offset_short": Ending(),
        "url_expired": replace(AGAIN, rule="tiktok.upload.chunk_failed"),
        "upload_unknown": replace(AGAIN, rule="tiktok.upload.chunk_failed"),
        "refresh_lost": replace(AGAIN, example="public"),
        "daily_cap": Ending(kind=FailureKind.QUOTA_EXHAUSTED, rule="tiktok.quota.posts"),
        "app_cap": Ending(kind=FailureKind.QUOTA_EXHAUSTED, rule="tiktok.quota.accounts", scope=LimitScope.APP),
        "banned": replace(REFUSED, rule="tiktok.account.banned"),
        "unmetered": Ending(),
        "unaudited": replace(REFUSED, rule="tiktok.audit.private_account"),
        "unaudited_private": replace(REFUSED, rule="tiktok.privacy.not_allowed", example="public"),
        "private_account": replace(REFUSED, rule="tiktok.privacy.not_allowed", example="public"),
        "turned_private": replace(REFUSED, rule="tiktok.privacy.not_allowed", example="public"),
        "restricted_creator": replace(REFUSED, rule="tiktok.interactions.disabled", example="public"),
        "domain_unverified": replace(REFUSED, rule="tiktok.photo.domain_unverified", example="photos"),
        "app_outdated": Ending(),
        "chunks_refused": Ending(),
        "errors_with_200": replace(REFUSED, rule="tiktok.account.banned"),
        "inclusive_range": Ending(),
        "moderated": Ending(example="public"),
        "id_missing": Ending(example="public"),
        "task_unknown": Ending(kind=FailureKind.IN_DOUBT, example="public"),
        "single_id": Ending(),
        "inbox_finished": Ending(),
        "inbox_needs_privacy": Ending(),
    },
    is_unproven=lambda _step: True,
    proven=frozenset({"text", "public", "video"}),  # an upload has a status
    unrecognized=frozenset({"photos"}),  # only the list of public posts can show them
    texts={
        "text": clip,
        "text of a photo": lambda text: photos(text=text),
        "title": titled,
    },
    counts={"tiktok.media.count_max": photos},
    broken={
        "tiktok.branded_content.private": clip(privacy="SELF_ONLY", brandContentToggle=True),
        "tiktok.privacy.required": {"text": TEXT, "media": (video(),)},
        "tiktok.photo.cover_index": photos(2, photoCoverIndex=2),
    },
    options_elsewhere={"mode": "a draft is handed over, and not published"},
    refused_videos={
        "0 frames/s": "tiktok.video.frame_rate",
        "more than 4 GiB": "tiktok.video.size_max",
    },
    unjudged={
        "tiktok.media.single_only": "the call that starts an upload describes one video",
        "tiktok.video.size_max": "an upload of 4 GiB takes minutes",
        "tiktok.media.required": "without media there is no call to make",
        "tiktok.photo.size_max": "the simulator does not fetch photos",
        "tiktok.video.too_long": "the simulator only measures videos",
    },
)
