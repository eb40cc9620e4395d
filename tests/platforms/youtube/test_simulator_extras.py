"""Playlists, thumbnails, captions and comments of simulated videos."""

import json
from typing import Any

import pytest

from letmepost.platforms.youtube.simulator import SIMULATOR
from tests.platforms.youtube.simulated import Caller, changed

PNG = b"\x89PNG\r\n\x1a\nimage"


@pytest.fixture
def caller() -> Caller:
    """Return the client of a connected channel."""
    return Caller().connect()


def test_video_can_be_added_to_a_playlist_twice(caller: Caller) -> None:
    video_id = caller.publish()["id"]
    [playlist] = caller.call("GET", "playlists", part="id,snippet", mine="true")[1]["items"]
    snippet = {"playlistId": playlist["id"], "resourceId": {"kind": "youtube#video", "videoId": video_id}}
    query = {"part": "contentDetails", "playlistId": playlist["id"], "videoId": video_id}
    assert "items" not in caller.call("GET", "playlistItems", **query)[1]
    for _ in range(2):
        assert caller.call("POST", "playlistItems", {"snippet": snippet}, part="snippet")[0] == 200
    assert len(caller.call("GET", "playlistItems", **query)[1]["items"]) == 2
    for wrong, expected in (
        ({**snippet, "playlistId": "PLnone"}, (404, "playlistNotFound")),
        ({**snippet, "resourceId": {"kind": "youtube#video", "videoId": "none"}}, (404, "videoNotFound")),
        ({"playlistId": playlist["id"]}, (400, "resourceIdRequired")),
    ):
        assert caller.refusal("POST", "playlistItems", {"snippet": wrong}, part="snippet") == expected
    caller.connect()
    assert caller.refusal("POST", "playlistItems", {"snippet": snippet}, part="snippet") == (403, "forbidden")


def test_playlist_is_created_and_listed_first(caller: Caller) -> None:
    made = caller.call("POST", "playlists", {"snippet": {"title": "Soups"}}, part="snippet")[1]
    assert caller.call("GET", "playlists", part="snippet", mine="true")[1]["items"][0] == made
    assert caller.refusal("POST", "playlists", {"snippet": {}}, part="snippet") == (400, "playlistTitleRequired")
    hidden = {"snippet": {"title": "Soups"}, "status": {"privacyStatus": "hidden"}}
    assert caller.refusal("POST", "playlists", hidden, part="snippet") == (400, "invalidPlaylistSnippet")


def set_thumbnail(caller: Caller, video_id: str, content: bytes, kind: str = "image/png") -> tuple[int, Any]:
    headers = caller.signed(**{"content-type": kind})
    reply = caller.send("POST", "/upload/youtube/v3/thumbnails/set", content, headers, {"videoId": video_id})
    return reply.status, json.loads(reply.body)


def test_thumbnail_is_set(caller: Caller) -> None:
    video_id = caller.publish()["id"]
    status, data = set_thumbnail(caller, video_id, PNG)
    assert (status, data["items"][0]["default"]["width"]) == (200, 120)
    [post] = SIMULATOR.posts(caller.state)
    assert post.record["thumbnail"] is True


@pytest.mark.parametrize(
    ("content", "kind", "expected"),
    [
        (b"", "image/png", (400, "mediaBodyRequired")),
        (b"text", "image/png", (400, "invalidImage")),
        (PNG, "image/gif", (400, "badContent")),
        (PNG + bytes(52_428_800), "image/png", (413, "uploadTooLarge")),
    ],
)
def test_invalid_thumbnail_is_refused(caller: Caller, content: bytes, kind: str, expected: tuple[int, str]) -> None:
    status, data = set_thumbnail(caller, caller.publish()["id"], content, kind)
    assert (status, data["error"]["errors"][0]["reason"]) == expected


def test_thumbnail_needs_a_permission_of_the_channel() -> None:
    caller = Caller().connect("no_thumbnails")
    status, data = set_thumbnail(caller, caller.publish()["id"], PNG)
    assert (status, data["error"]["errors"][0]["domain"]) == (403, "youtube.thumbnail")


