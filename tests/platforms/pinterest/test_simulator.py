"""The simulator refuses what the real server refuses."""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import pytest

from letmepost.platforms.contract import Platform
from letmepost.platforms.pinterest import PLATFORM
from letmepost.platforms.pinterest.simulator.accounts import APP
from tests.doubles.simulated import SimulatedNetwork

CALLBACK = "https://me.example/callback"
IMAGE = {"source_type": "image_url", "url": "https://media.example.com/1.png"}
DATA = {"source_type": "image_base64", "content_type": "image/png", "data": "aGVsbG8="}
ITEM = {"url": "https://media.example.com/1.png"}
INVALID = (400, 1)


@dataclass
class Caller(SimulatedNetwork):
    """A simulated Pinterest, and the token that calls to it have."""

    platform: Platform = PLATFORM
    token: str = ""

    def call(self, method: str, path: str, body: object = None, **query: str) -> tuple[int, Any]:
        headers = {"authorization": f"Bearer {self.token}", "content-type": "application/json"}
        given = b"" if body is None else json.dumps(body).encode()
        reply = self.ask(method, f"/v5/{path}", given, headers, query=tuple(query.items()))
        assert reply.headers["x-ratelimit-limit"].startswith("100")
        return reply.status, json.loads(reply.body) if reply.body else None

    def exchange(self, app: str = f"{APP.client_id}:{APP.client_secret}", **form: str) -> tuple[int, Any]:
        basic = base64.b64encode(app.encode()).decode()
        headers = {"authorization": f"Basic {basic}", "content-type": "application/x-www-form-urlencoded"}
        reply = self.ask("POST", "/v5/oauth/token", urlencode(form).encode(), headers)
        return reply.status, json.loads(reply.body)

    def refused(self, method: str, path: str, body: object = None, **query: str) -> tuple[int, int]:
        """Return the status and the code of a refusal."""
        status, data = self.call(method, path, body, **query)
        assert isinstance(data["message"], str)
        return status, data["code"]


@pytest.fixture
def caller() -> Caller:
    """Return the client of a connected account with one board."""
    made = Caller()
    code = made.create_account()["code"]
    _, granted = made.exchange(grant_type="authorization_code", code=code, redirect_uri=CALLBACK)
    made.token = granted["access_token"]
    return made


def board_of(caller: Caller) -> str:
    board_id: str = caller.call("GET", "boards")[1]["items"][0]["id"]
    return board_id


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"board_id": 5}, INVALID),
        ({"board_id": None}, INVALID),
        ({"board_id": "Recipes"}, INVALID),
        ({"board_id": "5"}, (404, 40)),
        ({"board_section_id": "x"}, INVALID),
        ({"board_section_id": "5"}, (404, 2031)),
        ({"title": "a" * 101}, INVALID),
        ({"title": 5}, INVALID),
        ({"description": "a" * 801}, INVALID),
        ({"alt_text": "a" * 501}, INVALID),
        ({"link": f"https://example.org/{'a' * 2029}"}, INVALID),
        ({"link": "example.org"}, INVALID),
        ({"media_source": None}, INVALID),
        ({"media_source": {"source_type": "video_id", "media_id": "5"}}, INVALID),
        ({"media_source": {**IMAGE, "url": "nowhere"}}, INVALID),
        ({"media_source": {**DATA, "content_type": "image/gif"}}, INVALID),
        ({"media_source": {**DATA, "data": "?"}}, INVALID),
        ({"media_source": {"source_type": "multiple_image_urls", "items": [ITEM]}}, INVALID),
        ({"media_source": {"source_type": "multiple_image_urls", "items": [ITEM] * 6}}, INVALID),
        ({"media_source": {"source_type": "multiple_image_urls", "items": ["text", "text"]}}, INVALID),
    ],
)
def test_invalid_pin_is_refused(caller: Caller, changes: Mapping[str, Any], expected: tuple[int, int]) -> None:
    pin = {"board_id": board_of(caller), "media_source": IMAGE, **changes}
    assert caller.refused("POST", "pins", pin) == expected
    assert caller.posts() == []


@pytest.mark.parametrize(
    "source",
    [IMAGE, DATA, {"source_type": "multiple_image_urls", "items": [ITEM] * 5}],
)
def test_valid_pin_is_created_and_read(caller: Caller, source: Mapping[str, Any]) -> None:
    texts = {"title": "a" * 100, "description": "🎉" * 800, "alt_text": "a" * 500}
    status, made = caller.call("POST", "pins", {"board_id": board_of(caller), "media_source": source, **texts})
    assert status == 201
    assert {name: made[name] for name in texts} == texts
    assert caller.call("GET", f"pins/{made['id']}") == (200, made)
    assert caller.call("GET", "pins")[1]["items"] == [made]
    assert caller.call("DELETE", f"pins/{made['id']}") == (204, None)
    assert caller.refused("GET", f"pins/{made['id']}") == (404, 50)


