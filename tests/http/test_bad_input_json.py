"""Bodies that are not one well-formed JSON object: each is rejected with an envelope, and nothing is stored."""

import base64
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest

from tests.http.support import Tenant, check_refusal, png

_HELLO = '{"targets":[{"platform":"bluesky"}],"text":"Hello"}'


async def _send(tenant: Tenant, body: bytes | AsyncIterator[bytes], **headers: str) -> httpx2.Response:
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    sent = {"authorization": f"Bearer {tenant.client.key}", "content-type": "application/json", **names}
    async with tenant.storing_nothing():
        return await tenant.deployment.http.post("/v1/posts", content=body, headers=sent)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b" \n", id="blank"),
        pytest.param(b"{", id="unfinished"),
        pytest.param(b'{"text": "Hello"', id="unclosed"),
        pytest.param(b"{'text': 'Hello'}", id="single-quotes"),
        pytest.param(b'{"text": "Hello",}', id="trailing-comma"),
        pytest.param(b'{"text": "Hello"} {}', id="two-values"),
        pytest.param(b'{"text": "a\x00b"}', id="bare-nul"),
        pytest.param(b'{"text": "a\nb"}', id="bare-newline"),
        pytest.param(b'{"text": "\xff"}', id="not-utf-8"),
        pytest.param(b'{"text": "\xed\xa0\x80"}', id="surrogate-in-utf-8"),
        pytest.param(b'{"text": NaN}', id="not-a-number"),
        pytest.param(b'{"late": {"withinS": Infinity}}', id="infinity"),
        pytest.param(_HELLO.encode("utf-16"), id="utf-16"),
        pytest.param(_HELLO.encode("utf-32"), id="utf-32"),
        pytest.param(b"\xef\xbb\xbf" + _HELLO.encode(), id="byte-order-mark"),
        pytest.param(b"[" * 10_000, id="deep"),
        pytest.param(b"[" * 10_000 + b"]" * 10_000, id="deep-and-closed"),
        pytest.param(b'{"options":' * 10_000 + b"1" + b"}" * 10_000, id="deep-objects"),
        pytest.param(b'{"text":"\\u0000","options":' + b"[" * 10_000, id="deep-after-a-nul"),
        pytest.param(b'{"late":{"withinS":' + b"1" * 5_000 + b"}}", id="number-of-5000-digits"),
    ],
)
async def test_body_that_is_not_json_is_rejected(tenant: Tenant, body: bytes) -> None:
    check_refusal(await _send(tenant, body), 400, "validation_failed", "body.json")


@pytest.mark.parametrize("body", ["", "[]", "1", "null", '"text"', "true"])
async def test_json_that_is_not_an_object_is_rejected(tenant: Tenant, body: str) -> None:
    check_refusal(await _send(tenant, body.encode()), 400, "validation_failed", "body")


@pytest.mark.parametrize(
    ("body", "rule"),
    [
        ('{"text":"a","text":"b"}', "text"),
        ('{"targets":[{"platform":"bluesky","text":"a","text":"b"}]}', "text"),
        ('{"scheduledAt":"2099-01-01T00:00:00Z","scheduledAt":null}', "scheduledAt"),
    ],
)
async def test_duplicate_field_is_rejected(tenant: Tenant, body: str, rule: str) -> None:
    """Parsers differ in which of the two they use, so a proxy may have checked the other value."""
    error = check_refusal(await _send(tenant, body.encode()), 400, "validation_failed", "body.duplicate_field")
    assert rule in error["message"]


@pytest.mark.parametrize("text", ["\\ud800", "a\\ude00\\ud83dz", "\\u0000"])
@pytest.mark.parametrize(
    ("body", "rule"),
    [
        ('{"text":"<>","targets":[{}]}', "text"),
        ('{"targets":[{"platform":"bluesky","text":"<>"}]}', "targets[0].text"),
        ('{"targets":[{"platform":"<>"}],"text":"a"}', "targets[0].platform"),
        ('{"thread":[{"text":"<>"}],"text":"a"}', "thread[0].text"),
        ('{"firstComment":{"text":"<>"},"text":"a"}', "firstComment.text"),
        ('{"media":[{"kind":"image","url":"https://a.example","altText":"<>"}]}', "media[0].altText"),
        ('{"metadata":{"a":"<>"},"text":"a"}', "metadata.a"),
        ('{"metadata":{"<>":"a"},"text":"a"}', "metadata"),
        ('{"options":{"bluesky":{"langs":["<>"]}},"text":"a"}', "options.bluesky.langs[0]"),
        ('{"text":"a","<>":1}', "body"),
    ],
)
async def test_text_that_cannot_be_stored_is_rejected_in_every_field(
    tenant: Tenant, body: str, rule: str, text: str
) -> None:
    """Half of a surrogate pair cannot be encoded, and PostgreSQL does not accept NUL."""
    reply = await _send(tenant, body.replace("<>", text).encode())
    check_refusal(reply, 400, "validation_failed", rule)


