import json
import math
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import nullcontext
from dataclasses import replace
from typing import Any, TypeAlias
from uuid import UUID

import pytest

from letmepost.domain.costs import Cost
from letmepost.domain.errors import FailureKind, NoReply, NotSent, PlatformFailure, SendFailure
from letmepost.domain.flow import Auth, Call, Effect, FormFile, MediaRange
from letmepost.gateways.clock import SystemClock
from letmepost.gateways.http_client import HTTPClient
from letmepost.gateways.sender import CallRecord, Sender
from letmepost.platforms.connecting import Credential
from tests.doubles.clock import SteppedClock
from tests.doubles.platform import make_platform
from tests.gateways.support import Connection, LoopbackServer, answering, calling, serving

Media: TypeAlias = Callable[[UUID, int, int], Awaitable[AsyncIterator[bytes]]]

EXPIRED = json.dumps({"error": "expired"}).encode()


class Credentials:
    """A `CredentialSource` that replaces the first expired token with `fresh`, and counts its calls."""

    def __init__(self, fresh: str | PlatformFailure = "fresh") -> None:
        self._fresh = fresh
        self._current = Credential(secrets={"token": "stored"})
        self.refreshed: list[Credential] = []

    async def current(self) -> Credential:
        return self._current

    async def refresh(self, dead: Credential) -> Credential | None:
        self.refreshed.append(dead)
        if isinstance(self._fresh, PlatformFailure):
            raise self._fresh
        self._current = Credential(secrets={"token": self._fresh})
        return self._current


class Fixed(Credentials):
    """A credential that is not refreshed, as during the refresh itself."""

    async def refresh(self, dead: Credential) -> None:
        self.refreshed.append(dead)


class Ticking(SteppedClock):
    """A clock that advances by a second at every reading."""

    def monotonic_s(self) -> float:
        self.advance(1)
        return super().monotonic_s()


@pytest.fixture
async def http() -> AsyncIterator[HTTPClient]:
    async with calling() as client:
        yield client


def make_sender(http: HTTPClient, credentials: Credentials | None = None, open_media: Media | None = None) -> Sender:
    return Sender(
        http=http,
        platform=make_platform(),
        clock=Ticking(),
        credentials=credentials,
        open_media=open_media,
    )


def post_to(server: LoopbackServer, **changes: Any) -> Call:
    call = Call(method="POST", url=f"{server.url}/posts", effect=Effect.PUBLISH, step="post")
    return replace(call, **changes)


async def expiring(connection: Connection) -> None:
    """Accept only the fresh token."""
    while True:
        received = await connection.receive()
        if received.headers.get("authorization") == "Bearer fresh":
            await connection.answer(200, received.body)
        else:
            await connection.answer(401, EXPIRED)


async def refusing(connection: Connection) -> None:
    """Accept no token."""
    while True:
        await connection.receive()
        await connection.answer(401, EXPIRED)


async def breaking(connection: Connection) -> None:
    await connection.receive()
    connection.reset()


async def test_call_is_signed_with_the_credential_of_the_account(http: HTTPClient) -> None:
    async with serving(answering) as server:
        await make_sender(http, Credentials())(post_to(server, headers={"x-version": "1"}))
    [received] = server.received
    assert received.headers["authorization"] == "Bearer stored"
    assert received.headers["x-version"] == "1"


async def test_every_call_has_its_own_entropy_and_time(http: HTTPClient) -> None:
    """One-time signatures (OAuth 1.0a nonces, DPoP) are rejected the second time."""
    async with serving(answering) as server:
        sender = make_sender(http, Credentials())
        for _ in range(2):
            await sender(post_to(server))
    first, second = (received.headers["x-signature"].split() for received in server.received)
    assert first[0] < second[0]
    assert first[1] != second[1]


async def test_call_without_the_account_does_not_contain_its_token(http: HTTPClient) -> None:
    async with serving(answering) as server:
        await make_sender(http, Credentials())(post_to(server, auth=Auth.NONE))
    assert "authorization" not in server.received[0].headers


async def test_call_without_an_account_is_not_signed(http: HTTPClient) -> None:
    async with serving(answering) as server:
        await make_sender(http)(post_to(server))
    assert "authorization" not in server.received[0].headers


