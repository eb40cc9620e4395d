"""Requests of the HTTP client: what is sent, what is received, and what must not be called."""

import asyncio
import gzip
import tracemalloc
import zlib
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime

import pytest

from letmepost.domain.errors import NoReply, NotSent
from letmepost.gateways.addresses import AddressPolicy, AddressRefused, read_origin
from letmepost.gateways.connections import Progress
from letmepost.gateways.http_bodies import PIECE_BYTES
from letmepost.gateways.http_client import Outgoing, ReplyTooLarge
from tests.gateways.support import Connection, Names, answering, calling, get, post, serving

MEBIBYTE = 1024 * 1024


async def test_reply_is_complete_with_any_status() -> None:
    async def handler(connection: Connection) -> None:
        await connection.receive()
        await connection.answer(503, b"later", Retry_After="3", X_Many="a")

    async with serving(handler) as server, calling() as client:
        reply = await client.send(post(server.url))
    assert (reply.status, reply.body) == (503, b"later")
    assert reply.headers == {"content-length": "5", "retry-after": "3", "x-many": "a"}
    assert abs((reply.received_at - datetime.now(UTC)).total_seconds()) < 60  # noqa: TID251 - with a real clock
    assert 0 < reply.durations.connect_ms <= reply.durations.first_byte_ms <= reply.durations.total_ms < 5000


async def test_repeated_and_non_ascii_headers_are_readable() -> None:
    async def handler(connection: Connection) -> None:
        await connection.receive()
        await connection.send(b"HTTP/1.1 200 OK\r\nLink: a\r\nLINK: b\r\nX-Odd: \xff\r\nContent-Length: 0\r\n\r\n")

    async with serving(handler) as server, calling() as client:
        reply = await client.send(get(server.url))
    assert reply.headers == {"link": "a, b", "x-odd": "\xff", "content-length": "0"}


async def test_request_is_sent_as_given_with_few_added_headers() -> None:
    async with serving(answering) as server, calling() as client:
        target = "/a%2fb/%7Euser?sig=%41%2F+&empty="
        await client.send(Outgoing(method="POST", url=server.url + target, body=b"{}", headers={"X-Key": "1"}))
    [received] = server.received
    assert (received.method, received.target, received.body) == ("POST", target, b"{}")
    assert received.headers == {
        "host": f"127.0.0.1:{server.port}",
        "user-agent": "letmepost/test",
        "accept-encoding": "identity",
        "accept": "*/*",
        "x-key": "1",
        "content-length": "2",
    }


async def test_cookies_are_not_stored_or_sent() -> None:
    async def handler(connection: Connection) -> None:
        while True:
            await connection.receive()
            await connection.answer(Set_Cookie="session=1; Path=/")

    async with serving(handler) as server, calling() as client:
        for _ in range(2):
            await client.send(get(server.url))
    assert all("cookie" not in received.headers for received in server.received)


async def test_proxy_of_the_environment_is_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    async with serving(answering) as server, calling() as client:
        assert (await client.send(get(server.url))).status == 200


@pytest.mark.parametrize("size", [0, 1, 65536, 3 * MEBIBYTE])
async def test_body_is_sent_completely_with_its_length(size: int) -> None:
    async with serving(answering) as server, calling() as client:
        body = b"x" * size
        reply = await client.send(Outgoing(method="PUT", url=server.url, body=body, max_reply_bytes=4 * MEBIBYTE))
    assert reply.body == body == server.received[0].body
    assert server.received[0].headers["content-length"] == str(size)


async def chunks(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        await asyncio.sleep(0)
        yield part


async def test_streamed_body_is_sent_with_its_exact_length_and_without_chunks() -> None:
    async with serving(answering) as server, calling() as client:
        source = chunks(b"a" * 100_000, b"", b"b" * 100_000)
        request = Outgoing(method="PUT", url=server.url, body=source, body_length=200_000)
        reply = await client.send(request)
        await client.send(post(server.url, b"next"))
    assert reply.body == b"a" * 100_000 + b"b" * 100_000
    assert server.received[0].headers["content-length"] == "200000"
    assert "transfer-encoding" not in server.received[0].headers
    assert server.received[1].body == b"next"
    assert server.connections == 1


async def broken() -> AsyncIterator[bytes]:
    yield b"12345"
    raise OSError("the disk is on fire")


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (chunks(b"12345"), "announced length of 10 bytes"),
        (chunks(b"12345", b"6789012"), "announced length of 10 bytes"),
        (broken(), "could not be read while it was being sent"),
    ],
    ids=["short", "long", "broken"],
)
async def test_body_of_another_length_breaks_only_its_connection(source: AsyncIterator[bytes], message: str) -> None:
    async with serving(answering) as server, calling() as client:
        with pytest.raises(NoReply, match=message):
            await client.send(Outgoing(method="PUT", url=server.url, body=source, body_length=10))
        assert (await client.send(post(server.url, b"next"))).body == b"next"
    assert [received.body for received in server.received] == [b"next"]


