"""Signed URLs at which the bytes of media items are read without an API key, and `/robots.txt`, which allows it.

They are not in the OpenAPI document: they are the `url` of a media item, or the URL that a platform fetches.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from functools import partial

from fastapi import APIRouter, Request, Response
from fastapi.responses import PlainTextResponse, StreamingResponse
from starlette.types import Message, Receive, Scope, Send

from letmepost.http.byte_ranges import select_bytes
from letmepost.http.gate import OpenQueryRoute
from letmepost.http.services import APIServices
from letmepost.services.media.downloads import Readable, Reader, reader_of

_ROBOTS = "User-agent: *\nAllow: /\n"

router = APIRouter(route_class=OpenQueryRoute, include_in_schema=False)


@router.get("/media/{token}")
async def read_media(token: str, request: Request) -> Response:
    """Read the bytes of a media item, or one range of them, at a signed URL."""
    services: APIServices = request.app.state.services
    found = await services.downloads.find(token, _reader(request))
    size_bytes = found.facts.size_bytes
    selected = select_bytes(request.headers, etag=found.etag, size_bytes=size_bytes)
    headers = {**_headers(found), **selected.headers(size_bytes)}
    record = partial(services.downloads.record, found, selected.status)
    if selected.status in {304, 416}:
        await record(0)
        return Response(status_code=selected.status, headers=headers)
    chunks = await services.downloads.open(found, selected.first_byte, selected.end - selected.first_byte)
    return MeteredResponse(chunks, selected.status, headers, record)


@router.head("/media/{token}")
async def describe_media(token: str, request: Request) -> Response:
    """Respond as `read_media` does without a range, but without the bytes."""
    services: APIServices = request.app.state.services
    found = await services.downloads.find(token, _reader(request))
    await services.downloads.record(found, 200, 0)
    return Response(headers={**_headers(found), "content-length": str(found.facts.size_bytes)})


@router.get("/robots.txt")
@router.head("/robots.txt")
async def robots() -> Response:
    """Allow all robots: those of platforms read this file before they fetch media."""
    return PlainTextResponse(_ROBOTS)


class MeteredResponse(StreamingResponse):
    """A streamed response that passes the number of body bytes to a callback when it has ended, however it ended."""

    def __init__(
        self,
        chunks: AsyncIterator[bytes],
        status: int,
        headers: Mapping[str, str],
        ended: Callable[[int], Awaitable[None]],
    ) -> None:
        super().__init__(chunks, status, headers)
        self._ended = ended

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        sent_bytes = 0

        async def metered(message: Message) -> None:
            nonlocal sent_bytes
            await send(message)
            sent_bytes += len(message.get("body", b""))

        try:
            await super().__call__(scope, receive, metered)
        finally:
            await self._ended(sent_bytes)


def _reader(request: Request) -> Reader:
    return reader_of(request.method, request.headers.get("user-agent", ""))


def _headers(found: Readable) -> dict[str, str]:
    """Return headers that keep browsers from executing the file, or from guessing another type."""
    return {
        "content-type": found.facts.content_type,
        "accept-ranges": "bytes",
        "etag": found.etag,
        "cache-control": "no-store" if found.is_pulled else "private, max-age=86400, immutable",
        "content-security-policy": "default-src 'none'; sandbox",
        "x-content-type-options": "nosniff",
    }
