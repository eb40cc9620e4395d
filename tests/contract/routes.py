"""Every route, with its scope and a valid request.

A route without a row here fails `test_routes.py`, so that each new route declares who may use it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from letmepost.domain.api_keys import Scope
from letmepost.domain.ids import Prefix
from letmepost.http.gate import ANY_KEY, OPERATOR
from letmepost.http.schemas.resources import CHANGES, RESOURCES
from letmepost.platforms import discover

PLATFORM = next(iter(discover()))

Body = Mapping[str, Any] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One operation.

    Args:
        scope: the required scope; `any` for every key, `operator` for the operator's token, None for public routes.
        about: the kind of resource that the id in the path names.
        body: a well-formed body.
        query: the query that makes an endless response end.
    """

    method: str
    path: str
    scope: str | None
    about: Prefix | None = None
    body: Body = None
    query: str = ""

    @property
    def line(self) -> str:
        return f"{self.method} {self.path}"

    def path_to(self, spelled: str) -> str:
        """Return the path with this id."""
        parts = (_FILLED.get(part, spelled) if part.startswith("{") else part for part in self.path.split("/"))
        return "/".join(parts) + self.query


_FILLED = {
    "{platform}": PLATFORM,
    "{code}": "not_found",
    "{page}": "nothing",
    "{token}": "nothing",
    "{address}": "nothing",
}
_POST: Body = {"targets": [{"platform": PLATFORM}], "text": "Hello"}
_KEY: Body = {"name": "new"}
_RANGE: Body = {"after": "2026-11-01T00:00:00Z", "before": "2026-11-02T00:00:00Z"}
_URL: Body = {"url": "http://127.0.0.1:49151/"}


def _row(line: str, scope: str | None, about: Prefix | None = None, body: Body = None, query: str = "") -> Row:
    method, path = line.split(" ")
    return Row(method=method, path=path, scope=scope, about=about, body=body, query=query)


