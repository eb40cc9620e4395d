"""The calls that upload a video: to the video service, or to the account's own server.

The service takes a video in one request, with a token that lets it store the finished video on the account's server.
Bluesky's newer multipart upload (`app.bsky.video.startUpload`) is not used: its documentation does not state which
tokens it accepts, and the official client falls back to the single request, too.
Sources: https://docs.bsky.app/docs/tutorials/video and
https://github.com/bluesky-social/atproto lexicons/app/bsky/video (commit d6296a1, checked 2026-11-29).
"""

from dataclasses import replace
from datetime import datetime

from letmepost.domain.content import MediaItem
from letmepost.domain.flow import Auth, Call, Effect, MediaRange, Upload
from letmepost.platforms._kit.calls import facts_of
from letmepost.platforms._kit.oauth import with_new_token
from letmepost.platforms.bluesky.xrpc import (
    DESCRIBE_SERVER,
    GET_JOB_STATUS,
    GET_SERVICE_AUTH,
    UPLOAD_BLOB,
    UPLOAD_VIDEO,
    method_url,
    query,
)

_TOKEN_LIFETIME_S = 3300
"""A server grants at most an hour (packages/pds/src/api/com/atproto/server/getServiceAuth.ts)."""
_TOKEN_SLOT_S = 600
"""Tokens that are requested within ten minutes expire at the same time, so their requests are equal in each run."""
_TOKEN_VALID_FOR_S = 1800.0
"""Then a new one is requested. The remaining minutes let the service store the video that it has processed."""
_UPLOAD_TIMEOUT_S = 60.0  # besides the bytes
_ENDINGS = {"video/quicktime": "mov"}


def describe_server(server: str, *, step: str) -> Call:
    """Return a read of the server's name and limits. Its reply also dates the token."""
    return Call(
        method="GET",
        url=method_url(server, DESCRIBE_SERVER),
        effect=Effect.PREPARE,
        step=step,
        auth=Auth.NONE,
        valid_for_s=_TOKEN_VALID_FOR_S,
    )


def grant_token(server: str, audience: str, now: datetime, *, step: str) -> Call:
    """Return the request for a token with which the video service can upload to the server, and do nothing else.

    It is recorded, so that later runs send the same upload and can recognize that it is complete.
    """
    expires_at = int(now.timestamp()) // _TOKEN_SLOT_S * _TOKEN_SLOT_S + _TOKEN_LIFETIME_S
    parameters = {"aud": audience, "lxm": UPLOAD_BLOB, "exp": str(expires_at)}
    return Call(
        method="GET",
        url=method_url(server, GET_SERVICE_AUTH),
        query=tuple(parameters.items()),
        effect=Effect.PREPARE,
        step=step,
        valid_for_s=_TOKEN_VALID_FOR_S,
    )


def send_to_service(service: str, did: str, token: str, item: MediaItem, *, step: str) -> Upload:
    """Return the upload of a video to the video service, in one request. The same bytes lead to the same video."""
    content_type = facts_of(item).content_type
    name = f"{item.media_id.hex}.{_ENDINGS.get(content_type, content_type.rpartition('/')[2])}"
    call = Call(
        method="POST",
        url=method_url(service, UPLOAD_VIDEO),
        query=(("did", did), ("name", name)),
        headers={"Content-Type": content_type},
        effect=Effect.WRITE,
        timeout_s=_UPLOAD_TIMEOUT_S,
    )
    return _in_one_request(with_new_token(call, token), item, step)


def send_to_server(server: str, item: MediaItem, *, step: str) -> Upload:
    """Return the upload of a video as a blob of the account's server, in one request."""
    call = Call(
        method="POST",
        url=method_url(server, UPLOAD_BLOB),
        headers={"Content-Type": facts_of(item).content_type},
        effect=Effect.WRITE,
        timeout_s=_UPLOAD_TIMEOUT_S,
    )
    return _in_one_request(call, item, step)


def read_job(service: str, job_id: str) -> Call:
    """Return a read of the state of a video that the service processes."""
    return query(service, GET_JOB_STATUS, jobId=job_id)


def _in_one_request(call: Call, item: MediaItem, step: str) -> Upload:
    media = MediaRange(item.media_id, 0, facts_of(item).size_bytes)
    return Upload(
        step=step,
        media=media,
        chunk_bytes=media.length_bytes,
        send=lambda first_byte, length_bytes: replace(call, body=MediaRange(item.media_id, first_byte, length_bytes)),
    )
