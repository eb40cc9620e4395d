"""Compatibility with the published interface that existing clients use: its requests and its responses."""

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import jsonschema_rs
import pytest

from tests.deployment import OPERATOR_TOKEN, Client, Deployment
from tests.http.receiver import Receiver
from tests.http.support import PLATFORM, Tenant, make_tenant, png, soon
from tests.storage.support import Admin

_BESIDE = (folder / "shared/specs/letmepost-openapi.json" for folder in Path(__file__).parents)
SPECIFICATION = next((path for path in _BESIDE if path.exists()), None)
"""The published interface is not part of this repository. Without the file, the tests are skipped."""

pytestmark = pytest.mark.skipif(SPECIFICATION is None, reason="the published interface is not at hand")

API: dict[str, Any] = json.loads(SPECIFICATION.read_text(encoding="utf-8")) if SPECIFICATION else {"paths": {}}
LINES = {
    f"{method.upper()} {path}": operation
    for path, operations in API["paths"].items()
    for method, operation in operations.items()
    if method != "parameters"
}


@dataclass(frozen=True, slots=True)
class Visitor:
    """A client of the published interface, with one resource of each kind."""

    tenant: Tenant
    account_id: str
    receiver: Receiver

    @property
    def client(self) -> Client:
        return self.tenant.client

    async def post(self, **more: Any) -> dict[str, Any]:
        targets = [{"accountId": self.account_id, "options": {"platform": PLATFORM}}]
        reply = await self.client.post("/v1/posts", {"targets": targets, "text": "Hello", **more})
        batch: dict[str, Any] = reply.json()
        return batch

    async def scheduled(self) -> str:
        post_id: str = (await self.post(scheduledAt=soon(3600)))["results"][0]["postId"]
        return post_id

    async def endpoint(self) -> str:
        made = await self.client.post("/v1/webhook-endpoints", {"url": self.receiver.url})
        endpoint_id: str = made.json()["id"]
        return endpoint_id

    async def pinner(self) -> str:
        """Connect an account of Pinterest, and return its id."""
        return await self.client.sandbox_account(platform="pinterest")

    async def credentials(self) -> Mapping[str, str]:
        return await self.tenant.credentials()


Ask = Callable[[Visitor], Awaitable[httpx2.Response]]
ASK: dict[str, Ask] = {}


def asks(line: str) -> Callable[[Ask], Ask]:
    def register(ask: Ask) -> Ask:
        ASK[line] = ask
        return ask

    return register


@asks("POST /v1/posts")
async def _create_post(visitor: Visitor) -> httpx2.Response:
    targets = [{"accountId": visitor.account_id, "options": {"platform": PLATFORM}}]
    body = {"targets": targets, "text": "Hello", "publishNow": True, "firstComment": {"text": "More"}}
    return await visitor.client.post("/v1/posts", body, idempotency_key="published-interface")


@asks("GET /v1/posts")
async def _list_posts(visitor: Visitor) -> httpx2.Response:
    await visitor.post()
    await visitor.scheduled()
    return await visitor.client.get(f"/v1/posts?platform={PLATFORM}&status=queued&status=published&limit=10")


@asks("GET /v1/posts/{id}")
async def _get_post(visitor: Visitor) -> httpx2.Response:
    return await visitor.client.get(f"/v1/posts/{(await visitor.post())['results'][0]['postId']}")


@asks("PATCH /v1/posts/{id}")
async def _change_post(visitor: Visitor) -> httpx2.Response:
    path = f"/v1/posts/{await visitor.scheduled()}"
    return await visitor.client.call("PATCH", path, {"scheduledAt": soon(7200)})


@asks("DELETE /v1/posts/{id}")
async def _cancel_post(visitor: Visitor) -> httpx2.Response:
    return await visitor.client.call("DELETE", f"/v1/posts/{await visitor.scheduled()}")


