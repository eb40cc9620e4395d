"""`/v1/api-keys` and `/v1/me`."""

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from letmepost.domain.api_keys import Scope
from letmepost.domain.ids import Prefix, spell
from letmepost.http.gate import ANY_KEY, GatedRoute, caller_of, needs
from letmepost.http.paging import before, next_cursor
from letmepost.http.perform import begin_work, perform, respond
from letmepost.http.schemas.base import path_id
from letmepost.http.schemas.filters import PageQuery
from letmepost.http.schemas.keys import CreateKey, KeyList, KeyView, Me, Named, NewKeyView, Overlap, Revoked
from letmepost.http.services import APIServices
from letmepost.services.tenants import api_keys

router = APIRouter(route_class=GatedRoute, tags=["keys"])


@router.post("/v1/api-keys", response_model=NewKeyView, status_code=201, openapi_extra=needs(Scope.KEYS_WRITE))
async def create_key(body: CreateKey, request: Request) -> Response:
    """Create an API key that has at most the rights of yours. The key is shown only once."""
    services: APIServices = request.app.state.services
    wanted = body.to_request(caller_of(request).mode)
    return await perform(
        request,
        lambda work: services.api_keys.mint(work, wanted),
        NewKeyView.minted,
        status=201,
        has_secret=True,
    )


@router.get("/v1/api-keys", response_model=KeyList, openapi_extra=needs(Scope.KEYS_READ))
async def list_keys(request: Request, query: Annotated[PageQuery, Query()]) -> Response:
    """List API keys, newest first."""
    async with begin_work(request) as work:
        rows = await api_keys.list_page(work, before=before(Prefix.API_KEY, query.cursor), limit=query.limit + 1)
    following = next_cursor(Prefix.API_KEY, [row.id for row in rows], query.limit)
    return respond(KeyList(data=[KeyView.of(row) for row in rows[: query.limit]], next_cursor=following))


@router.delete("/v1/api-keys/{key_id}", response_model=Revoked, openapi_extra=needs(Scope.KEYS_WRITE))
async def revoke_key(key_id: str, request: Request) -> Response:
    """Revoke an API key. It stops working everywhere within a second."""
    services: APIServices = request.app.state.services
    key_uuid = path_id(Prefix.API_KEY, key_id)
    return await perform(request, lambda work: services.api_keys.revoke(work, key_uuid), Revoked.of)


@router.post(
    "/v1/api-keys/{key_id}/rotate", response_model=NewKeyView, status_code=201, openapi_extra=needs(Scope.KEYS_WRITE)
)
async def rotate_key(key_id: str, request: Request, body: Overlap | None = None) -> Response:
    """Create a key with the rights of an old one. The old key works for another `overlapHours` (24 by default)."""
    services: APIServices = request.app.state.services
    key_uuid = path_id(Prefix.API_KEY, key_id)
    overlap = timedelta(hours=(body or Overlap()).overlap_hours)
    return await perform(
        request,
        lambda work: services.api_keys.rotate(work, key_uuid, overlap),
        NewKeyView.minted,
        status=201,
        has_secret=True,
    )


@router.get("/v1/me", response_model=Me, openapi_extra=needs(ANY_KEY))
async def read_me(request: Request) -> Response:
    """Read the API key of this request and its rights."""
    caller = caller_of(request)
    async with begin_work(request) as work:
        name, key = await api_keys.describe(work)
    organization = Named(id=spell(Prefix.ORGANIZATION, caller.organization_id), name=name)
    return respond(Me(organization=organization, mode=caller.mode, key=KeyView.of(key)))
