"""Attempts of posts until they are settled, in PostgreSQL: the stored results and the published posts."""

import asyncio
import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from letmepost.domain.api_keys import Mode
from letmepost.domain.budgets import Budget, midnight_utc
from letmepost.domain.content import MediaItem, MediaKind, PostContent
from letmepost.domain.errors import FailureKind, LimitScope, NotSent, PlatformFailure
from letmepost.domain.flow import Call, Effect, Flow, Intent, Reconciled, Reply, Unknown
from letmepost.domain.journal import CONNECTING_MAX_S, Step
from letmepost.gateways.http_client import HTTPClient
from letmepost.gateways.throttles import FAILURES_TO_OPEN
from letmepost.platforms.contract import ReadyPost
from letmepost.services.publishing import throttling
from letmepost.storage.accounts.accounts import AccountRepository, AccountRow
from letmepost.storage.publishing.runs import LostLeaseError
from tests.doubles.faults import Way
from tests.doubles.platform import publish_thread, reconcile
from tests.doubles.waiting import eventually
from tests.services.desk import Desk, working
from tests.services.network import Network
from tests.storage.support import CLOCK, Admin, Owner, fresh_id

NOW_AS_HERE = timedelta()
WITH_COMMENT = PostContent(text="Hello", first_comment="And more")


async def test_published_post_is_recorded_with_attempt_and_events(desk: Desk) -> None:
    await desk.post()
    row = await desk.publish()
    assert desk.network.posts == [("post", "Hello")]
    assert (row["status"], row["uri"], row["error"]) == ("published", "at://post", None)
    assert (row["ready_at"], row["lease_token"]) == (None, None)
    assert await desk.events() == ["post.published"]
    [attempt] = await desk.admin.rows("SELECT number, outcome, error, calls, finished_at FROM attempts")
    assert (attempt["number"], attempt["outcome"], attempt["error"]) == (1, "published", None)
    assert attempt["finished_at"] is not None
    assert '"status": 200' in attempt["calls"]


@pytest.mark.parametrize(
    ("way", "status"),
    [
        (Way.REFUSED, "rejected"),
        (Way.THROTTLED, "retrying"),
        (Way.AWAY, "retrying"),
        (Way.BROKEN, "retrying"),
        (Way.LOST_AFTER, "retrying"),
        (Way.LOST_BEFORE, "retrying"),
        (Way.UNREADABLE, "retrying"),
        (Way.REVOKED, "held"),
    ],
)
async def test_platform_response_determines_the_status(desk: Desk, way: Way, status: str) -> None:
    desk.network.ways = [way]
    await desk.post()
    row = await desk.publish()
    assert row["status"] == status
    assert row["error"] is not None
    assert row["lease_token"] is None
    assert await desk.events() == [*(["token.revoked"] if status == "held" else []), f"post.{status}"]


@pytest.mark.parametrize("way", [Way.THROTTLED, Way.AWAY, Way.BROKEN, Way.LOST_AFTER, Way.LOST_BEFORE, Way.UNREADABLE])
async def test_retried_post_is_published_once(desk: Desk, way: Way) -> None:
    desk.network.ways = [way]
    await desk.post()
    await desk.publish()
    await desk.let_time_pass()
    assert (await desk.publish())["status"] == "published"
    assert desk.network.posts == [("post", "Hello")]
    assert await desk.events() == ["post.retrying", "post.published"]


async def test_post_in_doubt_is_not_reconciled_too_early(desk: Desk) -> None:
    """The lost call may still be running, so the post waits and its status does not change."""
    desk.network.ways = [Way.LOST_AFTER]
    await desk.post()
    await desk.publish()
    await desk.admin.do("UPDATE posts SET ready_at = now()")
    row = await desk.publish()
    assert row["status"] == "publishing"
    assert row["ready_at"] > CLOCK.now() + timedelta(seconds=20)
    assert desk.network.asked == 0


