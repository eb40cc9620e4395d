"""A value that fits a schema, for examples. The name of a field decides which value it has."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from letmepost.domain import refusals
from letmepost.services.webhooks.samples import SAMPLE_TIME, SAMPLE_ULID, SAMPLE_URI, sample_data

KNOWN: Mapping[str, Any] = MappingProxyType(
    {
        **{
            f"{name}Id": f"{prefix}_{SAMPLE_ULID}"
            for name, prefix in {
                "account": "acc",
                "batch": "batch",
                "delivery": "dlv",
                "endpoint": "whe",
                "event": "evt",
                "media": "med",
                "organization": "org",
                "post": "post",
                "profile": "prof",
                "request": "req",
            }.items()
        },
        "postIds": [f"post_{SAMPLE_ULID}"],
        "actual": 312,
        "apiVersion": None,
        "attempts": 1,
        "audioChannels": 2,
        "audioCodec": "aac",
        "audioSampleRateHz": 48_000,
        "avatarUrl": None,
        "background": "blur",
        "bitDepth": 8,
        "bitRate": 2_500_000,
        "checkedOn": "2026-11-29",
        "cropped": False,
        "cid": "bafyreigq4zsipbk5w3uqkb6nh5lwm5e5yrmmnnzmbzl3z4bq7yq4xqvj2a",
        "code": refusals.accounts.REAUTH_REQUIRED.id,
        "codec": "h264",
        "codecProfile": "High",
        "colorSpace": "rgb",
        "command": "ffmpeg -i input.mp4 -c:v libx264 -pix_fmt yuv420p -c:a copy -movflags +faststart output.mp4",
        "contentType": "image/png",
        "description": "Our own receiver",
        "daysLeft": 7,
        "displayName": "Alice",
        "dynamicRange": "sdr",
        "docUrl": "https://letmepost.example/docs/errors/preflight_failed",
        "error": None,
        "errorCode": None,
        "errorMessage": None,
        "errorName": None,
        "eventType": "post.published",
        "events": ["post.published", "post.failed"],
        "expiresAt": None,
        "externalUserId": "user-42",
        "field": "text",
        "frameCount": 1,
        "firstCommentUri": "at://did:example:alice/post/3n2v",
        "firstCommentCid": None,
        "handle": "alice.example",
        "hasAlpha": False,
        "hasVariableFrameRate": False,
        "headers": {"content-type": "application/json"},
        "isFastStart": True,
        "key": "lmp_test_zG4dQZwSTw9hbdZdXac3wLHzpWXlgGbk4VY50L",
        "last4": "Y50L",
        "maxBytes": 2_000_000,
        "lastError": None,
        "lastFailureReason": None,
        "lastStatus": 200,
        "limit": 300,
        "message": "Post text is 312 graphemes; at most 300 are allowed.",
        "method": "POST",
        "name": "Acme",
        "nextAttemptAt": None,
        "nextCursor": None,
        "outcome": "published",
        "path": "/xrpc/com.example.publish",
        "pixelFormat": "yuv420p",
        "platformAccountId": "did:example:alice",
        "platformCid": "bafyreigq4zsipbk5w3uqkb6nh5lwm5e5yrmmnnzmbzl3z4bq7yq4xqvj2a",
        "platformUri": SAMPLE_URI,
        "platformVersion": None,
        "prefix": "lmp_test_",
        "remediation": "Shorten the text to 300 graphemes or fewer.",
        "revokedAt": None,
        "responseBody": "ok",
        "rule": refusals.requests.BODY_JSON.id,
        "ruleUrl": "https://letmepost.example/docs/preflight/body-json",
        "scenarios": ["ok", "slow", "rate_limited"],
        "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "signingSecret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwbE5nq3TQzVQ=",
        "sourceUrl": "https://docs.example/limits",
        "summary": "Text is at most 300 graphemes.",
        "status": 200,
        "sunset": "2027-06-15",
        "text": "Hello from letmepost",
        "title": "Example",
        "tokenExpiresAt": None,
        "unit": "graphemes",
        "unpublishedAt": None,
        "removedAt": None,
        "uri": SAMPLE_URI,
        "url": "https://example.com/alice/3n2u",
    }
)

# Fields that most responses omit.
_SELDOM = {
    "crop",
    "error",
    "firstComment",
    "nextAttemptAt",
    "options",
    "schedule",
    "scheduledAt",
    "thread",
    "threadResults",
    "warnings",
}

_IDS: Mapping[str, str] = MappingProxyType(
    {
        "Account": "acc",
        "AccountOfPost": "acc",
        "ApiKey": "key",
        "Batch": "batch",
        "CanceledPost": "post",
        "ConnectSession": "cs",
        "ConnectedAccount": "acc",
        "DeletedObject": "whe",
        "Media": "med",
        "MediaUpload": "med",
        "NewApiKey": "key",
        "NewConnectSession": "cs",
        "NewWebhookEndpoint": "whe",
        "Organization": "org",
        "OrganizationReference": "org",
        "Post": "post",
        "PostAttempt": "att",
        "PostDetail": "post",
        "Profile": "prof",
        "ReplayedDelivery": "dlv",
        "RevokedApiKey": "key",
        "WebhookDelivery": "dlv",
        "WebhookEndpoint": "whe",
    }
)


class Samples:
    """Makes values for the schemas of an OpenAPI description.

    Args:
        platform: the platform that examples show.
    """

    def __init__(self, schemas: Mapping[str, Any], platform: str) -> None:
        self._schemas = schemas
        self._known = {**KNOWN, "platform": platform}

    def of(self, schema: Mapping[str, Any], name: str = "", owner: str = "") -> Any:
        """Return a value of the schema of the field `name` of the component `owner`."""
        if "$ref" in schema:
            owner = schema["$ref"].rpartition("/")[2]
            return self._event() if owner == "PostEvent" else self.of(self._schemas[owner], name, owner)
        if name == "id" and owner in _IDS:
            return f"{_IDS[owner]}_{SAMPLE_ULID}"
        if "const" in schema:
            return schema["const"]
        if name in self._known and _fits(self._known[name], schema):
            return self._known[name]
        if "anyOf" in schema:
            return self.of(schema["anyOf"][0], name, owner)
        return self._by_type(schema, name, owner)

    def _event(self) -> dict[str, Any]:
        data = {**sample_data("post.published", self._known["platform"]), "sequence": 7}
        ids = {"id": KNOWN["eventId"], "organizationId": KNOWN["organizationId"]}
        return {**ids, "type": "post.published", "createdAt": SAMPLE_TIME, "data": data}

    def _by_type(self, schema: Mapping[str, Any], name: str, owner: str) -> Any:
        if "enum" in schema:
            return "published" if "published" in schema["enum"] else schema["enum"][0]
        value: Any
        match schema.get("type"):
            case "object":
                fields = schema.get("properties", {})
                usual = {field for field in fields if field in schema.get("required", ()) or field not in _SELDOM}
                value = {field: self.of(inner, field, owner) for field, inner in fields.items() if field in usual}
            case "array":
                value = [self.of(schema["items"], name.removesuffix("s"), owner)] if schema.get("items") else []
            case "string":
                value = SAMPLE_TIME if schema.get("format") == "date-time" else name or "text"
            case "integer" | "number":
                value = max(1, schema.get("minimum", 1))
            case kind:
                value = True if kind == "boolean" else {}
        return value


def _fits(value: Any, schema: Mapping[str, Any]) -> bool:
    kinds = {schema.get("type"), *(option.get("type") for option in schema.get("anyOf", ()))}
    if value is None:
        return "null" in kinds
    if isinstance(value, bool):
        return "boolean" in kinds
    names = {str: "string", int: "integer", list: "array", dict: "object"}
    return "enum" not in schema and names[type(value)] in kinds