@pytest.mark.parametrize(
    ("content", "content_type", "body"),
    [
        ({"json": {"text": "Grüße"}}, "application/json", '{"text":"Grüße"}'.encode()),
        ({"form": {"a": "1 2", "b": "&"}}, "application/x-www-form-urlencoded", b"a=1+2&b=%26"),
        ({"body": b"\x00\x01", "headers": {"content-type": "image/png"}}, "image/png", b"\x00\x01"),
        ({}, None, b""),
    ],
    ids=["json", "form", "bytes", "nothing"],
)
async def test_call_is_sent_with_its_content(
    http: HTTPClient, content: dict[str, Any], content_type: str | None, body: bytes
) -> None:
    async with serving(answering) as server:
        reply = await make_sender(http, Credentials())(post_to(server, query=(("a", "1 2"), ("a", "&")), **content))
    [received] = server.received
    assert (received.method, received.target) == ("POST", "/posts?a=1+2&a=%26")
    assert (received.headers.get("content-type"), received.body) == (content_type, body)
    assert (reply.status, reply.body, reply.replayed) == (200, body, False)


async def test_media_file_is_streamed_from_its_store(http: HTTPClient) -> None:
    asked: list[tuple[UUID, int, int]] = []

    async def chunks() -> AsyncIterator[bytes]:
        for chunk in (b"ab", b"c", b"de"):
            yield chunk

    async def open_media(media_id: UUID, first_byte: int, length_bytes: int) -> AsyncIterator[bytes]:
        asked.append((media_id, first_byte, length_bytes))
        return chunks()

    async with serving(expiring) as server:
        sender = make_sender(http, Credentials(), open_media)
        reply = await sender(post_to(server, body=MediaRange(UUID(int=7), 100, 5)))
    assert reply.body == b"abcde"
    assert [received.headers["content-length"] for received in server.received] == ["5", "5"]
    assert asked == [(UUID(int=7), 100, 5)] * 2, "a repeated call reads the file again"


