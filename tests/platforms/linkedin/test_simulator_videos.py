"""The simulator's videos: parts, captions, the end of an upload, and the processing."""

from datetime import timedelta
from typing import Any

import pytest

from letmepost.domain.received import Checksum
from letmepost.platforms.linkedin.simulator.videos import PART_BYTES
from letmepost.platforms.simulation import SimulatedReply
from tests.doubles.media import STARTS
from tests.platforms.linkedin.visitor import Visitor, code_of, json_of

MP4 = STARTS["video/mp4"]
FILM = MP4.ljust(PART_BYTES, b".") + b"the rest"


@pytest.fixture
def visitor() -> Visitor:
    made = Visitor()
    made.connect()
    return made


def begin(visitor: Visitor, size_bytes: object = len(FILM), **changes: Any) -> SimulatedReply:
    request = {"owner": visitor.author, "fileSizeBytes": size_bytes, **changes}
    reply: SimulatedReply = visitor.rest(
        "POST", "videos", {"initializeUploadRequest": request}, ("action", "initializeUpload")
    )
    return reply


def send(visitor: Visitor, value: dict[str, Any], film: bytes = FILM) -> list[str]:
    """Send every part, and return their ETags without quotes."""
    etags = []
    for one in value["uploadInstructions"]:
        reply = visitor.put(one["uploadUrl"], film[one["firstByte"] : one["lastByte"] + 1])
        assert reply.status == 200
        etags.append(reply.headers["etag"].strip('"'))
    return etags


def finalize(visitor: Visitor, value: dict[str, Any], etags: list[str], **changes: Any) -> SimulatedReply:
    request = {"video": value["video"], "uploadToken": value["uploadToken"], "uploadedPartIds": etags, **changes}
    reply: SimulatedReply = visitor.rest(
        "POST", "videos", {"finalizeUploadRequest": request}, ("action", "finalizeUpload")
    )
    return reply


def status(visitor: Visitor, urn: str) -> str:
    found: str = json_of(visitor.rest("GET", f"videos/{urn}"))["status"]
    return found


def uploaded(visitor: Visitor, film: bytes = FILM) -> str:
    """Return the URN of a video that has been processed."""
    value = json_of(begin(visitor, len(film)))["value"]
    assert finalize(visitor, value, send(visitor, value, film)).status == 200
    visitor.now += timedelta(seconds=3)
    urn: str = value["video"]
    return urn


def test_video_is_uploaded_in_the_listed_parts_and_processed(visitor: Visitor) -> None:
    value = json_of(begin(visitor, uploadCaptions=True))["value"]
    ranges = [(one["firstByte"], one["lastByte"]) for one in value["uploadInstructions"]]
    assert ranges == [(0, PART_BYTES - 1), (PART_BYTES, len(FILM) - 1)]
    assert status(visitor, value["video"]) == "WAITING_UPLOAD"
    assert visitor.put(value["captionsUploadUrl"], b"captions").status == 200
    assert finalize(visitor, value, send(visitor, value)).status == 200
    assert status(visitor, value["video"]) == "PROCESSING"
    content = {"media": {"id": value["video"], "title": "A film"}}
    assert code_of(visitor.post(content=content)) == (400, "MEDIA_ASSET_WAITING_UPLOAD")
    visitor.now += timedelta(seconds=3)
    assert status(visitor, value["video"]) == "AVAILABLE"
    assert visitor.post(content=content).headers["x-restli-id"].startswith("urn:li:ugcPost:")
    [post] = visitor.posts()
    assert post.record["video"] == {"sizeBytes": len(FILM), "checksum": str(Checksum.of(FILM))}
    assert post.record["captions"] == {"sizeBytes": 8, "checksum": str(Checksum.of(b"captions"))}


@pytest.mark.parametrize("missing", [0, 1])
def test_missing_byte_of_a_part_ends_in_a_failed_processing(visitor: Visitor, missing: int) -> None:
    """As a range that is read as exclusive would cause it: no call is refused."""
    value = json_of(begin(visitor))["value"]
    first, second = value["uploadInstructions"]
    parts = [FILM[: PART_BYTES - missing], FILM[PART_BYTES:]]
    etags = [
        visitor.put(one["uploadUrl"], part).headers["etag"].strip('"')
        for one, part in zip((first, second), parts, strict=True)
    ]
    assert finalize(visitor, value, etags).status == 200
    visitor.now += timedelta(seconds=3)
    assert status(visitor, value["video"]) == ("PROCESSING_FAILED" if missing else "AVAILABLE")


def test_file_that_is_not_a_video_cannot_be_processed(visitor: Visitor) -> None:
    urn = uploaded(visitor, b"not a video")
    assert json_of(visitor.rest("GET", f"videos/{urn}"))["processingFailureReason"] == "Unsupported codec"
    assert code_of(visitor.post(content={"media": {"id": urn}})) == (400, "MEDIA_ASSET_PROCESSING_FAILED")


@pytest.mark.parametrize(
    "changes", [{"uploadToken": ""}, {"uploadedPartIds": []}, {"uploadedPartIds": ["other"]}, {"uploadedPartIds": None}]
)
def test_upload_ends_with_its_token_and_every_part_in_order(visitor: Visitor, changes: dict[str, Any]) -> None:
    value = json_of(begin(visitor))["value"]
    etags = send(visitor, value)
    for changed in (changes, {"uploadedPartIds": etags[::-1]}):
        assert code_of(finalize(visitor, value, etags, **changed)) == (422, "INVALID_VALUE_FOR_FIELD")
    assert finalize(visitor, value, etags).status == 200
    assert finalize(visitor, value, etags).status == 422, "it has ended"
    assert finalize(visitor, value, etags, video="urn:li:video:1").status == 404


@pytest.mark.parametrize("size_bytes", [0, -1, 500_000_001, "5", None, True])
def test_size_of_a_video_is_required(visitor: Visitor, size_bytes: object) -> None:
    assert code_of(begin(visitor, size_bytes)) == (422, "INVALID_VALUE_FOR_FIELD")


def test_video_belongs_to_its_owner(visitor: Visitor) -> None:
    assert code_of(begin(visitor, owner="urn:li:person:unknown")) == (403, "ACCESS_DENIED")
    value = json_of(begin(visitor))["value"]
    etags = send(visitor, value)
    urn = uploaded(visitor)
    visitor.connect()
    assert code_of(visitor.rest("GET", f"videos/{urn}")) == (403, "ACCESS_DENIED")
    assert code_of(finalize(visitor, value, etags)) == (403, "ACCESS_DENIED")
    assert code_of(visitor.post(content={"media": {"id": urn}})) == (403, "ACCESS_DENIED")
    assert visitor.rest("GET", "videos/urn:li:video:1").status == 404
    assert code_of(visitor.rest("POST", "videos", {}, ("action", "delete"))) == (400, "ILLEGAL_ARGUMENT")


def test_urls_of_a_video_expire(visitor: Visitor) -> None:
    value = json_of(begin(visitor))["value"]
    visitor.now += timedelta(hours=12)
    assert code_of(visitor.put(value["uploadInstructions"][0]["uploadUrl"], FILM[:PART_BYTES])) == (
        400,
        "EXPIRED_UPLOAD_URL",
    )
