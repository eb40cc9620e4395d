"""Completes FastAPI's OpenAPI document with security schemes, errors, examples and webhooks."""

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRoute
from pydantic.alias_generators import to_camel

from letmepost.http.describing.fields import FIELDS
from letmepost.http.describing.refusals import refusals_of, responses
from letmepost.http.describing.requests import REQUESTS
from letmepost.http.describing.samples import Samples
from letmepost.http.describing.webhooks import announcement_schemas, webhooks
from letmepost.http.describing.words import HEADERS, IDEMPOTENCY_KEY, PARAMETERS, PREFER, RATE_LIMIT_HEADERS, TAGS
from letmepost.http.gate import OPERATOR, scope_of
from letmepost.http.schemas.errors import ErrorEnvelope

# Without these, FastAPI adds its own errors. `_complete` replaces them with the errors of each operation.
REFUSALS: dict[int | str, dict[str, Any]] = {"4XX": {"model": ErrorEnvelope}, "5XX": {"model": ErrorEnvelope}}

_SCHEMES = {
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "lmp_live_… or lmp_test_…",
        "description": "An API key. `x-scope` is the scope that an operation requires. Every key has `any`.",
    },
    "operator": {
        "type": "http",
        "scheme": "bearer",
        "description": "The deployment's operator token. If none is set, these operations return 404.",
    },
}
_CHANGING = {"post", "patch", "delete"}
_REQUEST_ID = "X-Request-Id"


class DescribedAPI(FastAPI):
    """A FastAPI application with a complete OpenAPI document.

    Args:
        example_platform: the platform that the examples use.
    """

    def __init__(self, *, example_platform: str, **given: Any) -> None:
        super().__init__(
            openapi_tags=[{"name": name, "description": words} for name, words in TAGS.items()],
            responses=REFUSALS,
            generate_unique_id_function=operation_id,
            separate_input_output_schemas=False,
            docs_url=None,  # that page would load scripts from other servers; `routes.docs` serves one without
            redoc_url=None,
            **given,
        )
        self._example_platform = example_platform

    def openapi(self) -> dict[str, Any]:
        """Return the OpenAPI document. It is generated once."""
        if self.openapi_schema is None:
            self.openapi_schema = _complete(super().openapi(), self._example_platform)
        return self.openapi_schema


def operation_id(route: APIRoute) -> str:
    """Return the id of an operation, such as `createPost`."""
    return to_camel(route.name)


def _complete(schema: dict[str, Any], platform: str) -> dict[str, Any]:
    components = schema["components"]
    components["schemas"] |= announcement_schemas()
    components["securitySchemes"] = _SCHEMES
    components["parameters"] = {"IdempotencyKey": dict(IDEMPOTENCY_KEY), "Prefer": dict(PREFER)}
    components["headers"] = deepcopy(dict(HEADERS))
    components["responses"] = responses()
    _leave_out_null(components["schemas"], _sent(schema))
    _describe_fields(components["schemas"])
    samples = Samples(components["schemas"], platform)
    for path, operations in schema["paths"].items():
        for method, operation in operations.items():
            _explain(method, path, operation)
            _exemplify(operation, samples, platform)
    schema["webhooks"] = webhooks(samples)
    return schema


def _describe_fields(schemas: dict[str, Any]) -> None:
    for schema in schemas.values():
        for name, field in schema.get("properties", {}).items():
            if name in FIELDS and "$ref" not in field:
                field.setdefault("description", FIELDS[name])


def _explain(method: str, path: str, operation: dict[str, Any]) -> None:
    """Add the security, parameters, errors and headers of one operation."""
    scope = scope_of(operation)
    parameters = operation.setdefault("parameters", [])
    for parameter in parameters:
        parameter.setdefault("description", PARAMETERS.get(parameter["name"], ""))
    if scope is not None:
        operation["security"] = [{"operator" if scope == OPERATOR else "bearer": []}]
        if method in _CHANGING:
            parameters.append({"$ref": "#/components/parameters/IdempotencyKey"})
    if operation["operationId"] == "createPost":
        parameters.append({"$ref": "#/components/parameters/Prefer"})
    if not parameters:
        del operation["parameters"]
    found = operation["responses"]
    operation["responses"] = {
        **refusals_of(method, path, operation),
        **{status: response for status, response in found.items() if status not in REFUSALS},
    }
    names = [_REQUEST_ID, *(RATE_LIMIT_HEADERS if scope not in {None, OPERATOR} else ())]
    for status, response in operation["responses"].items():
        if status[0] == "2":
            response["headers"] = {name: {"$ref": f"#/components/headers/{name}"} for name in names}
    operation["responses"] = dict(sorted(operation["responses"].items()))


def _exemplify(operation: dict[str, Any], samples: Samples, platform: str) -> None:
    """Add examples of the request and the response."""
    made = REQUESTS.get(operation["operationId"])
    for kind, content in operation.get("requestBody", {}).get("content", {}).items():
        if kind == "application/json":
            content["example"] = made(platform) if made else samples.of(content["schema"])
    for status, response in operation["responses"].items():
        if status[0] == "2":
            for content in response.get("content", {}).values():
                if "example" not in content:
                    content["example"] = samples.of(content["schema"])


def _sent(schema: dict[str, Any]) -> set[str]:
    """Return the names of the components that request bodies use."""
    bodies = [operation.get("requestBody", {}) for path in schema["paths"].values() for operation in path.values()]
    waiting, found = list(_references(bodies)), set()
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += _references(schema["components"]["schemas"][name])
    return found


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for item in value:
            yield from _references(item)
    elif isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"].rpartition("/")[2]
        for item in value.values():
            yield from _references(item)


def _leave_out_null(schemas: dict[str, Any], sent: set[str]) -> None:
    """Describe optional fields of responses as left out, not as null."""
    for name, schema in schemas.items():
        required = set(schema.get("required", ()))
        for field, described in () if name in sent else schema.get("properties", {}).items():
            options = [option for option in described.get("anyOf", ()) if option != {"type": "null"}]
            if options and field not in required:
                described.pop("default", None)
                described.pop("anyOf")
                described.update(options[0] if len(options) == 1 else {"anyOf": options})
