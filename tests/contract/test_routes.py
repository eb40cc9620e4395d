"""Authorization of every route: required scopes, and isolation of tenants, modes and profiles."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

import httpx2
import pytest
from fastapi.routing import APIRoute, iter_route_contexts

from letmepost.bootstrap.api import new_request_id
from letmepost.domain.api_keys import EVERY_SCOPE, Mode
from letmepost.domain.ids import Prefix, format_id
from letmepost.gateways.clock import SystemClock
from letmepost.http.app import create_app
from letmepost.http.gate import ANY_KEY, OPERATOR, GatedRoute, scope_of
from tests.contract.routes import PLATFORM, RESOURCE_ROWS, ROWS, Row
from tests.deployment import OPERATOR_TOKEN, Client, Deployment
from tests.doubles.waiting import eventually
from tests.http.support import ABSENT_ID, Tenant, check_refusal, make_tenant, upload
from tests.storage.support import Admin

_OF_FASTAPI = {"/openapi.json"}
_OF_A_WORLD = {
    Prefix.POST,
    Prefix.BATCH,
    Prefix.ACCOUNT,
    Prefix.MEDIA,
    Prefix.ENDPOINT,
    Prefix.DELIVERY,
    Prefix.CONNECT_SESSION,
}

_GATED = [row for row in ROWS if row.scope is not None]
_SCOPED = [row for row in _GATED if row.scope not in {ANY_KEY, OPERATOR}]
_NAMING = [row for row in _SCOPED if row.about is not None]


def _rows(rows: Iterable[Row]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("row", rows, ids=lambda row: row.line)


def _routes() -> list[tuple[str, str, str | None]]:
    """Return the routes of the application: method, path and scope."""
    app = create_app(_no_services, docs_url="/docs", new_request_id=lambda: new_request_id(SystemClock()))
    found = []
    for context in iter_route_contexts(app.routes):
        route = context.original_route
        if not isinstance(route, APIRoute):
            assert context.path in _OF_FASTAPI
            continue
        for method in context.methods or ():
            found.append((method, str(context.path), scope_of(route.openapi_extra)))
            assert isinstance(route, GatedRoute) or not str(context.path).startswith("/v1/"), context.path
    return found


def _no_services() -> Any:
    raise AssertionError("this application is only looked at")


def test_table_has_every_route_with_its_scope() -> None:
    assert sorted(_routes(), key=str) == sorted(((row.method, row.path, row.scope) for row in ROWS), key=str)


def test_every_scope_is_used() -> None:
    assert {row.scope for row in _SCOPED} == EVERY_SCOPE


@pytest.fixture(scope="module")
async def owner(service: Deployment, admin: Admin) -> Tenant:
    """Return a tenant with one resource of each kind."""
    return await make_tenant(service, admin, {"authorization": f"Bearer {OPERATOR_TOKEN}"})


@pytest.fixture(scope="module")
async def made(owner: Tenant) -> Mapping[Prefix, str]:
    """Return the ids of those resources."""
    client = owner.client
    endpoint = await client.post(
        "/v1/webhook-endpoints", {"url": "http://127.0.0.1:49151/", "events": ["post.published"]}
    )
    account_id = await client.sandbox_account()
    post = await client.post("/v1/posts", {"targets": [{"accountId": account_id}], "text": "Hello"})
    [key] = (await client.get("/v1/api-keys")).json()["data"]
    delivery = await eventually(
        lambda: owner.admin.one("SELECT id FROM deliveries WHERE organization_id = $1 LIMIT 1", owner.uuid)
    )
    session = await client.post("/v1/connect-sessions", {"returnUrl": "http://127.0.0.1/"})
    return {
        Prefix.CONNECT_SESSION: session.json()["id"],
        Prefix.ENDPOINT: endpoint.json()["id"],
        Prefix.ACCOUNT: account_id,
        Prefix.BATCH: post.json()["id"],
        Prefix.POST: post.json()["results"][0]["postId"],
        Prefix.API_KEY: key["id"],
        Prefix.PROFILE: (await client.get(f"/v1/accounts/{account_id}")).json()["profileId"],
        Prefix.DELIVERY: format_id(Prefix.DELIVERY, delivery),
        Prefix.MEDIA: await upload(client),
        Prefix.ORGANIZATION: owner.id,
    }


async def _call(http: httpx2.AsyncClient, row: Row, path: str, key: str | None) -> httpx2.Response:
    headers = {} if key is None else {"authorization": f"Bearer {key}"}
    if row.body is None:
        return await http.request(row.method, path, headers=headers)
    return await http.request(row.method, path, json=dict(row.body), headers=headers)


@_rows(_GATED)
async def test_request_without_a_key_is_rejected(owner: Tenant, row: Row) -> None:
    reply = await _call(owner.deployment.http, row, row.path_to("nonsense"), None)
    missing = "operator_token.missing" if row.scope == OPERATOR else "api_key.missing"
    check_refusal(reply, 401, "unauthenticated", missing)


@_rows(_SCOPED)
async def test_request_without_the_scope_is_rejected(owner: Tenant, made: Mapping[Prefix, str], row: Row) -> None:
    others = await owner.key(scopes=sorted(EVERY_SCOPE - {row.scope}))
    before = await owner.stored()
    reply = await _call(others.http, row, _path(row, made), others.key)
    error = check_refusal(reply, 403, "unauthorized", "scope.missing")
    assert str(row.scope) in error["message"]
    assert await owner.stored() == before


def _path(row: Row, made: Mapping[Prefix, str]) -> str:
    return row.path_to(made[row.about] if row.about is not None else "nothing")


@_rows([row for row in _GATED if row.scope != OPERATOR])
async def test_required_scope_alone_is_sufficient(service: Deployment, row: Row) -> None:
    """The tenant has no resources, so the response may be any error except 401 and 403."""
    scopes = sorted(EVERY_SCOPE) if row.scope == ANY_KEY else [row.scope]
    stranger = await service.client(scopes=scopes)
    reply = await _call(service.http, row, row.path_to(f"{row.about}_{ABSENT_ID}"), stranger.key)
    assert reply.status_code not in {401, 403}
    assert reply.status_code < 500


@_rows(_NAMING)
async def test_resource_of_another_tenant_is_not_found(
    service: Deployment, owner: Tenant, made: Mapping[Prefix, str], row: Row
) -> None:
    stranger = await service.client()
    before = await _everything_of(owner)
    reply = await _call(service.http, row, _path(row, made), stranger.key)
    check_refusal(reply, 404, "not_found")
    absent = await _call(service.http, row, row.path_to(f"{row.about}_{ABSENT_ID}"), stranger.key)
    assert _error(absent) == _error(reply), "the caller can tell that it exists"
    assert await _everything_of(owner) == before


def _error(response: httpx2.Response) -> dict[str, Any]:
    """Return the error without what belongs to one request: its id, and the id that it asked for."""
    error = {name: value for name, value in response.json()["error"].items() if name != "requestId"}
    return {**error, "message": re.sub("`.*`", "`…`", error["message"])}


async def _everything_of(owner: Tenant) -> dict[str, list[dict[str, Any]]]:
    """Return the rows that another tenant could have changed, except deliveries, which the worker changes."""
    query = "SELECT * FROM {} WHERE organization_id = $1 ORDER BY id"
    tables = ("accounts", "api_keys", "batches", "posts", "profiles")
    return {table: await owner.admin.rows(query.format(table), owner.uuid) for table in tables}


@_rows([row for row in _NAMING if row.about in _OF_A_WORLD])
async def test_live_key_does_not_reach_test_mode(owner: Tenant, made: Mapping[Prefix, str], row: Row) -> None:
    live = await owner.key(Mode.LIVE)
    reply = await _call(live.http, row, _path(row, made), live.key)
    check_refusal(reply, 404, "not_found")


@_rows([row for row in _NAMING if row.about in _OF_A_WORLD])
async def test_key_of_one_profile_does_not_reach_other_profiles(
    owner: Tenant, made: Mapping[Prefix, str], row: Row
) -> None:
    scoped = await owner.key(profileId=await owner.profile())
    reply = await _call(scoped.http, row, _path(row, made), scoped.key)
    check_refusal(reply, 404, "not_found")


@_rows([row for row in ROWS if row.about is not None])
@pytest.mark.parametrize("spelled", ["nonsense", "%00", f"req_{ABSENT_ID}"])
async def test_malformed_id_is_not_found(owner: Tenant, row: Row, spelled: str) -> None:
    key = OPERATOR_TOKEN if row.scope == OPERATOR else owner.client.key
    reply = await _call(owner.deployment.http, row, row.path_to(spelled), key)
    check_refusal(reply, 404, "not_found")


async def test_tenant_finds_its_own_resources(owner: Tenant, made: Mapping[Prefix, str]) -> None:
    """Otherwise the tests above could not fail."""
    reading = [row for row in _NAMING if row.method == "GET" and row not in RESOURCE_ROWS]
    replies = {row.line: (await _call(owner.client.http, row, _path(row, made), owner.client.key)) for row in reading}
    assert {line: reply.status_code for line, reply in replies.items()} == dict.fromkeys(replies, 200)
    assert {row.about for row in reading} >= _OF_A_WORLD - {Prefix.DELIVERY}


@_rows(RESOURCE_ROWS)
async def test_resource_of_another_platform_is_not_found(owner: Tenant, made: Mapping[Prefix, str], row: Row) -> None:
    reply = await _call(owner.client.http, row, _path(row, made), owner.client.key)
    check_refusal(reply, 404, "not_found", "account.no_resource")


async def test_platform_of_the_table_exists(client: Client) -> None:
    assert (await client.post(f"/v1/accounts/connect/{PLATFORM}")).status_code == 200
