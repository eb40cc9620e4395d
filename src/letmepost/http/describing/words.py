"""Descriptions of tags, parameters and headers."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from letmepost.domain.ids import Prefix

TAGS: Mapping[str, str] = MappingProxyType(
    {
        "posts": "Publish, schedule, change, retry and read posts.",
        "accounts": "The social accounts that posts are published to.",
        "media": "Images, videos and documents for posts.",
        "profiles": "Groups of accounts inside an organization, for example one for each brand or customer.",
        "keys": "API keys. Each has a mode (live or test) and scopes.",
        "platforms": "The limits and options of each platform, derived from the rules that posts are checked against.",
        "webhooks": "Webhook endpoints.",
        "events": "The stream of events, to poll or to follow, and the deliveries to webhook endpoints.",
        "sandbox": "Simulated platforms for test keys. Nothing leaves the deployment.",
        "operator": "Organizations and pauses, for the operator of the deployment.",
        "usage": "Quotas and rate limits, and what remains.",
        "service": "Health of the deployment.",
    }
)

_IDS: Mapping[str, tuple[str, Prefix]] = MappingProxyType(
    {
        "post_id": ("a post", Prefix.POST),
        "batch_id": ("a batch (all posts of one request)", Prefix.BATCH),
        "account_id": ("an account", Prefix.ACCOUNT),
        "media_id": ("a media item", Prefix.MEDIA),
        "profile_id": ("a profile", Prefix.PROFILE),
        "key_id": ("an API key", Prefix.API_KEY),
        "endpoint_id": ("a webhook endpoint", Prefix.ENDPOINT),
        "delivery_id": ("a delivery (of one event to one endpoint)", Prefix.DELIVERY),
        "session_id": ("a connect session", Prefix.CONNECT_SESSION),
        "organization_id": ("an organization", Prefix.ORGANIZATION),
    }
)

PARAMETERS: Mapping[str, str] = MappingProxyType(
    {
        **{name: f"The id of {what}, `{prefix}_…`." for name, (what, prefix) in _IDS.items()},
        "platform": "The name of a platform, as `GET /v1/platforms` lists it.",
        "limit": "The maximum number of items on a page.",
        "cursor": "The `nextCursor` of the previous page.",
        "type": "Only events of this type. May be repeated or comma-separated.",
        "status": "Only posts with this status. May be repeated or comma-separated. `validated` selects queued posts.",
        "errorCode": "Only posts whose last error has this code. May be repeated or comma-separated.",
        "profileId": "Only objects of this profile. May be repeated or comma-separated.",
        "accountId": "Only posts to this account. May be repeated or comma-separated.",
        "batchId": "Only posts of this batch. May be repeated or comma-separated.",
        "after": "Only from this time on, RFC 3339 with an offset.",
        "before": "Only before this time, RFC 3339 with an offset.",
        "cancelQueued": "Cancel the account's queued posts instead of holding them.",
        "externalUserId": "Only accounts that this person has connected.",
        "token": "The signed token in the upload URL.",
        "Last-Event-ID": "The last `id` that was received. Clients send it automatically when they reconnect.",
    }
)

IDEMPOTENCY_KEY: Mapping[str, Any] = MappingProxyType(
    {
        "name": "Idempotency-Key",
        "in": "header",
        "schema": {"type": "string", "pattern": "^[\\x21-\\x7e]{1,255}$"},
        "example": "5f1c9a52-0a4e-4a3f-9d0c-2a1f4f0e7b11",
        "description": (
            "Run the request only once, even if it is sent several times within 24 hours. Repeats get the first "
            "response byte for byte, with `Idempotency-Replayed: true`."
        ),
    }
)
PREFER: Mapping[str, Any] = MappingProxyType(
    {
        "name": "Prefer",
        "in": "header",
        "schema": {"type": "string"},
        "example": "wait=25",
        "description": (
            "`wait=N`: wait up to N seconds for the outcome (default 25, maximum 60). `respond-async`: do not wait."
        ),
    }
)

_COUNT = {"type": "integer", "minimum": 0}
HEADERS: Mapping[str, Any] = MappingProxyType(
    {
        "X-Request-Id": {
            "schema": {"type": "string"},
            "description": "The id of the request: the caller's value, or a generated one. The log contains it.",
        },
        "RateLimit-Limit": {"schema": _COUNT, "description": "Requests per minute that the key may make."},
        "RateLimit-Remaining": {"schema": _COUNT, "description": "Requests that remain in this minute."},
        "RateLimit-Reset": {"schema": _COUNT, "description": "Seconds until the limit resets."},
        "X-RateLimit-Limit": {"schema": _COUNT, "description": "The same as `RateLimit-Limit`."},
        "X-RateLimit-Remaining": {"schema": _COUNT, "description": "The same as `RateLimit-Remaining`."},
        "X-RateLimit-Reset": {"schema": _COUNT, "description": "The same as `RateLimit-Reset`."},
        "Retry-After": {
            "schema": _COUNT,
            "description": "Seconds after which to retry. Omitted if waiting does not help.",
        },
    }
)
RATE_LIMIT_HEADERS = tuple(name for name in HEADERS if "RateLimit" in name)
