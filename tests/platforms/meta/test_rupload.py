"""Uploads to Meta's upload host: what is sent, and what its replies mean; and the host's simulator."""

import json
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest

from letmepost.domain.errors import FailureKind, PlatformFailure
from letmepost.domain.flow import Call, Effect, Flow, Forget, Instruction, MediaRange, Reply, Upload
from letmepost.platforms._meta.graph import explain
from letmepost.platforms._meta.rupload import UploadSession, send_video
from letmepost.platforms._meta.simulator.rupload import (
    UploadFault,
    UploadRefused,
    as_graph_call,
    is_complete,
    new_upload,
    receive,
    uploading_phase,
)
from letmepost.platforms.simulation import SimulatedCall
from tests.doubles.media import video

NOW = datetime(2026, 11, 29, 12, 0, tzinfo=UTC)
ITEM = video(size_bytes=100)
URL = "https://rupload.facebook.com/video-upload/v26.0/7"
PROBE = Call(method="GET", url="https://graph.facebook.com/v26.0/7")
SESSION = UploadSession(step="video-1", item=ITEM, url=URL, probe=PROBE, status_field="status", is_new=True)
_explain = partial(explain, own={}, network="Facebook")


def replied(value: object, *, http: int = 200) -> Reply:
    return Reply(status=http, body=json.dumps(value).encode(), received_at=NOW)


def refused(kind: str, *, http: int = 400, retriable: bool = False) -> Reply:
    return replied({"debug_info": {"retriable": retriable, "type": kind, "message": "No."}}, http=http)


def phase(**fields: object) -> Reply:
    return replied({"id": "7", "status": {"uploading_phase": fields}})


SENT = replied({"success": True})
OFFSET = refused("OffsetInvalidError")


def send(*replies: Reply | PlatformFailure | None) -> tuple[list[Any], object]:
    """Return the instructions, and the result or the failure. None accepts a `Forget`."""
    flow, given = send_video(SESSION, _explain), iter(replies)
    said: list[Any] = [next(flow)]
    try:
        while True:
            said.append(_go_on(flow, next(given)))
    except StopIteration as done:
        return said, done.value
    except PlatformFailure as failure:
        return said, failure


def _go_on(flow: Flow[bool], reply: Reply | PlatformFailure | None) -> Instruction:
    if isinstance(reply, PlatformFailure):
        return flow.throw(reply)
    return next(flow) if reply is None else flow.send(reply)


def test_part_states_its_offset_and_the_size_of_the_file() -> None:
    upload = SESSION.upload()
    assert upload.part(40) == Call(
        method="POST",
        url=URL,
        headers={"offset": "40", "file_size": "100", "Content-Type": "application/octet-stream"},
        body=MediaRange(ITEM.media_id, 40, 60),
        effect=Effect.WRITE,
        timeout_s=60.0,
    )
    assert (upload.step, upload.chunk_bytes, upload.is_new) == ("video-1-bytes", 100, True)


@pytest.mark.parametrize(
    ("reply", "offset"),
    [
        (phase(status="in_progress", bytes_transferred=40), 40),
        (phase(bytes_transfered=40), 40),
        (phase(status="complete"), 100),
        (phase(status="not_started"), 0),
        (phase(), 0),
        (phase(bytes_transferred="40"), 0),
        (SENT, None),
        (replied({"id": "7"}), None),
        (replied({"error": {"code": 100}, "status": {"uploading_phase": {}}}, http=400), None),
    ],
)
def test_offset_is_read_from_the_status(reply: Reply, offset: int | None) -> None:
    assert SESSION.bytes_in(reply) == offset


@pytest.mark.parametrize("reply", [SENT, phase(status="complete", bytes_transferred=100)])
def test_upload_ends_with_a_success_or_a_complete_status(reply: Reply) -> None:
    said, result = send(reply)
    assert result is True
    assert len(said) == 1


