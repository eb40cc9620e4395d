"""The limits of the servers on headers, slow clients and connections. The tests control the clock."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, cast

import pytest
from starlette.types import Message, Receive, Scope, Send
from uvicorn.server import ServerState

from letmepost.cli.protocol import LimitedConfig, LimitedProtocol
from letmepost.cli.rejections import plain_error
from letmepost.domain.sizes import HEAD_MAX_BYTES


@dataclass
class Timer:
    """A call that is due at a time."""

    at_s: float
    call: Callable[[], None]
    is_canceled: bool = False

    def cancel(self) -> None:
        self.is_canceled = True


@dataclass
class SteppedLoop:
    """An event loop with a clock that the test controls."""

    now_s: float = 0.0
    timers: list[Timer] = field(default_factory=list)

    def call_later(self, delay_s: float, call: Callable[[], None]) -> Timer:
        self.timers.append(Timer(self.now_s + delay_s, call))
        return self.timers[-1]

    def create_task(self, coroutine: Any, **options: Any) -> "asyncio.Task[None]":
        return asyncio.get_running_loop().create_task(coroutine, **options)

    def advance(self, seconds: float) -> None:
        """Advance the clock, and run the due calls in order."""
        until_s = self.now_s + seconds
        while due := [timer for timer in self.timers if not timer.is_canceled and timer.at_s <= until_s]:
            first = min(due, key=lambda timer: timer.at_s)
            self.timers.remove(first)
            self.now_s = first.at_s
            first.call()
        self.now_s = until_s


class Wire(asyncio.Transport):
    """A transport that records what is written."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""
        self.is_closed = False
        self.is_paused = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written += bytes(data)

    def close(self) -> None:
        self.is_closed = True

    def is_closing(self) -> bool:
        return self.is_closed

    def pause_reading(self) -> None:
        self.is_paused = True

    def resume_reading(self) -> None:
        self.is_paused = False


class Application:
    """Reads a request's body, then responds when the test allows it."""

    def __init__(self) -> None:
        self.may_read, self.may_answer, self.is_done = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self.may_read.set()
        self.may_answer.set()
        self.scope: Scope = {}
        self.body = b""
        self.is_disconnected = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.scope = scope
        await self.may_read.wait()
        more = True
        while more and not self.is_disconnected:
            message: Message = await receive()
            self.is_disconnected = message["type"] == "http.disconnect"
            self.body += message.get("body", b"")
            more = message.get("more_body", False)
        await self.may_answer.wait()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
        await send({"type": "http.response.body", "body": b"ok"})
        self.is_done.set()


class Connection:
    """A client's connection to a server."""

    def __init__(self, state: ServerState | None = None, connections_max: int = 1000) -> None:
        self.loop, self.wire, self.app = SteppedLoop(), Wire(), Application()
        config = LimitedConfig(
            self.app,
            describe_error=lambda error: {"error": {**plain_error(error)["error"], "requestId": "req_1"}},
            connections_max=connections_max,
            lifespan="off",
            timeout_keep_alive=75,
        )
        loop = cast("asyncio.AbstractEventLoop", self.loop)
        self.protocol = LimitedProtocol(config, state or ServerState(), {}, loop)
        self.protocol.connection_made(self.wire)

    def send(self, data: bytes) -> None:
        self.protocol.data_received(data)

    def send_head(self, *headers: bytes, method: bytes = b"POST", target: bytes = b"/") -> None:
        self.send(b"\r\n".join([method + b" " + target + b" HTTP/1.1", b"host: a", *headers, b"", b""]))

    async def answered(self) -> None:
        await asyncio.wait_for(self.app.is_done.wait(), 10)
        self.app.is_done.clear()

    def error(self) -> tuple[int, str]:
        """Return the status and the rule of the only response. The connection must be closed."""
        head, _, body = self.wire.written.partition(b"\r\n\r\n")
        status, lines = int(head.split(b" ")[1]), head.lower().split(b"\r\n")
        assert {b"content-type: application/json", b"x-content-type-options: nosniff", b"connection: close"} <= set(
            lines
        )
        assert b"x-request-id: req_1" in lines
        assert self.wire.is_closed
        error = json.loads(body)["error"]
        assert error["message"]
        assert error["remediation"]
        rule: str = error["rule"]
        return status, rule


TOO_LARGE = (431, "headers.size_max")


@pytest.fixture
async def connection() -> Connection:
    return Connection()


