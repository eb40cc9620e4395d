"""Webhook endpoints."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Annotated, Any

from pydantic import Field, StrictBool

from letmepost.domain.ids import Prefix, format_id
from letmepost.domain.sizes import URL_MAX_CHARS
from letmepost.http.schemas.base import Body, DescribedAs, Moment, View
from letmepost.services.events import EVENT_TYPES
from letmepost.services.webhooks.endpoints import EndpointRequest, EndpointTestResult, NewEndpoint
from letmepost.storage.webhooks.endpoints import EndpointRow

_strenum: Any = StrEnum  # type checkers allow literal members only
_event_type: Any = _strenum("EventType", {name: name for name in EVENT_TYPES})
_event_type.__doc__ = "What an event reports."
_EVENT_TYPE, _EVENT_TYPES = DescribedAs(_event_type), DescribedAs(Sequence[_event_type])


class CreateWebhookEndpoint(Body):
    """A new webhook endpoint. Without `events`, or with an empty list, it receives every event."""

    url: str = Field(max_length=URL_MAX_CHARS)
    events: Annotated[Sequence[str], _EVENT_TYPES] = ()
    description: str | None = Field(default=None, max_length=500)

    def to_request(self) -> EndpointRequest:
        """For the use cases."""
        return EndpointRequest(url=self.url, events=self.events, description=self.description, given=frozenset({"url"}))


class ChangeWebhookEndpoint(Body):
    """Only the fields that are sent change."""

    url: str | None = Field(default=None, max_length=URL_MAX_CHARS)
    events: Annotated[Sequence[str] | None, _EVENT_TYPES] = None
    active: StrictBool | None = None
    description: str | None = Field(default=None, max_length=500)

    def to_request(self) -> EndpointRequest:
        """For the use cases; only a description can be removed by sending null."""
        values = {name: getattr(self, name) for name in self.model_fields_set}
        changed = {name: value for name, value in values.items() if value is not None or name == "description"}
        return EndpointRequest(**changed, given=frozenset(changed))


class WebhookEndpointView(View):
    """A webhook endpoint."""

    id: str
    url: str
    events: Annotated[Sequence[str], _EVENT_TYPES]
    description: str | None
    active: bool
    last_delivery_at: Moment | None
    last_failure_reason: str | None
    created_at: Moment
    updated_at: Moment

    @classmethod
    def fields(cls, row: EndpointRow) -> dict[str, Any]:
        """What is shown of an endpoint."""
        return {
            "id": format_id(Prefix.ENDPOINT, row.id),
            "url": row.url,
            "events": row.events,
            "description": row.description,
            "active": row.active,
            "last_delivery_at": row.last_delivery_at,
            "last_failure_reason": row.last_failure_reason,
            "created_at": row.created_at,
            "updated_at": row.updated_at,
        }

    @classmethod
    def of(cls, row: EndpointRow) -> "WebhookEndpointView":
        """Show an endpoint."""
        return cls(**cls.fields(row))


class NewWebhookEndpointView(WebhookEndpointView):
    """A webhook endpoint with its new signing secret, which is shown only in this response."""

    signing_secret: str

    @classmethod
    def of_new(cls, new: NewEndpoint) -> "NewWebhookEndpointView":
        """Show a new endpoint, or one with a new secret."""
        return cls(**cls.fields(new.row), signing_secret=new.secret)


class WebhookEndpointPage(View):
    """A page of webhook endpoints, newest first."""

    data: Sequence[WebhookEndpointView]
    next_cursor: str | None


class SendTestEvent(Body):
    """A test event."""

    type: Annotated[str, _EVENT_TYPE] = "post.published"
    data: Mapping[str, Any] | None = Field(
        default=None, description="Fields that replace those of the sample, or are added to it."
    )


class TestDeliveryView(View):
    """The response of a webhook endpoint to a test event."""

    delivered: bool
    status: int | None
    duration_ms: int
    response_body: str | None
    delivery_id: str
    non_retryable: bool
    error_name: str | None
    sent_event: Mapping[str, Any]

    @classmethod
    def of(cls, tested: EndpointTestResult) -> "TestDeliveryView":
        """Show how it went. Only 410 ends an endpoint; everything else would be tried again."""
        return cls(
            delivered=tested.is_delivered,
            status=tested.status,
            duration_ms=tested.duration_ms,
            response_body=tested.response_body,
            delivery_id=format_id(Prefix.DELIVERY, tested.delivery_id),
            non_retryable=tested.status == 410,
            error_name=tested.error,
            sent_event=tested.sent,
        )
