"""How tools are described."""

import json
import re
from typing import Any

import pytest
from mcp.types import Tool

from letmepost.mcp.api_tools import api_tools, name_of
from letmepost.mcp.tools import TOOLS
from tests.cases import for_each
from tests.http.support import Tenant
from tests.mcp.support import URL, call, connected, refusal
from tests.readme import README

DESCRIPTION: dict[str, Any] = json.loads((README.parent / "openapi/openapi.json").read_bytes())
CHANGING = {"create_post", "schedule_post", "retry_post", "import_media", "create_upload"}
READING = {"list_accounts", "list_platforms", "validate_post", "get_post", "list_posts", "get_media", "list_events"}
API_TOOLS = {tool.description.name: tool for tool in api_tools(DESCRIPTION)}


def documented(tool: Tool) -> str:
    """Return the row of a tool: its name, the first paragraph of its description, and its effect."""
    assert tool.annotations is not None
    assert tool.description is not None
    changes = "publishes" if tool.annotations.open_world_hint else "changes"
    first = tool.description.partition("\n\n")[0].replace("\n", " ")
    return f"| `{tool.name}` | {first} | {'reads' if tool.annotations.read_only_hint else changes} |"


@for_each([*(tool.description for tool in TOOLS.values()), *(tool.description for tool in API_TOOLS.values())])
def test_every_tool_has_a_description_annotations_and_a_schema(tool: Tool) -> None:
    assert tool.title
    assert tool.description
    assert tool.annotations is not None
    hints = tool.annotations
    assert {hints.read_only_hint, hints.destructive_hint, hints.idempotent_hint, hints.open_world_hint} <= {True, False}
    assert not (hints.read_only_hint and hints.destructive_hint)
    assert tool.input_schema["additionalProperties"] is False


@for_each(TOOLS.values())
def test_every_argument_has_a_description_or_examples(tool: Any) -> None:
    for name, field in tool.description.input_schema["properties"].items():
        assert field.get("description") or field.get("examples") or name == "limit", name


def test_tools_that_change_something_take_an_idempotency_key() -> None:
    required = {
        name for name, tool in TOOLS.items() if "idempotency_key" in tool.description.input_schema.get("required", [])
    }
    assert required == CHANGING
    assert {name for name, tool in TOOLS.items() if tool.description.annotations.read_only_hint} == READING  # type: ignore[union-attr]


def test_documented_table_has_every_tool() -> None:
    page = (README.parent / "docs/mcp.md").read_text(encoding="utf-8")
    rows = [line for line in page.splitlines() if line.startswith("| `")]
    assert rows == [documented(tool.description) for tool in TOOLS.values()]


@for_each(TOOLS.values())
def test_every_result_states_its_mode(tool: Any) -> None:
    schema = tool.description.output_schema
    assert schema["properties"]["mode"]["enum"] == ["test", "live"]
    assert "mode" in schema["required"]


@for_each(
    [
        ("post", "/v1/posts", "post_v1_posts"),
        ("get", "/v1/posts/{post_id}", "get_v1_posts_by_id"),
        ("post", "/v1/accounts/connect/{platform}/complete", "post_v1_accounts_connect_by_platform_complete"),
        ("patch", "/v1/webhook-endpoints/{endpoint_id}", "patch_v1_webhook_endpoints_by_id"),
    ]
)
def test_name_of_an_api_tool_is_its_method_and_path(method: str, path: str, name: str) -> None:
    assert name_of(method, path) == name


def test_api_tools_are_the_operations_of_an_api_key_that_take_json() -> None:
    operations = {
        name_of(method, path): operation
        for path, methods in DESCRIPTION["paths"].items()
        for method, operation in methods.items()
        if path.startswith("/v1/")
    }
    left_out = {name for name, found in operations.items() if found["tags"] in (["operator"], ["keys"])}
    others = {"post_v1_media", "put_v1_media_uploads_by_token", "get_v1_events_stream"}
    assert API_TOOLS.keys() == operations.keys() - left_out - others | {"get_v1_me"}


