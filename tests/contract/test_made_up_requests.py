"""Requests generated from the OpenAPI document: every response is a described one."""

import asyncio
import json
import warnings
from collections.abc import AsyncIterator, Mapping
from typing import Any

import httpx2
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from letmepost.bootstrap.api import describe_api
from letmepost.domain.ids import Prefix
from letmepost.http.describing.words import PARAMETERS
from letmepost.http.gate import OPERATOR
from tests.deployment import OPERATOR_TOKEN, Client, Deployment
from tests.http.support import PLATFORM, Tenant, make_tenant
from tests.storage.support import Admin

EXAMPLES = 2
"""The examples of each operation and kind (well-formed and malformed)."""
LEFT_OUT = {
    "followEvents",  # its response never ends
    "uploadMedia",  # takes a form, not JSON
    "uploadMediaBytes",  # takes bytes, at an address that only we can make
    "getHealth",  # takes nothing that could be malformed
    "getReadiness",
    "listPlatformVersions",
}
_CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]

_API = json.loads(describe_api())
_SCHEMA = schemathesis.openapi.from_dict(_API)
_FOUND = [found.ok() for found in _SCHEMA.get_all_operations() if isinstance(found, Ok)]
_OPERATIONS = {
    name: operation for operation in _FOUND if (name := operation.definition.raw["operationId"]) not in LEFT_OUT
}


@pytest.fixture(scope="module")
async def owner(service: Deployment, admin: Admin) -> Tenant:
    """Return a tenant with one resource of each kind."""
    return await make_tenant(service, admin, {"authorization": f"Bearer {OPERATOR_TOKEN}"})


@pytest.fixture(autouse=True)
async def end_pauses(admin: Admin) -> AsyncIterator[None]:
    """End what a generated request has paused: other tests publish in the same deployment."""
    yield
    await admin.do("DELETE FROM pauses")


@pytest.fixture(scope="module")
async def ids(owner: Tenant) -> Mapping[str, str]:
    """Return existing ids, by the names of their path parameters."""
    client = owner.client
    account_id = await client.sandbox_account()
    post = (await client.post("/v1/posts", {"targets": [{"accountId": account_id}], "text": "Hello"})).json()
    endpoint = await client.post("/v1/webhook-endpoints", {"url": "http://127.0.0.1:49151/"})
    session = await client.post("/v1/connect-sessions", {"returnUrl": "http://127.0.0.1/"})
    return {
        "account_id": account_id,
        "post_id": post["results"][0]["postId"],
        "batch_id": post["id"],
        "endpoint_id": endpoint.json()["id"],
        "profile_id": await owner.profile(),
        "organization_id": owner.id,
        "session_id": session.json()["id"],
        "platform": PLATFORM,
    }


def test_every_id_parameter_is_known_here() -> None:
    """A new kind of resource must be added to `ids`."""
    assert {name for name in PARAMETERS if name.endswith("_id")} == {
        f"{name}_id"
        for name in (
            "account",
            "batch",
            "delivery",
            "endpoint",
            "key",
            "media",
            "organization",
            "post",
            "profile",
            "session",
        )
    }
    assert Prefix.MEDIA


@pytest.mark.parametrize("mode", list(schemathesis.GenerationMode), ids=lambda mode: mode.value)
@pytest.mark.parametrize("name", sorted(_OPERATIONS))
async def test_response_to_a_generated_request_is_described(
    owner: Tenant, ids: Mapping[str, str], name: str, mode: schemathesis.GenerationMode
) -> None:
    operation, loop = _OPERATIONS[name], asyncio.get_running_loop()
    scope = operation.definition.raw.get("x-scope")
    key = OPERATOR_TOKEN if scope == OPERATOR else owner.client.key
    caller = Client(owner.deployment.http, key)

    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode), is_known=st.booleans())
    def ask(case: schemathesis.Case[Any], is_known: bool) -> None:  # noqa: FBT001 - drawn, not passed
        if is_known:
            known = {name: ids[name] for name in case.path_parameters or {} if name in ids}
            case.path_parameters = {**(case.path_parameters or {}), **known}
        reply = asyncio.run_coroutine_threadsafe(_send(caller, case), loop).result(30)
        case.validate_response(reply, checks=_CHECKS)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        await asyncio.to_thread(ask)


async def _send(caller: Client, case: schemathesis.Case[Any]) -> httpx2.Response:
    sent: dict[str, Any] = case.as_transport_kwargs(base_url="http://letmepost.test")
    headers = {**dict(sent.get("headers") or {}), "authorization": f"Bearer {caller.key}", "prefer": "respond-async"}
    content = {name: sent[name] for name in ("json", "data", "files") if sent.get(name) is not None}
    if isinstance(content.get("data"), bytes | str):
        content = {"content": content["data"]}
    return await caller.http.request(sent["method"], sent["url"], params=sent.get("params"), headers=headers, **content)
