"""Checks records against the lexicons of the AT Protocol: as much of the language as these lexicons use.

The lexicons are the specification's own JSON files, which are not in this repository. They are searched for in
`$LETMEPOST_SPECS`, or else in `../shared/specs`. https://github.com/bluesky-social/atproto/tree/main/lexicons
"""

import json
import os
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from letmepost.domain.text import count_graphemes, count_utf8_bytes

_HERE = Path(__file__).resolve()
SPECS = Path(os.environ.get("LETMEPOST_SPECS", _HERE.parents[4] / "shared" / "specs"))
LEXICONS = SPECS / "lexicons"

_FORMATS: Mapping[str, re.Pattern[str]] = {
    "at-uri": re.compile(r"at://did:[a-z]+:[\w.:%-]+(/[a-zA-Z0-9.-]+(/[\w.:~-]+)?)?"),
    "cid": re.compile(r"[a-zA-Z0-9]{8,256}"),
    "did": re.compile(r"did:[a-z]+:[\w.:%-]*[\w.-]"),
    "language": re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{1,8})*"),
    "uri": re.compile(r"\w+:(//)?[^\s/]\S*"),
}


def errors(record: object, lexicon: str) -> list[str]:
    """Yield everything that is wrong with a record, each with its path."""
    return list(_check(record, _definition(lexicon)["record"], lexicon, "$"))


@cache
def _definition(ref: str) -> dict[str, Any]:
    name, _, part = ref.partition("#")
    document = json.loads((LEXICONS / f"{name.replace('.', '/')}.json").read_text())
    found = document["defs"][part or "main"]
    assert isinstance(found, dict)
    return found


def _check(value: object, schema: dict[str, Any], lexicon: str, path: str) -> Iterator[str]:
    yield from _CHECKS[schema["type"]](value, schema, lexicon, path)


def _object(value: object, schema: dict[str, Any], lexicon: str, path: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{path} is no object"
        return
    yield from (f"{path} lacks {name}" for name in schema.get("required", ()) if name not in value)
    # A lexicon is open, but a key that it does not list is a misspelling here.
    yield from (f"{path}.{name} is unknown" for name in value if name not in {*schema["properties"], "$type"})
    for name, part in schema["properties"].items():
        if name in value:
            yield from _check(value[name], part, lexicon, f"{path}.{name}")


def _array(value: object, schema: dict[str, Any], lexicon: str, path: str) -> Iterator[str]:
    if not isinstance(value, list):
        yield f"{path} is no array"
        return
    if len(value) > schema.get("maxLength", len(value)):
        yield f"{path} has {len(value)} items"
    for index, item in enumerate(value):
        yield from _check(item, schema["items"], lexicon, f"{path}[{index}]")


def _string(value: object, schema: dict[str, Any], _lexicon: str, path: str) -> Iterator[str]:
    if not isinstance(value, str):
        yield f"{path} is no string"
        return
    if count_utf8_bytes(value) > schema.get("maxLength", 1_000_000):
        yield f"{path} is too long"
    if count_graphemes(value) > schema.get("maxGraphemes", 1_000_000):
        yield f"{path} has too many graphemes"
    if schema.get("format") == "datetime":
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is None:
            yield f"{path} has no time zone"
    elif "format" in schema and not _FORMATS[schema["format"]].fullmatch(value):
        yield f"{path} is no {schema['format']}: {value}"


def _integer(value: object, schema: dict[str, Any], _lexicon: str, path: str) -> Iterator[str]:
    if not isinstance(value, int) or value < schema.get("minimum", value):
        yield f"{path} is {value}"


def _blob(value: object, schema: dict[str, Any], _lexicon: str, path: str) -> Iterator[str]:
    if not isinstance(value, dict) or set(value) != {"$type", "ref", "mimeType", "size"}:
        yield f"{path} is no blob"
        return
    if not any(_matches(value["mimeType"], pattern) for pattern in schema.get("accept", ["*/*"])):
        yield f"{path} is {value['mimeType']}"
    if value["size"] > schema.get("maxSize", value["size"]):
        yield f"{path} has {value['size']} bytes"


def _matches(mime_type: str, pattern: str) -> bool:
    return re.fullmatch(pattern.replace("*", ".*"), mime_type) is not None


def _ref(value: object, schema: dict[str, Any], lexicon: str, path: str) -> Iterator[str]:
    yield from _follow(value, schema["ref"], lexicon, path)


def _union(value: object, schema: dict[str, Any], lexicon: str, path: str) -> Iterator[str]:
    kind = value.get("$type") if isinstance(value, dict) else None
    refs = {_full(ref, lexicon): ref for ref in schema["refs"]}
    if kind not in refs:
        yield f"{path} is a {kind}, which is none of {sorted(refs)}"
        return
    yield from _follow(value, refs[kind], lexicon, path)


def _follow(value: object, ref: str, lexicon: str, path: str) -> Iterator[str]:
    full = _full(ref, lexicon)
    yield from _check(value, _definition(full), full.partition("#")[0], path)


def _full(ref: str, lexicon: str) -> str:
    return f"{lexicon}{ref}" if ref.startswith("#") else ref


_CHECKS: Mapping[str, Callable[[object, dict[str, Any], str, str], Iterator[str]]] = {
    "array": _array,
    "blob": _blob,
    "integer": _integer,
    "object": _object,
    "ref": _ref,
    "string": _string,
    "union": _union,
}
