"""Completes FastAPI's OpenAPI description: servers, keys, errors, examples, headers, and the events that are sent."""

import json
import re
from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRoute
from pydantic.alias_generators import to_camel

from letmepost.http.describing.fields import FIELDS
from letmepost.http.describing.names import named_by_title
from letmepost.http.describing.refusals import refusals_of, responses
from letmepost.http.describing.requests import REQUESTS
from letmepost.http.describing.samples import Samples
from letmepost.http.describing.webhooks import webhooks
from letmepost.http.describing.words import HEADERS, IDEMPOTENCY_KEY, PARAMETERS, PREFER, RATE_LIMIT_HEADERS, TAGS
from letmepost.http.gate import OPERATOR, scope_of
from letmepost.http.schemas.errors import ErrorEnvelope

# FastAPI describes an error of its own unless it finds these. `_explain` replaces them by those of each operation.
REFUSALS: dict[int | str, dict[str, Any]] = {"4XX": {"model": ErrorEnvelope}, "5XX": {"model": ErrorEnvelope}}

_SCHEMES = {
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "lmp_live_… or lmp_test_…",
        "description": "An API key. `x-scope` names the scope that an operation needs; every key has `any`.",
    },
    "operator": {
        "type": "http",
        "scheme": "bearer",
        "description": "The operator token of the deployment. Without one, these operations return 404.",
    },
}
_DESCRIPTION = """Publish to many social accounts with one request.

Send JSON with `Authorization: Bearer lmp_live_…`. A key that starts with `lmp_test_` publishes to simulated platforms.
Every POST, PATCH and DELETE accepts an `Idempotency-Key`. Every error has the same envelope."""
_CHANGING = {"post", "patch", "delete"}
_REQUEST_ID = "X-Request-Id"


class DescribedAPI(FastAPI):
    """An API with a complete OpenAPI description.

    Args:
        example_platform: the platform that the examples show.
        server_url: the base URL of the API. Tools resolve `/` against the URL of the description.
    """

    def __init__(self, *, example_platform: str, server_url: str, **given: Any) -> None:
        super().__init__(
            description=_DESCRIPTION,
            servers=[{"url": server_url, "description": "This deployment."}],
            contact={"name": "The operator of this deployment"},
            license_info={"name": "Apache 2.0", "identifier": "Apache-2.0"},
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
        """Return the description of the API. It is made once."""
        if self.openapi_schema is None:
            self.openapi_schema = _complete(super().openapi(), self._example_platform)
        return self.openapi_schema


def operation_id(route: APIRoute) -> str:
    """Return the name of an operation in generated clients, such as `createPost`."""
    return to_camel(route.name)


def _complete(schema: dict[str, Any], platform: str) -> dict[str, Any]:
    schema = named_by_title(schema)
    components = schema["components"]
    components["securitySchemes"] = _SCHEMES
    components["parameters"] = {"IdempotencyKey": dict(IDEMPOTENCY_KEY), "Prefer": dict(PREFER)}
    components["headers"] = deepcopy(dict(HEADERS))
    components["responses"] = responses()
    schema["security"] = [{"bearer": []}]
    _describe_fields(components["schemas"])
    samples = Samples(components["schemas"], platform)
    for path, operations in schema["paths"].items():
        for method, operation in operations.items():
            _explain(method, path, operation)
            _exemplify(operation, samples, platform)
    schema["webhooks"] = webhooks(platform)
    return schema


def _describe_fields(schemas: Mapping[str, Any]) -> None:
    """Add what fields mean, and describe their defaults in words.

    Generators make a field with `default` required (openapi-typescript), or send the default with every request
    (openapi-python-client), which replaces a default of the organization.
    """
    for schema in schemas.values():
        for name, field in schema.get("properties", {}).items():
            field.pop("title", None)
            if name in FIELDS and "$ref" not in field:
                field.setdefault("description", FIELDS[name])
            default = field.pop("default", None)
            if default not in (None, [], {}):
                shown = default if isinstance(default, str) else json.dumps(default)
                field["description"] = f"{field.get('description', '')} Default: `{shown}`.".lstrip()


def _explain(method: str, path: str, operation: dict[str, Any]) -> None:
    """Add the summary, the key, the parameters, the errors and the headers of an operation."""
    scope = scope_of(operation)
    operation["summary"] = _summary(operation["operationId"])
    operation["security"] = [] if scope is None else [{"operator" if scope == OPERATOR else "bearer": []}]
    parameters = [_parameter(given) for given in operation.get("parameters", ())]
    if scope is not None and method in _CHANGING:
        parameters.append({"$ref": "#/components/parameters/IdempotencyKey"})
    if operation["operationId"] == "createPost":
        parameters.append({"$ref": "#/components/parameters/Prefer"})
    if parameters:
        operation["parameters"] = parameters
    for content in operation.get("requestBody", {}).get("content", {}).values():
        content["schema"] = _body(content["schema"])
    found = {status: answer for status, answer in operation["responses"].items() if status not in REFUSALS}
    refused = refusals_of(method, path, operation)
    operation["responses"] = dict(sorted({**refused, **found}.items()))
    names = [_REQUEST_ID, *(RATE_LIMIT_HEADERS if scope not in {None, OPERATOR} else ())]
    for answer in found.values():
        answer["headers"] = {name: {"$ref": f"#/components/headers/{name}"} for name in names}


def _summary(name: str) -> str:
    """Return `Create API key` for `createApiKey`."""
    words = re.sub(r"(?=[A-Z])", " ", name).lower().capitalize()
    return re.sub(r"\bapi\b", "API", words)


def _parameter(given: dict[str, Any]) -> dict[str, Any]:
    """Return a parameter that is described, and not null: a query cannot contain null."""
    schema = {name: value for name, value in given["schema"].items() if name not in {"title", "description"}}
    [kept] = [choice for choice in schema.pop("anyOf", [{}]) if choice != {"type": "null"}]
    if not schema.get("default", True):
        del schema["default"]
    return {"description": PARAMETERS.get(given["name"], ""), **given, "schema": {**schema, **kept}}


def _body(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of a body. An optional body may be left out; it is not null."""
    choices = [choice for choice in schema.get("anyOf", ()) if choice != {"type": "null"}]
    return choices[0] if len(choices) == 1 else {name: value for name, value in schema.items() if name != "title"}


def _exemplify(operation: dict[str, Any], samples: Samples, platform: str) -> None:
    """Add an example of the request and of each response."""
    made = REQUESTS.get(operation["operationId"])
    for kind, content in operation.get("requestBody", {}).get("content", {}).items():
        if kind == "application/json":
            content["example"] = made(platform) if made else samples.of(content["schema"])
    for content in _contents(operation):
        if "example" not in content:
            content["example"] = samples.of(content["schema"])


def _contents(operation: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for answer in operation["responses"].values():
        yield from answer.get("content", {}).values()
