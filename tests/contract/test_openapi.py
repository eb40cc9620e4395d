"""The OpenAPI document is correct and complete."""

import json
import re
from collections import Counter
from datetime import UTC, datetime
from itertools import combinations
from typing import Any

import jsonschema_rs
import pytest

from letmepost.bootstrap.api import describe_api
from letmepost.domain.errors import ErrorCode
from letmepost.domain.signing import signature_headers
from letmepost.domain.sizes import GIB, LARGE_UPLOAD_MAX_BYTES, MEDIA_MAX_BYTES, MIB
from letmepost.http.gate import OPERATOR
from letmepost.platforms import discover
from letmepost.services.events import EVENT_TYPES
from tests.cases import for_each
from tests.contract.routes import ROWS

API: dict[str, Any] = json.loads(describe_api())
OPERATIONS = {
    f"{method.upper()} {path}": operation
    for path, operations in API["paths"].items()
    for method, operation in operations.items()
}
SCHEMAS: dict[str, Any] = API["components"]["schemas"]

EVERY_OPERATION = [*OPERATIONS.values(), *(item["post"] for item in API["webhooks"].values())]
NOW = datetime(2026, 12, 1, tzinfo=UTC)

each_operation = for_each(sorted(OPERATIONS))


def _reference(response: dict[str, Any]) -> str:
    return str(response["content"]["application/json"]["schema"].get("$ref", ""))


_FOR_BROWSERS = ("/docs", "/llms", "/media/", "/robots.txt", "/connect/", "/v1/accounts/oauth/")


def test_every_route_except_pages_is_described() -> None:
    assert set(OPERATIONS) == {row.line for row in ROWS if not row.path.startswith(_FOR_BROWSERS)} - {
        "POST /v1/social-posts",
        "POST /internal/sandbox/{world}/clock",
        "POST /mcp",
    }


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


def test_what_an_answer_leaves_out_is_never_null() -> None:
    bodies = {"Error", "TargetResult", "Batch", "Post", "Media", "ErrorDetails"}
    for name in bodies:
        for field, described in SCHEMAS[name]["properties"].items():
            if field not in SCHEMAS[name]["required"]:
                assert {"type": "null"} not in described.get("anyOf", []), f"{name}.{field}"


@each_operation
def test_every_operation_documents_what_the_server_itself_rejects(line: str) -> None:
    assert set(OPERATIONS[line]["responses"]) >= {"408", "431"}


@each_operation
def test_an_operation_says_in_a_sentence_what_it_does(line: str) -> None:
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


def test_operation_ids_and_schema_names_are_unique() -> None:
    names = Counter(operation["operationId"] for operation in EVERY_OPERATION)
    assert [name for name, count in names.items() if count > 1] == []


def test_no_two_operation_ids_differ_by_one_letter() -> None:
    names = sorted(operation["operationId"] for operation in EVERY_OPERATION)
    assert [pair for pair in combinations(names, 2) if is_one_letter_apart(*pair)] == []


def is_one_letter_apart(one: str, other: str) -> bool:
    """Compare without case."""
    short, long = sorted((one.lower(), other.lower()), key=len)
    if len(long) - len(short) > 1:
        return False
    same = next((index for index, pair in enumerate(zip(short, long, strict=False)) if pair[0] != pair[1]), len(short))
    return short[same:] == long[same + 1 :] or short[same + 1 :] == long[same + 1 :]


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("createPost", "createPosts", True),
        ("getPost", "setPost", True),
        ("getPost", "getpost", True),
        ("listPosts", "listPostsAgain", False),
        ("pause", "resume", False),
    ],
)
def test_names_one_letter_apart_are_found(one: str, other: str, *, expected: bool) -> None:
    assert is_one_letter_apart(one, other) is is_one_letter_apart(other, one) is expected


@for_each(sorted(SCHEMAS))
def test_schema_name_says_what_it_describes(name: str) -> None:
    """Not `View`, which is a word of the source, and no single adjective or verb such as `Named`, `When` or `Me`."""
    assert re.fullmatch(r"([A-Z][a-z0-9]+)+", name)
    assert not name.endswith(("View", "Read", "Body"))
    assert name not in {"Named", "When", "Me", "Overlap", "Late", "Bulk", "Timeline", "Reason", "Deleted", "Thread"}
    assert SCHEMAS[name]["description"][0].isupper()


def test_fields_of_requests_with_a_default_are_optional_and_sent_only_by_the_caller() -> None:
    """`openapi-typescript` makes a field with `default` required, `openapi-python-client` always sends it."""
    fields = {
        f"{name}.{field}": described
        for name, schema in SCHEMAS.items()
        for field, described in schema.get("properties", {}).items()
    }
    assert [name for name, described in fields.items() if "default" in described] == []
    assert fields["CreatePost.onUnsupported"]["description"].endswith("Default: `reject`.")
    assert "onUnsupported" not in SCHEMAS["CreatePost"]["required"]


