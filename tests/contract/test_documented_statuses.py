"""The check that every status in the tests of the HTTP interface is documented."""

import json

import httpx2
import pytest

from tests.deployment import Client
from tests.documented import DESCRIPTION, DocumentedStatuses, UndocumentedStatusError

DOCUMENTED = DocumentedStatuses.load()


def reply(status: int, line: str) -> httpx2.Response:
    method, path = line.split(" ")
    return httpx2.Response(status, request=httpx2.Request(method, f"http://letmepost.test{path}"))


@pytest.mark.parametrize(
    ("status", "line"),
    [
        (418, "GET /v1/posts"),
        (201, "POST /v1/posts/validate"),
        (207, "POST /v1/posts/post_01KBF3A6M0QJ5V8T2N4X7Z9C1D/retry"),
        (404, "GET /v1/posts/?limit=1"),
    ],
)
async def test_undocumented_status_fails_the_test(status: int, line: str) -> None:
    with pytest.raises(UndocumentedStatusError, match=str(status)):
        await DOCUMENTED.check(reply(status, line))


@pytest.mark.parametrize(
    ("status", "line"),
    [
        (200, "GET /v1/posts"),
        (207, "POST /v1/posts/bulk"),
        (404, "GET /v1/posts/nonsense"),
        (405, "PUT /v1/posts"),
        (404, "GET /nowhere"),
        (416, "GET /media/token"),
    ],
)
async def test_documented_status_and_unknown_route_pass(status: int, line: str) -> None:
    await DOCUMENTED.check(reply(status, line))


async def test_test_client_checks_every_response(client: Client) -> None:
    without = json.loads(DESCRIPTION.read_text(encoding="utf-8"))
    del without["paths"]["/v1/me"]["get"]["responses"]["200"]
    hooks = client.http.event_hooks["response"]
    client.http.event_hooks = {"response": [DocumentedStatuses(without).check]}
    try:
        with pytest.raises(UndocumentedStatusError, match="getCurrentKey"):
            await client.get("/v1/me")
    finally:
        client.http.event_hooks = {"response": hooks}
    assert (await client.get("/v1/me")).status_code == 200
