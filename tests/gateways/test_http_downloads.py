"""Downloads that may be large, slow or hostile, and are never completely in memory."""

import asyncio
import gzip
import tracemalloc
from collections.abc import Awaitable, Callable

import pytest

from letmepost.domain.errors import NoReply, NotSent
from letmepost.gateways.addresses import AddressPolicy, AddressRefused, read_origin
from letmepost.gateways.http_client import HTTPClient, Patience, ReplyTooLarge
from tests.gateways.support import Connection, answering, calling, serving

MEBIBYTE = 1024 * 1024
IMPATIENT = Patience(header_s=0.3, idle_s=0.2, base_s=0.5, slowest_bytes_per_s=MEBIBYTE)


async def fetch(client: HTTPClient, url: str, *, max_bytes: int = MEBIBYTE, patience: Patience = IMPATIENT) -> bytes:
    async with client.stream(url, max_bytes=max_bytes, patience=patience) as download:
        return b"".join([chunk async for chunk in download.chunks])


def sending(head: bytes, *, piece: bytes = b"", every_s: float = 0.0) -> Callable[[Connection], Awaitable[None]]:
    """Return a handler that sends a head and then repeats the piece. Without a piece, it is silent."""

    async def handler(connection: Connection) -> None:
        await connection.receive()
        await connection.send(head)
        while piece:
            await connection.send(piece)
            await asyncio.sleep(every_s)
        await asyncio.sleep(60)

    return handler


