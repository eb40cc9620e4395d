"""The names of the schemas in the OpenAPI description."""

from collections.abc import Mapping
from typing import Any

_REFERENCE = "#/components/schemas/"


def named_by_title(description: Mapping[str, Any]) -> dict[str, Any]:
    """Return the description with each schema under its title instead of the name of its class.

    Raises:
        ValueError: two schemas have the same title.
    """
    schemas: Mapping[str, Any] = description["components"]["schemas"]
    titles = {name: schema.get("title", name) for name, schema in schemas.items()}
    if len(set(titles.values())) < len(titles):
        raise ValueError(f"two schemas have the same title: {sorted(titles.values())}")
    renamed: dict[str, Any] = _with_references(description, titles)
    named = {titles[name]: schema for name, schema in renamed["components"]["schemas"].items()}
    for schema in named.values():
        schema.pop("title", None)
    return {**renamed, "components": {**renamed["components"], "schemas": dict(sorted(named.items()))}}


def _with_references(value: Any, titles: Mapping[str, str]) -> Any:
    if isinstance(value, list):
        return [_with_references(item, titles) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        key: f"{_REFERENCE}{titles[item.removeprefix(_REFERENCE)]}"
        if key == "$ref" and isinstance(item, str)
        else _with_references(item, titles)
        for key, item in value.items()
    }