async def test_post_ends_when_its_flow_raises_an_unexpected_error(
    owner: Owner, network: Network, admin: Admin, http: HTTPClient, redis_url: str, tmp_path: Path
) -> None:
    def fail(_post: ReadyPost, _settings: object) -> Flow[None]:
        raise ZeroDivisionError
        yield

    async with working(owner, network, admin, http, redis_url, tmp_path, publish=fail) as desk:
        await desk.post()
        row = await desk.publish()
        assert (row["status"], row["failure_count"]) == ("retrying", 1)
        await desk.let_time_pass()
        await desk.admin.do("UPDATE posts SET due_at = due_at - make_interval(secs => late_within_s - 3)")
        assert (await desk.publish())["status"] == "failed"


@pytest.mark.parametrize(
    ("kind", "status", "events"),
    [
        (FailureKind.REJECTED, "rejected", ["post.rejected"]),
        (FailureKind.UNAVAILABLE, "retrying", ["post.retrying"]),
        (FailureKind.AUTH_FAILED, "held", ["token.revoked", "post.held"]),
    ],
)
async def test_refusal_with_unstorable_text_is_recorded_and_announced(
    owner: Owner,
    network: Network,
    admin: Admin,
    http: HTTPClient,
    redis_url: str,
    tmp_path: Path,
    *,
    kind: FailureKind,
    status: str,
    events: list[str],
) -> None:
    def fail(post: ReadyPost, _settings: object) -> Flow[None]:
        yield Call(method="GET", url=f"{post.account.data['host']}/me")
        raise PlatformFailure(kind, "Not\x00 \ud800this.")

    async with working(owner, network, admin, http, redis_url, tmp_path, publish=fail) as desk:
        await desk.post()
        row = await desk.publish()
        assert (row["status"], json.loads(row["error"])["message"]) == (status, "Not\ufffd \ufffdthis.")
        assert await desk.events() == events


# Crashes


@pytest.mark.parametrize("way", [Way.WELL, Way.LOST_BEFORE], ids=["executed", "not executed"])
async def test_post_of_a_crashed_worker_is_continued_by_another(desk: Desk, way: Way) -> None:
    desk.network.ways = [way]
    post_id = await desk.post()
    desk.network.hold()
    crashing = asyncio.create_task(desk.publishing.publish(await desk.claim()))
    await desk.network.arrived.acquire()
    crashing.cancel()
    await asyncio.gather(crashing, return_exceptions=True)
    desk.network.release()

    async def is_over() -> bool:
        return not desk.network.ways and (way is not Way.WELL or bool(desk.network.posts))

    await eventually(is_over)
    await desk.let_time_pass()
    row = await desk.publish()
    assert (row["id"], row["status"]) == (post_id, "published")
    assert desk.network.posts == [("post", "Hello")]


async def test_worker_without_a_lease_changes_nothing(desk: Desk) -> None:
    """Another worker has the post by then."""
    await desk.post()
    slow = await desk.begin()
    outcome = await slow.run()
    await desk.let_time_pass()
    quick = await desk.begin()
    before = await desk.admin.everything("posts", "attempts", "events")
    with pytest.raises(LostLeaseError):
        await slow.record(outcome)
    assert await desk.admin.everything("posts", "attempts", "events") == before
    await quick.record(await quick.run())
    assert desk.network.posts == [("post", "Hello")]


async def test_call_is_not_sent_long_after_its_intent(desk: Desk) -> None:
    """The doubt is counted from the intent. A post that is sent later could be reconciled before it is visible."""
    await desk.post()
    attempt = await desk.begin()
    call = Call(
        method="POST",
        url=f"{desk.network.url}/posts",
        json={"step": "post", "text": "Hello"},
        effect=Effect.PUBLISH,
        step="post",
    )
    late = CLOCK.now() - timedelta(seconds=CONNECTING_MAX_S + 1)
    attempt.steps["post"] = Step(name="post", intent=Intent(call, late))
    with pytest.raises(NotSent, match="too late"):
        await attempt.sender(call)
    assert desk.network.posts == []
    attempt.steps["post"] = Step(name="post", intent=Intent(call, CLOCK.now()))
    assert (await attempt.sender(call)).ok