async def test_escaped_emoji_are_accepted(tenant: Tenant) -> None:
    body = json.dumps({"targets": [{"accountId": await tenant.client.sandbox_account()}], "text": "👋🏽 🏳️‍🌈"})
    assert "\\ud83d" in body
    headers = {"authorization": f"Bearer {tenant.client.key}", "content-type": "application/json"}
    reply = await tenant.deployment.http.post("/v1/posts", content=body, headers=headers)
    assert reply.status_code == 200, reply.text
    [seen] = await tenant.followers_see()
    assert seen["text"] == "👋🏽 🏳️‍🌈"


@pytest.mark.parametrize("depth", [100, 500, 900, 950, 990, 1_000])
@pytest.mark.parametrize("text", ["a", "\\u0000"])
async def test_every_depth_of_nesting_gets_a_response(tenant: Tenant, depth: int, text: str) -> None:
    """No step of the validation fails at a depth that the earlier steps accept."""
    nested = f'{"[" * depth}"{text}"{"]" * depth}'
    body = f'{{"targets":[{{"platform":"bluesky"}}],"options":{{"bluesky":{nested}}}}}'
    error = (await _send(tenant, body.encode())).json()["error"]
    assert error["code"] == "validation_failed"


@pytest.mark.parametrize(
    "value",
    [
        pytest.param({"targets": [{}] * 100_000}, id="targets"),
        pytest.param({"thread": [{}] * 100_000}, id="thread"),
        pytest.param({"media": [0] * 100_000}, id="media"),
        pytest.param({"metadata": {str(number): "" for number in range(100_000)}}, id="metadata"),
        pytest.param({str(number): 0 for number in range(100_000)}, id="fields"),
    ],
)
async def test_body_of_very_many_values_is_rejected_quickly(tenant: Tenant, value: dict[str, Any]) -> None:
    """Reporting an error for each of a million values would take half a minute."""
    check_refusal(await _send(tenant, json.dumps(value).encode()), 400, "validation_failed", "body.values_max")


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b'{"a":[' + b"[]," * 2_000_000, id="arrays"),
        pytest.param(b'{"a":[' + b"{}," * 2_000_000, id="objects"),
        pytest.param(b"[" + b'"",' * 2_000_000, id="strings"),
        pytest.param(b"[" + b'"\\\\","\\"",' * 500_000, id="escapes"),
        pytest.param(b"{" + b",".join(b'"k%d":1' % number for number in range(600_000)), id="names"),
    ],
)
async def test_values_are_counted_before_the_body_is_parsed(tenant: Tenant, body: bytes) -> None:
    """The body ends in the middle, so a parser would report that."""
    check_refusal(await _send(tenant, body), 400, "validation_failed", "body.values_max")


@pytest.mark.parametrize("text", [",[{" * 31_000, '\\"\\,{["' * 10_000, "\\" * 90_000 + ","])
async def test_separators_inside_texts_are_not_counted_as_values(tenant: Tenant, text: str) -> None:
    account_id = await tenant.client.sandbox_account()
    body = {"targets": [{"accountId": account_id}], "text": text, "thread": [{"text": text}] * 3}
    async with tenant.storing_nothing():
        reply = await tenant.client.post("/v1/posts", body)
    error = check_refusal(reply, 400, "preflight_failed", "bluesky.text.max_graphemes")
    assert {found["field"] for found in error["violations"]} == {
        "text",
        *(f"thread[{index}].text" for index in range(3)),
    }


