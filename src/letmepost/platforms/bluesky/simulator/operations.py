"""The effect of each write call on a repository.

Source: fact sheet sections 2.1, 6 and 7, after bluesky-social/atproto packages/pds/src/api/com/atproto/repo, checked
2026-11-21.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

from letmepost.platforms.bluesky.simulator import limits
from letmepost.platforms.bluesky.simulator.commits import (
    Change,
    commit,
    next_tid,
    refuse_swapped_commit,
    refuse_swapped_record,
    written,
)
from letmepost.platforms.bluesky.simulator.records import find_record, record_uri
from letmepost.platforms.bluesky.simulator.schema import (
    Check,
    array,
    boolean,
    nullable,
    string,
    structure,
    union,
)
from letmepost.platforms.bluesky.simulator.syntax import is_nsid, is_record_key
from letmepost.platforms.bluesky.simulator.validation import check_key, typed, validation_status
from letmepost.platforms.bluesky.simulator.xrpc import internal_error, invalid_request
from letmepost.platforms.simulation import State

Body: TypeAlias = Mapping[str, Any]

MAX_WRITES = 200
_CREATE, _UPDATE, _DELETE = (f"com.atproto.repo.applyWrites#{action}" for action in ("create", "update", "delete"))
_POINTS = {_CREATE: limits.CREATE_POINTS, _UPDATE: limits.UPDATE_POINTS, _DELETE: limits.DELETE_POINTS}


@dataclass(frozen=True, slots=True, kw_only=True)
class Write:
    """A write call by the account that owns the repository. The shape of its body is already checked."""

    state: State
    did: str
    body: Body
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One of the write calls.

    Args:
        shape: the schema of its body.
        points: its price.
        records: returns the parts of the body that each write a record.
        execute: applies the changes, and returns the response.
    """

    shape: Check
    points: Callable[[Body], int]
    records: Callable[[Body], Sequence[Body]]
    execute: Callable[[Write], dict[str, Any]]


def _put(write: Write) -> dict[str, Any]:
    """Create or replace a record. The same content again changes nothing, whatever `swapRecord` expects."""
    body = write.body
    change = _prepared(body, body["rkey"], body["record"], validate=body.get("validate"))
    current = find_record(write.state, write.did, change.collection, change.rkey)
    response = _created(write.did, change)
    if current is not None and current["cid"] == change.cid:
        return response
    refuse_swapped_record(body, current)
    refuse_swapped_commit(write.state, write.did, body)
    return {**response, "commit": commit(write.state, write.did, [change], write.now)}


def _create(write: Write) -> dict[str, Any]:
    """Create a record under the caller's key, or under a new one: then a second call creates a second record."""
    body = write.body
    rkey = body.get("rkey") or next_tid(write.state, write.did, write.now)
    change = _prepared(body, rkey, body["record"], validate=body.get("validate"))
    refuse_swapped_commit(write.state, write.did, body)
    if find_record(write.state, write.did, change.collection, change.rkey) is not None:
        raise internal_error()  # the real server's tree raises an error, which is masked
    head = commit(write.state, write.did, [change], write.now)
    return {**_created(write.did, change), "commit": head}


def _delete(write: Write) -> dict[str, Any]:
    """Delete a record. Deleting a missing record succeeds."""
    body = write.body
    current = find_record(write.state, write.did, body["collection"], body["rkey"])
    if current is None:
        return {}
    refuse_swapped_record(body, current)
    refuse_swapped_commit(write.state, write.did, body)
    change = Change(collection=body["collection"], rkey=body["rkey"])
    return {"commit": commit(write.state, write.did, [change], write.now)}


def _apply_writes(write: Write) -> dict[str, Any]:
    """Apply several writes in one commit: all of them or none."""
    body, did = write.body, write.did
    if len(body["writes"]) > MAX_WRITES:
        raise invalid_request(f"Too many writes. Max: {MAX_WRITES}")
    refuse_swapped_commit(write.state, did, body)
    changes: dict[tuple[str, str], Change] = {}
    results: list[dict[str, Any]] = []
    for item in body["writes"]:
        rkey = item.get("rkey") or next_tid(write.state, did, write.now, step=len(results))
        place = (item["collection"], rkey)
        known = changes[place].value if place in changes else find_record(write.state, did, *place)
        if (known is None) is not (item["$type"] == _CREATE):
            raise internal_error()  # as in `_create`
        changes[place] = _change_of(item, rkey, validate=body.get("validate"))
        results.append({"$type": f"{item['$type']}Result", **_created(did, changes[place])})
    return {"commit": commit(write.state, did, list(changes.values()), write.now), "results": results}


def _change_of(item: Body, rkey: str, *, validate: bool | None) -> Change:
    if item["$type"] == _DELETE:
        return Change(collection=item["collection"], rkey=rkey)
    return _prepared(item, rkey, item["value"], validate=validate)


def _prepared(target: Body, rkey: str, record: Body, *, validate: bool | None) -> Change:
    """Return a record that may be written."""
    collection = target["collection"]
    check_key(collection, rkey)
    value = typed(collection, record)
    status = validation_status(collection, value, validate=validate)
    return written(collection, rkey, value, status)


def _created(did: str, change: Change) -> dict[str, Any]:
    if change.value is None:
        return {}
    response = {"uri": record_uri(did, change.collection, change.rkey), "cid": change.cid}
    return response if change.status is None else {**response, "validationStatus": change.status}


_COLLECTION = string(form=is_nsid)
_RKEY = string(form=is_record_key)
_ANY_OBJECT = structure({})
_COMMON = {"repo": string(), "validate": boolean, "swapCommit": string()}
_ONE = {**_COMMON, "collection": _COLLECTION, "rkey": _RKEY, "record": _ANY_OBJECT}
_ITEM = {"collection": _COLLECTION, "rkey": _RKEY, "value": _ANY_OBJECT}
_WRITES = {
    _CREATE: structure(_ITEM, required=("collection", "value")),
    _UPDATE: structure(_ITEM, required=("collection", "rkey", "value")),
    _DELETE: structure(_ITEM, required=("collection", "rkey")),
}

PUT = Operation(
    shape=structure({**_ONE, "swapRecord": nullable(string())}, required=("repo", "collection", "rkey", "record")),
    points=lambda _body: limits.UPDATE_POINTS,
    records=lambda body: [body],
    execute=_put,
)
CREATE = Operation(
    shape=structure(_ONE, required=("repo", "collection", "record")),
    points=lambda _body: limits.CREATE_POINTS,
    records=lambda body: [body],
    execute=_create,
)
DELETE = Operation(
    shape=structure({**_ONE, "swapRecord": string()}, required=("repo", "collection", "rkey")),
    points=lambda _body: limits.DELETE_POINTS,
    records=lambda _body: [],
    execute=_delete,
)
APPLY_WRITES = Operation(
    shape=structure({**_COMMON, "writes": array(union(_WRITES, closed=True))}, required=("repo", "writes")),
    points=lambda body: sum(_POINTS[item["$type"]] for item in body["writes"]),
    records=lambda body: [item for item in body["writes"] if item["$type"] != _DELETE],
    execute=_apply_writes,
)
