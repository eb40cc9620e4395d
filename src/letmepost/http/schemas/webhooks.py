"""Webhook endpoints."""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import Field, StrictBool

from letmepost.domain.ids import Prefix, spell
from letmepost.domain.sizes import URL_MAX_CHARS
from letmepost.http.schemas.base import Body, Moment, View
from letmepost.services.webhooks.endpoints import EndpointRequest, EndpointTestResult, NewEndpoint
from letmepost.storage.webhooks.endpoints import EndpointRow


class CreateEndpoint(Body):
    """Where to send which events; an empty list means all."""

    url: str = Field(max_length=URL_MAX_CHARS)
    events: Sequence[str] = ()
    description: str | None = Field(default=None, max_length=500)

    def to_request(self) -> EndpointRequest:
        """For the use cases."""
        return EndpointRequest(url=self.url, events=self.events, description=self.description, given=frozenset({"url"}))


class ChangeEndpoint(Body):
    """Only what is sent changes."""

    url: str | None = Field(default=None, max_length=URL_MAX_CHARS)
    events: Sequence[str] | None = None
    active: StrictBool | None = None
    description: str | None = Field(default=None, max_length=500)

    def to_request(self) -> EndpointRequest:
        """For the use cases; only a description can be removed by sending null."""
        values = {name: getattr(self, name) for name in self.model_fields_set}
        changed = {name: value for name, value in values.items() if value is not None or name == "description"}
        return EndpointRequest(**changed, given=frozenset(changed))


class EndpointView(View):
    """Who listens, and to what."""

    id: str
    url: str
    events: Sequence[str]
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
            "id": spell(Prefix.ENDPOINT, row.id),
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
    def of(cls, row: EndpointRow) -> "EndpointView":
        """Show an endpoint."""
        return cls(**cls.fields(row))


class NewEndpointView(EndpointView):
    """A new endpoint with its signing secret, the only time that it is shown."""

    signing_secret: str

    @classmethod
    def of_new(cls, new: NewEndpoint) -> "NewEndpointView":
        """Show a new endpoint, or one with a new secret."""
        return cls(**cls.fields(new.row), signing_secret=new.secret)


class EndpointList(View):
    """The endpoints that the key can see, newest first."""

    data: Sequence[EndpointView]
    next_cursor: str | None


class SendTest(Body):
    """The made-up event."""

    type: str = "post.published"
    data: Mapping[str, Any] | None = None


class TestedView(View):
    """How a made-up event was received."""

    delivered: bool
    status: int | None
    duration_ms: int
    response_body: str | None
    delivery_id: str
    non_retryable: bool
    error_name: str | None
    sent_event: Mapping[str, Any]

    @classmethod
    def of(cls, tested: EndpointTestResult) -> "TestedView":
        """Show how it went. Only 410 ends an endpoint; everything else would be tried again."""
        return cls(
            delivered=tested.is_delivered,
            status=tested.status,
            duration_ms=tested.duration_ms,
            response_body=tested.response_body,
            delivery_id=spell(Prefix.DELIVERY, tested.delivery_id),
            non_retryable=tested.status == 410,
            error_name=tested.error,
            sent_event=tested.sent,
        )
