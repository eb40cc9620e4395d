"""`/v1/webhook-endpoints`."""

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from letmepost.domain.api_keys import Scope
from letmepost.domain.ids import Prefix
from letmepost.http.gate import GatedRoute, needs
from letmepost.http.paging import before, next_cursor
from letmepost.http.perform import begin_work, perform, perform_remotely, respond
from letmepost.http.schemas.accounts import Deleted
from letmepost.http.schemas.base import path_id
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
from letmepost.services.webhooks import endpoints
from letmepost.services.webhooks.endpoints import EndpointTestResult
from letmepost.services.work import Work

router = APIRouter(route_class=GatedRoute, tags=["webhooks"])


@router.post(
    "/v1/webhook-endpoints",
    response_model=NewEndpointView,
    status_code=201,
    openapi_extra=needs(Scope.WEBHOOKS_WRITE),
)
async def create_endpoint(body: CreateEndpoint, request: Request) -> Response:
    """Create a webhook endpoint. Its signing secret is shown only once."""
    services: APIServices = request.app.state.services
    wanted = body.to_request()
    return await perform(
        request,
        lambda work: services.endpoints.create(work, wanted),
        NewEndpointView.of_new,
        check=lambda: services.endpoints.check_url(wanted),
        status=201,
        has_secret=True,
    )


@router.get("/v1/webhook-endpoints", response_model=EndpointList, openapi_extra=needs(Scope.WEBHOOKS_READ))
async def list_endpoints(request: Request, query: Annotated[PageQuery, Query()]) -> Response:
    """List webhook endpoints, newest first."""
    async with begin_work(request) as work:
        rows = await endpoints.list_page(work, before=before(Prefix.ENDPOINT, query.cursor), limit=query.limit + 1)
    following = next_cursor(Prefix.ENDPOINT, [row.id for row in rows], query.limit)
    return respond(EndpointList(data=[EndpointView.of(row) for row in rows[: query.limit]], next_cursor=following))


@router.get(
    "/v1/webhook-endpoints/{endpoint_id}", response_model=EndpointView, openapi_extra=needs(Scope.WEBHOOKS_READ)
)
async def get_endpoint(endpoint_id: str, request: Request) -> Response:
    """Read a webhook endpoint."""
    endpoint_uuid = path_id(Prefix.ENDPOINT, endpoint_id)
    async with begin_work(request) as work:
        row = await endpoints.get(work, endpoint_uuid)
    return respond(EndpointView.of(row))


@router.patch(
    "/v1/webhook-endpoints/{endpoint_id}", response_model=EndpointView, openapi_extra=needs(Scope.WEBHOOKS_WRITE)
)
async def change_endpoint(endpoint_id: str, body: ChangeEndpoint, request: Request) -> Response:
    """Change a webhook endpoint. Omitted fields do not change."""
    services: APIServices = request.app.state.services
    endpoint_uuid, wanted = path_id(Prefix.ENDPOINT, endpoint_id), body.to_request()
    return await perform(
        request,
        lambda work: endpoints.change(work, endpoint_uuid, wanted),
        EndpointView.of,
        check=lambda: services.endpoints.check_url(wanted),
    )


@router.post(
    "/v1/webhook-endpoints/{endpoint_id}/rotate-secret",
    response_model=NewEndpointView,
    openapi_extra=needs(Scope.WEBHOOKS_WRITE),
)
async def rotate_secret(endpoint_id: str, request: Request, body: Overlap | None = None) -> Response:
    """Create a new signing secret, shown only once. The old one also signs for `overlapHours` (24 by default)."""
    endpoint_uuid, overlap = path_id(Prefix.ENDPOINT, endpoint_id), timedelta(hours=(body or Overlap()).overlap_hours)
    return await perform(
        request,
        lambda work: endpoints.rotate_secret(work, endpoint_uuid, overlap),
        NewEndpointView.of_new,
        has_secret=True,
    )


@router.post(
    "/v1/webhook-endpoints/{endpoint_id}/test", response_model=TestedView, openapi_extra=needs(Scope.WEBHOOKS_WRITE)
)
async def send_test_event(endpoint_id: str, request: Request, body: SendTest | None = None) -> Response:
    """Send a signed test event now, and return the endpoint's response."""
    services: APIServices = request.app.state.services
    endpoint_uuid, event = path_id(Prefix.ENDPOINT, endpoint_id), body or SendTest()

    async def record(_: Work, result: EndpointTestResult) -> EndpointTestResult:
        return result

    return await perform_remotely(
        request,
        prepare=lambda work: endpoints.prepare_test(work, endpoint_uuid, event.type, event.data or {}),
        call=services.endpoints.send_test,
        record=record,
        show=TestedView.of,
    )


@router.delete("/v1/webhook-endpoints/{endpoint_id}", response_model=Deleted, openapi_extra=needs(Scope.WEBHOOKS_WRITE))
async def delete_endpoint(endpoint_id: str, request: Request) -> Response:
    """Delete a webhook endpoint."""
    endpoint_uuid = path_id(Prefix.ENDPOINT, endpoint_id)
    return await perform(request, lambda work: endpoints.delete(work, endpoint_uuid), Deleted.named(Prefix.ENDPOINT))
