"""Which calls are sent again, and when."""

import httpx
import pytest
import respx

from letmepost_client import (
    AsyncClient,
    Client,
    ConnectionFailed,
    IdempotencyConflict,
    InternalError,
    LetmepostError,
    PlatformUnavailable,
    QuotaExceeded,
    RateLimited,
)
from letmepost_client.flow import Pause, Send
from letmepost_client.retry import RetryPolicy, retry_after_s

from .conftest import FakeTime, batch, error, profile

BUSY = httpx.Response(503, json=error("platform_unavailable", retryable=True))
LOST = httpx.ReadError("The connection was lost")


def keys(api: respx.MockRouter) -> list[str]:
    return [call.request.headers["idempotency-key"] for call in api.calls]


def test_retries_of_a_call_share_its_key(api: respx.MockRouter, client: Client, time: FakeTime) -> None:
    api.post("/v1/posts").mock(side_effect=[LOST, BUSY, httpx.Response(502, text="Bad gateway"), _published()])
    assert client.posts.create(text="x", to="bluesky").status == "published"
    assert keys(api) == ["key-1"] * 4
    assert len({call.request.content for call in api.calls}) == 1
    assert time.pauses == [0.5, 1.0, 2.0]


def test_every_call_has_its_own_key(api: respx.MockRouter, client: Client) -> None:
    api.post("/v1/posts").mock(return_value=_published())
    client.posts.create(text="x", to="bluesky")
    client.posts.create(text="x", to="bluesky")
    assert keys(api) == ["key-1", "key-2"]


async def test_async_client_retries_the_same_way(
    api: respx.MockRouter, async_client: AsyncClient, time: FakeTime
) -> None:
    api.post("/v1/posts").mock(side_effect=[LOST, BUSY, _published()])
    assert (await async_client.posts.create(text="x", to="bluesky")).status == "published"
    assert keys(api) == ["key-1"] * 3
    assert time.pauses == [0.5, 1.0]


@pytest.mark.parametrize("header", ["7", "Mon, 12 Jan 1970 13:46:47 GMT"])
def test_retry_after_is_honored(api: respx.MockRouter, client: Client, time: FakeTime, header: str) -> None:
    limited = httpx.Response(429, json=error("rate_limited", retryable=True), headers={"Retry-After": header})
    api.get("/v1/profiles/prof_a").mock(side_effect=[limited, httpx.Response(200, json=profile("a"))])
    client.profiles.get("prof_a")
    assert time.pauses == [7.0]


def test_first_request_that_is_still_running_is_waited_for(
    api: respx.MockRouter, client: Client, time: FakeTime
) -> None:
    running = error("idempotency_conflict", rule="idempotency_key.in_progress", retryable=True)
    api.post("/v1/posts").mock(
        side_effect=[httpx.Response(409, json=running, headers={"Retry-After": "1"}), _published()]
    )
    assert client.posts.create(text="x", to="bluesky", idempotency_key="mine").status == "published"
    assert keys(api) == ["mine", "mine"]
    assert time.pauses == [1.0]


@pytest.mark.parametrize(
    ("response", "kind"),
    [
        (
            httpx.Response(409, json=error("idempotency_conflict", rule="idempotency_key.body_mismatch")),
            IdempotencyConflict,
        ),
        (httpx.Response(400, json=error("validation_failed")), LetmepostError),
        (httpx.Response(429, json=error("quota_exceeded"), headers={"Retry-After": "86400"}), QuotaExceeded),
        (httpx.Response(429, json=error("rate_limited", rule="events.streams_max", retryable=False)), RateLimited),
        (httpx.Response(302, headers={"Location": "https://elsewhere.test"}), LetmepostError),
    ],
)
def test_final_errors_are_not_retried(
    api: respx.MockRouter, client: Client, time: FakeTime, response: httpx.Response, kind: type[Exception]
) -> None:
    route = api.post("/v1/posts").mock(return_value=response)
    with pytest.raises(kind):
        client.posts.create(text="x", to="bluesky")
    assert (route.call_count, time.pauses) == (1, [])


def test_last_error_is_raised_after_the_retries(api: respx.MockRouter, client: Client, time: FakeTime) -> None:
    route = api.post("/v1/posts").mock(return_value=BUSY)
    with pytest.raises(PlatformUnavailable):
        client.posts.create(text="x", to="bluesky")
    assert (route.call_count, len(time.pauses)) == (4, 3)


def test_lost_connection_is_raised_with_the_key(api: respx.MockRouter, client: Client) -> None:
    route = api.post("/v1/posts").mock(side_effect=LOST)
    with pytest.raises(ConnectionFailed, match=r"POST on https://api\.test failed: The connection was lost") as raised:
        client.posts.create(text="x", to="bluesky")
    assert raised.value.idempotency_key == "key-1"
    assert route.call_count == 4


def test_client_without_retries_sends_once(api: respx.MockRouter, time: FakeTime, http: httpx.Client) -> None:
    route = api.get("/health").mock(return_value=httpx.Response(500, json=error("internal_error")))
    with pytest.raises(InternalError):
        Client(None, "https://api.test", max_retries=0, http=http, timing=time.timing()).health()
    assert route.call_count == 1


def test_success_that_is_not_of_the_api_is_an_error(api: respx.MockRouter, client: Client) -> None:
    """The response of a captive portal, for example."""
    api.post("/v1/posts").respond(text="<html>Log in</html>")
    with pytest.raises(ConnectionFailed, match="is not one of the API") as raised:
        client.posts.create(text="x", to="bluesky")
    assert raised.value.idempotency_key == "key-1"


@pytest.mark.parametrize(
    ("method", "headers", "is_repeated"),
    [("GET", {}, True), ("PUT", {}, True), ("POST", {"Idempotency-Key": "k"}, True), ("POST", {}, False)],
)
def test_only_safe_requests_are_repeated(
    time: FakeTime,
    method: str,
    headers: dict[str, str],
    is_repeated: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    request = Send(method=method, url="https://api.test/", timeout_s=1, headers=headers)
    flow = RetryPolicy(max_retries=1, timing=time.timing()).exchange(request)
    assert next(flow) is request
    if is_repeated:
        assert isinstance(flow.throw(LOST), Pause)
    else:
        with pytest.raises(ConnectionFailed):
            flow.throw(LOST)


def test_impossible_request_is_not_repeated(time: FakeTime) -> None:
    flow = RetryPolicy(max_retries=1, timing=time.timing()).exchange(Send(method="GET", url="ftp://x", timeout_s=1))
    next(flow)
    with pytest.raises(ConnectionFailed):
        flow.throw(httpx.UnsupportedProtocol("Not http"))


@pytest.mark.parametrize(("random", "first", "second", "tenth"), [(0.0, 0.25, 0.5, 4.0), (1.0, 0.5, 1.0, 8.0)])
def test_delay_doubles_and_is_jittered(random: float, first: float, second: float, tenth: float) -> None:
    policy = RetryPolicy(max_retries=9, timing=FakeTime().timing().__class__(random=lambda: random))
    assert [policy.delay_s(tries, None) for tries in (1, 2, 10)] == [first, second, tenth]


@pytest.mark.parametrize("value", ["", "soon", "-1", "\u0661"])
def test_invalid_retry_after_is_ignored(value: str) -> None:
    assert retry_after_s(httpx.Headers([(b"retry-after", value.encode())]), 0.0) is None


def _published() -> httpx.Response:
    return httpx.Response(200, json=batch())