async def test_request_within_every_limit_is_answered(connection: Connection) -> None:
    connection.send_head(b"content-length: 3")
    connection.send(b"abc")
    await connection.answered()
    assert connection.wire.written.endswith(b"ok")
    assert connection.app.body == b"abc"
    assert not connection.wire.is_closed


async def test_one_endless_header_is_rejected_after_64_kib(connection: Connection) -> None:
    connection.send(b"GET / HTTP/1.1\r\na: ")
    sent = 0
    while not connection.wire.is_closed:
        connection.send(b"x" * 4096)
        sent += 4096
    assert connection.error() == TOO_LARGE
    assert sent <= HEAD_MAX_BYTES


async def test_headers_over_64_kib_in_one_packet_are_rejected(connection: Connection) -> None:
    connection.send_head(*(b"a%d: %b" % (number, b"x" * 1000) for number in range(70)))
    assert connection.error() == TOO_LARGE
    assert not connection.app.scope


@pytest.mark.parametrize("piece", [b"x" * 1000, b"%41" * 400])
async def test_endless_address_is_rejected(connection: Connection, piece: bytes) -> None:
    connection.send(b"GET /")
    for _ in range(70):
        connection.send(piece)
    assert connection.error() == TOO_LARGE


async def test_endless_empty_lines_before_a_request_are_rejected(connection: Connection) -> None:
    for _ in range(70):
        connection.send(b"\r\n" * 500)
    assert connection.error() == TOO_LARGE


async def test_endless_trailers_are_rejected(connection: Connection) -> None:
    connection.send_head(b"transfer-encoding: chunked")
    connection.send(b"1\r\nx\r\n0\r\na: ")
    for _ in range(70):
        connection.send(b"x" * 1000)
    assert connection.error() == TOO_LARGE
    await connection.answered()
    assert connection.app.is_disconnected


async def test_endless_chunk_extensions_are_rejected(connection: Connection) -> None:
    connection.send_head(b"transfer-encoding: chunked")
    connection.send(b"1;a=")
    for _ in range(70):
        connection.send(b"x" * 1000)
    assert connection.error() == TOO_LARGE


async def test_trailers_do_not_become_headers(connection: Connection) -> None:
    connection.send_head(b"transfer-encoding: chunked")
    connection.send(b"1\r\nx\r\n0\r\nauthorization: Bearer stolen\r\n\r\n")
    await connection.answered()
    assert [name for name, _ in connection.app.scope["headers"]] == [b"host", b"transfer-encoding"]


async def test_body_in_tiny_chunks_is_accepted(connection: Connection) -> None:
    connection.send_head(b"transfer-encoding: chunked")
    for _ in range(20_000):
        connection.send(b"1\r\nx\r\n")
    connection.send(b"0\r\n\r\n")
    await connection.answered()
    assert connection.app.body == b"x" * 20_000


async def test_malformed_http_is_answered_with_the_error_envelope(connection: Connection) -> None:
    connection.send(b"GET / HTTP/9.9\r\n\r\n")
    assert connection.error() == (400, "http.malformed")


async def test_connection_without_a_request_is_closed_after_10_s(connection: Connection) -> None:
    connection.loop.advance(9.9)
    assert not connection.wire.is_closed
    connection.loop.advance(0.2)
    assert connection.wire.is_closed
    assert connection.wire.written == b""


async def test_headers_that_take_longer_than_10_s_are_rejected(connection: Connection) -> None:
    for _ in range(9):
        connection.send(b"GET / HTTP/1.1\r\n" if not connection.loop.now_s else b"a: b\r\n")
        connection.loop.advance(1)
    assert not connection.wire.is_closed
    connection.loop.advance(1)
    assert connection.error() == (408, "headers.timeout")


async def test_headers_of_a_later_request_have_10_s(connection: Connection) -> None:
    connection.send_head(method=b"GET")
    await connection.answered()
    connection.loop.advance(70)
    connection.wire.written = b""
    connection.send(b"GET / HTTP/1.1\r\n")
    connection.loop.advance(9.9)
    assert not connection.wire.is_closed
    connection.loop.advance(0.2)
    assert connection.error() == (408, "headers.timeout")


async def test_idle_connection_is_closed_after_75_s(connection: Connection) -> None:
    connection.send_head(method=b"GET")
    await connection.answered()
    connection.loop.advance(74.9)
    assert not connection.wire.is_closed
    connection.loop.advance(0.2)
    assert connection.wire.is_closed


async def test_empty_lines_do_not_keep_an_idle_connection_open(connection: Connection) -> None:
    connection.send_head(method=b"GET")
    await connection.answered()
    connection.loop.advance(70)
    connection.send(b"\r\n")
    connection.loop.advance(10.1)
    assert connection.wire.is_closed