def test_objects_of_another_account_are_not_accessible(caller: Caller) -> None:
    board_id = board_of(caller)
    pin_id = caller.call("POST", "pins", {"board_id": board_id, "media_source": IMAGE})[1]["id"]
    code = caller.create_account()["code"]
    caller.token = caller.exchange(grant_type="authorization_code", code=code, redirect_uri=CALLBACK)[1]["access_token"]
    assert caller.refused("GET", f"boards/{board_id}") == (404, 40)
    assert caller.refused("GET", f"boards/{board_id}/pins") == (404, 40)
    assert caller.refused("POST", "pins", {"board_id": board_id, "media_source": IMAGE}) == (403, 29)
    assert caller.refused("DELETE", f"pins/{pin_id}") == (403, 29)
    assert board_of(caller) != board_id


def test_board_has_sections_and_loses_them_with_its_pins(caller: Caller) -> None:
    board_id = board_of(caller)
    status, section = caller.call("POST", f"boards/{board_id}/sections", {"name": "Salads"})
    assert status == 201
    assert caller.call("GET", f"boards/{board_id}/sections")[1]["items"] == [section]
    pin = {"board_id": board_id, "board_section_id": section["id"], "media_source": IMAGE}
    made = caller.call("POST", "pins", pin)[1]
    assert caller.call("GET", f"boards/{board_id}/sections/{section['id']}/pins")[1]["items"] == [made]
    assert caller.call("DELETE", f"boards/{board_id}") == (204, None)
    assert caller.refused("GET", f"pins/{made['id']}") == (404, 50)
    assert caller.posts() == []


@pytest.mark.parametrize(
    "body",
    [{"name": ""}, {"name": "a" * 181}, {"name": 5}, {}, [], {"name": "A", "privacy": "HIDDEN"}, {"name": "board 1"}],
)
def test_invalid_board_is_refused(caller: Caller, body: object) -> None:
    assert caller.refused("POST", "boards", body) == INVALID


def test_lists_have_pages(caller: Caller) -> None:
    for number in range(2, 5):
        caller.call("POST", "boards", {"name": f"Board {number}", "privacy": "SECRET"})
    _, first = caller.call("GET", "boards", page_size="3")
    _, second = caller.call("GET", "boards", page_size="3", bookmark=first["bookmark"])
    assert [one["name"] for one in (*first["items"], *second["items"])] == [f"Board {number}" for number in range(1, 5)]
    assert second["bookmark"] is None
    assert len(caller.call("GET", "boards", privacy="SECRET")[1]["items"]) == 3


@pytest.mark.parametrize("query", [{"page_size": "0"}, {"page_size": "251"}, {"page_size": "x"}, {"bookmark": "x"}])
def test_invalid_page_is_refused(caller: Caller, query: dict[str, str]) -> None:
    assert caller.refused("GET", "boards", **query) == INVALID


def test_unknown_calls_are_refused(caller: Caller) -> None:
    assert caller.refused("PUT", "pins") == (405, 5)
    assert caller.refused("GET", "nothing") == (404, 404)
    caller.token = "pina_UNKNOWN"
    assert caller.refused("GET", "user_account") == (401, 2)


def test_token_endpoint_refuses_other_apps_and_used_grants() -> None:
    caller = Caller()
    form = {"grant_type": "authorization_code", "code": caller.create_account()["code"], "redirect_uri": CALLBACK}
    assert caller.exchange("other:secret", **form)[0] == 401
    assert caller.exchange(**{**form, "grant_type": "password"})[0] == 400
    status, granted = caller.exchange(**form)
    assert (status, granted["response_type"]) == (200, "authorization_code")
    assert granted["refresh_token_expires_at"] == int(caller.now.timestamp()) + granted["refresh_token_expires_in"]
    assert caller.exchange(**form)[0] == 400
    again = {"grant_type": "refresh_token", "refresh_token": granted["refresh_token"]}
    assert caller.exchange(**again)[1]["refresh_token"] != granted["refresh_token"]
    assert caller.exchange(**again) == (400, {"code": 1, "message": "The refresh_token is invalid."})


def test_empty_answer_is_sent_once() -> None:
    caller = Caller()
    code = caller.create_account("empty_answer")["code"]
    caller.token = caller.exchange(grant_type="authorization_code", code=code, redirect_uri=CALLBACK)[1]["access_token"]
    pin = {"board_id": board_of(caller), "media_source": IMAGE}
    assert caller.call("POST", "pins", pin) == (201, {})
    assert caller.call("POST", "pins", pin)[1]["id"]
    assert len(caller.posts()) == 2
