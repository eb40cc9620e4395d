"""The endpoint of MCP clients: who may call it, and what it accepts."""

from contextlib import nullcontext
from pathlib import Path
from typing import Any

import httpx2
import pytest
from mcp.shared.exceptions import MCPError

from letmepost.domain.api_keys import Mode
from letmepost.domain.sizes import JSON_BODY_MAX_BYTES
from tests.database import DatabaseURLs
from tests.deployment import OPERATOR_TOKEN, Client, deployed, serving
from tests.http.support import Tenant, check_refusal, make_tenant, upload
from tests.mcp.support import call, connected, content_of, refusal

LIST_TOOLS = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
ACCEPTED = {"accept": "application/json, text/event-stream"}


async def send(client: Client, body: object = LIST_TOOLS, **headers: str) -> httpx2.Response:
    """Send a message."""
    return await client.post("/mcp", body, **{**ACCEPTED, **headers})


@pytest.mark.parametrize("authorization", ["", "Basic abc", "Bearer lmp_test_wrong", "Bearer"])
async def test_request_without_a_valid_key_is_unauthenticated(client: Client, authorization: str) -> None:
    reply = await client.http.post("/mcp", json=LIST_TOOLS, headers={**ACCEPTED, "authorization": authorization})
    check_refusal(reply, 401, "unauthenticated")
    assert reply.headers["www-authenticate"] == 'Bearer realm="letmepost"'


async def test_page_of_another_origin_is_rejected(client: Client) -> None:
    check_refusal(await send(client, origin="https://evil.example"), 403, "unauthorized", "mcp.origin")
    check_refusal(await send(client, origin="null"), 403, "unauthorized", "mcp.origin")


async def test_page_of_this_deployment_and_any_host_name_are_accepted(tenant: Tenant) -> None:
    origin = str(tenant.deployment.settings.public_url).rstrip("/")
    reply = await send(tenant.client, origin=origin, host="public.example")
    assert reply.status_code == 200, reply.text
    assert reply.json()["result"]["tools"]


async def test_only_post_is_accepted(client: Client) -> None:
    reply = await client.get("/mcp", **ACCEPTED)
    check_refusal(reply, 405, "validation_failed", "method.not_allowed")
    assert reply.headers["allow"] == "POST"


async def test_large_message_is_rejected(client: Client) -> None:
    body = {**LIST_TOOLS, "params": {"padding": "a" * JSON_BODY_MAX_BYTES}}
    check_refusal(await send(client, body), 413, "validation_failed", "body.size_max")


async def test_unknown_query_parameter_is_rejected(client: Client) -> None:
    reply = await client.post("/mcp?compt=true", LIST_TOOLS, **ACCEPTED)
    check_refusal(reply, 400, "validation_failed", "compt")


async def test_malformed_message_is_a_protocol_error(client: Client) -> None:
    reply = await client.http.post(
        "/mcp",
        content=b"{",
        headers={**ACCEPTED, "authorization": f"Bearer {client.key}", "content-type": "application/json"},
    )
    assert (reply.status_code, reply.json()["error"]["code"]) == (400, -32700)


async def test_unknown_tool_is_a_protocol_error(tenant: Tenant) -> None:
    async with connected(tenant.deployment.app, tenant.client.key) as agent:
        with pytest.raises(MCPError, match="There is no tool 'delete_everything'"):
            await agent.call_tool("delete_everything", {})


async def test_tenants_never_see_each_other(tenant: Tenant, admin: Any) -> None:
    other = await make_tenant(tenant.deployment, admin, {"authorization": f"Bearer {OPERATOR_TOKEN}"})
    account = await tenant.client.sandbox_account()
    async with connected(tenant.deployment.app, tenant.client.key) as agent:
        made = await call(agent, "create_post", targets=[{"account_id": account}], text="Mine", idempotency_key="one")
    post_id = made["targets"][0]["post_id"]
    async with connected(tenant.deployment.app, other.client.key) as stranger, tenant.storing_nothing():
        assert (await call(stranger, "list_accounts"))["data"] == []
        assert (await call(stranger, "list_posts"))["data"] == []
        assert (await call(stranger, "list_events"))["data"] == []
        for name in ("get_post", "cancel_post"):
            assert (await refusal(stranger, name, post_id=post_id))["code"] == "not_found"
        given = {"targets": [{"account_id": account}], "text": "Theirs", "idempotency_key": "one"}
        assert (await refusal(stranger, "create_post", **given))["code"] == "validation_failed"


