"""The simulated video service: fact sheet section 2.4."""

from collections.abc import Mapping
from typing import Any

import pytest

from letmepost.domain.received import Checksum, Received
from letmepost.platforms.bluesky.simulator import SIMULATOR
from letmepost.platforms.simulation import SimulatedCall
from tests.platforms.bluesky.test_simulator import JPEG, ROOT, Response, User, World, post

MOVIE = b"\x00\x00\x00\x18ftypmp42 and the rest of a video"
SERVER = "did:web:sandbox.test%3A8090"
BLOB_UPLOAD = "com.atproto.repo.uploadBlob"


def grant(user: User, **parameters: str) -> Response:
    query = {"aud": SERVER, "lxm": BLOB_UPLOAD, **parameters}
    headers = {"authorization": f"Bearer {user.access}"}
    path = "/xrpc/com.atproto.server.getServiceAuth"
    return user.world.send("GET", path, query=tuple(query.items()), headers=headers)


def send(user: User, data: bytes = MOVIE, token: str | None = None, **parameters: str) -> Response:
    query = {"did": user.did, "name": "a.mp4", **parameters}
    headers = {"authorization": f"Bearer {token or grant(user).data['token']}", "content-type": "video/mp4"}
    path = "/xrpc/app.bsky.video.uploadVideo"
    return user.world.send("POST", path, query=tuple(query.items()), headers=headers, body=data)