@asks("POST /v1/media")
async def _upload(visitor: Visitor) -> httpx2.Response:
    headers = {"authorization": f"Bearer {visitor.client.key}"}
    return await visitor.client.http.post("/v1/media", files={"file": ("picture.png", png())}, headers=headers)


@asks("GET /v1/media")
async def _list_media(visitor: Visitor) -> httpx2.Response:
    await _upload(visitor)
    return await visitor.client.get("/v1/media?limit=10")


@asks("GET /v1/accounts")
async def _list_accounts(visitor: Visitor) -> httpx2.Response:
    return await visitor.client.get("/v1/accounts")


@asks("GET /v1/accounts/{id}")
async def _get_account(visitor: Visitor) -> httpx2.Response:
    return await visitor.client.get(f"/v1/accounts/{visitor.account_id}")


@asks("DELETE /v1/accounts/{id}")
async def _disconnect(visitor: Visitor) -> httpx2.Response:
    return await visitor.client.call("DELETE", f"/v1/accounts/{await visitor.client.sandbox_account()}")


@asks("POST /v1/accounts/connect/{platform}")
async def _start_connect(visitor: Visitor) -> httpx2.Response:
    return await visitor.client.post(f"/v1/accounts/connect/{PLATFORM}", {})


@asks("POST /v1/accounts/connect/{platform}/complete")
async def _connect(visitor: Visitor) -> httpx2.Response:
    return await visitor.client.post(f"/v1/accounts/connect/{PLATFORM}/complete", await visitor.credentials())


@asks("POST /v1/api-keys")
async def _create_key(visitor: Visitor) -> httpx2.Response:
    """`prefix` is the mode. Without scopes, the key has those of its creator."""
    reply = await visitor.client.post("/v1/api-keys", {"name": "ci", "prefix": "lmp_test_", "scopes": []})
    assert reply.json()["key"].startswith("lmp_test_")
    return reply


@asks("GET /v1/api-keys")
async def _list_keys(visitor: Visitor) -> httpx2.Response:
    return await visitor.client.get("/v1/api-keys")


@asks("DELETE /v1/api-keys/{id}")
async def _revoke_key(visitor: Visitor) -> httpx2.Response:
    made = (await visitor.client.post("/v1/api-keys", {"name": "short-lived"})).json()
    return await visitor.client.call("DELETE", f"/v1/api-keys/{made['id']}")


@asks("POST /v1/webhook-endpoints")
async def _create_endpoint(visitor: Visitor) -> httpx2.Response:
    body = {"url": visitor.receiver.url, "events": ["post.published"], "description": "Ours"}
    return await visitor.client.post("/v1/webhook-endpoints", body)


@asks("GET /v1/webhook-endpoints")
async def _list_endpoints(visitor: Visitor) -> httpx2.Response:
    await visitor.endpoint()
    return await visitor.client.get("/v1/webhook-endpoints")


@asks("GET /v1/webhook-endpoints/{id}")
async def _get_endpoint(visitor: Visitor) -> httpx2.Response:
    return await visitor.client.get(f"/v1/webhook-endpoints/{await visitor.endpoint()}")


@asks("PATCH /v1/webhook-endpoints/{id}")
async def _change_endpoint(visitor: Visitor) -> httpx2.Response:
    body = {"events": [], "active": False, "description": None}
    return await visitor.client.call("PATCH", f"/v1/webhook-endpoints/{await visitor.endpoint()}", body)


@asks("DELETE /v1/webhook-endpoints/{id}")
async def _delete_endpoint(visitor: Visitor) -> httpx2.Response:
    return await visitor.client.call("DELETE", f"/v1/webhook-endpoints/{await visitor.endpoint()}")


@asks("POST /v1/webhook-endpoints/{id}/test")
async def _test_endpoint(visitor: Visitor) -> httpx2.Response:
    path = f"/v1/webhook-endpoints/{await visitor.endpoint()}/test"
    return await visitor.client.post(path, {"type": "post.published", "data": {"hello": "world"}})