async def test_released_post_can_be_claimed_immediately(desk: Desk) -> None:
    await desk.post()
    claim = await desk.claim()
    await desk.publishing.hand_back(claim)
    assert (await desk.publish())["status"] == "published"
    await desk.publishing.hand_back(claim)


async def test_recorded_response_is_announced_by_the_next_worker(desk: Desk) -> None:
    """The worker crashed after it recorded the response and before it announced the post."""
    await desk.post()
    await desk.publish()
    await reset_to_publishing(desk)
    row = await desk.publish()
    assert (row["status"], row["uri"]) == ("published", "at://post")
    assert desk.network.posts == [("post", "Hello")]


async def reset_to_publishing(desk: Desk) -> None:
    """Restore the state right after the platform's response was recorded."""
    await desk.admin.do(
        "UPDATE posts SET status = 'publishing', uri = NULL, cid = NULL, url = NULL, published_at = NULL,"
        " extras_until = NULL, ready_at = now() - interval '1 minute'"
    )


# Lateness


async def test_late_post_fails_without_being_sent(desk: Desk) -> None:
    await desk.post()
    await desk.let_the_deadline_pass()
    row = await desk.publish()
    assert row["status"] == "failed"
    assert "schedule.missed" in row["error"]
    assert desk.network.posts == []


async def test_error_of_a_late_post_contains_the_lateness_and_its_causes(desk: Desk) -> None:
    await desk.post(late_within_s=60)
    await desk.let_the_deadline_pass()
    await desk.admin.do("UPDATE posts SET ready_at = due_at")
    await desk.publish()
    [error] = [json.loads(row["error"]) for row in await desk.admin.rows("SELECT error FROM posts")]
    assert error["lateness"]["ms"] >= 60_000
    [longest, *_] = error["lateness"]["waits"]
    assert longest["reason"] == "queue"
    assert "s late" in error["message"]
    assert "s for a worker" in error["message"]


async def test_error_of_a_post_held_until_its_deadline_contains_the_hold(desk: Desk) -> None:
    await desk.post(late_within_s=60)
    await desk.admin.do("UPDATE accounts SET status = 'reauth_required'")
    await desk.publish()
    hour = timedelta(hours=1)
    await desk.admin.do("UPDATE posts SET due_at = due_at - $1::interval, ready_at = ready_at - $1::interval", hour)
    await desk.admin.do(
        "UPDATE attempts SET started_at = started_at - $1::interval, finished_at = finished_at - $1::interval", hour
    )
    await desk.publish()
    [error] = [json.loads(row["error"]) for row in await desk.admin.rows("SELECT error FROM posts")]
    assert error["rule"] == "account.reauth_required"
    waits = {wait["reason"]: wait["ms"] for wait in error["lateness"]["waits"]}
    assert waits["account"] > 50_000
    assert sum(waits.values()) == error["lateness"]["ms"]


async def test_late_post_is_published_when_its_rule_is_publish(desk: Desk) -> None:
    await desk.post(late_then="publish")
    await desk.let_the_deadline_pass()
    assert (await desk.publish())["status"] == "published"


async def test_late_post_is_held_when_its_rule_is_hold(desk: Desk) -> None:
    await desk.post(late_then="hold")
    await desk.let_the_deadline_pass()
    row = await desk.publish()
    assert row["status"] == "held"
    assert row["ready_at"] == row["due_at"] + timedelta(days=30)


