"""Routes calls to their handlers."""

from collections.abc import Mapping
from types import MappingProxyType

from letmepost.platforms.bluesky.simulator import (
    appview,
    blobs,
    identity,
    operations,
    records,
    server,
    sessions,
)
from letmepost.platforms.bluesky.simulator.writes import Handler, handler
from letmepost.platforms.bluesky.simulator.xrpc import XRPCError, invalid_request
from letmepost.platforms.contract import SimulatedCall, SimulatedReply, State

QUERIES: Mapping[str, Handler] = MappingProxyType(
    {
        "_health": server.health,
        "app.bsky.actor.getProfile": appview.get_profile,
        "app.bsky.feed.getPosts": appview.get_posts,
        "com.atproto.identity.resolveHandle": identity.resolve_handle,
        "com.atproto.repo.getRecord": records.get_record,
        "com.atproto.repo.listRecords": records.list_records,
        "com.atproto.server.describeServer": server.describe_server,
        "com.atproto.server.getSession": sessions.get_session,
    }
)
PROCEDURES: Mapping[str, Handler] = MappingProxyType(
    {
        "com.atproto.repo.applyWrites": handler(operations.APPLY_WRITES),
        "com.atproto.repo.createRecord": handler(operations.CREATE),
        "com.atproto.repo.deleteRecord": handler(operations.DELETE),
        "com.atproto.repo.putRecord": handler(operations.PUT),
        "com.atproto.repo.uploadBlob": blobs.upload_blob,
        "com.atproto.server.createSession": sessions.create_session,
        "com.atproto.server.deleteSession": sessions.delete_session,
        "com.atproto.server.refreshSession": sessions.refresh_session,
    }
)


def answer(state: State, call: SimulatedCall) -> SimulatedReply:
    """Change the state as the call requests, and return the server's response."""
    try:
        return _find_handler(call)(state, call)
    except XRPCError as refusal:
        return refusal.reply()


def _find_handler(call: SimulatedCall) -> Handler:
    if call.path.startswith("/plc/"):
        return identity.plc_document
    if not call.path.startswith("/xrpc/"):
        raise XRPCError(404, "XRPCNotSupported", "Not Found")
    name = call.path.removeprefix("/xrpc/")
    wanted, other = (QUERIES, PROCEDURES) if call.method == "GET" else (PROCEDURES, QUERIES)
    if name in wanted:
        return wanted[name]
    if name in other:
        raise invalid_request(f"Incorrect HTTP method ({call.method})")
    raise XRPCError(501, "MethodNotImplemented", "Method Not Implemented")
