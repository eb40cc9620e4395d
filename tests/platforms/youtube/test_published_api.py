"""The calls of the flows, the permissions and the limits follow Google's description of the API."""

import json
from urllib.parse import urlsplit

import pytest

from letmepost.domain.flow import Call
from letmepost.platforms.youtube.api import (
    add_captions,
    add_to_playlist,
    captions_in,
    comment,
    delete_video,
    list_captions,
    list_comments,
    list_playlist,
    read_channel,
    read_video,
    set_thumbnail,
)
from letmepost.platforms.youtube.options import YouTubeCaptions, YouTubeOptions
from letmepost.platforms.youtube.permissions import PERMISSIONS
from letmepost.platforms.youtube.rules import RULES
from letmepost.platforms.youtube.upload import open_session
from tests.doubles.media import image, video
from tests.platforms.youtube.discovery import Method, method_named, method_of, needs_discovery
from tests.platforms.youtube.transcripts import SETTINGS, VIDEO

pytestmark = needs_discovery

CAPTIONS = YouTubeCaptions(language="en", name="English", text="WEBVTT")
OPTIONS = YouTubeOptions.model_validate(
    {
        "title": "A title",
        "madeForKids": False,
        "publishAt": "2026-12-01T10:00:00+01:00",
        "tags": ["one", "two words"],
        "categoryId": "22",
        "containsSyntheticMedia": True,
    }
)
CALLS: dict[str, Call] = {
    "videos.insert": open_session(SETTINGS, video(), OPTIONS, "A text"),
    "videos.list": read_video(SETTINGS, VIDEO, "snippet,status,fileDetails,processingDetails"),
    "videos.delete": delete_video(SETTINGS, VIDEO),
    "channels.list": read_channel(SETTINGS),
    "playlistItems.list": list_playlist(SETTINGS, "PL1", ("videoId", VIDEO)),
    "playlistItems.insert": add_to_playlist(SETTINGS, "PL1", VIDEO, step="playlist"),
    "commentThreads.list": list_comments(SETTINGS, VIDEO),
    "commentThreads.insert": comment(SETTINGS, VIDEO, "First!", step="comment"),
    "captions.list": list_captions(SETTINGS, VIDEO),
    "captions.insert": add_captions(SETTINGS, VIDEO, CAPTIONS, "00ff", step="captions-1"),
    "thumbnails.set": set_thumbnail(SETTINGS, VIDEO, image(), step="thumbnail"),
}


def called(call: Call) -> Method:
    return method_of(call.method, urlsplit(call.url).path)


@pytest.mark.parametrize("name", CALLS)
def test_call_has_the_method_and_the_parameters_of_the_description(name: str) -> None:
    method = called(CALLS[name])
    assert method.name == f"youtube.{name}"
    method.check_query(dict(CALLS[name].query))


@pytest.mark.parametrize("name", ["videos.insert", "playlistItems.insert", "commentThreads.insert", "captions.insert"])
def test_body_follows_the_description(name: str) -> None:
    call = CALLS[name]
    body = {"snippet": captions_in(call)} if call.json is None else call.json
    called(call).check_request(json.dumps(body).encode())


def test_stated_permissions_are_those_of_the_description() -> None:
    stated = {row.call: set(" or ".join(row.scopes).split(" or ")) for row in PERMISSIONS if row.scopes}
    for name, call in CALLS.items():
        scopes = stated[f"{call.method} {urlsplit(call.url).path}"]
        assert scopes <= called(call).scopes, name


@pytest.mark.parametrize(
    ("rule_id", "name"),
    [("youtube.media.video_size_max", "videos.insert"), ("youtube.thumbnail.size_max", "thumbnails.set")],
)
def test_size_limit_is_that_of_the_description(rule_id: str, name: str) -> None:
    [limit] = [rule.limit for rule in RULES if rule.id == rule_id]
    assert limit == method_named(name).max_bytes