@pytest.mark.parametrize("late_then", ["skip", "hold", "publish"])
async def test_late_post_that_was_published_in_time_stays_published(desk: Desk, late_then: str) -> None:
    """If it failed, a caller who retries it would publish it twice."""
    await desk.post(late_then=late_then)
    await desk.publish()
    await reset_to_publishing(desk)
    await desk.let_the_deadline_pass()
    assert (await desk.publish())["status"] == "published"
    assert desk.network.posts == [("post", "Hello")]


@pytest.mark.parametrize(
    ("way", "status"), [(Way.LOST_AFTER, "published"), (Way.LOST_BEFORE, "failed")], ids=["executed", "not executed"]
)
async def test_late_post_in_doubt_is_reconciled_and_not_sent(desk: Desk, way: Way, status: str) -> None:
    desk.network.ways = [way]
    await desk.post()
    await desk.publish()
    await desk.let_the_deadline_pass()
    assert (await desk.publish())["status"] == status
    assert len(desk.network.posts) == (way is Way.LOST_AFTER)


@pytest.mark.parametrize(("late_then", "status"), [("skip", "failed"), ("hold", "held")])
async def test_late_post_in_doubt_follows_its_lateness_rule_when_it_was_not_sent(
    desk: Desk, late_then: str, status: str
) -> None:
    desk.network.ways = [Way.LOST_BEFORE]
    await desk.post(late_then=late_then)
    await desk.publish()
    await desk.let_the_deadline_pass()
    row = await desk.publish()
    assert (row["status"], json.loads(row["error"])["rule"]) == (status, "schedule.missed")


async def test_held_post_in_doubt_fails_at_its_deadline_when_it_was_not_sent(desk: Desk) -> None:
    await be_held_in_doubt(desk, Way.LOST_BEFORE)
    await desk.let_the_deadline_pass()
    assert (await desk.publish())["status"] == "failed"


async def test_late_post_in_doubt_is_reconciled_until_the_platform_responds(desk: Desk) -> None:
    desk.network.ways, desk.network.can_look_up = [Way.LOST_AFTER], False
    await desk.post()
    await desk.publish()
    await desk.let_the_deadline_pass()
    assert (await desk.publish())["status"] == "retrying"
    desk.network.can_look_up = True
    await desk.let_time_pass()
    assert (await desk.publish())["status"] == "published"
    assert desk.network.posts == [("post", "Hello")]


async def test_late_post_in_doubt_is_unconfirmed_after_an_hour(desk: Desk) -> None:
    desk.network.ways, desk.network.can_look_up = [Way.LOST_AFTER], False
    await desk.post()
    await desk.publish()
    await desk.let_the_deadline_pass()
    await desk.admin.do("UPDATE posts SET due_at = due_at - interval '1 hour'")
    row = await desk.publish()
    assert (row["status"], row["ready_at"]) == ("unconfirmed", None)


async def test_held_post_in_doubt_is_reconciled_at_its_deadline(desk: Desk) -> None:
    await be_held_in_doubt(desk)
    await desk.let_the_deadline_pass()
    assert (await desk.publish())["status"] == "published"


async def test_held_post_in_doubt_stays_held_until_the_platform_responds(desk: Desk) -> None:
    await be_held_in_doubt(desk)
    desk.network.can_look_up = False
    await desk.let_the_deadline_pass()
    assert (await desk.publish())["status"] == "held"
    desk.network.can_look_up = True
    await desk.let_time_pass()
    assert (await desk.publish())["status"] == "published"


async def test_held_post_in_doubt_is_unconfirmed_after_an_hour(desk: Desk) -> None:
    await be_held_in_doubt(desk)
    desk.network.can_look_up = False
    await desk.let_the_deadline_pass()
    await desk.admin.do("UPDATE posts SET due_at = due_at - interval '1 hour'")
    row = await desk.publish()
    assert (row["status"], row["ready_at"]) == ("unconfirmed", None)


async def be_held_in_doubt(desk: Desk, way: Way = Way.LOST_AFTER) -> None:
    desk.network.ways = [way]
    await desk.post()
    await desk.publish()
    await desk.admin.do("UPDATE posts SET status = 'held'")


