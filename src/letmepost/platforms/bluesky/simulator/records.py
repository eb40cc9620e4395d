"""The records of every repository: how they are stored, found and read.

Source: fact sheet sections 2.1, 6 and 7, after bluesky-social/atproto packages/pds/src/api/com/atproto/repo, checked
2026-11-21.
"""

from collections.abc import Mapping
from typing import Any, TypedDict

from letmepost.platforms._kit.simulator.wire import json_reply
from letmepost.platforms.bluesky.simulator.accounts import get_repository
from letmepost.platforms.bluesky.simulator.xrpc import (
    XRPCError,
    invalid_request,
    optional_parameter,
    parameter,
)
from letmepost.platforms.simulation import SimulatedCall, SimulatedReply, State

_PAGE_RECORDS = 50
_PAGE_MAX_RECORDS = 100
_PAGE_SIZES = {str(count): count for count in range(1, _PAGE_MAX_RECORDS + 1)}


class Record(TypedDict):
    """A stored record.

    `status` is None if it was written without validation. `indexed_at` is when its key was first written, in Unix
    seconds.
    """

    cid: str
    value: Mapping[str, Any]
    status: str | None
    indexed_at: float


def record_key(did: str, collection: str, rkey: str) -> str:
    """Return the state's key of a record."""
    return f"record/{did}/{collection}/{rkey}"


def record_uri(did: str, collection: str, rkey: str) -> str:
    """Return the URI of a record."""
    return f"at://{did}/{collection}/{rkey}"


def find_record(state: State, did: str, collection: str, rkey: str) -> Record | None:
    """Return the record with this key, or None."""
    record: Record | None = state.get(record_key(did, collection, rkey))
    return record


def get_record(state: State, call: SimulatedCall) -> SimulatedReply:
    """`com.atproto.repo.getRecord`: no login, and consistent from the commit on. A missing record is a 400."""
    did = get_repository(state, parameter(call, "repo"))["did"]
    collection, rkey = parameter(call, "collection"), parameter(call, "rkey")
    record = find_record(state, did, collection, rkey)
    uri = record_uri(did, collection, rkey)
    if record is None or optional_parameter(call, "cid") not in (None, record["cid"]):
        raise XRPCError(400, "RecordNotFound", f"Could not locate record: {uri}")
    return json_reply(_view(uri, record))


def list_records(state: State, call: SimulatedCall) -> SimulatedReply:
    """`com.atproto.repo.listRecords`: newest first by key, or oldest first with `reverse`."""
    did = get_repository(state, parameter(call, "repo"))["did"]
    collection = parameter(call, "collection")
    prefix = record_key(did, collection, "")
    ascending = optional_parameter(call, "reverse") == "true"
    keys = sorted((key for key in state if key.startswith(prefix)), reverse=not ascending)
    if cursor := optional_parameter(call, "cursor"):
        keys = [key for key in keys if (key > prefix + cursor) is ascending and key != prefix + cursor]
    page = keys[: _page_size(call)]
    records = [_view(record_uri(did, collection, key.removeprefix(prefix)), state[key]) for key in page]
    return json_reply({"records": records, **({"cursor": page[-1].removeprefix(prefix)} if page else {})})


def _page_size(call: SimulatedCall) -> int:
    text = optional_parameter(call, "limit") or str(_PAGE_RECORDS)
    if text not in _PAGE_SIZES:
        raise invalid_request(f"Invalid limit at $ (expected 1 to {_PAGE_MAX_RECORDS})")
    return _PAGE_SIZES[text]


def _view(uri: str, record: Record) -> dict[str, Any]:
    return {"uri": uri, "cid": record["cid"], "value": record["value"]}
