"""Uploads of videos to the simulator, in one part and in several."""

import pytest

from letmepost.domain.received import Checksum, Receiving
from letmepost.platforms.simulation import SimulatedCall
from letmepost.platforms.tiktok.simulator import SIMULATOR
from tests.platforms.tiktok.network import MOVIE, ROOT, Client, Network, data_of, problem_of, query_of

MB = 1_000_000
HALF = len(MOVIE) // 2


def plan(client: Client, size: int, chunk: int, count: int) -> tuple[int, str]:
    """Return the status and the code of the call that starts an upload."""
    reply = client.init(video_size=size, chunk_size=chunk, total_chunk_count=count)
    return (200, "ok") if "upload_url" in str(reply.body) else problem_of(reply)


@pytest.mark.parametrize(
    ("size", "chunk", "count"),
    [
        (1, 1, 1),
        (4_999_999, 4_999_999, 1),
        (5 * MB, 5 * MB, 1),
        (64 * MB, 64 * MB, 1),
        (64 * MB + 1, 32 * MB, 2),
        (96 * MB - 1, 32 * MB, 2),
        (96 * MB, 32 * MB, 3),
        (50_000_123, 10 * MB, 5),
        (4_294_967_296, 32 * MB, 134),
    ],
)
def test_valid_plan_is_accepted(size: int, chunk: int, count: int) -> None:
    assert plan(Network().connect(), size, chunk, count) == (200, "ok")


@pytest.mark.parametrize(
    ("size", "chunk", "count"),
    [
        (70 * MB, 10_485_760, 7),
        (64 * MB + 1, 64 * MB + 1, 1),
        (15 * MB, 10 * MB, 1),
        (15 * MB, 10 * MB, 2),
        (10 * MB, 4_999_999, 2),
        (200 * MB, 65 * MB, 3),
        (4_294_967_297, 32 * MB, 134),
        (4_204_200_000, 4_200_000, 1001),
        (200 * MB, 64 * MB, 2),
    ],
)
def test_invalid_plan_is_refused(size: int, chunk: int, count: int) -> None:
    assert plan(Network().connect(), size, chunk, count) == (400, "invalid_params")


@pytest.mark.parametrize(("size", "chunk", "count"), [(0, 0, 1), (-1, -1, 1), (True, True, True)])
def test_plan_without_numbers_is_refused(size: int, chunk: int, count: int) -> None:
    assert plan(Network().connect(), size, chunk, count) == (400, "invalid_param")


def test_video_arrives_in_parts_in_order() -> None:
    client = Network().connect()
    size, chunk = 12 * MB + 345, 6 * MB
    started = data_of(client.init(video_size=size, chunk_size=chunk, total_chunk_count=2))
    url = started["upload_url"]
    first = client.upload(url, b"a" * chunk, 0, size)
    assert (first.status, first.headers["content-range"]) == (206, f"bytes 0-{chunk}/{size}")
    again = client.upload(url, b"a" * chunk, 0, size)
    assert (again.status, again.headers["content-range"]) == (416, f"bytes 0-{chunk}/{size}")
    assert client.status(started["publish_id"])["uploaded_bytes"] == chunk
    assert client.network.posts() == []
    last = client.upload(url, b"b" * (size - chunk), chunk, size)
    assert (last.status, last.headers["content-range"]) == (201, f"bytes 0-{size}/{size}")
    assert client.upload(url, b"b" * (size - chunk), chunk, size).status == 416
    [post] = client.network.posts()
    assert post.record["video"]["sizeBytes"] == size


@pytest.mark.parametrize(
    ("content", "first", "total", "status"),
    [
        (b"a" * (6 * MB), 6 * MB, 12 * MB + 5_000_000, 416),
        (b"a" * MB, 0, 12 * MB + 5_000_000, 400),
        (b"a" * (12 * MB), 0, 12 * MB + 5_000_000, 400),
        (b"a" * (6 * MB), 0, 12 * MB, 400),
    ],
    ids=["after a gap", "a part of a chunk", "a chunk and a part of the last", "another size"],
)
def test_wrong_part_is_refused(content: bytes, first: int, total: int, status: int) -> None:
    client = Network().connect()
    url = data_of(client.init(video_size=17 * MB, chunk_size=6 * MB, total_chunk_count=2))["upload_url"]
    assert client.upload(url, content, first, total).status == status


