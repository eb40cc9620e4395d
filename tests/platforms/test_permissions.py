"""The calls and scopes that the documentation lists."""

import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import pytest
from pydantic import AnyHttpUrl

from letmepost.domain.content import ThreadPart
from letmepost.domain.errors import PlatformFailure
from letmepost.domain.flow import Extra, Live, Part
from letmepost.platforms import discover
from letmepost.platforms.contract import Permission, Platform
from tests.doubles.media import document, image, video
from tests.doubles.simulated import facts
from tests.doubles.worker import Worker
from tests.platforms.instagram.suite import FACEBOOK as FACEBOOK_LOGIN
from tests.platforms.minimal.example import PLATFORM as EXAMPLE

PLATFORMS = {**discover(), EXAMPLE.name: EXAMPLE}
each_platform = pytest.mark.parametrize("platform", PLATFORMS.values(), ids=PLATFORMS)

DESCRIBED = image(2, alt_text="A cat")
WIDE = video(8, width_px=1920, height_px=1080)
GIF = image(3, content_type="image/gif")
TALK = {"thread": (ThreadPart(text="two", media=(DESCRIBED,)),), "first_comment": "comment"}
VIDEO_OPTIONS = {
    "title": "A title",
    "madeForKids": False,
    "thumbnail": "med_2",
    "captions": [{"language": "en", "text": "WEBVTT"}],
}
THUMBNAIL = {"option_media": {"thumbnail": image(2)}}
POSTS: Mapping[str, Sequence[Mapping[str, Any]]] = {
    "bluesky": [{"media": (image(),), **TALK}, {"media": (video(),)}],
    "example": [{"media": (image(),)}],
    "facebook": [
        {"media": (image(),), "first_comment": "comment"},
        {"media": (image(),), "options": {"kind": "story"}},
        {"media": (replace(WIDE, thumbnail=image(2)),)},
        {"media": (video(),)},
        {"media": (video(),), "options": {"kind": "story"}},
    ],
    "instagram": [
        {"media": (image(),), "first_comment": "comment"},
        {"media": (image(),), "options": {"kind": "story"}},
    ],
    "mastodon": [{"media": (replace(video(), thumbnail=image(2)),), "first_comment": "comment"}],
    "linkedin": [
        {"media": (image(),), "first_comment": "comment"},
        {"media": (document(),)},
        {"media": (video(),), "options": {"captions": "00:00:01,000 --> 00:00:04,000"}},
    ],
    "pinterest": [{"media": (image(),)}, {"media": (video(),)}],
    "threads": [{"media": (image(), video()), **TALK}],
    "tiktok": [
        {"media": (media,), "options": {"mode": mode, "privacy": "PUBLIC_TO_EVERYONE"}}
        for media in (image(), video())
        for mode in ("direct", "inbox")
    ],
    "twitter": [{"media": (image(),), **TALK}, {"media": (GIF,)}],
    "youtube": [{"media": (video(),), "first_comment": "comment", "options": VIDEO_OPTIONS, **THUMBNAIL}],
}
"""Posts that need every call of a platform. Each platform also publishes a text, if it can."""
TEXTLESS = frozenset({"instagram", "pinterest", "tiktok", "youtube"})
"""Platforms that publish no text alone."""


def connect_by_domains(worker: Worker) -> None:
    for identifier in ("unknown.test", "did:web:example.com"):
        with suppress(PlatformFailure):  # no server of these domains is simulated
            worker.connect(identifier=identifier)


def publish_as_a_page(worker: Worker) -> None:
    _, page, *_ = worker.exchange(worker.consent("pages")["code"])
    worker.use(page)
    publish(worker, {})


def connect_pages_of_a_business(worker: Worker) -> None:
    worker.exchange(worker.consent("business")["code"])
    for item in (video(), WIDE):  # published, and then hidden from the token
        post = worker.ready(worker.account, media=(item,))
        worker.finish(post)
        [intent] = worker.intents()
        worker.use(worker.exchange(worker.consent("pages")["code"])[0])
        worker.look_for(replace(post, account=facts(worker.account)), intent)


def log_in_with_facebook(worker: Worker) -> None:
    other = Worker(platform=replace(FACEBOOK_LOGIN, name="instagram"))
    other.exchange(other.consent("business")["code"])
    other.run(other.platform.check(facts(other.account), other.settings))
    publish(other, {"media": (video(),)})
    for options in ({"poll": {"options": ["a", "b"]}}, {"commentPrompt": True}):
        publish(other, {"media": (image(),), "first_comment": "comment", "options": options})
    worker.calls += other.calls


def exceed_a_limit(worker: Worker) -> None:
    worker.connect("rate_limited")
    with suppress(PlatformFailure):
        publish(worker, {})


def use_boards(worker: Worker) -> None:
    account = worker.account
    board_id, section_id = account.data["boards"][0]["id"], "7"
    for change, body in zip(worker.platform.changes, ({"name": "New"}, {"boardId": board_id}), strict=True):
        worker.run(change.run(facts(account), change.body.model_validate(body), worker.settings))
    worker.state[f"section/{section_id}"] = {"id": section_id, "board": board_id, "name": "Section"}
    publish(worker, {"media": (image(),), "options": {"boardSectionId": section_id}})


