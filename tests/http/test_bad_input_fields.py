"""Unknown fields, wrong types and exceeded limits: the error names the path, and nothing is stored."""

from typing import Any

import pytest

from tests.deployment import Client
from tests.http.support import Tenant, check_refusal

_FAMILY = "👨‍👩‍👧‍👦"
_PICTURE = {"kind": "image", "url": "https://pictures.example/1.png"}


@pytest.fixture
async def account_id(client: Client) -> str:
    return await client.sandbox_account()


async def _rejected(tenant: Tenant, account_id: str, change: dict[str, Any]) -> dict[str, Any]:
    """Send a valid request with an invalid change, and return the error."""
    body = {"targets": [{"accountId": account_id}], "text": "Hello", **change}
    async with tenant.storing_nothing():
        reply = await tenant.client.post("/v1/posts", body)
    error: dict[str, Any] = reply.json()["error"]
    assert reply.status_code == 400, reply.text
    return error


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"sheduledAt": "2099-01-01T00:00:00Z"}, "sheduledAt"),
        ({"scheduled_at": "2099-01-01T00:00:00Z"}, "scheduled_at"),
        ({"media": [{**_PICTURE, "alt": "A"}]}, "media[0].alt"),
        ({"media": [_PICTURE, {**_PICTURE, "alt_text": "A"}]}, "media[1].alt_text"),
        ({"firstComment": {"text": "a", "delay": 1}}, "firstComment.delay"),
        ({"thread": [{"text": "a"}, {"text": "b", "alt": 1}]}, "thread[1].alt"),
        ({"thread": [{"text": "a", "media": [{**_PICTURE, "alt": 1}]}]}, "thread[0].media[0].alt"),
        ({"late": {"withinS": 1, "within": 1}}, "late.within"),
        ({"options": {"bluesky": {"language": "en"}}}, "options.bluesky.language"),
        ({"options": {"bluesky": {"linkCard": {"url": "https://a.example", "title": "A", "image": "x"}}}}, None),
        ({"options": {"blusky": {"langs": ["en"]}}}, "options.blusky"),
        ({"options": {"langs": ["en"]}}, "options.langs"),
        ({"a" * 10_000: 1}, None),
        ({"": 1}, None),
    ],
)
async def test_unknown_field_is_rejected(
    tenant: Tenant, account_id: str, change: dict[str, Any], rule: str | None
) -> None:
    """A misspelled `scheduledAt` must never publish immediately."""
    error = await _rejected(tenant, account_id, change)
    assert error["code"] == "validation_failed"
    assert error["rule"] == rule or rule is None
    assert len(error["message"]) < 500


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"when": "now"}, "targets[0].when"),
        ({"media": [{**_PICTURE, "alt": "A"}]}, "targets[0].media[0].alt"),
        ({"firstComment": {"text": "a", "delay": 1}}, "targets[0].firstComment.delay"),
        ({"thread": [{"text": "a", "alt": 1}]}, "targets[0].thread[0].alt"),
        ({"options": {"language": "en"}}, "targets[0].options.language"),
        ({"options": {"bluesky": {"langs": ["en"]}}}, "targets[0].options.bluesky"),
        ({"options": {"platform": "elsewhere"}}, "targets.options.platform_mismatch"),
        ({"platform": "elsewhere"}, "platform.unknown"),
        ({"platform": "linkedin"}, "targets.account.platform_mismatch"),
    ],
)
async def test_unknown_field_of_a_target_is_rejected(
    tenant: Tenant, account_id: str, change: dict[str, Any], rule: str
) -> None:
    error = await _rejected(tenant, account_id, {"targets": [{"accountId": account_id, **change}]})
    assert (error["code"], error["rule"]) == ("validation_failed", rule)


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"targets": None}, "targets"),
        ({"targets": {}}, "targets"),
        ({"targets": "all"}, "targets"),
        ({"targets": ["all"]}, "targets[0]"),
        ({"targets": [None]}, "targets[0]"),
        ({"targets": [[]]}, "targets[0]"),
        ({"targets": [{"accountId": 1}]}, "targets[0].accountId"),
        ({"text": 1}, "text"),
        ({"text": ["a"]}, "text"),
        ({"media": {}}, "media"),
        ({"media": "a"}, "media"),
        ({"media": ["a"]}, "media[0]"),
        ({"media": [{**_PICTURE, "kind": "sound"}]}, "media[0].kind"),
        ({"media": [{"url": "https://pictures.example/1.png"}]}, "media[0].kind"),
        ({"media": [{**_PICTURE, "altText": 1}]}, "media[0].altText"),
        ({"firstComment": "First!"}, "firstComment"),
        ({"firstComment": {}}, "firstComment.text"),
        ({"firstComment": {"text": ""}}, "firstComment.text"),
        ({"thread": {"text": "a"}}, "thread"),
        ({"thread": [{}]}, "thread[0].text"),
        ({"thread": [{"text": None}]}, "thread[0].text"),
        ({"options": []}, "options"),
        ({"options": {"bluesky": []}}, "options.bluesky"),
        ({"options": {"bluesky": {"langs": "en"}}}, "options.bluesky.langs"),
        ({"options": {"bluesky": {"langs": ["english, please"]}}}, "options.bluesky.langs[0]"),
        ({"publishNow": "perhaps"}, "publishNow"),
        ({"publishNow": 2}, "publishNow"),
        ({"profileId": 1}, "profileId"),
        ({"metadata": []}, "metadata"),
        ({"metadata": {"a": 1}}, "metadata.a"),
        ({"metadata": {"a": None}}, "metadata.a"),
        ({"late": None}, "late"),
        ({"late": {"withinS": -1}}, "late.withinS"),
        ({"late": {"withinS": 604_801}}, "late.withinS"),
        ({"late": {"withinS": 1.5}}, "late.withinS"),
        ({"late": {"withinS": 10**40}}, "late.withinS"),
        ({"late": {"withinS": "soon"}}, "late.withinS"),
        ({"late": {"then": "panic"}}, "late.then"),
    ],
)
async def test_field_of_the_wrong_type_is_rejected(
    tenant: Tenant, account_id: str, change: dict[str, Any], rule: str
) -> None:
    error = await _rejected(tenant, account_id, change)
    assert (error["code"], error["rule"]) == ("validation_failed", rule)


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"targets": []}, "targets.required"),
        ({"targets": [{}]}, "target.address"),
        ({"targets": [{"platform": "bluesky"}] * 26}, "targets.max"),
        ({"targets": [{"accountId": f"acc_{number:026d}"} for number in range(26)]}, "targets.max"),
        ({"thread": [{"text": "a"}] * 25}, "thread"),
        ({"media": [_PICTURE] * 51}, "media"),
        ({"thread": [{"text": "a", "media": [_PICTURE] * 51}]}, "thread[0].media"),
        ({"metadata": {str(number): "a" for number in range(21)}}, "metadata"),
        ({"metadata": {"a": "b" * 501}}, "metadata.a"),
        ({"text": "a" * 100_001}, "text"),
        ({"media": [{**_PICTURE, "url": f"https://a.example/{'a' * 2048}"}]}, "media[0].url"),
    ],
)
async def test_value_outside_its_limits_is_rejected(
    tenant: Tenant, account_id: str, change: dict[str, Any], rule: str
) -> None:
    error = await _rejected(tenant, account_id, change)
    assert (error["code"], error["rule"]) == ("validation_failed", rule)


