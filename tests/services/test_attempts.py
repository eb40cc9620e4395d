"""One try of a post after another, over PostgreSQL, until it is settled: what is on record, and what can be seen."""

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
from tests.doubles.platform import publish_thread, reconcile
from tests.doubles.waiting import eventually
from tests.services.desk import Desk, working
from tests.services.network import Network, Way
from tests.storage.support import CLOCK, KEYRING, Admin, Owner, fresh_id

NOW_AS_HERE = timedelta()
WITH_COMMENT = PostContent(text="Hello", first_comment="And more")


async def test_a_published_post_leaves_everything_on_record(desk: Desk) -> None:
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
        (Way.LOST, "retrying"),
        (Way.LOST_BEFORE, "retrying"),
        (Way.UNREADABLE, "retrying"),
        (Way.REVOKED, "held"),
    ],
)
async def test_whatever_the_platform_answers_the_post_is_told_of(desk: Desk, way: Way, status: str) -> None:
    desk.network.ways = [way]
    await desk.post()
    row = await desk.publish()
    assert row["status"] == status
    assert row["error"] is not None
    assert row["lease_token"] is None
    assert await desk.events() == [*(["token.revoked"] if status == "held" else []), f"post.{status}"]


@pytest.mark.parametrize("way", [Way.THROTTLED, Way.AWAY, Way.BROKEN, Way.LOST, Way.LOST_BEFORE, Way.UNREADABLE])
async def test_what_may_succeed_later_does_and_is_seen_once(desk: Desk, way: Way) -> None:
    desk.network.ways = [way]
    await desk.post()
    await desk.publish()
    await desk.let_time_pass()
    assert (await desk.publish())["status"] == "published"
    assert desk.network.posts == [("post", "Hello")]
    assert await desk.events() == ["post.retrying", "post.published"]


async def test_what_was_sent_is_not_asked_about_too_early(desk: Desk) -> None:
    """The lost call may still be under way: the post waits, and stays what it is."""
    desk.network.ways = [Way.LOST]
    await desk.post()
    await desk.publish()
    await desk.admin.do("UPDATE posts SET ready_at = now()")
    row = await desk.publish()
    assert row["status"] == "publishing"
    assert row["ready_at"] > CLOCK.now() + timedelta(seconds=20)
    assert desk.network.asked == 0


