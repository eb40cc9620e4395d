"""The calls and scopes that the documentation lists."""

import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
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
from tests.platforms.client import Client
from tests.platforms.minimal.example import PLATFORM as EXAMPLE

PLATFORMS = {**discover(), EXAMPLE.name: EXAMPLE}
each_platform = pytest.mark.parametrize("platform", PLATFORMS.values(), ids=PLATFORMS)

DESCRIBED = image(2, alt_text="A cat")
GIF = image(3, content_type="image/gif")
TALK = {"thread": (ThreadPart(text="two", media=(DESCRIBED,)),), "first_comment": "comment"}
POSTS: Mapping[str, Sequence[Mapping[str, Any]]] = {
    "bluesky": [{"media": (image(),), **TALK}],
    "example": [{"media": (image(),)}],
    "linkedin": [{"media": (image(),), "first_comment": "comment"}, {"media": (document(),)}],
    "threads": [{"media": (image(), video()), **TALK}],
    "twitter": [{"media": (image(),), **TALK}, {"media": (GIF,)}],
}
"""Posts that need every call of a platform. Each platform also publishes a text."""


def connect_by_domains(client: Client) -> None:
    for identifier in ("unknown.test", "did:web:example.com"):
        with suppress(PlatformFailure):  # no server of these domains is simulated
            client.connect(identifier=identifier)


def publish_as_a_page(client: Client) -> None:
    _, page, *_ = client.exchange(client.consent("pages")["code"])
    client.use(page)
    publish(client, {})


def exceed_a_limit(client: Client) -> None:
    client.connect("rate_limited")
    with suppress(PlatformFailure):
        publish(client, {})


MORE: Mapping[str, Callable[[Client], None]] = {
    "bluesky": connect_by_domains,
    "linkedin": publish_as_a_page,
    "threads": exceed_a_limit,
}
"""What else a platform can be used for."""


def publish(client: Client, content: Mapping[str, Any]) -> None:
    """Publish a post, look for each part of it as if its response was lost, and delete it."""
    platform, account = client.platform, client.account
    post = client.ready(account, f"post {len(client.calls)}", **content)
    said = client.finish(post)
    client.advance(seconds=platform.visibility_delay_s)
    for intent in list(client.intents):
        with suppress(PlatformFailure):
            client.look_for(post, intent)
    uris = [one.uri for one in said if isinstance(one, Live | Part | Extra)]
    if platform.is_there is not None:
        client.run(platform.is_there(facts(account), uris[0], client.settings))
    if platform.unpublish is not None:
        client.unpublish(*dict.fromkeys(uris))


@cache
def called(name: str) -> frozenset[tuple[str, str]]:
    """Run every flow of a platform, and return the method and the path of each call."""
    client = Client(PLATFORMS[name])
    client.connect("token_expiring")
    client.check()
    client.refresh()
    account = client.connect()
    for content in ({}, *POSTS[name]):
        publish(client, content)
    for resource in client.platform.resources:
        client.run(resource.read(facts(account), client.settings))
    client.run(client.platform.disconnect(facts(account), client.settings))
    if name in MORE:
        MORE[name](client)
    hosts = [str(value).rstrip("/") for value in vars(client.settings).values() if isinstance(value, AnyHttpUrl)]
    return frozenset((call.method, _path(call.url, hosts)) for call in client.calls)


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
    assert used == {row.call for row in platform.permissions}


def _needed(platform: Platform) -> set[str]:
    return {scope for one in platform.permissions for named in one.scopes for scope in named.split(" or ")}


@each_platform
def test_consent_asks_for_every_scope_that_a_call_needs_and_for_no_other(platform: Platform) -> None:
    assert platform.permissions
    features = {} if platform.oauth is None else platform.oauth.features
    assert _needed(platform) == {scope for scopes in features.values() for scope in scopes}
