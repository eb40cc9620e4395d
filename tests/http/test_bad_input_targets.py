"""Targets that lead nowhere, to somebody else, or twice to the same account; and posts at impossible times."""

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
async def neighbour(service: Deployment, tenant: Tenant) -> Tenant:
    """Another tenant of the same deployment."""
    return await make_tenant(service, tenant.admin, {"authorization": f"Bearer {OPERATOR_TOKEN}"})


async def _refused(
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
async def test_an_account_that_does_not_exist_is_not_connected(tenant: Tenant, account_id: str) -> None:
    await _refused(tenant, {"targets": [{"accountId": account_id}]}, "target.account.not_connected")


async def test_another_tenants_account_looks_as_if_it_did_not_exist(tenant: Tenant, neighbour: Tenant) -> None:
    theirs = await neighbour.client.sandbox_account()
    refusals = [
        await _refused(tenant, {"targets": [{"accountId": account_id}]}, "target.account.not_connected")
        for account_id in (theirs, f"acc_{ABSENT_ID}")
    ]
    assert refusals[0]["message"] == refusals[1]["message"]
    assert await neighbour.followers_see() == []


async def test_an_account_of_the_other_mode_does_not_exist(tenant: Tenant, account_id: str) -> None:
    live = await tenant.key(Mode.LIVE)
    await _refused(tenant, {"targets": [{"accountId": account_id}]}, "target.account.not_connected", by=live)
    await _refused(tenant, {"targets": [{"platform": PLATFORM}]}, "target.account.not_connected", by=live)


async def test_an_account_of_another_profile_does_not_exist_for_a_profiles_key(tenant: Tenant, account_id: str) -> None:
    scoped = await tenant.key(profileId=await tenant.profile())
    await _refused(tenant, {"targets": [{"accountId": account_id}]}, "target.account.not_connected", by=scoped)
    await _refused(tenant, {"targets": [{"platform": PLATFORM}]}, "target.account.not_connected", by=scoped)


async def test_a_profile_narrows_the_targets_to_its_own_accounts(tenant: Tenant, account_id: str) -> None:
    body = {"targets": [{"accountId": account_id}], "profileId": await tenant.profile()}
    await _refused(tenant, body, "target.account.not_connected")


async def test_a_profiles_key_cannot_post_for_another_profile(tenant: Tenant) -> None:
    scoped = await tenant.key(profileId=await tenant.profile())
    for profile_id in (await tenant.profile(), "prof_nonsense", f"prof_{ABSENT_ID}"):
        body = {"targets": [{"platform": PLATFORM}], "profileId": profile_id}
        await _refused(tenant, body, "profile.scope_mismatch", by=scoped)


async def test_a_disconnected_account_is_not_connected(tenant: Tenant, account_id: str) -> None:
    assert (await tenant.client.call("DELETE", f"/v1/accounts/{account_id}")).status_code == 200
    await _refused(tenant, {"targets": [{"accountId": account_id}]}, "target.account.not_connected")
    await _refused(tenant, {"targets": [{"platform": PLATFORM}]}, "target.account.not_connected")


async def test_an_account_that_must_be_reconnected_is_refused_now(tenant: Tenant) -> None:
    account_id = await tenant.client.sandbox_account("auth_revoked")
    held = await tenant.client.post("/v1/posts", {"targets": [{"accountId": account_id}], "text": "Hello"})
    assert [result["status"] for result in held.json()["results"]] == ["held"]
    await _refused(tenant, {"targets": [{"accountId": account_id}]}, "account.reauth_required")


@pytest.mark.parametrize("second", ["id", "platform"])
async def test_one_account_twice_is_refused(tenant: Tenant, account_id: str, second: str) -> None:
    again = {"accountId": account_id} if second == "id" else {"platform": PLATFORM}
    await _refused(tenant, {"targets": [{"accountId": account_id}, again]}, "targets.duplicate_account")
    await _refused(tenant, {"targets": [again, {"accountId": account_id.lower()}]}, "targets.duplicate_account")


async def test_a_platform_with_several_accounts_is_ambiguous_and_the_candidates_are_told(tenant: Tenant) -> None:
    accounts = sorted([await tenant.client.sandbox_account() for _ in range(2)])
    error = await _refused(tenant, {"targets": [{"platform": PLATFORM}]}, "target.account.ambiguous")
    assert error["platformResponse"]["candidates"] == accounts
    assert all(account_id in error["remediation"] for account_id in accounts)


async def test_a_platform_without_an_account_is_not_connected(tenant: Tenant) -> None:
    for platform in (PLATFORM, "elsewhere", PLATFORM.upper(), ""):
        await _refused(tenant, {"targets": [{"platform": platform}]}, "target.account.not_connected")


@pytest.mark.parametrize("media_id", ["", "nonsense", f"acc_{ABSENT_ID}", f"med_{ABSENT_ID}"])
async def test_a_medium_that_does_not_exist_is_unknown(tenant: Tenant, account_id: str, media_id: str) -> None:
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
        await _refused(tenant, body, "media.unknown", status=404, code="not_found")


async def test_a_medium_of_another_tenant_mode_or_profile_is_unknown(
    tenant: Tenant, neighbour: Tenant, account_id: str
) -> None:
    live, scoped = await tenant.key(Mode.LIVE), await tenant.key(profileId=await tenant.profile())
    for owner in (neighbour.client, live, scoped):
        picture = {"kind": "image", "mediaId": await upload(owner)}
        body = {"targets": [{"accountId": account_id}], "media": [picture]}
        await _refused(tenant, body, "media.unknown", status=404, code="not_found")


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
async def test_a_time_that_cannot_be_kept_is_refused(
    tenant: Tenant, account_id: str, scheduled_at: object, rule: str
) -> None:
    body = {"targets": [{"accountId": account_id}], "scheduledAt": scheduled_at}
    await _refused(tenant, body, rule)


async def test_the_horizon_is_366_days_and_the_soonest_is_in_a_second(tenant: Tenant, account_id: str) -> None:
    day_s = 86_400
    for seconds, rule in ((0.5, "scheduledAt.future"), (366 * day_s + 60, "scheduledAt.horizon")):
        await _refused(tenant, {"targets": [{"accountId": account_id}], "scheduledAt": soon(seconds)}, rule)
    body = {"targets": [{"accountId": account_id}], "text": "Hello", "scheduledAt": soon(366 * day_s - 60)}
    assert (await tenant.client.post("/v1/posts", body)).status_code == 202


async def test_now_and_later_exclude_each_other(tenant: Tenant, account_id: str) -> None:
    body = {"targets": [{"accountId": account_id}], "publishNow": True, "scheduledAt": soon(60)}
    await _refused(tenant, body, "mode_conflict")


async def test_what_is_wrong_first_is_told_first(tenant: Tenant, account_id: str) -> None:
    """JSON, schema, mode, target resolution, options, rules, schedule: the first group that fails answers."""
    body: dict[str, Any] = {
        "unknown": 1,
        "publishNow": True,
        "scheduledAt": "2020-01-01T00:00:00Z",
        "targets": [{"platform": "elsewhere"}],
        "options": {"elsewhere": {}},
        "text": "a" * 301,
    }
    await _refused(tenant, body, "unknown")
    del body["unknown"]
    await _refused(tenant, body, "mode_conflict")
    del body["publishNow"]
    await _refused(tenant, body, "target.account.not_connected")
    body["targets"] = [{"accountId": account_id}]
    await _refused(tenant, body, "options.elsewhere")
    del body["options"]
    await _refused(tenant, body, "bluesky.text.max_graphemes", code="preflight_failed")
    body["text"] = "Hello"
    await _refused(tenant, body, "scheduledAt.future")


async def test_callers_that_all_send_nonsense_are_all_told(tenant: Tenant, account_id: str) -> None:
    bodies = [{"targets": [{"accountId": account_id}], "text": "a" * (301 + number)} for number in range(20)]
    async with tenant.storing_nothing():
        replies = await asyncio.gather(*[tenant.client.post("/v1/posts", body) for body in bodies])
    assert {reply.status_code for reply in replies} == {400}