async def test_live_key_is_reported_as_live_and_sees_no_test_data(tenant: Tenant) -> None:
    await tenant.client.sandbox_account()
    live = await tenant.key(Mode.LIVE)
    async with connected(tenant.deployment.app, live.key) as agent:
        result = content_of(await agent.call_tool("list_accounts", {}))
        assert result == {"mode": "live", "data": []}
        missing = content_of(await agent.call_tool("get_post", {"post_id": "post_unknown"}))
        assert (missing["mode"], missing["error"]["code"]) == ("live", "not_found")


async def test_scopes_of_a_key_apply(tenant: Tenant) -> None:
    account = await tenant.client.sandbox_account()
    reader = await tenant.key(scopes=["posts:read"])
    async with connected(tenant.deployment.app, reader.key) as agent, tenant.storing_nothing():
        assert (await call(agent, "list_posts"))["data"] == []
        given = {"targets": [{"account_id": account}], "text": "No", "idempotency_key": "no"}
        assert (await refusal(agent, "create_post", **given))["rule"] == "scope.missing"


async def test_key_that_cannot_read_posts_gets_the_first_outcome_of_its_post(tenant: Tenant) -> None:
    account = await tenant.client.sandbox_account("slow")
    writer = await tenant.key(scopes=["posts:write"])
    async with connected(tenant.deployment.app, writer.key) as agent:
        given = {"targets": [{"account_id": account}], "text": "Hello", "wait_s": 0, "idempotency_key": "one"}
        assert (await call(agent, "create_post", **given))["in_progress"] is True


async def test_rate_limit_of_a_key_applies_to_its_tools(tenant: Tenant) -> None:
    limited = await tenant.key(requestsPerMinute=3)
    call_tool = {**LIST_TOOLS, "method": "tools/call", "params": {"name": "list_accounts", "arguments": {}}}
    first, second = await send(limited, call_tool), await send(limited, call_tool)
    assert "isError" not in first.json()["result"] or first.json()["result"]["isError"] is False
    error = second.json()["result"]["structuredContent"]["error"]
    assert (second.json()["result"]["isError"], error["code"]) == (True, "rate_limited")
    assert error["retry_after_s"] > 0
    check_refusal(await send(limited, call_tool), 429, "rate_limited")


async def test_calls_of_a_tool_have_the_request_id_of_the_message(client: Client) -> None:
    call_tool = {**LIST_TOOLS, "method": "tools/call", "params": {"name": "get_post", "arguments": {"post_id": "x"}}}
    reply = await send(client, call_tool, x_request_id="from-the-agent")
    assert reply.headers["x-request-id"] == "from-the-agent"
    assert reply.json()["result"]["structuredContent"]["error"]["request_id"] == "from-the-agent"


async def test_media_is_uploaded_with_a_signed_request(tenant: Tenant) -> None:
    content = b"%PDF-1.7\n" + bytes(100)
    async with connected(tenant.deployment.app, tenant.client.key) as agent:
        given = {"filename": "a.pdf", "content_type": "application/pdf", "size_bytes": len(content)}
        started = await call(agent, "create_upload", **given, idempotency_key="file")
        put = started["upload"]
        path = "/" + put["url"].split("/", 3)[3]
        sent = await tenant.client.http.request(put["method"], path, content=content, headers=put["headers"])
        assert sent.is_success, sent.text
        done = await call(agent, "complete_upload", media_id=started["id"])
        assert (done["status"], done["kind"], done["size_bytes"]) == ("ready", "document", len(content))
        assert (await call(agent, "get_media", media_id=started["id"]))["status"] == "ready"


async def test_media_is_imported_from_a_url(tenant: Tenant) -> None:
    media_id = await upload(tenant.client)
    address = (await tenant.client.get(f"/v1/media/{media_id}")).json()["url"]
    async with serving(tenant.deployment.app) as url, connected(tenant.deployment.app, tenant.client.key) as agent:
        source = f"{url}/{address.split('/', 3)[3]}"
        item = await call(agent, "import_media", url=source, idempotency_key="import")
        assert item["status"] in {"waiting", "ready"}


@pytest.mark.slow
async def test_deployment_without_the_extra_says_how_to_get_it(
    database_urls: DatabaseURLs, redis_url: str, tmp_path: Path
) -> None:
    async with deployed(database_urls, redis_url, tmp_path, with_worker=False, open_mcp=nullcontext) as running:
        error = check_refusal(await send(await running.client()), 404, "not_found", "mcp.not_installed")
        assert "letmepost[mcp]" in error["remediation"]
