"""Finds out whether a record was put. Its server knows immediately, because it reads its own writes."""

import json
from dataclasses import replace

from letmepost.domain.errors import PlatformFailure
from letmepost.domain.flow import Absent, Call, Flow, Found, Intent, Reconciled, Reply, Unknown
from letmepost.domain.retry import POLICIES, Next
from letmepost.platforms.bluesky.records import read_place
from letmepost.platforms.bluesky.replies import explain
from letmepost.platforms.bluesky.xrpc import error_name, get_record
from letmepost.platforms.contract import ReadyPost

_IDENTIFYING_FIELDS = ("$type", "text", "post", "createdAt")


def reconcile(post: ReadyPost, intent: Intent, _settings: object) -> Flow[Reconciled]:
    """Return what became of a put without a reply.

    Raises:
        PlatformFailure: the server cannot report it now; try again later.
    """
    try:
        reply = yield from find_put(post, intent.call)
    except PlatformFailure as failure:
        if POLICIES[failure.kind].next is Next.TRY_AGAIN:
            raise
        return Unknown(failure.message)
    if reply is None:
        return Absent()
    created = {name: reply.data()[name] for name in ("uri", "cid")}
    return Found(replace(reply, body=json.dumps(created).encode()))


def find_put(post: ReadyPost, put: Call) -> Flow[Reply | None]:
    """Return the record that `put` was to create (`uri`, `cid`), or None if it does not exist.

    A record with the same key but another content (created by another program in the same microsecond) does not count.

    Raises:
        PlatformFailure: the server did not return a usable response.
    """
    body = put.json or {}
    call = get_record(post.account.data["pds"], body["repo"], body["collection"], body["rkey"])
    reply = yield call
    if error_name(reply) == "RecordNotFound":
        return None
    value = reply.data().get("value")
    if not reply.ok or not isinstance(value, dict) or read_place(reply.data()) is None:
        raise explain(call, reply)
    is_same = all(value.get(name) == body["record"].get(name) for name in _IDENTIFYING_FIELDS)
    return reply if is_same else None
