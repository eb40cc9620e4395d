"""The calls of the AT Protocol that this platform makes.

An account's server (PDS) stores its records. A record is put under a key that we choose, so that putting it
twice changes nothing more: `createRecord`, which would make a second one, is never called.
Source: https://github.com/bluesky-social/atproto packages/pds/src/api/com/atproto/repo (read 2026-11-21).
"""

from collections.abc import Mapping
from typing import Any

from pydantic import AnyHttpUrl

from letmepost.domain.content import MediaItem
from letmepost.domain.flow import Auth, Call, Effect, MediaRange, Reply

CREATE_SESSION = "com.atproto.server.createSession"
DELETE_RECORD = "com.atproto.repo.deleteRecord"
DELETE_SESSION = "com.atproto.server.deleteSession"
GET_RECORD = "com.atproto.repo.getRecord"
GET_SESSION = "com.atproto.server.getSession"
PUT_RECORD = "com.atproto.repo.putRecord"
REFRESH_SESSION = "com.atproto.server.refreshSession"
UPLOAD_BLOB = "com.atproto.repo.uploadBlob"

POST = "app.bsky.feed.post"
THREADGATE = "app.bsky.feed.threadgate"

# A server deletes a blob that no record refers to "within a time window (eg, minutes)", in practice hours
# (atproto, lexicons/com/atproto/repo/uploadBlob.json, read 2026-11-21). An hour saves a post that is tried
# again its uploads, and a blob that died sooner is noticed and sent anew.
_BLOB_VALID_FOR_S = 3600.0
_UPLOAD_TIMEOUT_S = 120.0  # 2 MB on a slow line


def base(url: AnyHttpUrl | str) -> str:
    """A server's address as a method's path is appended to it."""
    return str(url).rstrip("/")


def method_url(server: str, method: str) -> str:
    """Where a server answers a method."""
    return f"{server}/xrpc/{method}"


def method_of(call: Call) -> str:
    """The method that a call is of; empty for one that is of none (a DID document)."""
    return call.url.partition("/xrpc/")[2]


def error_name(reply: Reply) -> str | None:
    """The name of the error that a server answered, such as `ExpiredToken`."""
    name = reply.data().get("error")
    return name if isinstance(name, str) else None


def query(server: str, method: str, **parameters: str) -> Call:
    """A public read: it needs no session."""
    return Call(
        method="GET",
        url=method_url(server, method),
        query=tuple(parameters.items()),
        auth=Auth.NONE,
        timeout_s=10.0,
    )


def get_record(server: str, repo: str, collection: str, key: str) -> Call:
    """Read one record of anybody's; strongly consistent for accounts that live on this server."""
    return query(server, GET_RECORD, repo=repo, collection=collection, rkey=key)


def put_record(server: str, repo: str, collection: str, key: str, record: Mapping[str, Any], *, step: str) -> Call:
    """Put a record under our own key, unless there is another one.

    `swapRecord: null` makes the server refuse to overwrite; the same record again is answered as before.
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
    """Delete one of our own records; what is not there is deleted already."""
    return Call(
        method="POST",
        url=method_url(server, DELETE_RECORD),
        json={"repo": repo, "collection": collection, "rkey": key},
        effect=Effect.PREPARE,
        step=f"delete-{collection}-{key}",
    )


def upload_blob(server: str, item: MediaItem, *, step: str) -> Call:
    """Send a medium's bytes. The same bytes make the same blob."""
    if item.facts is None:
        message = f"medium {item.media_id} has no bytes yet"
        raise ValueError(message)
    return Call(
        method="POST",
        url=method_url(server, UPLOAD_BLOB),
        headers={"Content-Type": item.facts.content_type},
        body=MediaRange(item.media_id, 0, item.facts.size_bytes),
        effect=Effect.PREPARE,
        step=step,
        valid_for_s=_BLOB_VALID_FOR_S,
        timeout_s=_UPLOAD_TIMEOUT_S,
    )