async def test_body_slower_than_1_kib_per_second_is_rejected(connection: Connection) -> None:
    connection.send_head(b"content-length: 100000")
    for _ in range(9):
        connection.send(b"x" * 1000)
        connection.loop.advance(1)
    assert not connection.wire.is_closed
    connection.send(b"x" * 1000)
    connection.loop.advance(1)
    assert connection.error() == (408, "body.timeout")
    await connection.answered()
    assert connection.app.is_disconnected


async def test_body_that_stalls_is_rejected(connection: Connection) -> None:
    connection.send_head(b"content-length: 1000000")
    connection.send(b"x" * 30_000)
    await asyncio.sleep(0)  # the application reads
    connection.loop.advance(10)
    assert not connection.wire.is_closed
    connection.loop.advance(10)
    assert connection.error() == (408, "body.timeout")


async def test_upload_of_200_mib_at_50_kib_per_second_is_accepted(connection: Connection) -> None:
    size = 200 * 1024 * 1024
    connection.send_head(b"content-length: %d" % size)
    second = b"x" * (50 * 1024)
    for _ in range(size // len(second)):
        connection.send(second)
        connection.app.body = b""
        await asyncio.sleep(0)
        connection.loop.advance(1)
    connection.send(b"x" * (size % len(second)))
    await connection.answered()
    assert not connection.app.is_disconnected


async def test_body_that_the_application_does_not_read_is_not_slow(connection: Connection) -> None:
    connection.app.may_read.clear()
    connection.send_head(b"content-length: 100000")
    connection.send(b"x" * 70_000)
    assert connection.wire.is_paused
    connection.loop.advance(300)
    assert not connection.wire.is_closed
    connection.app.may_read.set()
    await asyncio.sleep(0)
    connection.send(b"x" * 30_000)
    await connection.answered()
    assert connection.wire.written.endswith(b"ok")


async def test_client_that_waits_for_100_continue_is_not_slow(connection: Connection) -> None:
    connection.app.may_read.clear()
    connection.send_head(b"content-length: 3", b"expect: 100-continue")
    connection.loop.advance(300)
    assert not connection.wire.is_closed


async def test_long_response_is_not_cut(connection: Connection) -> None:
    connection.app.may_answer.clear()
    connection.send_head(b"content-length: 3")
    connection.send(b"abc")
    connection.loop.advance(3600)
    assert not connection.wire.is_closed
    connection.app.may_answer.set()
    await connection.answered()
    assert connection.wire.written.endswith(b"ok")


@pytest.mark.parametrize("next_request", [b"GET / HT", b"nonsense\r\n\r\n", b"GET / HTTP/1.1\r\na: " + b"x" * 70_000])
async def test_invalid_later_request_does_not_cut_the_response_before_it(
    connection: Connection, next_request: bytes
) -> None:
    connection.app.may_answer.clear()
    connection.send_head(method=b"GET")
    connection.send(next_request)
    connection.loop.advance(3600)
    connection.app.may_answer.set()
    await connection.answered()
    assert connection.wire.written.endswith(b"ok")
    connection.loop.advance(10)
    assert connection.wire.is_closed


async def test_slow_body_gets_no_second_response(connection: Connection) -> None:
    connection.app.may_read.clear()
    connection.send_head(b"content-length: 100000")
    await asyncio.sleep(0)
    cycle = connection.protocol.cycle
    await cycle.send({"type": "http.response.start", "status": 413, "headers": [(b"content-length", b"2")]})
    await cycle.send({"type": "http.response.body", "body": b"no"})
    connection.send(b"x")
    connection.loop.advance(20)
    assert connection.wire.is_closed
    assert connection.wire.written.count(b"HTTP/1.1") == 1
    connection.app.may_read.set()


async def test_connection_over_the_limit_is_rejected() -> None:
    state = ServerState()
    first, second = Connection(state, 2), Connection(state, 2)
    third = Connection(state, 2)
    assert third.error() == (429, "connections.max")
    third.protocol.connection_lost(None)
    first.protocol.connection_lost(None)
    fourth = Connection(state, 2)
    for open_one in (second, fourth):
        open_one.send_head(method=b"GET")
        await open_one.answered()
        assert open_one.wire.written.endswith(b"ok")


async def test_lost_connection_leaves_no_timers(connection: Connection) -> None:
    connection.send_head(b"content-length: 3")
    connection.protocol.connection_lost(None)
    assert all(timer.is_canceled for timer in connection.loop.timers)