async def test_thread_is_partial_when_it_is_not_finished_in_time(
    owner: Owner, network: Network, admin: Admin, http: HTTPClient, redis_url: str, tmp_path: Path
) -> None:
    async with working(owner, network, admin, http, redis_url, tmp_path, publish=publish_thread) as desk:
        network.ways = [Way.WELL, Way.AWAY]
        await desk.post()
        assert (await desk.publish())["status"] == "retrying"
        await desk.let_the_deadline_pass()
        assert (await desk.publish())["status"] == "partial"
        assert len(network.posts) == 1


async def test_reconciliation_after_a_lost_response_receives_the_content(
    owner: Owner, network: Network, admin: Admin, http: HTTPClient, redis_url: str, tmp_path: Path
) -> None:
    """Some platforms can recognize a post only by its content."""
    looked_for: list[PostContent] = []

    def look(post: ReadyPost, intent: Intent, settings: object) -> Flow[Reconciled]:
        looked_for.append(post.content)
        return reconcile(post, intent, settings)

    async with working(owner, network, admin, http, redis_url, tmp_path, reconcile=look) as desk:
        network.ways = [Way.LOST_AFTER]
        await desk.post(content=WITH_COMMENT)
        await desk.publish()
        await desk.let_time_pass()
        assert (await desk.publish())["status"] == "published"
    assert looked_for == [WITH_COMMENT]


# Extras


async def test_rejected_extra_becomes_a_warning(desk: Desk) -> None:
    desk.network.ways = [Way.WELL, Way.REFUSED]
    await desk.post(content=WITH_COMMENT)
    row = await desk.publish()
    assert (row["status"], row["ready_at"], row["error"]) == ("published", None, None)
    assert "extras.failed" in row["warnings"]
    assert await desk.events() == ["post.published"]


async def test_failed_extra_is_retried_without_changing_the_post(desk: Desk) -> None:
    desk.network.ways = [Way.WELL, Way.LOST_AFTER, Way.WELL]
    await desk.post(content=WITH_COMMENT)
    row = await desk.publish()
    assert row["status"] == "published"
    assert row["ready_at"] is not None
    await desk.let_time_pass()
    row = await desk.publish()
    assert (row["ready_at"], row["warnings"]) == (None, "[]")
    assert "at://comment" in row["extras"]
    assert desk.network.posts == [("post", "Hello"), ("comment", "And more")]


async def test_unconfirmed_extra_becomes_a_warning(
    owner: Owner, network: Network, admin: Admin, http: HTTPClient, redis_url: str, tmp_path: Path
) -> None:
    """The post is visible, whatever the outcome of its comment."""

    def cannot_tell(_post: ReadyPost, _intent: Intent, _settings: object) -> Flow[Reconciled]:
        return Unknown("no list of comments")
        yield

    async with working(owner, network, admin, http, redis_url, tmp_path, reconcile=cannot_tell) as desk:
        network.ways = [Way.WELL, Way.LOST_AFTER]
        await desk.post(content=WITH_COMMENT)
        await desk.publish()
        await desk.let_time_pass()
        row = await desk.publish()
        assert (row["status"], row["ready_at"], row["lease_token"]) == ("published", None, None)
        assert "no list of comments" in row["warnings"]


async def test_published_post_stays_published_when_its_media_item_is_missing(desk: Desk) -> None:
    """A deleted media item must not roll back every later attempt."""
    desk.network.ways = [Way.WELL, Way.AWAY]
    await desk.post(content=WITH_COMMENT)
    assert (await desk.publish())["status"] == "published"
    await remove_media_item(desk)
    await desk.let_time_pass()
    row = await desk.publish()
    assert (row["status"], row["ready_at"], row["lease_token"]) == ("published", None, None)