async def test_inline_media_may_be_longer_than_texts(tenant: Tenant) -> None:
    account_id = await tenant.client.sandbox_account()
    media = [{"kind": "image", "bytesBase64": base64.b64encode(png(400, 400) + b"\0" * 200_000).decode()}]
    reply = await tenant.client.post(
        "/v1/posts", {"targets": [{"accountId": account_id}], "text": "Look", "media": media, "draft": True}
    )
    assert reply.status_code == 201, reply.text


@pytest.mark.parametrize(
    ("body", "rule"),
    [
        ({"text": "a" * 100_001}, "text"),
        ({"options": {"linkedin": {"article": {"title": "a" * 100_001}}}}, "options.linkedin.article.title"),
        ({"metadata": {"a": "a" * 100_001}}, "metadata.a"),
        ({"a" * 100_001: 1}, "body"),
    ],
)
async def test_text_of_more_than_100_000_characters_is_rejected(tenant: Tenant, body: object, rule: str) -> None:
    error = check_refusal(await _send(tenant, json.dumps(body).encode()), 400, "validation_failed", rule)
    assert "100001 characters" in error["message"]


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/x-www-form-urlencoded", "application/xml", "garbage", "multipart/mixed"]
)
async def test_body_of_another_content_type_is_rejected(tenant: Tenant, content_type: str) -> None:
    """Browsers send `text/plain` to any site without a preflight request."""
    reply = await _send(tenant, _HELLO.encode(), content_type=content_type)
    check_refusal(reply, 400, "validation_failed", "body.content_type")


async def test_body_without_a_content_type_is_rejected(tenant: Tenant) -> None:
    headers = {"authorization": f"Bearer {tenant.client.key}"}
    async with tenant.storing_nothing():
        reply = await tenant.deployment.http.post("/v1/posts", content=_HELLO.encode(), headers=headers)
    check_refusal(reply, 400, "validation_failed", "body.content_type")


@pytest.mark.parametrize("content_type", ["application/json; charset=utf-8", "APPLICATION/JSON", "application/ld+json"])
async def test_every_json_content_type_is_accepted(tenant: Tenant, content_type: str) -> None:
    check_refusal(
        await _send(tenant, _HELLO.encode(), content_type=content_type),
        400,
        "validation_failed",
        "target.account.not_connected",
    )


async def test_body_that_announces_nine_mebibytes_is_rejected_before_it_is_read(tenant: Tenant) -> None:
    sent = 0

    async def chunks() -> AsyncIterator[bytes]:
        nonlocal sent
        for _ in range(9):
            sent += 1
            yield b" " * 1024**2

    error = check_refusal(
        await _send(tenant, chunks(), content_length=str(9 * 1024**2)), 413, "validation_failed", "body.size_max"
    )
    assert "8 MiB" in error["message"]
    assert sent == 0


async def test_chunked_body_of_nine_mebibytes_is_rejected(tenant: Tenant) -> None:
    sent = 0

    async def chunks() -> AsyncIterator[bytes]:
        nonlocal sent
        while True:
            sent += 1
            yield b" " * 1024**2

    check_refusal(await _send(tenant, chunks()), 413, "validation_failed", "body.size_max")
    assert sent == 9


@pytest.mark.parametrize("path", ["/v1/accounts/connect/bluesky/complete", "/v1/api-keys", "/v1/webhook-endpoints"])
async def test_body_of_other_routes_has_at_most_one_mebibyte(tenant: Tenant, path: str) -> None:
    async with tenant.storing_nothing():
        reply = await tenant.client.post(path, {"name": "a" * 1024**2})
    check_refusal(reply, 413, "validation_failed", "body.size_max")


@pytest.mark.parametrize("length", ["-1", "many", "1" * 5_000])
async def test_invalid_content_length_is_rejected(tenant: Tenant, length: str) -> None:
    check_refusal(await _send(tenant, b"{}", content_length=length), 413, "validation_failed", "body.size_max")


async def test_unauthenticated_request_is_rejected_before_its_body_is_read(tenant: Tenant) -> None:
    sent = 0

    async def chunks() -> AsyncIterator[bytes]:
        nonlocal sent
        sent += 1
        yield b"{"

    reply = await _send(tenant, chunks(), authorization="Bearer lmp_test_unknown")
    check_refusal(reply, 401, "unauthenticated")
    assert sent == 0