async def test_response_before_the_end_of_the_body_is_accepted() -> None:
    async def handler(connection: Connection) -> None:
        await connection.reader.readuntil(b"\r\n\r\n")
        await connection.answer(413, b"too large", Connection="close")
        await asyncio.sleep(5)

    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield b"x" * 1000
            await asyncio.sleep(0.01)

    async with serving(handler) as server, calling() as client:
        request = Outgoing(method="POST", url=server.url, body=endless(), body_length=10**9, timeout_s=5)
        assert (await client.send(request)).status == 413


async def test_server_that_stops_accepting_the_body_is_not_waited_for() -> None:
    """A server that takes one byte every minute would hold a large upload for years."""

    async def handler(connection: Connection) -> None:
        await connection.reader.readuntil(b"\r\n\r\n")
        await asyncio.Event().wait()

    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield b"x" * 1_000_000

    async with serving(handler) as server, calling() as client:
        request = Outgoing(method="POST", url=server.url, body=endless(), body_length=10**9, timeout_s=60, idle_s=0.2)
        with pytest.raises(NoReply, match=r"did not accept more of the request for 0\.2 s"):
            await client.send(request)


async def test_time_for_a_piece_of_the_body_starts_again_with_each_and_ends_with_that_of_the_request() -> None:
    deadline = asyncio.timeout(1000)
    async with deadline:
        progress = Progress(deadline, timeout_s=100)
        progress.connected(0)
        progress.expect_within(50)
        first = deadline.when()
        assert first is not None
        assert first < progress.ends_at_s
        progress.expect_within(60)
        assert first < (deadline.when() or 0) < progress.ends_at_s
        progress.expect_within(500)
        assert deadline.when() == progress.ends_at_s
        progress.expect_within(50)
        progress.expect_within(None)
        assert deadline.when() == progress.ends_at_s


@pytest.mark.parametrize(
    "request_fields",
    [
        {"method": "GET / HTTP/1.1\r\nX: "},
        {"headers": {"Host": "evil.example"}},
        {"headers": {"content-LENGTH": "0"}},
        {"headers": {"Transfer-Encoding": "chunked"}},
        {"headers": {"X": "a\r\nY: b"}},
        {"headers": {"X\r\nY": "b"}},
        {"headers": {"": "b"}},
        {"body": chunks(b"")},
        {"body": b"", "body_length": 0},
        {"method": "POST", "follow_redirects": True},
        {"body": b"x", "follow_redirects": True},
    ],
)
def test_request_that_would_be_garbled_is_rejected(request_fields: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"method|header|control|source|redirect"):
        Outgoing(**{"method": "GET", "url": "https://example.com", **request_fields})  # type: ignore[arg-type]


async def test_forbidden_url_is_rejected_before_a_connection() -> None:
    async with serving(answering) as server, calling(AddressPolicy(allow_http=True)) as client:
        for url in (server.url, f"http://localhost.:{server.port}", f"http://[::ffff:127.0.0.1]:{server.port}"):
            with pytest.raises(NotSent):
                await client.send(post(url))
    assert server.connections == 0


async def test_name_with_a_private_address_is_rejected_even_with_a_public_one() -> None:
    names = Names({"evil.example": [["1.1.1.1", "127.0.0.1"]]})
    async with serving(answering) as server, calling(AddressPolicy(allow_http=True), names) as client:
        with pytest.raises(NotSent, match="does not resolve to a public address"):
            await client.send(post(f"http://evil.example:{server.port}"))
    assert server.connections == 0


async def test_name_is_resolved_once_and_the_result_is_called() -> None:
    """DNS rebinding: the second answer would be forbidden, but there is no second look-up."""
    names = Names({"rebind.example": [["127.0.0.1"], ["169.254.169.254"]]})
    async with serving(answering) as server, calling(names=names) as client:
        for _ in range(3):
            assert (await client.send(post(f"http://rebind.example:{server.port}"))).status == 200
    assert names.asked == ["rebind.example"]
    assert server.received[0].headers["host"] == f"rebind.example:{server.port}"


async def test_redirect_is_returned_by_default() -> None:
    async def handler(connection: Connection) -> None:
        await connection.receive()
        await connection.answer(302, Location="/elsewhere")

    async with serving(handler) as server, calling() as client:
        assert (await client.send(post(server.url))).status == 302
    assert len(server.received) == 1


async def test_followed_redirect_sends_its_headers_to_the_first_origin_only() -> None:
    async with serving(answering) as other:

        async def handler(connection: Connection) -> None:
            while True:
                received = await connection.receive()
                location = "/here?x=1" if received.target == "/" else f"{other.url}/there"
                await connection.answer(307, Location=location)

        async with serving(handler) as server, calling() as client:
            headers = {"Authorization": "Bearer secret"}
            request = Outgoing(method="GET", url=server.url, headers=headers, follow_redirects=True)
            assert (await client.send(request)).status == 200
    assert [received.target for received in server.received] == ["/", "/here?x=1"]
    assert all(received.headers["authorization"] == "Bearer secret" for received in server.received)
    assert [received.target for received in other.received] == ["/there"]
    assert "authorization" not in other.received[0].headers


