"""Every unsettled post is checked again, until it reaches a final status."""

from datetime import timedelta
from pathlib import Path

import pytest

from letmepost.domain.flow import Flow, Intent, Reconciled, Unknown
from letmepost.domain.posts import EXITS, TERMINAL, PostStatus
from letmepost.gateways.http_client import HTTPClient
from letmepost.platforms.contract import ReadyPost
from tests.doubles.faults import Way
from tests.doubles.platform import publish_thread
from tests.services.desk import Desk, working
from tests.services.network import Network
from tests.services.office import Office
from tests.storage.support import CLOCK, Admin, Owner

HOUR = timedelta(hours=1)


@pytest.fixture
def office(desk: Desk) -> Office:
    return Office(desk)


def test_every_unsettled_status_has_an_exit() -> None:
    """Only drafts have none: they wait for their caller."""
    assert set(EXITS) == set(PostStatus) - TERMINAL - {PostStatus.DRAFT}


async def test_rescheduled_held_post_waits_until_its_new_deadline(desk: Desk, office: Office) -> None:
    """The old deadline must not end it at its new due time."""
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


async def test_post_held_by_its_lateness_rule_is_queued_when_rescheduled(desk: Desk, office: Office) -> None:
    """It was held so that a person could choose another time."""
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


async def test_post_held_by_a_removed_pause_is_queued_by_the_sweep(desk: Desk, office: Office) -> None:
    await office.pause()
    await desk.post()
    assert (await desk.publish())["status"] == "held"
    await office.forgotten_pauses.sweep()
    assert (await desk.row())["status"] == "held", "publishing is paused"
    await desk.admin.do("DELETE FROM pauses")
    await office.forgotten_pauses.sweep()
    assert (await desk.publish())["status"] == "published"
    assert await desk.events() == ["post.held", "post.queued", "post.published"]


@pytest.mark.parametrize(
    ("status", "ends"), [("queued", "failed"), ("retrying", "failed"), ("held", "failed"), ("published", "published")]
)
async def test_post_that_no_worker_can_start_ends(desk: Desk, status: str, ends: str) -> None:
    """Its platform no longer exists, or the credential of its account cannot be decrypted."""
    await desk.post()
    await desk.admin.do("UPDATE credentials SET sealed = '\\x00'")
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


async def test_post_in_doubt_that_no_worker_can_start_is_unconfirmed(desk: Desk) -> None:
    desk.network.ways = [Way.LOST_AFTER]
    await desk.post()
    await desk.publish()
    await desk.admin.do("UPDATE credentials SET sealed = '\\x00'")
    await desk.let_the_deadline_pass()
    await desk.admin.do("UPDATE posts SET due_at = due_at - interval '1 hour'")
    assert (await desk.publish())["status"] == "unconfirmed"
    assert await desk.events() == ["post.retrying", "post.unconfirmed"]


async def test_post_is_retried_when_its_attempt_cannot_be_recorded(desk: Desk) -> None:
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


async def test_post_resolved_as_not_published_is_published_when_retried(
    owner: Owner, network: Network, admin: Admin, http: HTTPClient, redis_url: str, tmp_path: Path
) -> None:
    """Another reconciliation would have the same result as the first one."""
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


async def test_thread_continues_after_a_part_resolved_as_not_published(
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


async def test_thread_whose_first_post_was_deleted_cannot_be_retried(desk: Desk, office: Office) -> None:
    post_id = await desk.post()
    await desk.admin.do("UPDATE posts SET status = 'partial', ready_at = NULL, unpublished_at = now()")
    assert not await office.retry(post_id)
    assert (await desk.row())["status"] == "partial"


def know_nothing(_post: ReadyPost, _intent: Intent, _settings: object) -> Flow[Reconciled]:
    yield from ()
    return Unknown("this network cannot be asked")
