"""`/v1/organizations`, for the operator."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from letmepost.domain.api_keys import Mode
from letmepost.domain.ids import Prefix
from letmepost.http.gate import OPERATOR, GatedRoute, needs
from letmepost.http.paging import before, next_cursor
from letmepost.http.perform import begin_work_for_operator, perform_for_operator, respond
from letmepost.http.schemas.accounts import DeletedObject
from letmepost.http.schemas.base import path_id
from letmepost.http.schemas.filters import PageQuery
from letmepost.http.schemas.keys import CreateApiKey, NewApiKeyView
from letmepost.http.schemas.organizations import (
    ChangeOrganization,
    CreateOrganization,
    OrganizationList,
    OrganizationView,
)
from letmepost.services.tenants import organizations

router = APIRouter(route_class=GatedRoute, tags=["operator"])


@router.post("/v1/organizations", response_model=OrganizationView, status_code=201, openapi_extra=needs(OPERATOR))
async def create_organization(body: CreateOrganization, request: Request) -> Response:
    """Create an organization with a default profile."""
    return await perform_for_operator(
        request, lambda work: organizations.create(work, body.name), OrganizationView.of, status=201
    )


@router.get("/v1/organizations", response_model=OrganizationList, openapi_extra=needs(OPERATOR))
async def list_organizations(request: Request, query: Annotated[PageQuery, Query()]) -> Response:
    """List organizations, newest first."""
    below = before(Prefix.ORGANIZATION, query.cursor)
    async with begin_work_for_operator(request) as work:
        rows = await organizations.list_page(work, before=below, limit=query.limit + 1)
    following = next_cursor(Prefix.ORGANIZATION, [row.id for row in rows], query.limit)
    shown = [OrganizationView.of(row) for row in rows[: query.limit]]
    return respond(OrganizationList(data=shown, next_cursor=following))


@router.get("/v1/organizations/{organization_id}", response_model=OrganizationView, openapi_extra=needs(OPERATOR))
async def get_organization(organization_id: str, request: Request) -> Response:
    """Read an organization with its settings."""
    organization_uuid = path_id(Prefix.ORGANIZATION, organization_id)
    async with begin_work_for_operator(request) as work:
        row = await organizations.get(work, organization_uuid)
    return respond(OrganizationView.of(row))


@router.patch("/v1/organizations/{organization_id}", response_model=OrganizationView, openapi_extra=needs(OPERATOR))
async def change_organization(organization_id: str, body: ChangeOrganization, request: Request) -> Response:
    """Change an organization. Only the fields that are sent change. `null` removes a value."""
    organization_uuid, values = path_id(Prefix.ORGANIZATION, organization_id), body.to_values()
    return await perform_for_operator(
        request, lambda work: organizations.change(work, organization_uuid, values), OrganizationView.of
    )


@router.delete("/v1/organizations/{organization_id}", response_model=DeletedObject, openapi_extra=needs(OPERATOR))
async def delete_organization(organization_id: str, request: Request) -> Response:
    """Delete an organization permanently.

    Its keys are revoked within a second, its queued posts are canceled, and its credentials are erased immediately.
    Posts and files are deleted in the background. Only its audit log stays. Nothing changes on the platforms.
    """
    organization_uuid = path_id(Prefix.ORGANIZATION, organization_id)
    return await perform_for_operator(
        request, lambda work: organizations.delete(work, organization_uuid), DeletedObject.named(Prefix.ORGANIZATION)
    )


@router.post(
    "/v1/organizations/{organization_id}/api-keys",
    response_model=NewApiKeyView,
    status_code=201,
    openapi_extra=needs(OPERATOR),
)
async def create_organization_api_key(organization_id: str, body: CreateApiKey, request: Request) -> Response:
    """Create an API key for an organization. Only this response shows it."""
    organization_uuid, wanted = path_id(Prefix.ORGANIZATION, organization_id), body.to_request(Mode.LIVE)
    return await perform_for_operator(
        request,
        lambda work: organizations.mint_key(work, organization_uuid, wanted),
        NewApiKeyView.minted,
        status=201,
        has_secret=True,
    )