def add_to_a_playlist(worker: Worker) -> None:
    playlists = [worker.state[key] for key in worker.state if key.startswith("playlist/")]
    channel_id = worker.account.platform_account_id
    [playlist_id] = [one["id"] for one in playlists if one["channel"] == channel_id]
    publish(worker, {"media": (video(),), "options": {**VIDEO_OPTIONS, "playlistId": playlist_id}, **THUMBNAIL})


MORE: Mapping[str, Callable[[Worker], None]] = {
    "bluesky": connect_by_domains,
    "facebook": connect_pages_of_a_business,
    "instagram": log_in_with_facebook,
    "linkedin": publish_as_a_page,
    "pinterest": use_boards,
    "threads": exceed_a_limit,
    "youtube": add_to_a_playlist,
}
"""What else a platform can be used for."""


NOT_SIMULATED: Mapping[str, Mapping[str, str]] = {
    "mastodon": {"GET /api/v1/instance": "only servers before 4.0 and forks need it, and the simulator is newer"},
}
"""Rows whose call does not occur, and why."""


def publish(worker: Worker, content: Mapping[str, Any]) -> None:
    """Publish a post, look for each part of it as if its response was lost, and delete it."""
    platform, account = worker.platform, worker.account
    is_story = content.get("options", {}).get("kind") == "story"
    post = worker.ready(account, "" if is_story else f"post {len(worker.calls)}", **content)
    said = worker.finish(post)
    worker.advance(seconds=platform.visibility_delay_s)
    for intent in worker.intents():
        with suppress(PlatformFailure):
            worker.look_for(post, intent)
    uris = [one.uri for one in said if isinstance(one, Live | Part | Extra)]
    if platform.is_there is not None:
        worker.run(platform.is_there(facts(account), uris[0], worker.settings))
    if platform.unpublish is not None:
        with suppress(PlatformFailure):  # an account can lack the permission
            worker.run(platform.unpublish(facts(account), [*dict.fromkeys(uris)], worker.settings))


@cache
def called(name: str) -> frozenset[tuple[str, str]]:
    """Run every flow of a platform, and return the method and the path of each call."""
    platform = PLATFORMS[name]
    worker = Worker(platform=platform)
    account = worker.connect("token_expiring" if "token_expiring" in platform.simulator.scenarios else "ok")
    worker.run(platform.check(facts(account), worker.settings))
    worker.refresh()
    account = worker.connect()
    for content in POSTS[name] if name in TEXTLESS else ({}, *POSTS[name]):
        publish(worker, content)
    for resource in platform.resources:
        worker.run(resource.read(facts(account), worker.settings))
    worker.run(platform.disconnect(facts(account), worker.settings))
    if name in MORE:
        MORE[name](worker)
    addresses = [str(value).rstrip("/") for value in vars(worker.settings).values() if isinstance(value, AnyHttpUrl)]
    hosts = [worker.root, *addresses]
    return frozenset((call.method, _path(call.url, hosts)) for call in worker.calls)


def _path(url: str, hosts: Sequence[str]) -> str:
    """Return the path of a call. On the simulator, each host of the platform is a folder."""
    host = max((host for host in hosts if url.startswith(f"{host}/")), key=len, default="")
    return urlsplit(url.removeprefix(host)).path


def rows_of(platform: Platform, method: str, path: str) -> list[Permission]:
    """Return the rows that describe a call. A row without parameters comes before one that has some."""
    found = [row for row in platform.permissions if _pattern(row).fullmatch(f"{method} {path}")]
    return [row for row in found if "{" not in row.call] or found


def _pattern(row: Permission) -> re.Pattern[str]:
    """Return the pattern of a row's calls. Without a path, the platform returns the whole URL."""
    parameter = "[^/]+" if " /" in row.call else ".+"
    return re.compile(re.sub(r"\\\{.*?\\\}", lambda _: parameter, re.escape(row.call)))


@each_platform
def test_every_call_of_a_flow_has_one_row(platform: Platform) -> None:
    found = {(method, path): len(rows_of(platform, method, path)) for method, path in called(platform.name)}
    assert {call: count for call, count in found.items() if count != 1} == {}


@each_platform
def test_every_row_is_a_call_of_a_flow(platform: Platform) -> None:
    used = {row.call for method, path in called(platform.name) for row in rows_of(platform, method, path)}
    assert used | set(NOT_SIMULATED.get(platform.name, ())) == {row.call for row in platform.permissions}


def _needed(platform: Platform) -> set[str]:
    return {scope for one in platform.permissions for named in one.scopes for scope in named.split(" or ")}


@each_platform
def test_consent_asks_for_every_scope_that_a_call_needs_and_for_no_other(platform: Platform) -> None:
    assert platform.permissions
    features = {} if platform.oauth is None else platform.oauth.features
    asked = {scope for scopes in features.values() for named in scopes for scope in named.split(" or ")}
    assert _needed(platform) == asked
