"""The errors of each operation, with examples."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

from pydantic.alias_generators import to_camel

from letmepost.domain import refusals
from letmepost.domain.errors import FailureKind, PlatformFailure, RequestError
from letmepost.domain.ids import Prefix
from letmepost.domain.sizes import HEAD_MAX_BYTES, JSON_BODY_MAX_BYTES, KIB, MIB
from letmepost.http.errors import INTERNAL_ERROR, error_fields
from letmepost.http.gate import ANY_KEY, OPERATOR, scope_of
from letmepost.http.schemas.resources import CHANGES, RESOURCES, route_name

_ENVELOPE = {"$ref": "#/components/schemas/ErrorEnvelope"}

_OF_RESOURCES = frozenset(
    to_camel(name)
    for name in (
        *(route_name("GET", name) for name in RESOURCES),
        *(route_name(change.method, change.name) for change in CHANGES),
    )
)

# Operations that wait for a platform, or for its simulator.
_ASKS_A_PLATFORM = {
    "startConnect",
    "completeConnect",
    "checkAccount",
    "disconnectAccount",
    "unpublishPost",
    "createSandboxAccount",
    "listSandboxPosts",
    "advanceSandboxClock",
    "resetSandbox",
    *_OF_RESOURCES,
}
_FETCHES = {"importMedia"}
_NAMES_A_PLATFORM = {"createSandboxAccount"}

_EXAMPLES: Mapping[str, tuple[int, str, RequestError | PlatformFailure | None]] = MappingProxyType(
    {
        "Invalid": (
            400,
            "The request is wrong, or breaks a rule of a platform. Nothing was stored or sent.",
            refusals.posts.SCHEDULED_AT_TIMEZONE(field="scheduledAt"),
        ),
        "Unauthenticated": (401, "The API key is missing or invalid.", refusals.keys.API_KEY_MISSING()),
        "Unauthorized": (
            403,
            "The key does not permit the operation, or the platform is not enabled.",
            refusals.keys.SCOPE_MISSING(scope="posts:write"),
        ),
        "NotFound": (
            404,
            "The resource does not exist, or belongs to another tenant.",
            refusals.requests.not_found(Prefix.POST, "post_01M80J4QPPFFHRF1R8"),
        ),
        "Conflict": (
            409,
            "The current state forbids it, or the Idempotency-Key was used for another request.",
            refusals.requests.IDEMPOTENCY_KEY_BODY_MISMATCH(),
        ),
        "TooLarge": (
            413,
            "The body is larger than the operation accepts.",
            refusals.requests.BODY_SIZE_MAX(max_mib=JSON_BODY_MAX_BYTES // MIB),
        ),
        "TooSlow": (
            408,
            "The headers or the body arrived too slowly.",
            refusals.requests.HEADERS_TIMEOUT(seconds=10),
        ),
        "HeadersTooLarge": (
            431,
            "The request line and the headers are too large.",
            refusals.requests.HEADERS_SIZE_MAX(max_kib=HEAD_MAX_BYTES // KIB),
        ),
        "TooMany": (
            429,
            "The rate limit of the key, or a quota, is used up.",
            refusals.requests.RATE_LIMITED(limit=600, retry_after_s=12),
        ),
        "Defect": (500, "An internal error occurred.", None),
        "PlatformRefused": (
            502,
            "The platform rejected it.",
            PlatformFailure(FailureKind.REJECTED, "The platform rejected the request."),
        ),
        "PlatformAway": (
            503,
            "The platform, or the server of a media URL, does not respond.",
            PlatformFailure(FailureKind.UNAVAILABLE, "The platform does not respond."),
        ),
    }
)
_OF_OPERATIONS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        # A media item that the request names does not exist, or belongs to another profile.
        "createPost": ("NotFound",),
        "validatePost": ("NotFound",),
        # An unknown query parameter.
        "listPlatformVersions": ("Invalid",),
        # The platform does not exist.
        "createConnectSession": ("NotFound",),
        # The URL is signed. It names a media item that may be gone, or may have its bytes already.
        "uploadMediaBytes": ("Invalid", "NotFound", "Conflict"),
    }
)
_WAITS = {"TooMany", "Conflict"}


def responses() -> dict[str, Any]:
    """Return every error response, for `components`."""
    return {name: _response(name) for name in _EXAMPLES}


def _response(name: str) -> dict[str, Any]:
    _, description, error = _EXAMPLES[name]
    fields = INTERNAL_ERROR if error is None else error_fields(error)
    links = {"docUrl": f"https://letmepost.example/docs/errors/{fields['code']}", "requestId": "req_01M80J4QPPFFHRF1R8"}
    headers = ["X-Request-Id", *(["Retry-After"] if name in _WAITS else [])]
    return {
        "description": description,
        "headers": {header: {"$ref": f"#/components/headers/{header}"} for header in headers},
        "content": {"application/json": {"schema": _ENVELOPE, "example": {"error": {**fields, **links}}}},
    }


def refusals_of(method: str, path: str, operation: Mapping[str, Any]) -> dict[str, Any]:
    """Return the error responses of an operation, by status."""
    return {
        str(_EXAMPLES[name][0]): {"$ref": f"#/components/responses/{name}"}
        for name in _names(method, path, operation, scope_of(operation))
    }


def _names(method: str, path: str, operation: Mapping[str, Any], scope: str | None) -> Iterator[str]:
    asks = operation["operationId"] in _ASKS_A_PLATFORM
    knows = {
        "Invalid": scope is not None,
        "Unauthenticated": scope is not None,
        "Unauthorized": scope not in {None, ANY_KEY, OPERATOR},
        "NotFound": scope is not None
        and ("{" in path or scope == OPERATOR or operation["operationId"] in _NAMES_A_PLATFORM),
        "Conflict": scope is not None and (method != "get" or operation["operationId"] in _OF_RESOURCES),
        "TooLarge": "requestBody" in operation,
        "TooMany": scope is not None,
        "TooSlow": True,
        "HeadersTooLarge": True,
        "Defect": True,
        "PlatformRefused": asks,
        "PlatformAway": asks or operation["operationId"] in _FETCHES,
    }
    yield from (name for name, is_known in knows.items() if is_known)
    yield from _OF_OPERATIONS.get(operation["operationId"], ())
