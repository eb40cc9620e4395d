"""Events, as webhooks, the list and the stream of events send them, and the `data` of each kind."""

from collections.abc import Mapping, Sequence
from datetime import date
from types import MappingProxyType
from typing import Any, Literal, Union

from pydantic import ConfigDict, Field, create_model

from letmepost.domain.posts import PostStatus
from letmepost.domain.quotas import QuotaName
from letmepost.http.schemas.base import Left, Moment, View
from letmepost.http.schemas.batches import PostWarning
from letmepost.http.schemas.stored_errors import ErrorDetailsView
from letmepost.services.events import EVENT_TYPES


class EventEnvelope(View):
    """What every event has beside its data."""

    id: str = Field(description="The same in every delivery of the event, and in the list and the stream of events.")
    type: str
    created_at: Moment
    organization_id: str


class EventData(View):
    """The data that every event has. Fields may be added."""

    model_config = ConfigDict(extra="allow")

    sequence: int = Field(description="The event's position in the organization's stream. 0 in a test event.")
    test: Left[bool] = Field(default=None, description="True in a test event, omitted in every other event.")


class PostEventData(EventData):
    """A post as it was at the time of the event."""

    id: str = Field(description="The same as `postId`, for clients of letmepost.dev.")
    post_id: str
    batch_id: str
    account_id: str
    profile_id: str
    platform: str
    status: PostStatus
    due_at: Moment
    metadata: Mapping[str, str]
    warnings: Sequence[PostWarning]
    uri: Left[str] = None
    cid: Left[str] = None
    url: Left[str] = None
    published_at: Left[Moment] = None
    removed_at: Left[Moment] = None
    next_attempt_at: Left[Moment] = None
    first_comment_uri: Left[str] = Field(
        default=None,
        description="The URI of the first comment, once it is published. `post.published` is sent as soon as the post "
        "is visible, which is usually earlier.",
    )
    error: Left[ErrorDetailsView] = None


class AccountEventData(EventData):
    """An account as it was at the time of the event."""

    account_id: str
    profile_id: str
    platform: str
    handle: str | None
    external_user_id: Left[str] = None


class TokenEventData(AccountEventData):
    """An account whose credential has expired, was revoked, or expires soon."""

    token_expires_at: Left[Moment] = Field(default=None, description="When the credential expires.")
    days_left: Left[int] = Field(default=None, description="Days until then: 7, 3 or 1.")


class VersionEventData(EventData):
    """The version of a platform's API that its platform will switch off."""

    platform: str
    api_version: str
    sunset: date = Field(description="The last day. The event is sent 90, 30 and 7 days before it.")


class QuotaEventData(EventData):
    """A quota of the organization as it was at the time of the event."""

    name: QuotaName
    account_id: Left[str] = Field(default=None, description="The account, if each account has its own quota.")
    used: int = Field(description="Used so far: posts, or bytes of media.")
    limit: int
    left: int = Field(description="What remains.")
    resets_at: Left[Moment] = Field(
        default=None, description="The end of the period. Omitted for stored media, which has no period."
    )


class EndpointEventData(EventData):
    """A webhook endpoint that was disabled."""

    endpoint_id: str
    url: str
    reason: str = Field(description="`gone` after a 410, `failing` after five days without a success.")
    last_failure_reason: str | None


_DATA: Mapping[str, type[EventData]] = MappingProxyType(
    {
        "post": PostEventData,
        "account": AccountEventData,
        "token": TokenEventData,
        "version": VersionEventData,
        "quota": QuotaEventData,
        "endpoint": EndpointEventData,
    }
)


def _event(noun: str, data: type[EventData]) -> type[EventEnvelope]:
    """Return the schema of the events whose types begin with a noun."""
    types = tuple(event_type for event_type in EVENT_TYPES if event_type.partition(".")[0] == noun)
    literal: Any = Literal
    return create_model(
        f"{noun.title()}Event",
        __base__=EventEnvelope,
        __doc__=f"An event of a type that begins with `{noun}.`.",
        type=(literal[types], ...),
        data=(data, ...),
    )


EVENTS: Mapping[str, type[EventEnvelope]] = MappingProxyType({noun: _event(noun, data) for noun, data in _DATA.items()})
"""The schemas of events, by the noun with which their types begin."""

AnyEvent: Any = Union[tuple(EVENTS.values())]  # noqa: UP007 - of a number of types that is not known here


def event_schema(event_type: str) -> str:
    """Return the name that the schema of an event has in the OpenAPI description."""
    return EVENTS[event_type.partition(".")[0]].__name__