@pytest.mark.parametrize(
    "location", ["http://169.254.169.254/latest/", "http://127.1/", "file:///etc/passwd", "//user@x/", "http://[::1"]
)
async def test_redirect_to_a_forbidden_url_is_rejected(location: str) -> None:
    async def handler(connection: Connection) -> None:
        await connection.receive()
        await connection.answer(301, Location=location)

    async with serving(handler) as server, calling() as client:
        with pytest.raises(AddressRefused):
            await client.send(Outgoing(method="GET", url=server.url, follow_redirects=True))


async def test_redirect_out_of_the_sandbox_is_rejected() -> None:
    async with serving(answering) as other:

        async def handler(connection: Connection) -> None:
            await connection.receive()
            await connection.answer(301, Location=other.url)

        async with serving(handler) as sandbox:
            policy = AddressPolicy(only_origins=frozenset({read_origin(sandbox.url)}))
            async with calling(policy) as client:
                with pytest.raises(AddressRefused, match="outside the sandbox"):
                    await client.send(Outgoing(method="GET", url=sandbox.url, follow_redirects=True))
    assert other.connections == 0


async def test_at_most_five_redirects_are_followed() -> None:
    async def handler(connection: Connection) -> None:
        while True:
            await connection.receive()
            await connection.answer(302, Location="/again")

    async with serving(handler) as server, calling() as client:
        with pytest.raises(NoReply, match="more than 5 times"):
            await client.send(Outgoing(method="GET", url=server.url, follow_redirects=True))
    assert len(server.received) == 6


@pytest.mark.parametrize(
    ("encoding", "pack"), [("gzip", gzip.compress), ("deflate", zlib.compress)], ids=["gzip", "deflate"]
)
async def test_unrequested_compression_is_decompressed(encoding: str, pack: Callable[[bytes], bytes]) -> None:
    async def handler(connection: Connection) -> None:
        await connection.receive()
        await connection.answer(200, pack(b"hello" * 50_000), Content_Encoding=encoding)

    async with serving(handler) as server, calling() as client:
        assert (await client.send(get(server.url))).body == b"hello" * 50_000


@pytest.mark.parametrize("size", [PIECE_BYTES + more for more in (-1, 0, 1, 200, 258, 259, PIECE_BYTES)])
async def test_response_is_decompressed_completely_with_any_size_of_pieces(size: int) -> None:
    async def handler(connection: Connection) -> None:
        await connection.receive()
        await connection.answer(200, gzip.compress(b"\0" * size), Content_Encoding="gzip")

    async with serving(handler) as server, calling() as client:
        assert len((await client.send(get(server.url))).body) == size


async def test_compressed_bomb_is_stopped_at_the_limit() -> None:
    bomb = gzip.compress(b"\0" * (100 * MEBIBYTE))

    async def handler(connection: Connection) -> None:
        await connection.receive()
        await connection.answer(200, bomb, Content_Encoding="gzip")

    async with serving(handler) as server, calling() as client:
        tracemalloc.start()
        with pytest.raises(ReplyTooLarge) as caught:
            await client.send(get(server.url))
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert caught.value.status == 200
    assert peak < 8 * MEBIBYTE


@pytest.mark.parametrize(
    ("encoding", "body", "message"),
    [
        ("gzip", b"not gzip at all", "could not be decompressed"),
        ("gzip", gzip.compress(b"x" * 1000)[:-10], "is incomplete"),
        ("gzip", gzip.compress(b"x") + b"more", "continues after"),
        ("br", b"whatever", "encoding that was not requested"),
    ],
    ids=["garbled", "short", "long", "unknown"],
)
async def test_undecompressible_response_is_no_reply(encoding: str, body: bytes, message: str) -> None:
    async def handler(connection: Connection) -> None:
        await connection.receive()
        await connection.answer(200, body, Content_Encoding=encoding)

    async with serving(handler) as server, calling() as client:
        with pytest.raises(NoReply, match=message):
            await client.send(get(server.url))


async def test_head_response_with_an_encoding_has_no_body() -> None:
    async def handler(connection: Connection) -> None:
        await connection.receive()
        await connection.send(b"HTTP/1.1 200 OK\r\nContent-Encoding: br\r\nContent-Length: 99999999\r\n\r\n")

    async with serving(handler) as server, calling() as client:
        reply = await client.send(Outgoing(method="HEAD", url=server.url))
    assert (reply.status, reply.body) == (200, b"")


@pytest.mark.parametrize("declared", [True, False])
async def test_response_over_the_limit_is_not_read_completely(declared: bool) -> None:  # noqa: FBT001 - a parameter of the test
    async def handler(connection: Connection) -> None:
        await connection.receive()
        length = b"Content-Length: 999999999\r\n" if declared else b""
        await connection.send(b"HTTP/1.1 200 OK\r\n" + length + b"\r\n")
        while True:
            await connection.send(b"x" * 65536)

    async with serving(handler) as server, calling() as client:
        with pytest.raises(ReplyTooLarge, match="answered 200 with more than 100000 bytes"):
            await client.send(Outgoing(method="GET", url=server.url, max_reply_bytes=100_000))
