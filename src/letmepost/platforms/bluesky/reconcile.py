"""Finds out whether a record was put. Its server knows immediately, because it reads its own writes."""

from letmepost.domain.flow import Absent, Call, Flow, Intent, Reconciled, Reply
from letmepost.platforms._kit.fields import object_in
from letmepost.platforms._kit.flows import find
from letmepost.platforms._kit.reconciliation import found_as, reconcile_by
from letmepost.platforms.bluesky.records import read_place
from letmepost.platforms.bluesky.replies import explain
from letmepost.platforms.bluesky.xrpc import get_record, is_missing
from letmepost.platforms.contract import ReadyPost

_IDENTIFYING_FIELDS = ("$type", "text", "post", "createdAt")


def reconcile(post: ReadyPost, intent: Intent, _settings: object) -> Flow[Reconciled]:
    """Return what became of a put without a reply.

    Raises:
        PlatformFailure: the server cannot report it now; try again later.
    """
    return (yield from reconcile_by(_look_up(post, intent)))


def _look_up(post: ReadyPost, intent: Intent) -> Flow[Reconciled]:
    reply = yield from find_put(post, intent.call)
    if reply is None:
        return Absent()
    return found_as(200, reply.received_at, data={name: reply.data()[name] for name in ("uri", "cid")})


def find_put(post: ReadyPost, put: Call) -> Flow[Reply | None]:
    """Return the record that `put` was to create (`uri`, `cid`), or None if it does not exist.

    A record with the same key but another content (created by another program in the same microsecond) does not count.

    Raises:
        PlatformFailure: the server did not return a usable response.
    """
    body = put.json or {}
    call = get_record(post.account.data["pds"], body["repo"], body["collection"], body["rkey"])
    found = yield from find(call, _record, is_missing, explain)
    if found is None:
        return None
    value = object_in(found.data(), "value")
    is_same = all(value.get(name) == body["record"].get(name) for name in _IDENTIFYING_FIELDS)
    return found if is_same else None


def _record(reply: Reply) -> Reply | None:
    has_content = bool(object_in(reply.data(), "value")) and read_place(reply.data()) is not None
    return reply if has_content else None
