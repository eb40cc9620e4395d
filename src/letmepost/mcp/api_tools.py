"""A tool for each operation of the API, generated from its OpenAPI description.

letmepost.dev's tools have the same names: the method and the path, such as `get_v1_posts_by_id`.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from letmepost_client import AsyncClient
from letmepost_client.encoding import path_of
from mcp.types import Tool as ToolDescription
from mcp.types import ToolAnnotations

from letmepost.mcp.failures import InvalidArguments
from letmepost.mcp.schemas import compact

_JSON = "application/json"
_KEY = "idempotencyKey"
_BODY = "body"
_FIELDS = "fields of the body"
_OPTIONS = {"type": "object", "description": "Options of a platform. The tool list_platforms returns their schema."}
"""Replaces the schemas of options: 25 KB that four tools would repeat."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiTool:
    """A tool that calls one operation.

    Attributes:
        path: has `{}` in the place of each of `in_path`.
        in_path: the arguments in the path.
        in_query: the arguments in the query.
        body: the argument that is the whole body, `_FIELDS` if the other arguments are its fields, or None.
        needs_body: True if an empty body is sent, too.
    """

    description: ToolDescription
    method: str
    path: str
    in_path: tuple[str, ...]
    in_query: tuple[str, ...]
    body: str | None
    needs_body: bool

    async def run(self, client: AsyncClient, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Call the operation; return its response.

        Raises:
            InvalidArguments: an argument is missing or unknown.
        """
        missing = [name for name in self.description.input_schema["required"] if arguments.get(name) in (None, "")]
        if missing:
            raise InvalidArguments(f"Missing arguments: {', '.join(missing)}.")
        left = dict(arguments)
        path = path_of(self.path, *(str(left.pop(name)) for name in self.in_path))
        query = {name: left.pop(name) for name in self.in_query if name in left}
        key = left.pop(_KEY, None)
        body = left if self.body == _FIELDS else left.pop(self.body, None) if self.body else None
        if left and body is not left:
            raise InvalidArguments(f"Unknown arguments: {', '.join(left)}.")
        sent = body if body or self.needs_body else None
        response = await client.request(self.method, path, query=query, body=sent, idempotency_key=key)
        return response if isinstance(response, dict) else {"data": response}


class ApiTools:
    """The tools of a server. Its OpenAPI description is read once."""

    def __init__(self) -> None:
        self._tools: dict[str, ApiTool] | None = None

    async def read(self, client: AsyncClient) -> Mapping[str, ApiTool]:
        """Return the tools by their names."""
        if self._tools is None:
            description = await client.request("GET", "/openapi.json")
            self._tools = {tool.description.name: tool for tool in api_tools(description)}
        return self._tools


def name_of(method: str, path: str) -> str:
    """Return the name of the tool of an operation: `get_v1_posts_by_id` for GET /v1/posts/{post_id}."""
    words = path.strip("/").replace("-", "_").split("/")
    return "_".join((method, *(f"by_{_argument(word[1:-1])}" if word.startswith("{") else word for word in words)))


def api_tools(description: Mapping[str, Any]) -> Iterator[ApiTool]:
    """Yield a tool for each operation that an API key can call with JSON.

    Operations on API keys are excluded: agents must not create or read secrets.
    """
    for path, operations in description["paths"].items():
        for method, operation in operations.items():
            if path.startswith("/v1/") and _is_for_agents(operation):
                yield _tool(description, method, path, operation)


def _argument(parameter: str) -> str:
    """Return the argument for a parameter of a path: `id` for `post_id`, as letmepost.dev names it."""
    return "id" if parameter.endswith("_id") else parameter


def _is_for_agents(operation: Mapping[str, Any]) -> bool:
    content = operation.get("requestBody", {}).get("content", {_JSON: {}})
    responses = (response.get("content", {}) for response in operation["responses"].values())
    return (
        _JSON in content
        and all("text/event-stream" not in response for response in responses)
        and not operation.get("x-scope", "").startswith(("operator", "keys:"))
    )


def _tool(description: Mapping[str, Any], method: str, path: str, operation: Mapping[str, Any]) -> ApiTool:
    is_read_only = method == "get" or path.endswith("/validate")
    parameters = [_resolved(description, parameter) for parameter in operation.get("parameters", ())]
    in_path = {_argument(found["name"]): _described(found) for found in parameters if found["in"] == "path"}
    in_query = {found["name"]: _described(found) for found in parameters if found["in"] == "query"}
    keys = [found for found in parameters if found["name"] == "Idempotency-Key"]
    key = {_KEY: _described(keys[0])} if keys else {}
    request = operation.get("requestBody", {})
    fields, required, body = _body_of(description, request)
    return ApiTool(
        description=ToolDescription(
            name=name_of(method, path),
            title=operation["summary"],
            description=f"{method.upper()} {path}\n\n{operation.get('description', operation['summary'])}",
            input_schema=_complete(
                description,
                {**in_path, **in_query, **fields, **key},
                [*in_path, *required, *(key if method == "post" and not is_read_only else ())],
            ),
            annotations=ToolAnnotations(
                read_only_hint=is_read_only,
                destructive_hint=not is_read_only,
                idempotent_hint=True,
                open_world_hint=not is_read_only,
            ),
        ),
        method=method.upper(),
        path=re.sub(r"{[^}]*}", "{}", path),
        in_path=tuple(in_path),
        in_query=tuple(in_query),
        body=body,
        needs_body=bool(request.get("required")),
    )


def _described(parameter: Mapping[str, Any]) -> dict[str, Any]:
    return {**parameter["schema"], "description": parameter.get("description", "")}


def _body_of(
    description: Mapping[str, Any], request: Mapping[str, Any]
) -> tuple[Mapping[str, Any], Sequence[str], str | None]:
    """Return the arguments for a body, which of them are required, and `ApiTool.body`."""
    schema = request.get("content", {}).get(_JSON, {}).get("schema")
    if schema is None:
        return {}, (), None
    body = _resolved(description, schema)
    if "properties" in body:
        return body["properties"], body.get("required", ()), _FIELDS
    return {_BODY: schema}, (_BODY,) if request.get("required") else (), _BODY


def _complete(description: Mapping[str, Any], properties: Mapping[str, Any], required: list[str]) -> dict[str, Any]:
    """Return the schema of arguments, with every schema that it refers to."""
    definitions: dict[str, Any] = {}
    waiting: list[Any] = [properties]
    while waiting:
        for name in _references(waiting.pop()):
            if name not in definitions:
                is_options = name.endswith("Options")
                definitions[name] = _OPTIONS if is_options else description["components"]["schemas"][name]
                waiting.append(definitions[name])
    schema = {"type": "object", "properties": properties, "required": required, "additionalProperties": False}
    moved: dict[str, Any] = _local(compact({**schema, "$defs": definitions} if definitions else schema))
    return moved


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(reference := value.get("$ref"), str):
            yield reference.rpartition("/")[2]
        for part in value.values():
            yield from _references(part)
    elif isinstance(value, list):
        for part in value:
            yield from _references(part)


def _local(value: Any) -> Any:
    """Return a schema that refers to its own definitions."""
    if isinstance(value, dict):
        moved = {key: _local(part) for key, part in value.items()}
        if isinstance(value.get("$ref"), str):
            moved["$ref"] = f"#/$defs/{value['$ref'].rpartition('/')[2]}"
        return moved
    return [_local(part) for part in value] if isinstance(value, list) else value


def _resolved(description: Mapping[str, Any], value: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what a reference refers to, or the value itself."""
    if "$ref" not in value:
        return value
    _, kind, name = value["$ref"].rsplit("/", 2)
    found: Mapping[str, Any] = description["components"][kind][name]
    return found
