"""What FastAPI cannot know of itself about this API: its keys, its refusals, and the headers that every route takes."""

from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRoute
from pydantic.alias_generators import to_camel

from letmepost.http.gate import OPERATOR, scope_of
from letmepost.http.schemas.errors import ErrorEnvelope

REFUSALS: dict[int | str, dict[str, Any]] = {
    "4XX": {"model": ErrorEnvelope, "description": "Refused: `code` and `rule` say why, `remediation` what to do."},
    "5XX": {"model": ErrorEnvelope, "description": "A platform refused or is away, or something broke on our side."},
}

_SCHEMES = {
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "lmp_live_… or lmp_test_…",
        "description": "An API key. `x-scope` names the scope that an operation needs.",
    },
    "operator": {
        "type": "http",
        "scheme": "bearer",
        "description": "The deployment's operator token.",
    },
}
_IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "schema": {"type": "string", "pattern": "^[\\x21-\\x7e]{1,255}$"},
    "description": "Carry the request out once, however often it is sent within 24 hours.",
}
_CHANGING = {"post", "patch", "delete"}


class DescribedAPI(FastAPI):
    """An API whose description tells what its gate asks for."""

    def openapi(self) -> dict[str, Any]:
        """The description of the API, made once."""
        if self.openapi_schema is not None:
            return self.openapi_schema
        schema = super().openapi()
        schema["components"]["securitySchemes"] = _SCHEMES
        schema["components"]["parameters"] = {"IdempotencyKey": _IDEMPOTENCY_KEY}
        for operations in schema["paths"].values():
            for method, operation in operations.items():
                _complete(method, operation)
        return schema


def operation_id(route: APIRoute) -> str:
    """`createPost`: what generated clients call an operation."""
    return to_camel(route.name)


def _complete(method: str, operation: dict[str, Any]) -> None:
    scope = scope_of(operation)
    if scope is None:
        return
    operation["security"] = [{"operator" if scope == OPERATOR else "bearer": []}]
    if method in _CHANGING:
        operation.setdefault("parameters", []).append({"$ref": "#/components/parameters/IdempotencyKey"})
