"""`/v1/events/stream`: events as they happen, as server-sent events.

https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from typing import Annotated

from fastapi import APIRouter, Header, Query, Request, Response
from fastapi.sse import KEEPALIVE_COMMENT, format_sse_event
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from letmepost.domain import api_keys
from letmepost.domain.errors import Unauthenticated
from letmepost.gateways.stream_slots import StreamSlot, StreamSlots
from letmepost.gateways.upload_progress import UploadProgress
from letmepost.http.gate import GatedRoute, authenticated, caller_of, needs
from letmepost.http.paging import position
from letmepost.http.perform import begin_work
from letmepost.http.schemas.events import EventView, ProgressView, StreamQuery
from letmepost.http.services import APIServices
from letmepost.services.webhooks.stream import PROGRESS

_RECONNECT_AFTER_MS = 1000
_EXAMPLE = 'id: 7\nretry: 1000\n\nevent: post.published\ndata: {"id": "evt_…", "type": "post.published", …}\nid: 8\n\n'

router = APIRouter(route_class=GatedRoute, tags=["events"])


class EventStream(StreamingResponse):
    """Server-sent events."""

    media_type = "text/event-stream"


class _CountedStream(EventStream):
    """An event stream that releases its slot when it ends. An iterator could not: it may never be started."""

    def __init__(self, blocks: AsyncIterator[bytes], slots: StreamSlots, slot: StreamSlot) -> None:
        # Proxies must not buffer or cache the stream.
        super().__init__(blocks, headers={"cache-control": "no-store", "x-accel-buffering": "no"})
        self._slots = slots
        self._slot = slot

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async with self._slots.kept(self._slot):
            await super().__call__(scope, receive, send)


@router.get(
    "/v1/events/stream",
    response_class=EventStream,
    responses={200: {"content": {EventStream.media_type: {"example": _EXAMPLE}}}},
    openapi_extra=needs(api_keys.Scope.EVENTS_READ),
)
async def follow_events(
    request: Request,
    query: Annotated[StreamQuery, Query()],
    last_event_id: Annotated[str | None, Header(alias="Last-Event-ID")] = None,
) -> Response:
    """Follow the stream of events, as server-sent events.

    `id` is the event's position, `event` its type, and `data` the envelope that webhooks receive. The stream starts
    after `Last-Event-ID` (clients send it automatically when they reconnect), after `cursor`, or now. Nothing is
    skipped or repeated. The first block has the start position. While a platform receives a media item in parts,
    `post.progress` is sent at most every five seconds for each post. It has no `id`, and no list, webhook or replay
    contains it. A key may follow ten streams at the same time, unless the operator has set another number. One more is
    rejected with 429, rule `events.streams_max`.
    """
    services: APIServices = request.app.state.services
    caller = caller_of(request)
    after = position(last_event_id, "Last-Event-ID")
    if after is None:
        after = position(query.cursor)
    if after is None:
        async with begin_work(request) as work:
            after = await work.stream.head()
    slot = await services.stream_slots.take(caller.key_id)
    return _CountedStream(_blocks(request, after, query.type), services.stream_slots, slot)


async def _blocks(request: Request, after: int, types: Sequence[str]) -> AsyncIterator[bytes]:
    """Yield the bytes of the stream until the key is invalid or the server stops."""
    services: APIServices = request.app.state.services
    caller = caller_of(request)

    async def is_over() -> bool:
        if request.app.state.stopping.is_set():
            return True
        try:
            await authenticated(request, services.api_keys)
        except Unauthenticated:
            return True
        return False

    # An id without data gives the client its position before the first event.
    yield format_sse_event(id=str(after), retry=_RECONNECT_AFTER_MS)
    async with aclosing(services.streams.follow(caller, after=after, types=types, is_over=is_over)) as pages:
        async for page in pages:
            for item in page:
                if isinstance(item, UploadProgress):
                    # Without an id, a client keeps its position.
                    yield format_sse_event(event=PROGRESS, data_str=ProgressView.of(item, caller).encode().decode())
                else:
                    data = EventView.of(item, caller).encode().decode()
                    yield format_sse_event(id=str(item.position), event=item.type, data_str=data)
            if not page:
                yield KEEPALIVE_COMMENT