def test_server_is_asked_for_its_offset_when_it_refuses_ours() -> None:
    said, result = send(OFFSET, SENT)
    assert result is True
    assert [what.is_new for what in said if isinstance(what, Upload)] == [True, False]


@pytest.mark.parametrize(
    "replies", [[OFFSET] * 3, [refused("ProcessingFailedError")], [replied({"error": {"code": 100}}, http=400)]]
)
def test_lost_session_is_created_again_once(replies: list[Reply]) -> None:
    said, result = send(*replies, None)
    assert said[-1] == Forget("video-1")
    assert result is False


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (refused("InternalError", http=503, retriable=True), FailureKind.UNAVAILABLE),
        (refused("InternalError", retriable=True), FailureKind.UNAVAILABLE),
        (replied({"success": False}), FailureKind.UNAVAILABLE),
        (Reply(status=200, body=b"<html>", received_at=NOW), FailureKind.UNAVAILABLE),
        (Reply(status=502, body=b"<html>", received_at=NOW), FailureKind.UNAVAILABLE),
        (refused("NotAuthorizedError", http=401), FailureKind.AUTH_FAILED),
        (replied({"error": {"code": 190}}, http=400), FailureKind.AUTH_FAILED),
    ],
)
def test_other_refusal_keeps_the_session(reply: Reply, kind: FailureKind) -> None:
    said, failure = send(reply)
    assert isinstance(failure, PlatformFailure)
    assert failure.kind is kind
    assert not any(isinstance(what, Forget) for what in said)


def test_second_lost_session_is_a_rejection_in_the_words_of_the_server() -> None:
    _, failure = send(refused("ProcessingFailedError"), PlatformFailure(FailureKind.UNAVAILABLE, "Lost twice."))
    assert isinstance(failure, PlatformFailure)
    assert (failure.kind, failure.message) == (FailureKind.REJECTED, "Facebook rejected the request: No.")


def request(body: bytes = b"x" * 100, **headers: str) -> SimulatedCall:
    given = {"offset": "0", "file_size": "100", "authorization": "OAuth token", **headers}
    return SimulatedCall(
        method="POST", root="", path="/", query=(), headers=given, body=body, now=NOW, entropy=bytes(32)
    )


def test_simulator_stores_a_file_in_one_request_or_continues_it() -> None:
    whole, reply = receive(new_upload(), request(), "a", None)
    assert (reply.status, reply.stored, is_complete(whole)) == (200, {"a/0": b"x" * 100}, True)
    for fault, status in ((UploadFault.STOP, 503), (UploadFault.OFFSET, 400)):
        half, reply = receive(new_upload(), request(), "a", fault)
        assert (reply.status, is_complete(half)) == (status, False)
        assert uploading_phase(half) == {"status": "in_progress", "bytes_transferred": 50, "source_file_size": 100}
        rest, reply = receive(half, request(b"x" * 50, offset="50"), "a", fault)
        assert (reply.status, rest["file"]["checksum"]) == (200, whole["file"]["checksum"])


@pytest.mark.parametrize(
    ("call", "kind"),
    [
        (request(offset="1"), "OffsetInvalidError"),
        (request(file_size="99"), "PartialRequestError"),
        (request(file_size="101"), "PartialRequestError"),
        (request(file_size="many"), "PartialRequestError"),
        (request(offset="-1"), "PartialRequestError"),
    ],
)
def test_simulator_refuses_a_wrong_offset_and_a_wrong_size(call: SimulatedCall, kind: str) -> None:
    with pytest.raises(UploadRefused) as caught:
        receive(new_upload(), call, "a", None)
    info = json.loads(caught.value.reply().body)["debug_info"]
    assert (info["type"], info["retriable"]) == (kind, False)


@pytest.mark.parametrize("authorization", ["Bearer token", "OAuth", ""])
def test_simulator_requires_the_scheme_of_the_upload_host(authorization: str) -> None:
    with pytest.raises(UploadRefused):
        as_graph_call(request(authorization=authorization))
    assert as_graph_call(request()).headers["authorization"] == "Bearer token"
