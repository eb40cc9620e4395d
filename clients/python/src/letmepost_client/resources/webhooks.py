"""Webhook endpoints, deliveries and events."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from letmepost_client.encoding import OMITTED, Omitted, body_of, changes_of, path_of
from letmepost_client.flow import Flow
from letmepost_client.inputs import AnyTime
from letmepost_client.models.base import Page
from letmepost_client.models.events import Event
from letmepost_client.models.service import DeletedObject
from letmepost_client.models.webhooks import (
    NewWebhookEndpoint,
    ReplayedDeliveries,
    ReplayedDelivery,
    TestDelivery,
    WebhookDelivery,
    WebhookEndpoint,
)
from letmepost_client.operations import AsyncResource, ListCall, Resource, SyncResource, listing, operation
from letmepost_client.streams import AsyncEventStream, EventStream


class WebhookEndpointOperations(Resource):
    """Webhook endpoints."""

    @operation
    def create(
        self,
        url: str,
        *,
        events: Sequence[str] | None = None,
        description: str | None = None,
        idempotency_key: str | None = None,
    ) -> Flow[NewWebhookEndpoint]:
        """Create an endpoint; return it with its signing secret.

        Args:
            events: the types of events to send. By default all.
        """
        return self._core.call(
            "POST",
            "/v1/webhook-endpoints",
            NewWebhookEndpoint,
            body=body_of({"url": url, "events": events, "description": description}),
            idempotency_key=idempotency_key,
        )

    @operation
    def get(self, endpoint_id: str) -> Flow[WebhookEndpoint]:
        """Return an endpoint."""
        return self._core.call("GET", path_of("/v1/webhook-endpoints/{}", endpoint_id), WebhookEndpoint)

    @operation
    def update(
        self,
        endpoint_id: str,
        *,
        url: str | Omitted = OMITTED,
        events: Sequence[str] | Omitted = OMITTED,
        active: bool | Omitted = OMITTED,
        description: str | Omitted | None = OMITTED,
        idempotency_key: str | None = None,
    ) -> Flow[WebhookEndpoint]:
        """Change an endpoint. What is not passed stays."""
        return self._core.call(
            "PATCH",
            path_of("/v1/webhook-endpoints/{}", endpoint_id),
            WebhookEndpoint,
            body=changes_of({"url": url, "events": events, "active": active, "description": description}),
            idempotency_key=idempotency_key,
        )

    @operation
    def delete(self, endpoint_id: str, *, idempotency_key: str | None = None) -> Flow[DeletedObject]:
        """Delete an endpoint."""
        path = path_of("/v1/webhook-endpoints/{}", endpoint_id)
        return self._core.call("DELETE", path, DeletedObject, idempotency_key=idempotency_key)

    @operation
    def rotate_secret(
        self, endpoint_id: str, *, overlap_hours: int | None = None, idempotency_key: str | None = None
    ) -> Flow[NewWebhookEndpoint]:
        """Return the endpoint with a new signing secret.

        Args:
            overlap_hours: how long the old secret signs too. By default 24.
        """
        return self._core.call(
            "POST",
            path_of("/v1/webhook-endpoints/{}/rotate-secret", endpoint_id),
            NewWebhookEndpoint,
            body=body_of({"overlap_hours": overlap_hours}),
            idempotency_key=idempotency_key,
        )

    @operation
    def test(
        self,
        endpoint_id: str,
        *,
        type: str | None = None,  # noqa: A002 - the name of the field
        data: Mapping[str, Any] | None = None,
        idempotency_key: str | None = None,
    ) -> Flow[TestDelivery]:
        """Send a test event to an endpoint now; return its response.

        Args:
            type: the type of the event. By default `post.published`.
            data: fields that replace those of the sample, or are added. They are sent as they are.
        """
        body = body_of({"type": type}) | ({} if data is None else {"data": dict(data)})
        return self._core.call(
            "POST",
            path_of("/v1/webhook-endpoints/{}/test", endpoint_id),
            TestDelivery,
            body=body,
            idempotency_key=idempotency_key,
        )

    @operation
    def replay(
        self, endpoint_id: str, *, after: AnyTime, before: AnyTime, idempotency_key: str | None = None
    ) -> Flow[ReplayedDeliveries]:
        """Send every event of a period to an endpoint again."""
        return self._core.call(
            "POST",
            path_of("/v1/webhook-endpoints/{}/replay", endpoint_id),
            ReplayedDeliveries,
            body=body_of({"after": after, "before": before}),
            idempotency_key=idempotency_key,
        )

    @listing
    def deliveries(
        self, endpoint_id: str, *, limit: int | None = None, cursor: str | None = None
    ) -> ListCall[WebhookDelivery]:
        """List the deliveries to an endpoint, newest first."""
        path = path_of("/v1/webhook-endpoints/{}/deliveries", endpoint_id)
        return self._list(path, Page[WebhookDelivery], cursor=cursor, limit=limit)

    @listing
    def list(self, *, limit: int | None = None, cursor: str | None = None) -> ListCall[WebhookEndpoint]:
        """List endpoints, newest first."""
        return self._list("/v1/webhook-endpoints", Page[WebhookEndpoint], cursor=cursor, limit=limit)


class WebhookEndpoints(WebhookEndpointOperations, SyncResource):
    """Webhook endpoints."""


class AsyncWebhookEndpoints(WebhookEndpointOperations, AsyncResource):
    """Webhook endpoints."""


class DeliveryOperations(Resource):
    """Deliveries of events to webhook endpoints."""

    @operation
    def replay(self, delivery_id: str, *, idempotency_key: str | None = None) -> Flow[ReplayedDelivery]:
        """Send an event to its endpoint again."""
        path = path_of("/v1/deliveries/{}/replay", delivery_id)
        return self._core.call("POST", path, ReplayedDelivery, idempotency_key=idempotency_key)


class Deliveries(DeliveryOperations, SyncResource):
    """Deliveries of events to webhook endpoints."""


class AsyncDeliveries(DeliveryOperations, AsyncResource):
    """Deliveries of events to webhook endpoints."""


class EventOperations(Resource):
    """Events."""

    @listing
    def list(
        self, *, types: str | Iterable[str] | None = None, limit: int | None = None, cursor: str | None = None
    ) -> ListCall[Event]:
        """List events, oldest first.

        Iteration ends after the newest event. Iterating again, or from the stored `cursor`, continues with new ones.

        Args:
            types: only events of these types.
        """
        kinds = types if types is None or isinstance(types, str) else tuple(types)
        return self._list("/v1/events", Page[Event], cursor=cursor, limit=limit, type=kinds)


class Events(EventOperations, SyncResource):
    """Events."""

    def stream(self, *, types: str | Iterable[str] | None = None, last_event_id: str | None = None) -> EventStream:
        """Follow events as they happen, until the stream is closed.

        The connection is made again when it is lost, after the last event that was received, so that no event is
        skipped or repeated. `post.progress` is sent while a platform receives a media item; it has no id.

        Args:
            types: only events of these types.
            last_event_id: start after this position: the `last_event_id` of an earlier stream. By default, start now.

        Raises:
            ApiError: the server rejected the request, for example because the API key is invalid.
            ConnectionFailed: the server could not be reached several times in a row.
        """
        return EventStream(self._core, self._runner, types, last_event_id)


class AsyncEvents(EventOperations, AsyncResource):
    """Events."""

    def stream(self, *, types: str | Iterable[str] | None = None, last_event_id: str | None = None) -> AsyncEventStream:
        """Follow events as they happen, until the stream is closed. See `Events.stream`."""
        return AsyncEventStream(self._core, self._runner, types, last_event_id)
