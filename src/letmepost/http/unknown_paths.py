"""Paths and methods that do not exist: which ones were probably meant."""

from difflib import get_close_matches
from http import HTTPStatus

from fastapi import Request
from starlette.exceptions import HTTPException
from starlette.routing import Match, Route

from letmepost.domain import refusals
from letmepost.domain.errors import RequestError
from letmepost.services.shapes import shortened

_CUTOFF = 0.75


def explain_http(request: Request, error: HTTPException) -> tuple[RequestError, dict[str, str]]:
    """Return the error of a request that the framework rejects, and the headers of its response."""
    headers = dict(error.headers or {})
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        allowed = ", ".join(_allowed_methods(request))
        refusal = refusals.requests.METHOD_NOT_ALLOWED
        return refusal(path=request.url.path, method=request.method, allowed=allowed), {"allow": allowed}
    if error.status_code == HTTPStatus.NOT_FOUND:
        return _unknown_path(request), headers
    return refusals.fields.INVALID(field="body", problem=str(error.detail).rstrip(".")), headers


def _allowed_methods(request: Request) -> list[str]:
    """Return the methods of every operation at the path of a request. Each operation is a separate route."""
    methods = {method for route in _matching(request, request.url.path) for method in route.methods or ()}
    return sorted(methods)


def _unknown_path(request: Request) -> RequestError:
    path = shortened(request.url.path)
    meant = _meant(request, path)
    hint = "`/docs` lists every operation."
    return refusals.requests.PATH_UNKNOWN(
        method=request.method,
        path=path,
        suggestion=meant,
        hint=hint if meant is None else f"Send the request to {meant}. {hint}",
    )


def _meant(request: Request, path: str) -> str | None:
    with_version = f"/v1{path}"
    if _matching(request, with_version):
        return with_version
    paths = {route.path for route in request.app.state.routes}
    return next(iter(get_close_matches(path, paths, n=1, cutoff=_CUTOFF)), None)


def _matching(request: Request, path: str) -> list[Route]:
    scope = {**request.scope, "path": path}
    return [route for route in request.app.state.routes if route.matches(scope)[0] is not Match.NONE]
