"""`/v1/api-keys` and `/v1/me`."""

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from letmepost.domain.api_keys import Scope
from letmepost.domain.ids import Prefix, format_id
from letmepost.http.gate import ANY_KEY, GatedRoute, caller_of, needs
from letmepost.http.paging import before, next_cursor
from letmepost.http.perform import begin_work, perform, respond
from letmepost.http.schemas.base import path_id
from letmepost.http.schemas.filters import PageQuery
from letmepost.http.schemas.keys import (
    ApiKeyPage,
    ApiKeyView,
    CreateApiKey,
    CurrentKey,
    NewApiKeyView,
    OrganizationReference,
    RevokedApiKey,
    RotationOverlap,
)
from letmepost.http.services import APIServices
from letmepost.services.tenants import api_keys

router = APIRouter(route_class=GatedRoute, tags=["keys"])


@router.post("/v1/api-keys", response_model=NewApiKeyView, status_code=201, openapi_extra=needs(Scope.KEYS_WRITE))
async def create_api_key(body: CreateApiKey, request: Request) -> Response:
    """Create an API key with at most the rights of your own key. Only this response shows it."""
    services: APIServices = request.app.state.services
    wanted = body.to_request(caller_of(request).mode)
    return await perform(
        request,
        lambda work: services.api_keys.mint(work, wanted),
        NewApiKeyView.minted,
        status=201,
        has_secret=True,
    )


@router.get("/v1/api-keys", response_model=ApiKeyPage, openapi_extra=needs(Scope.KEYS_READ))
async def list_api_keys(request: Request, query: Annotated[PageQuery, Query()]) -> Response:
    """List API keys, newest first."""
    async with begin_work(request) as work:
        rows = await api_keys.list_page(work, before=before(Prefix.API_KEY, query.cursor), limit=query.limit + 1)
    following = next_cursor(Prefix.API_KEY, [row.id for row in rows], query.limit)
    return respond(ApiKeyPage(data=[ApiKeyView.of(row) for row in rows[: query.limit]], next_cursor=following))


@router.delete("/v1/api-keys/{key_id}", response_model=RevokedApiKey, openapi_extra=needs(Scope.KEYS_WRITE))
async def revoke_api_key(key_id: str, request: Request) -> Response:
    """Revoke an API key. This takes effect within a second."""
    services: APIServices = request.app.state.services
    key_uuid = path_id(Prefix.API_KEY, key_id)
    return await perform(request, lambda work: services.api_keys.revoke(work, key_uuid), RevokedApiKey.of)


@router.post(
    "/v1/api-keys/{key_id}/rotate", response_model=NewApiKeyView, status_code=201, openapi_extra=needs(Scope.KEYS_WRITE)
)
async def rotate_api_key(key_id: str, request: Request, body: RotationOverlap | None = None) -> Response:
    """Create an API key with the rights of an old one, which stays valid for `overlapHours` (24 by default)."""
    services: APIServices = request.app.state.services
    key_uuid = path_id(Prefix.API_KEY, key_id)
    overlap = timedelta(hours=(body or RotationOverlap()).overlap_hours)
    return await perform(
        request,
        lambda work: services.api_keys.rotate(work, key_uuid, overlap),
        NewApiKeyView.minted,
        status=201,
        has_secret=True,
    )


@router.get("/v1/me", response_model=CurrentKey, openapi_extra=needs(ANY_KEY))
async def get_current_key(request: Request) -> Response:
    """Read the API key of this request: its organization, mode and scopes."""
    caller = caller_of(request)
    async with begin_work(request) as work:
        name, key = await api_keys.describe(work)
    organization = OrganizationReference(id=format_id(Prefix.ORGANIZATION, caller.organization_id), name=name)
    return respond(CurrentKey(organization=organization, mode=caller.mode, key=ApiKeyView.of(key)))