def add_caption(caller: Caller, snippet: object, content: bytes, newline: bytes) -> tuple[int, Any]:
    reply = caller.caption(snippet, content, newline)
    return reply.status, json.loads(reply.body)


@pytest.mark.parametrize("newline", [b"\r\n", b"\n"])
def test_captions_are_added_once_for_each_language_and_name(caller: Caller, newline: bytes) -> None:
    snippet = {"videoId": caller.publish()["id"], "language": "en", "name": "", "isDraft": False}
    status, caption = add_caption(caller, snippet, b"1\r\n00:00:00,000 --> 00:00:01,000\r\nHi", newline)
    assert (status, caption["snippet"]["status"]) == (200, "serving")
    assert caller.call("GET", "captions", part="snippet", videoId=snippet["videoId"])[1]["items"] == [caption]
    for changes, content, expected in (
        ({}, b"text", (409, "captionExists")),
        ({"language": "de"}, b"", (400, "contentRequired")),
        ({"language": "English"}, b"text", (400, "invalidMetadata")),
        ({"name": "a" * 151}, b"text", (400, "nameTooLong")),
        ({"videoId": "none"}, b"text", (404, "videoNotFound")),
    ):
        code, data = add_caption(caller, {**snippet, **changes}, content, newline)
        assert (code, data["error"]["errors"][0]["reason"]) == expected


def comment(video_id: str, text: object) -> dict[str, Any]:
    return {"snippet": {"videoId": video_id, "topLevelComment": {"snippet": {"textOriginal": text}}}}


def test_comment_is_a_reply_to_its_video(caller: Caller) -> None:
    video_id = caller.publish()["id"]
    status, made = caller.call("POST", "commentThreads", comment(video_id, "First & <best>"), part="snippet")
    assert status == 200
    shown = made["snippet"]["topLevelComment"]["snippet"]
    assert (shown["textOriginal"], shown["textDisplay"]) == ("First & <best>", "First &amp; &lt;best&gt;")
    assert caller.call("GET", "commentThreads", part="snippet", videoId=video_id)[1]["items"] == [made]
    _, post = SIMULATOR.posts(caller.state)
    assert (post.uri, post.text, post.reply_to) == (made["id"], "First & <best>", video_id)


@pytest.mark.parametrize(
    "body",
    [{"snippet": []}, {"snippet": {"topLevelComment": "First"}}, {"snippet": {"topLevelComment": {"snippet": 5}}}],
)
def test_comment_of_another_type_is_refused(caller: Caller, body: object) -> None:
    assert caller.refusal("POST", "commentThreads", body, part="snippet") == (400, "badRequest")


@pytest.mark.parametrize(
    ("changes", "text", "expected"),
    [
        ({}, "", (400, "commentTextRequired")),
        ({}, "a" * 10_001, (400, "commentTextTooLong")),
        ({}, 5, (400, "commentTextRequired")),
        ({"selfDeclaredMadeForKids": True}, "First", (403, "commentsDisabled")),
        ({"privacyStatus": "private"}, "First", (403, "commentsDisabled")),
    ],
)
def test_invalid_comment_is_refused(
    caller: Caller, changes: dict[str, Any], text: object, expected: tuple[int, str]
) -> None:
    video_id = caller.publish(changed("status", **changes))["id"]
    assert caller.refusal("POST", "commentThreads", comment(video_id, text), part="snippet") == expected


def test_comments_can_be_turned_off() -> None:
    caller = Caller().connect("comments_disabled")
    video_id = caller.publish()["id"]
    expected = (403, "commentsDisabled")
    assert caller.refusal("POST", "commentThreads", comment(video_id, "First"), part="snippet") == expected
    assert caller.refusal("GET", "commentThreads", part="snippet", videoId=video_id) == expected
    assert caller.refusal("GET", "commentThreads", part="snippet", videoId="none") == (404, "videoNotFound")