@pytest.mark.parametrize(
    ("line", "schema"),
    [
        ("POST /v1/posts/{post_id}/retry", "PublishTime"),
        ("POST /v1/batches/{batch_id}/publish", "PublishDraft"),
        ("POST /v1/accounts/connect/{platform}", "StartConnect"),
        ("POST /v1/api-keys/{key_id}/rotate", "RotationOverlap"),
        ("POST /v1/webhook-endpoints/{endpoint_id}/rotate-secret", "RotationOverlap"),
        ("POST /v1/webhook-endpoints/{endpoint_id}/test", "SendTestEvent"),
    ],
)
def test_optional_body_is_a_plain_reference(line: str, schema: str) -> None:
    body = OPERATIONS[line]["requestBody"]
    assert not body.get("required", False)
    assert body["content"]["application/json"]["schema"] == {"$ref": f"#/components/schemas/{schema}"}


@each_operation
def test_parameters_are_never_null(line: str) -> None:
    schemas = {
        given["name"]: given["schema"] for given in OPERATIONS[line].get("parameters", []) if "$ref" not in given
    }
    assert [name for name, schema in schemas.items() if {"type": "null"} in schema.get("anyOf", [])] == []


def test_uploaded_file_is_binary() -> None:
    content = OPERATIONS["POST /v1/media"]["requestBody"]["content"]["multipart/form-data"]
    file = content["schema"]["properties"]["file"]
    assert (file["type"], file["format"], file["contentMediaType"]) == ("string", "binary", "application/octet-stream")


@pytest.mark.parametrize("name", ["Target", "ChangePost"])
def test_options_are_those_of_one_platform(name: str) -> None:
    choices = SCHEMAS[name]["properties"]["options"]["anyOf"]
    assert choices == [*(_schema(one.options.__name__) for one in discover().values()), {"type": "null"}]


def test_options_of_a_request_are_by_platform() -> None:
    by_platform = {name: _schema(one.options.__name__) for name, one in discover().items()}
    properties = SCHEMAS["OptionsByPlatform"]["properties"]
    assert {name: described["anyOf"][0] for name, described in properties.items()} == by_platform
    for name in ("CreatePost", "BulkPost"):
        assert _schema("OptionsByPlatform") in SCHEMAS[name]["properties"]["options"]["anyOf"]


def _schema(name: str) -> dict[str, str]:
    assert name in SCHEMAS
    return {"$ref": f"#/components/schemas/{name}"}


def test_events_bulk_items_and_errors_are_typed() -> None:
    events = SCHEMAS["EventPage"]["properties"]["data"]["items"]["anyOf"]
    types = [_resolved(event)["properties"]["type"] for event in events]
    assert {name for kind in types for name in kind.get("enum", [kind.get("const")])} == set(EVENT_TYPES)
    assert SCHEMAS["CreatePostsInBulk"]["properties"]["posts"]["items"] == _schema("BulkPost")
    results = SCHEMAS["BulkItemResult"]["properties"]["body"]["anyOf"]
    assert results == [_schema("Batch"), _schema("ErrorEnvelope")]
    for name in ("Post", "PostAttempt", "TargetResult", "PostEventData", "AccountHealth", "ConnectSession"):
        assert SCHEMAS[name]["properties"]["error"].get("$ref") == _schema("ErrorDetails")["$ref"], name


def _resolved(reference: dict[str, str]) -> dict[str, Any]:
    schema: dict[str, Any] = SCHEMAS[reference["$ref"].rpartition("/")[2]]
    return schema


def test_servers_security_and_license_are_set() -> None:
    assert API["servers"] == [{"url": "/", "description": "This deployment."}]
    assert API["security"] == [{"bearer": []}]
    assert API["info"]["license"]["identifier"] == "Apache-2.0"


@for_each(EVENT_TYPES)
def test_webhooks_are_signed_and_need_no_key(event_type: str) -> None:
    operation = API["webhooks"][event_type]["post"]
    assert operation["security"] == []
    described = {given["name"].lower() for given in operation["parameters"]}
    sent = signature_headers(
        event_id="evt", event_type="e", delivery_id="dlv", body=b"", secrets=["whsec_AA=="], now=NOW
    )
    assert described == {name.lower() for name in sent}


@for_each(row for row in ROWS if row.line in OPERATIONS)
def test_operation_has_its_scope_and_security_scheme(row: Any) -> None:
    operation = OPERATIONS[row.line]
    assert operation.get("x-scope") == row.scope
    if row.scope is None:
        assert operation["security"] == []
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
    assert takes == {row.line for row in ROWS if row.scope is not None and row.method != "GET"} - {"POST /mcp"}


def test_every_error_code_is_in_the_envelope() -> None:
    assert SCHEMAS["Error"]["properties"]["code"] == {"$ref": "#/components/schemas/ErrorCode"}
    assert set(SCHEMAS["ErrorCode"]["enum"]) == set(ErrorCode)
    assert set(SCHEMAS["Error"]["required"]) == {
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
        choice["$ref"].rpartition("/")[2]
        for operation in OPERATIONS.values()
        for content in operation.get("requestBody", {}).get("content", {}).values()
        for choice in content["schema"].get("anyOf", [content["schema"]])
        if "$ref" in choice
    }
    assert bodies
    assert {name for name in bodies if SCHEMAS[name].get("additionalProperties") is not False} == set()


def test_every_reference_exists() -> None:
    for reference in set(re.findall(r'"\$ref": "#/([^"]+)"', json.dumps(API))):
        found: Any = API
        for part in reference.split("/"):
            found = found[part]
        assert found
