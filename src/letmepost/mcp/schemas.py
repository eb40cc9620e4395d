"""The bases of the arguments and the results of tools, and their JSON Schemas."""

from typing import Any

from pydantic import BaseModel, ConfigDict
from pydantic.json_schema import JsonSchemaMode

_MODE = {
    "type": "string",
    "enum": ["test", "live"],
    "description": "test: on simulated platforms, nothing is public. live: on the real platforms.",
}


class Arguments(BaseModel):
    """Arguments of a tool. Unknown ones are rejected: a misspelled `scheduled_at` must not publish immediately."""

    model_config = ConfigDict(extra="forbid")


class ToolResult(BaseModel):
    """The fields of a result of the client that a tool returns."""

    model_config = ConfigDict(from_attributes=True)


def schema_of(model: type[BaseModel], mode: JsonSchemaMode) -> dict[str, Any]:
    """Return the JSON Schema of arguments (`validation`) or of a result (`serialization`)."""
    schema: dict[str, Any] = compact(model.model_json_schema(mode=mode))
    del schema["description"]  # of the class; the tool has its own
    return schema


def compact(schema: Any) -> Any:
    """Return a schema without titles, which only repeat names, and without defaults of null."""
    if isinstance(schema, dict):
        return {key: compact(part) for key, part in schema.items() if not _is_redundant(key, part)}
    return [compact(part) for part in schema] if isinstance(schema, list) else schema


def _is_redundant(key: str, part: Any) -> bool:
    # A property can have the name `title`; its value is a schema.
    return (key == "title" and isinstance(part, str)) or (key == "default" and part is None)


def with_mode(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of a result, with the mode that every result states."""
    return {
        **schema,
        "properties": {"mode": _MODE, **schema.get("properties", {})},
        "required": ["mode", *schema.get("required", [])],
    }
