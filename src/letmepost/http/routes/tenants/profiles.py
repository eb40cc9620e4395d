"""`/v1/profiles`."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from letmepost.domain.api_keys import Scope
from letmepost.domain.ids import Prefix
from letmepost.http.gate import GatedRoute, needs
from letmepost.http.paging import before, next_cursor
from letmepost.http.perform import begin_work, perform, respond
from letmepost.http.schemas.accounts import DeletedObject
from letmepost.http.schemas.base import path_id
from letmepost.http.schemas.filters import PageQuery
from letmepost.http.schemas.profiles import NameProfile, ProfileList, ProfileView
from letmepost.services.tenants import profiles

router = APIRouter(route_class=GatedRoute, tags=["profiles"])


@router.get("/v1/profiles", response_model=ProfileList, openapi_extra=needs(Scope.ACCOUNTS_READ))
async def list_profiles(request: Request, query: Annotated[PageQuery, Query()]) -> Response:
    """List profiles, newest first."""
    async with begin_work(request) as work:
        rows = await profiles.list_page(work, before=before(Prefix.PROFILE, query.cursor), limit=query.limit + 1)
    following = next_cursor(Prefix.PROFILE, [row.id for row in rows], query.limit)
    return respond(ProfileList(data=[ProfileView.of(row) for row in rows[: query.limit]], next_cursor=following))


@router.post("/v1/profiles", response_model=ProfileView, status_code=201, openapi_extra=needs(Scope.ACCOUNTS_WRITE))
async def create_profile(body: NameProfile, request: Request) -> Response:
    """Create a profile."""
    return await perform(request, lambda work: profiles.create(work, body.name), ProfileView.of, status=201)


@router.get("/v1/profiles/{profile_id}", response_model=ProfileView, openapi_extra=needs(Scope.ACCOUNTS_READ))
async def get_profile(profile_id: str, request: Request) -> Response:
    """Read a profile."""
    profile_uuid = path_id(Prefix.PROFILE, profile_id)
    async with begin_work(request) as work:
        row = await profiles.get(work, profile_uuid)
    return respond(ProfileView.of(row))


@router.patch("/v1/profiles/{profile_id}", response_model=ProfileView, openapi_extra=needs(Scope.ACCOUNTS_WRITE))
async def rename_profile(profile_id: str, body: NameProfile, request: Request) -> Response:
    """Rename a profile."""
    profile_uuid = path_id(Prefix.PROFILE, profile_id)
    return await perform(request, lambda work: profiles.rename(work, profile_uuid, body.name), ProfileView.of)


@router.delete("/v1/profiles/{profile_id}", response_model=DeletedObject, openapi_extra=needs(Scope.ACCOUNTS_WRITE))
async def delete_profile(profile_id: str, request: Request) -> Response:
    """Delete an empty profile."""
    profile_uuid = path_id(Prefix.PROFILE, profile_id)
    return await perform(request, lambda work: profiles.delete(work, profile_uuid), DeletedObject.named(Prefix.PROFILE))
