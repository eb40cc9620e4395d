"""Every changing operation runs once when it is sent twice with the same Idempotency-Key."""

import json
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import httpx2
import pytest
from starlette.responses import Response

from letmepost.domain.ids import Prefix, format_id
from letmepost.platforms import discover
from tests.contract.routes import CHANGE_ROWS, PLATFORM, Row
from tests.deployment import OPERATOR_TOKEN, serving
from tests.doubles.waiting import eventually
from tests.http.support import Tenant, path_of, png, soon, upload

Prepared = tuple[str, Any]
Prepare = Callable[[Tenant], Awaitable[Prepared]]
"""Creates what an operation needs, and returns the path and the body of a request that succeeds."""

_CONSENT_PLATFORM = next(name for name, platform in discover().items() if platform.oauth is not None)
_NOWHERE = "http://127.0.0.1:49151/"
_CHANGES_NOTHING = {"POST /v1/posts/validate"}


def _changing_operations() -> list[str]:
    """Return the operations that take the header according to the OpenAPI document."""
    described = json.loads((Path(__file__).parents[2] / "openapi/openapi.json").read_text())
    return [
        f"{method.upper()} {path}"
        for path, operations in described["paths"].items()
        for method, operation in operations.items()
        if {"$ref": "#/components/parameters/IdempotencyKey"} in operation.get("parameters", [])
        and f"{method.upper()} {path}" not in _CHANGES_NOTHING
    ]


async def _post(tenant: Tenant, scenario: str = "ok", **changes: Any) -> dict[str, Any]:
    account_id = await tenant.client.sandbox_account(scenario)
    reply = await tenant.client.post("/v1/posts", {"targets": [{"accountId": account_id}], "text": "Hello", **changes})
    made: dict[str, Any] = reply.json()
    return made


async def _post_id(tenant: Tenant, scenario: str = "ok", **changes: Any) -> str:
    post_id: str = (await _post(tenant, scenario, **changes))["results"][0]["postId"]
    return post_id


async def _account(tenant: Tenant) -> str:
    return await tenant.client.sandbox_account()


async def _make(tenant: Tenant, path: str, body: Mapping[str, Any]) -> str:
    made: str = (await tenant.client.post(path, body)).json()["id"]
    return made


async def _endpoint(tenant: Tenant) -> str:
    return await _make(tenant, "/v1/webhook-endpoints", {"url": _NOWHERE})


def _static(path: str, body: Any = None) -> Prepare:
    async def prepare(_: Tenant) -> Prepared:
        return path, body

    return prepare


def _on(make: Callable[[Tenant], Awaitable[str]], path: str, body: Any = None) -> Prepare:
    async def prepare(tenant: Tenant) -> Prepared:
        return path.format(await make(tenant)), body

    return prepare


async def _create_post(tenant: Tenant) -> Prepared:
    return "/v1/posts", {"targets": [{"accountId": await _account(tenant)}], "text": "Hello"}


async def _bulk(tenant: Tenant) -> Prepared:
    _, body = await _create_post(tenant)
    return "/v1/posts/bulk", {"posts": [body, {**body, "text": "Second"}]}


async def _retry_many(tenant: Tenant) -> Prepared:
    await _post(tenant, "rejected")
    return "/v1/posts/retry", {"filter": {"status": ["rejected"]}}


async def _scheduled(tenant: Tenant) -> str:
    return await _post_id(tenant, scheduledAt=soon(3600))


async def _canceled(tenant: Tenant) -> str:
    post_id = await _scheduled(tenant)
    await tenant.client.call("DELETE", f"/v1/posts/{post_id}")
    return post_id


async def _unconfirmed(tenant: Tenant) -> str:
    post_id = await _scheduled(tenant)
    await tenant.admin.do(
        "UPDATE posts SET status = 'unconfirmed', ready_at = NULL WHERE organization_id = $1", tenant.uuid
    )
    return post_id


async def _draft_batch(tenant: Tenant) -> str:
    batch_id: str = (await _post(tenant, draft=True))["id"]
    return batch_id


async def _scheduled_batch(tenant: Tenant) -> str:
    batch_id: str = (await _post(tenant, scheduledAt=soon(3600)))["id"]
    return batch_id


async def _complete(tenant: Tenant) -> Prepared:
    return f"/v1/accounts/connect/{PLATFORM}/complete", await tenant.credentials()


