"""The discovery document of the YouTube Data API v3: its methods and schemas.

It is searched for in `$LETMEPOST_SPECS`, or else in `../shared/specs`: it is not part of this repository. Source:
https://youtube.googleapis.com/$discovery/rest?version=v3 (revision 20261104).
"""

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

_SPECS = Path(os.environ.get("LETMEPOST_SPECS", Path(__file__).resolve().parents[4] / "shared" / "specs"))
_DOCUMENT = _SPECS / "youtube-discovery.json"
_REASON = "the discovery document is not part of this repository: set LETMEPOST_SPECS to where it is"
_UPLOAD = "/upload/"
_MOMENT = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$"
_PATTERNS = {"date-time": _MOMENT, "google-datetime": _MOMENT, "uint64": r"^\d+$", "int64": r"^-?\d+$"}
_KEPT = ("type", "enum", "items", "properties", "additionalProperties", "$ref", "minimum", "maximum")

needs_discovery = pytest.mark.skipif(not _DOCUMENT.exists(), reason=_REASON)


@dataclass(frozen=True, slots=True)
class Method:
    """A method of the API, as the document describes it."""

    described: Mapping[str, Any]

    @property
    def name(self) -> str:
        """Return its id, such as `youtube.videos.insert`."""
        return str(self.described["id"])

    @property
    def scopes(self) -> set[str]:
        """Return the scopes of which a token needs one."""
        return set(self.described["scopes"])

    @property
    def max_bytes(self) -> int:
        """Return how large an uploaded file may be."""
        return int(self.described["mediaUpload"]["maxSize"])

    def check_query(self, query: Mapping[str, str]) -> None:
        """Raise AssertionError if a parameter is unknown, missing or of another type."""
        known = {**self.described["parameters"], **document()["parameters"]}
        missing = [name for name, one in self.described["parameters"].items() if one.get("required")]
        assert set(missing) <= set(query), (self.name, missing)
        for name, text in query.items():
            schema = {key: value for key, value in known[name].items() if key in {"type", "enum"}}
            value: object = json.loads(text) if schema.get("type") in {"boolean", "integer"} else text
            check(schema, value)
            if "minimum" in known[name]:
                assert int(known[name]["minimum"]) <= int(text) <= int(known[name]["maximum"])

    def check_request(self, body: bytes) -> None:
        """Raise an error if a body does not follow the method's schema."""
        if "request" in self.described:
            check(self.described["request"], json.loads(body))

    def check_response(self, body: bytes) -> None:
        """Raise an error if a response does not follow the method's schema."""
        if "response" in self.described:
            check(self.described["response"], json.loads(body))
        else:
            assert body == b""


@cache
def document() -> Mapping[str, Any]:
    """Return the document."""
    found: Mapping[str, Any] = json.loads(_DOCUMENT.read_text(encoding="utf-8"))
    return found


def method_of(verb: str, path: str) -> Method:
    """Return the method that a request calls."""
    for method in _methods(document()):
        media = method.described.get("mediaUpload", {}).get("protocols", {}).get("simple", {}).get("path")
        known = media if path.startswith(_UPLOAD) else f"/{method.described['path']}"
        if (method.described["httpMethod"], known) == (verb, path):
            return method
    raise AssertionError(f"the API has no {verb} {path}")


def method_named(name: str) -> Method:
    """Return the method with a name such as `videos.insert`."""
    resource, _, method = name.partition(".")
    return Method(document()["resources"][resource]["methods"][method])


def check(schema: Mapping[str, Any], value: object) -> None:
    """Raise an error if a value does not follow a schema of the document."""
    _validator(json.dumps(_converted(schema))).validate(value)


def _methods(resource: Mapping[str, Any]) -> Iterator[Method]:
    yield from map(Method, resource.get("methods", {}).values())
    for inner in resource.get("resources", {}).values():
        yield from _methods(inner)


@cache
def _validator(schema: str) -> jsonschema_rs.Validator:
    definitions = {name: _converted(described) for name, described in document()["schemas"].items()}
    return jsonschema_rs.validator_for({**json.loads(schema), "$defs": definitions})


def _converted(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return a schema as JSON Schema, in which objects have no other fields than those that are described."""
    made = {name: schema[name] for name in _KEPT if name in schema}
    if "$ref" in made:
        return {"$ref": f"#/$defs/{made['$ref']}"}
    if schema.get("format") in _PATTERNS:
        made["pattern"] = _PATTERNS[schema["format"]]
    if schema.get("format") == "uint32":
        made["minimum"] = 0
    if "items" in made:
        made["items"] = _converted(made["items"])
    if "properties" in made:
        made["properties"] = {name: _converted(value) for name, value in made["properties"].items()}
        made.setdefault("additionalProperties", False)
    if isinstance(made.get("additionalProperties"), dict):
        made["additionalProperties"] = _converted(made["additionalProperties"])
    return made
