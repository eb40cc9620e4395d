"""Examples of request bodies. For an operation that has none here, the example is made from its schema."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from letmepost.http.describing.samples import KNOWN
from letmepost.services.webhooks.samples import SAMPLE_TIME

_RANGE = {"after": "2026-12-01T00:00:00Z", "before": "2026-12-02T00:00:00Z"}


def _post(platform: str) -> dict[str, Any]:
    return {
        "targets": [{"accountId": KNOWN["accountId"]}, {"platform": platform, "text": "Shorter here"}],
        "text": "Hello from letmepost",
        "media": [{"kind": "image", "mediaId": KNOWN["mediaId"], "altText": "A harbour at dawn"}],
        "firstComment": {"text": "The link is above."},
        "scheduledAt": SAMPLE_TIME,
        "metadata": {"campaign": "launch"},
    }


def _bulk(platform: str) -> dict[str, Any]:
    return {
        "posts": [
            {"targets": [{"platform": platform}], "text": "First", "idempotencyKey": "launch-1"},
            {"targets": [{"platform": platform}], "text": "Second", "idempotencyKey": "launch-2"},
        ]
    }


def _always(body: Mapping[str, Any]) -> Callable[[str], Mapping[str, Any]]:
    return lambda _: body


REQUESTS: Mapping[str, Callable[[str], Mapping[str, Any]]] = MappingProxyType(
    {
        "createPost": _post,
        "validatePost": _post,
        "createPostsInBulk": _bulk,
        "retryPostsInBulk": lambda platform: {"filter": {"status": ["failed"], "platform": [platform], **_RANGE}},
        "changePost": _always({"text": "Hello again", "scheduledAt": SAMPLE_TIME}),
        "retryPost": _always({"scheduledAt": SAMPLE_TIME}),
        "publishBatch": _always({"scheduledAt": SAMPLE_TIME}),
        "resolvePost": _always({"outcome": "published", "uri": KNOWN["uri"]}),
        "startConnect": _always({"profileId": KNOWN["profileId"]}),
        "completeConnect": _always({"identifier": "alice.example", "appPassword": "xxxx-xxxx-xxxx-xxxx"}),
        "createConnectSession": lambda platform: {
            "platform": platform,
            "externalUserId": "user-42",
            "returnUrl": "https://app.example.com/connected",
        },
        "changeOrganization": _always({"name": "Acme", "returnOrigins": ["https://app.example.com"]}),
        "advanceSandboxClock": lambda _: {"advanceS": 3600},
        "createSandboxAccount": lambda platform: {"platform": platform, "scenario": "rate_limited"},
        "createApiKey": _always({"name": "ci", "prefix": "lmp_test_", "scopes": ["posts:write", "posts:read"]}),
        "createOrganizationApiKey": _always({"name": "first", "prefix": "lmp_live_"}),
        "rotateApiKey": _always({"overlapHours": 24}),
        "createProfile": _always({"name": "Brand"}),
        "renameProfile": _always({"name": "Brand, renamed"}),
        "createOrganization": _always({"name": "Acme"}),
        "createWebhookEndpoint": _always(
            {"url": "https://example.com/hook", "events": ["post.published", "post.failed"]}
        ),
        "changeWebhookEndpoint": _always({"active": True, "events": []}),
        "rotateWebhookSecret": _always({"overlapHours": 24}),
        "sendTestEvent": _always({"type": "post.published"}),
        "replayEvents": _always(_RANGE),
    }
)
