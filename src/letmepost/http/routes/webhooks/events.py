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
    DeliveryPage,
    DeliveryView,
    EventPage,
    EventQuery,
    EventView,
    Replayed,
    ReplayedOne,
    ReplayRange,
)
from letmepost.http.schemas.filters import PageQuery
from letmepost.services.webhooks import stream

router = APIRouter(route_class=GatedRoute, tags=["events"])


@router.get("/v1/events", response_model=EventPage, openapi_extra=needs(Scope.EVENTS_READ))
async def list_events(request: Request, query: Annotated[EventQuery, Query()]) -> Response:
    """List the events that webhooks receive, oldest first. Poll with `cursor`: no event is skipped."""
    after = position(query.cursor) or 0
    async with begin_work(request) as work:
        found = await stream.list_events(work, after=after, types=query.type, limit=query.limit)
    last = found[-1].position if found else after
    caller = caller_of(request)
    return respond(EventPage(data=[EventView.of(event, caller) for event in found], next_cursor=str(last)))


@router.get(
    "/v1/webhook-endpoints/{endpoint_id}/deliveries",
    response_model=DeliveryPage,
    openapi_extra=needs(Scope.WEBHOOKS_READ),
)
async def list_deliveries(endpoint_id: str, request: Request, query: Annotated[PageQuery, Query()]) -> Response:
    """List the deliveries to an endpoint, sent and waiting, newest first."""
    endpoint_uuid, before = path_id(Prefix.ENDPOINT, endpoint_id), before_cursor(Prefix.DELIVERY, query.cursor)
    async with begin_work(request) as work:
        rows = await stream.list_deliveries(work, endpoint_uuid, before=before, limit=query.limit + 1)
    following = next_cursor(Prefix.DELIVERY, [row.id for row in rows], query.limit)
    return respond(DeliveryPage(data=[DeliveryView.of(row) for row in rows[: query.limit]], next_cursor=following))


@router.post(
    "/v1/deliveries/{delivery_id}/replay", response_model=ReplayedOne, openapi_extra=needs(Scope.WEBHOOKS_WRITE)
)
async def replay_delivery(delivery_id: str, request: Request) -> Response:
    """Resend a delivery. Its retry schedule starts again."""
    delivery_uuid = path_id(Prefix.DELIVERY, delivery_id)
    return await perform(request, lambda work: stream.replay_delivery(work, delivery_uuid), ReplayedOne.of)


@router.post(
    "/v1/webhook-endpoints/{endpoint_id}/replay", response_model=Replayed, openapi_extra=needs(Scope.WEBHOOKS_WRITE)
)
async def replay_endpoint(endpoint_id: str, body: ReplayRange, request: Request) -> Response:
    """Send every event of a period to an endpoint, including events from before the endpoint existed."""
    endpoint_uuid = path_id(Prefix.ENDPOINT, endpoint_id)
    return await perform(
        request,
        lambda work: stream.replay_endpoint(work, endpoint_uuid, body.after, body.before),
        lambda count: Replayed(deliveries=count),
    )
