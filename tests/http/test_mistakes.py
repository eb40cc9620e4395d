"""Mistakes that callers typically make: what each response says is wrong, where, and how to fix it."""

import json
from typing import Any, NamedTuple

import pytest

from letmepost.domain.api_keys import Mode
from letmepost.platforms import discover
from tests.deployment import OPERATOR_TOKEN
from tests.http.support import ABSENT_ID, PLATFORM, Tenant

OTHERS = next(name for name in discover() if name != PLATFORM)
HELLO: dict[str, Any] = {"text": "Hello"}


class Mistake(NamedTuple):
    """A request, and what its error must say. `{account}` in the body becomes the id of a connected account."""

    name: str
    body: object = None
    status: int = 400
    code: str = "validation_failed"
    rule: str | None = None
    field: str | None = None
    suggestion: str | None = None
    remediation: str = ""
    message: str = ""
    method: str = "POST"
    path: str = "/v1/posts"
    authorization: str | None = None
    content_type: str | None = "application/json"


def target(**content: Any) -> dict[str, Any]:
    return {"targets": [{"accountId": "{account}", **content}], **HELLO}


MISTAKES = [
    Mistake(
        "no key",
        target(),
        401,
        "unauthenticated",
        "api_key.missing",
        authorization="",
        remediation="Authorization: Bearer",
    ),
    Mistake(
        "key without Bearer",
        target(),
        401,
        "unauthenticated",
        "api_key.not_bearer",
        authorization="lmp_test_abc",
        remediation="Bearer <key>",
    ),
    Mistake(
        "revoked key",
        target(),
        401,
        "unauthenticated",
        "api_key.invalid",
        authorization="Bearer lmp_test_abc",
        remediation="current key",
    ),
    Mistake(
        "tenant key on an operator route",
        {"name": "Acme"},
        401,
        "unauthenticated",
        "operator_token.api_key",
        path="/v1/organizations",
        remediation="LETMEPOST_OPERATOR_TOKEN",
    ),
    Mistake(
        "wrong operator token",
        {"name": "Acme"},
        401,
        "unauthenticated",
        "operator_token.invalid",
        path="/v1/organizations",
        authorization="Bearer guess",
        message="The operator token is wrong.",
    ),
    Mistake(
        "no Content-Type",
        target(),
        rule="body.content_type",
        content_type=None,
        remediation="Content-Type: application/json",
    ),
    Mistake("malformed JSON", '{"text": "Hello"', rule="body.json", remediation="JSON", message="line 1 column 17"),
    Mistake(
        "duplicate field",
        '{"text": "a", "text": "b", "targets": []}',
        rule="body.duplicate_field",
        field="text",
        message="Duplicate field: `text`.",
        remediation="Send `text` once.",
    ),
    Mistake("targets missing", HELLO, rule="targets", field="targets", remediation="Send `targets`."),
    Mistake("no target", {**HELLO, "targets": []}, rule="targets.required", field="targets", remediation="accountId"),
    Mistake(
        "target as string",
        {**HELLO, "targets": ["{account}"]},
        rule="targets[0]",
        field="targets[0]",
        remediation='{"accountId": "acc_…"}',
    ),
    Mistake(
        "account_id",
        {**HELLO, "targets": [{"account_id": "{account}"}]},
        rule="targets[0].account_id",
        field="targets[0].account_id",
        suggestion="accountId",
        remediation="Send `accountId` instead.",
    ),
    Mistake(
        "misspelled field",
        {**target(), "txt": "Hello"},
        rule="txt",
        field="txt",
        suggestion="text",
        remediation="Send `text` instead.",
    ),
    Mistake(
        "content.text",
        {"targets": [{"accountId": "{account}"}], "content": {"text": "Hello"}},
        rule="content",
        field="content",
        suggestion="text",
        remediation="Send `text` instead.",
    ),
    Mistake(
        "schedule_for",
        {**target(), "schedule_for": "2099-01-01T00:00:00Z"},
        rule="schedule_for",
        field="schedule_for",
        suggestion="scheduledAt",
        remediation="Send `scheduledAt` instead.",
    ),
    Mistake(
        "misspelled time field",
        {**target(), "sheduledAt": "2099-01-01T00:00:00Z"},
        rule="sheduledAt",
        field="sheduledAt",
        suggestion="scheduledAt",
        remediation="Send `scheduledAt` instead.",
    ),
    Mistake(
        "time without zone",
        {**target(), "scheduledAt": "2099-01-01T00:00:00"},
        rule="scheduledAt.timezone",
        field="scheduledAt",
        remediation="`+01:00`",
    ),
    Mistake(
        "time in the past",
        {**target(), "scheduledAt": "2020-01-01T00:00:00Z"},
        rule="scheduledAt.future",
        field="scheduledAt",
        message="2020-01-01T00:00:00",
        remediation="1 s ahead",
    ),
    Mistake(
        "unknown platform",
        {**HELLO, "targets": [{"platform": "myspace"}]},
        rule="platform.unknown",
        field="targets[0].platform",
        message="myspace",
        remediation=PLATFORM,
    ),
    Mistake(
        "platform without account",
        {**HELLO, "targets": [{"platform": OTHERS}]},
        rule="target.account.not_connected",
        field="targets[0].platform",
        message=f"connected on {OTHERS}",
        remediation="/v1/accounts/connect/",
    ),
    Mistake(
        "unknown account id",
        {**HELLO, "targets": [{"accountId": f"acc_{ABSENT_ID}"}]},
        rule="target.account.not_connected",
        field="targets[0].accountId",
        message=f"acc_{ABSENT_ID}",
        remediation="GET /v1/accounts",
    ),
    Mistake(
        "malformed account id",
        {**HELLO, "targets": [{"accountId": "12345"}]},
        rule="target.account.not_connected",
        field="targets[0].accountId",
        message="`12345`",
        remediation="GET /v1/accounts",
    ),
    Mistake(
        "alt",
        target(media=[{"url": "https://example.com/a.png", "kind": "image", "alt": "A cat"}]),
        rule="targets[0].media[0].alt",
        field="targets[0].media[0].alt",
        suggestion="altText",
        remediation="Send `altText` instead.",
    ),
    Mistake(
        "media_urls",
        {**target(), "media_urls": ["https://example.com/a.png"]},
        rule="media_urls",
        field="media_urls",
        suggestion="media[].url",
        remediation="Send `media[].url` instead.",
    ),
    Mistake(
        "unknown option",
        target(options={"nonsense": 1}),
        rule="targets[0].options.nonsense",
        field="targets[0].options.nonsense",
        message="Unknown field",
    ),
    Mistake(
        "unknown query parameter",
        method="GET",
        path="/v1/posts?statsu=failed",
        rule="statsu",
        field="statsu",
        suggestion="status",
        remediation="Send `status` instead.",
    ),
    Mistake(
        "unknown query value",
        method="GET",
        path="/v1/posts?status=publishd",
        rule="status",
        field="status",
        suggestion="published",
        message="publishd",
        remediation="Send `published` instead.",
    ),
    Mistake(
        "wrong path",
        target(),
        404,
        "not_found",
        "path.unknown",
        path="/posts",
        suggestion="/v1/posts",
        remediation="/v1/posts",
    ),
    Mistake(
        "misspelled path",
        target(),
        404,
        "not_found",
        "path.unknown",
        path="/v1/post",
        suggestion="/v1/posts",
        remediation="/v1/posts",
    ),
    Mistake(
        "wrong method", target(), 405, "validation_failed", "method.not_allowed", method="PUT", remediation="GET, POST"
    ),
    Mistake(
        "unknown post",
        method="GET",
        path=f"/v1/posts/post_{ABSENT_ID}",
        status=404,
        code="not_found",
        rule="resource.not_found",
        message=f"post_{ABSENT_ID}",
        remediation="organization, profile and mode",
    ),
    Mistake(
        "malformed post id",
        method="GET",
        path="/v1/posts/17",
        status=404,
        code="not_found",
        rule="resource.not_found",
        message="`17`",
    ),
]


