"""The simulator's uploads: sessions, ranges, and when a video exists."""

import json
from urllib.parse import parse_qsl, urlsplit

import pytest

from letmepost.domain.received import Checksum
from letmepost.platforms.youtube.simulator import SIMULATOR
from tests.platforms.youtube.simulated import METADATA, ROOT, STEP_BYTES, Caller


@pytest.fixture
def caller() -> Caller:
    """Return the client of a connected channel."""
    return Caller().connect()


def content(size_bytes: int) -> bytes:
    return bytes(index % 251 for index in range(size_bytes))


def test_video_exists_only_after_its_last_byte(caller: Caller) -> None:
    file = content(STEP_BYTES + 5)
    opened = caller.open(size_bytes=len(file))
    url = opened.headers["location"]
    assert (opened.status, opened.body) == (200, b"")
    first = caller.part(url, file, 0, STEP_BYTES)
    assert (first.status, first.headers["range"]) == (308, f"bytes=0-{STEP_BYTES - 1}")
    assert SIMULATOR.posts(caller.state) == []
    last = caller.part(url, file, STEP_BYTES, len(file))
    assert last.status == 201
    video = json.loads(last.body)
    [post] = SIMULATOR.posts(caller.state)
    assert (post.uri, post.text) == (video["id"], "Description")
    assert post.record["video"] == {"sizeBytes": len(file), "checksum": str(Checksum.of(file))}
    assert b"".join(caller.files.values()) == file
    assert (video["snippet"]["title"], video["status"]["uploadStatus"]) == ("Title", "uploaded")
    again = caller.probe(url, len(file))
    assert (again.status, json.loads(again.body)["id"]) == (200, video["id"])
    assert caller.put(url, file).status == 200
    assert len(SIMULATOR.posts(caller.state)) == 1


def test_whole_file_can_be_sent_without_a_range(caller: Caller) -> None:
    assert caller.publish()["kind"] == "youtube#video"


def test_new_upload_has_no_range(caller: Caller) -> None:
    reply = caller.probe(caller.open().headers["location"], 10)
    assert (reply.status, dict(reply.headers)) == (308, {})


@pytest.mark.parametrize(
    ("body", "given"),
    [
        pytest.param(b"0123", "bytes 0-3/10", id="not a multiple of 256 KiB"),
        pytest.param(b"0123", "bytes 0-4/10", id="end is exclusive"),
        pytest.param(b"0123456789", "bytes 0-9/11", id="another total"),
        pytest.param(b"", "bytes */11", id="another total in a probe"),
        pytest.param(b"0123456789", "bytes 0.0-9.0/10", id="not integers"),
        pytest.param(b"0123456789x", "bytes 0-10/10", id="more than the total"),
        pytest.param(b"0123", None, id="a short file without a range"),
    ],
)
def test_wrong_range_is_refused(caller: Caller, body: bytes, given: str | None) -> None:
    reply = caller.put(caller.open().headers["location"], body, given)
    assert (reply.status, reply.headers["content-type"].startswith("text/html")) == (400, True)
    assert SIMULATOR.posts(caller.state) == []


@pytest.mark.parametrize("first", [0, 2 * STEP_BYTES], ids=["repeated", "ahead"])
def test_part_at_another_place_changes_nothing(caller: Caller, first: int) -> None:
    file = content(3 * STEP_BYTES)
    url = caller.open(size_bytes=len(file)).headers["location"]
    caller.part(url, file, 0, STEP_BYTES)
    reply = caller.part(url, file, first, first + STEP_BYTES)
    assert (reply.status, reply.headers["range"]) == (308, f"bytes=0-{STEP_BYTES - 1}")


def test_unknown_or_old_upload_is_not_found(caller: Caller) -> None:
    url = caller.open().headers["location"]
    assert caller.probe(f"{url}x", 10).status == 404
    caller.advance(days=7)
    caller.refresh()
    assert caller.probe(url, 10).status == 404


def test_url_of_an_upload_needs_no_token(caller: Caller) -> None:
    url = caller.open().headers["location"]
    parts = urlsplit(url)
    path = parts.path.removeprefix(urlsplit(ROOT).path)
    assert caller.send("PUT", path, b"0123456789", query=dict(parse_qsl(parts.query))).status == 201


def test_upload_of_another_channel_is_refused(caller: Caller) -> None:
    url = caller.open().headers["location"]
    assert caller.connect().probe(url, 10).status == 403


def test_expired_token_is_refused_and_the_upload_continues_with_a_new_one() -> None:
    caller = Caller().connect("token_expiring")
    url = caller.open().headers["location"]
    caller.advance(minutes=2)
    assert caller.put(url, b"0123456789").status == 401
    caller.refresh()
    assert caller.put(url, b"0123456789").status == 201


@pytest.mark.parametrize(
    ("headers", "size", "query", "reason"),
    [
        ({"x-upload-content-type": "image/png"}, 10, {}, "badContent"),
        ({"x-upload-content-length": ""}, 10, {}, "missingRequiredParameter"),
        ({}, 0, {}, "mediaBodyRequired"),
        ({}, 274_877_906_945, {}, "uploadTooLarge"),
        ({}, 10, {"uploadType": "media"}, "badRequest"),
        ({}, 10, {"part": ""}, "missingRequiredParameter"),
        ({}, 10, {"part": "snippet,fileDetails"}, "unknownPart"),
        ({}, 10, {"notifySubscribers": "no"}, "invalidParameter"),
    ],
)
def test_invalid_upload_is_not_opened(
    caller: Caller, headers: dict[str, str], size: int, query: dict[str, str], reason: str
) -> None:
    caller.headers = headers
    reply = caller.open(METADATA, size, **query)
    assert json.loads(reply.body)["error"]["errors"][0]["reason"] == reason


