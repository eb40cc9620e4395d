"""Uploads a video, and waits until the video service has processed it.

The service is the default, because it is the only way that reports whether a video can be played. A video that is
uploaded to the account's own server is processed after the post is visible, and its failure is never reported
(https://github.com/MarshalX/atproto/issues/418, checked 2026-11-29).
"""

from collections.abc import Mapping
from typing import Any, TypeAlias
from urllib.parse import quote, urlsplit

from letmepost.domain.errors import PlatformFailure
from letmepost.domain.flow import Flow, Forget, Pause, Reply
from letmepost.domain.flow import Upload as Sending
from letmepost.platforms._kit.calls import base_url, facts_of
from letmepost.platforms._kit.drafts import Upload
from letmepost.platforms._kit.fields import object_in, text_in
from letmepost.platforms._kit.flows import fetch, succeed, wait
from letmepost.platforms._kit.replies import shown_reason, shown_response
from letmepost.platforms.bluesky import refusals
from letmepost.platforms.bluesky.replies import TOKEN, explain
from letmepost.platforms.bluesky.session import is_token
from letmepost.platforms.bluesky.settings import BlueskySettings
from letmepost.platforms.bluesky.syntax import is_did
from letmepost.platforms.bluesky.video_calls import (
    describe_server,
    grant_token,
    read_job,
    send_to_server,
    send_to_service,
)
from letmepost.platforms.bluesky.video_replies import job_in, message_in
from letmepost.platforms.contract import ReadyPost

Json: TypeAlias = Mapping[str, Any]

_COMPLETED = "JOB_STATE_COMPLETED"
_FAILED = "JOB_STATE_FAILED"
_LOOK_AGAIN_S = 2.0
_SEND_AGAIN_S = 30.0
"""After `already_exists`, a later run sends the video again, because only an accepted upload is recorded."""
_PROCESSED_WITHIN_S = 900.0
_UNAUTHORIZED = 401
_NO_JOB = frozenset({400, 404})
_REJECTED = {
    "validation_failure": refusals.VIDEO_REJECTED,
    "encoding_failure": refusals.VIDEO_REJECTED,
    "pds_upload_unsupported_blob_size": refusals.VIDEO_UNSTORABLE,
}
"""The failures that another attempt does not change. All others may be temporary."""


def upload_video(post: ReadyPost, upload: Upload, settings: BlueskySettings) -> Flow[Json]:
    """Upload a video, and return the blob that shows it in a post."""
    server = post.account.data["pds"]
    described = yield from succeed(describe_server(server, step=f"{upload.step}-server"), explain)
    if settings.video_upload == "server":
        return (yield from _upload_to_server(server, described, upload))
    audience = text_in(described.data(), "did")
    if audience is None or not is_did(audience):
        audience = f"did:web:{quote(urlsplit(server).netloc)}"
    granting = grant_token(server, audience, described.received_at, step=f"{upload.step}-token")
    token = yield from fetch(granting, _token_in, explain)
    service = base_url(settings.video_url)
    sending = send_to_service(service, post.account.platform_account_id, token, upload.item, step=upload.step)
    reply = yield sending
    if reply.status == _UNAUTHORIZED:
        yield Forget(f"{upload.step}-token")  # a retry gets a new one
    return (yield from _processed(service, upload, sending, reply))


def _token_in(reply: Reply) -> str | None:
    token = text_in(reply.data(), "token")
    return token if is_token(token) else None


def _upload_to_server(server: str, described: Reply, upload: Upload) -> Flow[Json]:
    limit, size_bytes = described.data().get("blobUploadLimit"), facts_of(upload.item).size_bytes
    if isinstance(limit, int) and size_bytes > limit > 0:
        raise refusals.VIDEO_TOO_LARGE_FOR_SERVER(size_bytes=size_bytes, limit=limit)
    sending = send_to_server(server, upload.item, step=upload.step)
    reply = yield sending
    blob = object_in(reply.data(), "blob")
    if not reply.ok or not blob:
        raise explain(sending.part(0), reply)
    return blob


def _processed(service: str, upload: Upload, sending: Sending, reply: Reply) -> Flow[Json]:
    """Return the blob of a video when the service has processed it. A job in the journal is out of date."""
    job_id, is_known = text_in(job_in(reply), "jobId"), job_in(reply).get("error") == "already_exists"
    if is_known and _blob_in(reply):
        return _blob_in(reply)
    if job_id is None or not (reply.ok or is_known):
        raise explain(sending.part(0), reply)
    if reply.replayed or is_known:
        reply = yield from _read_job(service, upload, job_id)
    pause = Pause(upload.step, _SEND_AGAIN_S if is_known else _LOOK_AGAIN_S, _PROCESSED_WITHIN_S)
    while _is_running(reply):
        yield from wait(pause, refusals.VIDEO_UNFINISHED(state=_state_in(reply)))
        reply = yield from _read_job(service, upload, job_id)
    if not _blob_in(reply):
        yield Forget(upload.step)  # a retry uploads the video again
        raise _failure_of(reply, upload)
    return _blob_in(reply)


def _read_job(service: str, upload: Upload, job_id: str) -> Flow[Reply]:
    """Return the state of a job. That of a repeated upload can be an error that contains the blob of the first one."""
    call = read_job(service, job_id)
    reply = yield call
    if _blob_in(reply) or (reply.ok and _state_in(reply)):
        return reply
    if reply.status in _NO_JOB:
        yield Forget(upload.step)
    raise explain(call, reply)


def _blob_in(reply: Reply) -> Json:
    return object_in(job_in(reply), "blob")


def _state_in(reply: Reply) -> str:
    return text_in(job_in(reply), "state") or ""


def _is_running(reply: Reply) -> bool:
    """Return True if the job has not ended. Unknown states are those of a job that is running."""
    return not _blob_in(reply) and _state_in(reply) not in {_COMPLETED, _FAILED}


def _failure_of(reply: Reply, upload: Upload) -> PlatformFailure:
    code = text_in(job_in(reply), "failureCode")
    return _REJECTED.get(code or "", refusals.VIDEO_NOT_PROCESSED)(
        video=facts_of(upload.item).describe(),
        reason=shown_reason(reply, message_in(reply), TOKEN),
        response=shown_response(reply, TOKEN, is_refusal=True, error=code),
    )