async def test_metadata_key_has_at_most_40_characters(tenant: Tenant, account_id: str) -> None:
    error = await _rejected(tenant, account_id, {"metadata": {"k" * 41: "v"}})
    assert error["code"] == "validation_failed"
    assert error["rule"].startswith("metadata.kkk")


@pytest.mark.parametrize(
    ("text", "rules"),
    [
        ("a" * 301, {"bluesky.text.max_graphemes": (300, 301, "graphemes")}),
        ("é" * 301, {"bluesky.text.max_graphemes": (300, 301, "graphemes")}),
        pytest.param(
            _FAMILY * 110 + "é" * 62 + "a" * 127,
            {"bluesky.text.max_bytes": (3000, 3001, "bytes")},
            id="299-graphemes-of-3001-bytes",
        ),
        pytest.param(
            _FAMILY * 301,
            {
                "bluesky.text.max_graphemes": (300, 301, "graphemes"),
                "bluesky.text.max_bytes": (3000, 7525, "bytes"),
            },
            id="301-families",
        ),
        ("", {"bluesky.text.non_empty": (None, None, None)}),
        (" \n\t ", {"bluesky.text.non_empty": (None, None, None)}),
    ],
)
async def test_error_of_a_broken_rule_contains_the_limit(
    tenant: Tenant, account_id: str, text: str, rules: dict[str, tuple[int | None, int | None, str | None]]
) -> None:
    error = await _rejected(tenant, account_id, {"text": text})
    assert error["code"] == "preflight_failed"
    assert error["platform"] == "bluesky"
    assert error["remediation"]
    found = {each["rule"]: each for each in error["violations"]}
    assert {rule: (each.get("limit"), each.get("actual"), each.get("unit")) for rule, each in found.items()} == rules
    for each in found.values():
        assert (each["target"], each["accountId"], each["platform"]) == (0, account_id, "bluesky")
        assert each["field"] == "text"
        assert each["message"]
        assert each["remediation"]


async def test_one_invalid_target_rejects_the_request_with_every_violation(tenant: Tenant) -> None:
    good, bad, worse = [await tenant.client.sandbox_account() for _ in range(3)]
    body = {
        "targets": [
            {"accountId": good},
            {"accountId": bad, "text": "a" * 301},
            {"accountId": worse, "text": "", "firstComment": {"text": "b" * 301}},
        ],
        "text": "Hello",
    }
    async with tenant.storing_nothing():
        error = check_refusal(
            await tenant.client.post("/v1/posts", body), 400, "preflight_failed", "bluesky.text.max_graphemes"
        )
    assert [(each["target"], each["accountId"], each["rule"], each["field"]) for each in error["violations"]] == [
        (1, bad, "bluesky.text.max_graphemes", "text"),
        (2, worse, "bluesky.text.non_empty", "text"),
        (2, worse, "bluesky.first_comment.max_graphemes", "firstComment.text"),
    ]
    assert await tenant.followers_see() == []


