"""The description of the API tells the truth, and all of it."""

import json
import re
from collections import Counter
from typing import Any

import pytest

from letmepost.bootstrap.api import describe_api
from letmepost.domain.errors import ErrorCode
from letmepost.http.gate import OPERATOR
from tests.contract.routes import ROWS

API: dict[str, Any] = json.loads(describe_api())
OPERATIONS = {
    f"{method.upper()} {path}": operation
    for path, operations in API["paths"].items()
    for method, operation in operations.items()
}
SCHEMAS: dict[str, Any] = API["components"]["schemas"]

each_operation = pytest.mark.parametrize("line", sorted(OPERATIONS))


def _reference(response: dict[str, Any]) -> str:
    return str(response["content"]["application/json"]["schema"].get("$ref", ""))


def test_every_route_but_the_pages_is_described() -> None:
    assert set(OPERATIONS) == {row.line for row in ROWS if not row.path.startswith(("/docs/", "/media/"))}


@each_operation
def test_a_success_has_a_schema(line: str) -> None:
    successes = [response for status, response in OPERATIONS[line]["responses"].items() if status[0] == "2"]
    assert successes
    assert all(response["content"]["application/json"]["schema"] for response in successes)


@each_operation
def test_every_refusal_is_the_envelope(line: str) -> None:
    responses = OPERATIONS[line]["responses"]
    assert "422" not in responses, "FastAPI's own shape is never sent"
    for status in ("4XX", "5XX"):
        assert _reference(responses[status]) == "#/components/schemas/ErrorEnvelope"


@each_operation
def test_an_operation_says_in_a_sentence_what_it_does(line: str) -> None:
    operation = OPERATIONS[line]
    assert operation["description"][0].isupper()
    assert "." in operation["description"]
    assert operation["tags"]
    assert re.fullmatch(r"[a-z][A-Za-z]+", operation["operationId"])


def test_operation_ids_are_unique() -> None:
    names = Counter(operation["operationId"] for operation in OPERATIONS.values())
    assert [name for name, count in names.items() if count > 1] == []


@pytest.mark.parametrize("row", [row for row in ROWS if row.line in OPERATIONS], ids=lambda row: row.line)
def test_an_operation_names_its_scope_and_its_key(row: Any) -> None:
    operation = OPERATIONS[row.line]
    assert operation.get("x-scope") == row.scope
    if row.scope is None:
        assert "security" not in operation
    else:
        assert operation["security"] == [{"operator" if row.scope == OPERATOR else "bearer": []}]


def test_both_kinds_of_key_are_described() -> None:
    schemes = API["components"]["securitySchemes"]
    assert {name: (scheme["type"], scheme["scheme"]) for name, scheme in schemes.items()} == {
        "bearer": ("http", "bearer"),
        "operator": ("http", "bearer"),
    }


def test_what_changes_something_takes_an_idempotency_key() -> None:
    takes = {
        line
        for line, operation in OPERATIONS.items()
        if {"$ref": "#/components/parameters/IdempotencyKey"} in operation.get("parameters", [])
    }
    assert takes == {row.line for row in ROWS if row.scope is not None and row.method != "GET"}


def test_every_error_code_is_in_the_envelope() -> None:
    assert SCHEMAS["ErrorView"]["properties"]["code"] == {"$ref": "#/components/schemas/ErrorCode"}
    assert set(SCHEMAS["ErrorCode"]["enum"]) == set(ErrorCode)
    assert set(SCHEMAS["ErrorView"]["required"]) == {"code", "message", "docUrl", "requestId"}


def test_names_on_the_wire_are_in_camel_case() -> None:
    names = {name for schema in SCHEMAS.values() for name in schema.get("properties", {})}
    assert sorted(name for name in names if not re.fullmatch(r"[a-z][A-Za-z0-9]*", name)) == []


def test_bodies_are_closed() -> None:
    bodies = {
        content["schema"]["$ref"].rpartition("/")[2]
        for operation in OPERATIONS.values()
        for content in operation.get("requestBody", {}).get("content", {}).values()
        if "$ref" in content["schema"]
    }
    assert bodies
    assert {name for name in bodies if SCHEMAS[name].get("additionalProperties") is not False} == set()


def test_every_reference_leads_somewhere() -> None:
    for reference in set(re.findall(r'"\$ref": "#/([^"]+)"', json.dumps(API))):
        found: Any = API
        for part in reference.split("/"):
            found = found[part]
        assert found
