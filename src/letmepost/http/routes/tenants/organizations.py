"""The operator's `/v1/organizations`."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from letmepost.domain.api_keys import Mode
from letmepost.domain.ids import Prefix, spell
from letmepost.http.answers import once_for_operator, respond_to_operator, show
from letmepost.http.gate import OPERATOR, GatedRoute, needs
from letmepost.http.paging import before, next_cursor
from letmepost.http.schemas.accounts import Deleted
from letmepost.http.schemas.base import find_id
from letmepost.http.schemas.filters import PageQuery
from letmepost.http.schemas.keys import CreateKey, NewKeyView
from letmepost.http.schemas.organizations import (
    ChangeOrganization,
    CreateOrganization,
    OrganizationList,
    OrganizationView,
)
from letmepost.http.services import APIServices

router = APIRouter(route_class=GatedRoute, tags=["operator"])


@router.post("/v1/organizations", response_model=OrganizationView, status_code=201, openapi_extra=needs(OPERATOR))
async def create_organization(body: CreateOrganization, request: Request) -> Response:
    """Create a tenant, with its default profile."""
    services: APIServices = request.app.state.services
    wanted = await once_for_operator(request, OrganizationView.of, status=201)
    return await respond_to_operator(wanted, services.organizations.create(body.name, wanted))


@router.get("/v1/organizations", response_model=OrganizationList, openapi_extra=needs(OPERATOR))
async def list_organizations(request: Request, query: Annotated[PageQuery, Query()]) -> Response:
    """List tenants, newest first."""
    services: APIServices = request.app.state.services
    rows = await services.organizations.list_page(
        before=before(Prefix.ORGANIZATION, query.cursor), limit=query.limit + 1
    )
    following = next_cursor(Prefix.ORGANIZATION, [row.id for row in rows], query.limit)
    return show(OrganizationList(data=[OrganizationView.of(row) for row in rows[: query.limit]], next_cursor=following))


@router.get("/v1/organizations/{organization_id}", response_model=OrganizationView, openapi_extra=needs(OPERATOR))
async def get_organization(organization_id: str, request: Request) -> Response:
    """Read a tenant, with what is set for it."""
    services: APIServices = request.app.state.services
    return show(OrganizationView.of(await services.organizations.get(find_id(Prefix.ORGANIZATION, organization_id))))


@router.patch("/v1/organizations/{organization_id}", response_model=OrganizationView, openapi_extra=needs(OPERATOR))
async def change_organization(organization_id: str, body: ChangeOrganization, request: Request) -> Response:
    """Rename a tenant, or set its quotas and what its late posts do. Only what is sent changes; `null` removes."""
    services: APIServices = request.app.state.services
    wanted = await once_for_operator(request, OrganizationView.of)
    organization_uuid = find_id(Prefix.ORGANIZATION, organization_id)
    changing = services.organizations.change(organization_uuid, body.to_values(), wanted)
    return await respond_to_operator(wanted, changing)


@router.delete("/v1/organizations/{organization_id}", response_model=Deleted, openapi_extra=needs(OPERATOR))
async def delete_organization(organization_id: str, request: Request) -> Response:
    """Remove a tenant for good.

    Its keys end within a second, what waits is canceled, and its credentials are erased at once. Posts and files follow
    in the background. Only the record of changes to it stays. Nothing is revoked or deleted on the platforms.
    """
    services: APIServices = request.app.state.services

    def gone(organization_uuid: UUID) -> Deleted:
        return Deleted(id=spell(Prefix.ORGANIZATION, organization_uuid))

    wanted = await once_for_operator(request, gone)
    deleting = services.organizations.delete(find_id(Prefix.ORGANIZATION, organization_id), wanted)
    return await respond_to_operator(wanted, deleting)


@router.post(
    "/v1/organizations/{organization_id}/api-keys",
    response_model=NewKeyView,
    status_code=201,
    openapi_extra=needs(OPERATOR),
)
async def create_first_key(organization_id: str, body: CreateKey, request: Request) -> Response:
    """Mint a key for a tenant. It is shown this once."""
    services: APIServices = request.app.state.services
    wanted = await once_for_operator(request, NewKeyView.minted, status=201, has_secret=True)
    organization_uuid = find_id(Prefix.ORGANIZATION, organization_id)
    minting = services.organizations.mint_key(organization_uuid, body.to_request(Mode.LIVE), wanted)
    return await respond_to_operator(wanted, minting)
