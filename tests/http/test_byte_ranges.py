"""The part of a file that a request asks for, and the part that was sent."""

from collections.abc import AsyncIterator
from contextlib import suppress

import pytest
from starlette.requests import ClientDisconnect
from starlette.types import Message

from letmepost.http.byte_ranges import Selection, select_bytes
from letmepost.http.routes.media.reading import MeteredResponse

ETAG = '"abc"'
WHOLE = Selection(200, 0, 100)


@pytest.mark.parametrize(
    ("wanted", "selected"),
    [
        ("bytes=0-3", Selection(206, 0, 4)),
        ("bytes=0-", Selection(206, 0, 100)),
        ("bytes=0-99", Selection(206, 0, 100)),
        ("bytes=0-999999", Selection(206, 0, 100)),
        ("bytes=99-", Selection(206, 99, 100)),
        ("bytes=-5", Selection(206, 95, 100)),
        ("bytes=-500", Selection(206, 0, 100)),
        ("BYTES=4-4", Selection(206, 4, 5)),
        ("bytes=100-", Selection(416)),
        ("bytes=100-200", Selection(416)),
        ("bytes=-0", Selection(416)),
        ("bytes=5-2", WHOLE),
        ("bytes=-", WHOLE),
        ("bytes=0-1,4-5", WHOLE),
        ("bytes=a-b", WHOLE),
        ("pages=1-2", WHOLE),
        ("", WHOLE),
    ],
)
def test_range_selects_its_bytes_or_the_whole_file(wanted: str, selected: Selection) -> None:
    assert select_bytes({"range": wanted}, etag=ETAG, size_bytes=100) == selected


@pytest.mark.parametrize("known", [ETAG, '"x", "abc"', 'W/"abc"', "*"])
def test_file_that_the_client_has_is_not_sent_again(known: str) -> None:
    assert select_bytes({"if-none-match": known, "range": "bytes=0-3"}, etag=ETAG, size_bytes=100) == Selection(304)


def test_file_of_another_version_is_sent() -> None:
    assert select_bytes({"if-none-match": '"x", abc'}, etag=ETAG, size_bytes=100) == WHOLE


@pytest.mark.parametrize(
    ("version", "status"),
    [(ETAG, 206), ('"x"', 200), ('W/"abc"', 200), ("Sun, 29 Nov 2026 12:00:00 GMT", 200)],
)
def test_range_of_another_version_selects_the_whole_file(version: str, status: int) -> None:
    selected = select_bytes({"range": "bytes=0-3", "if-range": version}, etag=ETAG, size_bytes=100)
    assert selected.status == status


@pytest.mark.parametrize(
    ("selected", "headers"),
    [
        (WHOLE, {"content-length": "100"}),
        (Selection(206, 4, 10), {"content-length": "6", "content-range": "bytes 4-9/100"}),
        (Selection(304), {}),
        (Selection(416), {"content-range": "bytes */100"}),
    ],
)
def test_headers_describe_the_body(selected: Selection, headers: dict[str, str]) -> None:
    assert selected.headers(100) == headers


@pytest.mark.parametrize("chunks_accepted", [0, 1, 3])
async def test_bytes_are_counted_until_the_client_closes_the_connection(chunks_accepted: int) -> None:
    accepted: list[bytes] = []
    counted: list[int] = []

    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(3):
            yield b"1234"

    async def record(sent_bytes: int) -> None:
        counted.append(sent_bytes)

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        if message.get("body"):
            if len(accepted) == chunks_accepted:
                raise OSError
            accepted.append(message["body"])

    response = MeteredResponse(chunks(), 200, {}, record)
    scope = {"type": "http", "asgi": {"version": "3.0", "spec_version": "2.4"}}
    with suppress(ClientDisconnect):
        await response(scope, receive, send)
    assert counted == [4 * chunks_accepted]