async def test_post_in_doubt_is_not_rejected_when_its_media_item_is_missing(desk: Desk) -> None:
    desk.network.ways = [Way.LOST_AFTER]
    await desk.post()
    await desk.publish()
    await remove_media_item(desk)
    await desk.let_time_pass()
    assert (await desk.publish())["status"] == "unconfirmed"


async def test_unsent_post_is_rejected_when_its_media_item_is_missing(desk: Desk) -> None:
    await desk.post()
    await remove_media_item(desk)
    row = await desk.publish()
    assert row["status"] == "rejected"
    assert "media.unknown" in row["error"]


async def remove_media_item(desk: Desk) -> None:
    """Make the content of the post name a media item that does not exist."""
    item = MediaItem(kind=MediaKind.IMAGE, media_id=fresh_id())
    value = f'[{{"kind": "image", "media_id": "{item.media_id}", "alt_text": null, "title": null}}]'
    await desk.admin.do("UPDATE post_revisions SET content = jsonb_set(content, '{media}', $1::text::jsonb)", value)


# Accounts


async def test_revoked_account_is_marked_and_announced_once(desk: Desk) -> None:
    """Further failures must not notify the owner again."""
    desk.network.tokens.clear()
    desk.network.refresh_answer = (401, {})
    await desk.post()
    assert (await desk.publish())["status"] == "held"
    assert await desk.admin.one("SELECT status FROM accounts") == "reauth_required"
    await desk.admin.do("UPDATE posts SET status = 'queued', ready_at = now()")
    assert (await desk.publish())["status"] == "held"
    assert (await desk.events()).count("token.revoked") == 1


async def test_held_post_is_published_after_a_reconnect(desk: Desk) -> None:
    desk.network.tokens.clear()
    desk.network.refresh_answer = (401, {})
    await desk.post()
    await desk.publish()
    await desk.reconnect()
    assert (await desk.publish())["status"] == "published"


async def test_post_under_way_is_published_despite_a_disconnect(desk: Desk) -> None:
    await desk.post()
    desk.network.hold()
    publishing = asyncio.create_task(desk.publish())
    await desk.network.arrived.acquire()
    await desk.disconnect()
    desk.network.release()
    assert (await publishing)["status"] == "published"
    assert len(desk.network.posts) == 1


async def test_post_in_doubt_of_a_disconnected_account_waits_for_a_reconnect(desk: Desk) -> None:
    """It cannot be reconciled without a credential, and it is not sent again unless it was reconciled."""
    await desk.post()
    desk.network.ways = [Way.LOST_AFTER]
    desk.network.hold()
    publishing = asyncio.create_task(desk.publish())
    await desk.network.arrived.acquire()
    await desk.disconnect()
    desk.network.release()
    assert (await publishing)["status"] == "retrying"
    await desk.let_time_pass()
    assert (await desk.publish())["status"] == "held"
    await desk.reconnect()
    assert (await desk.publish())["status"] == "published"
    assert len(desk.network.posts) == 1


async def test_reconnect_during_an_attempt_requeues_its_post(desk: Desk) -> None:
    """If it were held, it would wait for a reconnect that has already happened."""
    desk.network.tokens.clear()
    desk.network.refresh_answer = (401, {})
    await desk.post()
    attempt = await desk.begin()
    outcome = await attempt.run()
    await desk.reconnect()
    await attempt.record(outcome)
    assert await desk.admin.one("SELECT status FROM accounts") == "active", "only the old token failed"
    assert (await desk.publish())["status"] == "published"
    assert "token.revoked" not in await desk.events()


async def test_reconnect_while_an_attempt_is_recorded_requeues_its_post(desk: Desk) -> None:
    """Each of the two transactions cannot see the changes of the other one."""
    await desk.post()
    await desk.admin.do("UPDATE accounts SET status = 'reauth_required'")
    attempt = await desk.begin()
    outcome = await attempt.run()
    async with desk.owner.database.tenant(desk.owner.tenant) as connection:
        await desk.reconnect_in(connection)
        recording = asyncio.create_task(attempt.record(outcome))

        async def waits_or_is_done() -> bool:
            return recording.done() or bool(await desk.admin.waiting_for_a_lock())

        await eventually(waits_or_is_done)
    await recording
    assert (await desk.publish())["status"] == "published"