@pytest.mark.parametrize(
    ("path", "body", "rule"),
    [
        ("/v1/sandbox/accounts", {"platform": "bluesky", "scenario": "chaos"}, "scenario"),
        ("/v1/sandbox/accounts", {"platform": "bluesky", "seed": 1}, "seed"),
        ("/v1/sandbox/accounts", {}, "platform"),
        ("/v1/api-keys", {}, "name"),
        ("/v1/api-keys", {"name": ""}, "name"),
        ("/v1/api-keys", {"name": "a" * 101}, "name"),
        ("/v1/api-keys", {"name": "a", "prefix": "sk_live_"}, "prefix"),
        ("/v1/api-keys", {"name": "a", "scopes": ["posts:fly"]}, "scopes[0]"),
        ("/v1/api-keys", {"name": "a", "scopes": "posts:read"}, "scopes"),
        ("/v1/api-keys", {"name": "a", "profileId": "prof_unknown"}, "profileId"),
        ("/v1/api-keys", {"name": "a", "requestsPerMinute": 0}, "requestsPerMinute"),
        ("/v1/api-keys", {"name": "a", "requestsPerMinute": 10**30}, "requestsPerMinute"),
        ("/v1/api-keys", {"name": "a", "expiresAt": "2099-01-01T00:00:00"}, "expiresAt"),
        ("/v1/api-keys", {"name": "a", "expiresAt": "never"}, "expiresAt"),
        ("/v1/api-keys", {"name": "a", "expiresAt": "9999-12-31T23:59:59-12:00"}, "expiresAt"),
        ("/v1/api-keys", {"name": "a", "expiresAt": "0001-01-01T00:00:00+12:00"}, "expiresAt"),
        ("/v1/api-keys", {"name": "a", "key": "lmp_live_mine"}, "key"),
        ("/v1/webhook-endpoints", {}, "url"),
        ("/v1/webhook-endpoints", {"url": ""}, "url"),
        ("/v1/webhook-endpoints", {"url": "nowhere"}, "url"),
        ("/v1/webhook-endpoints", {"url": "ftp://a.example/"}, "url"),
        ("/v1/webhook-endpoints", {"url": "https://user:secret@a.example/"}, "url"),
        ("/v1/webhook-endpoints", {"url": "http://169.254.169.254/latest/meta-data"}, "url"),
        ("/v1/webhook-endpoints", {"url": "http://127.0.0.1:22/"}, "url"),
        ("/v1/webhook-endpoints", {"url": f"http://127.0.0.1/{'a' * 2048}"}, "url"),
        ("/v1/webhook-endpoints", {"url": "http://127.0.0.1/", "events": ["post.exploded"]}, "events"),
        ("/v1/webhook-endpoints", {"url": "http://127.0.0.1/", "events": [1]}, "events[0]"),
        ("/v1/webhook-endpoints", {"url": "http://127.0.0.1/", "description": "a" * 501}, "description"),
        ("/v1/webhook-endpoints", {"url": "http://127.0.0.1/", "secret": "whsec_mine"}, "secret"),
        ("/v1/accounts/connect/bluesky", {"profile": "a"}, "profile"),
        ("/v1/accounts/connect/bluesky/complete", {}, "identifier"),
        ("/v1/accounts/connect/bluesky/complete", {"identifier": "a.test", "appPassword": ""}, "appPassword"),
        ("/v1/accounts/connect/bluesky/complete", {"identifier": "a b", "appPassword": "x"}, "identifier"),
        (
            "/v1/accounts/connect/bluesky/complete",
            {"identifier": "a.test", "appPassword": "x", "pdsUrl": "x"},
            "pdsUrl",
        ),
        ("/v1/accounts/connect/bluesky/complete", {"identifier": "a.test", "appPassword": "x", "x": 1}, "x"),
        ("/v1/accounts/connect/bluesky/complete", {"identifier": "a.test", "profileId": 1}, "profileId"),
    ],
)
async def test_unknown_field_of_any_other_body_is_rejected(
    tenant: Tenant, path: str, body: dict[str, Any], rule: str
) -> None:
    async with tenant.storing_nothing():
        check_refusal(await tenant.client.post(path, body), 400, "validation_failed", rule)


async def test_rejected_password_is_not_repeated(tenant: Tenant) -> None:
    body = {"identifier": "not a handle", "appPassword": "the-secret-itself", "x": "the-secret-itself"}
    reply = await tenant.client.post("/v1/accounts/connect/bluesky/complete", body)
    assert reply.status_code == 400
    assert "the-secret-itself" not in reply.text


@pytest.mark.parametrize("path", ["/v1/sandbox/accounts", "/v1/accounts/connect/elsewhere"])
async def test_unknown_platform_is_not_found(tenant: Tenant, path: str) -> None:
    body = {"platform": "elsewhere"} if path.startswith("/v1/sandbox") else {}
    async with tenant.storing_nothing():
        check_refusal(await tenant.client.post(path, body), 404, "not_found")
