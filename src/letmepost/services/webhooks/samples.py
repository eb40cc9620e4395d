"""Sample data of each type of event: for test events, and for the examples in the OpenAPI description."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from letmepost.domain.errors import ErrorCode
from letmepost.domain.quotas import QuotaName

SAMPLE_ULID = "01KBF3A6M0QJ5V8T2N4X7Z9C1D"
SAMPLE_TIME = "2026-12-01T09:00:00.000Z"
SAMPLE_URI = "at://did:example:alice/post/3n2u"

_POST_ID, _ACCOUNT_ID, _PROFILE_ID = (f"{prefix}_{SAMPLE_ULID}" for prefix in ("post", "acc", "prof"))
_STATUS: Mapping[str, str] = MappingProxyType(
    {
        "post.removed": "published",
        "post.rescheduled": "queued",
        "post.unpublished": "published",
        "post.updated": "queued",
        "post.validated": "queued",
    }
)
"""The status of the post, where it differs from the last part of the event's type."""
_WITH_ERROR = frozenset({"failed", "held", "partial", "rejected", "retrying", "unconfirmed"})
_ERROR = {"code": ErrorCode.PLATFORM_UNAVAILABLE, "message": "The platform did not respond."}
_PUBLISHED = {
    "uri": SAMPLE_URI,
    "cid": "bafyreigq4zsipbk5w3uqkb6nh5lwm5e5yrmmnnzmbzl3z4bq7yq4xqvj2a",
    "url": "https://example.com/alice/3n2u",
    "publishedAt": SAMPLE_TIME,
    "firstCommentUri": "at://did:example:alice/post/3n2v",
}


def sample_data(event_type: str, platform: str) -> dict[str, Any]:
    """Return data that an event of this type could have, without its `sequence`."""
    noun, _, happened = event_type.partition(".")
    match noun:
        case "post":
            return _post(event_type, _STATUS.get(event_type, happened), platform)
        case "version":
            return {"platform": platform, "apiVersion": "v1.0", "sunset": "2027-06-15"}
        case "quota":
            used = 800 if happened == "warning" else 1000
            quota = {"name": QuotaName.POSTS_PER_MONTH, "used": used, "limit": 1000, "left": 1000 - used}
            return {**quota, "resetsAt": "2027-01-01T00:00:00.000Z"}
        case "endpoint":
            endpoint = {"endpointId": f"whe_{SAMPLE_ULID}", "url": "https://example.com/hook"}
            return {**endpoint, "reason": "failing", "lastFailureReason": "HTTP 500"}
    account = {"accountId": _ACCOUNT_ID, "profileId": _PROFILE_ID, "platform": platform, "handle": "alice.example"}
    expiry = {"tokenExpiresAt": "2026-12-08T09:00:00.000Z", "daysLeft": 7} if event_type == "token.expiring" else {}
    return {**account, "externalUserId": "user-42", **expiry}


def _post(event_type: str, status: str, platform: str) -> dict[str, Any]:
    return {
        "id": _POST_ID,
        "postId": _POST_ID,
        "batchId": f"batch_{SAMPLE_ULID}",
        "accountId": _ACCOUNT_ID,
        "profileId": _PROFILE_ID,
        "platform": platform,
        "status": status,
        "dueAt": SAMPLE_TIME,
        "metadata": {"campaign": "launch"},
        "warnings": [],
        **(_PUBLISHED if status == "published" else {}),
        **({"url": "https://example.com/alice/drafts"} if status == "awaiting_user" else {}),
        **({"removedAt": "2026-12-02T09:00:00.000Z"} if event_type == "post.removed" else {}),
        **({"nextAttemptAt": "2026-12-01T09:00:05.000Z"} if status == "retrying" else {}),
        **({"error": {**_ERROR, "platform": platform}} if status in _WITH_ERROR else {}),
    }
