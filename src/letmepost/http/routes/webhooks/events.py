"""`/v1/events` and the deliveries of webhook endpoints."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from letmepost.domain.api_keys import Scope
from letmepost.domain.ids import Prefix
from letmepost.http.gate import GatedRoute, caller_of, needs
from letmepost.http.paging import before as before_cursor
from letmepost.http.paging import next_cursor, position
from letmepost.http.perform import begin_work, perform, respond
from letmepost.http.schemas.base import path_id
from letmepost.http.schemas.events import (
    EventPage,
    EventQuery,
    EventView,
    ReplayedDeliveries,
    ReplayedDelivery,
    ReplayRange,
    WebhookDeliveryPage,
    WebhookDeliveryView,
)
from letmepost.http.schemas.filters import PageQuery
from letmepost.services.webhooks import stream

router = APIRouter(route_class=GatedRoute, tags=["events"])


@router.get("/v1/events", response_model=EventPage, openapi_extra=needs(Scope.EVENTS_READ))
async def list_events(request: Request, query: Annotated[EventQuery, Query()]) -> Response:
    """List events, oldest first. These are the events that webhooks receive. None is ever skipped."""
    after = position(query.cursor) or 0
    async with begin_work(request) as work:
        found = await stream.list_events(work, after=after, types=query.type, limit=query.limit)
    last = found[-1].position if found else after
    caller = caller_of(request)
    return respond(EventPage(data=[EventView.of(event, caller).plain() for event in found], next_cursor=str(last)))


@router.get(
    "/v1/webhook-endpoints/{endpoint_id}/deliveries",
    response_model=WebhookDeliveryPage,
    openapi_extra=needs(Scope.WEBHOOKS_READ),
)
async def list_webhook_deliveries(endpoint_id: str, request: Request, query: Annotated[PageQuery, Query()]) -> Response:
    """List the deliveries to a webhook endpoint, newest first."""
    endpoint_uuid, before = path_id(Prefix.ENDPOINT, endpoint_id), before_cursor(Prefix.DELIVERY, query.cursor)
    async with begin_work(request) as work:
        rows = await stream.list_deliveries(work, endpoint_uuid, before=before, limit=query.limit + 1)
    following = next_cursor(Prefix.DELIVERY, [row.id for row in rows], query.limit)
    return respond(
        WebhookDeliveryPage(data=[WebhookDeliveryView.of(row) for row in rows[: query.limit]], next_cursor=following)
    )


@router.post(
    "/v1/deliveries/{delivery_id}/replay", response_model=ReplayedDelivery, openapi_extra=needs(Scope.WEBHOOKS_WRITE)
)
async def replay_webhook_delivery(delivery_id: str, request: Request) -> Response:
    """Send a delivery again, from the start of its retry schedule."""
    delivery_uuid = path_id(Prefix.DELIVERY, delivery_id)
    return await perform(request, lambda work: stream.replay_delivery(work, delivery_uuid), ReplayedDelivery.of)


@router.post(
    "/v1/webhook-endpoints/{endpoint_id}/replay",
    response_model=ReplayedDeliveries,
    openapi_extra=needs(Scope.WEBHOOKS_WRITE),
)
async def replay_events(endpoint_id: str, body: ReplayRange, request: Request) -> Response:
    """Send every event of a period to a webhook endpoint, including those from before it existed."""
    endpoint_uuid = path_id(Prefix.ENDPOINT, endpoint_id)
    return await perform(
        request,
        lambda work: stream.replay_endpoint(work, endpoint_uuid, body.after, body.before),
        lambda count: ReplayedDeliveries(deliveries=count),
    )