async def test_download_is_received_in_pieces() -> None:
    size = 64 * MEBIBYTE

    async def handler(connection: Connection) -> None:
        await connection.receive()
        await connection.send(f"HTTP/1.1 200 OK\r\nContent-Type: video/mp4\r\nContent-Length: {size}\r\n\r\n".encode())
        for _ in range(size // MEBIBYTE):
            await connection.send(b"x" * MEBIBYTE)

    received = 0
    async with serving(handler) as server, calling() as client:
        tracemalloc.start()
        async with client.stream(server.url, max_bytes=size) as download:
            assert (download.status, download.headers["content-type"]) == (200, "video/mp4")
            async for chunk in download.chunks:
                received += len(chunk)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert received == size
    assert peak < 16 * MEBIBYTE


async def test_endless_stream_ends_at_the_limit() -> None:
    received = 0

    async def take(client: HTTPClient, url: str) -> None:
        nonlocal received
        async with client.stream(url, max_bytes=100_000) as download:
            async for chunk in download.chunks:
                received += len(chunk)

    async with serving(sending(b"HTTP/1.1 200 OK\r\n\r\n", piece=b"x" * 10_000)) as server, calling() as client:
        with pytest.raises(ReplyTooLarge, match="more than 100000 bytes"):
            await take(client, server.url)
    assert 0 < received <= 100_000


async def test_download_with_too_large_a_length_is_not_started() -> None:
    async with serving(sending(b"HTTP/1.1 200 OK\r\nContent-Length: 100001\r\n\r\n")) as server, calling() as client:
        with pytest.raises(ReplyTooLarge):
            await fetch(client, server.url, max_bytes=100_000)


async def test_compressed_bomb_ends_at_the_limit() -> None:
    bomb = gzip.compress(b"\0" * (50 * MEBIBYTE))

    async def handler(connection: Connection) -> None:
        await connection.receive()
        await connection.answer(200, bomb, Content_Encoding="gzip")

    async with serving(handler) as server, calling() as client:
        with pytest.raises(ReplyTooLarge):
            await fetch(client, server.url)


@pytest.mark.parametrize(
    "handler",
    [
        pytest.param(sending(b""), id="no headers"),
        pytest.param(sending(b"HTTP/1.1 200 OK\r\nX: ", piece=b"x", every_s=0.02), id="dripping headers"),
        pytest.param(sending(b"HTTP/1.1 200 OK\r\n\r\n"), id="no body"),
        pytest.param(sending(b"HTTP/1.1 200 OK\r\n\r\n", piece=b"x", every_s=0.02), id="dripping body"),
        pytest.param(sending(b"HTTP/1.1 200 OK\r\n\r\n", piece=b"x", every_s=0.4), id="stalling body"),
    ],
)
async def test_slow_server_is_abandoned(handler: Callable[[Connection], Awaitable[None]]) -> None:
    """A slow loris is never silent for long, so the limit for the whole ends it."""
    async with serving(handler) as server, calling() as client, asyncio.timeout(3):
        with pytest.raises(NoReply, match="did not respond within"):
            await fetch(client, server.url, max_bytes=100_000)


async def test_silent_server_is_abandoned_long_before_the_limit_for_the_whole() -> None:
    patience = Patience(idle_s=0.1, base_s=60)
    async with serving(sending(b"HTTP/1.1 200 OK\r\n\r\nhello")) as server, calling() as client, asyncio.timeout(3):
        with pytest.raises(NoReply, match=r"did not respond within 0\.1 s"):
            await fetch(client, server.url, patience=patience)


async def test_large_download_may_take_longer() -> None:
    """A total limit that is too short for the largest body makes that body impossible (lessons.md, A 34)."""
    patience = Patience(idle_s=0.3, base_s=0.1, slowest_bytes_per_s=100_000)
    assert patience.total_s(100_000) == 1.1

    async def handler(connection: Connection) -> None:
        await connection.receive()
        await connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        for _ in range(10):
            await asyncio.sleep(0.05)
            await connection.send(b"x" * 10_000)

    async with serving(handler) as server, calling() as client:
        assert len(await fetch(client, server.url, patience=patience)) == 100_000


async def test_time_of_the_reader_does_not_count() -> None:
    async with (
        serving(answering) as server,
        calling() as client,
        client.stream(server.url, max_bytes=10, patience=IMPATIENT) as download,
    ):
        await asyncio.sleep(0.4)
        assert [chunk async for chunk in download.chunks] == []


async def test_incomplete_download_is_no_reply() -> None:
    async def handler(connection: Connection) -> None:
        await connection.receive()
        await connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\nhalf")

    async with serving(handler) as server, calling() as client:
        with pytest.raises(NoReply, match="is incomplete"):
            await fetch(client, server.url)


async def test_error_status_is_returned() -> None:
    async def handler(connection: Connection) -> None:
        await connection.receive()
        await connection.answer(404, b"no such picture")

    async with serving(handler) as server, calling() as client, client.stream(server.url, max_bytes=100) as download:
        assert download.status == 404
        assert download.origin == read_origin(server.url)


async def test_five_redirects_are_followed_without_the_headers_of_the_first() -> None:
    async with serving(answering) as there:

        async def handler(connection: Connection) -> None:
            while True:
                received = await connection.receive()
                hop = int(received.target.lstrip("/") or 0)
                await connection.answer(302, Location=f"/{hop + 1}" if hop < 4 else f"{there.url}/picture")

        async with serving(handler) as here, calling() as client:
            headers = {"Authorization": "Bearer secret"}
            async with client.stream(here.url, max_bytes=100, headers=headers) as download:
                assert (download.status, str(download.origin)) == (200, there.url)
    assert [received.target for received in here.received] == ["/", "/1", "/2", "/3", "/4"]
    assert [received.headers.get("authorization") for received in there.received] == [None]


async def test_sixth_redirect_is_rejected() -> None:
    async def handler(connection: Connection) -> None:
        while True:
            await connection.receive()
            await connection.answer(302, Location="/")

    async with serving(handler) as server, calling() as client:
        with pytest.raises(NoReply, match="more than 5 times"):
            await fetch(client, server.url)


async def test_every_redirect_is_checked_like_the_first_url() -> None:
    async with serving(answering) as private:

        async def handler(connection: Connection) -> None:
            await connection.receive()
            await connection.answer(302, Location=private.url)

        async with serving(handler) as server:
            policy = AddressPolicy(only_origins=frozenset({read_origin(server.url)}))
            async with calling(policy) as client:
                with pytest.raises(AddressRefused):
                    await fetch(client, server.url)
    assert private.connections == 0


async def test_request_to_a_forbidden_or_absent_server_is_not_sent() -> None:
    async with calling(AddressPolicy()) as client:
        with pytest.raises(AddressRefused):
            await fetch(client, "https://10.0.0.1/")
        with pytest.raises(NotSent):
            await fetch(client, "https://nowhere.example/")


class ReaderError(Exception):
    pass


async def test_error_of_the_reader_is_passed_on_and_the_connection_is_dropped() -> None:
    async def fail(client: HTTPClient, url: str, error: Exception) -> None:
        async with client.stream(url, max_bytes=MEBIBYTE) as download:
            async for _ in download.chunks:
                raise error

    async with serving(sending(b"HTTP/1.1 200 OK\r\n\r\n", piece=b"x" * 1000)) as server, calling() as client:
        with pytest.raises(ReaderError):
            await fail(client, server.url, ReaderError())
        with pytest.raises(OSError, match="the disk is full"):
            await fail(client, server.url, OSError("the disk is full"))
    assert server.connections == 2