@pytest.mark.parametrize(
    "headers",
    [
        {"content-range": "bytes=0-4999/5000"},
        {"content-range": "bytes 0-5000/5000"},
        {"content-length": "4999"},
        {"content-type": "video/x-msvideo"},
        {"content-range": ""},
    ],
)
def test_malformed_part_is_refused(headers: dict[str, str]) -> None:
    client = Network().connect()
    query = query_of(data_of(client.init())["upload_url"])
    sent = {"content-type": "video/mp4", "content-range": "bytes 0-4999/5000", **headers}
    assert client.network.ask("PUT", "/video/", MOVIE, sent, query).status == 400
    assert client.network.posts() == []


@pytest.mark.parametrize("changes", [{"upload_id": "1"}, {"upload_token": "another"}, {"upload_token": ""}])
def test_upload_url_is_a_secret(changes: dict[str, str]) -> None:
    client = Network().connect()
    query = {**query_of(data_of(client.init())["upload_url"]), **changes}
    sent = {"content-type": "video/mp4", "content-range": "bytes 0-4999/5000"}
    assert client.network.ask("PUT", "/video/", MOVIE, sent, query).status == 404


def test_part_that_is_too_large_for_the_memory_is_stored_by_its_checksum() -> None:
    client = Network().connect()
    query = query_of(data_of(client.init())["upload_url"])
    receiving = Receiving(kept_max_bytes=0)
    receiving.add(MOVIE)
    call = SimulatedCall(
        method="PUT",
        root=ROOT,
        path="/video/",
        query=tuple(query.items()),
        headers={"content-type": "video/mp4", "content-range": "bytes 0-4999/5000"},
        body=b"",
        streamed=receiving.end(),
        now=client.network.now,
        entropy=client.network.entropy(),
    )
    reply = SIMULATOR.answer(client.network.state, call)
    assert (reply.status, reply.stored) == (201, {})
    [post] = client.network.posts()
    assert post.record["video"] == {"sizeBytes": len(MOVIE), "checksum": str(Checksum.of(MOVIE))}


def test_upload_url_expires_after_an_hour() -> None:
    client = Network().connect()
    url = data_of(client.init())["upload_url"]
    client.network.advance(3600)
    assert client.upload(url).status == 403
    assert client.network.posts() == []


@pytest.mark.parametrize(("scenario", "status"), [("url_expired", 403), ("upload_unknown", 404)])
def test_first_upload_url_is_of_no_use(scenario: str, status: int) -> None:
    client = Network().connect(scenario)
    assert client.upload(data_of(client.init())["upload_url"]).status == status
    assert client.upload(data_of(client.init())["upload_url"]).status == 201


@pytest.mark.parametrize(("scenario", "status"), [("upload_stops", 503), ("offset_short", 206)])
def test_half_of_the_first_part_is_stored(scenario: str, status: int) -> None:
    client = Network().connect(scenario)
    started = data_of(client.init())
    reply = client.upload(started["upload_url"])
    assert (reply.status, reply.headers["content-range"]) == (status, f"bytes 0-{HALF}/{len(MOVIE)}")
    assert client.status(started["publish_id"])["uploaded_bytes"] == HALF
    assert client.upload(started["upload_url"], MOVIE[HALF:], HALF, len(MOVIE)).status == 201
    [post] = client.network.posts()
    whole = Network().connect()
    whole.publish()
    [expected] = whole.network.posts()
    assert post.record["video"] == expected.record["video"]


@pytest.mark.parametrize("scenario", ["chunk_lost", "timeout_after_publish"])
def test_response_to_the_last_part_is_lost(scenario: str) -> None:
    client = Network().connect(scenario)
    started = data_of(client.init())
    assert client.upload(started["upload_url"]).dropped
    assert len(client.network.posts()) == 1
    assert client.status(started["publish_id"])["uploaded_bytes"] == len(MOVIE)
    assert not client.upload(data_of(client.init())["upload_url"]).dropped


def test_only_the_response_that_publishes_is_lost() -> None:
    client = Network().connect("timeout_after_publish")
    url = data_of(client.init(video_size=12 * MB, chunk_size=6 * MB, total_chunk_count=2))["upload_url"]
    assert [client.upload(url, b"a" * (6 * MB), at, 12 * MB).dropped for at in (0, 6 * MB)] == [False, True]


def test_response_to_the_first_init_is_lost() -> None:
    client = Network().connect("init_lost")
    assert client.init().dropped
    assert not client.init().dropped
    assert client.network.posts() == []


def test_content_range_can_have_the_last_byte() -> None:
    client = Network().connect("inclusive_range")
    assert client.upload(data_of(client.init())["upload_url"]).headers["content-range"] == "bytes 0-4999/5000"


def test_videos_are_accepted_in_a_single_part_only() -> None:
    client = Network().connect("chunks_refused")
    assert plan(client, 70 * MB, 32 * MB, 2) == (400, "invalid_params")
    assert plan(client, 64 * MB, 64 * MB, 1) == (200, "ok")
