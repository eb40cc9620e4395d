"""The calls of the AT Protocol that this platform makes.

An account's server (PDS) stores its records. A record is put under a key that this service chooses, so putting it twice
creates one record. `createRecord` would create a second one, and is never called.
Source: https://github.com/bluesky-social/atproto packages/pds/src/api/com/atproto/repo (read 2026-11-21).
"""

from collections.abc import Mapping
from typing import Any

from letmepost.domain.content import MediaItem
from letmepost.domain.flow import Auth, Call, Effect, Reply
from letmepost.platforms._kit.calls import upload_file
from letmepost.platforms._kit.fields import text_in

CREATE_SESSION = "com.atproto.server.createSession"
DELETE_RECORD = "com.atproto.repo.deleteRecord"
DELETE_SESSION = "com.atproto.server.deleteSession"
DESCRIBE_SERVER = "com.atproto.server.describeServer"
GET_JOB_STATUS = "app.bsky.video.getJobStatus"
GET_RECORD = "com.atproto.repo.getRecord"
GET_SERVICE_AUTH = "com.atproto.server.getServiceAuth"
GET_SESSION = "com.atproto.server.getSession"
PUT_RECORD = "com.atproto.repo.putRecord"
REFRESH_SESSION = "com.atproto.server.refreshSession"
UPLOAD_BLOB = "com.atproto.repo.uploadBlob"
UPLOAD_VIDEO = "app.bsky.video.uploadVideo"

POST = "app.bsky.feed.post"
THREADGATE = "app.bsky.feed.threadgate"

# A server deletes a blob that no record refers to "within a time window (eg, minutes)", in practice hours (atproto,
# lexicons/com/atproto/repo/uploadBlob.json, read 2026-11-21). With an hour, a retry of a post repeats no uploads. A
# blob that was deleted earlier is detected and uploaded again.
_BLOB_VALID_FOR_S = 3600.0


def method_url(server: str, method: str) -> str:
    """Return the URL of a method."""
    return f"{server}/xrpc/{method}"


def method_of(call: Call) -> str:
    """Return the method of a call, or an empty string if it has none (a DID document)."""
    return call.url.partition("/xrpc/")[2]


def error_name(reply: Reply) -> str | None:
    """Return the name of the error in a reply, such as `ExpiredToken`, or None without one."""
    return text_in(reply.data(), "error")


def is_missing(reply: Reply) -> bool:
    """Return True if the record that was to be read does not exist."""
    return error_name(reply) == "RecordNotFound"


def query(server: str, method: str, **parameters: str) -> Call:
    """Return a public read, which needs no session."""
    return Call(
        method="GET",
        url=method_url(server, method),
        query=tuple(parameters.items()),
        auth=Auth.NONE,
        timeout_s=10.0,
    )


def get_record(server: str, repo: str, collection: str, key: str) -> Call:
    """Return a read of one record of any account. It is strongly consistent for accounts on this server."""
    return query(server, GET_RECORD, repo=repo, collection=collection, rkey=key)


def put_record(server: str, repo: str, collection: str, key: str, record: Mapping[str, Any], *, step: str) -> Call:
    """Return a put of a record under a key that this service chose, unless another record has the key.

    With `swapRecord: null`, the server refuses to overwrite. It accepts the same record again, with the same response.
    """
    body = {"repo": repo, "collection": collection, "rkey": key, "record": record, "swapRecord": None}
    return Call(
        method="POST",
        url=method_url(server, PUT_RECORD),
        json=body,
        effect=Effect.PUBLISH,
        step=step,
        idempotent=True,
    )


def delete_record(server: str, repo: str, collection: str, key: str) -> Call:
    """Return a deletion of one of the account's own records. Deleting a record that does not exist succeeds."""
    return Call(
        method="POST",
        url=method_url(server, DELETE_RECORD),
        json={"repo": repo, "collection": collection, "rkey": key},
        effect=Effect.WRITE,
    )


def upload_blob(server: str, item: MediaItem, *, step: str) -> Call:
    """Return an upload of an image. The same bytes create the same blob."""
    return upload_file(
        method_url(server, UPLOAD_BLOB),
        item,
        method="POST",
        step=step,
        valid_for_s=_BLOB_VALID_FOR_S,
    )
