"""Changes to a repository. A commit is applied as a whole or not at all."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from letmepost.platforms.bluesky.simulator.blobs import use_blobs
from letmepost.platforms.bluesky.simulator.records import Record, record_key
from letmepost.platforms.bluesky.simulator.syntax import content_cid, tid
from letmepost.platforms.bluesky.simulator.xrpc import XRPCError
from letmepost.platforms.simulation import State


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A record to write, with its id and its validation status, or to delete if `value` is None."""

    collection: str
    rkey: str
    value: Mapping[str, Any] | None = None
    cid: str = ""
    status: str | None = None


def written(collection: str, rkey: str, value: Mapping[str, Any], status: str | None) -> Change:
    """Return the change that writes a record."""
    return Change(collection=collection, rkey=rkey, value=value, cid=content_cid(value), status=status)


def commit(state: State, did: str, changes: list[Change], now: datetime) -> dict[str, str]:
    """Apply the changes, and return the new head of the repository.

    Raises:
        XRPCError: a record refers to a missing blob; no record was changed.
    """
    for change in changes:
        use_blobs(state, did, change.value, now)
    for change in changes:
        _apply(state, did, change, now)
    previous = _head(state, did)
    rev = tid(now, after=previous.get("rev"))
    head = {"cid": content_cid({"previous": previous.get("cid"), "rev": rev}), "rev": rev}
    state[f"head/{did}"] = head
    return head


def next_tid(state: State, did: str, now: datetime, *, step: int = 0) -> str:
    """Return a key that the server chooses: later than every commit. `step` distinguishes the keys of one commit."""
    return tid(now, step, after=_head(state, did).get("rev"))


def _head(state: State, did: str) -> dict[str, str]:
    """Return the last commit of a repository, empty before the first."""
    head: dict[str, str] = state.get(f"head/{did}", {})
    return head


def _apply(state: State, did: str, change: Change, now: datetime) -> None:
    key = record_key(did, change.collection, change.rkey)
    if change.value is None:
        state.pop(key, None)  # this commit may have created it
        return
    known: Record | None = state.get(key)
    indexed_at = now.timestamp() if known is None else known["indexed_at"]
    state[key] = Record(cid=change.cid, value=change.value, status=change.status, indexed_at=indexed_at)


def refuse_swapped_record(body: Mapping[str, Any], current: Record | None) -> None:
    """Raise InvalidSwap unless the record is the one that `swapRecord` expects; `null` expects none."""
    at = None if current is None else current["cid"]
    if "swapRecord" in body and body["swapRecord"] != at:
        raise XRPCError(400, "InvalidSwap", f"Record was at {at or 'null'}")


def refuse_swapped_commit(state: State, did: str, body: Mapping[str, Any]) -> None:
    """Raise InvalidSwap unless the repository is at the commit that `swapCommit` expects."""
    at = _head(state, did).get("cid")
    if body.get("swapCommit") not in (None, at):
        raise XRPCError(400, "InvalidSwap", f"Commit was at {at or 'null'}")
