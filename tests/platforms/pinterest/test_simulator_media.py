"""The simulated processing of videos, and its storage: fact sheet section 2.3."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from letmepost.domain.received import Checksum, Received
from letmepost.platforms.pinterest import PLATFORM
from letmepost.platforms.pinterest.simulator import SIMULATOR
from letmepost.platforms.simulation import SimulatedCall, SimulatedReply
from tests.doubles.worker import Worker

MOVIE = b"\x00\x00\x00\x18ftypmp42 and the rest of a video"


class Owner:
    """A connected account, as seen by its client."""

    def __init__(self, scenario: str = "ok", world: Worker | None = None) -> None:
        self.world = world or Worker(platform=PLATFORM)
        self.account = self.world.connect(scenario)
        self.token = self.account.credential.secrets["access_token"]

    def send(self, method: str, path: str, body: object = None) -> tuple[int, Any]:
        headers = {"authorization": f"Bearer {self.token}", "content-type": "application/json"}
        reply = self.world.ask(method, f"/v5/{path}", b"" if body is None else json.dumps(body).encode(), headers)
        return reply.status, json.loads(reply.body) if reply.body else None

    def register(self) -> Any:
        status, data = self.send("POST", "media", {"media_type": "video"})
        assert status == 201
        return data

    def status(self, media_id: str) -> str:
        found: str = self.send("GET", f"media/{media_id}")[1]["status"]
        return found

    def upload(
        self, fields: Mapping[str, str], file: bytes = MOVIE, *, is_last: bool = True, headers: Mapping[str, str] = {}
    ) -> SimulatedReply:
        parts = [("file", file), *((name, text.encode()) for name, text in fields.items())]
        ordered = [*parts[1:], parts[0]] if is_last else parts
        body = b"".join(
            b'--b\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n' % (name.encode(), content)
            for name, content in ordered
        )
        form = {"content-type": "multipart/form-data; boundary=b", **headers}
        return self.world.ask("POST", "/media-upload/", body + b"--b--\r\n", form)

    def ready_video(self) -> str:
        registered = self.register()
        assert self.upload(registered["upload_parameters"]).status == 204
        self.world.advance(seconds=2)
        media_id: str = registered["media_id"]
        return media_id

    def pin(self, **source: object) -> tuple[int, Any]:
        board_id = self.account.preferences["board"]["id"]
        body = {"board_id": board_id, "media_source": {"source_type": "video_id", **source}}
        return self.send("POST", "pins", body)


def test_video_is_processed_and_shown_with_its_checksum() -> None:
    owner = Owner()
    registered = owner.register()
    media_id = registered["media_id"]
    assert owner.status(media_id) == "registered"
    assert owner.upload(registered["upload_parameters"]).status == 204
    assert owner.status(media_id) == "processing"
    owner.world.advance(seconds=2)
    assert owner.status(media_id) == "succeeded"
    status, pin = owner.pin(media_id=media_id, cover_image_key_frame_time=0)
    assert (status, pin["creative_type"], pin["media"]["media_type"]) == (201, "VIDEO", "video")
    [seen] = owner.world.posts()
    assert seen.record["video"] == {"sizeBytes": len(MOVIE), "checksum": str(Checksum.of(MOVIE))}


@pytest.mark.parametrize(
    ("cover", "is_accepted"),
    [
        ({"cover_image_url": "https://example.org/a.jpg"}, True),
        ({"cover_image_content_type": "image/jpeg", "cover_image_data": "aGk="}, True),
        ({"cover_image_key_frame_time": 0}, True),
        ({"cover_image_key_frame_time": 10_000}, True),
        ({}, False),
        ({"cover_image_content_type": "image/jpeg"}, False),
        ({"cover_image_url": "https://example.org/a.jpg", "cover_image_key_frame_time": 0}, False),
        ({"cover_image_url": "nowhere"}, False),
        ({"cover_image_key_frame_time": -1}, False),
        ({"cover_image_key_frame_time": 1.5}, False),
        ({"cover_image_key_frame_time": True}, False),
    ],
)
def test_pin_of_a_video_has_exactly_one_cover(cover: dict[str, object], *, is_accepted: bool) -> None:
    owner = Owner()
    status, _ = owner.pin(media_id=owner.ready_video(), **cover)
    assert status == (201 if is_accepted else 400)


def test_pin_needs_a_processed_video_of_the_account() -> None:
    world = Worker(platform=PLATFORM)
    owner, other = Owner(world=world), Owner(world=world)
    media_id = owner.ready_video()
    assert other.pin(media_id=media_id, cover_image_key_frame_time=0)[0] == 403
    assert other.send("GET", f"media/{media_id}")[0] == 403
    assert owner.pin(media_id="5", cover_image_key_frame_time=0)[0] == 404
    assert owner.pin(media_id=owner.register()["media_id"], cover_image_key_frame_time=0)[0] == 400


def test_other_media_than_videos_are_not_registered() -> None:
    assert Owner().send("POST", "media", {"media_type": "image"})[0] == 400


def test_storage_requires_every_field() -> None:
    owner = Owner()
    fields = owner.register()["upload_parameters"]
    for name in fields:
        assert owner.upload({key: value for key, value in fields.items() if key != name}).status == 403
    assert owner.upload({**fields, "policy": "another"}).status == 403
    assert owner.upload({**fields, "more": "x"}).status == 403


def test_storage_requires_the_file_in_the_last_place_and_no_token() -> None:
    owner = Owner()
    fields = owner.register()["upload_parameters"]
    misplaced = owner.upload(fields, is_last=False)
    signed = owner.upload(fields, headers={"authorization": f"Bearer {owner.token}"})
    assert [(reply.status, b"<Code>InvalidArgument</Code>" in reply.body) for reply in (misplaced, signed)] == [
        (400, True),
        (400, True),
    ]


def test_permission_to_upload_expires() -> None:
    owner = Owner()
    registered = owner.register()
    owner.world.advance(hours=1)
    reply = owner.upload(registered["upload_parameters"])
    assert (reply.status, b"<Code>AccessDenied</Code>" in reply.body) == (403, True)
    assert owner.status(registered["media_id"]) == "registered"


@pytest.mark.parametrize(("size_bytes", "status"), [(2_000_000_000, 204), (2_000_000_001, 400)])
def test_large_video_is_judged_by_its_size(size_bytes: int, status: int) -> None:
    owner = Owner()
    fields = owner.register()["upload_parameters"]
    head = b"".join(
        b'--b\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n' % (name.encode(), text.encode())
        for name, text in fields.items()
    )
    head += b'--b\r\nContent-Disposition: form-data; name="file"\r\n\r\n'
    tail = b"\r\n--b--\r\n"
    whole = Checksum.of(head).followed_by(Checksum(size_bytes, 7)).followed_by(Checksum.of(tail))
    call = SimulatedCall(
        method="POST",
        root=owner.world.root,
        path="/media-upload/",
        query=(),
        headers={"content-type": "multipart/form-data; boundary=b"},
        body=b"",
        streamed=Received(checksum=whole, sha256=None, first=head + MOVIE, last=tail, content=None),
        now=owner.world.now,
        entropy=bytes(32),
    )
    reply = SIMULATOR.answer(owner.world.state, call)
    assert reply.status == status
    assert status == 204 or b"EntityTooLarge" in reply.body


def test_failing_scenario_processes_no_video() -> None:
    owner = Owner("video_failed")
    assert owner.status(owner.ready_video()) == "failed"


def test_processing_forever_processes_no_video() -> None:
    owner = Owner("processing_forever")
    media_id = owner.ready_video()
    owner.world.advance(hours=1)
    assert owner.status(media_id) == "processing"


def test_first_permission_is_expired_in_its_scenario() -> None:
    owner = Owner("video_upload_expired")
    assert [owner.upload(owner.register()["upload_parameters"]).status for _ in range(2)] == [403, 204]


def test_lost_reply_of_the_storage_is_executed() -> None:
    owner = Owner("video_upload_lost")
    registered = owner.register()
    assert owner.upload(registered["upload_parameters"]).dropped
    assert owner.status(registered["media_id"]) == "processing"
    assert not owner.upload(registered["upload_parameters"]).dropped


def test_unavailable_storage_answers_like_s3() -> None:
    owner = Owner()
    fields = owner.register()["upload_parameters"]
    user = owner.world.state[f"user/{owner.account.platform_account_id}"]
    owner.world.state[f"user/{user['id']}"] = {**user, "scenario": "unavailable"}
    reply = owner.upload(fields)
    assert (reply.status, b"<Code>SlowDown</Code>" in reply.body) == (503, True)
