"""Errors as exceptions."""

import pickle
from datetime import UTC, datetime

import pytest
import respx

from letmepost_client import ApiError, Client, LetmepostError, PreflightFailed, RateLimited
from letmepost_client.errors import BY_CODE, InternalError, WaitTimedOut
from letmepost_client.models.batches import BatchData

from .conftest import error

VIOLATION = {
    "target": 0,
    "accountId": "acc_1",
    "platform": "bluesky",
    "rule": "bluesky.text.max_graphemes",
    "field": "text",
    "message": "Post text is 312 graphemes; Bluesky allows at most 300.",
    "remediation": "Shorten the text.",
    "limit": 300,
    "actual": 312,
    "unit": "graphemes",
}


@pytest.mark.parametrize("code", sorted(BY_CODE))
def test_each_code_is_an_exception(api: respx.MockRouter, client: Client, code: str) -> None:
    api.get("/v1/me").respond(400, json=error(code))
    with pytest.raises(BY_CODE[code]) as raised:
        client.me()
    assert raised.value.code == code


def test_error_has_the_fields_of_the_response(api: respx.MockRouter, client: Client) -> None:
    api.post("/v1/posts").respond(
        400,
        json=error(
            "preflight_failed",
            rule="bluesky.text.max_graphemes",
            remediation="Shorten the text.",
            docUrl="https://docs.test/errors/preflight_failed",
            retryable=False,
            violations=[VIOLATION],
        ),
    )
    with pytest.raises(PreflightFailed) as raised:
        client.posts.create(text="x", to="bluesky")
    found = raised.value
    assert (found.status, found.message, found.rule) == (400, "Something is wrong.", "bluesky.text.max_graphemes")
    assert (found.remediation, found.request_id) == ("Shorten the text.", "req_1")
    assert (found.doc_url, found.retryable) == ("https://docs.test/errors/preflight_failed", False)
    [violation] = found.violations
    assert (violation.target, violation.limit, violation.actual, violation.unit) == (0, 300, 312, "graphemes")
    assert str(found) == "preflight_failed: Something is wrong. Shorten the text. (request req_1)"


def test_code_of_a_newer_server_is_an_api_error(api: respx.MockRouter, client: Client) -> None:
    api.get("/v1/me").respond(418, json=error("teapot"))
    with pytest.raises(ApiError) as raised:
        client.me()
    assert (type(raised.value), raised.value.code) == (ApiError, "teapot")


def test_response_of_a_proxy_is_an_api_error(api: respx.MockRouter, client: Client) -> None:
    api.get("/v1/me").respond(413, text="<html>", headers={"X-Request-Id": "req_2"})
    with pytest.raises(ApiError) as raised:
        client.me()
    assert (raised.value.code, raised.value.status, raised.value.request_id) == ("unexpected_response", 413, "req_2")


def test_rate_limit_has_the_seconds_to_wait(api: respx.MockRouter, client: Client) -> None:
    api.get("/v1/me").respond(429, json=error("rate_limited", retryable=True), headers={"Retry-After": "61"})
    with pytest.raises(RateLimited) as raised:
        client.me()
    assert raised.value.retry_after_s == 61


def test_every_error_is_a_letmepost_error() -> None:
    assert all(issubclass(kind, LetmepostError) for kind in (*BY_CODE.values(), WaitTimedOut))


def test_error_can_be_pickled(api: respx.MockRouter, client: Client) -> None:
    """Task queues store the exceptions of their workers."""
    api.get("/v1/me").respond(400, json=error("internal_error"))
    with pytest.raises(InternalError) as raised:
        client.me()
    copy = pickle.loads(pickle.dumps(raised.value))  # noqa: S301 - the test's own bytes
    assert (type(copy), copy.code, copy.status) == (InternalError, "internal_error", 400)


def test_timeout_of_a_batch_can_be_pickled() -> None:
    batch = BatchData(id="batch_1", status="queued", created_at=datetime(2026, 12, 1, tzinfo=UTC), results=[])
    copy = pickle.loads(pickle.dumps(WaitTimedOut(batch, 3)))  # noqa: S301 - the test's own bytes
    assert (str(copy), copy.batch) == ("Batch batch_1 was still queued after 3 s.", batch)


def test_api_key_is_not_shown(client: Client) -> None:
    assert "lmp_test_key" not in repr(client.posts._core)
