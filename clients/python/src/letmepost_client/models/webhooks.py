"""Webhook endpoints and deliveries."""

from datetime import datetime
from typing import Any

from letmepost_client.models.base import Model


class WebhookEndpoint(Model):
    """A webhook endpoint."""

    id: str
    url: str
    events: list[str]
    description: str | None = None
    active: bool
    last_delivery_at: datetime | None = None
    last_failure_reason: str | None = None
    created_at: datetime
    updated_at: datetime


class NewWebhookEndpoint(WebhookEndpoint):
    """A webhook endpoint with its new signing secret, which is shown only in this response."""

    signing_secret: str


class WebhookDelivery(Model):
    """The delivery of an event to an endpoint. After the last attempt it is `dead`, and it can be replayed."""

    id: str
    event_id: str
    event_type: str
    status: str
    attempts: int
    next_attempt_at: datetime | None = None
    last_status: int | None = None
    last_error: str | None = None
    created_at: datetime
    finished_at: datetime | None = None


class ReplayedDelivery(Model):
    """The delivery that was queued again."""

    id: str
    status: str


class TestDelivery(Model):
    """The response of a webhook endpoint to a test event."""

    delivered: bool
    status: int | None = None
    duration_ms: int
    response_body: str | None = None
    delivery_id: str
    non_retryable: bool
    error_name: str | None = None
    sent_event: dict[str, Any]


class ReplayedDeliveries(Model):
    """How many deliveries are sent again."""

    deliveries: int
