"""Refusals about the request itself: HTTP, headers, body, query parameters and the Idempotency-Key."""

from collections.abc import Mapping
from types import MappingProxyType
from uuid import UUID

from letmepost.domain.errors import (
    FixableBy,
    HeadersTooLarge,
    IdempotencyConflict,
    MethodNotAllowed,
    NotFound,
    RateLimited,
    RequestError,
    RequestTimeout,
    TooLarge,
    Unauthorized,
)
from letmepost.domain.ids import Prefix, format_id
from letmepost.domain.refusals.refusal import FieldRefusal, Refusal

HTTP_MALFORMED = Refusal(
    id="http.malformed",
    message="The request is not well-formed HTTP/1.1.",
    remediation="Send the request with an HTTP client library.",
    summary="The server could not parse the request line or the headers.",
    wrong="GET /v1/posts\r\n",
    right="GET /v1/posts HTTP/1.1\r\nHost: api.example.com\r\n",
)
HEADERS_SIZE_MAX = Refusal(
    id="headers.size_max",
    message="The request line and headers are larger than {max_kib} KiB.",
    remediation="Send fewer or shorter headers and query parameters.",
    summary="The request line and all headers together have a maximum size.",
    sample={"max_kib": 32},
    error=HeadersTooLarge,
)
HEADERS_TIMEOUT = Refusal(
    id="headers.timeout",
    message="The headers did not arrive within {seconds:.0f} s.",
    remediation="Send the request again on a new connection.",
    summary="The server closes connections whose request headers arrive too slowly.",
    sample={"seconds": 10},
    error=RequestTimeout,
    retryable=True,
)
BODY_TIMEOUT = Refusal(
    id="body.timeout",
    message="The body arrived at less than {min_kib_per_s} KiB/s for {seconds:.0f} s.",
    remediation="Send the request again over a faster connection.",
    summary="The server closes connections whose request body arrives too slowly.",
    sample={"min_kib_per_s": 1, "seconds": 10},
    error=RequestTimeout,
    retryable=True,
)
CONNECTIONS_MAX = Refusal(
    id="connections.max",
    message="The server has too many open connections.",
    remediation="Retry after 1 s, and reuse connections.",
    summary="The server has as many open connections as it allows (`LETMEPOST_CONNECTIONS_MAX`).",
    error=RateLimited,
    retryable=True,
)
BODY_CONTENT_TYPE = Refusal(
    id="body.content_type",
    message="Content-Type must be application/json, but is {given}.",
    remediation="Send the header `Content-Type: application/json`.",
    summary="A JSON body must be declared as JSON.",
    sample={"given": "`text/plain`"},
    wrong='curl -d \'{"text": "Hello"}\' …',
    right="curl -H 'Content-Type: application/json' -d '{\"text\": \"Hello\"}' …",
)
BODY_JSON = Refusal(
    id="body.json",
    message="The body is not valid JSON: {problem}.",
    remediation="Send one JSON value, encoded in UTF-8. A JSON library creates it correctly.",
    summary="The body must be one JSON value (RFC 8259), encoded in UTF-8.",
    sample={"problem": "Expecting ',' delimiter, line 1 column 18"},
    wrong='{"text": "Hello" "targets": []}',
    right='{"text": "Hello", "targets": []}',
)
BODY_DUPLICATE_FIELD = Refusal(
    id="body.duplicate_field",
    message="Duplicate field: `{field}`.",
    remediation="Send `{field}` once.",
    summary="A JSON object has a field twice. Parsers disagree about which of the two counts, so neither is used.",
    sample={"field": "text"},
    wrong='{"text": "One", "text": "Two"}',
    right='{"text": "One"}',
)
BODY_SIZE_MAX = Refusal(
    id="body.size_max",
    message="The body is larger than {max_mib} MiB.",
    remediation="Upload large files with POST /v1/media, and refer to them by `mediaId`.",
    summary="Each operation limits the size of its body.",
    sample={"max_mib": 1},
    error=TooLarge,
)
BODY_VALUES_MAX = Refusal(
    id="body.values_max",
    message="The body has more than {max_values} values.",
    remediation="Split it into several requests.",
    summary="A body has a maximum number of values, counting every field, item, object and array.",
    sample={"max_values": 20000},
    wrong='{"media": [<20,001 values>]}',
    right='{"media": [<20 values>]}',
)
METHOD_NOT_ALLOWED = Refusal(
    id="method.not_allowed",
    message="{path} does not support {method}.",
    remediation="Use one of these methods: {allowed}.",
    summary="The path exists, but not with this method. The `Allow` header lists the methods that it has.",
    sample={"path": "/v1/posts", "method": "PUT", "allowed": "GET, POST"},
    wrong="PUT /v1/posts",
    right="POST /v1/posts",
    error=MethodNotAllowed,
)
PATH_UNKNOWN = Refusal(
    id="path.unknown",
    message="There is no operation at {method} {path}.",
    remediation="{hint}",
    summary="No operation has this path. All paths start with `/v1/`; `/docs` lists them.",
    sample={"method": "POST", "path": "/posts", "hint": "Did you mean /v1/posts? `/docs` lists every operation."},
    wrong="POST /posts",
    right="POST /v1/posts",
    error=NotFound,
)
PAGE_UNKNOWN = Refusal(
    id="page.unknown",
    message="There is no such page, or its link has expired.",
    remediation="Check the address, or request a new link.",
    summary="A hosted page, a documentation page or a signed link does not exist or has expired.",
    error=NotFound,
)
MCP_NOT_INSTALLED = Refusal(
    id="mcp.not_installed",
    message="This deployment has no MCP server.",
    remediation="Ask the operator to install `letmepost[mcp]`, or run `letmepost mcp` on your machine.",
    summary="`/mcp` needs the extra `mcp` of the package.",
    error=NotFound,
    fixable_by=FixableBy.OPERATOR,
)
MCP_ORIGIN = Refusal(
    id="mcp.origin",
    message="Pages of {origin} must not call the MCP server.",
    remediation="Connect with an MCP client that is not a web page.",
    summary="`/mcp` rejects the pages of other origins. Otherwise a page could use DNS rebinding to reach a server on "
    "the machine of its visitor.",
    sample={"origin": "https://evil.example"},
    error=Unauthorized,
)
NOT_FOUND = Refusal(
    id="resource.not_found",
    message="There is no {noun} with the id `{id}`.",
    remediation="Check the id, and that the key belongs to the same organization, profile and mode (live or test).",
    summary="The resource does not exist, or belongs to another organization, profile or mode. The response is the "
    "same in both cases, so that ids cannot be guessed.",
    sample={"noun": "post", "id": "post_01M80J4QPPFFHRF1R8"},
    error=NotFound,
)
PLATFORM_UNKNOWN = Refusal(
    id="platform.unknown",
    message="Unknown platform: `{given}`.",
    remediation="Use one of: {known}.",
    summary="No platform has this name. `GET /v1/platforms` lists the platforms of the deployment.",
    sample={"given": "myspace", "known": "example, another"},
    wrong='{"targets": [{"platform": "myspace"}]}',
    right='{"targets": [{"platform": "example"}]}',
    error=NotFound,
)
IDEMPOTENCY_KEY_FORMAT = Refusal(
    id="idempotency_key.format",
    message="Idempotency-Key must be 1 to 255 visible ASCII characters.",
    remediation="Send a random UUID.",
    summary="The header accepts 1 to 255 visible ASCII characters, without spaces.",
    wrong="Idempotency-Key: my key",
    right="Idempotency-Key: 5b0f6a34-6f0c-4a0e-9f0a-0f6d1f7f7c3e",
)
IDEMPOTENCY_KEY_IN_PROGRESS = Refusal(
    id="idempotency_key.in_progress",
    message="The first request with this Idempotency-Key is still running.",
    remediation="Send the same request again in {retry_after_s} s.",
    summary="A second request with the same key arrived before the first one ended. The repeat then returns the first "
    "response.",
    sample={"retry_after_s": 1},
    error=IdempotencyConflict,
    retryable=True,
)
IDEMPOTENCY_KEY_SECRET_EXPIRED = Refusal(
    id="idempotency_key.secret_expired",
    message="The first response contained a secret and cannot be shown again.",
    remediation="Read or rotate the resource that was created, or use a new Idempotency-Key.",
    summary="A response with a secret is repeated for ten minutes, and only to the API key that made the request.",
    error=IdempotencyConflict,
)
IDEMPOTENCY_KEY_BODY_MISMATCH = Refusal(
    id="idempotency_key.body_mismatch",
    message="This Idempotency-Key was used for a different request.",
    remediation="Send a new Idempotency-Key, or the original request without changes.",
    summary="A key identifies one request: its method, path and body.",
    error=IdempotencyConflict,
)
RATE_LIMITED = Refusal(
    id="requests.rate_limited",
    message="This API key may make {limit} requests a minute, and all of them are used.",
    remediation="Wait {retry_after_s} s, then send the request again.",
    summary="Each API key has a number of requests per minute. `RateLimit-Remaining` shows how many are left.",
    sample={"limit": 600, "retry_after_s": 12},
    error=RateLimited,
    retryable=True,
)
_NOUNS: Mapping[Prefix, str] = MappingProxyType(
    {
        Prefix.ORGANIZATION: "organization",
        Prefix.PROFILE: "profile",
        Prefix.ACCOUNT: "account",
        Prefix.BATCH: "batch",
        Prefix.POST: "post",
        Prefix.MEDIA: "media item",
        Prefix.API_KEY: "API key",
        Prefix.ENDPOINT: "webhook endpoint",
        Prefix.DELIVERY: "delivery",
        Prefix.CONNECT_SESSION: "connect session",
    }
)


def not_found(prefix: Prefix, given: UUID | str) -> RequestError:
    """Return the error of an id that names nothing the caller can see. `given`: the id, as a UUID or as it was sent."""
    text = format_id(prefix, given) if isinstance(given, UUID) else given
    return NOT_FOUND(noun=_NOUNS[prefix], id=text)


CURSOR = FieldRefusal(
    message="`{field}` is not a cursor of this list.",
    remediation="Send `nextCursor` of the previous page unchanged, or omit `{field}` to start at the first page.",
    sample={"field": "cursor"},
)
NUL_CHARACTER = FieldRefusal(
    message="`{field}` contains a NUL character.",
    remediation="Remove the NUL character.",
    sample={"field": "externalUserId"},
)
TEXT_TOO_LONG = FieldRefusal(
    message="`{field}` has {actual} characters. At most {limit} are allowed.",
    remediation="Shorten it to {limit} characters or fewer.",
    sample={"field": "text", "actual": 200000, "limit": 100000},
)
TEXT_NOT_STORABLE = FieldRefusal(
    message="`{field}` contains a NUL character or half of a surrogate pair.",
    remediation="Send well-formed Unicode text without NUL characters.",
    sample={"field": "text"},
)
