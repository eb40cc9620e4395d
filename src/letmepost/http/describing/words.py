"""Sentences: what the tags, the parameters and the headers are."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from letmepost.domain.ids import Prefix

TAGS: Mapping[str, str] = MappingProxyType(
    {
        "posts": "Publish, schedule, change, retry and follow posts.",
        "accounts": "The social accounts that posts are published to.",
        "media": "Files that posts show.",
        "profiles": "Groups of accounts inside an organization, for example one for each brand or customer.",
        "keys": "API keys: one world each, live or test, and no more rights than they need.",
        "platforms": "What each platform takes, derived from the rules that posts are checked against.",
        "webhooks": "Who is sent which events.",
        "events": "Everything that happens, in one order: to poll, to follow, and as it was sent to webhooks.",
        "sandbox": "Simulated platforms for test keys: nothing leaves the deployment.",
        "operator": "Organizations, for whoever runs the deployment.",
        "usage": "What the operator's quotas leave.",
        "service": "Whether the deployment lives and can publish.",
    }
)

_IDS: Mapping[str, tuple[str, Prefix]] = MappingProxyType(
    {
        "post_id": ("a post", Prefix.POST),
        "batch_id": ("a batch: what one request published", Prefix.BATCH),
        "account_id": ("an account", Prefix.ACCOUNT),
        "media_id": ("a medium", Prefix.MEDIA),
        "profile_id": ("a profile", Prefix.PROFILE),
        "key_id": ("an API key", Prefix.API_KEY),
        "endpoint_id": ("a webhook endpoint", Prefix.ENDPOINT),
        "delivery_id": ("a delivery: one event on its way to one endpoint", Prefix.DELIVERY),
        "session_id": ("a connect session", Prefix.CONNECT_SESSION),
        "organization_id": ("an organization", Prefix.ORGANIZATION),
    }
)

PARAMETERS: Mapping[str, str] = MappingProxyType(
    {
        **{name: f"The id of {what}, `{prefix}_…`." for name, (what, prefix) in _IDS.items()},
        "platform": "The name of a platform, as `GET /v1/platforms` lists it.",
        "limit": "How many rows a page has at most.",
        "cursor": "Where to go on: `nextCursor` of the page before.",
        "type": "Only events of this type. May be repeated or comma-separated.",
        "status": "Only posts with this status. May be repeated or comma-separated. `validated` selects queued posts.",
        "errorCode": "Only posts whose last error has this code. May be repeated or comma-separated.",
        "profileId": "Only what belongs to this profile. May be repeated or comma-separated.",
        "accountId": "Only posts to this account. May be repeated or comma-separated.",
        "batchId": "Only posts of this batch. May be repeated or comma-separated.",
        "after": "Only from this time on, RFC 3339 with an offset.",
        "before": "Only before this time, RFC 3339 with an offset.",
        "cancelQueued": "Cancel what waits for the account instead of holding it.",
        "externalUserId": "Only accounts that this person of yours has connected.",
        "token": "What the address was signed with.",
        "Last-Event-ID": "The last `id` that was seen; clients send it by themselves when they reconnect.",
    }
)

IDEMPOTENCY_KEY: Mapping[str, Any] = MappingProxyType(
    {
        "name": "Idempotency-Key",
        "in": "header",
        "schema": {"type": "string", "pattern": "^[\\x21-\\x7e]{1,255}$"},
        "example": "5f1c9a52-0a4e-4a3f-9d0c-2a1f4f0e7b11",
        "description": (
            "Carry the request out once, however often it is sent within 24 hours: the first answer comes back byte "
            "for byte, with `Idempotency-Replayed: true`."
        ),
    }
)
PREFER: Mapping[str, Any] = MappingProxyType(
    {
        "name": "Prefer",
        "in": "header",
        "schema": {"type": "string"},
        "example": "wait=25",
        "description": "`wait=N`: wait up to N seconds for the outcome, 25 by default. `respond-async`: do not wait.",
    }
)

_COUNT = {"type": "integer", "minimum": 0}
HEADERS: Mapping[str, Any] = MappingProxyType(
    {
        "X-Request-Id": {
            "schema": {"type": "string"},
            "description": "The request's id: the caller's own if it sent one, else ours. The log finds it.",
        },
        "RateLimit-Limit": {"schema": _COUNT, "description": "Requests that the key may make in a minute."},
        "RateLimit-Remaining": {"schema": _COUNT, "description": "How many of them are left."},
        "RateLimit-Reset": {"schema": _COUNT, "description": "Seconds until there are new ones."},
        "X-RateLimit-Limit": {"schema": _COUNT, "description": "The same as `RateLimit-Limit`."},
        "X-RateLimit-Remaining": {"schema": _COUNT, "description": "The same as `RateLimit-Remaining`."},
        "X-RateLimit-Reset": {"schema": _COUNT, "description": "The same as `RateLimit-Reset`."},
        "Retry-After": {
            "schema": _COUNT,
            "description": "Seconds after which it makes sense to try again; left out where waiting does not help.",
        },
    }
)
RATE_LIMIT_HEADERS = tuple(name for name in HEADERS if "RateLimit" in name)
