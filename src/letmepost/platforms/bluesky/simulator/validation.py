"""Checks whether a record may be written: its key, its type, and its content by the lexicon of its collection."""

from collections.abc import Mapping
from typing import Any

from letmepost.platforms.bluesky.simulator.lexicons import LEXICONS
from letmepost.platforms.bluesky.simulator.schema import BLOB_REFERENCE, Invalid
from letmepost.platforms.bluesky.simulator.syntax import is_tid
from letmepost.platforms.bluesky.simulator.xrpc import invalid_request

_DEEPEST = 64


def check_key(collection: str, rkey: str) -> None:
    """Raise unless the key fits: every collection that the server knows has TIDs as keys."""
    if collection in LEXICONS and not is_tid(rkey):
        raise invalid_request(f'Invalid record key for {collection}: expected a TID, got "{rkey}"')


def typed(collection: str, record: Mapping[str, Any]) -> dict[str, Any]:
    """Return the record with its `$type`, which the server adds if it is missing."""
    found = record.get("$type", collection)
    if found != collection:
        raise invalid_request(f"Invalid $type: expected {collection}, got {found}")
    return {**record, "$type": collection}


def validation_status(collection: str, record: Mapping[str, Any], *, validate: bool | None) -> str | None:
    """Return `valid`, `unknown` for a collection without a lexicon, or None if `validate` is False.

    Raises:
        XRPCError: the record does not fit, or `validate` is True and there is no lexicon.
    """
    lexicon = LEXICONS.get(collection)
    if lexicon is None and validate:
        raise invalid_request(f"Unknown lexicon type: {collection}")
    try:
        _check_data_model(record, "$.record", 0)
        if lexicon is not None and validate is not False:
            lexicon(record, "$.record")
    except Invalid as invalid:
        raise invalid_request(f"Invalid {collection} record: {invalid}") from None
    if validate is False:
        return None
    return "unknown" if lexicon is None else "valid"


def fits(collection: str, value: Mapping[str, Any]) -> bool:
    """Return True if a record that was written without validation matches its collection's lexicon."""
    try:
        LEXICONS[collection](value, "$.record")
    except Invalid:
        return False
    return True


def _check_data_model(value: object, path: str, depth: int) -> None:
    """Check the rules for records of every kind: no fractions, whole blob references, and limited nesting."""
    if isinstance(value, float):
        raise Invalid(f"Expected integer value type (got float) at {path}")
    if depth > _DEEPEST:
        raise Invalid(f"nested too deeply at {path}")
    if isinstance(value, dict):
        if value.get("$type") == "blob":
            BLOB_REFERENCE(value, path)
        for name, inner in value.items():
            _check_data_model(inner, f"{path}.{name}", depth + 1)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            _check_data_model(inner, f"{path}[{index}]", depth + 1)
