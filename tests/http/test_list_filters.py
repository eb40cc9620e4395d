"""Filters of list operations: several values, unknown values, aliases, and the filters of accounts."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from letmepost.domain.accounts import AccountStatus
from letmepost.domain.api_keys import EVERY_SCOPE, Mode
from letmepost.domain.errors import ErrorCode
from letmepost.domain.posts import PostStatus
from letmepost.http.schemas.post_queries import PostQuery
from letmepost.platforms import discover
from letmepost.services.callers import Caller
from letmepost.services.events import EVENT_TYPES
from letmepost.services.webhooks.stream import PROGRESS
from tests.deployment import Client
from tests.doubles.waiting import eventually
from tests.http.support import PLATFORM, Tenant, check_refusal, soon, upload

_COMPLETE = f"/v1/accounts/connect/{PLATFORM}/complete"
_WITH_ALIAS = next(platform for platform in discover().values() if platform.aliases)
_CALLER = Caller(
    organization_id=UUID(int=1),
    mode=Mode.TEST,
    key_id=UUID(int=1),
    profile_id=None,
    scopes=EVERY_SCOPE,
    requests_per_minute=None,
)
_ALLOWED = {
    "/v1/posts?status": PostStatus,
    "/v1/posts?platform": discover(),
    "/v1/posts?errorCode": ErrorCode,
    "/v1/accounts?status": AccountStatus,
    "/v1/accounts?platform": discover(),
    "/v1/events?type": EVENT_TYPES,
    "/v1/events/stream?type": (*EVENT_TYPES, PROGRESS),
}


def test_query_without_filters_selects_every_post() -> None:
    assert PostQuery().to_filter(_CALLER).is_empty
    assert PostQuery.model_validate({"cursor": "post_1", "limit": "10"}).to_filter(_CALLER).is_empty
    assert not PostQuery(status=["failed"]).to_filter(_CALLER).is_empty


def test_query_of_a_key_of_one_profile_never_selects_every_post() -> None:
    assert not PostQuery().to_filter(replace(_CALLER, profile_id=UUID(int=2))).is_empty


async def listed(client: Client, path: str) -> list[dict[str, Any]]:
    reply = await client.get(path)
    assert reply.status_code == 200, reply.text
    rows: list[dict[str, Any]] = reply.json()["data"]
    return rows


async def ids(client: Client, path: str) -> list[str]:
    return [row["id"] for row in await listed(client, path)]


async def post(client: Client, account_id: str, **more: Any) -> str:
    body = {"targets": [{"accountId": account_id}], "text": "Hello", **more}
    reply = await client.post("/v1/posts", body)
    assert reply.is_success, reply.text
    post_id: str = reply.json()["results"][0]["postId"]
    return post_id


@pytest.mark.parametrize(("path", "allowed"), list(_ALLOWED.items()))
@pytest.mark.parametrize("value", ["lost", "", "%20", "a" * 5_000])
async def test_unknown_filter_value_is_rejected_with_the_allowed_values(
    client: Client, path: str, allowed: Any, value: str
) -> None:
    name = path.partition("?")[2]
    for query in (value, f"{next(iter(allowed))},{value}", f"{next(iter(allowed))}&{name}={value}"):
        reply = await client.get(f"{path}={query}")
        error = check_refusal(reply, 400, "validation_failed", name)
        assert error["remediation"].endswith(f"Allowed values: {', '.join(allowed)}.")
        assert len(error["message"]) < 100


async def test_misspelled_filter_value_gets_a_suggestion(client: Client) -> None:
    error = check_refusal(await client.get("/v1/posts?status=canceledd"), 400, "validation_failed", "status")
    assert error["remediation"].startswith("Send `canceled` instead.")
    assert error["violations"][0]["suggestion"] == "canceled"


async def test_comma_separated_values_equal_repeated_values(client: Client) -> None:
    one, two, other = [await client.sandbox_account() for _ in range(3)]
    first, second = await post(client, one), await post(client, two, scheduledAt=soon(3600))
    await post(client, other, draft=True)
    for comma, repeated in (
        ("status=published,queued", "status=published&status=queued"),
        (f"accountId={one},{two}", f"accountId={one}&accountId={two}"),
        (f"accountId={one}&accountId={two},{two}", f"accountId={one}&accountId={two}"),
    ):
        assert await ids(client, f"/v1/posts?{comma}") == [second, first]
        assert await ids(client, f"/v1/posts?{repeated}") == [second, first]


async def test_comma_separated_event_types_equal_repeated_types(client: Client) -> None:
    await post(client, await client.sandbox_account())

    async def published() -> list[dict[str, Any]]:
        """Return the last event of the post. It is listed a moment after its cause."""
        return await listed(client, "/v1/events?type=post.published")

    await eventually(published)
    for query in ("type=post.published,account.connected", "type=post.published&type=account.connected"):
        types = [event["type"] for event in await listed(client, f"/v1/events?{query}")]
        assert types == ["account.connected", "post.published"]


async def test_status_validated_selects_queued_posts(client: Client) -> None:
    account_id = await client.sandbox_account()
    queued = await post(client, account_id, scheduledAt=soon(3600))
    await post(client, account_id)
    assert await ids(client, "/v1/posts?status=validated") == [queued]
    assert [row["status"] for row in await listed(client, "/v1/posts?status=validated")] == ["queued"]


@pytest.mark.parametrize("path", ["/v1/posts", "/v1/accounts"])
async def test_alias_of_a_platform_selects_the_platform(client: Client, path: str) -> None:
    account_id = await client.sandbox_account(platform=_WITH_ALIAS.name)
    await post(client, account_id, scheduledAt=soon(3600))
    await post(client, await client.sandbox_account(), scheduledAt=soon(3600))
    found = await listed(client, f"{path}?platform={_WITH_ALIAS.name}")
    assert [row["platform"] for row in found] == [_WITH_ALIAS.name]
    for alias in _WITH_ALIAS.aliases:
        assert await listed(client, f"{path}?platform={alias}") == found


async def test_accounts_are_filtered_by_platform(client: Client) -> None:
    here, there = await client.sandbox_account(), await client.sandbox_account(platform=_WITH_ALIAS.name)
    assert await ids(client, f"/v1/accounts?platform={PLATFORM}") == [here]
    assert await ids(client, f"/v1/accounts?platform={_WITH_ALIAS.name}") == [there]
    assert await ids(client, f"/v1/accounts?platform={PLATFORM},{_WITH_ALIAS.name}") == [there, here]


async def test_accounts_are_filtered_by_handle_without_regard_to_case(client: Client) -> None:
    wanted, other = [(await client.sandbox_account()) for _ in range(2)]
    handle = (await client.get(f"/v1/accounts/{wanted}")).json()["handle"]
    for value in (handle, handle.upper(), f"@{handle}", f"{handle},unknown.test"):
        assert await ids(client, f"/v1/accounts?handle={value}") == [wanted]
    assert await ids(client, "/v1/accounts?handle=unknown.test") == []
    assert await ids(client, "/v1/accounts?handle=") == []
    assert await ids(client, "/v1/accounts") == [other, wanted]


async def test_disconnected_accounts_are_listed_only_on_request(client: Client) -> None:
    active, gone = [await client.sandbox_account() for _ in range(2)]
    assert (await client.call("DELETE", f"/v1/accounts/{gone}")).status_code == 200
    assert await ids(client, "/v1/accounts") == [active]
    assert await ids(client, "/v1/accounts?status=active") == [active]
    assert await ids(client, "/v1/accounts?status=disconnected") == [gone]
    assert await ids(client, "/v1/accounts?status=active,disconnected") == [gone, active]
    assert await ids(client, f"/v1/accounts?platform={PLATFORM}&status=disconnected") == [gone]


async def test_accounts_of_several_profiles_are_listed_on_request(tenant: Tenant) -> None:
    profiles = [await tenant.profile() for _ in range(3)]
    made = [
        (await tenant.client.post(_COMPLETE, {**await tenant.credentials(), "profileId": profile})).json()["id"]
        for profile in profiles
    ]
    one, two, _ = profiles
    assert await ids(tenant.client, f"/v1/accounts?profileId={one},{two}") == made[1::-1]
    assert await ids(tenant.client, f"/v1/accounts?profileId={one}&profileId={two}") == made[1::-1]
    scoped = await tenant.key(profileId=one)
    assert await ids(scoped, f"/v1/accounts?profileId={one},{two}") == [made[0]]
    assert await ids(scoped, f"/v1/accounts?profileId={two}") == []


async def test_media_of_several_profiles_are_listed_on_request(tenant: Tenant) -> None:
    one, two, three = [await tenant.profile() for _ in range(3)]
    keys = [await tenant.key(profileId=profile_id) for profile_id in (one, two, three)]
    first, second, _ = [await upload(key) for key in keys]
    assert await ids(tenant.client, f"/v1/media?profileId={one},{two}") == [second, first]
    assert await ids(tenant.client, f"/v1/media?profileId={one}&profileId={two}") == [second, first]
    assert await ids(keys[0], "/v1/media") == [first]
    reply = await keys[0].get(f"/v1/media?profileId={one},{two}")
    check_refusal(reply, 400, "validation_failed", "profile.scope_mismatch")


async def test_external_user_id_is_one_value_with_its_commas(tenant: Tenant) -> None:
    account_id = await tenant.client.sandbox_account()
    await tenant.client.sandbox_account()
    query = "UPDATE accounts SET external_user_id = 'cn=a,ou=b' WHERE organization_id = $1 AND handle = $2"
    handle = (await tenant.client.get(f"/v1/accounts/{account_id}")).json()["handle"]
    await tenant.admin.do(query, tenant.uuid, handle)
    assert await ids(tenant.client, "/v1/accounts?externalUserId=cn%3Da,ou%3Db") == [account_id]
    assert await ids(tenant.client, "/v1/accounts?externalUserId=cn%3Da") == []
    reply = await tenant.client.get("/v1/accounts?externalUserId=a&externalUserId=b")
    check_refusal(reply, 400, "validation_failed", "externalUserId")


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        ({"platform": ["lost"]}, "platform"),
        ({"errorCode": ["lost"]}, "errorCode"),
        ({"status": ["lost"]}, "status"),
        ({"status": "failed"}, "status"),
        ({"status": [1]}, "status[0]"),
        ({"stauts": ["failed"]}, "stauts"),
    ],
)
async def test_filter_of_a_bulk_retry_is_checked_like_a_query(client: Client, wanted: Any, field: str) -> None:
    reply = await client.post("/v1/posts/retry", {"filter": wanted})
    check_refusal(reply, 400, "validation_failed", f"filter.{field}")


async def test_bulk_retry_with_a_key_of_one_profile_retries_its_posts_only(tenant: Tenant) -> None:
    profile_id = await tenant.profile()
    scoped = await tenant.key(profileId=profile_id)
    mine = await post(scoped, await scoped.sandbox_account("rejected"))
    other = await post(tenant.client, await tenant.client.sandbox_account("rejected"))
    reply = await scoped.post("/v1/posts/retry", {"filter": {}, "scheduledAt": soon(3600)})
    assert reply.json() == {"postIds": [mine]}
    assert (await tenant.client.get(f"/v1/posts/{other}")).json()["status"] == "rejected"
    foreign = await scoped.post("/v1/posts/retry", {"filter": {"profileId": [await tenant.profile()]}})
    check_refusal(foreign, 400, "validation_failed", "profile.scope_mismatch")
