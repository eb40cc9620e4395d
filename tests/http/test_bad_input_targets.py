"""Unknown, foreign and duplicate targets, and invalid times of posts."""

import asyncio
from typing import Any

import pytest

from letmepost.domain.api_keys import Mode
from tests.deployment import OPERATOR_TOKEN, Client, Deployment
from tests.http.support import ABSENT_ID, PLATFORM, Tenant, check_refusal, make_tenant, soon, upload

_MALFORMED = [
    "",
    "acc_",
    "nonsense",
    "acc_0",
    f"post_{ABSENT_ID}",
    f"acc_{ABSENT_ID}0",
    "acc_8ZZZZZZZZZZZZZZZZZZZZZZZZZ",
]


@pytest.fixture
async def account_id(client: Client) -> str:
    return await client.sandbox_account()


@pytest.fixture
async def neighbor(service: Deployment, tenant: Tenant) -> Tenant:
    """Return another tenant of the same deployment."""
    return await make_tenant(service, tenant.admin, {"authorization": f"Bearer {OPERATOR_TOKEN}"})


async def _rejected(
    tenant: Tenant,
    body: dict[str, Any],
    rule: str | None,
    *,
    by: Client | None = None,
    status: int = 400,
    code: str = "validation_failed",
) -> dict[str, Any]:
    async with tenant.storing_nothing():
        reply = await (by or tenant.client).post("/v1/posts", {"text": "Hello", **body})
    return check_refusal(reply, status, code, rule)


@pytest.mark.parametrize("account_id", [*_MALFORMED, f"acc_{ABSENT_ID}"])
async def test_unknown_account_is_rejected(tenant: Tenant, account_id: str) -> None:
    await _rejected(tenant, {"targets": [{"accountId": account_id}]}, "target.account.not_connected")


async def test_account_of_another_tenant_is_unknown(tenant: Tenant, neighbor: Tenant) -> None:
    foreign_account_id = await neighbor.client.sandbox_account()
    refusals = [
        await _rejected(tenant, {"targets": [{"accountId": account_id}]}, "target.account.not_connected")
        for account_id in (foreign_account_id, f"acc_{ABSENT_ID}")
    ]
    assert len({refusal["message"].partition("`")[0] for refusal in refusals}) == 1
    assert await neighbor.followers_see() == []


async def test_account_of_the_other_mode_is_unknown(tenant: Tenant, account_id: str) -> None:
    live = await tenant.key(Mode.LIVE)
    await _rejected(tenant, {"targets": [{"accountId": account_id}]}, "target.account.not_connected", by=live)
    await _rejected(tenant, {"targets": [{"platform": PLATFORM}]}, "target.account.not_connected", by=live)


async def test_account_of_another_profile_is_unknown_to_a_key_of_one_profile(tenant: Tenant, account_id: str) -> None:
    scoped = await tenant.key(profileId=await tenant.profile())
    await _rejected(tenant, {"targets": [{"accountId": account_id}]}, "target.account.not_connected", by=scoped)
    await _rejected(tenant, {"targets": [{"platform": PLATFORM}]}, "target.account.not_connected", by=scoped)


async def test_target_outside_the_requested_profile_is_rejected(tenant: Tenant, account_id: str) -> None:
    body = {"targets": [{"accountId": account_id}], "profileId": await tenant.profile()}
    await _rejected(tenant, body, "target.account.not_connected")


async def test_key_of_one_profile_cannot_post_for_another(tenant: Tenant) -> None:
    scoped = await tenant.key(profileId=await tenant.profile())
    for profile_id in (await tenant.profile(), f"prof_{ABSENT_ID}"):
        body = {"targets": [{"platform": PLATFORM}], "profileId": profile_id}
        await _rejected(tenant, body, "profile.scope_mismatch", by=scoped)


async def test_disconnected_account_is_rejected(tenant: Tenant, account_id: str) -> None:
    assert (await tenant.client.call("DELETE", f"/v1/accounts/{account_id}")).status_code == 200
    await _rejected(tenant, {"targets": [{"accountId": account_id}]}, "account.disconnected", status=409)
    await _rejected(tenant, {"targets": [{"platform": PLATFORM}]}, "target.account.not_connected")


async def test_revoked_account_is_rejected_for_an_immediate_post(tenant: Tenant) -> None:
    account_id = await tenant.client.sandbox_account("auth_revoked")
    held = await tenant.client.post("/v1/posts", {"targets": [{"accountId": account_id}], "text": "Hello"})
    assert [result["status"] for result in held.json()["results"]] == ["held"]
    await _rejected(tenant, {"targets": [{"accountId": account_id}]}, "account.reauth_required")


@pytest.mark.parametrize("second", ["id", "platform"])
async def test_duplicate_account_is_rejected(tenant: Tenant, account_id: str, second: str) -> None:
    again = {"accountId": account_id} if second == "id" else {"platform": PLATFORM}
    await _rejected(tenant, {"targets": [{"accountId": account_id}, again]}, "targets.duplicate_account")
    await _rejected(tenant, {"targets": [again, {"accountId": account_id.lower()}]}, "targets.duplicate_account")


async def test_ambiguous_platform_is_rejected_with_the_candidates(tenant: Tenant) -> None:
    accounts = sorted([await tenant.client.sandbox_account() for _ in range(2)])
    error = await _rejected(tenant, {"targets": [{"platform": PLATFORM}]}, "target.account.ambiguous")
    assert error["platformResponse"]["candidates"] == accounts
    assert all(account_id in error["remediation"] for account_id in accounts)


