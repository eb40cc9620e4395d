"""The video service: it accepts a video with a token of the account's server, processes it, and stores it there.

Source: fact sheet section 2.4, after https://docs.bsky.app/docs/tutorials/video, bluesky-social/atproto
lexicons/app/bsky/video and packages/pds/src/api/com/atproto/server/getServiceAuth.ts, checked 2026-11-29.
"""

from dataclasses import replace
from hashlib import sha256
from typing import Any, TypedDict, cast

from letmepost.domain.received import Received
from letmepost.platforms._kit.simulator.files import StoredFile, append_part, no_bytes
from letmepost.platforms._kit.simulator.ids import letters
from letmepost.platforms._kit.simulator.scenarios import is_first_response, refuse_attempt
from letmepost.platforms._kit.simulator.wire import json_reply
from letmepost.platforms.bluesky.simulator import tokens
from letmepost.platforms.bluesky.simulator.accounts import Account, get_repository
from letmepost.platforms.bluesky.simulator.blobs import cid_of, sniff, store_blob
from letmepost.platforms.bluesky.simulator.scenarios import SCENARIOS, VideoFault
from letmepost.platforms.bluesky.simulator.server import server_did
from letmepost.platforms.bluesky.simulator.sessions import authenticate
from letmepost.platforms.bluesky.simulator.syntax import is_did
from letmepost.platforms.bluesky.simulator.xrpc import (
    XRPCError,
    invalid_request,
    optional_parameter,
    parameter,
)
from letmepost.platforms.simulation import SimulatedCall, SimulatedReply, State

VIDEO_MAX_BYTES = 300_000_000
PROCESSING_S = 1.5
_TOKEN_MAX_S = 3600
_TOKEN_WITHOUT_METHOD_MAX_S = 60
_UPLOAD = "com.atproto.repo.uploadBlob"
_STATES = ("JOB_STATE_CREATED", "JOB_STATE_ENCODING", "JOB_STATE_SCANNING", "JOB_STATE_UPLOADING")
_MESSAGES = {"encoding_failure": "Failed to encode video", "generic_failure": "Failed to process video"}


class Job(TypedDict):
    """A video that is processed. `failure_code` is why it will fail, None if it will not."""

    id: str
    did: str
    cid: str
    file: StoredFile
    started_at: float
    failure_code: str | None


def get_service_auth(state: State, call: SimulatedCall) -> SimulatedReply:
    """`com.atproto.server.getServiceAuth`."""
    account, audience = authenticate(state, call), parameter(call, "aud")
    method, given = optional_parameter(call, "lxm"), optional_parameter(call, "exp")
    if not is_did(audience.partition("#")[0]):
        raise invalid_request("aud must be a valid atproto DID or did#serviceId reference")
    now = int(call.now.timestamp())
    if given is not None and not given.isdecimal():
        raise invalid_request("Expected integer value type at $.exp")
    expires_at = now + _TOKEN_WITHOUT_METHOD_MAX_S if given is None else int(given)
    if not now <= expires_at <= now + (_TOKEN_MAX_S if method else _TOKEN_WITHOUT_METHOD_MAX_S):
        raise XRPCError(400, "BadExpiration", "cannot request a token with this expiration")
    token = tokens.mint_for_service(
        state,
        did=account["did"],
        audience=audience,
        method=method or "",
        jti=letters(call.entropy, "service", 26),
        now=call.now,
        expires_at=expires_at,
    )
    return json_reply({"token": token})


