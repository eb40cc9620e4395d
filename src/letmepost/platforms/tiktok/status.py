"""The status of a post, and what a failed one means.

https://developers.tiktok.com/doc/content-posting-api-reference-get-video-status (checked 2026-11-28).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from letmepost.domain.content import MediaFacts, PostContent
from letmepost.domain.errors import PlatformFailure
from letmepost.domain.flow import Reply
from letmepost.domain.refusals import PlatformRefusal
from letmepost.platforms._kit.fields import number_in, text_in
from letmepost.platforms.tiktok import refusals
from letmepost.platforms.tiktok.chunks import ChunkPlan
from letmepost.platforms.tiktok.replies import data_of

COMPLETE = "PUBLISH_COMPLETE"
IN_INBOX = "SEND_TO_USER_INBOX"
FAILED = "FAILED"
UPLOADING = "PROCESSING_UPLOAD"
_REASON_MAX = 100
_ID = re.compile(r"[1-9][0-9]{0,19}", re.ASCII)
_REASONS: Mapping[str, PlatformRefusal] = MappingProxyType(
    {
        "file_format_check_failed": refusals.FORMAT_REFUSED,
        "duration_check_failed": refusals.DURATION_REFUSED,
        "frame_rate_check_failed": refusals.FRAME_RATE_REFUSED,
        "picture_size_check_failed": refusals.PICTURE_REFUSED,
        "video_bitrate_check_failed": refusals.BIT_RATE_REFUSED,
        "internal": refusals.PROCESSING_FAILED,
        "video_pull_failed": refusals.PULL_FAILED,
        "photo_pull_failed": refusals.PULL_FAILED,
        "video_download_failed": refusals.PULL_FAILED,
        "photo_download_failed": refusals.PULL_FAILED,
        "publish_cancelled": refusals.CANCELED,
        "auth_removed": refusals.ACCESS_REMOVED,
        "spam_risk_too_many_posts": refusals.POSTS_DAY,
        "spam_risk_user_banned_from_posting": refusals.BANNED,
        "spam_risk_text": refusals.SPAM,
        "spam_risk": refusals.SPAM,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """The status of a post. Names that are not documented are not final.

    Args:
        received_bytes: how much of an uploaded video TikTok has; None if it does not report that.
        post_ids: the ids of the public posts. Empty for posts that are not public, or not moderated yet.
    """

    name: str
    reason: str
    received_bytes: int | None
    post_ids: tuple[str, ...]
    read_at: datetime

    @classmethod
    def of(cls, reply: Reply) -> "Status | None":
        """Return the status in a reply; None without one."""
        data = data_of(reply)
        name = text_in(data, "status")
        if name is None:
            return None
        return cls(
            name=name,
            reason=(text_in(data, "fail_reason") or "unknown")[:_REASON_MAX],
            received_bytes=number_in(data, "uploaded_bytes"),
            post_ids=ids_in(data.get("publicaly_available_post_id")),  # TikTok's spelling
            read_at=reply.received_at,
        )

    def offset(self, plan: ChunkPlan) -> int | None:
        """Return the offset of the next byte that TikTok lacks; None if the status does not show it.

        After any other status than that of an upload, it takes no more bytes: the post is processed, or has failed.
        """
        if self.name != UPLOADING:
            return plan.size_bytes
        return None if self.received_bytes is None else plan.offset_after(self.received_bytes)

    def failure(self, content: PostContent) -> PlatformFailure:
        """Return the failure of a post that TikTok refused while it processed it. Nothing was published."""
        refusal = _REASONS.get(self.reason, refusals.PUBLISH_FAILED)
        response = {"status": self.name, "fail_reason": self.reason}
        return refusal(response=response, reason=self.reason, media=_describe(content))


def ids_in(value: object) -> tuple[str, ...]:
    """Return the ids in a field, as texts: a list or a single one, of numbers or of texts."""
    found = value if isinstance(value, list) else [value]
    texts = (str(one) for one in found if isinstance(one, str | int) and not isinstance(one, bool))
    return tuple(text for text in texts if _ID.fullmatch(text))


def _describe(content: PostContent) -> str:
    """Return what is known about the media: TikTok's reason names neither the item nor its value."""
    return "; ".join(f"{path} ({_facts(item.facts)})" for path, item in content.items())


def _facts(facts: MediaFacts | None) -> str:
    if facts is None:
        return "unknown"
    known = (
        facts.content_type,
        facts.codec,
        facts.width_px and f"{facts.width_px}x{facts.height_px}",
        facts.duration_s and f"{facts.duration_s:g} s",
        facts.frame_rate and f"{facts.frame_rate:g} frames/s",
        facts.bit_rate and f"{facts.bit_rate} bit/s",
        facts.audio_codec,
    )
    return ", ".join(str(fact) for fact in known if fact)
