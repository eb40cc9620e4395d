"""The gate in front of every route: checks the API key, its scope, the rate limit and the query parameters.

A route declares its scope with `needs(...)`. The gate runs before the body is read, so that an unauthenticated caller
cannot make the server read megabytes.
"""

from collections.abc import Callable, Coroutine, Mapping
from typing import Any, ClassVar

from fastapi import Request, Response
from fastapi.routing import APIRoute

from letmepost.domain import refusals
from letmepost.domain.api_keys import Scope
from letmepost.domain.text import is_storable
from letmepost.gateways.rate_limits import RateLimits
from letmepost.http.bodies import JSONRequest
from letmepost.http.query_parameters import DeclaredQuery
from letmepost.http.services import APIServices
from letmepost.services.callers import Caller
from letmepost.services.tenants.api_keys import ApiKeys

_SCOPE = "x-scope"
OPERATOR = "operator"
ANY_KEY = "any"
"""The scope of routes that every API key may use."""


def needs(scope: Scope | str) -> dict[str, Any]:
    """Return a route's `openapi_extra` that declares the scope its callers need."""
    return {_SCOPE: str(scope)}


def scope_of(extra: Mapping[str, Any] | None) -> str | None:
    """Return the scope of a route; None for a public one."""
    return (extra or {}).get(_SCOPE)


class GatedRoute(APIRoute):
    """A route behind the gate."""

    takes_any_query: ClassVar[bool] = False
    """True if unknown query parameters are ignored instead of rejected."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return a handler that checks the request before the route runs."""
        handle, needed = super().get_route_handler(), scope_of(self.openapi_extra)
        scope = None if needed in {None, OPERATOR, ANY_KEY} else Scope(needed)
        takes_json = self.body_field is not None
        declared = None if self.takes_any_query else DeclaredQuery(self.dependant)

        async def gated(request: Request) -> Response:
            if needed == OPERATOR:
                await _admit_operator(request)
            elif needed is not None:
                await _admit(request, scope)
            _check_query(request)
            if declared is not None:
                declared.check(request.query_params)
            if not takes_json:
                return await handle(request)
            body = JSONRequest(request.scope, request.receive)
            await body.read()
            return await handle(body)

        return gated


class OpenQueryRoute(GatedRoute):
    """A route that ignores unknown query parameters, because other software adds them to its URL.

    A server must ignore parameters that it does not know when a person returns from a consent page (RFC 6749 section
    4.1.2, https://www.rfc-editor.org/rfc/rfc6749#section-4.1.2, checked 2026-11-28). Other parameters come from
    trackers (links to hosted pages), caches (signed URLs) and monitors (health checks).
    """

    takes_any_query = True


async def _admit(request: Request, scope: Scope | None) -> None:
    services: APIServices = request.app.state.services
    caller = await authenticated(request, services.api_keys)
    request.state.caller = caller
    await _count(request, services.rate_limits, caller, services.requests_per_minute)
    if scope is not None and scope not in caller.scopes:
        raise refusals.keys.SCOPE_MISSING(scope=scope)


async def authenticated(request: Request, keys: ApiKeys) -> Caller:
    """Return the caller of a request.

    Raises:
        Unauthenticated: the request has no valid key.
    """
    header = request.headers.get("authorization", "")
    kind, _, key = header.partition(" ")
    if not header:
        raise refusals.keys.API_KEY_MISSING()
    if kind.lower() != "bearer":
        raise refusals.keys.API_KEY_NOT_BEARER()
    return await keys.authenticate(key.strip())


async def _count(request: Request, limits: RateLimits, caller: Caller, default: int) -> None:
    allowance = await limits.take(str(caller.key_id), caller.requests_per_minute or default)
    request.state.allowance = allowance
    if allowance.is_exceeded:
        raise refusals.requests.RATE_LIMITED(limit=allowance.limit, retry_after_s=allowance.reset_s)


async def _admit_operator(request: Request) -> None:
    services: APIServices = request.app.state.services
    if services.operator_token is None:
        raise refusals.requests.PAGE_UNKNOWN()
    kind, _, given = request.headers.get("authorization", "").partition(" ")
    if kind.lower() != "bearer" or not given.strip():
        raise refusals.keys.OPERATOR_TOKEN_MISSING()
    limits = services.client_limits
    await limits.check_operator_token(limits.client_of(request), given.strip(), services.operator_token)


def _check_query(request: Request) -> None:
    for name, value in request.query_params.multi_items():
        if not is_storable(value):
            raise refusals.requests.NUL_CHARACTER(field=name)


def caller_of(request: Request) -> Caller:
    """Return the caller that the gate admitted."""
    caller: Caller = request.state.caller
    return caller
