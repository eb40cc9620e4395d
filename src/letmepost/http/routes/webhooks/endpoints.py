"""`/v1/webhook-endpoints`."""

from datetime import timedelta
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
from letmepost.http.schemas.keys import Overlap
from letmepost.http.schemas.webhooks import (
    ChangeEndpoint,
    CreateEndpoint,
    EndpointList,
    EndpointView,
    NewEndpointView,
    SendTest,
    TestedView,
)
from letmepost.http.services import APIServices
from letmepost.services.webhooks.endpoints import NewEndpoint

router = APIRouter(route_class=GatedRoute, tags=["webhooks"])


@router.post(
    "/v1/webhook-endpoints",
    response_model=NewEndpointView,
    status_code=201,
    openapi_extra=needs(Scope.WEBHOOKS_WRITE),
)
async def create_endpoint(body: CreateEndpoint, request: Request) -> Response:
    """Register a webhook endpoint. Its signing secret is shown this once."""
    services: APIServices = request.app.state.services

    def shown(made: NewEndpoint) -> NewEndpointView:
        return NewEndpointView(**EndpointView.fields(made.row), signing_secret=made.secret)

    wanted = await once(request, shown, status=201, has_secret=True)
    return await respond(request, wanted, services.endpoints.create(caller_of(request), body.to_request(), wanted))


@router.get("/v1/webhook-endpoints", response_model=EndpointList, openapi_extra=needs(Scope.WEBHOOKS_READ))
async def list_endpoints(request: Request, query: Annotated[PageQuery, Query()]) -> Response:
    """List webhook endpoints, newest first."""
    services: APIServices = request.app.state.services
    rows = await services.endpoints.list_page(
        caller_of(request), before=before(Prefix.ENDPOINT, query.cursor), limit=query.limit + 1
    )
    following = next_cursor(Prefix.ENDPOINT, [row.id for row in rows], query.limit)
    return show(EndpointList(data=[EndpointView.of(row) for row in rows[: query.limit]], next_cursor=following))


@router.get(
    "/v1/webhook-endpoints/{endpoint_id}", response_model=EndpointView, openapi_extra=needs(Scope.WEBHOOKS_READ)
)
async def get_endpoint(endpoint_id: str, request: Request) -> Response:
    """Read a webhook endpoint."""
    services: APIServices = request.app.state.services
    row = await services.endpoints.get(caller_of(request), find_id(Prefix.ENDPOINT, endpoint_id))
    return show(EndpointView.of(row))


@router.patch(
    "/v1/webhook-endpoints/{endpoint_id}", response_model=EndpointView, openapi_extra=needs(Scope.WEBHOOKS_WRITE)
)
async def change_endpoint(endpoint_id: str, body: ChangeEndpoint, request: Request) -> Response:
    """Change what is sent of a webhook endpoint."""
    services: APIServices = request.app.state.services
    wanted = await once(request, EndpointView.of)
    endpoint_uuid = find_id(Prefix.ENDPOINT, endpoint_id)
    changing = services.endpoints.change(caller_of(request), endpoint_uuid, body.to_request(), wanted)
    return await respond(request, wanted, changing)


@router.post(
    "/v1/webhook-endpoints/{endpoint_id}/rotate-secret",
    response_model=NewEndpointView,
    openapi_extra=needs(Scope.WEBHOOKS_WRITE),
)
async def rotate_secret(endpoint_id: str, request: Request, body: Overlap | None = None) -> Response:
    """A new signing secret, shown this once; the old one signs beside it for `overlapHours` (24 by default)."""
    services: APIServices = request.app.state.services

    def shown(made: NewEndpoint) -> NewEndpointView:
        return NewEndpointView(**EndpointView.fields(made.row), signing_secret=made.secret)

    wanted = await once(request, shown, has_secret=True)
    overlap = timedelta(hours=(body or Overlap()).overlap_hours)
    endpoint_uuid = find_id(Prefix.ENDPOINT, endpoint_id)
    rotating = services.endpoints.rotate_secret(caller_of(request), endpoint_uuid, overlap, wanted)
    return await respond(request, wanted, rotating)


@router.post(
    "/v1/webhook-endpoints/{endpoint_id}/test", response_model=TestedView, openapi_extra=needs(Scope.WEBHOOKS_WRITE)
)
async def send_test_event(endpoint_id: str, request: Request, body: SendTest | None = None) -> Response:
    """Send a made-up event now, signed as a real one, and see how it is received."""
    services: APIServices = request.app.state.services
    event, wanted = body or SendTest(), await once(request, TestedView.of)
    sending = services.endpoints.send_test(
        caller_of(request), find_id(Prefix.ENDPOINT, endpoint_id), event.type, event.data or {}, wanted
    )
    return await respond(request, wanted, sending)


@router.delete("/v1/webhook-endpoints/{endpoint_id}", response_model=Deleted, openapi_extra=needs(Scope.WEBHOOKS_WRITE))
async def delete_endpoint(endpoint_id: str, request: Request) -> Response:
    """Delete a webhook endpoint."""
    services: APIServices = request.app.state.services

    def gone(endpoint_uuid: UUID) -> Deleted:
        return Deleted(id=spell(Prefix.ENDPOINT, endpoint_uuid))

    wanted = await once(request, gone)
    deleting = services.endpoints.delete(caller_of(request), find_id(Prefix.ENDPOINT, endpoint_id), wanted)
    return await respond(request, wanted, deleting)
