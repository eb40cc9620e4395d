"""The simulator publishes as TikTok does, and refuses what TikTok refuses."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from letmepost.domain.sandbox_pages import post_path
from tests.platforms.tiktok.network import (
    MOVIE,
    PHOTO,
    PRIVATE,
    PUBLIC,
    ROOT,
    SWITCHES,
    Network,
    data_of,
    photos,
    problem_of,
    video,
)

VIDEO_INIT = "post/publish/video/init"
INBOX_INIT = "post/publish/inbox/video/init"
PHOTO_INIT = "post/publish/content/init"
INVALID = (400, "invalid_params")
FIELDS = "id,create_time,title,video_description,share_url"


def test_video_is_published_and_listed_after_moderation() -> None:
    client = Network().connect()
    started = data_of(client.init())
    assert started["publish_id"].startswith("v_pub_file~v2-1.")
    assert len(started["publish_id"]) <= 64
    assert len(started["upload_url"]) <= 256
    assert client.status(started["publish_id"])["status"] == "PROCESSING_UPLOAD"
    reply = client.upload(started["upload_url"])
    assert (reply.status, reply.headers["content-range"]) == (201, f"bytes 0-{len(MOVIE)}/{len(MOVIE)}")
    assert client.status(started["publish_id"])["uploaded_bytes"] == len(MOVIE)
    client.network.advance(1)
    done = client.status(started["publish_id"])
    assert (done["status"], done["publicaly_available_post_id"]) == ("PUBLISH_COMPLETE", [])
    assert client.post("video/list", {}, fields=FIELDS)["videos"] == []
    client.network.advance(30)
    [post_id] = client.status(started["publish_id"])["publicaly_available_post_id"]
    assert post_id > 2**53
    assert str(post_id) not in started["publish_id"] + started["upload_url"]
    [listed] = client.post("video/list", {"max_count": 20}, fields=FIELDS)["videos"]
    assert (listed["id"], listed["title"], listed["video_description"]) == (str(post_id), "A dog", "A dog")
    assert listed["share_url"] == f"{ROOT}{post_path(started['publish_id'])}"


def test_followers_see_the_video_that_was_uploaded() -> None:
    client = Network().connect()
    publish_id = client.publish({**PUBLIC, "disable_duet": True})
    [post] = client.network.posts()
    assert (post.uri, post.text, post.account_id) == (publish_id, "A dog", client.granted["open_id"])
    assert post.record["video"]["sizeBytes"] == len(MOVIE)
    assert post.record["disable_duet"] is True


def test_photos_are_published_and_listed() -> None:
    client = Network().connect()
    publish_id = data_of(client.send_photos(is_aigc=True))["publish_id"]
    assert publish_id.startswith("p_pub_url~v2.")
    assert client.status(publish_id)["status"] == "PROCESSING_DOWNLOAD"
    client.network.advance(31)
    [post_id] = client.status(publish_id)["publicaly_available_post_id"]
    [post] = client.network.posts()
    assert (post.text, post.record["photo_images"], post.record["is_aigc"]) == ("A cat", [PHOTO], True)
    [listed] = client.post("video/query", {"filters": {"video_ids": [str(post_id), "1"]}}, fields=FIELDS)["videos"]
    assert listed["video_description"] == "A cat"
    assert listed["share_url"] == f"{ROOT}{post_path(publish_id)}"


def test_private_post_has_no_id_and_is_not_listed() -> None:
    client = Network().connect()
    publish_id = client.publish(PRIVATE)
    client.network.advance(86_400)
    client.refresh()
    done = client.status(publish_id)
    assert (done["status"], done["publicaly_available_post_id"]) == ("PUBLISH_COMPLETE", [])
    assert client.post("video/list", {}, fields=FIELDS)["videos"] == []
    assert [post.uri for post in client.network.posts()] == [publish_id]


def test_video_in_the_inbox_is_not_published_and_has_no_caption() -> None:
    client = Network().connect()
    started = client.post(INBOX_INIT, video())
    assert started["publish_id"].startswith("v_inbox_file~v2.")
    client.upload(started["upload_url"])
    client.network.advance(86_400)
    client.refresh()
    assert client.status(started["publish_id"])["status"] == "SEND_TO_USER_INBOX"
    assert client.network.posts() == []


def test_person_publishes_what_is_in_the_inbox() -> None:
    client = Network().connect("inbox_finished")
    publish_id = data_of(client.send_photos({"description": "A cat"}, post_mode="MEDIA_UPLOAD"))["publish_id"]
    assert publish_id.startswith("p_inbox_url~v2.")
    client.network.advance(2)
    assert client.status(publish_id)["status"] == "SEND_TO_USER_INBOX"
    client.network.advance(100)
    done = client.status(publish_id)
    assert (done["status"], len(done["publicaly_available_post_id"])) == ("PUBLISH_COMPLETE", 1)
    assert [post.text for post in client.network.posts()] == ["A cat"]


@pytest.mark.parametrize("path", [VIDEO_INIT, INBOX_INIT])
def test_video_is_fetched_from_a_url(path: str) -> None:
    client = Network().connect()
    source = {"source": "PULL_FROM_URL", "video_url": "https://media.example.com/1.mp4"}
    started = client.post(path, {"post_info": PUBLIC, "source_info": source})
    assert "upload_url" not in started
    assert "_url~v2." in started["publish_id"]
    assert client.status(started["publish_id"])["downloaded_bytes"] == 0


@pytest.mark.parametrize("scenario", ["ok", "processing_forever"])
def test_download_can_be_canceled_before_it_is_published(scenario: str) -> None:
    client = Network().connect(scenario)
    publish_id = data_of(client.send_photos())["publish_id"]
    client.post("post/publish/cancel", {"publish_id": publish_id})
    canceled = client.status(publish_id)
    assert (canceled["status"], canceled["fail_reason"]) == ("FAILED", "publish_cancelled")
    assert client.network.posts() == []
    other = client.publish()
    assert client.refused("post/publish/cancel", {"publish_id": other}) == (400, "publish_not_cancellable")


def test_list_has_pages_and_shows_150_characters() -> None:
    client = Network().connect()
    for number in range(3):
        client.publish({**PUBLIC, "title": f"{number}{'a' * 200}"})
        client.network.advance(60)
    first = client.post("video/list", {"max_count": 2}, fields="title")
    assert (first["has_more"], [row["title"][0] for row in first["videos"]]) == (True, ["2", "1"])
    assert {len(row["title"]) for row in first["videos"]} == {150}
    second = client.post("video/list", {"max_count": 2, "cursor": first["cursor"]}, fields="title")
    assert (second["has_more"], [row["title"][0] for row in second["videos"]]) == (False, ["0"])


def test_task_of_another_account_is_not_accessible() -> None:
    network = Network()
    publish_id = network.connect().publish()
    other = network.connect()
    status = "post/publish/status/fetch"
    expected = (400, "token_not_authorized_for_specified_publish_id")
    assert other.refused(status, {"publish_id": publish_id}) == expected
    assert other.refused(status, {"publish_id": "v_pub_file~v2-1.1"}) == (400, "invalid_publish_id")
    network.advance(60)
    assert other.post("video/list", {}, fields=FIELDS)["videos"] == []


@pytest.mark.parametrize(
    ("post", "expected"),
    [
        ({}, INVALID),
        ({"title": "A dog"}, INVALID),
        ({**PUBLIC, "privacy_level": "EVERYONE"}, INVALID),
        ({**PUBLIC, "privacy_level": "FOLLOWER_OF_CREATOR"}, (403, "privacy_level_option_mismatch")),
        ({**PUBLIC, "title": "a" * 2201}, INVALID),
        ({**PUBLIC, "title": "👍" * 1101}, INVALID),
        ({**PUBLIC, "title": 5}, INVALID),
        ({**PUBLIC, "disable_duet": "true"}, INVALID),
        ({**PRIVATE, "brand_content_toggle": True}, INVALID),
    ],
)
def test_invalid_video_post_is_refused(post: dict[str, Any], expected: tuple[int, str]) -> None:
    client = Network().connect()
    assert problem_of(client.init(post)) == expected
    assert client.network.posts() == []


@pytest.mark.parametrize("title", ["a" * 2200, "👍" * 1100, ""])
def test_longest_caption_and_both_brand_switches_are_accepted(title: str) -> None:
    client = Network().connect()
    client.publish({**PUBLIC, "title": title, "brand_content_toggle": True, "brand_organic_toggle": True})
    assert [post.text for post in client.network.posts()] == [title]


PHOTO_POST = {**SWITCHES, **PUBLIC, "title": "", "description": ""}


@pytest.mark.parametrize(
    "changes",
    [
        *({name: None} for name in SWITCHES),
        {"title": "a" * 91},
        {"description": "a" * 4001},
        {"disable_duet": True},
        {"privacy_level": None},
    ],
)
def test_invalid_photo_post_is_refused(changes: dict[str, Any]) -> None:
    client = Network().connect()
    post = {name: value for name, value in {**PHOTO_POST, **changes}.items() if value is not None}
    assert client.refused(PHOTO_INIT, photos(post)) == INVALID
    assert client.network.posts() == []


@pytest.mark.parametrize(
    "changes",
    [
        {"source": "FILE_UPLOAD"},
        {"photo_images": []},
        {"photo_images": [PHOTO] * 36},
        {"photo_images": ["nowhere"]},
        {"photo_images": ["http://["]},
        {"photo_images": [5]},
        {"photo_cover_index": 1},
        {"photo_cover_index": None},
        {"photo_cover_index": False},
    ],
)
def test_invalid_source_of_photos_is_refused(changes: dict[str, Any]) -> None:
    body = photos()
    assert (
        Network().connect().refused(PHOTO_INIT, {**body, "source_info": {**body["source_info"], **changes}}) == INVALID
    )


@pytest.mark.parametrize("changes", [{"media_type": "VIDEO"}, {"post_mode": "DIRECT POST"}, {"post_info": None}])
def test_invalid_kind_of_photo_post_is_refused(changes: dict[str, Any]) -> None:
    assert Network().connect().refused(PHOTO_INIT, photos(**changes)) == INVALID


def test_missing_switch_of_photos_gets_a_message_about_something_else() -> None:
    reply = Network().connect().send_photos(PUBLIC)
    assert json.loads(reply.body)["error"]["message"] == "Invalid authorization header. Please check the format."


def test_longest_photo_post_is_accepted() -> None:
    client = Network().connect()
    post = {**PHOTO_POST, "title": "a" * 90, "description": "👍" * 2000}
    source = {"source": "PULL_FROM_URL", "photo_cover_index": 34, "photo_images": [PHOTO] * 35}
    assert data_of(client.send_photos(post, source_info=source))["publish_id"]


@pytest.mark.parametrize("body", [[], {"post_info": PUBLIC}, {"post_info": PUBLIC, "source_info": {"source": "DISK"}}])
def test_invalid_body_is_refused(body: object) -> None:
    assert Network().connect().refused(VIDEO_INIT, body) == INVALID


@pytest.mark.parametrize(
    ("path", "body", "query"),
    [
        ("video/list", {"max_count": 21}, {"fields": "id"}),
        ("video/list", {"cursor": "1"}, {"fields": "id"}),
        ("video/list", {}, {}),
        ("video/list", {}, {"fields": "id,shares"}),
        ("video/query", {"filters": {"video_ids": ["1"] * 21}}, {"fields": "id"}),
        ("video/query", {}, {"fields": "id"}),
    ],
)
def test_invalid_list_is_refused(path: str, body: object, query: Mapping[str, str]) -> None:
    assert Network().connect().refused(path, body, **query) == INVALID


def test_account_states_what_it_allows() -> None:
    network = Network()
    shown = network.connect().creator()
    assert shown["privacy_level_options"] == ["PUBLIC_TO_EVERYONE", "MUTUAL_FOLLOW_FRIENDS", "SELF_ONLY"]
    assert (shown["comment_disabled"], shown["duet_disabled"], shown["stitch_disabled"]) == (False, False, False)
    private = network.connect("private_account").creator()
    assert private["privacy_level_options"] == ["FOLLOWER_OF_CREATOR", "MUTUAL_FOLLOW_FRIENDS", "SELF_ONLY"]
    assert (private["comment_disabled"], private["duet_disabled"], private["stitch_disabled"]) == (False, True, True)
    restricted = network.connect("restricted_creator").creator()
    assert (restricted["comment_disabled"], restricted["max_video_post_duration_sec"]) == (True, 60)


def test_unknown_path_is_refused() -> None:
    assert Network().connect().refused("post/publish/video") == (404, "unsupported_path")