def test_names_of_tools_are_unique() -> None:
    assert len(list(api_tools(DESCRIPTION))) == len(API_TOOLS)
    assert not TOOLS.keys() & API_TOOLS.keys()


@for_each(API_TOOLS.values())
def test_no_argument_of_an_api_tool_has_two_meanings(tool: Any) -> None:
    [methods] = [
        methods for known, methods in DESCRIPTION["paths"].items() if re.sub("{.*?}", "{}", known) == tool.path
    ]
    operation = methods[tool.method.lower()]
    schema = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    body = DESCRIPTION["components"]["schemas"].get(schema.get("$ref", "").rpartition("/")[2], {})
    names = [*tool.in_path, *tool.in_query, *body.get("properties", {}), "idempotencyKey"]
    assert len(set(names)) == len(names)
    assert tool.description.input_schema["properties"].keys() - {"body"} <= set(names)


@for_each(API_TOOLS.values())
def test_schema_of_an_api_tool_is_complete(tool: Any) -> None:
    schema = tool.description.input_schema
    text = json.dumps(schema)
    assert "#/components" not in text
    for part in text.split('"$ref": "#/$defs/')[1:]:
        assert part.partition('"')[0] in schema["$defs"]
    assert len(text) < 15_000


async def test_api_tools_are_offered_only_on_request(tenant: Tenant) -> None:
    async with connected(tenant.deployment.app, tenant.client.key) as agent:
        assert [tool.name for tool in (await agent.list_tools()).tools] == list(TOOLS)
    async with connected(tenant.deployment.app, tenant.client.key, url=f"{URL}?compat=true") as agent:
        assert [tool.name for tool in (await agent.list_tools()).tools] == [*TOOLS, *API_TOOLS]


async def test_agent_publishes_with_api_tools(tenant: Tenant) -> None:
    account = await tenant.client.sandbox_account()
    async with connected(tenant.deployment.app, tenant.client.key, url=f"{URL}?compat=true") as agent:
        given = {"targets": [{"accountId": account}], "text": "Hello", "idempotencyKey": "one"}
        made = await call(agent, "post_v1_posts", **given)
        assert (made["mode"], made["status"]) == ("test", "published")
        assert await call(agent, "post_v1_posts", **given) == made
        post_id = made["results"][0]["postId"]
        assert (await call(agent, "get_v1_posts_by_id", id=post_id))["text"] == "Hello"
        listed = await call(agent, "get_v1_posts", status=["published"], limit=1)
        assert [post["id"] for post in listed["data"]] == [post_id]
        duplicate = await call(agent, "post_v1_posts_by_id_duplicate", id=post_id, idempotencyKey="two")
        assert duplicate["status"] == "draft"
        assert (await call(agent, "delete_v1_posts_by_id", id=duplicate["id"]))["status"] == "canceled"
    assert [seen["text"] for seen in await tenant.followers_see()] == ["Hello"]


@pytest.mark.parametrize(
    ("tool", "arguments", "code"),
    [
        ("post_v1_posts", {"text": "Hello", "targets": []}, "invalid_arguments"),
        ("post_v1_posts", {"text": "Hello", "targets": [], "idempotencyKey": "k"}, "validation_failed"),
        ("post_v1_posts", {"txt": "Hello", "targets": [], "idempotencyKey": "k"}, "validation_failed"),
        ("get_v1_posts_by_id", {}, "invalid_arguments"),
        ("get_v1_posts_by_id", {"id": ""}, "invalid_arguments"),
        ("get_v1_posts_by_id", {"id": "../me"}, "not_found"),
        ("get_v1_posts", {"stauts": "failed"}, "invalid_arguments"),
    ],
)
async def test_wrong_arguments_of_an_api_tool_are_rejected(
    tenant: Tenant, tool: str, arguments: dict[str, Any], code: str
) -> None:
    url = f"{URL}?compat=true"
    async with connected(tenant.deployment.app, tenant.client.key, url=url) as agent, tenant.storing_nothing():
        assert (await refusal(agent, tool, **arguments))["code"] == code
