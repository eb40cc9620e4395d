"""Errors that `refusals` does not derive from an operation: of the server itself, and of single operations."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

from letmepost.domain.errors import ErrorCode
from letmepost.domain.sizes import HEAD_MAX_BYTES, KIB
from letmepost.http.describing.samples import KNOWN
from letmepost.http.gate import OPERATOR, scope_of

_BY_SERVER: Mapping[str, tuple[int, str, Mapping[str, str]]] = MappingProxyType(
    {
        "TooSlow": (
            408,
            "The headers did not arrive within 10 s, or the body arrives at less than 1 KiB/s.",
            {
                "code": ErrorCode.VALIDATION_FAILED,
                "message": "The headers did not arrive within 10 s.",
                "rule": "headers.timeout",
                "remediation": "Send the request again on a new connection.",
            },
        ),
        "HeadersTooLarge": (
            431,
            f"The request line and the headers are larger than {HEAD_MAX_BYTES // KIB} KiB.",
            {
                "code": ErrorCode.VALIDATION_FAILED,
                "message": f"The request line and headers are larger than {HEAD_MAX_BYTES // KIB} KiB.",
                "rule": "headers.size_max",
                "remediation": "Send fewer or shorter headers and query parameters.",
            },
        ),
    }
)
"""What the server responds with before any operation runs."""

_OF_OPERATIONS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        # A media item that the request names does not exist, or belongs to another profile.
        "createPost": ("NotFound",),
        "validatePost": ("NotFound",),
        # The profile does not exist.
        "uploadMedia": ("NotFound",),
        "importMedia": ("NotFound",),
        "startMediaUpload": ("NotFound",),
        # The platform does not exist.
        "createConnectSession": ("NotFound",),
        # The URL is signed. It names a media item that may be gone, or may have its bytes already.
        "uploadMediaBytes": ("Invalid", "NotFound", "Conflict"),
    }
)
_STATUS = {"Invalid": "400", "NotFound": "404", "Conflict": "409", "TooMany": "429"}


def more_responses() -> dict[str, Any]:
    """Return the responses of the server, for `components`."""
    return {name: _response(description, fields) for name, (_, description, fields) in _BY_SERVER.items()}


def more_statuses(operation: Mapping[str, Any]) -> dict[str, Any]:
    """Return more responses of an operation, by status."""
    by_server = {str(status): name for name, (status, _, _) in _BY_SERVER.items()}
    names = {**by_server, **{_STATUS[name]: name for name in _names(operation)}}
    return {status: {"$ref": f"#/components/responses/{name}"} for status, name in names.items()}


def _names(operation: Mapping[str, Any]) -> Iterator[str]:
    yield from _OF_OPERATIONS.get(operation["operationId"], ())
    if scope_of(operation) == OPERATOR:  # too many wrong operator tokens
        yield "TooMany"


def _response(description: str, fields: Mapping[str, str]) -> dict[str, Any]:
    links = {
        "docUrl": f"https://letmepost.example/docs/errors/{fields['code']}",
        "ruleUrl": f"https://letmepost.example/docs/preflight/{fields['rule'].replace('.', '-')}",
        "requestId": KNOWN["requestId"],
    }
    return {
        "description": description,
        "headers": {"X-Request-Id": {"$ref": "#/components/headers/X-Request-Id"}},
        "content": {
            "application/json": {
                "schema": {"$ref": "#/components/schemas/ErrorEnvelope"},
                "example": {"error": {**fields, **links}},
            }
        },
    }