def test_interrupted_part_is_stored_by_half() -> None:
    caller, file = Caller().connect("interrupted"), content(4 * STEP_BYTES + 7)
    url = caller.open(size_bytes=len(file)).headers["location"]
    reply = caller.part(url, file, 0, 4 * STEP_BYTES)
    assert (reply.status, reply.headers["content-type"].startswith("text/html")) == (503, True)
    assert caller.probe(url, len(file)).headers["range"] == f"bytes=0-{2 * STEP_BYTES - 1}"
    assert caller.part(url, file, 2 * STEP_BYTES, len(file)).status == 201
    assert b"".join(caller.files.values()) == file


@pytest.mark.parametrize("size", [10, 2 * STEP_BYTES])
def test_short_part_is_reported_without_a_unit(size: int) -> None:
    caller, file = Caller().connect("short_parts"), content(size)
    url = caller.open(size_bytes=size).headers["location"]
    reply = caller.put(url, file)
    kept = size // 2 // STEP_BYTES * STEP_BYTES
    assert (reply.status, reply.headers.get("range")) == (308, f"0-{kept - 1}" if kept else None)
    assert SIMULATOR.posts(caller.state) == []
    assert caller.part(url, file, kept, size).status == 201


def test_moved_upload_is_continued_at_its_new_url() -> None:
    caller = Caller().connect("moved_upload")
    url = caller.open().headers["location"]
    reply = caller.put(url, b"0123456789")
    moved = reply.headers["location"]
    assert (reply.status, "range" in reply.headers, moved == url) == (308, False, False)
    assert caller.put(url, b"0123456789").headers["location"] == moved
    assert caller.put(moved, b"0123456789").status == 201
    assert caller.probe(url, 10).status == 200
    assert len(SIMULATOR.posts(caller.state)) == 1


def test_expired_upload_creates_no_video_and_the_next_one_does() -> None:
    caller, file = Caller().connect("expired_upload"), content(STEP_BYTES + 1)
    url = caller.open(size_bytes=len(file)).headers["location"]
    assert caller.part(url, file, 0, STEP_BYTES).status == 308
    assert caller.part(url, file, STEP_BYTES, len(file)).status == 404
    assert caller.probe(url, len(file)).status == 404
    assert SIMULATOR.posts(caller.state) == []
    caller.publish()


def test_upload_that_expires_when_it_is_done_is_found_on_the_list_of_uploads() -> None:
    caller = Caller().connect("expired_after_publish")
    url = caller.open().headers["location"]
    assert caller.put(url, b"0123456789").dropped
    assert caller.probe(url, 10).status == 404
    caller.advance(seconds=1)
    [channel] = caller.call("GET", "channels", part="contentDetails", mine="true")[1]["items"]
    uploads = channel["contentDetails"]["relatedPlaylists"]["uploads"]
    [item] = caller.call("GET", "playlistItems", part="snippet,contentDetails", playlistId=uploads)[1]["items"]
    assert caller.video(item["contentDetails"]["videoId"], "fileDetails")["fileDetails"]["fileSize"] == "10"


def test_lost_last_reply_is_repeated_by_the_probe() -> None:
    caller = Caller().connect("timeout_after_publish")
    url = caller.open().headers["location"]
    assert caller.put(url, b"0123456789").dropped
    assert caller.probe(url, 10).status == 200
    assert caller.put(url, b"0123456789").status == 200


def test_flaky_server_executes_every_second_write() -> None:
    caller = Caller().connect("flaky")
    assert caller.open().status == 500
    url = caller.open().headers["location"]
    assert caller.put(url, b"0123456789").status == 500
    assert caller.probe(url, 10).status == 308
    assert caller.put(url, b"0123456789").status == 201


def test_limits_of_a_day_end_at_midnight_in_california() -> None:
    caller = Caller().connect("daily_uploads")
    reply = caller.open()
    error = json.loads(reply.body)["error"]
    assert (reply.status, error["status"], error["errors"][0]["reason"]) == (
        429,
        "RESOURCE_EXHAUSTED",
        "rateLimitExceeded",
    )
    assert "Video Uploads per day" in error["message"]
    assert error["details"][0]["metadata"]["quota_limit"] == "defaultVideoInsertPerDayPerProject"
    assert caller.call("GET", "channels", part="id", mine="true")[0] == 200
    caller.advance(hours=12)  # 00:00 there
    caller.refresh()
    assert caller.open().status == 200


def test_limit_of_a_channel_ends_after_a_day() -> None:
    caller = Caller().connect("upload_limit")
    reply = caller.open()
    assert (reply.status, json.loads(reply.body)["error"]["errors"][0]["reason"]) == (400, "uploadLimitExceeded")
    caller.advance(hours=24)
    caller.refresh()
    assert caller.open().status == 200
