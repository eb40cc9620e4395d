"""`/v1/api-keys` and `/v1/me`."""

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from letmepost.domain.api_keys import Scope
from letmepost.domain.ids import Prefix, spell
from letmepost.http.answers import once, respond, show
from letmepost.http.gate import ANY_KEY, GatedRoute, caller_of, needs
from letmepost.http.paging import before, next_cursor
from letmepost.http.schemas.base import find_id
from letmepost.http.schemas.filters import PageQuery
from letmepost.http.schemas.keys import CreateKey, KeyList, KeyView, Me, Named, NewKeyView, Overlap, Revoked
from letmepost.http.services import APIServices

router = APIRouter(route_class=GatedRoute, tags=["keys"])


@router.post("/v1/api-keys", response_model=NewKeyView, status_code=201, openapi_extra=needs(Scope.KEYS_WRITE))
async def create_key(body: CreateKey, request: Request) -> Response:
    """Mint a key with at most your own rights. It is shown this once."""
    services: APIServices = request.app.state.services
    caller = caller_of(request)
    wanted = await once(request, NewKeyView.minted, status=201, has_secret=True)
    return await respond(request, wanted, services.api_keys.mint(caller, body.to_request(caller.mode), wanted))


@router.get("/v1/api-keys", response_model=KeyList, openapi_extra=needs(Scope.KEYS_READ))
async def list_keys(request: Request, query: Annotated[PageQuery, Query()]) -> Response:
    """List keys, newest first."""
    services: APIServices = request.app.state.services
    rows = await services.api_keys.list_page(
        caller_of(request), before=before(Prefix.API_KEY, query.cursor), limit=query.limit + 1
    )
    following = next_cursor(Prefix.API_KEY, [row.id for row in rows], query.limit)
    return show(KeyList(data=[KeyView.of(row) for row in rows[: query.limit]], next_cursor=following))


@router.delete("/v1/api-keys/{key_id}", response_model=Revoked, openapi_extra=needs(Scope.KEYS_WRITE))
async def revoke_key(key_id: str, request: Request) -> Response:
    """Revoke a key, everywhere within a second."""
    services: APIServices = request.app.state.services

    wanted = await once(request, Revoked.of)
    revoking = services.api_keys.revoke(caller_of(request), find_id(Prefix.API_KEY, key_id), wanted)
    return await respond(request, wanted, revoking)


@router.post(
    "/v1/api-keys/{key_id}/rotate", response_model=NewKeyView, status_code=201, openapi_extra=needs(Scope.KEYS_WRITE)
)
async def rotate_key(key_id: str, request: Request, body: Overlap | None = None) -> Response:
    """Mint a key with the rights of an old one, which goes on working for `overlapHours` (24 by default)."""
    services: APIServices = request.app.state.services
    wanted = await once(request, NewKeyView.minted, status=201, has_secret=True)
    overlap = timedelta(hours=(body or Overlap()).overlap_hours)
    rotating = services.api_keys.rotate(caller_of(request), find_id(Prefix.API_KEY, key_id), overlap, wanted)
    return await respond(request, wanted, rotating)


@router.get("/v1/me", response_model=Me, openapi_extra=needs(ANY_KEY))
async def read_me(request: Request) -> Response:
    """What this key is and may do."""
    services: APIServices = request.app.state.services
    caller = caller_of(request)
    name, key = await services.api_keys.describe(caller)
    organization = Named(id=spell(Prefix.ORGANIZATION, caller.organization_id), name=name)
    return show(Me(organization=organization, mode=caller.mode, key=KeyView.of(key)))