async def _uploaded(tenant: Tenant) -> str:
    started = (await tenant.client.post("/v1/media/uploads", {"filename": "a.png", "sizeBytes": len(png())})).json()
    assert (await tenant.client.http.put(path_of(started["upload"]["url"]), content=png())).status_code == 200
    media_id: str = started["id"]
    return media_id


async def _api_key(tenant: Tenant) -> str:
    return await _make(tenant, "/v1/api-keys", {"name": "other"})


async def _profile(tenant: Tenant) -> str:
    return await tenant.profile()


async def _organization(tenant: Tenant) -> str:
    return tenant.id


async def _resume(tenant: Tenant) -> Prepared:
    scope = {"organizationId": tenant.id}
    await tenant.client.http.post("/v1/pauses", json=scope, headers={"authorization": f"Bearer {OPERATOR_TOKEN}"})
    return "/v1/pauses/resume", scope


async def _pause(tenant: Tenant) -> Prepared:
    return "/v1/pauses", {"organizationId": tenant.id}


async def _delivery(tenant: Tenant) -> str:
    await _endpoint(tenant)
    await _scheduled(tenant)
    found = await eventually(
        lambda: tenant.admin.one("SELECT id FROM deliveries WHERE organization_id = $1 LIMIT 1", tenant.uuid)
    )
    return format_id(Prefix.DELIVERY, found)


async def _change(row: Row, tenant: Tenant) -> Prepared:
    """Prepare a change of the first platform that declares it, with the id of a board where there is one."""
    [platform] = [one.name for one in discover().values() if any(row.path.endswith(c.name) for c in one.changes)]
    account = (await tenant.client.post("/v1/sandbox/accounts", {"platform": platform})).json()
    path, body = row.path.format(account_id=account["id"]), dict(row.body or {})
    if "boardId" in body:
        listed = await tenant.client.get(f"{path.rpartition('/')[0]}/boards")
        body["boardId"] = listed.json()["data"][0]["id"]
    return path, body


