"""The simulator checks the metadata of videos, and shows, changes and deletes them."""

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from letmepost.platforms.youtube.simulator import SIMULATOR
from tests.platforms.youtube.simulated import METADATA, Caller, changed


@pytest.fixture
def caller() -> Caller:
    """Return the client of a connected channel."""
    return Caller().connect()


# The metadata of videos


@pytest.mark.parametrize(
    ("metadata", "reason"),
    [
        ({}, "invalidTitle"),
        (changed("snippet", title=""), "invalidTitle"),
        (changed("snippet", title="a" * 101), "invalidTitle"),
        (changed("snippet", title="I <3 you"), "invalidTitle"),
        (changed("snippet", title="bell\x07"), "invalidTitle"),
        (changed("snippet", title=5), "badRequest"),
        (changed("snippet", description="é" * 2501), "invalidDescription"),
        (changed("snippet", description="a > b"), "invalidDescription"),
        (changed("snippet", tags=["a" * 501]), "invalidTags"),
        (changed("snippet", tags=["a" * 250, "b" * 250]), "invalidTags"),
        (changed("snippet", tags=[f"{'a' * 249} {'b' * 249}"]), "invalidTags"),
        (changed("snippet", tags=["<"]), "invalidTags"),
        (changed("snippet", tags="a,b"), "badRequest"),
        (changed("snippet", categoryId="18"), "invalidCategoryId"),
        (changed("snippet", defaultLanguage="nb"), "invalidVideoMetadata"),
        (changed("snippet", colour="red"), "badRequest"),
        (changed("status", privacyStatus="friends"), "invalidVideoMetadata"),
        (changed("status", license="mit"), "invalidVideoMetadata"),
        (changed("status", embeddable="yes"), "badRequest"),
        (changed("status", publishAt="2026-12-01T09:00:00Z"), "invalidPublishAt"),
        (changed("status", privacyStatus="private", publishAt="2026-12-01"), "invalidPublishAt"),
        ({**METADATA, "localizations": {"de": {"title": "Titel"}}}, "defaultLanguageNotSet"),
        ({**changed("snippet", defaultLanguage="en"), "localizations": {"de": {"title": "<"}}}, "invalidTitle"),
        ({**METADATA, "recordingDetails": {"recordingDate": "yesterday"}}, "invalidRecordingDetails"),
        ({**METADATA, "snippet": []}, "badRequest"),
    ],
)
def test_invalid_metadata_is_refused_before_the_upload(caller: Caller, metadata: Any, reason: str) -> None:
    parts = "snippet,status,localizations,recordingDetails"
    reply = caller.open(metadata, part=parts)
    assert (reply.status, json.loads(reply.body)["error"]["errors"][0]["reason"]) == (400, reason)


@pytest.mark.parametrize(
    "snippet",
    [
        {"title": "👍" * 100},
        {"title": "a", "description": "é" * 2500},
        {"title": "a", "description": "👍" * 1250},
        {"title": "a", "description": "one\n\ttwo"},
        {"title": "a", "tags": ["a" * 250, "b" * 249]},
        {"title": "a", "tags": [f"{'a' * 248} {'b' * 249}"]},
        {"title": "a", "tags": ["Foo Baz", "Foo-Baz"]},
    ],
)
def test_metadata_at_the_limit_is_published_unchanged(caller: Caller, snippet: Mapping[str, Any]) -> None:
    video = caller.publish({**METADATA, "snippet": snippet})
    assert {name: video["snippet"][name] for name in snippet} == snippet
    assert video["snippet"]["categoryId"] == "22"


def test_tag_with_commas_is_read_as_several_tags(caller: Caller) -> None:
    assert caller.publish(changed("snippet", tags=["one, two", "three"]))["snippet"]["tags"] == ["one", "two", "three"]


def test_part_that_is_not_named_is_ignored(caller: Caller) -> None:
    reply = caller.open(changed("status", privacyStatus="private"), part="snippet")
    video = json.loads(caller.put(reply.headers["location"], b"0123456789").body)
    assert "status" not in video
    assert caller.video(video["id"])["status"]["privacyStatus"] == "public"


# Privacy, schedules and processing


def test_scheduled_video_becomes_public_at_its_time(caller: Caller) -> None:
    at = caller.now + timedelta(minutes=30)
    video = caller.publish(changed("status", privacyStatus="private", publishAt=at.isoformat()))
    assert video["status"]["publishAt"] == at.strftime("%Y-%m-%dT%H:%M:%SZ")
    assert caller.video(video["id"])["status"]["privacyStatus"] == "private"
    caller.advance(minutes=30)
    status = caller.video(video["id"])["status"]
    assert (status["privacyStatus"], "publishAt" in status) == ("public", False)


def test_schedule_in_the_past_publishes_immediately(caller: Caller) -> None:
    video = caller.publish(changed("status", privacyStatus="private", publishAt="2026-11-01T00:00:00Z"))
    assert video["status"]["privacyStatus"] == "public"


def test_channel_can_make_every_video_private() -> None:
    assert Caller().connect("private_only").publish()["status"]["privacyStatus"] == "private"


