"""Failed calls: which were surely not executed, which were perhaps executed, and that none is sent twice."""

import asyncio
import socket
import ssl
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from letmepost.domain.errors import NoReply, NotSent, SendFailure
from letmepost.gateways.addresses import AddressGuard
from letmepost.gateways.clock import SystemClock
from letmepost.gateways.http_client import HTTPClient, Outgoing
from tests.gateways.support import DEVELOPMENT, Connection, Names, answering, calling, get, post, serving


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


async def test_refused_connection_is_not_sent() -> None:
    async with calling() as client:
        with pytest.raises(NotSent, match=r"Cannot connect to http://127\.0\.0\.1:\d+"):
            await client.send(post(f"http://127.0.0.1:{free_port()}"))


async def test_unknown_name_is_not_sent() -> None:
    async with calling() as client:
        with pytest.raises(NotSent, match=r"nowhere\.example does not resolve"):
            await client.send(post("https://nowhere.example"))


async def test_hanging_look_up_is_not_sent_in_time() -> None:
    async def hang(host: str) -> list[str]:
        await asyncio.sleep(60)
        return ["127.0.0.1"]

    guard = AddressGuard(DEVELOPMENT, hang)
    async with HTTPClient(guard=guard, clock=SystemClock(), user_agent="x", connect_timeout_s=0.1) as client:
        with pytest.raises(NotSent, match="did not accept a connection in time"):
            await client.send(post("http://slow.example"))


async def test_request_without_a_place_in_the_pool_is_not_sent() -> None:
    async def silent(connection: Connection) -> None:
        await connection.receive()
        await asyncio.sleep(60)

    async with serving(silent) as server, calling(connect_timeout_s=0.1, connections=1) as client:
        first = asyncio.create_task(client.send(post(server.url, timeout_s=1)))
        await asyncio.sleep(0.05)
        with pytest.raises(NotSent):
            await client.send(post(server.url))
        with pytest.raises(NoReply):
            await first
    assert len(server.received) == 1


async def silent(connection: Connection) -> None:
    await connection.receive()
    await asyncio.sleep(60)


async def closes(connection: Connection) -> None:
    await connection.receive()


async def resets(connection: Connection) -> None:
    await connection.receive()
    connection.reset()


async def resets_unread(connection: Connection) -> None:
    await connection.reader.read(1)
    connection.reset()


async def breaks_off(connection: Connection) -> None:
    await connection.receive()
    await connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf")


async def breaks_off_a_chunk(connection: Connection) -> None:
    await connection.receive()
    await connection.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n10\r\nhalf")


async def garbles_chunks(connection: Connection) -> None:
    await connection.receive()
    await connection.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nnonsense\r\n")
    await asyncio.sleep(60)


async def sends_something_else(connection: Connection) -> None:
    await connection.receive()
    await connection.send(b"220 mail.example ESMTP\r\n")
    await asyncio.sleep(60)


async def stops_in_the_headers(connection: Connection) -> None:
    await connection.receive()
    await connection.send(b"HTTP/1.1 200 OK\r\nX-Half")


