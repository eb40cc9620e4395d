"""`/v1/profiles`."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from letmepost.domain.api_keys import Scope
from letmepost.domain.ids import Prefix, spell
from letmepost.http.answers import once, respond, show
from letmepost.http.gate import GatedRoute, caller_of, needs
from letmepost.http.paging import before, next_cursor
from letmepost.http.schemas.accounts import Deleted
from letmepost.http.schemas.base import find_id
from letmepost.http.schemas.filters import PageQuery
from letmepost.http.schemas.profiles import NameProfile, ProfileList, ProfileView
from letmepost.http.services import APIServices

router = APIRouter(route_class=GatedRoute, tags=["profiles"])


@router.get("/v1/profiles", response_model=ProfileList, openapi_extra=needs(Scope.ACCOUNTS_READ))
async def list_profiles(request: Request, query: Annotated[PageQuery, Query()]) -> Response:
    """List profiles, newest first."""
    services: APIServices = request.app.state.services
    rows = await services.profiles.list_page(
        caller_of(request), before=before(Prefix.PROFILE, query.cursor), limit=query.limit + 1
    )
    following = next_cursor(Prefix.PROFILE, [row.id for row in rows], query.limit)
    return show(ProfileList(data=[ProfileView.of(row) for row in rows[: query.limit]], next_cursor=following))


@router.post("/v1/profiles", response_model=ProfileView, status_code=201, openapi_extra=needs(Scope.ACCOUNTS_WRITE))
async def create_profile(body: NameProfile, request: Request) -> Response:
    """Add a profile."""
    services: APIServices = request.app.state.services
    wanted = await once(request, ProfileView.of, status=201)
    return await respond(request, wanted, services.profiles.create(caller_of(request), body.name, wanted))


@router.get("/v1/profiles/{profile_id}", response_model=ProfileView, openapi_extra=needs(Scope.ACCOUNTS_READ))
async def get_profile(profile_id: str, request: Request) -> Response:
    """Read a profile."""
    services: APIServices = request.app.state.services
    row = await services.profiles.get(caller_of(request), find_id(Prefix.PROFILE, profile_id))
    return show(ProfileView.of(row))


@router.patch("/v1/profiles/{profile_id}", response_model=ProfileView, openapi_extra=needs(Scope.ACCOUNTS_WRITE))
async def rename_profile(profile_id: str, body: NameProfile, request: Request) -> Response:
    """Give a profile another name."""
    services: APIServices = request.app.state.services
    wanted = await once(request, ProfileView.of)
    profile_uuid = find_id(Prefix.PROFILE, profile_id)
    renaming = services.profiles.rename(caller_of(request), profile_uuid, body.name, wanted)
    return await respond(request, wanted, renaming)


@router.delete("/v1/profiles/{profile_id}", response_model=Deleted, openapi_extra=needs(Scope.ACCOUNTS_WRITE))
async def delete_profile(profile_id: str, request: Request) -> Response:
    """Remove a profile that nothing belongs to."""
    services: APIServices = request.app.state.services

    def gone(profile_uuid: UUID) -> Deleted:
        return Deleted(id=spell(Prefix.PROFILE, profile_uuid))

    wanted = await once(request, gone)
    deleting = services.profiles.delete(caller_of(request), find_id(Prefix.PROFILE, profile_id), wanted)
    return await respond(request, wanted, deleting)
