"""The routes of the simulator."""

import re
from collections.abc import Collection

from letmepost.platforms._kit.simulator.routes import answer_by
from letmepost.platforms.bluesky.simulator import (
    appview,
    blobs,
    identity,
    operations,
    records,
    server,
    sessions,
    videos,
)
from letmepost.platforms.bluesky.simulator.writes import handler
from letmepost.platforms.bluesky.simulator.xrpc import XRPCError, invalid_request
from letmepost.platforms.simulation import SimulatedCall


def _refuse_unknown(call: SimulatedCall, methods: Collection[str]) -> XRPCError:
    if not call.path.startswith("/xrpc/"):
        return XRPCError(404, "XRPCNotSupported", "Not Found")
    if methods:
        return invalid_request(f"Incorrect HTTP method ({call.method})")
    return XRPCError(501, "MethodNotImplemented", "Method Not Implemented")


answer = answer_by(
    (
        ("GET", "/plc/(.+)", identity.plc_document),
        *(
            (method, f"/xrpc/{re.escape(name)}", handle)
            for method, name, handle in (
                ("GET", "_health", server.health),
                ("GET", "app.bsky.actor.getProfile", appview.get_profile),
                ("GET", "app.bsky.feed.getPosts", appview.get_posts),
                ("GET", "app.bsky.video.getJobStatus", videos.get_job_status),
                ("POST", "app.bsky.video.uploadVideo", videos.upload_video),
                ("GET", "com.atproto.identity.resolveHandle", identity.resolve_handle),
                ("GET", "com.atproto.repo.getRecord", records.get_record),
                ("GET", "com.atproto.repo.listRecords", records.list_records),
                ("GET", "com.atproto.server.describeServer", server.describe_server),
                ("GET", "com.atproto.server.getServiceAuth", videos.get_service_auth),
                ("GET", "com.atproto.server.getSession", sessions.get_session),
                ("POST", "com.atproto.repo.applyWrites", handler(operations.APPLY_WRITES)),
                ("POST", "com.atproto.repo.createRecord", handler(operations.CREATE)),
                ("POST", "com.atproto.repo.deleteRecord", handler(operations.DELETE)),
                ("POST", "com.atproto.repo.putRecord", handler(operations.PUT)),
                ("POST", "com.atproto.repo.uploadBlob", blobs.upload_blob),
                ("POST", "com.atproto.server.createSession", sessions.create_session),
                ("POST", "com.atproto.server.deleteSession", sessions.delete_session),
                ("POST", "com.atproto.server.refreshSession", sessions.refresh_session),
            )
        ),
    ),
    _refuse_unknown,
)