async def drips_headers(connection: Connection) -> None:
    """Slow loris: every byte arrives in time, but the reply is never complete."""
    await connection.receive()
    await connection.send(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    while True:
        await connection.send(b"x")
        await asyncio.sleep(0.02)


async def drips_a_body(connection: Connection) -> None:
    await connection.receive()
    await connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    while True:
        await connection.send(b"x")
        await asyncio.sleep(0.02)


async def sends_continue_forever(connection: Connection) -> None:
    await connection.receive()
    while True:
        await connection.send(b"HTTP/1.1 100 Continue\r\n\r\n")
        await asyncio.sleep(0.001)


async def sends_one_endless_header(connection: Connection) -> None:
    await connection.receive()
    await connection.send(b"HTTP/1.1 200 OK\r\nX-Endless: ")
    while True:
        await connection.send(b"x" * 10_000)


async def sends_endless_headers(connection: Connection) -> None:
    await connection.receive()
    await connection.send(b"HTTP/1.1 200 OK\r\n")
    while True:
        await connection.send(b"X-Header: x\r\n" * 100)


MISCHIEF = [
    silent,
    closes,
    resets,
    resets_unread,
    breaks_off,
    breaks_off_a_chunk,
    garbles_chunks,
    sends_something_else,
    stops_in_the_headers,
    drips_headers,
    drips_a_body,
    sends_continue_forever,
    sends_one_endless_header,
    sends_endless_headers,
]


@pytest.mark.parametrize("method", ["POST", "PUT", "GET", "DELETE"])
@pytest.mark.parametrize("handler", MISCHIEF, ids=lambda handler: handler.__name__)
async def test_failure_after_connecting_is_perhaps_executed_and_sent_once(
    handler: Callable[[Connection], Awaitable[None]], method: str
) -> None:
    """Also for PUT, GET and DELETE, which aiohttp itself would send again."""
    async with serving(handler) as server, calling() as client:
        with pytest.raises(NoReply) as caught:
            await client.send(Outgoing(method=method, url=f"{server.url}/?token=secret", timeout_s=0.3))
    assert server.connections == 1
    assert len(server.received) <= 1
    assert server.url in str(caught.value)
    assert "secret" not in str(caught.value)


async def test_header_of_ten_kilobytes_is_accepted() -> None:
    async def handler(connection: Connection) -> None:
        await connection.receive()
        await connection.answer(X_Long="x" * 10_240)

    async with serving(handler) as server, calling() as client:
        assert len((await client.send(get(server.url))).headers["x-long"]) == 10_240


async def test_failure_contains_no_secret_even_in_its_causes() -> None:
    async with serving(closes) as server, calling() as client:
        request = Outgoing(
            method="POST", url=f"{server.url}/x?access_token=hush", headers={"Authorization": "hush"}, body=b"hush"
        )
        with pytest.raises(NoReply) as caught:
            await client.send(request)
    error: BaseException | None = caught.value
    while error is not None:
        assert "hush" not in f"{error!s} {error!r}"
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


async def test_connection_is_reused() -> None:
    async with serving(answering) as server, calling() as client:
        first = await client.send(post(server.url))
        for _ in range(5):
            again = await client.send(post(server.url))
    assert server.connections == 1
    assert again.durations.connect_ms < max(first.durations.connect_ms, 5)


async def test_number_of_connections_is_limited() -> None:
    async with serving(answering) as server, calling(connections=3) as client:
        await asyncio.gather(*(client.send(post(server.url)) for _ in range(30)))
    assert len(server.received) == 30
    assert server.connections <= 3


@pytest.mark.parametrize("method", ["POST", "PUT", "GET"])
async def test_reused_connection_that_breaks_after_the_request_is_in_doubt(method: str) -> None:
    """The race of both ends: the server read the second request, perhaps executed it, and closed the connection."""

    async def handler(connection: Connection) -> None:
        await connection.receive()
        await connection.answer()
        await connection.receive()

    async with serving(handler) as server, calling() as client:
        await client.send(Outgoing(method=method, url=server.url))
        with pytest.raises(NoReply, match="closed the connection before it responded"):
            await client.send(Outgoing(method=method, url=server.url))
    assert len(server.received) == 2
    assert server.connections == 1


async def test_connection_closed_by_the_server_is_not_reused() -> None:
    async def handler(connection: Connection) -> None:
        await connection.receive()
        await connection.answer()

    async with serving(handler) as server, calling() as client:
        for _ in range(5):
            assert (await client.send(post(server.url))).status == 200
            await asyncio.sleep(0.02)
    assert len(server.received) == server.connections == 5


def serve_one_request_per_connection(listener: socket.socket, executed: list[bytes]) -> None:
    with suppress(OSError):
        while True:
            connection, _ = listener.accept()
            with connection:
                executed.append(connection.recv(65536))
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")


@pytest.fixture
def one_request_server() -> Iterator[tuple[str, list[bytes]]]:
    """Serve one request per connection, in a thread, so that the event loop cannot delay it."""
    executed: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve_one_request_per_connection, args=(listener, executed))
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", executed
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()


async def test_closed_connection_is_detected_before_sending_when_the_loop_was_busy(
    one_request_server: tuple[str, list[bytes]],
) -> None:
    """The kernel has received the close while the event loop was busy."""
    url, executed = one_request_server
    async with calling() as client:
        for _ in range(5):
            assert (await client.send(post(url))).status == 200
            time.sleep(0.02)  # noqa: ASYNC251 - the event loop is busy
    assert len(executed) == 5