@asks("GET /v1/accounts/{id}/pinterest/boards")
async def _list_boards(visitor: Visitor) -> httpx2.Response:
    reply = await visitor.client.get(f"/v1/accounts/{await visitor.pinner()}/pinterest/boards")
    assert reply.json()["data"]
    return reply


@asks("POST /v1/accounts/{id}/pinterest/boards")
async def _create_board(visitor: Visitor) -> httpx2.Response:
    """With `upsert`, the second request returns the board of the first one."""
    path = f"/v1/accounts/{await visitor.pinner()}/pinterest/boards"
    body = {"name": "Soups", "description": "Hot", "privacy": "SECRET", "setAsDefault": True, "upsert": True}
    made = await visitor.client.post(path, body)
    assert (made.status_code, made.json()["existing"]) == (201, False)
    found = await visitor.client.post(path, body)
    assert (found.status_code, found.json()["id"], found.json()["existing"]) == (200, made.json()["id"], True)
    assert (await visitor.client.get(path)).json()["defaultBoardId"] == made.json()["id"]
    return made


@asks("PATCH /v1/accounts/{id}/pinterest/default-board")
async def _set_default_board(visitor: Visitor) -> httpx2.Response:
    path = f"/v1/accounts/{await visitor.pinner()}/pinterest"
    board = (await visitor.client.get(f"{path}/boards")).json()["data"][0]
    return await visitor.client.call("PATCH", f"{path}/default-board", {"boardId": board["id"]})


@pytest.fixture
async def visitor(service: Deployment, admin: Admin, receiver: Receiver) -> Visitor:
    tenant = await make_tenant(service, admin, {"authorization": f"Bearer {OPERATOR_TOKEN}"})
    return Visitor(tenant, await tenant.client.sandbox_account(), receiver)


def test_every_published_operation_is_requested() -> None:
    assert set(LINES) == set(ASK)


@pytest.mark.parametrize("line", sorted(ASK))
async def test_operation_responds_as_published(visitor: Visitor, line: str) -> None:
    reply = await ASK[line](visitor)
    assert reply.status_code < 300, reply.text
    answers = {status: _resolved(answer) for status, answer in LINES[line]["responses"].items()}
    schema = answers[str(reply.status_code)]["content"]["application/json"]["schema"]
    whole = {"$schema": "https://json-schema.org/draft/2020-12/schema", **_widened(schema)}
    whole["components"] = _widened(API["components"])
    jsonschema_rs.validator_for(whole).validate(reply.json())


async def test_account_of_pinterest_has_the_published_block(visitor: Visitor) -> None:
    shown = (await visitor.client.get(f"/v1/accounts/{await visitor.pinner()}")).json()
    published = API["components"]["schemas"]["Account"]["properties"]["pinterest"]
    assert set(shown["pinterest"]) == set(published["properties"])
    assert shown["pinterest"]["defaultBoardName"] == "Board 1"


async def test_error_has_the_published_format(visitor: Visitor) -> None:
    for reply in (
        await visitor.client.get("/v1/posts/nonsense"),
        await visitor.client.post("/v1/posts", {"targets": []}),
        await visitor.post(text="x" * 5000),
    ):
        answer = reply if isinstance(reply, dict) else reply.json()
        assert set(answer["error"]) >= {"code", "message", "docUrl"}
        assert None not in answer["error"].values()


def _resolved(value: Any) -> Any:
    while "$ref" in value:
        found: Any = API
        for part in value["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        value = found
    return value


def _widened(schema: Any) -> Any:
    """Return the schema with the documented exceptions: ids with prefixes, and additional enum values."""
    if isinstance(schema, list):
        return [_widened(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    dropped = {"enum"} if schema.get("type") == "string" or "enum" in schema else set()
    dropped |= {"format"} if schema.get("format") == "uuid" else set()
    dropped |= {"pattern"} if str(schema.get("pattern", "")).startswith(("^[0-9a-f", "^med_")) else set()
    return {name: _widened(value) for name, value in schema.items() if name not in dropped}
