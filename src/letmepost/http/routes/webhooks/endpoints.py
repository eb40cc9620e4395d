"""`/v1/webhook-endpoints`."""

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from letmepost.domain.api_keys import Scope
from letmepost.domain.ids import Prefix
from letmepost.http.gate import GatedRoute, needs
from letmepost.http.paging import before, next_cursor
from letmepost.http.perform import begin_work, perform, perform_remotely, respond
from letmepost.http.schemas.accounts import DeletedObject
from letmepost.http.schemas.base import path_id
from letmepost.http.schemas.filters import PageQuery
from letmepost.http.schemas.keys import RotationOverlap
from letmepost.http.schemas.webhooks import (
    ChangeWebhookEndpoint,
    CreateWebhookEndpoint,
    NewWebhookEndpointView,
    SendTestEvent,
    TestDeliveryView,
    WebhookEndpointPage,
    WebhookEndpointView,
)
from letmepost.http.services import APIServices
from letmepost.services.webhooks import endpoints
from letmepost.services.webhooks.endpoints import EndpointTestResult
from letmepost.services.work import Work

router = APIRouter(route_class=GatedRoute, tags=["webhooks"])


@router.post(
    "/v1/webhook-endpoints",
    response_model=NewWebhookEndpointView,
    status_code=201,
    openapi_extra=needs(Scope.WEBHOOKS_WRITE),
)
async def create_webhook_endpoint(body: CreateWebhookEndpoint, request: Request) -> Response:
    """Register a webhook endpoint. Only this response shows its signing secret."""
    services: APIServices = request.app.state.services
    wanted = body.to_request()
    return await perform(
        request,
        lambda work: services.endpoints.create(work, wanted),
        NewWebhookEndpointView.of_new,
        check=lambda: services.endpoints.check_url(wanted),
        status=201,
        has_secret=True,
    )


@router.get("/v1/webhook-endpoints", response_model=WebhookEndpointPage, openapi_extra=needs(Scope.WEBHOOKS_READ))
async def list_webhook_endpoints(request: Request, query: Annotated[PageQuery, Query()]) -> Response:
    """List webhook endpoints, newest first."""
    async with begin_work(request) as work:
        rows = await endpoints.list_page(work, before=before(Prefix.ENDPOINT, query.cursor), limit=query.limit + 1)
    following = next_cursor(Prefix.ENDPOINT, [row.id for row in rows], query.limit)
    return respond(
        WebhookEndpointPage(data=[WebhookEndpointView.of(row) for row in rows[: query.limit]], next_cursor=following)
    )


@router.get(
    "/v1/webhook-endpoints/{endpoint_id}", response_model=WebhookEndpointView, openapi_extra=needs(Scope.WEBHOOKS_READ)
)
async def get_webhook_endpoint(endpoint_id: str, request: Request) -> Response:
    """Read a webhook endpoint."""
    endpoint_uuid = path_id(Prefix.ENDPOINT, endpoint_id)
    async with begin_work(request) as work:
        row = await endpoints.get(work, endpoint_uuid)
    return respond(WebhookEndpointView.of(row))


@router.patch(
    "/v1/webhook-endpoints/{endpoint_id}", response_model=WebhookEndpointView, openapi_extra=needs(Scope.WEBHOOKS_WRITE)
)
async def change_webhook_endpoint(endpoint_id: str, body: ChangeWebhookEndpoint, request: Request) -> Response:
    """Change a webhook endpoint. Only the fields that are sent change."""
    services: APIServices = request.app.state.services
    endpoint_uuid, wanted = path_id(Prefix.ENDPOINT, endpoint_id), body.to_request()
    return await perform(
        request,
        lambda work: endpoints.change(work, endpoint_uuid, wanted),
        WebhookEndpointView.of,
        check=lambda: services.endpoints.check_url(wanted),
    )


@router.post(
    "/v1/webhook-endpoints/{endpoint_id}/rotate-secret",
    response_model=NewWebhookEndpointView,
    openapi_extra=needs(Scope.WEBHOOKS_WRITE),
)
async def rotate_webhook_secret(endpoint_id: str, request: Request, body: RotationOverlap | None = None) -> Response:
    """Replace the signing secret. Only this response shows the new one.

    For `overlapHours` (24 by default) each delivery is signed with both secrets.
    """
    endpoint_uuid, overlap = (
        path_id(Prefix.ENDPOINT, endpoint_id),
        timedelta(hours=(body or RotationOverlap()).overlap_hours),
    )
    return await perform(
        request,
        lambda work: endpoints.rotate_secret(work, endpoint_uuid, overlap),
        NewWebhookEndpointView.of_new,
        has_secret=True,
    )


@router.post(
    "/v1/webhook-endpoints/{endpoint_id}/test",
    response_model=TestDeliveryView,
    openapi_extra=needs(Scope.WEBHOOKS_WRITE),
)
async def send_test_event(endpoint_id: str, request: Request, body: SendTestEvent | None = None) -> Response:
    """Send a test event now, signed like a real one, and return the endpoint's response.

    `data` is a realistic sample of the event's data, with `test: true`. No list, stream or log contains the event.
    """
    services: APIServices = request.app.state.services
    endpoint_uuid, event = path_id(Prefix.ENDPOINT, endpoint_id), body or SendTestEvent()
    platform = next(iter(services.platforms))

    async def record(_: Work, result: EndpointTestResult) -> EndpointTestResult:
        return result

    return await perform_remotely(
        request,
        prepare=lambda work: endpoints.prepare_test(
            work, endpoint_uuid, event.type, event.data or {}, platform=platform
        ),
        call=services.endpoints.send_test,
        record=record,
        show=TestDeliveryView.of,
    )


@router.delete(
    "/v1/webhook-endpoints/{endpoint_id}", response_model=DeletedObject, openapi_extra=needs(Scope.WEBHOOKS_WRITE)
)
async def delete_webhook_endpoint(endpoint_id: str, request: Request) -> Response:
    """Delete a webhook endpoint."""
    endpoint_uuid = path_id(Prefix.ENDPOINT, endpoint_id)
    return await perform(
        request, lambda work: endpoints.delete(work, endpoint_uuid), DeletedObject.named(Prefix.ENDPOINT)
    )
