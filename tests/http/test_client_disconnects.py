"""Clients that disconnect: this is not an error, on any route and at any time."""

import asyncio

import pytest
from starlette.types import Message
from structlog.testing import capture_logs

from tests.contract.routes import ROWS, Row
from tests.deployment import OPERATOR_TOKEN
from tests.http.support import Tenant, path_of, upload

ABSENT = "post_00000000000000000000000001"
_FORMS = {
    "POST /v1/media": "multipart/form-data; boundary=b",
    "POST /connect/{address}": "application/x-www-form-urlencoded",
}


async def leave(tenant: Tenant, row: Row, path: str, sent: list[Message]) -> list[Message]:
    """Send a request whose client disconnects after `sent`; return the response messages."""
    answered: list[Message] = []
    waiting = [*sent, {"type": "http.disconnect"}]

    async def receive() -> Message:
        return waiting.pop(0) if len(waiting) > 1 else waiting[0]

    async def send(message: Message) -> None:
        answered.append(message)

    token = OPERATOR_TOKEN if row.scope == "operator" else tenant.client.key
    bare, _, query = path.partition("?")
    headers = {
        "host": "letmepost.test",
        "authorization": f"Bearer {token}",
        "content-type": _FORMS.get(row.line, "application/json"),
        "content-length": "1000",
    }
    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": row.method,
        "scheme": "http",
        "path": bare,
        "raw_path": bare.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        "client": ("127.0.0.1", 1),
        "server": ("letmepost.test", 80),
    }
    async with asyncio.timeout(30):
        await tenant.deployment.app(scope, receive, send)
    return answered


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.line)
@pytest.mark.parametrize("part", [None, b'{"te'], ids=["before-the-body", "in-the-body"])
async def test_disconnect_is_not_logged_as_an_error(tenant: Tenant, row: Row, part: bytes | None) -> None:
    sent: list[Message] = [] if part is None else [{"type": "http.request", "body": part, "more_body": True}]
    with capture_logs() as logs:
        answered = await leave(tenant, row, row.path_to(ABSENT), sent)
    assert not [entry for entry in logs if entry["event"] == "request.defect" or entry["log_level"] == "error"], (
        row.line
    )
    assert not [message for message in answered if message.get("status", 0) >= 500]


async def test_disconnect_during_an_upload_is_not_logged_as_an_error(tenant: Tenant) -> None:
    started = (await tenant.client.post("/v1/media/uploads", {"filename": "a.png", "sizeBytes": 1000})).json()
    row = next(row for row in ROWS if row.line == "PUT /v1/media/uploads/{token}")
    part: Message = {"type": "http.request", "body": b"x" * 100, "more_body": True}
    with capture_logs() as logs:
        await leave(tenant, row, path_of(started["upload"]["url"]), [part, part])
    assert not [entry for entry in logs if entry["log_level"] == "error"]


async def test_disconnect_during_a_download_is_not_logged_as_an_error(tenant: Tenant) -> None:
    media_id = await upload(tenant.client)
    url = (await tenant.client.get(f"/v1/media/{media_id}")).json()["url"]
    row = next(row for row in ROWS if row.line == "GET /media/{token}")
    with capture_logs() as logs:
        await leave(tenant, row, path_of(url), [])
    assert not [entry for entry in logs if entry["log_level"] == "error"]


async def test_disconnect_is_logged_as_information(tenant: Tenant) -> None:
    row = next(row for row in ROWS if row.line == "POST /v1/posts")
    with capture_logs() as logs:
        assert await leave(tenant, row, "/v1/posts", []) == []
    assert ("request.client_left", "info") in {(entry["event"], entry["log_level"]) for entry in logs}
