"""Events, and what was sent of them."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from letmepost.domain.ids import Prefix, format_id
from letmepost.gateways.upload_progress import UploadProgress
from letmepost.http.schemas.base import Body, DescribedAs, GivenMoment, Left, Moment, View
from letmepost.http.schemas.event_data import AnyEvent, EventEnvelope
from letmepost.http.schemas.filters import OneOf, PageQuery, Values
from letmepost.services.callers import Caller
from letmepost.services.events import EVENT_TYPES
from letmepost.services.webhooks.stream import PROGRESS
from letmepost.storage.webhooks.stream import AnnouncedEvent, DeliveryRow

_TYPE = OneOf(EVENT_TYPES)


class EventQuery(PageQuery):
    """The query parameters of the list of events."""

    type: Annotated[Values, _TYPE] = ()


class StreamQuery(BaseModel):
    """The query parameters of the event stream."""

    model_config = ConfigDict(frozen=True)

    type: Annotated[Values, OneOf((*EVENT_TYPES, PROGRESS))] = ()
    cursor: str | None = None


class PostProgressView(View):
    """How much of a media item of a post the platform has."""

    post_id: str
    step: str
    sent_bytes: int
    total_bytes: int


class EventView(EventEnvelope):
    """An event, as it is also sent to webhooks."""

    data: Mapping[str, Any]

    @classmethod
    def of(cls, event: AnnouncedEvent, caller: Caller) -> "EventView":
        """Show an event."""
        return cls(
            id=format_id(Prefix.EVENT, event.id),
            type=event.type,
            created_at=event.created_at,
            organization_id=format_id(Prefix.ORGANIZATION, caller.organization_id),
            data={**event.data, "sequence": event.position},
        )


class ProgressView(View):
    """The progress of an upload. It has neither an id nor a position."""

    type: Literal["post.progress"] = PROGRESS
    organization_id: str
    data: PostProgressView

    @classmethod
    def of(cls, progress: UploadProgress, caller: Caller) -> "ProgressView":
        """Show the progress of an upload."""
        return cls(
            organization_id=format_id(Prefix.ORGANIZATION, caller.organization_id),
            data=PostProgressView(
                post_id=format_id(Prefix.POST, progress.post_id),
                step=progress.step,
                sent_bytes=progress.sent_bytes,
                total_bytes=progress.total_bytes,
            ),
        )


class EventPage(View):
    """A page of events, oldest first. There is always a cursor to continue from, also when nothing is new."""

    data: Sequence[Annotated[Mapping[str, Any], DescribedAs(AnyEvent)]]
    next_cursor: str


class WebhookDeliveryView(View):
    """The delivery of an event to an endpoint. After the last attempt it is `dead`, and it can be replayed."""

    id: str
    event_id: str
    event_type: str
    status: Annotated[str, DescribedAs(Literal["pending", "delivered", "dead"])]
    attempts: int
    next_attempt_at: Left[Moment] = None
    last_status: int | None
    last_error: str | None
    created_at: Moment
    finished_at: Moment | None

    @classmethod
    def of(cls, row: DeliveryRow) -> "WebhookDeliveryView":
        """Show a delivery."""
        return cls(
            id=format_id(Prefix.DELIVERY, row.id),
            event_id=format_id(Prefix.EVENT, row.event_id),
            event_type=row.event_type,
            status=row.status,
            attempts=row.attempt_count,
            next_attempt_at=row.ready_at,
            last_status=row.last_status,
            last_error=row.last_error,
            created_at=row.created_at,
            finished_at=row.finished_at,
        )


class WebhookDeliveryPage(View):
    """A page of deliveries, newest first."""

    data: Sequence[WebhookDeliveryView]
    next_cursor: str | None


class ReplayRange(Body):
    """A period of up to 30 days."""

    after: GivenMoment
    before: GivenMoment


class ReplayedDeliveries(View):
    """How many deliveries were queued again."""

    deliveries: int


class ReplayedDelivery(View):
    """The delivery that was queued again."""

    id: str
    status: Literal["pending"] = "pending"

    @classmethod
    def of(cls, delivery_id: UUID) -> "ReplayedDelivery":
        """Show a delivery that was queued again."""
        return cls(id=format_id(Prefix.DELIVERY, delivery_id))
