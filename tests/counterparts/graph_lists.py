"""Checks requests and replies against the lists of Meta's own client, `facebook-business`: parameters and fields.

lists = await GraphLists.read(python, ("Page", "User"))
assert lists.problems(exchanges, ROWS) == []
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from letmepost.domain.flow import Call, Reply
from tests.counterparts.scripts import run_script

_SCRIPT = Path(__file__).parent / "python" / "meta_parameters.py"
_VERSION = re.compile(r"^/v[0-9.]+/")
_EVERYWHERE = frozenset({"access_token", "appsecret_proof", "fields", "limit", "after"})
"""Parameters of every call, or of every list: the client's lists leave them out."""
_ENVELOPE = frozenset({"data", "paging", "success", "id", "post_id"})
"""Fields that are not those of an object: of a list, and of the reply to a creation."""
_ELEMENT = re.compile(r"\[[0-9]+\]$")
_FIELD = re.compile(r"([^,{}().]+)(?:\.\w+\([^)]*\))*(?:\{(?:[^{}]|\{[^{}]*\})*\})?")


@dataclass(frozen=True, slots=True)
class Row:
    """The class and the edge of the client that stand for some calls.

    Args:
        path: a regular expression of the path without the version.
        classes: the class of the object in the path. With several, each parameter must be listed for one of them.
        edge: what follows the object in the path.
        result: the class of the objects in the reply; by default, that in the path.
    """

    method: str
    path: str
    classes: tuple[str, ...]
    edge: str = "/"
    result: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class GraphLists:
    """What the client lists, by class.

    Args:
        unlisted: documented fields that the client does not list, by class.
    """

    by_class: Mapping[str, Mapping[str, Any]]
    unlisted: Mapping[str, frozenset[str]] = field(default_factory=dict)

    @classmethod
    async def read(
        cls, python: Path, classes: Sequence[str], unlisted: Mapping[str, frozenset[str]] | None = None
    ) -> "GraphLists":
        """Return the lists of these classes. `python` has the client."""
        return cls(await run_script(python, _SCRIPT, {}, {"classes": [*classes]}), unlisted or {})

    def problems(self, exchanges: Iterable[tuple[Call, Reply]], rows: Sequence[Row], *, root: str = "") -> list[str]:
        """Return what the client does not list, in any request and any successful reply.

        Args:
            exchanges: the calls of flows, with their replies.
            rows: each call must match one of them.
            root: the path of the simulator, which begins each path.
        """
        found = (problem for call, reply in exchanges for problem in self._problems(call, reply, rows, root))
        return sorted(set(found))

    def _problems(self, call: Call, reply: Reply, rows: Sequence[Row], root: str) -> Iterator[str]:
        path = _VERSION.sub("", urlsplit(call.url).path.removeprefix(root))
        row = next((row for row in rows if row.method == call.method and re.fullmatch(row.path, path)), None)
        if row is None:
            yield f"{call.method} {path}: no row"
            return
        name = f"{row.method} {'|'.join(row.classes)}{row.edge}"
        for parameter in sorted(_parameters(call) - _EVERYWHERE - self._parameters(row)):
            yield f"{name}: the parameter {parameter} is not listed"
        known = self._fields(row.result or row.classes)
        for requested in sorted(_requested(call) - known):
            yield f"{name}: the requested field {requested} is not listed"
        for returned in sorted(_returned(reply) - known - _ENVELOPE):
            yield f"{name}: the returned field {returned} is not listed"

    def _parameters(self, row: Row) -> set[str]:
        key = f"{row.method} {row.edge}"
        listed = [self.by_class[name]["edges"].get(key) for name in row.classes]
        assert any(edge is not None for edge in listed), f"the client has no {key} of {row.classes}"
        return {parameter for edge in listed for parameter in edge or ()}

    def _fields(self, classes: Sequence[str]) -> set[str]:
        """Return the fields of the classes. A list that can be read at an edge is a field, too."""
        fields: set[str] = set()
        for name in classes:
            edges = {edge.removeprefix("GET /") for edge in self.by_class[name]["edges"] if edge.startswith("GET /")}
            fields |= {*self.by_class[name]["fields"], *edges, *self.unlisted.get(name, ())}
        return fields


def _parameters(call: Call) -> set[str]:
    names = {name for name, _ in call.query} | set(call.form or {}) | {name for name, _ in call.multipart or ()}
    return {_ELEMENT.sub("", name) for name in names}


def _requested(call: Call) -> set[str]:
    fields = {**dict(call.query), **(call.form or {})}.get("fields", "")
    return set(_FIELD.findall(fields))


def _returned(reply: Reply) -> set[str]:
    if not reply.ok:
        return set()
    value = json.loads(reply.body)
    rows = value["data"] if isinstance(value.get("data"), list) else []
    return {name for one in (value, *rows) for name in one}
