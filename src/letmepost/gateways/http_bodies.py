"""Bodies on their way: of exactly the promised length going out, of at most the allowed length coming in."""

import asyncio
import zlib
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping

import aiohttp

from letmepost.domain.errors import NoReply
from letmepost.domain.sizes import MIB
from letmepost.gateways.connections import Progress
from letmepost.gateways.destinations import Origin
from letmepost.gateways.http_failures import honest_failures
from letmepost.gateways.http_messages import Outgoing, Patience, ReplyTooLarge

PIECE_BYTES = 64 * 1024


def outgoing_body(request: Outgoing) -> tuple[bytes | AsyncIterator[bytes] | None, Mapping[str, str]]:
    """A request's body as aiohttp takes it, and the header that tells its length where aiohttp does not."""
    body = request.body
    if isinstance(body, AsyncIterator):
        length = request.body_length or 0
        return _exactly(body, length), {"Content-Length": str(length)}
    if body is not None and len(body) > MIB:  # written at once, it would hold the event loop
        return _slices(body), {"Content-Length": str(len(body))}
    return body, {}


async def _exactly(source: AsyncIterator[bytes], length_bytes: int) -> AsyncIterator[bytes]:
    """The source's chunks, if they are as long as promised: else the next request would be read as the rest.

    Raises:
        NoReply: the source is shorter, longer or broken. Some of the body may be gone by then.
    """
    left = length_bytes
    try:
        async for chunk in source:
            left -= len(chunk)
            if left < 0:
                break
            yield chunk
    except Exception as error:
        raise NoReply("The body could not be read while it was being sent.") from error
    if left:
        raise NoReply(f"The body was not {length_bytes} bytes long, as promised.")


async def _slices(body: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(body), PIECE_BYTES):
        yield body[start : start + PIECE_BYTES]


class BodyMeter:
    """Unpacks and counts a reply's body piece by piece, and stops at the limit.

    We ask for no compression. A server that compresses all the same is understood, but what it sends is
    unpacked in small pieces, and each is counted before the next.

    Args:
        limit_bytes: for the body as sent and as unpacked.

    Raises:
        ReplyTooLarge: on construction: the body says that it is longer.
        NoReply: on construction: it has an encoding that is not understood.
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
            self._inflate = zlib.decompressobj(32 + zlib.MAX_WBITS)  # 32: tells a gzip header from a zlib one
        elif encoding not in {"", "identity"}:
            raise NoReply("The server answered in an encoding that was not asked for.")

    def pieces(self, data: bytes) -> Iterator[bytes]:
        """What these bytes of the body unpack to.

        Raises:
            ReplyTooLarge: instead of the piece that crosses the limit.
            NoReply: the body is not what its encoding says.
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
                raise NoReply("The server's answer could not be decompressed.") from error
            if self._inflate.unused_data:
                raise NoReply("The server's answer goes on after its compressed part.")
            self._unpacked_bytes += len(piece)
            self._refuse_over(self._unpacked_bytes)
            yield piece
            data = self._inflate.unconsumed_tail

    def finish(self) -> None:
        """To be called at the end of the body.

        Raises:
            NoReply: its compressed part is not complete.
        """
        if self._inflate is not None and self._sent_bytes and not self._inflate.eof:
            raise NoReply("The server's answer broke off.")

    def _refuse_over(self, size_bytes: int) -> None:
        if size_bytes > self.limit_bytes:
            raise ReplyTooLarge(self.limit_bytes, self._status)


async def incoming_chunks(
    response: aiohttp.ClientResponse, meter: BodyMeter, origin: Origin, patience: Patience
) -> AsyncGenerator[bytes, None]:
    """The unpacked body, for as long as patience lasts.

    Raises:
        ReplyTooLarge: instead of the chunk that crosses the meter's limit.
        NoReply: it broke off, stopped, came too slowly, or cannot be unpacked.
    """
    loop = asyncio.get_running_loop()
    ends_at = loop.time() + patience.total_s(response.content_length or meter.limit_bytes)
    while True:
        deadline = asyncio.timeout_at(min(loop.time() + patience.idle_s, ends_at))
        with honest_failures(origin, Progress(deadline, patience.idle_s, connected_at_s=0.0)):
            async with deadline:
                data = await response.content.readany()
        if not data:
            break
        for piece in meter.pieces(data):
            yield piece
    meter.finish()