async def test_multipart_form_is_sent_in_order_with_a_streamed_file(http: HTTPClient) -> None:
    async def open_media(media_id: UUID, first_byte: int, length_bytes: int) -> AsyncIterator[bytes]:
        async def chunks() -> AsyncIterator[bytes]:
            yield f"{media_id.int} {first_byte}".encode()
            yield b"\r\n--" * ((length_bytes - 4) // 4)

        return chunks()

    file = FormFile(media=MediaRange(UUID(int=7), 10, 4 + 8), filename='a "b".png', content_type="image/png")
    async with serving(expiring) as server:
        sender = make_sender(http, Credentials(), open_media)
        reply = await sender(post_to(server, multipart=(("kind", "größe"), ("file", file))))
    assert reply.status == 200
    first, second = server.received
    assert first.headers["content-type"] != second.headers["content-type"], "each request has its own boundary"
    kind, _, boundary = second.headers["content-type"].partition("; boundary=")
    assert kind == "multipart/form-data"
    assert second.body.replace(boundary.encode(), b"B") == (
        b'--B\r\nContent-Disposition: form-data; name="kind"\r\n\r\ngr\xc3\xb6\xc3\x9fe\r\n'
        b'--B\r\nContent-Disposition: form-data; name="file"; filename="a %22b%22.png"\r\n'
        b"Content-Type: image/png\r\n\r\n"
        b"7 10\r\n--\r\n--\r\n--B--\r\n"
    )
    assert second.headers["content-length"] == str(len(second.body))


@pytest.mark.parametrize(
    "content",
    [
        {"body": MediaRange(UUID(int=7), 0, 5)},
        {"multipart": (("f", FormFile(media=MediaRange(UUID(int=7), 0, 5), filename="a", content_type="b/c")),)},
    ],
)
async def test_media_file_cannot_be_sent_without_a_store(http: HTTPClient, content: dict[str, Any]) -> None:
    async with serving(answering) as server:
        with pytest.raises(SendFailure, match="cannot read any"):
            await make_sender(http)(post_to(server, **content))
    assert server.received == []


@pytest.mark.parametrize(
    "content",
    [
        {"body": MediaRange(UUID(int=7), 0, 5)},
        {"multipart": (("f", FormFile(media=MediaRange(UUID(int=7), 0, 5), filename="a", content_type="b/c")),)},
    ],
)
async def test_nothing_is_sent_when_a_media_file_cannot_be_opened(http: HTTPClient, content: dict[str, Any]) -> None:
    """Otherwise the call would be in doubt, although no server could execute it."""

    async def open_media(media_id: UUID, first_byte: int, length_bytes: int) -> AsyncIterator[bytes]:
        raise PlatformFailure(FailureKind.REJECTED, "The file is missing.")

    async with serving(answering) as server:
        with pytest.raises(PlatformFailure, match="missing"):
            await make_sender(http, open_media=open_media)(post_to(server, **content))
    assert server.received == []


async def test_expired_token_is_refreshed_and_the_call_repeated_once(http: HTTPClient) -> None:
    credentials = Credentials()
    async with serving(expiring) as server:
        reply = await make_sender(http, credentials)(post_to(server, json={"text": "Hello"}))
    assert reply.status == 200
    assert [received.headers["authorization"] for received in server.received] == ["Bearer stored", "Bearer fresh"]
    assert [received.body for received in server.received] == [b'{"text":"Hello"}'] * 2
    assert [dead.secrets["token"] for dead in credentials.refreshed] == ["stored"]


async def test_expired_fresh_token_is_not_refreshed_again(http: HTTPClient) -> None:
    credentials = Credentials()
    async with serving(refusing) as server:
        reply = await make_sender(http, credentials)(post_to(server))
    assert reply.status == 401
    assert len(server.received) == 2
    assert len(credentials.refreshed) == 1


async def test_refusal_of_a_call_whose_credential_is_not_refreshed_stays_as_it_is(http: HTTPClient) -> None:
    async with serving(refusing) as server:
        reply = await make_sender(http, Fixed())(post_to(server))
    assert (reply.status, len(server.received)) == (401, 1)


@pytest.mark.parametrize(("effect", "sent"), [(Effect.PUBLISH, 1), (Effect.PREPARE, 2)])
async def test_publish_is_not_repeated_without_its_lease(http: HTTPClient, effect: Effect, sent: int) -> None:
    """The refresh may have taken so long that another worker has leased the post."""
    asked: list[Call] = []

    async def allow_once(call: Call) -> float:
        asked.append(call)
        if len(asked) > 1:
            raise RuntimeError("lost")
        return math.inf

    async with serving(expiring) as server:
        sender = make_sender(http, Credentials())
        sender.may_send = allow_once
        with pytest.raises(RuntimeError, match="lost") if sent == 1 else nullcontext():
            await sender(post_to(server, effect=effect))
    assert len(server.received) == sent
    assert len(asked) == (2 if effect is Effect.PUBLISH else 0)


async def test_late_publish_is_not_sent(http: HTTPClient) -> None:
    """The process may have been stopped since the lease was checked, and another worker may have leased the post."""

    async def until_just_now(_call: Call) -> float:
        return SystemClock().monotonic_s() - 0.001

    async with serving(answering) as server:
        sender = make_sender(http, Credentials())
        sender.may_send = until_just_now
        with pytest.raises(NotSent, match="too late"):
            await sender(post_to(server, effect=Effect.PUBLISH))
        assert (await sender(post_to(server, effect=Effect.PREPARE))).ok, "an invisible call needs no lease"
    assert len(server.received) == 1


async def test_failed_refresh_ends_the_call(http: HTTPClient) -> None:
    ended = PlatformFailure(FailureKind.AUTH_FAILED, "The session has ended.")
    async with serving(refusing) as server:
        with pytest.raises(PlatformFailure, match="The session has ended"):
            await make_sender(http, Credentials(ended))(post_to(server))
    assert len(server.received) == 1


async def test_record_of_a_call_contains_no_secrets(http: HTTPClient) -> None:
    call_changes: dict[str, Any] = {
        "query": (("access_token", "a-secret"),),
        "json": {"password": "a-secret"},
        "headers": {"x-api-key": "a-secret"},
    }
    async with serving(expiring) as server:
        sender = make_sender(http, Credentials())
        await sender(post_to(server, **call_changes))
        call = Call(method="GET", url=f"{server.url}/limits?key=a-secret#a-secret")
        await sender(call)
    host = server.url.removeprefix("http://")
    assert sender.records == [
        CallRecord(Effect.PUBLISH, "post", "POST", host, "/posts", status=401, duration_ms=1000),
        CallRecord(Effect.PUBLISH, "post", "POST", host, "/posts", status=200, duration_ms=1000),
        CallRecord(Effect.READ, None, "GET", host, "/limits", status=200, duration_ms=1000),
    ]
    assert sender.platform_ms == 3000
    assert "a-secret" not in json.dumps([record.as_json() for record in sender.records])


async def test_parts_of_an_upload_are_one_record(http: HTTPClient) -> None:
    """They can be thousands. Another result or another kind of call starts a new record."""

    async def failing_third(connection: Connection) -> None:
        for status in (200, 200, 503, 200, 200, 200):
            await connection.receive()
            await connection.answer(status, b"{}")

    async with serving(failing_third) as server:
        sender = make_sender(http, Credentials())
        for number in range(5):
            await sender(Call(method="PUT", url=f"{server.url}/parts/{number}", effect=Effect.WRITE))
        await sender(Call(method="PUT", url=f"{server.url}/parts/5"))
    shown = [(record.effect, record.path, record.status, record.duration_ms) for record in sender.records]
    assert shown == [
        (Effect.WRITE, "/parts/0", 200, 2000),
        (Effect.WRITE, "/parts/2", 503, 1000),
        (Effect.WRITE, "/parts/3", 200, 2000),
        (Effect.READ, "/parts/5", 200, 1000),
    ]
    assert sender.platform_ms == 6000


async def test_recorded_host_does_not_contain_the_user_of_the_url(http: HTTPClient) -> None:
    sender = make_sender(http)
    with pytest.raises(NotSent):
        await sender(Call(method="GET", url="https://user:a-secret@network.example:8443/path"))
    assert [record.host for record in sender.records] == ["network.example:8443"]


async def test_call_without_a_reply_is_recorded(http: HTTPClient) -> None:
    async with serving(breaking) as server:
        sender = make_sender(http, Credentials())
        with pytest.raises(NoReply):
            await sender(post_to(server))
    [record] = sender.records
    assert (record.step, record.status) == ("post", None)


async def test_every_call_that_may_have_reached_the_platform_is_charged(http: HTTPClient) -> None:
    charged: list[Cost] = []
    sender = make_sender(http)
    sender.platform = make_platform(costs=lambda _call: Cost("cents", 3))
    sender.charge = charged.append
    async with serving(echoing(200)) as server, serving(echoing(400)) as refusing:
        await sender(post_to(server))
        await sender(post_to(refusing))
    assert len(charged) == 2
    async with serving(breaking) as silent:
        with pytest.raises(NoReply):
            await sender(post_to(silent))
    assert len(charged) == 3
    with pytest.raises(NotSent):
        await sender(post_to(silent))
    assert len(charged) == 3


async def test_reply_has_the_time_of_its_arrival(http: HTTPClient) -> None:
    """It is the only clock of a flow."""
    sender = make_sender(http)
    async with serving(answering) as server:
        reply = await sender(post_to(server))
    assert reply.received_at == sender.clock.now()


def echoing(status: int, *, before: str = "", after: str = "") -> Callable[[Connection], Awaitable[None]]:
    """Return a handler that answers with the request: its headers, its target and its body."""

    async def echo(connection: Connection) -> None:
        while True:
            received = await connection.receive()
            sent = f"{received.headers} {received.target} {received.body.decode()}"
            await connection.answer(status, f"{before}{sent}{after}".encode())

    return echo


CARRYING: dict[str, Any] = {
    "query": (("client_secret", "client-secret-1"),),
    "form": {"code": "code-1", "code_verifier": "verifier-1", "text": "Hello"},
}


@pytest.mark.parametrize("status", [400, 401, 403, 404, 429, 500, 503, 302])
async def test_secrets_of_a_call_are_removed_from_a_refusal(http: HTTPClient, status: int) -> None:
    async with serving(echoing(status)) as server:
        reply = await make_sender(http, Credentials())(post_to(server, **CARRYING))
    text = reply.body.decode()
    assert "Hello" in text
    for secret in ("stored", "client-secret-1", "code-1", "verifier-1"):
        assert secret not in text


async def test_secrets_are_removed_from_the_headers_of_a_refusal(http: HTTPClient) -> None:
    async def refuse(connection: Connection) -> None:
        await connection.receive()
        await connection.answer(400, b"", x_why="bad token stored")

    async with serving(refuse) as server:
        reply = await make_sender(http, Credentials())(post_to(server))
    assert reply.headers["x-why"] == "bad token (secret removed)"


async def test_secrets_are_removed_from_a_refusal_with_status_200(http: HTTPClient) -> None:
    async with serving(echoing(200, before='{"error": {"message": "', after='"}}')) as server:
        reply = await make_sender(http, Credentials())(post_to(server, form={"code": "code-1"}))
    assert b"code-1" not in reply.body


async def test_success_is_unchanged_because_it_may_grant_the_same_token_again(http: HTTPClient) -> None:
    body = b'{"refresh_token": "refresh-1", "note": "no error"}'

    async def grant(connection: Connection) -> None:
        await connection.receive()
        await connection.answer(200, body)

    async with serving(grant) as server:
        reply = await make_sender(http)(post_to(server, form={"refresh_token": "refresh-1"}))
    assert reply.body == body


async def test_secret_of_an_earlier_call_is_removed(http: HTTPClient) -> None:
    async def refuse(connection: Connection) -> None:
        await connection.receive()
        await connection.answer(200, b"{}")
        await connection.receive()
        await connection.answer(400, b"not password-1")

    async with serving(refuse) as server:
        sender = make_sender(http)
        await sender(post_to(server, json={"password": "password-1"}))
        reply = await sender(post_to(server))
    assert b"password-1" not in reply.body


async def test_path_of_a_call_is_recorded_without_secrets(http: HTTPClient) -> None:
    async with serving(answering) as server:
        sender = make_sender(http, Credentials())
        await sender(post_to(server, url=f"{server.url}/bot/stored/posts"))
    assert [record.path for record in sender.records] == ["/bot/(secret removed)/posts"]
