"""Blobs: fact sheet sections 2.1, 2.5 and 6."""

from typing import Any

import pytest

from tests.platforms.bluesky.test_simulator import JPEG, World, post

BLOB_MAX_BYTES = 52_428_800


def with_image(blob: dict[str, Any]) -> dict[str, Any]:
    return post(embed={"$type": "app.bsky.embed.images", "images": [{"image": blob, "alt": ""}]})


def test_upload_returns_a_reference_for_a_post() -> None:
    user = World().connect()
    blob = user.upload().data["blob"]
    assert blob["$type"] == "blob"
    assert blob["ref"]["$link"].startswith("bafkrei")
    assert (blob["mimeType"], blob["size"]) == ("image/jpeg", len(JPEG))
    assert user.put(with_image(blob)).status == 200


def test_same_bytes_are_the_same_blob() -> None:
    user = World().connect()
    assert user.upload().data == user.upload().data


def test_bytes_are_not_stored() -> None:
    world = World()
    data = JPEG + b"secret picture"
    world.connect().upload(data)
    assert not any("secret picture" in text for text in world.state.texts.values())


def test_cid_is_the_real_one_of_the_bytes() -> None:
    """`ipfs add --cid-version=1 --raw-leaves` of "hello world"."""
    blob = World().connect().upload(b"hello world", "text/plain").data["blob"]
    assert blob["ref"]["$link"] == "bafkreifzjut3te2nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e"


@pytest.mark.parametrize(
    ("data", "declared", "found"),
    [
        (JPEG, "image/png", "image/jpeg"),
        (b"\x89PNG\r\n\x1a\n....", "application/octet-stream", "image/png"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "image/jpeg", "image/webp"),
        (b"GIF87a..", "image/jpeg", "image/gif"),
        (b"GIF89a..", "image/jpeg", "image/gif"),
        (b"\x00\x00\x00\x20ftypisom", "image/jpeg", "video/mp4"),
        (b"WEBVTT\n", "text/vtt", "text/vtt"),
        (b"something", "", "application/octet-stream"),
    ],
)
def test_type_is_sniffed_and_the_header_is_the_fallback(data: bytes, declared: str, found: str) -> None:
    assert World().connect().upload(data, declared).data["blob"]["mimeType"] == found


def test_blob_over_the_server_limit_is_a_413() -> None:
    user = World().connect()
    data = bytes(BLOB_MAX_BYTES)
    assert user.upload(data).status == 200
    assert user.upload(data + b"!").refusal == (413, "PayloadTooLarge", "request entity too large")


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"mimeType": "image/png"}, "InvalidMimeType"),
        ({"size": 1}, "InvalidSize"),
        ({"ref": {"$link": "bafkreiunknown"}}, "BlobNotFound"),
    ],
)
def test_changed_reference_is_rejected(change: dict[str, Any], name: str) -> None:
    user = World().connect()
    blob = user.upload().data["blob"]
    assert user.put(with_image({**blob, **change})).refusal[:2] == (400, name)
    assert user.world.posts() == []


@pytest.mark.parametrize("change", [{"mimeType": "image/png"}, {"size": 1}])
def test_reference_to_a_used_blob_is_not_compared_again(change: dict[str, Any]) -> None:
    """packages/pds/src/actor-store/blob/transactor.ts compares only when it makes a blob permanent."""
    user = World().connect()
    blob = user.upload().data["blob"]
    user.put(with_image(blob))
    assert user.put(with_image({**blob, **change})).status == 200


def test_blob_of_another_account_is_not_found() -> None:
    world = World()
    mine, other = world.connect(), world.connect()
    blob = other.upload().data["blob"]
    refusal = (400, "BlobNotFound", f"Could not find blob: {blob['ref']['$link']}")
    assert mine.put(with_image(blob)).refusal == refusal


def test_unused_blob_is_deleted_after_hours_and_can_be_uploaded_again() -> None:
    user = World().connect()
    blob = user.upload().data["blob"]
    user.world.advance(hours=6)
    user.refresh_session()
    assert user.put(with_image(blob)).refusal[1] == "BlobNotFound"
    user.upload()
    assert user.put(with_image(blob)).status == 200


def test_used_blob_is_kept() -> None:
    user = World().connect()
    blob = user.upload().data["blob"]
    user.put(with_image(blob))
    user.upload()
    user.world.advance(days=30)
    user.refresh_session()
    assert user.put(with_image(blob), "3l6oveex3ii2m").status == 200


def test_upload_needs_a_session() -> None:
    assert World().send("POST", "/xrpc/com.atproto.repo.uploadBlob", body=JPEG).refusal[:2] == (
        401,
        "AuthMissing",
    )
