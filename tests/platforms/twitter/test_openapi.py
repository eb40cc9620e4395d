"""Calls of the flows and responses of the simulator match X's own OpenAPI document."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from typing import Any

import jsonschema_rs
import pytest

from letmepost.domain.content import ThreadPart
from letmepost.domain.flow import Call, FormFile, Intent, Reply
from letmepost.platforms.contract import ReadyPost
from letmepost.platforms.twitter import PLATFORM
from tests.doubles.simulated import facts
from tests.platforms.twitter.specs import OPENAPI, needs_openapi
from tests.platforms.twitter.transcripts import gif, image, video
from tests.platforms.twitter.world import World

pytestmark = needs_openapi

PICTURE = replace(image(size_bytes=1000), alt_text="A cat")
MOVING = gif(size_bytes=9_000_000)
FILM = video(size_bytes=2_000_000)
_UNKNOWN = frozenset({"/2/oauth2/token", "/2/oauth2/revoke"})
_RENAMED = {"tweet.fields": "post.fields"}
"""The document has new names where every server and guide has the old ones."""


@cache
def document() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(OPENAPI.read_text())
    return found


def operation(call: Call) -> dict[str, Any]:
    path = call.url.partition("/org_1/twitter")[2]
    for template, item in document()["paths"].items():
        if call.method.lower() in item and re.fullmatch(re.sub(r"\{\w+\}", "[0-9]+", template), path):
            found: dict[str, Any] = item[call.method.lower()]
            return found
    raise AssertionError(f"{call.method} {path} is not in the document")


def check(value: object, schema: dict[str, Any]) -> None:
    jsonschema_rs.validator_for({**schema, "components": document()["components"]}).validate(value)


def check_request(call: Call) -> None:
    found = operation(call)
    content = found.get("requestBody", {}).get("content", {})
    if call.json is not None:
        check(call.json, content["application/json"]["schema"])
    if call.multipart is not None:
        schema = content["multipart/form-data"]["schema"]
        check({name: _plain(name, value) for name, value in call.multipart}, schema)
    if call.json is None and call.multipart is None:
        assert not content
    known = {parameter["name"]: parameter for parameter in parameters(found)}
    for name, value in call.query:
        parameter = known[_RENAMED.get(name, name)]
        is_list = parameter["schema"].get("type") == "array"
        typed = value.split(",") if is_list else int(value) if parameter["schema"].get("type") == "integer" else value
        if name not in _RENAMED:
            check(typed, parameter["schema"])


def parameters(found: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for parameter in found.get("parameters", []):
        name = parameter.get("$ref", "").rpartition("/")[2]
        yield document()["components"]["parameters"][name] if name else parameter


def check_reply(call: Call, reply: Reply) -> None:
    responses = operation(call)["responses"]
    assert str(reply.status) in responses
    check(dict(reply.data()), responses[str(reply.status)]["content"]["application/json"]["schema"])


def _plain(name: str, value: str | FormFile) -> object:
    return int(value) if name == "segment_index" and isinstance(value, str) else str(value)


def check_calls(world: World) -> None:
    """Check every request of flows, and its response."""
    for call, reply in zip(world.calls, world.replies, strict=True):
        if call.url.partition("/org_1/twitter")[2] not in _UNKNOWN:
            check_request(call)
            check_reply(call, reply)


@pytest.mark.parametrize(
    "content",
    [
        {"text": "hello example.com"},
        {"text": "", "media": (PICTURE, PICTURE)},
        {"text": "moving", "media": (MOVING,)},
        {"text": "film", "media": (FILM,)},
        {"text": "poll", "options": {"poll": {"options": ["a", "b"], "durationMinutes": 5}}},
        {"text": "one", "thread": (ThreadPart(text="two", media=(PICTURE,)),), "first_comment": "comment"},
        {"text": "said", "options": {"replySettings": "subscribers", "madeWithAi": True}},
    ],
)
def test_publishing_matches_the_document(content: dict[str, Any]) -> None:
    world = World()
    world.publish(world.connect(), **content)
    check_calls(world)


def test_quotes_and_replies_match_the_document() -> None:
    world = World()
    account = world.connect()
    for options in ({"quoteTweetId": "1"}, {"replyToTweetId": "1"}):
        post = world.ready(account, options=options)
        call = next(PLATFORM.publish(post, world.settings))
        assert isinstance(call, Call)
        check_request(call)


def test_reading_and_deleting_match_the_document() -> None:
    world = World()
    account = world.connect()
    [live] = world.publish(account, "hello example.com", media=(PICTURE,))
    world.run(PLATFORM.check(facts(account), world.settings))
    world.now = world.now.replace(minute=5)
    post: ReadyPost = world.ready(account)
    create = Call(method="GET", url="https://a.test", json={"text": "hello"})
    world.run(PLATFORM.reconcile(post, Intent(create, world.now.replace(minute=0)), world.settings))
    world.run(PLATFORM.unpublish(facts(account), [live.uri], world.settings))  # type: ignore[list-item, misc, union-attr]  # it can, and is Live
    check_calls(world)
