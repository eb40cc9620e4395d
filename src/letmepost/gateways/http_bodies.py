"""Bodies of exactly the announced length going out, and of at most the allowed length coming in."""

import asyncio
import zlib
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping

import aiohttp

from letmepost.domain.errors import NoReply
from letmepost.domain.sizes import MIB
from letmepost.gateways.connections import Progress
from letmepost.gateways.destinations import Origin
from letmepost.gateways.http_failures import translate_failures
from letmepost.gateways.http_messages import Outgoing, Patience, ReplyTooLarge

PIECE_BYTES = 64 * 1024


def outgoing_body(
    request: Outgoing, progress: Progress
) -> tuple[bytes | AsyncIterator[bytes] | None, Mapping[str, str]]:
    """Return the body of a request for aiohttp, and the header of its length if aiohttp does not set it."""
    body = request.body
    if isinstance(body, AsyncIterator):
        length = request.body_length or 0
        return _exactly(_in_time(body, progress, request.idle_s), length), {"Content-Length": str(length)}
    if body is not None and len(body) > MIB:  # a single write would block the event loop
        return _slices(body), {"Content-Length": str(len(body))}
    return body, {}


async def _in_time(source: AsyncIterator[bytes], progress: Progress, idle_s: float) -> AsyncIterator[bytes]:
    """Yield the source's chunks, each within the time in which the server must accept it."""
    progress.expect_within(idle_s)
    async for chunk in source:
        yield chunk
        progress.expect_within(idle_s)
    progress.expect_within(None)


async def _exactly(source: AsyncIterator[bytes], length_bytes: int) -> AsyncIterator[bytes]:
    """Yield the source's chunks, if they have the announced length. If not, the server would misread what follows.

    Raises:
        NoReply: the source is shorter, longer or broken. A part of the body may have been sent.
    """
    left = length_bytes
    try:
        async for chunk in source:
            left -= len(chunk)
            if left < 0:
                break
            yield chunk
    except Exception as error:
        raise NoReply("The request body could not be read while it was being sent.") from error
    if left:
        raise NoReply(f"The request body does not have the announced length of {length_bytes} bytes.")


async def _slices(body: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(body), PIECE_BYTES):
        yield body[start : start + PIECE_BYTES]


class BodyMeter:
    """Decompresses and counts a reply's body piece by piece, up to a limit.

    Requests do not allow compression. A server that compresses anyway is supported, but its data is decompressed in
    small pieces, and each is counted before the next.

    Args:
        limit_bytes: for the body as sent and as decompressed.

    Raises:
        ReplyTooLarge: on construction: the announced length is over the limit.
        NoReply: on construction: the encoding is not supported.
    """

    def __init__(self, response: aiohttp.ClientResponse, limit_bytes: int) -> None:
        self.limit_bytes = limit_bytes
        self._status = response.status
        self._sent_bytes = 0
        self._unpacked_bytes = 0
        self._inflate: zlib._Decompress | None = None
        if response.method == "HEAD":
            return
        self._refuse_over(response.content_length or 0)
        encoding = response.headers.get("Content-Encoding", "").strip().lower()
        if encoding in {"gzip", "x-gzip", "deflate"}:
            self._inflate = zlib.decompressobj(32 + zlib.MAX_WBITS)  # 32: detects gzip and zlib headers
        elif encoding not in {"", "identity"}:
            raise NoReply("The server's response has an encoding that was not requested.")

    def pieces(self, data: bytes) -> Iterator[bytes]:
        """Yield the decompressed data of these bytes.

        Raises:
            ReplyTooLarge: instead of the piece that crosses the limit.
            NoReply: the body does not match its encoding.
        """
        self._sent_bytes += len(data)
        self._refuse_over(self._sent_bytes)
        if self._inflate is None:
            yield data
            return
        while data:
            try:
                piece = self._inflate.decompress(data, PIECE_BYTES)
            except zlib.error as error:
                raise NoReply("The server's response could not be decompressed.") from error
            if self._inflate.unused_data:
                raise NoReply("The server's response continues after its compressed part.")
            self._unpacked_bytes += len(piece)
            self._refuse_over(self._unpacked_bytes)
            yield piece
            data = self._inflate.unconsumed_tail

    def finish(self) -> None:
        """Check that the body is complete. Call this at its end.

        Raises:
            NoReply: its compressed part is incomplete.
        """
        if self._inflate is not None and self._sent_bytes and not self._inflate.eof:
            raise NoReply("The server's response is incomplete.")

    def _refuse_over(self, size_bytes: int) -> None:
        if size_bytes > self.limit_bytes:
            raise ReplyTooLarge(self.limit_bytes, self._status)


async def incoming_chunks(
    response: aiohttp.ClientResponse, meter: BodyMeter, origin: Origin, patience: Patience
) -> AsyncGenerator[bytes, None]:
    """Yield the decompressed body, within the time limits of `patience`.

    Raises:
        ReplyTooLarge: instead of the chunk that crosses the meter's limit.
        NoReply: it is incomplete, stopped, is too slow, or cannot be decompressed.
    """
    loop = asyncio.get_running_loop()
    ends_at = loop.time() + patience.total_s(response.content_length or meter.limit_bytes)
    while True:
        deadline = asyncio.timeout_at(min(loop.time() + patience.idle_s, ends_at))
        with translate_failures(origin, Progress(deadline, patience.idle_s, connected_at_s=0.0)):
            async with deadline:
                data = await response.content.readany()
        if not data:
            break
        for piece in meter.pieces(data):
            yield piece
    meter.finish()