async def send(tenant: Tenant, mistake: Mistake, account_id: str) -> Any:
    body = mistake.body if isinstance(mistake.body, str) else json.dumps(mistake.body)
    headers = {"authorization": f"Bearer {tenant.client.key}"}
    if mistake.authorization is not None:
        headers["authorization"] = mistake.authorization
    if mistake.content_type is not None:
        headers["content-type"] = mistake.content_type
    content = None if mistake.body is None else body.replace("{account}", account_id).encode()
    sent = {name: value for name, value in headers.items() if value}
    return await tenant.deployment.http.request(mistake.method, mistake.path, content=content, headers=sent)


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.name)
async def test_mistake_gets_an_error_that_explains_it(tenant: Tenant, mistake: Mistake) -> None:
    account_id = await tenant.client.sandbox_account()
    async with tenant.storing_nothing():
        response = await send(tenant, mistake, account_id)
    error = response.json()["error"]
    assert (response.status_code, error["code"]) == (mistake.status, mistake.code), error
    assert error.get("rule") == mistake.rule, error
    assert error.get("field") == mistake.field, error
    assert error.get("suggestion") == mistake.suggestion, error
    assert mistake.remediation in error["remediation"], error
    assert mistake.message in error["message"], error
    assert error["fixableBy"] == "caller"
    assert error["retryable"] is False


async def test_method_error_lists_every_method_of_the_path(tenant: Tenant) -> None:
    response = await tenant.client.call("PUT", "/v1/posts")
    assert response.headers["allow"] == "GET, POST"


async def test_disconnected_account_is_not_an_unknown_id(tenant: Tenant) -> None:
    account_id = await tenant.client.sandbox_account()
    await tenant.client.call("DELETE", f"/v1/accounts/{account_id}")
    response = await tenant.client.post("/v1/posts", {**HELLO, "targets": [{"accountId": account_id}]})
    error = response.json()["error"]
    assert (error["rule"], error["fixableBy"]) == ("account.disconnected", "account_owner")
    assert account_id in error["message"]