_RANGE = {"after": "2026-11-01T00:00:00Z", "before": "2026-11-02T00:00:00Z"}
_PREPARED: Mapping[str, Prepare] = {
    "POST /v1/posts": _create_post,
    "POST /v1/posts/bulk": _bulk,
    "POST /v1/posts/retry": _retry_many,
    "PATCH /v1/posts/{post_id}": _on(_scheduled, "/v1/posts/{}", {"text": "Other"}),
    "DELETE /v1/posts/{post_id}": _on(_scheduled, "/v1/posts/{}"),
    "POST /v1/posts/{post_id}/retry": _on(_canceled, "/v1/posts/{}/retry", {}),
    "POST /v1/posts/{post_id}/duplicate": _on(_scheduled, "/v1/posts/{}/duplicate"),
    "POST /v1/posts/{post_id}/resolve": _on(_unconfirmed, "/v1/posts/{}/resolve", {"outcome": "not_published"}),
    "POST /v1/posts/{post_id}/unpublish": _on(_post_id, "/v1/posts/{}/unpublish"),
    "POST /v1/batches/{batch_id}/publish": _on(_draft_batch, "/v1/batches/{}/publish", {"scheduledAt": soon(3600)}),
    "DELETE /v1/batches/{batch_id}": _on(_scheduled_batch, "/v1/batches/{}"),
    "PATCH /v1/accounts/{account_id}": _on(_account, "/v1/accounts/{}", {"displayName": "Other"}),
    "DELETE /v1/accounts/{account_id}": _on(_account, "/v1/accounts/{}"),
    "POST /v1/accounts/{account_id}/check": _on(_account, "/v1/accounts/{}/check"),
    **{row.line: partial(_change, row) for row in CHANGE_ROWS},
    "POST /v1/accounts/connect/{platform}": _static(f"/v1/accounts/connect/{_CONSENT_PLATFORM}", {}),
    "POST /v1/accounts/connect/{platform}/complete": _complete,
    "POST /v1/sandbox/accounts": _static("/v1/sandbox/accounts", {"platform": PLATFORM}),
    "POST /v1/sandbox/clock": _static("/v1/sandbox/clock", {"advanceS": 60}),
    "POST /v1/sandbox/reset": _static("/v1/sandbox/reset"),
    "POST /v1/connect-sessions": _static("/v1/connect-sessions", {"returnUrl": "http://127.0.0.1/"}),
    "POST /v1/media/uploads": _static("/v1/media/uploads", {"filename": "clip.mp4", "sizeBytes": 5}),
    "POST /v1/media/{media_id}/complete": _on(_uploaded, "/v1/media/{}/complete"),
    "DELETE /v1/media/{media_id}": _on(lambda tenant: upload(tenant.client), "/v1/media/{}"),
    "POST /v1/pauses": _pause,
    "POST /v1/pauses/resume": _resume,
    "POST /v1/api-keys": _static("/v1/api-keys", {"name": "new"}),
    "DELETE /v1/api-keys/{key_id}": _on(_api_key, "/v1/api-keys/{}"),
    "POST /v1/api-keys/{key_id}/rotate": _on(_api_key, "/v1/api-keys/{}/rotate", {}),
    "POST /v1/profiles": _static("/v1/profiles", {"name": "Brand"}),
    "PATCH /v1/profiles/{profile_id}": _on(_profile, "/v1/profiles/{}", {"name": "Other"}),
    "DELETE /v1/profiles/{profile_id}": _on(_profile, "/v1/profiles/{}"),
    "POST /v1/organizations": _static("/v1/organizations", {"name": "Tenant"}),
    "PATCH /v1/organizations/{organization_id}": _on(_organization, "/v1/organizations/{}", {"name": "Other"}),
    "DELETE /v1/organizations/{organization_id}": _on(_organization, "/v1/organizations/{}"),
    "POST /v1/organizations/{organization_id}/api-keys": _on(
        _organization, "/v1/organizations/{}/api-keys", {"name": "new"}
    ),
    "POST /v1/webhook-endpoints": _static("/v1/webhook-endpoints", {"url": _NOWHERE}),
    "PATCH /v1/webhook-endpoints/{endpoint_id}": _on(_endpoint, "/v1/webhook-endpoints/{}", {"description": "Other"}),
    "DELETE /v1/webhook-endpoints/{endpoint_id}": _on(_endpoint, "/v1/webhook-endpoints/{}"),
    "POST /v1/webhook-endpoints/{endpoint_id}/rotate-secret": _on(
        _endpoint, "/v1/webhook-endpoints/{}/rotate-secret", {}
    ),
    "POST /v1/webhook-endpoints/{endpoint_id}/test": _on(_endpoint, "/v1/webhook-endpoints/{}/test", {}),
    "POST /v1/webhook-endpoints/{endpoint_id}/replay": _on(_endpoint, "/v1/webhook-endpoints/{}/replay", _RANGE),
    "POST /v1/deliveries/{delivery_id}/replay": _on(_delivery, "/v1/deliveries/{}/replay"),
}
_FILES = {"POST /v1/media", "POST /v1/media/import"}
"""Operations that the tests below send, because their bodies are not plain JSON."""
_OPERATOR = ("/v1/organizations", "/v1/pauses")


def test_every_changing_operation_is_sent_twice() -> None:
    assert set(_changing_operations()) == _PREPARED.keys() | _FILES


async def _send(tenant: Tenant, operation: str, path: str, body: Any) -> httpx2.Response:
    key = OPERATOR_TOKEN if path.startswith(_OPERATOR) else tenant.client.key
    headers = {"authorization": f"Bearer {key}", "idempotency-key": f"walk-{tenant.id}"}
    sent = {} if body is None else {"json": body}
    return await tenant.client.http.request(operation.partition(" ")[0], path, headers=headers, **sent)


def _check_replay(first: httpx2.Response, again: httpx2.Response) -> None:
    assert first.is_success, first.text
    assert "idempotency-replayed" not in first.headers
    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert again.headers["idempotency-replayed"] == "true"


@pytest.mark.parametrize("operation", _PREPARED)
async def test_repeated_request_gets_the_same_response_without_running_again(tenant: Tenant, operation: str) -> None:
    path, body = await _PREPARED[operation](tenant)
    first = await _send(tenant, operation, path, body)
    _check_replay(first, await _send(tenant, operation, path, body))


async def test_repeated_upload_gets_the_same_response_without_running_again(tenant: Tenant) -> None:
    headers = {"authorization": f"Bearer {tenant.client.key}", "idempotency-key": "upload"}
    first, again = [
        await tenant.client.http.post("/v1/media", files={"file": ("a.png", png())}, headers=headers) for _ in range(2)
    ]
    _check_replay(first, again)


async def test_repeated_import_gets_the_same_response_without_running_again(tenant: Tenant) -> None:
    async with serving(Response(png())) as url:
        first, again = [
            await tenant.client.post("/v1/media/import", {"url": url}, idempotency_key="import") for _ in range(2)
        ]
    _check_replay(first, again)