def status(user: User, job_id: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = user.world.get("app.bsky.video.getJobStatus", jobId=job_id).data["jobStatus"]
    return found


def shown(blob: object) -> dict[str, Any]:
    return post(embed={"$type": "app.bsky.embed.video", "video": blob})


def test_video_is_processed_and_shown_with_its_checksum() -> None:
    user = World().connect()
    accepted = send(user).data
    assert (accepted["state"], "jobStatus" in accepted) == ("JOB_STATE_CREATED", False)
    assert "blob" not in status(user, accepted["jobId"])
    user.world.advance(seconds=2)
    job = status(user, accepted["jobId"])
    assert (job["state"], job["blob"]["mimeType"], job["blob"]["size"]) == (
        "JOB_STATE_COMPLETED",
        "video/mp4",
        len(MOVIE),
    )
    assert user.put(shown(job["blob"])).status == 200
    [seen] = user.world.posts()
    assert seen.record["video"] == {"sizeBytes": len(MOVIE), "checksum": str(Checksum.of(MOVIE))}


def test_blob_of_an_unfinished_video_is_unknown_to_the_server() -> None:
    user = World().connect()
    blob = user.upload(MOVIE, "video/mp4").data["blob"]
    other = World().connect()
    send(other)
    assert other.put(shown(blob)).refusal[1] == "BlobNotFound"


def test_states_advance_in_order() -> None:
    user = World().connect()
    job_id = send(user).data["jobId"]
    states = []
    for _ in range(5):
        states.append(status(user, job_id)["state"].removeprefix("JOB_STATE_"))
        user.world.advance(seconds=0.375)
    assert states == ["CREATED", "ENCODING", "SCANNING", "UPLOADING", "COMPLETED"]


@pytest.mark.parametrize(("wait_s", "state"), [(0, "JOB_STATE_CREATED"), (2, "JOB_STATE_COMPLETED")])
def test_same_bytes_are_refused_with_the_job_of_the_first_upload(wait_s: float, state: str) -> None:
    user = World().connect()
    first = send(user).data
    user.world.advance(seconds=wait_s)
    again = send(user)
    assert (again.status, again.data["error"]) == (409, "already_exists")
    assert (again.data["jobId"], again.data["state"]) == (first["jobId"], state)


@pytest.mark.parametrize(
    "parameters", [{"aud": "did:web:video.bsky.app"}, {"lxm": "app.bsky.video.uploadVideo"}], ids=["audience", "method"]
)
def test_token_for_something_else_is_refused(parameters: dict[str, str]) -> None:
    user = World().connect()
    token = grant(user, **parameters).data["token"]
    assert send(user, token=token).status == 401


def test_token_of_another_account_or_of_a_session_is_refused() -> None:
    world = World()
    user, other = world.connect(), world.connect()
    assert send(user, did=other.did).status == 401
    assert send(user, token=user.access).refusal[1] == "InvalidToken"
    assert user.bare("GET", "com.atproto.server.getSession", grant(user).data["token"]).refusal[1] == "InvalidToken"


def test_expired_token_is_refused() -> None:
    user = World().connect()
    token = grant(user, exp=str(int(user.world.now.timestamp()) + 1800)).data["token"]
    user.world.advance(minutes=31)
    assert send(user, token=token).status == 401


@pytest.mark.parametrize(
    ("lifetime_s", "parameters", "is_granted"),
    [
        (3600, {}, True),
        (3601, {}, False),
        (-1, {}, False),
        (60, {"lxm": ""}, True),
        (61, {"lxm": ""}, False),
    ],
)
def test_lifetime_of_a_token_is_limited(lifetime_s: int, parameters: dict[str, str], *, is_granted: bool) -> None:
    user = World().connect()
    reply = grant(user, exp=str(int(user.world.now.timestamp()) + lifetime_s), **parameters)
    assert reply.status == (200 if is_granted else 400)
    if not is_granted:
        assert reply.refusal[1] == "BadExpiration"


@pytest.mark.parametrize("parameters", [{"aud": "pds.example.com"}, {"exp": "soon"}])
def test_request_for_a_token_must_be_valid(parameters: dict[str, str]) -> None:
    assert grant(World().connect(), **parameters).refusal[1] == "InvalidRequest"


def test_other_files_are_refused() -> None:
    assert send(World().connect(), JPEG).refusal == (400, "InvalidRequest", "unsupported video format")


@pytest.mark.parametrize(("size_bytes", "is_accepted"), [(300_000_000, True), (300_000_001, False)])
def test_large_video_is_judged_by_its_size(size_bytes: int, *, is_accepted: bool) -> None:
    user = World().connect()
    received = Received(checksum=Checksum(size_bytes, 7), sha256="00" * 32, first=MOVIE, last=b"", content=None)
    call = SimulatedCall(
        method="POST",
        root=ROOT,
        path="/xrpc/app.bsky.video.uploadVideo",
        query=(("did", user.did), ("name", "a.mp4")),
        headers={"authorization": f"Bearer {grant(user).data['token']}"},
        body=b"",
        streamed=received,
        now=user.world.now,
        entropy=bytes(32),
    )
    reply = SIMULATOR.answer(user.world.state, call)
    assert (reply.status == 200) is is_accepted
    assert is_accepted or b"larger than the maximum allowed size (300000000 bytes)" in reply.body


def test_unknown_job_is_an_error() -> None:
    reply = World().connect().world.get("app.bsky.video.getJobStatus", jobId="none")
    assert reply.refusal == (400, "InvalidRequest", "Could not find job")


def test_failing_scenarios_fail_every_video_or_the_first_one() -> None:
    for scenario, states in {
        "video_failed": ["FAILED", "FAILED"],
        "video_interrupted": ["FAILED", "COMPLETED"],
    }.items():
        user = World().connect(scenario)
        seen = []
        for _ in states:
            job_id = send(user).data["jobId"]
            user.world.advance(seconds=2)
            seen.append(status(user, job_id)["state"].removeprefix("JOB_STATE_"))
        assert seen == states


def test_unfinished_video_never_completes_and_text_is_published() -> None:
    user = World().connect("video_unfinished")
    job_id = send(user).data["jobId"]
    user.world.advance(hours=1)
    assert status(user, job_id)["state"] == "JOB_STATE_UPLOADING"
    assert user.put(post()).status == 200


@pytest.mark.parametrize(
    ("scenario", "error"),
    [("video_quota", "DailyLimitExceeded"), ("video_email_unconfirmed", "unconfirmed_email")],
)
def test_refusing_scenarios_refuse_videos_and_nothing_else(scenario: str, error: str) -> None:
    user = World().connect(scenario)
    assert send(user).refusal[1] == error
    assert user.put(post()).status == 200


def test_lost_reply_is_executed_once() -> None:
    user = World().connect("video_reply_lost")
    assert send(user).dropped
    assert send(user).data["error"] == "already_exists"


def test_first_token_is_expired_in_its_scenario() -> None:
    user = World().connect("video_token_expired")
    assert [send(user).status for _ in range(2)] == [401, 200]


def test_unavailable_server_refuses_uploads_in_the_middle() -> None:
    user = World().connect("unavailable")
    assert send(user).status == 503
    user.world.advance(seconds=9)
    assert send(user).status == 200
