"""The contents of events."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from letmepost.domain.ids import Prefix, format_id
from letmepost.domain.quotas import Reading
from letmepost.gateways.clock import Clock
from letmepost.platforms.contract import Platform
from letmepost.services.callers import new_id
from letmepost.storage.accounts.accounts import AccountRow
from letmepost.storage.posts.posts import PostRow
from letmepost.storage.webhooks.events import NewEvent

EVENT_TYPES = (
    "post.queued",
    "post.validated",
    "post.published",
    "post.partial",
    "post.rejected",
    "post.retrying",
    "post.failed",
    "post.held",
    "post.unconfirmed",
    "post.awaiting_user",
    "post.canceled",
    "post.updated",
    "post.rescheduled",
    "post.unpublished",
    "post.removed",
    "account.connected",
    "account.disconnected",
    "token.expiring",
    "token.revoked",
    "version.deprecated",
    "quota.warning",
    "quota.exceeded",
    "endpoint.disabled",
)
"""The types that a webhook endpoint can subscribe to."""


def post_event(clock: Clock, event_type: str, post: PostRow) -> NewEvent:
    """Return an event with the post as it is now. `id` is the name of `postId` in the events of letmepost.dev."""
    data: dict[str, Any] = {
        "id": format_id(Prefix.POST, post.id),
        "postId": format_id(Prefix.POST, post.id),
        "batchId": format_id(Prefix.BATCH, post.batch_id),
        "accountId": format_id(Prefix.ACCOUNT, post.account_id),
        "profileId": format_id(Prefix.PROFILE, post.profile_id),
        "platform": post.platform,
        "status": post.status,
        "dueAt": timestamp(post.requested_at),
        "metadata": dict(post.metadata),
        "warnings": [dict(warning) for warning in post.warnings],
    }
    optional: Mapping[str, Any] = {
        "uri": post.uri,
        "cid": post.cid,
        "url": post.url,
        "publishedAt": None if post.published_at is None else timestamp(post.published_at),
        "removedAt": None if post.removed_at is None else timestamp(post.removed_at),
        "nextAttemptAt": timestamp(post.ready_at) if post.status == "retrying" and post.ready_at else None,
        "firstCommentUri": post.extras.get("firstComment", {}).get("uri"),
        "error": post.error,
    }
    data |= {name: value for name, value in optional.items() if value is not None}
    return NewEvent(id=new_id(clock), type=event_type, profile_id=post.profile_id, post_id=post.id, data=data)


def account_event(clock: Clock, event_type: str, account: AccountRow, **more: Any) -> NewEvent:
    """Return an event about an account. `more`: additional fields of this event type."""
    data = {
        "accountId": format_id(Prefix.ACCOUNT, account.id),
        "profileId": format_id(Prefix.PROFILE, account.profile_id),
        "platform": account.platform,
        "handle": account.handle,
        **({} if account.external_user_id is None else {"externalUserId": account.external_user_id}),
        **more,
    }
    return NewEvent(id=new_id(clock), type=event_type, profile_id=account.profile_id, data=data)


def quota_event(clock: Clock, event_type: str, reading: Reading) -> NewEvent:
    """Return an event about a quota. It belongs to the organization: endpoints of a profile do not receive it."""
    quota = reading.quota
    data = {"name": quota.name, "used": reading.used, "limit": quota.limit, "left": reading.left}
    if quota.account_id is not None:
        data["accountId"] = format_id(Prefix.ACCOUNT, quota.account_id)
    if quota.resets_at is not None:
        data["resetsAt"] = timestamp(quota.resets_at)
    return NewEvent(id=new_id(clock), type=event_type, profile_id=None, data=data)


def endpoint_event(
    clock: Clock, *, endpoint_id: UUID, profile_id: UUID | None, url: str, reason: str, last_failure: str | None
) -> NewEvent:
    """Return the event of a disabled endpoint. `reason`: `gone` after a 410, `failing` after days without a success."""
    data = {
        "endpointId": format_id(Prefix.ENDPOINT, endpoint_id),
        "url": url,
        "reason": reason,
        "lastFailureReason": last_failure,
    }
    return NewEvent(id=new_id(clock), type="endpoint.disabled", profile_id=profile_id, data=data)


def version_event(clock: Clock, platform: Platform) -> NewEvent:
    """Return the event of an API version that ends. It belongs to no profile, because it concerns all of them."""
    data = {
        "platform": platform.name,
        "apiVersion": platform.api_version,
        "sunset": None if platform.sunset is None else platform.sunset.isoformat(),
    }
    return NewEvent(id=new_id(clock), type="version.deprecated", profile_id=None, data=data)


def timestamp(moment: datetime) -> str:
    """Format a time as RFC 3339 in UTC with milliseconds and `Z`, as in all responses and events."""
    in_utc = moment if moment.tzinfo is UTC else moment.astimezone(UTC)
    return f"{in_utc.isoformat(timespec='milliseconds')[:-6]}Z"