async def test_a_defect_in_a_flow_does_not_leave_its_post_without_an_end(
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
async def test_refusal_with_text_that_postgresql_refuses_is_recorded_and_announced(
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
async def test_a_worker_that_dies_while_it_publishes_is_followed_by_another(desk: Desk, way: Way) -> None:
    desk.network.ways = [way]
    post_id = await desk.post()
    desk.network.hold()
    dying = asyncio.create_task(desk.publishing.publish(await desk.claim()))
    await desk.network.arrived.acquire()
    dying.cancel()
    await asyncio.gather(dying, return_exceptions=True)
    desk.network.release()

    async def is_over() -> bool:
        return not desk.network.ways and (way is not Way.WELL or bool(desk.network.posts))

    await eventually(is_over)
    await desk.let_time_pass()
    row = await desk.publish()
    assert (row["id"], row["status"]) == (post_id, "published")
    assert desk.network.posts == [("post", "Hello")]


async def test_a_worker_that_lost_its_lease_changes_nothing(desk: Desk) -> None:
    """lessons A5: the one that comes late finds a post that is another's."""
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


async def test_a_post_begins_soon_after_its_intent_or_not_at_all(desk: Desk) -> None:
    """A doubt is counted from the intent. Sent much later, a post could be looked for before it can be seen."""
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


async def test_a_post_handed_back_is_taken_by_the_next_at_once(desk: Desk) -> None:
    await desk.post()
    claim = await desk.claim()
    await desk.publishing.hand_back(claim)
    assert (await desk.publish())["status"] == "published"
    await desk.publishing.hand_back(claim)


async def test_an_answer_on_record_is_announced_by_whoever_comes_next(desk: Desk) -> None:
    """The worker died between the platform's answer and its own word on it."""
    await desk.post()
    await desk.publish()
    await forget_that_it_is_published(desk)
    row = await desk.publish()
    assert (row["status"], row["uri"]) == ("published", "at://post")
    assert desk.network.posts == [("post", "Hello")]


async def forget_that_it_is_published(desk: Desk) -> None:
    """As if the worker had died right after the platform's answer was put on record."""
    await desk.admin.do(
        "UPDATE posts SET status = 'publishing', uri = NULL, cid = NULL, url = NULL, published_at = NULL,"
        " extras_until = NULL, ready_at = now() - interval '1 minute'"
    )


# Lateness


async def test_a_post_that_is_too_late_is_failed_without_being_sent(desk: Desk) -> None:
    await desk.post()
    await desk.let_the_deadline_pass()
    row = await desk.publish()
    assert row["status"] == "failed"
    assert "schedule.missed" in row["error"]
    assert desk.network.posts == []


async def test_a_post_that_is_too_late_says_how_late_and_why(desk: Desk) -> None:
    await desk.post(late_within_s=60)
    await desk.let_the_deadline_pass()
    await desk.admin.do("UPDATE posts SET ready_at = due_at")
    await desk.publish()
    [error] = [json.loads(row["error"]) for row in await desk.admin.rows("SELECT error FROM posts")]
    assert error["lateness"]["ms"] >= 60_000
    [longest, *_] = error["lateness"]["waits"]
    assert longest["reason"] == "queue"
    assert "s late" in error["message"]
    assert "waited for a worker" in error["message"]


async def test_a_post_that_was_held_until_its_deadline_says_so(desk: Desk) -> None:
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


async def test_a_post_may_be_published_late_when_it_says_so(desk: Desk) -> None:
    await desk.post(late_then="publish")
    await desk.let_the_deadline_pass()
    assert (await desk.publish())["status"] == "published"


async def test_a_post_may_be_held_when_it_is_too_late(desk: Desk) -> None:
    await desk.post(late_then="hold")
    await desk.let_the_deadline_pass()
    row = await desk.publish()
    assert row["status"] == "held"
    assert row["ready_at"] == row["due_at"] + timedelta(days=30)


@pytest.mark.parametrize("late_then", ["skip", "hold", "publish"])
async def test_a_late_post_that_was_published_in_time_is_published(desk: Desk, late_then: str) -> None:
    """Called failed, it would be posted again by whoever retries it."""
    await desk.post(late_then=late_then)
    await desk.publish()
    await forget_that_it_is_published(desk)
    await desk.let_the_deadline_pass()
    assert (await desk.publish())["status"] == "published"
    assert desk.network.posts == [("post", "Hello")]


@pytest.mark.parametrize(
    ("way", "status"), [(Way.LOST, "published"), (Way.LOST_BEFORE, "failed")], ids=["executed", "not executed"]
)
async def test_a_late_post_in_doubt_is_asked_about_and_not_sent(desk: Desk, way: Way, status: str) -> None:
    desk.network.ways = [way]
    await desk.post()
    await desk.publish()
    await desk.let_the_deadline_pass()
    assert (await desk.publish())["status"] == status
    assert len(desk.network.posts) == (way is Way.LOST)


@pytest.mark.parametrize(("late_then", "status"), [("skip", "failed"), ("hold", "held")])
async def test_a_late_post_that_turns_out_not_to_have_been_sent_ends_by_its_own_rule(
    desk: Desk, late_then: str, status: str
) -> None:
    desk.network.ways = [Way.LOST_BEFORE]
    await desk.post(late_then=late_then)
    await desk.publish()
    await desk.let_the_deadline_pass()
    row = await desk.publish()
    assert (row["status"], json.loads(row["error"])["rule"]) == (status, "schedule.missed")


async def test_a_held_post_that_turns_out_not_to_have_been_sent_is_failed_at_its_deadline(desk: Desk) -> None:
    await be_held_in_doubt(desk, Way.LOST_BEFORE)
    await desk.let_the_deadline_pass()
    assert (await desk.publish())["status"] == "failed"


async def test_a_late_post_in_doubt_is_asked_about_until_the_platform_can_tell(desk: Desk) -> None:
    desk.network.ways, desk.network.can_look_up = [Way.LOST], False
    await desk.post()
    await desk.publish()
    await desk.let_the_deadline_pass()
    assert (await desk.publish())["status"] == "retrying"
    desk.network.can_look_up = True
    await desk.let_time_pass()
    assert (await desk.publish())["status"] == "published"
    assert desk.network.posts == [("post", "Hello")]


async def test_a_late_post_in_doubt_of_which_nothing_can_be_learnt_for_an_hour_is_unconfirmed(desk: Desk) -> None:
    desk.network.ways, desk.network.can_look_up = [Way.LOST], False
    await desk.post()
    await desk.publish()
    await desk.let_the_deadline_pass()
    await desk.admin.do("UPDATE posts SET due_at = due_at - interval '1 hour'")
    row = await desk.publish()
    assert (row["status"], row["ready_at"]) == ("unconfirmed", None)


async def test_a_held_post_in_doubt_is_asked_about_at_its_deadline(desk: Desk) -> None:
    await be_held_in_doubt(desk)
    await desk.let_the_deadline_pass()
    assert (await desk.publish())["status"] == "published"


async def test_a_held_post_in_doubt_stays_held_until_the_platform_can_tell(desk: Desk) -> None:
    await be_held_in_doubt(desk)
    desk.network.can_look_up = False
    await desk.let_the_deadline_pass()
    assert (await desk.publish())["status"] == "held"
    desk.network.can_look_up = True
    await desk.let_time_pass()
    assert (await desk.publish())["status"] == "published"


async def test_a_held_post_in_doubt_of_which_nothing_can_be_learnt_for_an_hour_is_unconfirmed(desk: Desk) -> None:
    await be_held_in_doubt(desk)
    desk.network.can_look_up = False
    await desk.let_the_deadline_pass()
    await desk.admin.do("UPDATE posts SET due_at = due_at - interval '1 hour'")
    row = await desk.publish()
    assert (row["status"], row["ready_at"]) == ("unconfirmed", None)


async def be_held_in_doubt(desk: Desk, way: Way = Way.LOST) -> None:
    desk.network.ways = [way]
    await desk.post()
    await desk.publish()
    await desk.admin.do("UPDATE posts SET status = 'held'")


async def test_a_thread_that_cannot_go_on_in_time_is_partial(
    owner: Owner, network: Network, admin: Admin, http: HTTPClient, redis_url: str, tmp_path: Path
) -> None:
    async with working(owner, network, admin, http, redis_url, tmp_path, publish=publish_thread) as desk:
        network.ways = [Way.WELL, Way.AWAY]
        await desk.post()
        assert (await desk.publish())["status"] == "retrying"
        await desk.let_the_deadline_pass()
        assert (await desk.publish())["status"] == "partial"
        assert len(network.posts) == 1


async def test_what_is_looked_for_after_a_lost_answer_is_the_post_itself(
    owner: Owner, network: Network, admin: Admin, http: HTTPClient, redis_url: str, tmp_path: Path
) -> None:
    """A platform may have no other way to know its own post again than by what is in it."""
    looked_for: list[PostContent] = []

    def look(post: ReadyPost, intent: Intent, settings: object) -> Flow[Reconciled]:
        looked_for.append(post.content)
        return reconcile(post, intent, settings)

    async with working(owner, network, admin, http, redis_url, tmp_path, reconcile=look) as desk:
        network.ways = [Way.LOST]
        await desk.post(content=WITH_COMMENT)
        await desk.publish()
        await desk.let_time_pass()
        assert (await desk.publish())["status"] == "published"
    assert looked_for == [WITH_COMMENT]


# Extras


async def test_an_extra_that_is_refused_is_a_warning(desk: Desk) -> None:
    desk.network.ways = [Way.WELL, Way.REFUSED]
    await desk.post(content=WITH_COMMENT)
    row = await desk.publish()
    assert (row["status"], row["ready_at"], row["error"]) == ("published", None, None)
    assert "extras.failed" in row["warnings"]
    assert await desk.events() == ["post.published"]


async def test_an_extra_is_tried_again_without_touching_the_post(desk: Desk) -> None:
    desk.network.ways = [Way.WELL, Way.LOST, Way.WELL]
    await desk.post(content=WITH_COMMENT)
    row = await desk.publish()
    assert row["status"] == "published"
    assert row["ready_at"] is not None
    await desk.let_time_pass()
    row = await desk.publish()
    assert (row["ready_at"], row["warnings"]) == (None, "[]")
    assert "at://comment" in row["extras"]
    assert desk.network.posts == [("post", "Hello"), ("comment", "And more")]


async def test_an_extra_of_which_nothing_can_be_learnt_is_a_warning(
    owner: Owner, network: Network, admin: Admin, http: HTTPClient, redis_url: str, tmp_path: Path
) -> None:
    """The post is visible whatever became of its comment."""

    def cannot_tell(_post: ReadyPost, _intent: Intent, _settings: object) -> Flow[Reconciled]:
        return Unknown("no list of comments")
        yield

    async with working(owner, network, admin, http, redis_url, tmp_path, reconcile=cannot_tell) as desk:
        network.ways = [Way.WELL, Way.LOST]
        await desk.post(content=WITH_COMMENT)
        await desk.publish()
        await desk.let_time_pass()
        row = await desk.publish()
        assert (row["status"], row["ready_at"], row["lease_token"]) == ("published", None, None)
        assert "no list of comments" in row["warnings"]


async def test_media_that_vanish_under_a_published_post_do_not_unpublish_it(desk: Desk) -> None:
    """lessons A32: a medium deleted under its post rolled back every try for ever."""
    desk.network.ways = [Way.WELL, Way.AWAY]
    await desk.post(content=WITH_COMMENT)
    assert (await desk.publish())["status"] == "published"
    await lose_a_medium(desk)
    await desk.let_time_pass()
    row = await desk.publish()
    assert (row["status"], row["ready_at"], row["lease_token"]) == ("published", None, None)


async def test_media_that_vanish_under_a_post_in_doubt_do_not_reject_it(desk: Desk) -> None:
    desk.network.ways = [Way.LOST]
    await desk.post()
    await desk.publish()
    await lose_a_medium(desk)
    await desk.let_time_pass()
    assert (await desk.publish())["status"] == "unconfirmed"


async def test_media_that_vanish_before_anything_was_sent_reject_the_post(desk: Desk) -> None:
    await desk.post()
    await lose_a_medium(desk)
    row = await desk.publish()
    assert row["status"] == "rejected"
    assert "media.unknown" in row["error"]


async def lose_a_medium(desk: Desk) -> None:
    """Let the post's content name a medium that is not there."""
    item = MediaItem(kind=MediaKind.IMAGE, media_id=fresh_id())
    value = f'[{{"kind": "image", "media_id": "{item.media_id}", "alt_text": null, "title": null}}]'
    await desk.admin.do("UPDATE post_revisions SET content = jsonb_set(content, '{media}', $1::text::jsonb)", value)


# Accounts


async def test_a_dead_account_is_marked_and_announced_once(desk: Desk) -> None:
    """lessons A20: a disconnected account mailed on each failed refresh."""
    desk.network.tokens.clear()
    desk.network.refresh_answer = (401, {})
    await desk.post()
    assert (await desk.publish())["status"] == "held"
    assert await desk.admin.one("SELECT status FROM accounts") == "reauth_required"
    await desk.admin.do("UPDATE posts SET status = 'queued', ready_at = now()")
    assert (await desk.publish())["status"] == "held"
    assert (await desk.events()).count("token.revoked") == 1


async def test_a_held_post_goes_out_once_its_account_is_reconnected(desk: Desk) -> None:
    desk.network.tokens.clear()
    desk.network.refresh_answer = (401, {})
    await desk.post()
    await desk.publish()
    await desk.reconnect()
    assert (await desk.publish())["status"] == "published"


async def test_a_disconnect_while_a_post_is_on_its_way_does_not_unsay_it(desk: Desk) -> None:
    await desk.post()
    desk.network.hold()
    publishing = asyncio.create_task(desk.publish())
    await desk.network.arrived.acquire()
    await desk.disconnect()
    desk.network.release()
    assert (await publishing)["status"] == "published"
    assert len(desk.network.posts) == 1


async def test_a_post_in_doubt_whose_account_is_disconnected_waits_for_a_reconnect(desk: Desk) -> None:
    """Nobody can ask without a credential, and without an answer it is not sent again."""
    await desk.post()
    desk.network.ways = [Way.LOST]
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


async def test_a_reconnect_during_a_try_is_not_lost_on_its_post(desk: Desk) -> None:
    """Held for an account that is connected by now, it would wait for a reconnect that has been."""
    desk.network.tokens.clear()
    desk.network.refresh_answer = (401, {})
    await desk.post()
    attempt = await desk.begin()
    outcome = await attempt.run()
    await desk.reconnect()
    await attempt.record(outcome)
    assert await desk.admin.one("SELECT status FROM accounts") == "active", "the old token says nothing of the new one"
    assert (await desk.publish())["status"] == "published"
    assert "token.revoked" not in await desk.events()


async def test_a_reconnect_that_commits_while_a_try_is_recorded_is_not_lost_either(desk: Desk) -> None:
    """The try's word on the account and the reconnect's on the posts are each blind to the other's transaction."""
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


async def test_an_account_that_is_unusable_is_not_even_asked(desk: Desk) -> None:
    await desk.post()
    await desk.admin.do("UPDATE accounts SET status = 'reauth_required'")
    row = await desk.publish()
    assert row["status"] == "held"
    assert "account.reauth_required" in row["error"]
    assert desk.network.posts == []
    assert await desk.events() == ["post.held"]


# What a platform does not take


async def test_a_limit_is_waited_out_without_asking_again(desk: Desk) -> None:
    names = throttling.names(desk.owner.tenant, await account_of(desk), NOW_AS_HERE, None)
    await desk.tools.throttles.limit(names[1], CLOCK.now() + timedelta(hours=1))
    await desk.post()
    row = await desk.publish()
    assert (row["status"], row["failure_count"], desk.network.posts) == ("retrying", 0, [])
    assert row["ready_at"] >= CLOCK.now() + timedelta(minutes=59)
    assert '"budget.limit"' in row["error"]


async def test_a_limit_that_the_platform_named_is_told_as_one(desk: Desk) -> None:
    desk.network.ways = [Way.THROTTLED]
    await desk.post()
    assert '"budget.limit"' in (await desk.publish())["error"]


async def test_a_limit_that_resets_after_the_deadline_settles_the_post_at_once(desk: Desk) -> None:
    names = throttling.names(desk.owner.tenant, await account_of(desk), NOW_AS_HERE, None)
    await desk.tools.throttles.limit(names[0], CLOCK.now() + timedelta(days=9))
    await desk.post()
    row = await desk.publish()
    assert row["status"] == "failed"
    assert '"budget.resets_after_deadline"' in row["error"]


async def test_what_may_have_been_sent_is_settled_whatever_the_limit(desk: Desk) -> None:
    desk.network.ways = [Way.LOST]
    await desk.post()
    await desk.publish()
    names = throttling.names(desk.owner.tenant, await account_of(desk), NOW_AS_HERE, None)
    await desk.tools.throttles.limit(names[1], CLOCK.now() + timedelta(hours=1))
    await desk.let_time_pass()
    assert (await desk.publish())["status"] == "published"


@pytest.mark.parametrize("scope", LimitScope)
async def test_a_limit_of_the_deployment_holds_back_every_account(desk: Desk, scope: LimitScope) -> None:
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
async def test_a_server_that_is_away_holds_back_its_own_accounts_alone(
    owner: Owner,
    network: Network,
    admin: Admin,
    http: HTTPClient,
    redis_url: str,
    tmp_path: Path,
    server: str,
    status: str,
) -> None:
    """Of a network of many servers, anybody may run one that never answers."""
    async with working(owner, network, admin, http, redis_url, tmp_path, server=lambda _account: "here") as desk:
        [name, _] = throttling.names(owner.tenant, await account_of(desk), NOW_AS_HERE, server)
        for number in range(FAILURES_TO_OPEN):
            await desk.tools.throttles.failed(name, f"account {number}")
        await desk.post()
        assert (await desk.publish())["status"] == status


async def test_a_limit_that_was_learnt_before_a_test_world_s_clock_jumped_is_learnt_anew(desk: Desk) -> None:
    """The simulator may have let go of it; the real time, by which throttles end, has not moved."""
    tenant, account = replace(desk.owner.tenant, mode=Mode.TEST), await account_of(desk)
    names = [set(throttling.names(tenant, account, timedelta(hours=hours), None)) for hours in (0, 2)]
    assert names[0].isdisjoint(names[1])
    live = [throttling.names(desk.owner.tenant, account, timedelta(hours=hours), None) for hours in (0, 2)]
    assert live[0] == live[1]


def two_limits(_call: Call, reply: Reply) -> list[Budget]:
    """Of the account's next to nothing is left, of the app's a quarter."""
    soon, later = reply.received_at + timedelta(minutes=15), reply.received_at + timedelta(hours=1)
    return [
        Budget(name="account", scope=LimitScope.ACCOUNT, limit=100, remaining=5, resets_at=soon),
        Budget(name="app", scope=LimitScope.APP, limit=1000, remaining=250, resets_at=later),
    ]


async def test_a_post_stops_before_the_platform_refuses_it(
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
        told = await throttles.budgets.read(names)
        assert [budget.name for name in names for budget in told[name]] == ["app", "account"]
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


async def test_a_quota_whose_end_is_not_told_ends_by_the_platforms_own_rule(
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
        found = await AccountRepository(connection, desk.owner.tenant, KEYRING).find(desk.account_id)
    assert found is not None
    return found