@pytest.mark.parametrize("delay_s", [0, 0.02])
async def test_unexpected_response_is_not_used_for_the_next_request(delay_s: float) -> None:
    async def handler(connection: Connection) -> None:
        await connection.receive()
        await connection.answer(200, b"first")
        await asyncio.sleep(delay_s)
        await connection.answer(200, b"poison")
        await connection.receive()
        await connection.answer(200, b"second")

    async with serving(handler) as server, calling() as client:
        await client.send(post(server.url))
        await asyncio.sleep(0.05)
        reply = await client.send(post(server.url))
    assert reply.body == b"first"  # on a new connection
    assert server.connections == 2


async def test_canceled_call_does_not_return_its_connection() -> None:
    async with serving(silent) as server, calling() as client:
        call = asyncio.create_task(client.send(post(server.url)))
        await asyncio.sleep(0.05)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        with pytest.raises(NoReply):
            await client.send(post(server.url, timeout_s=0.1))
    assert server.connections == 2


@asynccontextmanager
async def serving_tls(directory: Path, name: str) -> AsyncIterator[tuple[int, Path, list[str | None]]]:
    """Run a TLS server with its own certificate. Yield its port, the certificate, and the requested names."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    builder = x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
    now = SystemClock().now()
    builder = builder.not_valid_before(now.replace(year=now.year - 1)).not_valid_after(now.replace(year=now.year + 1))
    builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    certificate = directory / "certificate.pem"
    certificate.write_bytes(builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    secret = serialization.NoEncryption()
    (directory / "key.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, secret)
    )
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, directory / "key.pem")
    asked: list[str | None] = []
    context.sni_callback = lambda _, wanted, __: asked.append(wanted)

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, OSError):
            while True:
                await reader.readuntil(b"\r\n\r\n")
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
                await writer.drain()
        writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0, ssl=context)
    async with server:
        yield server.sockets[0].getsockname()[1], certificate, asked


def tls_client(names: Names, certificate: Path | None) -> HTTPClient:
    guard = AddressGuard(DEVELOPMENT, names)
    tls = ssl.create_default_context(cafile=certificate)
    return HTTPClient(guard=guard, clock=SystemClock(), user_agent="x", tls=tls, connect_timeout_s=1)


async def test_checked_address_is_called_once_with_its_name_in_tls(tmp_path: Path) -> None:
    names = Names({"shop.example": [["127.0.0.1"]]})
    async with (
        serving_tls(tmp_path, "shop.example") as (port, certificate, asked),
        tls_client(names, certificate) as client,
    ):
        for _ in range(3):
            assert (await client.send(Outgoing(method="GET", url=f"https://Shop.example.:{port}"))).status == 200
    assert asked == ["shop.example"]


@pytest.mark.parametrize(("host", "trusted"), [("shop.example", False), ("other.example", True)])
async def test_untrusted_certificate_is_not_sent(tmp_path: Path, host: str, trusted: bool) -> None:  # noqa: FBT001 - a parameter of the test
    names = Names({host: [["127.0.0.1"]]})
    async with (
        serving_tls(tmp_path, "shop.example") as (port, certificate, _),
        tls_client(names, certificate if trusted else None) as client,
    ):
        with pytest.raises(NotSent, match=f"The TLS certificate of https://{host}:{port} is not valid: .*"):
            await client.send(post(f"https://{host}:{port}"))


async def test_server_without_tls_is_not_sent() -> None:
    async def handler(connection: Connection) -> None:
        await connection.reader.read(100)
        await connection.send(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    async with serving(handler) as server, calling() as client:
        with pytest.raises(NotSent, match="TLS"):
            await client.send(post(f"https://127.0.0.1:{server.port}"))


async def test_unanswered_tls_handshake_is_not_sent() -> None:
    async def handler(connection: Connection) -> None:
        await connection.reader.read(100)
        await asyncio.sleep(60)

    async with serving(handler) as server, calling(connect_timeout_s=0.2) as client:
        with pytest.raises(NotSent):
            await client.send(post(f"https://127.0.0.1:{server.port}"))


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="needs /proc")
async def test_many_failing_servers_leave_no_open_files() -> None:
    async def call(client: HTTPClient, url: str) -> None:
        with suppress(SendFailure):
            await client.send(post(url, timeout_s=0.2))

    before = open_files()
    async with serving(silent) as one, serving(resets) as two, serving(breaks_off) as three, calling() as client:
        await asyncio.gather(*(call(client, server.url) for server in (one, two, three) for _ in range(20)))
    await asyncio.sleep(0.1)
    assert open_files() <= before
