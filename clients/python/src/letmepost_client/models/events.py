"""Events, as webhooks, the list of events and the stream contain them."""

from datetime import datetime

from letmepost_client.models.base import Model
from letmepost_client.models.batches import PostWarning
from letmepost_client.models.errors import ErrorDetails


class EventData(Model):
    """What an event is about. Which fields have a value depends on the type of the event.

    Attributes:
        sequence: the position of the event in the organization's stream; 0 in a test event.
        id: the same as `post_id`, for clients of letmepost.dev.
        test: True in a test event that was requested with `webhook_endpoints.test`.
    """

    sequence: int | None = None
    test: bool = False
    id: str | None = None
    platform: str | None = None
    profile_id: str | None = None
    account_id: str | None = None
    post_id: str | None = None
    batch_id: str | None = None
    status: str | None = None
    due_at: datetime | None = None
    published_at: datetime | None = None
    next_attempt_at: datetime | None = None
    uri: str | None = None
    cid: str | None = None
    url: str | None = None
    first_comment_uri: str | None = None
    metadata: dict[str, str] = {}
    warnings: list[PostWarning] = []
    error: ErrorDetails | None = None
    handle: str | None = None
    external_user_id: str | None = None
    step: str | None = None
    sent_bytes: int | None = None
    total_bytes: int | None = None


class Event(Model):
    """An event.

    Attributes:
        id: the same in every delivery of the event; ignore an id that was processed before. `post.progress` has none.
        type: the type, such as `post.published`.
        request_id: the request that caused the event.
    """

    id: str | None = None
    type: str
    created_at: datetime | None = None
    organization_id: str | None = None
    request_id: str | None = None
    data: EventData
