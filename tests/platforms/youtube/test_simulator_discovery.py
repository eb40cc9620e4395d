"""What the simulator accepts and returns follows Google's description of the API."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from letmepost.platforms.simulation import SimulatedReply
from letmepost.platforms.youtube.simulator.oauth import APP
from tests.platforms.youtube.discovery import method_named, method_of, needs_discovery
from tests.platforms.youtube.simulated import CALLBACK, METADATA, Caller

pytestmark = needs_discovery

PREFIX = "https://www.googleapis.com/auth/"
SCOPES = ("youtube", "youtube.force-ssl", "youtube.readonly", "youtube.upload", "youtubepartner")
PNG = b"\x89PNG\r\n\x1a\nimage"
ALL_PARTS = (
    "id,snippet,status,statistics,contentDetails,processingDetails,fileDetails,suggestions,player,localizations,"
    "recordingDetails,paidProductPlacementDetails"
)
EVERYTHING: Mapping[str, Any] = {
    "snippet": {**METADATA["snippet"], "defaultLanguage": "en", "defaultAudioLanguage": "en"},
    "status": {
        "privacyStatus": "private",
        "publishAt": "2026-12-01T09:00:00Z",
        "license": "creativeCommon",
        "embeddable": False,
        "publicStatsViewable": False,
        "selfDeclaredMadeForKids": False,
        "containsSyntheticMedia": True,
    },
    "localizations": {"de": {"title": "Titel", "description": "Text"}},
    "recordingDetails": {"recordingDate": "2026-11-20T00:00:00Z"},
    "paidProductPlacementDetails": {"hasPaidProductPlacement": True},
}


@dataclass
class Witness(Caller):
    """A client that checks each request that succeeds, and its response."""

    checked: list[str] = field(default_factory=list)

    def send(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
    ) -> SimulatedReply:
        reply = super().send(method, path, body, headers, query)
        if "/youtube/v3/" in path and 200 <= reply.status < 300:
            self._check(method, path, body, query or {}, reply)
        return reply

    def _check(self, verb: str, path: str, body: bytes, query: Mapping[str, str], reply: SimulatedReply) -> None:
        if verb == "PUT" and path.startswith("/upload/"):  # the last part of a video
            method_of("POST", path).check_response(reply.body)
            return
        called = method_of(verb, path)
        called.check_query(query)
        if not path.startswith("/upload/") or path.endswith("/videos"):
            called.check_request(body)
        if reply.body:
            called.check_response(reply.body)
        self.checked.append(called.name)


def calls(video_id: str, playlist_id: str) -> Mapping[str, Callable[[Caller], SimulatedReply]]:
    """Return a call of every method, by the name of the method."""

    def call(verb: str, path: str, body: object = None, **query: str) -> Callable[[Caller], SimulatedReply]:
        given = b"" if body is None else json.dumps(body).encode()
        return lambda caller: caller.send(verb, f"/youtube/v3/{path}", given, caller.signed(), query)

    resource_id = {"kind": "youtube#video", "videoId": video_id}
    item = {"snippet": {"playlistId": playlist_id, "resourceId": resource_id}}
    text = {"snippet": {"videoId": video_id, "topLevelComment": {"snippet": {"textOriginal": "First"}}}}
    change = {"id": video_id, "snippet": EVERYTHING["snippet"], "status": METADATA["status"]}
    kinds = "id,snippet,contentDetails,status"
    return {
        "channels.list": call("GET", "channels", part=f"{kinds},statistics", mine="true"),
        "videos.insert": lambda caller: caller.open(EVERYTHING),
        "videos.list": call("GET", "videos", part=ALL_PARTS, id=video_id),
        "videos.update": call("PUT", "videos", change, part="snippet,status"),
        "videos.batchGetStats": call("GET", "videos:batchGetStats", part="statistics", id=video_id),
        "search.list": call("GET", "search", part="id", forMine="true", type="video", order="date", maxResults="10"),
        "videoCategories.list": call("GET", "videoCategories", part="snippet", regionCode="US"),
        "playlists.insert": call("POST", "playlists", {"snippet": {"title": "Soups"}}, part="snippet,status"),
        "playlists.list": call("GET", "playlists", part=kinds, mine="true", maxResults="50"),
        "playlistItems.insert": call("POST", "playlistItems", item, part=kinds),
        "playlistItems.list": call("GET", "playlistItems", part=kinds, playlistId=playlist_id, videoId=video_id),
        "commentThreads.insert": call("POST", "commentThreads", text, part="snippet"),
        "commentThreads.list": call("GET", "commentThreads", part="snippet", videoId=video_id, order="time"),
        "thumbnails.set": lambda caller: caller.send(
            "POST",
            "/upload/youtube/v3/thumbnails/set",
            PNG,
            caller.signed(**{"content-type": "image/png"}),
            {"videoId": video_id, "uploadType": "media"},
        ),
        "captions.insert": lambda caller: caller.caption({"videoId": video_id, "language": "en", "name": ""}, b"text"),
        "captions.list": call("GET", "captions", part="snippet", videoId=video_id),
        "videos.delete": call("DELETE", "videos", id=video_id),
    }


def started(caller: Caller) -> Mapping[str, Callable[[Caller], SimulatedReply]]:
    """Connect a channel, publish a video, and return the calls for it."""
    caller.connect()
    video = caller.publish(EVERYTHING)
    caller.call("PUT", "videos", {"id": video["id"], "status": METADATA["status"]}, part="status")
    caller.advance(minutes=1)
    [playlist] = caller.call("GET", "playlists", part="id", mine="true")[1]["items"]
    return calls(video["id"], playlist["id"])


def test_every_request_and_response_follows_the_description() -> None:
    witness = Witness()
    every = started(witness)
    witness.checked.clear()
    for name, send in every.items():
        reply = send(witness)
        assert 200 <= reply.status < 300, (name, reply.body)
    assert witness.checked == [f"youtube.{name}" for name in every]


@pytest.mark.parametrize("scenario", ["processing_forever", "processing_failed", "duplicate"])
def test_every_state_of_a_video_follows_the_description(scenario: str) -> None:
    witness = Witness().connect(scenario)
    video_id = witness.publish()["id"]
    for _ in range(2):
        witness.video(video_id, ALL_PARTS)
        witness.advance(minutes=1)


@pytest.mark.parametrize("scope", SCOPES)
def test_scopes_permit_what_the_description_states(scope: str) -> None:
    caller = Caller()
    every = started(caller)
    query = {
        "client_id": APP.client_id,
        "redirect_uri": CALLBACK,
        "response_type": "code",
        "scope": f"{PREFIX}{scope}",
        "access_type": "offline",
        "choice": "again",
    }
    location = caller.send("GET", "/o/oauth2/v2/auth", query=query).headers["location"]
    caller.connect(code=parse_qs(urlsplit(location).query)["code"][0])
    permitted = {name for name, send in every.items() if send(caller).status != 403}
    assert permitted == {name for name in every if f"{PREFIX}{scope}" in method_named(name).scopes}


def test_files_have_the_described_sizes() -> None:
    caller = Caller().connect()
    limit = method_named("videos.insert").max_bytes
    assert caller.open(size_bytes=limit).status == 200
    assert caller.open(size_bytes=limit + 1).status == 413
