"""The OpenAPI document is correct and complete."""

import json
import re
from collections import Counter
from typing import Any

import jsonschema_rs
import pytest

from letmepost.bootstrap.api import describe_api
from letmepost.domain.errors import ErrorCode
from letmepost.domain.sizes import GIB, LARGE_UPLOAD_MAX_BYTES, MEDIA_MAX_BYTES, MIB
from letmepost.http.gate import OPERATOR
from letmepost.services.events import EVENT_TYPES
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


_FOR_BROWSERS = ("/docs", "/media/", "/connect/", "/v1/accounts/oauth/")


def test_every_route_except_pages_is_described() -> None:
    assert set(OPERATIONS) == {row.line for row in ROWS if not row.path.startswith(_FOR_BROWSERS)}


@each_operation
def test_success_has_a_schema(line: str) -> None:
    successes = [response for status, response in OPERATIONS[line]["responses"].items() if status[0] == "2"]
    assert successes
    for response in successes:
        [content] = response["content"].values()
        assert content["schema"]
        assert "example" in content


@each_operation
def test_every_error_is_the_envelope(line: str) -> None:
    responses = OPERATIONS[line]["responses"]
    assert set(responses) >= {"500"}
    assert set(responses).isdisjoint({"422", "4XX", "5XX"}), "FastAPI's own error format is never sent"
    for status, response in responses.items():
        if status[0] != "2" and (line, status) != ("GET /ready", "503"):
            described = API["components"]["responses"][response["$ref"].rpartition("/")[2]]
            assert _reference(described) == "#/components/schemas/ErrorEnvelope"


@each_operation
def test_body_has_a_valid_example(line: str) -> None:
    for kind, content in OPERATIONS[line].get("requestBody", {}).get("content", {}).items():
        if kind == "application/json":
            check(content["schema"], content["example"])


@each_operation
def test_example_of_a_response_is_valid(line: str) -> None:
    for response in OPERATIONS[line]["responses"].values():
        described = API["components"]["responses"][response["$ref"].rpartition("/")[2]] if "$ref" in response else None
        for content in (described or response).get("content", {}).values():
            if "example" in content:
                check(content["schema"], content["example"])


def check(schema: dict[str, Any], value: Any) -> None:
    whole = {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "components": API["components"]}
    jsonschema_rs.validator_for(whole).validate(value)


@each_operation
def test_every_parameter_is_described(line: str) -> None:
    parameters = [given for given in OPERATIONS[line].get("parameters", []) if "$ref" not in given]
    assert [given["name"] for given in parameters if not given["description"].endswith(".")] == []


def test_every_tag_is_described_and_used() -> None:
    tags = {tag["name"]: tag["description"] for tag in API["tags"]}
    assert set(tags) == {tag for operation in OPERATIONS.values() for tag in operation["tags"]}
    assert all(words.endswith(".") for words in tags.values())


def test_every_event_is_described_with_a_valid_example() -> None:
    assert set(API["webhooks"]) == set(EVENT_TYPES)
    for event_type, item in API["webhooks"].items():
        content = item["post"]["requestBody"]["content"]["application/json"]
        assert content["example"]["type"] == event_type
        assert set(content["example"]["data"]) > {"sequence"}
        check(content["schema"], content["example"])
        assert item["post"]["description"].endswith(".")


def test_optional_field_of_a_response_is_never_null() -> None:
    bodies = {"ErrorView", "TargetResult", "BatchView", "PostRead"}
    for name in bodies:
        for field, described in SCHEMAS[name]["properties"].items():
            if field not in SCHEMAS[name]["required"]:
                assert {"type": "null"} not in described.get("anyOf", []), f"{name}.{field}"


@each_operation
def test_operation_is_described_in_sentences(line: str) -> None:
    operation = OPERATIONS[line]
    assert operation["description"][0].isupper()
    assert "." in operation["description"]
    assert operation["tags"]
    assert re.fullmatch(r"[a-z][A-Za-z]+", operation["operationId"])


@pytest.mark.parametrize(
    ("line", "limit"),
    [
        ("POST /v1/media", f"{MEDIA_MAX_BYTES // MIB} MiB"),
        ("POST /v1/media/import", f"{MEDIA_MAX_BYTES // MIB} MiB"),
        ("POST /v1/media/uploads", f"{LARGE_UPLOAD_MAX_BYTES // GIB} GiB"),
    ],
)
def test_upload_operation_description_names_its_size_limit(line: str, limit: str) -> None:
    assert f"up to {limit}" in OPERATIONS[line]["description"]


def test_operation_ids_are_unique() -> None:
    names = Counter(operation["operationId"] for operation in OPERATIONS.values())
    assert [name for name, count in names.items() if count > 1] == []


@pytest.mark.parametrize("row", [row for row in ROWS if row.line in OPERATIONS], ids=lambda row: row.line)
def test_operation_has_its_scope_and_security_scheme(row: Any) -> None:
    operation = OPERATIONS[row.line]
    assert operation.get("x-scope") == row.scope
    if row.scope is None:
        assert "security" not in operation
    else:
        assert operation["security"] == [{"operator" if row.scope == OPERATOR else "bearer": []}]


def test_both_security_schemes_are_described() -> None:
    schemes = API["components"]["securitySchemes"]
    assert {name: (scheme["type"], scheme["scheme"]) for name, scheme in schemes.items()} == {
        "bearer": ("http", "bearer"),
        "operator": ("http", "bearer"),
    }


def test_changing_operation_takes_an_idempotency_key() -> None:
    takes = {
        line
        for line, operation in OPERATIONS.items()
        if {"$ref": "#/components/parameters/IdempotencyKey"} in operation.get("parameters", [])
    }
    assert takes == {row.line for row in ROWS if row.scope is not None and row.method != "GET"}


def test_every_error_code_is_in_the_envelope() -> None:
    assert SCHEMAS["ErrorView"]["properties"]["code"] == {"$ref": "#/components/schemas/ErrorCode"}
    assert set(SCHEMAS["ErrorCode"]["enum"]) == set(ErrorCode)
    assert set(SCHEMAS["ErrorView"]["required"]) == {
        "code",
        "docUrl",
        "fixableBy",
        "message",
        "requestId",
        "retryable",
    }


def test_field_names_are_in_camel_case() -> None:
    names = {name for schema in SCHEMAS.values() for name in schema.get("properties", {})}
    assert sorted(name for name in names if not re.fullmatch(r"[a-z][A-Za-z0-9]*", name)) == []


def test_bodies_allow_no_other_fields() -> None:
    bodies = {
        content["schema"]["$ref"].rpartition("/")[2]
        for operation in OPERATIONS.values()
        for content in operation.get("requestBody", {}).get("content", {}).values()
        if "$ref" in content["schema"]
    }
    assert bodies
    assert {name for name in bodies if SCHEMAS[name].get("additionalProperties") is not False} == set()


def test_every_reference_exists() -> None:
    for reference in set(re.findall(r'"\$ref": "#/([^"]+)"', json.dumps(API))):
        found: Any = API
        for part in reference.split("/"):
            found = found[part]
        assert found
