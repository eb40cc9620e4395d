"""The fields of a JSON schema as an HTML table."""

from collections.abc import Mapping
from html import escape
from typing import Any

from letmepost.http.describing.fields import FIELDS
from letmepost.http.docs.layout import prose, table

_DEEPEST = 3
_BOUNDS = {
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "minItems": "at least {}",
    "maxItems": "at most {}",
    "minimum": "from {}",
    "maximum": "to {}",
}


def fields_table(schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> str:
    """Return a table of a schema's fields, nested ones included; empty if it has none."""
    rows = _rows(schema, schemas, "", 0)
    return table(("Field", "Type", "Meaning"), rows) if rows else ""


def _rows(schema: Mapping[str, Any], schemas: Mapping[str, Any], path: str, depth: int) -> list[tuple[str, ...]]:
    found = _object_in(schema, schemas)
    if found is None or depth >= _DEEPEST:
        return []
    inner, suffix = found
    rows: list[tuple[str, ...]] = []
    required = set(inner.get("required", ()))
    for name, field in inner.get("properties", {}).items():
        spelled = f"{path}{suffix}{'.' if path or suffix else ''}{name}"
        kind = escape(type_of(field)) + (", required" if name in required else "")
        rows.append((f"<code>{escape(spelled)}</code>", kind, prose(_meaning(name, field))))
        rows += _rows(field, schemas, spelled, depth + 1)
    return rows


def _object_in(schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> tuple[Mapping[str, Any], str] | None:
    """Return the schema that has fields, and `[]` if the value is a list: itself, or what it refers to or holds.

    None if it has no fields, or if it is one of several schemas that have.
    """
    if "$ref" in schema:
        return _object_in(schemas[schema["$ref"].rpartition("/")[2]], schemas)
    if schema.get("type") == "array":
        found = _object_in(schema.get("items", {}), schemas)
        return None if found is None else (found[0], f"[]{found[1]}")
    if "anyOf" in schema:
        choices = [found for option in schema["anyOf"] if (found := _object_in(option, schemas)) is not None]
        return choices[0] if len(choices) == 1 else None
    return (schema, "") if "properties" in schema else None


def _meaning(name: str, field: Mapping[str, Any]) -> str:
    described = field.get("description", FIELDS.get(name))
    words = [] if described is None else [described]
    if "enum" in field:
        words.append("One of " + ", ".join(f"`{value}`" for value in field["enum"]) + ".")
    limits = [bound.format(field[key]) for key, bound in _BOUNDS.items() if key in field]
    return " ".join([*words, *([", ".join(limits).capitalize() + "."] if limits else [])])


def type_of(schema: Mapping[str, Any]) -> str:
    """Return the type of a value in a few words."""
    if "$ref" in schema:
        return str(schema["$ref"].rpartition("/")[2])
    if "anyOf" in schema:
        return " or ".join(dict.fromkeys(type_of(option) for option in schema["anyOf"]))
    if schema.get("type") == "array":
        return f"list of {type_of(schema.get('items', {}))}"
    if "const" in schema:
        return repr(schema["const"])
    return "time" if schema.get("format") == "date-time" else str(schema.get("type", "anything"))