_S, _P = Scope, Prefix
_CHANGE_BODIES: Mapping[str, Body] = {
    "pinterest/boards": {"name": "Recipes"},
    "pinterest/default-board": {"boardId": "549755885175"},
}
CHANGE_ROWS: tuple[Row, ...] = tuple(
    _row(
        f"{one.method} /v1/accounts/{{account_id}}/{one.name}", _S.ACCOUNTS_WRITE, _P.ACCOUNT, _CHANGE_BODIES[one.name]
    )
    for one in CHANGES
)
RESOURCE_ROWS: tuple[Row, ...] = (
    *(_row(f"GET /v1/accounts/{{account_id}}/{name}", _S.ACCOUNTS_READ, _P.ACCOUNT) for name in RESOURCES),
    *CHANGE_ROWS,
)
"""What platforms declare for their accounts. The platform of the table has none of it."""
ROWS: tuple[Row, ...] = (
    _row("POST /v1/posts", _S.POSTS_WRITE, body=_POST),
    _row("GET /v1/posts", _S.POSTS_READ),
    _row("POST /v1/social-posts", None, body={"caption": "Hello"}),
    _row("POST /v1/posts/validate", _S.POSTS_WRITE, body=_POST),
    _row("POST /v1/posts/bulk", _S.POSTS_WRITE, body={"posts": [_POST]}),
    _row("POST /v1/posts/retry", _S.POSTS_WRITE, body={"filter": {}}),
    _row("GET /v1/posts/{post_id}", _S.POSTS_READ, _P.POST),
    _row("PATCH /v1/posts/{post_id}", _S.POSTS_WRITE, _P.POST, {"text": "Other"}),
    _row("DELETE /v1/posts/{post_id}", _S.POSTS_WRITE, _P.POST),
    _row("POST /v1/posts/{post_id}/retry", _S.POSTS_WRITE, _P.POST, {}),
    _row("POST /v1/posts/{post_id}/duplicate", _S.POSTS_WRITE, _P.POST),
    _row("POST /v1/posts/{post_id}/resolve", _S.POSTS_WRITE, _P.POST, {"outcome": "not_published"}),
    _row("POST /v1/posts/{post_id}/unpublish", _S.POSTS_WRITE, _P.POST),
    _row("GET /v1/posts/{post_id}/timeline", _S.POSTS_READ, _P.POST),
    _row("GET /v1/batches/{batch_id}", _S.POSTS_READ, _P.BATCH),
    _row("POST /v1/batches/{batch_id}/publish", _S.POSTS_WRITE, _P.BATCH),
    _row("DELETE /v1/batches/{batch_id}", _S.POSTS_WRITE, _P.BATCH),
    _row("GET /v1/accounts", _S.ACCOUNTS_READ),
    _row("GET /v1/accounts/{account_id}", _S.ACCOUNTS_READ, _P.ACCOUNT),
    _row("PATCH /v1/accounts/{account_id}", _S.ACCOUNTS_WRITE, _P.ACCOUNT, {"displayName": "Other"}),
    _row("POST /v1/accounts/{account_id}/check", _S.ACCOUNTS_WRITE, _P.ACCOUNT),
    *RESOURCE_ROWS,
    _row("DELETE /v1/accounts/{account_id}", _S.ACCOUNTS_WRITE, _P.ACCOUNT),
    _row("POST /v1/accounts/connect/{platform}", _S.ACCOUNTS_WRITE, body={}),
    _row("POST /v1/accounts/connect/{platform}/complete", _S.ACCOUNTS_WRITE, body={}),
    _row("GET /v1/accounts/oauth/{platform}/callback", None),
    _row("POST /v1/accounts/oauth/{platform}/deauthorize", None),
    _row("POST /v1/accounts/oauth/{platform}/notifications", None),
    _row("POST /v1/accounts/oauth/{platform}/data-deletion", None),
    _row("GET /v1/accounts/oauth/{platform}/data-deletion", None),
    _row("POST /v1/connect-sessions", _S.ACCOUNTS_WRITE, body={"returnUrl": "http://127.0.0.1/"}),
    _row("GET /v1/connect-sessions/{session_id}", _S.ACCOUNTS_READ, _P.CONNECT_SESSION),
    _row("GET /connect/{address}", None),
    _row("POST /connect/{address}", None),
    _row("POST /v1/sandbox/accounts", _S.ACCOUNTS_WRITE, body={"platform": PLATFORM}),
    _row("GET /v1/sandbox/{platform}/posts", _S.POSTS_READ),
    _row("GET /v1/sandbox/clock", _S.POSTS_READ),
    _row("POST /v1/sandbox/clock", _S.POSTS_WRITE, body={"advanceS": 60}),
    _row("POST /v1/sandbox/reset", _S.POSTS_WRITE),
    _row("POST /internal/sandbox/{world}/clock", None, body={"advanceS": 60}),
    _row("POST /v1/media", _S.MEDIA_WRITE),
    _row("GET /v1/media", _S.MEDIA_READ),
    _row("POST /v1/media/import", _S.MEDIA_WRITE, body=_URL),
    _row("POST /v1/media/uploads", _S.MEDIA_WRITE, body={"filename": "clip.mp4", "sizeBytes": 5}),
    _row("PUT /v1/media/uploads/{token}", None),
    _row("GET /v1/media/{media_id}", _S.MEDIA_READ, _P.MEDIA),
    _row("DELETE /v1/media/{media_id}", _S.MEDIA_WRITE, _P.MEDIA),
    _row("POST /v1/media/{media_id}/complete", _S.MEDIA_WRITE, _P.MEDIA),
    _row("GET /media/{token}", None),
    _row("HEAD /media/{token}", None),
    _row("GET /robots.txt", None),
    _row("HEAD /robots.txt", None),
    _row("GET /v1/api-keys", _S.KEYS_READ),
    _row("POST /v1/api-keys", _S.KEYS_WRITE, body=_KEY),
    _row("DELETE /v1/api-keys/{key_id}", _S.KEYS_WRITE, _P.API_KEY),
    _row("POST /v1/api-keys/{key_id}/rotate", _S.KEYS_WRITE, _P.API_KEY, {}),
    _row("GET /v1/me", ANY_KEY),
    _row("GET /v1/usage", ANY_KEY),
    _row("GET /v1/profiles", _S.ACCOUNTS_READ),
    _row("POST /v1/profiles", _S.ACCOUNTS_WRITE, body={"name": "Brand"}),
    _row("GET /v1/profiles/{profile_id}", _S.ACCOUNTS_READ, _P.PROFILE),
    _row("PATCH /v1/profiles/{profile_id}", _S.ACCOUNTS_WRITE, _P.PROFILE, {"name": "Other"}),
    _row("DELETE /v1/profiles/{profile_id}", _S.ACCOUNTS_WRITE, _P.PROFILE),
    _row("GET /v1/platforms", ANY_KEY),
    _row("GET /v1/platform-versions", None),
    _row("GET /v1/organizations", OPERATOR),
    _row("POST /v1/organizations", OPERATOR, body={"name": "Tenant"}),
    _row("GET /v1/organizations/{organization_id}", OPERATOR, _P.ORGANIZATION),
    _row("PATCH /v1/organizations/{organization_id}", OPERATOR, _P.ORGANIZATION, {"name": "Other"}),
    _row("DELETE /v1/organizations/{organization_id}", OPERATOR, _P.ORGANIZATION),
    _row("POST /v1/organizations/{organization_id}/api-keys", OPERATOR, _P.ORGANIZATION, _KEY),
    _row("GET /v1/webhook-endpoints", _S.WEBHOOKS_READ),
    _row("POST /v1/webhook-endpoints", _S.WEBHOOKS_WRITE, body=_URL),
    _row("GET /v1/webhook-endpoints/{endpoint_id}", _S.WEBHOOKS_READ, _P.ENDPOINT),
    _row("PATCH /v1/webhook-endpoints/{endpoint_id}", _S.WEBHOOKS_WRITE, _P.ENDPOINT, {"description": "Other"}),
    _row("DELETE /v1/webhook-endpoints/{endpoint_id}", _S.WEBHOOKS_WRITE, _P.ENDPOINT),
    _row("POST /v1/webhook-endpoints/{endpoint_id}/rotate-secret", _S.WEBHOOKS_WRITE, _P.ENDPOINT, {}),
    _row("POST /v1/webhook-endpoints/{endpoint_id}/test", _S.WEBHOOKS_WRITE, _P.ENDPOINT, {}),
    _row("POST /v1/webhook-endpoints/{endpoint_id}/replay", _S.WEBHOOKS_WRITE, _P.ENDPOINT, _RANGE),
    _row("GET /v1/webhook-endpoints/{endpoint_id}/deliveries", _S.WEBHOOKS_READ, _P.ENDPOINT),
    _row("POST /v1/deliveries/{delivery_id}/replay", _S.WEBHOOKS_WRITE, _P.DELIVERY),
    _row("GET /v1/events", _S.EVENTS_READ),
    _row("GET /v1/pauses", OPERATOR),
    _row("POST /v1/pauses", OPERATOR, body={"platform": PLATFORM}),
    _row("POST /v1/pauses/resume", OPERATOR, body={"platform": PLATFORM}),
    _row("GET /v1/events/stream", _S.EVENTS_READ, query="?cursor=none"),
    _row("POST /mcp", ANY_KEY, body={}),
    _row("GET /health", None),
    _row("GET /ready", None),
    _row("GET /docs", None),
    _row("GET /docs/errors", None),
    _row("GET /docs/errors/{code}", None),
    _row("GET /docs/permissions", None),
    _row("GET /docs/preflight", None),
    _row("GET /docs/preflight/{page}", None),
    _row("GET /docs/statuses", None),
    _row("GET /docs/{path:path}", None),
    _row("GET /llms.txt", None),
    _row("GET /llms-full.txt", None),
)