def upload_video(state: State, call: SimulatedCall) -> SimulatedReply:
    """`app.bsky.video.uploadVideo`. The response lacks the envelope of the lexicon, as that of the real service."""
    account = _authorized(state, call)
    did, scenario = account["did"], SCENARIOS[account["scenario"]]
    fault = scenario.video or VideoFault()
    if fault.finishes:  # a job that never ends must begin
        refuse_attempt(state, did, scenario, call.now, shows_post=False, is_upload=True)
    if fault.expires_first_token and is_first_response(state, f"token/{did}"):
        raise _expired()
    if fault.refusal is not None:
        raise XRPCError(400, *fault.refusal)
    received = call.received
    _check_file(received)
    parameter(call, "name")
    cid = cid_of(received)
    key = f"job/{sha256(f'{did} {cid}'.encode()).hexdigest()[:20]}"
    known: Job | None = state.get(key)
    if known is not None and _state_of(state, known, call.now.timestamp()) != "JOB_STATE_FAILED":
        status = {**_shown(state, known, call), "error": "already_exists", "message": "Video already processed"}
        return json_reply({name: value for name, value in status.items() if name != "blob"}, status=409)
    file, stored = append_part(no_bytes(), received, f"video/{did}/{cid}")
    job = Job(
        id=key.removeprefix("job/"),
        did=did,
        cid=cid,
        file=file,
        started_at=call.now.timestamp(),
        failure_code=_failure_code(state, did, fault),
    )
    state[key] = job
    is_lost = scenario.loses_first_video and is_first_response(state, f"video/{did}")
    return replace(json_reply(_shown(state, job, call), delay_s=scenario.delay_s, dropped=is_lost), stored=stored)


def get_job_status(state: State, call: SimulatedCall) -> SimulatedReply:
    """`app.bsky.video.getJobStatus`, without a token. The blob of a processed video is on the account's server."""
    job: Job | None = state.get(f"job/{parameter(call, 'jobId')}")
    if job is None:
        raise invalid_request("Could not find job")
    return json_reply({"jobStatus": _shown(state, job, call)})


def _authorized(state: State, call: SimulatedCall) -> Account:
    claims = cast("tokens.ServiceClaims", tokens.bearer(state, call, tokens.SERVICE))
    if call.now.timestamp() >= claims["exp"]:
        raise _expired()
    if claims["aud"] != server_did(call.root) or claims["lxm"] != _UPLOAD:
        raise XRPCError(401, "AuthenticationRequired", "jwt audience or method does not match")
    if claims["sub"] != parameter(call, "did"):
        raise XRPCError(401, "AuthenticationRequired", "did does not match the token")
    return get_repository(state, claims["sub"])


def _expired() -> XRPCError:
    return XRPCError(401, "AuthenticationRequired", "jwt expired")


def _check_file(received: Received) -> None:
    size_bytes = received.size_bytes
    if size_bytes > VIDEO_MAX_BYTES:
        limit = f"the maximum allowed size ({VIDEO_MAX_BYTES} bytes)"
        raise invalid_request(f"file size ({size_bytes} bytes) is larger than {limit}")
    if not (sniff(received.first) or "").startswith("video/"):
        raise invalid_request("unsupported video format")


def _failure_code(state: State, did: str, fault: VideoFault) -> str | None:
    """Return why the next job of an account fails."""
    count = state.get(f"videos/{did}", 0) + 1
    state[f"videos/{did}"] = count
    return fault.failure_code if count <= fault.failing_jobs else None


def _state_of(state: State, job: Job, moment: float) -> str:
    account: Account = state[f"account/{job['did']}"]
    done = (moment - job["started_at"]) / PROCESSING_S
    if done >= 1 and (SCENARIOS[account["scenario"]].video or VideoFault()).finishes:
        return "JOB_STATE_FAILED" if job["failure_code"] else "JOB_STATE_COMPLETED"
    return _STATES[min(int(done * len(_STATES)), len(_STATES) - 1)]


def _shown(state: State, job: Job, call: SimulatedCall) -> dict[str, Any]:
    found = _state_of(state, job, call.now.timestamp())
    status: dict[str, Any] = {"jobId": job["id"], "did": job["did"], "state": found, "progress": 0}
    if found == "JOB_STATE_COMPLETED":
        blob = store_blob(state, job["did"], job["cid"], "video/mp4", job["file"], call.now)
        return {**status, "progress": 100, "blob": blob}
    if found == "JOB_STATE_FAILED":
        code = job["failure_code"] or ""
        return {**status, "failureCode": code, "error": code, "message": _MESSAGES[code]}
    return status
