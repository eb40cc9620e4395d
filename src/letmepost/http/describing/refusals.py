"""Which refusals an operation knows, each with an example."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

from letmepost.domain.errors import ErrorCode
from letmepost.domain.sizes import JSON_BODY_MAX_BYTES, MIB
from letmepost.http.gate import ANY_KEY, OPERATOR, scope_of

_ENVELOPE = {"$ref": "#/components/schemas/ErrorEnvelope"}

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
}
_FETCHES = {"importMedia"}
_NAMES_A_PLATFORM = {"createSandboxAccount"}

_EXAMPLES: Mapping[str, tuple[int, str, Mapping[str, str]]] = MappingProxyType(
    {
        "Invalid": (
            400,
            "The request is wrong, or breaks a rule of a platform. Nothing was stored or sent.",
            {
                "code": ErrorCode.VALIDATION_FAILED,
                "message": "scheduledAt.timezone: has no time zone: end it with Z or an offset such as +01:00",
                "rule": "scheduledAt.timezone",
                "remediation": "End the time with `Z` or an offset.",
            },
        ),
        "Unauthenticated": (
            401,
            "No valid key.",
            {"code": ErrorCode.UNAUTHENTICATED, "message": "The API key is missing, malformed, expired or revoked."},
        ),
        "Unauthorized": (
            403,
            "The key may not do this, or the platform is not set up here.",
            {
                "code": ErrorCode.UNAUTHORIZED,
                "message": "This API key lacks the scope posts:write.",
                "rule": "scope.missing",
                "remediation": "Use a key that has posts:write.",
            },
        ),
        "NotFound": (
            404,
            "Absent, or another tenant's.",
            {"code": ErrorCode.NOT_FOUND, "message": "There is no such post."},
        ),
        "Conflict": (
            409,
            "The state forbids it, or the Idempotency-Key was used with another request.",
            {
                "code": ErrorCode.IDEMPOTENCY_CONFLICT,
                "message": "This Idempotency-Key was used with another request.",
                "rule": "idempotency_key.body_mismatch",
                "remediation": "Send a new key, or the original request.",
            },
        ),
        "TooLarge": (
            413,
            "The body is larger than this operation takes.",
            {
                "code": ErrorCode.VALIDATION_FAILED,
                "message": f"The body is larger than {JSON_BODY_MAX_BYTES // MIB} MiB.",
                "rule": "body.size_max",
            },
        ),
        "TooMany": (
            429,
            "The key's rate limit, or a quota, is used up.",
            {"code": ErrorCode.RATE_LIMITED, "message": "Too many requests with this API key."},
        ),
        "Defect": (
            500,
            "Something broke on our side.",
            {"code": ErrorCode.INTERNAL_ERROR, "message": "Something went wrong on our side."},
        ),
        "PlatformRefused": (
            502,
            "The platform refused.",
            {"code": ErrorCode.PLATFORM_REJECTED, "message": "The platform refused it."},
        ),
        "PlatformAway": (
            503,
            "The platform, or what was to be fetched, does not answer.",
            {"code": ErrorCode.PLATFORM_UNAVAILABLE, "message": "The platform does not answer."},
        ),
    }
)
_WAITS = {"TooMany", "Conflict"}


def responses() -> dict[str, Any]:
    """Every refusal, for `components`."""
    return {name: _response(name) for name in _EXAMPLES}


def _response(name: str) -> dict[str, Any]:
    _, description, fields = _EXAMPLES[name]
    links = {"docUrl": f"https://letmepost.example/docs/errors/{fields['code']}", "requestId": "req_01M80J4QPPFFHRF1R8"}
    headers = ["X-Request-Id", *(["Retry-After"] if name in _WAITS else [])]
    return {
        "description": description,
        "headers": {header: {"$ref": f"#/components/headers/{header}"} for header in headers},
        "content": {"application/json": {"schema": _ENVELOPE, "example": {"error": {**fields, **links}}}},
    }


def refusals_of(method: str, path: str, operation: Mapping[str, Any]) -> dict[str, Any]:
    """The refusals that an operation can be answered with, by status."""
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
        "Conflict": scope is not None and method != "get",
        "TooLarge": "requestBody" in operation,
        "TooMany": scope not in {None, OPERATOR},
        "Defect": True,
        "PlatformRefused": asks,
        "PlatformAway": asks or operation["operationId"] in _FETCHES,
    }
    yield from (name for name, is_known in knows.items() if is_known)
