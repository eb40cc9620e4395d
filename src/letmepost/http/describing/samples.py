"""A value that fits a schema, for examples: what its fields are called says what stands there."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

MOMENT = "2026-12-01T09:00:00.000Z"
_ULID = "01KBF3A6M0QJ5V8T2N4X7Z9C1D"

KNOWN: Mapping[str, Any] = MappingProxyType(
    {
        **{
            f"{name}Id": f"{prefix}_{_ULID}"
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
        "postIds": [f"post_{_ULID}"],
        "actual": 312,
        "apiVersion": None,
        "attempts": 1,
        "avatarUrl": None,
        "body": {},
        "cid": "bafyreigq4zsipbk5w3uqkb6nh5lwm5e5yrmmnnzmbzl3z4bq7yq4xqvj2a",
        "code": "account.reauth_required",
        "codec": "h264",
        "contentType": "image/png",
        "description": "Our own receiver",
        "daysLeft": 7,
        "displayName": "Somebody",
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
        "firstCommentUri": "at://did:example:somebody/post/3n2v",
        "firstCommentCid": None,
        "handle": "somebody.example",
        "headers": {"content-type": "application/json"},
        "key": "lmp_test_zG4dQZwSTw9hbdZdXac3wLHzpWXlgGbk4VY50L",
        "last4": "Y50L",
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
        "platformAccountId": "did:example:somebody",
        "platformCid": "bafyreigq4zsipbk5w3uqkb6nh5lwm5e5yrmmnnzmbzl3z4bq7yq4xqvj2a",
        "platformUri": "at://did:example:somebody/post/3n2u",
        "platformVersion": None,
        "prefix": "lmp_test_",
        "remediation": "Shorten the text to 300 graphemes or fewer.",
        "revokedAt": None,
        "responseBody": "ok",
        "rule": "body.json",
        "ruleUrl": "https://letmepost.example/docs/preflight/body-json",
        "scenarios": ["ok", "slow", "rate_limited"],
        "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "signingSecret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwbE5nq3TQzVQ=",
        "sourceUrl": "https://docs.example/limits",
        "summary": "Text is at most 300 graphemes.",
        "sunset": "2027-06-15",
        "text": "Hello from letmepost",
        "title": "Example",
        "tokenExpiresAt": None,
        "unit": "graphemes",
        "unpublishedAt": None,
        "removedAt": None,
        "uri": "at://did:example:somebody/post/3n2u",
        "url": "https://example.com/somebody/3n2u",
    }
)

# What most answers leave out.
_SELDOM = {"error", "firstComment", "nextAttemptAt", "options", "scheduledAt", "thread", "threadResults", "warnings"}

_IDS: Mapping[str, str] = MappingProxyType(
    {
        "AccountOfPost": "acc",
        "AccountView": "acc",
        "AttemptView": "att",
        "BatchView": "batch",
        "Canceled": "post",
        "ConnectSessionView": "cs",
        "Deleted": "whe",
        "DeliveryView": "dlv",
        "EndpointView": "whe",
        "EventView": "evt",
        "KeyView": "key",
        "MediaView": "med",
        "Named": "org",
        "NewConnectSessionView": "cs",
        "NewEndpointView": "whe",
        "NewKeyView": "key",
        "OrganizationView": "org",
        "PostRead": "post",
        "PostWithAttempts": "post",
        "ProfileView": "prof",
        "ReplayedOne": "dlv",
    }
)


class Samples:
    """Makes a value for any schema of a description.

    Args:
        platform: the platform that examples show.
    """

    def __init__(self, schemas: Mapping[str, Any], platform: str) -> None:
        self._schemas = schemas
        self._known = {**KNOWN, "platform": platform}

    def of(self, schema: Mapping[str, Any], name: str = "", owner: str = "") -> Any:
        """A value of the schema, which is that of the field `name` of the component `owner`."""
        if "$ref" in schema:
            owner = schema["$ref"].rpartition("/")[2]
            return self.of(self._schemas[owner], name, owner)
        if name == "id" and owner in _IDS:
            return f"{_IDS[owner]}_{_ULID}"
        if "const" in schema:
            return schema["const"]
        if name in self._known and _fits(self._known[name], schema):
            return self._known[name]
        if "anyOf" in schema:
            return self.of(schema["anyOf"][0], name, owner)
        return self._by_type(schema, name, owner)

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
                value = MOMENT if schema.get("format") == "date-time" else schema.get("default", name or "text")
            case "integer" | "number":
                value = schema.get("default", max(1, schema.get("minimum", 1)))
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