@pytest.mark.parametrize(
    ("scenario", "status", "reason", "processing"),
    [
        ("ok", "processed", {}, "succeeded"),
        ("duplicate", "rejected", {"rejectionReason": "duplicate"}, "terminated"),
        ("rejected_later", "rejected", {"rejectionReason": "copyright"}, "terminated"),
        ("processing_failed", "failed", {"failureReason": "codec"}, "failed"),
        ("processing_forever", "uploaded", {}, "processing"),
    ],
)
def test_video_is_processed_as_the_scenario_states(
    scenario: str, status: str, reason: Mapping[str, str], processing: str
) -> None:
    caller = Caller().connect(scenario)
    video_id = caller.publish()["id"]
    new = caller.video(video_id, "status,processingDetails,fileDetails")
    assert (new["status"]["uploadStatus"], new["fileDetails"]) == ("uploaded", {})
    caller.advance(minutes=5)
    later = caller.video(video_id, "status,processingDetails")
    assert later["status"]["uploadStatus"] == status
    assert reason.items() <= later["status"].items()
    assert later["processingDetails"]["processingStatus"] == processing


# Reading, changing and deleting


def test_update_replaces_every_field_of_a_part(caller: Caller) -> None:
    video_id = caller.publish()["id"]
    snippet = {"title": "New", "categoryId": "10"}
    status, video = caller.call("PUT", "videos", {"id": video_id, "snippet": snippet}, part="snippet")
    assert status == 200
    assert (video["snippet"]["title"], video["snippet"]["description"], "tags" in video["snippet"]) == (
        "New",
        "",
        False,
    )
    assert caller.video(video_id)["status"]["selfDeclaredMadeForKids"] is False
    read = caller.video(video_id)
    assert caller.call("PUT", "videos", read, part="snippet,status")[0] == 200
    assert caller.video(video_id) == read


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"snippet": {"title": "New"}}, (400, "invalidCategoryId")),
        ({"snippet": {"categoryId": "10"}}, (400, "invalidTitle")),
        ({"status": {"privacyStatus": "private", "publishAt": "2027-01-01T00:00:00Z"}}, (400, "invalidPublishAt")),
        ({"id": "none", "snippet": METADATA["snippet"]}, (404, "videoNotFound")),
    ],
)
def test_invalid_update_is_refused(caller: Caller, changes: dict[str, Any], expected: tuple[int, str]) -> None:
    body = {"id": caller.publish()["id"], **changes}
    part = ",".join(name for name in changes if name != "id")
    assert caller.refusal("PUT", "videos", body, part=part) == expected


def test_deleted_video_is_gone_with_its_file(caller: Caller) -> None:
    video_id = caller.publish()["id"]
    url = caller.open().headers["location"]
    assert caller.files
    assert caller.call("DELETE", "videos", id=video_id) == (204, None)
    assert caller.refusal("DELETE", "videos", id=video_id) == (404, "videoNotFound")
    assert "items" not in caller.call("GET", "videos", part="id", id=video_id)[1]
    assert (caller.files, SIMULATOR.posts(caller.state)) == ({}, [])
    assert caller.probe(url, 10).status == 308


def test_videos_of_another_channel_are_protected(caller: Caller) -> None:
    private = caller.publish(changed("status", privacyStatus="private"))["id"]
    public = caller.publish()["id"]
    caller.connect()
    assert "items" not in caller.call("GET", "videos", part="id", id=private)[1]
    assert caller.video(public)["id"] == public
    assert caller.refusal("GET", "videos", part="fileDetails", id=public) == (403, "forbidden")
    assert caller.refusal("DELETE", "videos", id=public) == (403, "forbidden")


def test_uploads_are_listed_newest_first_in_pages(caller: Caller) -> None:
    ids = [caller.publish()["id"] for _ in range(3)]
    [channel] = caller.call("GET", "channels", part="id,contentDetails", mine="true")[1]["items"]
    uploads = channel["contentDetails"]["relatedPlaylists"]["uploads"]
    query = {"part": "contentDetails", "playlistId": uploads, "maxResults": "2"}
    first = caller.call("GET", "playlistItems", **query)[1]
    second = caller.call("GET", "playlistItems", **query, pageToken=first["nextPageToken"])[1]
    listed = [item["contentDetails"]["videoId"] for item in (*first["items"], *second["items"])]
    assert (listed, "nextPageToken" in second) == (ids[::-1], False)
    found = caller.call("GET", "search", part="id", forMine="true", type="video", order="date")[1]["items"]
    assert [item["id"]["videoId"] for item in found] == listed
    assert caller.refusal("GET", "playlistItems", **{**query, "maxResults": "51"}) == (400, "invalidParameter")
    assert caller.refusal("GET", "playlistItems", **query, pageToken="x") == (400, "invalidPageToken")
    assert caller.refusal("GET", "search", part="id", q="cats") == (400, "invalidSearchFilter")


def test_lists_show_a_new_video_late_when_they_lag() -> None:
    caller = Caller().connect("lagging")
    video_id = caller.publish()["id"]
    assert "items" not in caller.call("GET", "videos", part="id", id=video_id)[1]
    caller.advance(seconds=3)
    assert caller.video(video_id)["id"] == video_id


def test_counters_are_texts(caller: Caller) -> None:
    video_id = caller.publish()["id"]
    assert caller.video(video_id, "statistics")["statistics"]["viewCount"] == "0"
    [stats] = caller.call("GET", "videos:batchGetStats", part="statistics", id=video_id)[1]["items"]
    assert stats["statistics"] == {"viewCount": "0", "likeCount": "0", "commentCount": "0"}


def test_only_some_categories_can_be_assigned(caller: Caller) -> None:
    items = caller.call("GET", "videoCategories", part="snippet", regionCode="US")[1]["items"]
    assert {item["id"]: item["snippet"]["assignable"] for item in items}["18"] is False
