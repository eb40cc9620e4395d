"""Routing, and the formats of requests and responses."""

import json

import pytest

from letmepost.platforms._kit.simulator.wire import (
    Refusal,
    bearer_token,
    form_of,
    json_object,
    json_reply,
    multipart_of,
)
from letmepost.platforms.simulation import SimulatedCall
from tests.platforms.kit.simulator.example import CONSENT, Example


def call(body: bytes = b"", **headers: str) -> SimulatedCall:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    now = Example().now
    return SimulatedCall(
        method="POST", root="", path="/", query=(), headers=named, body=body, now=now, entropy=b"0" * 32
    )


def test_handler_receives_the_groups_of_its_pattern() -> None:
    example = Example()
    code = CONSENT.create_account(example.state, "slow", example.now, example.entropy())["code"]
    reply = example.post(json.loads(example.exchange(code).body)["access_token"])
    assert (reply.status, reply.delay_s) == (201, 3.0)
    assert json.loads(reply.body) == {"box": "mine", "post": {"text": "a"}}


@pytest.mark.parametrize(
    ("method", "path", "status", "methods"),
    [
        ("GET", "/", 404, []),
        ("POST", "/boxes/mine/posts/", 404, []),
        ("POST", "/nested/boxes/mine/posts", 404, []),
        ("GET", "/boxes/mine/posts", 405, ["POST"]),
    ],
)
def test_call_without_a_route_is_refused_with_the_methods_of_its_path(
    method: str, path: str, status: int, methods: list[str]
) -> None:
    reply = Example().ask(method, path)
    assert reply.status == status
    assert json.loads(reply.body) == {"error": f"{method} is not possible", "methods": methods}


def test_refusal_is_a_response_with_json() -> None:
    reply = Refusal(429, {"error": "é"}, headers={"retry-after": "2"}, delay_s=1.0).reply()
    assert (reply.status, reply.body, reply.delay_s) == (429, b'{"error":"\\u00e9"}', 1.0)
    assert reply.headers == {"content-type": "application/json; charset=utf-8", "retry-after": "2"}


def test_response_can_have_another_content_type() -> None:
    assert json_reply({}, headers={"content-type": "application/json"}).headers == {"content-type": "application/json"}


@pytest.mark.parametrize(
    ("content_type", "body", "fields"),
    [
        ("application/x-www-form-urlencoded", b"a=1&b=&a=2", {"a": "2", "b": ""}),
        ("Application/X-WWW-Form-URLencoded; charset=UTF-8", b"a=%C3%A9", {"a": "é"}),
        ("application/x-www-form-urlencoded", b"a=\xff", {"a": "\ufffd"}),
        ("application/json", b"a=1", {}),
        ("", b"a=1", {}),
    ],
)
def test_form_is_read_if_the_body_is_one(content_type: str, body: bytes, fields: dict[str, str]) -> None:
    assert form_of(call(body, content_type=content_type)) == fields


@pytest.mark.parametrize(
    ("body", "value"),
    [(b'{"a": 1}', {"a": 1}), (b"[]", None), (b"{", None), (b"", None), (b"\xff", None), (b"[" * 100_000, None)],
)
def test_json_is_read_if_the_body_is_an_object(body: bytes, value: object) -> None:
    assert json_object(call(body)) == value


@pytest.mark.parametrize(
    ("authorization", "token"),
    [("Bearer abc", "abc"), ("bearer  abc ", "abc"), ("Bearer", ""), ("Basic abc", ""), ("", "")],
)
def test_bearer_token_is_read_from_the_header(authorization: str, token: str) -> None:
    assert bearer_token(call(authorization=authorization)) == token


def test_call_without_headers_has_no_token_and_no_form() -> None:
    assert (bearer_token(call()), form_of(call(b"a=1"))) == ("", {})


FIELD = b'--b\r\nContent-Disposition: form-data; filename="f"; name="a"\r\n\r\n1\r\n2\r\n'
MULTIPART = 'multipart/form-data; boundary="b"'


def test_multipart_form_has_its_fields_in_order() -> None:
    other = b'--b\r\nContent-Disposition: form-data; name="c"\r\n\r\n\r\n'
    form = call(FIELD + other + FIELD + b"--b--\r\n", content_type=MULTIPART)
    assert multipart_of(form) == [("a", b"1\r\n2"), ("c", b""), ("a", b"1\r\n2")]


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (FIELD, MULTIPART),
        (b"", MULTIPART),
        (b"--b\r\n\r\nno name\r\n--b--", MULTIPART),
        (FIELD + b"--b--", "multipart/form-data"),
        (FIELD + b"--b--", "application/json; boundary=b"),
    ],
)
def test_incomplete_multipart_form_is_none(body: bytes, content_type: str) -> None:
    assert multipart_of(call(body, content_type=content_type)) is None
