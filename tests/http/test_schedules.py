"""Times of publication that are given as the clocks of a zone show them."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from letmepost.domain.errors import RequestError
from letmepost.gateways.clock import SystemClock
from letmepost.http.schemas.contents import CreatePost
from letmepost.services.shapes import problems_of
from tests.deployment import Client
from tests.http.support import Tenant, check_refusal, soon

ZONE = "Asia/Kolkata"


def in_days(days: int) -> tuple[dict[str, str], str]:
    """Return a schedule, and the instant as responses show it. The zone has the same offset all year: +05:30."""
    local = (SystemClock().now() + timedelta(days=days)).astimezone(ZoneInfo(ZONE)).replace(second=0, microsecond=0)
    instant = local.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return {"at": local.strftime("%Y-%m-%dT%H:%M"), "zone": ZONE}, instant


def times(post: dict[str, Any]) -> tuple[Any, Any]:
    return post.get("schedule"), post["scheduledAt"]


@pytest.fixture
async def account_id(client: Client) -> str:
    return await client.sandbox_account()


async def create(client: Client, account_id: str, **more: Any) -> str:
    """Create a post; return its id."""
    reply = await client.post("/v1/posts", {"targets": [{"accountId": account_id}], "text": "Hello", **more})
    assert reply.status_code < 300, reply.text
    post_id: str = reply.json()["results"][0]["postId"]
    return post_id


async def test_schedule_is_shown_with_its_instant_until_the_post_gets_another_time(
    client: Client, account_id: str
) -> None:
    (first, first_instant), (second, second_instant), other = in_days(1), in_days(2), soon(7200)
    targets = {"targets": [{"accountId": account_id}], "text": "Hello"}
    batch = (await client.post("/v1/posts", {**targets, "schedule": first})).json()
    assert (batch["status"], batch["scheduledAt"]) == ("queued", first_instant)
    path = f"/v1/posts/{batch['results'][0]['postId']}"
    assert times((await client.get(path)).json()) == (first, first_instant)
    [listed] = (await client.get("/v1/posts?limit=1")).json()["data"]
    assert times(listed) == (first, first_instant)
    for change, expected in (
        ({"text": "Other"}, (first, first_instant)),
        ({"schedule": second}, (second, second_instant)),
        ({"schedule": None}, (second, second_instant)),
        ({"scheduledAt": other}, (None, _shown(other))),
    ):
        assert times((await client.call("PATCH", path, change)).json()) == expected, change


def _shown(moment: str) -> str:
    parsed = datetime.fromisoformat(moment).astimezone(UTC)
    return parsed.isoformat(timespec="milliseconds").replace("+00:00", "Z")


async def test_retried_post_shows_the_time_that_it_was_given(client: Client, account_id: str) -> None:
    """The request that created it had no time."""
    schedule, instant = in_days(1)
    canceled = await create(client, account_id, draft=True)
    batch_id = (await client.get(f"/v1/posts/{canceled}")).json()["batchId"]
    published = await client.post(f"/v1/batches/{batch_id}/publish", {"schedule": schedule})
    assert published.json()["scheduledAt"] == instant
    assert times((await client.get(f"/v1/posts/{canceled}")).json()) == (schedule, instant)

    rejecting = await client.sandbox_account(scenario="rejected")
    rejected = await create(client, rejecting)
    assert times((await client.get(f"/v1/posts/{rejected}")).json()) == (None, None)
    retried = await client.post(f"/v1/posts/{rejected}/retry", {"schedule": schedule})
    assert times(retried.json()) == (schedule, instant)
    assert (await client.call("DELETE", f"/v1/posts/{rejected}")).status_code == 200
    body = {"filter": {"status": ["canceled"]}, "schedule": in_days(2)[0]}
    assert (await client.post("/v1/posts/retry", body)).json() == {"postIds": [rejected]}
    assert times((await client.get(f"/v1/posts/{rejected}")).json()) == in_days(2)
    assert (await client.call("DELETE", f"/v1/posts/{rejected}")).status_code == 200
    assert times((await client.post(f"/v1/posts/{rejected}/retry")).json()) == (None, None)


async def planned_draft(client: Client, account_id: str, *, days: int = 1) -> tuple[str, str]:
    """Create a draft, and give it a time. Return the path of the post, and that of the request to publish it."""
    post_id = await create(client, account_id, draft=True)
    changed = (await client.call("PATCH", f"/v1/posts/{post_id}", {"schedule": in_days(days)[0]})).json()
    assert (changed["status"], times(changed)) == ("draft", in_days(days))
    return f"/v1/posts/{post_id}", f"/v1/batches/{changed['batchId']}/publish"


@pytest.mark.parametrize("body", [None, {}])
async def test_draft_with_a_time_is_queued_for_that_time_when_it_is_published(
    client: Client, account_id: str, body: dict[str, Any] | None
) -> None:
    post, publish = await planned_draft(client, account_id)
    published = await client.post(publish, body)
    assert (published.status_code, published.json()["status"]) == (202, "queued")
    assert published.json()["scheduledAt"] == in_days(1)[1]
    read = (await client.get(post)).json()
    assert (read["status"], times(read)) == ("queued", in_days(1))


async def test_time_of_a_draft_is_replaced_by_the_request_that_publishes_it(tenant: Tenant) -> None:
    client = tenant.client
    account_id = await client.sandbox_account()
    post, publish = await planned_draft(client, account_id)
    assert (await client.post(publish, {"schedule": in_days(2)[0]})).json()["scheduledAt"] == in_days(2)[1]
    assert times((await client.get(post)).json()) == in_days(2)
    post, publish = await planned_draft(client, account_id)
    both = {"publishNow": True, "scheduledAt": soon(60)}
    check_refusal(await client.post(publish, both), 400, "validation_failed", "mode_conflict")
    assert (await client.post(publish, {"publishNow": True})).status_code in {200, 202}
    published = await tenant.settled(post.rpartition("/")[2])
    assert (published["status"], times(published)) == ("published", (None, None))


async def test_draft_is_not_published_at_a_time_that_has_passed(client: Client, account_id: str) -> None:
    post, publish = await planned_draft(client, account_id)
    assert (await client.post("/v1/sandbox/clock", {"advanceS": 2 * 86_400})).status_code == 200
    check_refusal(await client.post(publish), 400, "validation_failed", "draft.time_passed")
    assert (await client.get(post)).json()["status"] == "draft"


async def test_schedule_is_checked_after_the_content(client: Client, account_id: str) -> None:
    schedule, instant = in_days(1)
    body = {"targets": [{"accountId": account_id}], "text": "Hello", "schedule": schedule}
    assert (await client.post("/v1/posts/validate", body)).json()["scheduledAt"] == instant
    for days, rule in ((-1, "scheduledAt.future"), (367, "scheduledAt.horizon")):
        wrong = {**body, "schedule": in_days(days)[0]}
        error = check_refusal(await client.post("/v1/posts", wrong), 400, "validation_failed", rule)
        assert "`schedule`" in error["message"]
        reply = await client.post("/v1/posts", {**wrong, "text": "a" * 301})
        check_refusal(reply, 400, "preflight_failed")
    bulk = (await client.post("/v1/posts/bulk", {"posts": [body, {**body, "scheduledAt": soon(60)}]})).json()["data"]
    assert bulk[0]["body"]["scheduledAt"] == instant
    assert bulk[1]["body"]["error"]["rule"] == "mode_conflict"


def problem_of(**given: Any) -> RequestError:
    """Return the only problem of a request."""
    with pytest.raises(ValidationError) as raised:
        CreatePost.model_validate({"targets": [{"accountId": "acc_1"}], "text": "Hello", **given})
    [found] = problems_of(raised.value.errors(include_input=False), CreatePost)
    return found


@pytest.mark.parametrize(
    ("schedule", "rule", "field"),
    [
        ({"at": "2026-12-24T09:00Z", "zone": "UTC"}, "schedule.at.offset", "schedule.at"),
        ({"at": "2026-12-24T09:00:00+01:00", "zone": ZONE}, "schedule.at.offset", "schedule.at"),
        ({"at": "2026-12-24", "zone": ZONE}, "schedule.at", "schedule.at"),
        ({"at": "2026-02-29T09:00", "zone": ZONE}, "schedule.at", "schedule.at"),
        ({"at": "2026-12-24T24:00", "zone": ZONE}, "schedule.at", "schedule.at"),
        ({"at": "٢٠٢٦-١٢-٢٤T٠٩:٠٠", "zone": ZONE}, "schedule.at", "schedule.at"),  # noqa: RUF001 - digits of Arabic
        ({"at": 1_800_000_000, "zone": ZONE}, "schedule.at", "schedule.at"),
        ({"at": "0001-01-01T00:00", "zone": "Asia/Tokyo"}, "schedule", "schedule"),
        ({"at": "2026-12-24T09:00", "zone": "Asia/Kolkatta"}, "schedule.zone.unknown", "schedule.zone"),
        ({"at": "2026-12-24T09:00", "zone": "../../etc/passwd"}, "schedule.zone.unknown", "schedule.zone"),
        ({"at": "2026-12-24T09:00", "zone": "Asia"}, "schedule.zone.unknown", "schedule.zone"),
        ({"at": "2026-12-24T09:00", "zone": "asia/kolkata"}, "schedule.zone.unknown", "schedule.zone"),
        ({"at": "2026-12-24T09:00", "zone": 5}, "schedule.zone", "schedule.zone"),
        ({"at": "2026-12-24T09:00"}, "schedule.zone", "schedule.zone"),
        ("2026-12-24T09:00", "schedule", "schedule"),
    ],
)
def test_invalid_schedule_is_rejected(schedule: object, rule: str, field: str) -> None:
    found = problem_of(schedule=schedule)
    assert (found.rule, found.field) == (rule, field)


def test_error_about_an_unknown_zone_suggests_one() -> None:
    found = problem_of(schedule={"at": "2026-12-24T09:00", "zone": "Berlin"})
    assert found.suggestion == "Europe/Berlin"
    assert found.remediation == "Send `Europe/Berlin` instead."
    assert "`Berlin`" in str(found)


@pytest.mark.parametrize("other", [{"scheduledAt": "2026-12-24T09:00:00Z"}, {"publishNow": True}, {"draft": True}])
def test_schedule_excludes_the_other_modes(other: dict[str, Any]) -> None:
    found = problem_of(schedule={"at": "2026-12-24T09:00", "zone": ZONE}, **other)
    assert found.rule == "mode_conflict"


@pytest.mark.parametrize("name", ["timezone", "time_zone"])
def test_field_of_another_service_suggests_the_schedule(name: str) -> None:
    assert problem_of(**{name: ZONE}).suggestion == "schedule"
