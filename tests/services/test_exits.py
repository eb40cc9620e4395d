"""No status is without an exit: whatever happened to a post, somebody looks at it again, or it has its end."""

from datetime import timedelta
from pathlib import Path

import pytest

from letmepost.domain.flow import Flow, Intent, Reconciled, Unknown
from letmepost.domain.posts import EXITS, TERMINAL, PostStatus
from letmepost.gateways.http_client import HTTPClient
from letmepost.platforms.contract import ReadyPost
from tests.doubles.platform import publish_thread
from tests.services.desk import Desk, working
from tests.services.network import Network, Way
from tests.services.office import Office
from tests.storage.support import CLOCK, Admin, Owner

HOUR = timedelta(hours=1)


@pytest.fixture
def office(desk: Desk) -> Office:
    return Office(desk)


def test_every_status_that_something_leaves_by_itself_has_an_exit() -> None:
    """A draft waits for its caller, for as long as that may take."""
    assert set(EXITS) == set(PostStatus) - TERMINAL - {PostStatus.DRAFT}


async def test_a_held_post_that_is_rescheduled_waits_for_its_account_as_long_as_any(desk: Desk, office: Office) -> None:
    """It was given up at the very moment for which it was planned anew."""
    post_id = await desk.post(late_within_s=600)
    await desk.admin.do("UPDATE accounts SET status = 'reauth_required'")
    assert (await desk.publish())["status"] == "held"
    planned = CLOCK.now() + HOUR
    assert await office.reschedule(post_id, planned)
    row = await desk.row()
    assert (row["status"], row["due_at"]) == ("held", planned)
    assert row["ready_at"] == planned + timedelta(seconds=600)
    await desk.reconnect()
    row = await desk.row()
    assert (row["status"], row["ready_at"]) == ("queued", planned)


async def test_a_post_that_its_own_rule_held_goes_out_when_it_is_planned_anew(desk: Desk, office: Office) -> None:
    """That is what it was held for: that a person says when."""
    post_id = await desk.post(late_within_s=600, late_then="hold")
    await desk.let_the_deadline_pass()
    assert (await desk.publish())["status"] == "held"
    planned = CLOCK.now() + HOUR
    assert await office.reschedule(post_id, planned)
    row = await desk.row()
    assert (row["status"], row["ready_at"], row["error"]) == ("queued", planned, None)
    assert await desk.events() == ["post.held", "post.queued", "post.rescheduled"]
    await desk.admin.do("UPDATE posts SET due_at = now(), ready_at = now()")
    assert (await desk.publish())["status"] == "published"


async def test_what_a_pause_held_goes_on_though_whoever_ended_it_died_before_that(desk: Desk, office: Office) -> None:
    await office.pause()
    await desk.post()
    assert (await desk.publish())["status"] == "held"
    await office.forgotten_pauses.sweep()
    assert (await desk.row())["status"] == "held", "it is paused"
    await desk.admin.do("DELETE FROM pauses")
    await office.forgotten_pauses.sweep()
    assert (await desk.publish())["status"] == "published"
    assert await desk.events() == ["post.held", "post.queued", "post.published"]


@pytest.mark.parametrize(
    ("status", "ends"), [("queued", "failed"), ("retrying", "failed"), ("held", "failed"), ("published", "published")]
)
async def test_a_post_that_no_worker_can_begin_has_an_end(desk: Desk, status: str, ends: str) -> None:
    """Its platform is not there any more, or its account's credential cannot be opened."""
    await desk.post()
    await desk.admin.do("UPDATE accounts SET credential_sealed = '\\x00'")
    await desk.admin.do("UPDATE posts SET status = $1, extras_until = now() + interval '1 hour'", status)
    row = await desk.publish()
    if status in {"queued", "retrying"}:
        assert (row["status"], row["failure_count"], row["lease_token"]) == ("retrying", 1, None)
        assert row["ready_at"] > CLOCK.now()
    await desk.let_the_deadline_pass()
    await desk.admin.do("UPDATE posts SET extras_until = now() - interval '1 hour'")
    if row["ready_at"] is not None:
        row = await desk.publish()
    assert (row["status"], row["ready_at"], row["lease_token"]) == (ends, None, None)


async def test_a_post_that_no_worker_can_begin_and_that_may_be_visible_is_not_called_failed(desk: Desk) -> None:
    desk.network.ways = [Way.LOST]
    await desk.post()
    await desk.publish()
    await desk.admin.do("UPDATE accounts SET credential_sealed = '\\x00'")
    await desk.let_the_deadline_pass()
    await desk.admin.do("UPDATE posts SET due_at = due_at - interval '1 hour'")
    assert (await desk.publish())["status"] == "unconfirmed"
    assert await desk.events() == ["post.retrying", "post.unconfirmed"]


async def test_a_try_that_cannot_be_put_on_record_is_followed_by_others_until_the_deadline(desk: Desk) -> None:
    await desk.admin.do(
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RAISE 'no'; END$$;"
        "CREATE TRIGGER refuse BEFORE UPDATE ON attempts FOR EACH ROW EXECUTE FUNCTION refuse()"
    )
    try:
        desk.network.ways = [Way.REFUSED]
        await desk.post()
        assert (await desk.publish())["status"] == "retrying"
    finally:
        await desk.admin.do("DROP TRIGGER refuse ON attempts; DROP FUNCTION refuse")


async def test_a_post_that_a_person_knows_was_not_published_goes_out_when_it_is_retried(
    owner: Owner, network: Network, admin: Admin, http: HTTPClient, redis_url: str, tmp_path: Path
) -> None:
    """The platform, asked again, would know no more than the first time."""
    async with working(owner, network, admin, http, redis_url, tmp_path, reconcile=know_nothing) as desk:
        office = Office(desk)
        network.ways = [Way.LOST_BEFORE]
        post_id = await desk.post()
        await desk.publish()
        await desk.let_time_pass()
        assert (await desk.publish())["status"] == "unconfirmed"
        assert await office.resolve(post_id, is_published=False)
        assert await office.retry(post_id)
        assert (await desk.publish())["status"] == "published"
        assert network.posts == [("post", "Hello")]


async def test_a_thread_goes_on_behind_the_part_that_a_person_knows_was_not_published(
    owner: Owner, network: Network, admin: Admin, http: HTTPClient, redis_url: str, tmp_path: Path
) -> None:
    how = {"publish": publish_thread, "reconcile": know_nothing}
    async with working(owner, network, admin, http, redis_url, tmp_path, **how) as desk:
        office = Office(desk)
        network.ways = [Way.WELL, Way.LOST_BEFORE]
        post_id = await desk.post()
        await desk.publish()
        await desk.let_time_pass()
        assert (await desk.publish())["status"] == "unconfirmed"
        assert await office.resolve(post_id, is_published=False)
        assert (await desk.row())["status"] == "partial"
        assert await office.retry(post_id)
        assert (await desk.publish())["status"] == "published"
        assert [step for step, _ in network.posts] == ["post-0", "post-1", "post-2"]


async def test_a_thread_whose_beginning_was_deleted_does_not_go_on(desk: Desk, office: Office) -> None:
    post_id = await desk.post()
    await desk.admin.do("UPDATE posts SET status = 'partial', ready_at = NULL, unpublished_at = now()")
    assert not await office.retry(post_id)
    assert (await desk.row())["status"] == "partial"


def know_nothing(_post: ReadyPost, _intent: Intent, _settings: object) -> Flow[Reconciled]:
    yield from ()
    return Unknown("this network cannot be asked")
