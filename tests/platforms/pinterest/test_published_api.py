"""Every request of the flows, and every response of the simulator, follows the OpenAPI description of Pinterest."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import jsonschema_rs
import pytest

from letmepost.domain.errors import PlatformFailure
from letmepost.domain.flow import Live
from letmepost.platforms.contract import Platform
from letmepost.platforms.pinterest import PLATFORM
from letmepost.platforms.pinterest.resources import (
    CreatePinterestBoard,
    SetPinterestDefaultBoard,
    boards,
    create,
    set_default,
)
from letmepost.platforms.pinterest.simulator.media import UPLOAD_PATH
from letmepost.platforms.simulation import SimulatedReply
from tests.doubles.simulated import facts
from tests.doubles.worker import Worker
from tests.platforms.pinterest.suite import SUITE, pin

_BESIDE = (folder / "shared/specs/pinterest-openapi.json" for folder in Path(__file__).parents)
SPECIFICATION = next((path for path in _BESIDE if path.exists()), None)
"""The description is not part of this repository. Without the file, the tests are skipped."""

pytestmark = pytest.mark.skipif(SPECIFICATION is None, reason="the OpenAPI description of Pinterest is not at hand")

API: dict[str, Any] = json.loads(SPECIFICATION.read_text(encoding="utf-8")) if SPECIFICATION else {"paths": {}}


def modern(value: Any) -> Any:
    """Return a schema of OpenAPI 3.0 as JSON Schema, where null is a type."""
    if isinstance(value, list):
        return [modern(item) for item in value]
    if not isinstance(value, dict):
        return value
    schema = {name: modern(item) for name, item in value.items() if name not in {"nullable", "example"}}
    return {"anyOf": [schema, {"type": "null"}]} if value.get("nullable") is True else schema


COMPONENTS = modern(API.get("components", {}))


def resolved(value: Any) -> Any:
    while "$ref" in value:
        found: Any = API
        for part in value["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        value = found
    return value


def check_schema(schema: Mapping[str, Any], value: object) -> None:
    validator_of(json.dumps(schema)).validate(value)


@cache
def validator_of(schema: str) -> jsonschema_rs.Validator:
    """Return the validator of a schema, given as JSON: compiling one takes longer than using it."""
    described = modern(json.loads(schema))
    whole = {"$schema": "https://json-schema.org/draft/2020-12/schema", **described, "components": COMPONENTS}
    return jsonschema_rs.validator_for(whole)


@dataclass
class Witness(Worker):
    """A worker that checks each request and response. A response that is lost on the way is checked, too."""

    platform: Platform = PLATFORM
    count: int = 0

    def ask(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
        *,
        query: tuple[tuple[str, str], ...] = (),
    ) -> SimulatedReply:
        reply = super().ask(method, path, body, headers, query=query)
        if path == UPLOAD_PATH:  # of S3, which the description does not contain
            return reply
        operation = operation_of(method, path.removeprefix("/v5"))
        content_type = next((value for name, value in (headers or {}).items() if name.lower() == "content-type"), None)
        check_request(operation, content_type, body, query)
        check_reply(operation, reply)
        if path == "/v5/oauth/token" and reply.status == 200:
            kind = {"authorization_code": "Code", "refresh_token": "Refresh"}[
                dict(parse_qsl(body.decode()))["grant_type"]
            ]
            check_schema({"$ref": f"#/components/schemas/OauthAccessTokenResponse{kind}"}, json.loads(reply.body))
        self.count += 1
        return reply


def operation_of(method: str, path: str) -> dict[str, Any]:
    for template, operations in API["paths"].items():
        pattern = re.sub(r"\{\w+\}", r"[0-9]+", template)
        if re.fullmatch(pattern, path) and method.lower() in operations:
            found: dict[str, Any] = operations[method.lower()]
            return found
    raise AssertionError(f"the API has no {method} {path}")


def check_request(
    operation: Mapping[str, Any], content_type: str | None, body: bytes, query: tuple[tuple[str, str], ...]
) -> None:
    parameters = [resolved(one) for one in operation.get("parameters", ())]
    schemas = {one["name"]: one["schema"] for one in parameters if one["in"] == "query"}
    for name, value in query:
        check_schema(schemas[name], int(value) if resolved(schemas[name]).get("type") == "integer" else value)
    content = operation.get("requestBody", {}).get("content", {})
    assert content_type in (content or {None})
    if content_type == "application/json":
        check_schema(content[content_type]["schema"], json.loads(body))


def check_reply(operation: Mapping[str, Any], reply: SimulatedReply) -> None:
    responses = operation["responses"]
    described = resolved(responses.get(str(reply.status)) or responses["default"])
    if "content" not in described:
        assert (reply.status, reply.body) == (204, b"")
    elif reply.body != b"{}":  # the scenario in which the response is empty
        check_schema(described["content"]["application/json"]["schema"], json.loads(reply.body))


def use_everything(worker: Worker) -> None:
    worker.connect("token_expiring")
    worker.refresh()
    account = worker.connect()
    worker.run(PLATFORM.check(facts(account), worker.settings))
    wanted = CreatePinterestBoard.model_validate({"name": "New", "description": "A board", "privacy": "SECRET"})
    worker.run(create(facts(account), wanted, worker.settings))
    worker.run(boards(facts(account), worker.settings))
    default = SetPinterestDefaultBoard.model_validate({"boardId": account.preferences["board"]["id"]})
    worker.run(set_default(facts(account), default, worker.settings))
    assert PLATFORM.is_there is not None
    assert PLATFORM.unpublish is not None
    for content in SUITE.posts().values():
        post = worker.ready(account, **content)
        uri = next(one.uri for one in worker.finish(post) if isinstance(one, Live))
        worker.look_for(post, worker.intents()[-1])
        worker.run(PLATFORM.is_there(facts(account), uri, worker.settings))
        worker.run(PLATFORM.unpublish(facts(account), [uri], worker.settings))


def fail_everything(worker: Worker) -> None:
    for scenario in PLATFORM.simulator.scenarios:
        worker.connect(scenario)
        worker.work(worker.ready(worker.account, **pin()))
    for content in (pin(boardId="5"), pin(boardSectionId="5"), pin(destinationUrl="x")):
        worker.connect()
        with suppress(PlatformFailure):
            worker.publish(worker.account, **content)


@pytest.mark.parametrize("use", [use_everything, fail_everything])
def test_requests_and_responses_follow_the_published_api(use: Callable[[Worker], None]) -> None:
    worker = Witness()
    use(worker)
    assert worker.count > 20


def _names_of(schema: Any) -> Iterator[str]:
    resolved_schema = resolved(schema)
    yield from resolved_schema.get("properties", {})
    for part in resolved_schema.get("allOf", ()):
        yield from _names_of(part)


def test_the_description_is_strict_about_what_is_sent() -> None:
    """Otherwise the test above could not fail for a misspelled field of a Pin: the schema permits unknown ones."""
    names = set(_names_of({"$ref": "#/components/schemas/PinCreate"}))
    worker = Worker(platform=PLATFORM)
    worker.connect()
    for content in SUITE.posts().values():
        worker.publish(worker.account, **content)
    sent = {name for call in worker.calls if call.url.endswith("/pins") for name in call.json or {}}
    assert sent
    assert sent <= names