async def test_platform_without_an_account_is_rejected(tenant: Tenant) -> None:
    await _rejected(tenant, {"targets": [{"platform": PLATFORM}]}, "target.account.not_connected")
    for platform in ("elsewhere", PLATFORM.upper(), ""):
        await _rejected(tenant, {"targets": [{"platform": platform}]}, "platform.unknown")


@pytest.mark.parametrize("media_id", ["", "nonsense", f"acc_{ABSENT_ID}", f"med_{ABSENT_ID}"])
async def test_unknown_media_item_is_rejected(tenant: Tenant, account_id: str, media_id: str) -> None:
    picture = {"kind": "image", "mediaId": media_id}
    target = {"accountId": account_id}
    for body in (
        {"targets": [target], "media": [picture]},
        {"targets": [{**target, "media": [picture]}]},
        {"targets": [target], "thread": [{"text": "a", "media": [picture]}]},
        {
            "targets": [target],
            "options": {
                "bluesky": {"linkCard": {"url": "https://a.example", "title": "A", "thumbnail": media_id}},
            },
        },
    ):
        await _rejected(tenant, body, "media.unknown", status=404, code="not_found")


async def test_media_item_of_another_tenant_mode_or_profile_is_unknown(
    tenant: Tenant, neighbor: Tenant, account_id: str
) -> None:
    live, scoped = await tenant.key(Mode.LIVE), await tenant.key(profileId=await tenant.profile())
    for owner in (neighbor.client, live, scoped):
        picture = {"kind": "image", "mediaId": await upload(owner)}
        body = {"targets": [{"accountId": account_id}], "media": [picture]}
        await _rejected(tenant, body, "media.unknown", status=404, code="not_found")


@pytest.mark.parametrize(
    ("scheduled_at", "rule"),
    [
        ("2020-01-01T00:00:00Z", "scheduledAt.future"),
        ("0001-01-01T00:00:00Z", "scheduledAt.future"),
        ("0001-01-01T00:00:00+14:00", "scheduledAt"),
        ("9999-12-31T23:59:59Z", "scheduledAt.horizon"),
        ("9999-12-31T23:59:59-12:00", "scheduledAt"),
        ("10000-01-01T00:00:00Z", "scheduledAt"),
        ("2099-01-01T00:00:00", "scheduledAt.timezone"),
        ("2099-01-01T00:00:00.000", "scheduledAt.timezone"),
        ("2099-01-01", "scheduledAt"),
        ("2099-02-30T00:00:00Z", "scheduledAt"),
        ("2099-01-01T24:00:01Z", "scheduledAt"),
        ("2099-01-01T00:00:60Z", "scheduledAt"),
        ("2099-01-01T00:00:00+24:00", "scheduledAt"),
        ("2099-01-01T00:00:00 Europe/Berlin", "scheduledAt"),
        ("٢٠٩٩-٠١-٠١T٠٠:٠٠:٠٠Z", "scheduledAt"),  # noqa: RUF001 - digits, though not ours
        ("tomorrow", "scheduledAt"),
        ("", "scheduledAt"),
        (4_070_908_800, "scheduledAt"),
        ("4070908800", "scheduledAt"),
        (True, "scheduledAt"),
        (["2099-01-01T00:00:00Z"], "scheduledAt"),
        ({"at": "2099-01-01T00:00:00Z"}, "scheduledAt"),
    ],
)
async def test_invalid_time_is_rejected(tenant: Tenant, account_id: str, scheduled_at: object, rule: str) -> None:
    body = {"targets": [{"accountId": account_id}], "scheduledAt": scheduled_at}
    await _rejected(tenant, body, rule)


async def test_time_between_one_second_and_366_days_is_accepted(tenant: Tenant, account_id: str) -> None:
    day_s = 86_400
    for seconds, rule in ((0.5, "scheduledAt.future"), (366 * day_s + 60, "scheduledAt.horizon")):
        await _rejected(tenant, {"targets": [{"accountId": account_id}], "scheduledAt": soon(seconds)}, rule)
    body = {"targets": [{"accountId": account_id}], "text": "Hello", "scheduledAt": soon(366 * day_s - 60)}
    assert (await tenant.client.post("/v1/posts", body)).status_code == 202


async def test_publish_now_and_scheduled_at_exclude_each_other(tenant: Tenant, account_id: str) -> None:
    body = {"targets": [{"accountId": account_id}], "publishNow": True, "scheduledAt": soon(60)}
    await _rejected(tenant, body, "mode_conflict")


async def test_first_failing_check_determines_the_error(tenant: Tenant, account_id: str) -> None:
    """The order is: JSON, schema, mode, targets, options, rules, schedule."""
    body: dict[str, Any] = {
        "unknown": 1,
        "publishNow": True,
        "scheduledAt": "2020-01-01T00:00:00Z",
        "targets": [{"platform": "elsewhere"}],
        "options": {"elsewhere": {}},
        "text": "a" * 301,
    }
    await _rejected(tenant, body, "unknown")
    del body["unknown"]
    await _rejected(tenant, body, "mode_conflict")
    del body["publishNow"]
    await _rejected(tenant, body, "platform.unknown")
    body["targets"] = [{"accountId": account_id}]
    await _rejected(tenant, body, "options.elsewhere")
    del body["options"]
    await _rejected(tenant, body, "bluesky.text.max_graphemes", code="preflight_failed")
    body["text"] = "Hello"
    await _rejected(tenant, body, "scheduledAt.future")


async def test_concurrent_invalid_requests_are_all_rejected(tenant: Tenant, account_id: str) -> None:
    bodies = [{"targets": [{"accountId": account_id}], "text": "a" * (301 + number)} for number in range(20)]
    async with tenant.storing_nothing():
        replies = await asyncio.gather(*[tenant.client.post("/v1/posts", body) for body in bodies])
    assert {reply.status_code for reply in replies} == {400}