async def test_platform_is_not_called_for_an_unusable_account(desk: Desk) -> None:
    await desk.post()
    await desk.admin.do("UPDATE accounts SET status = 'reauth_required'")
    row = await desk.publish()
    assert row["status"] == "held"
    assert "account.reauth_required" in row["error"]
    assert desk.network.posts == []
    assert await desk.events() == ["post.held"]


# Rate limits and throttles


async def test_throttled_post_is_postponed_without_a_call(desk: Desk) -> None:
    names = throttling.names(desk.owner.tenant, await account_of(desk), NOW_AS_HERE, None)
    await desk.tools.throttles.limit(names[1], CLOCK.now() + timedelta(hours=1))
    await desk.post()
    row = await desk.publish()
    assert (row["status"], row["failure_count"], desk.network.posts) == ("retrying", 0, [])
    assert row["ready_at"] >= CLOCK.now() + timedelta(minutes=59)
    assert '"budget.limit"' in row["error"]


async def test_rate_limit_of_the_platform_is_reported_in_the_error(desk: Desk) -> None:
    desk.network.ways = [Way.THROTTLED]
    await desk.post()
    assert '"budget.limit"' in (await desk.publish())["error"]


async def test_post_fails_immediately_when_the_limit_resets_after_the_deadline(desk: Desk) -> None:
    names = throttling.names(desk.owner.tenant, await account_of(desk), NOW_AS_HERE, None)
    await desk.tools.throttles.limit(names[0], CLOCK.now() + timedelta(days=9))
    await desk.post()
    row = await desk.publish()
    assert row["status"] == "failed"
    assert '"budget.resets_after_deadline"' in row["error"]


async def test_post_in_doubt_is_reconciled_despite_a_throttle(desk: Desk) -> None:
    desk.network.ways = [Way.LOST_AFTER]
    await desk.post()
    await desk.publish()
    names = throttling.names(desk.owner.tenant, await account_of(desk), NOW_AS_HERE, None)
    await desk.tools.throttles.limit(names[1], CLOCK.now() + timedelta(hours=1))
    await desk.let_time_pass()
    assert (await desk.publish())["status"] == "published"


@pytest.mark.parametrize("scope", LimitScope)
async def test_app_limit_throttles_every_account(desk: Desk, scope: LimitScope) -> None:
    tenant, account = desk.owner.tenant, await account_of(desk)
    retry_at = CLOCK.now() + timedelta(hours=1)
    failure = PlatformFailure(FailureKind.RATE_LIMITED, "Slow down", retry_at=retry_at, scope=scope)
    await throttling.record_feedback(
        desk.tools.throttles, throttling.names(tenant, account, NOW_AS_HERE, None), NOW_AS_HERE, failure, []
    )
    assert desk.tools.throttles.find(throttling.names(tenant, account, NOW_AS_HERE, None)) is not None
    other = throttling.names(tenant, replace(account, id=fresh_id()), NOW_AS_HERE, None)
    assert (desk.tools.throttles.find(other) is not None) == (scope is LimitScope.APP)


@pytest.mark.parametrize(("server", "status"), [("elsewhere", "published"), ("here", "retrying")])
async def test_unavailable_server_throttles_only_its_own_accounts(
    owner: Owner,
    network: Network,
    admin: Admin,
    http: HTTPClient,
    redis_url: str,
    tmp_path: Path,
    server: str,
    status: str,
) -> None:
    """In a network of many servers, anyone may run one that never responds."""
    async with working(owner, network, admin, http, redis_url, tmp_path, server=lambda _account: "here") as desk:
        [name, _] = throttling.names(owner.tenant, await account_of(desk), NOW_AS_HERE, server)
        for number in range(FAILURES_TO_OPEN):
            await desk.tools.throttles.failed(name, f"account {number}")
        await desk.post()
        assert (await desk.publish())["status"] == status


