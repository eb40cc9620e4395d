"""The stream of events."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import respx

from letmepost_client import AsyncClient, Client, ConnectionFailed, Unauthenticated

from .conftest import FakeTime, error

START = b"id: 6\nretry: 2000\n\n"
LIMITED = httpx.Response(429, json=error("rate_limited", rule="events.streams_max"), headers={"Retry-After": "5"})


def block(position: int, kind: str = "post.published") -> bytes:
    event = {"id": f"evt_{position}", "type": kind, "data": {"sequence": position, "postId": "post_1"}}
    return f"event: {kind}\ndata: {json.dumps(event)}\nid: {position}\n\n".encode()


PROGRESS = b'event: post.progress\ndata: {"type":"post.progress","data":{"postId":"post_1","sentBytes":5}}\n\n'


class Broken(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A response whose connection is lost after some bytes."""

    def __init__(self, *chunks: bytes) -> None:
        self._chunks = chunks

    def __iter__(self) -> Iterator[bytes]:
        yield from self._chunks
        raise httpx.ReadError("The connection was lost")

    async def __aiter__(self) -> Any:
        for chunk in self._chunks:
            yield chunk
        raise httpx.ReadError("The connection was lost")


def stream(*blocks: bytes) -> httpx.Response:
    return httpx.Response(200, content=b"".join(blocks), headers={"Content-Type": "text/event-stream"})


def broken(*chunks: bytes) -> httpx.Response:
    return httpx.Response(200, stream=Broken(*chunks), headers={"Content-Type": "text/event-stream"})


def positions(api: respx.MockRouter) -> list[str | None]:
    return [call.request.headers.get("last-event-id") for call in api.calls]


def test_stream_yields_events_and_connects_again_after_the_last(
    api: respx.MockRouter, client: Client, time: FakeTime
) -> None:
    half = block(8)[:20]
    api.get("/v1/events/stream").mock(
        side_effect=[broken(START, block(7), b": keep-alive\n\n", half), stream(block(8), PROGRESS), stream(block(9))]
    )
    seen = []
    with client.events.stream(types="post.published") as events:
        for event in events:
            seen.append((event.id, event.data.sent_bytes, events.last_event_id))
            if event.id == "evt_9":
                break
    assert seen == [("evt_7", None, "7"), ("evt_8", None, "8"), (None, 5, "8"), ("evt_9", None, "9")]
    assert positions(api) == [None, "7", "8"]
    assert time.pauses == [0.5, 2.0]
    first = api.calls[0].request
    assert (first.headers["accept"], first.url.query) == ("text/event-stream", b"type=post.published")


async def test_async_stream_yields_events_and_connects_again(
    api: respx.MockRouter, async_client: AsyncClient, time: FakeTime
) -> None:
    api.get("/v1/events/stream").mock(side_effect=[broken(START, block(7)), stream(block(8))])
    seen = []
    async with async_client.events.stream(last_event_id="6") as events:
        async for event in events:
            seen.append(event.data.sequence)
            if event.id == "evt_8":
                break
    assert seen == [7, 8]
    assert positions(api) == ["6", "7"]
    assert time.pauses == [0.5]


def test_start_position_is_kept_before_the_first_event(api: respx.MockRouter, client: Client) -> None:
    """Events between two connections are not skipped, even if none was received."""
    api.get("/v1/events/stream").mock(side_effect=[broken(START), stream(block(7))])
    for _ in client.events.stream():
        break
    assert positions(api) == [None, "6"]


def test_stream_waits_until_it_is_accepted(api: respx.MockRouter, client: Client, time: FakeTime) -> None:
    api.get("/v1/events/stream").mock(side_effect=[LIMITED, stream(block(7))])
    for _ in client.events.stream():
        break
    assert time.pauses == [5.0]


def test_rejected_stream_is_an_error(api: respx.MockRouter, client: Client) -> None:
    api.get("/v1/events/stream").respond(401, json=error("unauthenticated"))
    with pytest.raises(Unauthenticated):
        next(iter(client.events.stream()))


def test_stream_ends_with_an_error_when_the_server_stays_away(
    api: respx.MockRouter, client: Client, time: FakeTime
) -> None:
    route = api.get("/v1/events/stream").mock(side_effect=httpx.ConnectError("Refused"))
    with pytest.raises(ConnectionFailed, match="Refused"):
        next(iter(client.events.stream()))
    assert (route.call_count, len(time.pauses)) == (11, 10)


def test_closed_stream_ends(api: respx.MockRouter, client: Client, time: FakeTime) -> None:
    api.get("/v1/events/stream").mock(return_value=stream(block(7), block(8)))
    events = client.events.stream()
    seen = []
    for event in events:
        seen.append(event.id)
        events.close()
    assert (seen, len(api.calls), time.pauses) == (["evt_7"], 1, [])


def test_block_that_is_not_of_the_api_is_an_error(api: respx.MockRouter, client: Client) -> None:
    api.get("/v1/events/stream").mock(return_value=stream(b"data: hello\n\n"))
    with pytest.raises(ConnectionFailed, match="not an event"):
        next(iter(client.events.stream()))


def test_response_that_is_no_stream_is_an_error(api: respx.MockRouter, client: Client, time: FakeTime) -> None:
    api.get("/v1/events/stream").respond(text="<html>", headers={"Content-Type": "text/html"})
    with pytest.raises(ConnectionFailed, match="text/event-stream"):
        next(iter(client.events.stream()))
    assert time.pauses == []