async def test_ambiguous_platform_lists_the_accounts(tenant: Tenant) -> None:
    accounts = sorted([await tenant.client.sandbox_account() for _ in range(2)])
    response = await tenant.client.post("/v1/posts", {**HELLO, "targets": [{"platform": PLATFORM}]})
    error = response.json()["error"]
    assert (error["rule"], error["field"]) == ("target.account.ambiguous", "targets[0]")
    assert error["platformResponse"]["candidates"] == accounts
    assert ", ".join(accounts) in error["remediation"]


async def test_option_of_another_platform_names_its_platform(tenant: Tenant) -> None:
    account_id = await tenant.client.sandbox_account()
    own = set(discover()[PLATFORM].options.model_fields)
    option, owner = next(
        (field.alias or name, platform.name)
        for platform in discover().values()
        for name, field in platform.options.model_fields.items()
        if name not in own
    )
    body = {**HELLO, "targets": [{"accountId": account_id, "options": {option: "x"}}]}
    error = (await tenant.client.post("/v1/posts", body)).json()["error"]
    assert error["field"] == f"targets[0].options.{option}"
    assert owner in error["message"]
    assert owner in error["remediation"]


async def test_every_invalid_field_is_reported(tenant: Tenant) -> None:
    body = {"text": 5, "targets": "me", "late": {"withinS": -1}, "scheduledAt": "tomorrow", "nonsense": True}
    error = (await tenant.client.post("/v1/posts", body)).json()["error"]
    fields = {violation["field"]: violation["message"] for violation in error["violations"]}
    assert fields == {
        "text": "`text` must be a string.",
        "targets": "`targets` must be a list.",
        "late.withinS": "`late.withinS` must be at least 0.",
        "scheduledAt": "`scheduledAt` must be an RFC 3339 time.",
        "nonsense": "Unknown field: `nonsense`.",
    }


@pytest.mark.parametrize("path", ["/v1/posts", "/v1/social-posts"])
@pytest.mark.parametrize(
    "shape",
    [
        {"account_id": "acc_1", "content": "Hello", "schedule_for": "2099-01-01T00:00:00Z"},
        {"caption": "Hello", "account_ids": ["acc_1"], "schedule_for": "2099-01-01T00:00:00Z"},
        {"platform_posts": [{"account_id": "acc_1", "caption": "Hello"}], "scheduled_at": "2099-01-01T00:00:00Z"},
    ],
    ids=["snake-case", "caption", "platform-posts"],
)
async def test_request_of_another_api_gets_the_equivalent_request(
    tenant: Tenant, path: str, shape: dict[str, Any]
) -> None:
    account_id = await tenant.client.sandbox_account()
    body = json.loads(json.dumps(shape).replace("acc_1", account_id))
    response = await tenant.client.post(path, body)
    error = response.json()["error"]
    assert response.status_code == (400 if path == "/v1/posts" else 404)
    suggested = error["suggestedRequest"]
    assert suggested["scheduledAt"] == "2099-01-01T00:00:00Z"
    del suggested["scheduledAt"]
    validated = await tenant.client.post("/v1/posts/validate", suggested)
    assert (validated.status_code, validated.json()["valid"]) == (200, True), validated.text


async def test_alias_of_a_platform_is_accepted(tenant: Tenant) -> None:
    alias, name = next((alias, platform.name) for platform in discover().values() for alias in platform.aliases)
    made = await tenant.client.post("/v1/sandbox/accounts", {"platform": alias})
    assert (made.status_code, made.json()["platform"]) == (201, name)
    body = {**HELLO, "targets": [{"platform": alias}], "options": {alias: {}}}
    validated = await tenant.client.post("/v1/posts/validate", body)
    assert validated.status_code == 200, validated.text
    listed = await tenant.client.get(f"/v1/accounts?platform={alias}")
    assert [account["platform"] for account in listed.json()["data"]] == [name]


@pytest.mark.parametrize("path", ["/v1/posts/", "/v1/accounts/", "/v1/me/", "/docs/errors/"])
async def test_trailing_slash_is_accepted_without_a_redirect(tenant: Tenant, path: str) -> None:
    assert (await tenant.client.get(path)).status_code == (await tenant.client.get(path.rstrip("/"))).status_code == 200


async def test_unknown_operator_path_does_not_reveal_whether_there_is_an_operator(tenant: Tenant) -> None:
    headers = {"authorization": f"Bearer {OPERATOR_TOKEN}"}
    response = await tenant.deployment.http.get("/v1/organisations", headers=headers)
    assert response.status_code == 404
    assert response.json()["error"]["suggestion"] == "/v1/organizations"


async def test_live_key_in_the_sandbox_is_told_to_use_a_test_key(tenant: Tenant) -> None:
    live = await tenant.key(Mode.LIVE)
    error = (await live.post("/v1/sandbox/accounts", {"platform": PLATFORM})).json()["error"]
    assert (error["rule"], error["code"]) == ("sandbox.test_key", "unauthorized")
    assert "lmp_test_" in error["remediation"]