async def test_throttles_of_a_test_world_start_empty_after_a_clock_jump(desk: Desk) -> None:
    """The limit of the simulator may be over, but throttles end by real time, which has not moved."""
    tenant, account = replace(desk.owner.tenant, mode=Mode.TEST), await account_of(desk)
    names = [set(throttling.names(tenant, account, timedelta(hours=hours), None)) for hours in (0, 2)]
    assert names[0].isdisjoint(names[1])
    live = [throttling.names(desk.owner.tenant, account, timedelta(hours=hours), None) for hours in (0, 2)]
    assert live[0] == live[1]


def two_limits(_call: Call, reply: Reply) -> list[Budget]:
    """Return a nearly exhausted limit of the account, and a limit of the app with a quarter left."""
    soon, later = reply.received_at + timedelta(minutes=15), reply.received_at + timedelta(hours=1)
    return [
        Budget(name="account", scope=LimitScope.ACCOUNT, limit=100, remaining=5, resets_at=soon),
        Budget(name="app", scope=LimitScope.APP, limit=1000, remaining=250, resets_at=later),
    ]


async def test_post_is_postponed_when_a_rate_limit_is_nearly_exhausted(
    owner: Owner, network: Network, admin: Admin, http: HTTPClient, redis_url: str, tmp_path: Path
) -> None:
    async with working(owner, network, admin, http, redis_url, tmp_path, budgets=two_limits) as desk:
        await desk.post()
        assert (await desk.publish())["status"] == "published"
        throttles, names = (
            desk.tools.throttles,
            throttling.names(owner.tenant, await account_of(desk), NOW_AS_HERE, None),
        )
        other = throttling.names(owner.tenant, replace(await account_of(desk), id=fresh_id()), NOW_AS_HERE, None)
        assert (throttles.find(names) is None, throttles.find(other) is None) == (False, True)
        assert throttles.is_low(other)
        await throttles.budgets.tell()
        reported = await throttles.budgets.read(names)
        assert [budget.name for name in names for budget in reported[name]] == ["app", "account"]
        await admin.do("DELETE FROM batches")
        await desk.post(late_within_s=60)
        error = json.loads((await desk.publish())["error"])
        assert error["rule"] == "budget.resets_after_deadline"
        assert {name: error["budget"][name] for name in ("name", "limit", "remaining")} == {
            "name": "account",
            "limit": 100,
            "remaining": 5,
        }
        assert error["budget"]["resetsAt"].endswith("Z")


async def test_quota_without_a_reset_time_resets_by_the_rule_of_the_platform(
    owner: Owner, network: Network, admin: Admin, http: HTTPClient, redis_url: str, tmp_path: Path
) -> None:
    def fail(post: ReadyPost, _settings: object) -> Flow[None]:
        yield Call(method="GET", url=f"{post.account.data['host']}/me")
        raise PlatformFailure(FailureKind.QUOTA_EXHAUSTED, "That was all for today.", scope=LimitScope.APP)

    how = {"publish": fail, "resets": midnight_utc}
    async with working(owner, network, admin, http, redis_url, tmp_path, **how) as desk:
        await desk.post()
        row = await desk.publish()
        midnight = midnight_utc(CLOCK.now())
        assert row["ready_at"] == midnight
        found = desk.tools.throttles.find(throttling.names(owner.tenant, await account_of(desk), NOW_AS_HERE, None))
        assert found is not None
        assert found.until == midnight


async def account_of(desk: Desk) -> AccountRow:
    async with desk.owner.database.tenant(desk.owner.tenant) as connection:
        found = await AccountRepository(connection, desk.owner.tenant).find(desk.account_id)
    assert found is not None
    return found
