"""Operations reject query parameters that they do not declare, except where others complete the URL."""

import json
from typing import Any

import httpx2
import pytest

from letmepost.bootstrap.api import describe_api
from tests.contract.routes import ROWS, Row
from tests.deployment import OPERATOR_TOKEN, Client
from tests.http.support import ABSENT_ID, Tenant, check_refusal

API: dict[str, Any] = json.loads(describe_api())
SIGNED_UPLOAD = "PUT /v1/media/uploads/{token}"
DECLARED = {
    f"{method.upper()} {path}": [
        parameter["name"] for parameter in operation.get("parameters", []) if parameter.get("in") == "query"
    ]
    for path, operations in API["paths"].items()
    for method, operation in operations.items()
}
PROBES = {"GET /health", "GET /ready"}
OPEN = {SIGNED_UPLOAD, *PROBES}
NOT_DESCRIBED = {"POST /mcp", "POST /internal/sandbox/{world}/clock"}
"""Reject unknown parameters, too: `tests/mcp/test_endpoint.py`. Only the sandbox calls the second."""
STRICT = [row for row in ROWS if row.line in DECLARED and row.line not in OPEN]
LENIENT = [row for row in ROWS if row.line not in {*DECLARED, *NOT_DESCRIBED} or row.line in OPEN]


async def send(tenant: Tenant, row: Row, query: str) -> httpx2.Response:
    key = OPERATOR_TOKEN if str(row.scope) == "operator" else tenant.client.key
    path = row.path_to(f"{row.about}_{ABSENT_ID}").partition("?")[0]
    headers = {"authorization": f"Bearer {key}"}
    return await tenant.deployment.http.request(row.method, f"{path}?{query}", json=row.body, headers=headers)


def test_every_operation_of_the_openapi_is_covered() -> None:
    assert {row.line for row in STRICT} | OPEN == set(DECLARED)


@pytest.mark.parametrize("row", STRICT, ids=lambda row: row.line)
async def test_unknown_query_parameter_is_rejected(tenant: Tenant, row: Row) -> None:
    async with tenant.storing_nothing():
        reply = await send(tenant, row, "pagee=2")
    error = check_refusal(reply, 400, "validation_failed", "pagee")
    assert all(name in error["remediation"] for name in DECLARED[row.line])
    [violation] = error["violations"]
    assert (violation["field"], violation["message"]) == ("pagee", error["message"])
    assert violation["remediation"] == error["remediation"]


@pytest.mark.parametrize("row", LENIENT, ids=lambda row: row.line)
async def test_unknown_query_parameter_is_ignored_by_routes_whose_urls_others_complete(
    tenant: Tenant, row: Row
) -> None:
    with_parameter, without = [await send(tenant, row, query) for query in ("utm_source=mail", "")]
    assert with_parameter.status_code == without.status_code
    assert "Unknown query parameter" not in with_parameter.text


@pytest.mark.parametrize(
    ("sent", "suggestion"), [("stauts", "status"), ("profile_id", "profileId"), ("Platform", "platform")]
)
async def test_misspelled_query_parameter_gets_a_suggestion(client: Client, sent: str, suggestion: str) -> None:
    error = check_refusal(await client.get(f"/v1/posts?{sent}=a"), 400, "validation_failed", sent)
    assert error["message"] == f"Unknown query parameter: `{sent}`."
    assert error["remediation"].startswith(f"Send `{suggestion}` instead. Query parameters: ")
    assert error["violations"][0]["suggestion"] == suggestion


async def test_operation_without_query_parameters_says_so(client: Client) -> None:
    error = check_refusal(await client.get("/v1/me?verbose=1"), 400, "validation_failed", "verbose")
    assert error["remediation"] == "Remove it: this operation has no query parameters."
    assert "suggestion" not in error["violations"][0]


async def test_all_problems_of_a_query_are_reported_together(client: Client) -> None:
    reply = await client.get("/v1/posts?stauts=failed&status=lost&limit=0&page=2&limit=1")
    error = check_refusal(reply, 400, "validation_failed", "stauts")
    assert [found["field"] for found in error["violations"]] == ["stauts", "limit", "page", "status"]


async def test_parameter_with_one_value_is_rejected_when_it_is_repeated(client: Client) -> None:
    error = check_refusal(await client.get("/v1/posts?limit=1&limit=2"), 400, "validation_failed", "limit")
    assert error["remediation"] == "Send `limit` once."


async def test_thousands_of_unknown_parameters_get_a_short_response(client: Client) -> None:
    """A long query must cost the sender more than the server."""
    query = "&".join(f"statu{number}=1" for number in range(3_000))
    reply = await client.get(f"/v1/posts?{query}")
    check_refusal(reply, 400, "validation_failed", "statu0")
    assert len(reply.content) < 64 * 1024


async def test_rejected_names_are_not_repeated_in_full(client: Client) -> None:
    reply = await client.get(f"/v1/posts?{'s' * 5_000}=1")
    assert reply.status_code == 400
    assert len(reply.content) < 4_000


async def test_key_is_checked_before_the_query(client: Client) -> None:
    reply = await client.http.get("/v1/posts?stauts=failed")
    check_refusal(reply, 401, "unauthenticated")
