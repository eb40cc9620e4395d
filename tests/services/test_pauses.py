"""Pauses: posts that become due are held, and queued when publishing is resumed."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass

import pytest

from letmepost.domain.errors import InvalidRequest, NotFound
from letmepost.services.tenants import pauses as pausing
from letmepost.storage.database import DEPLOYMENT
from letmepost.storage.tenants.pauses import PauseRow, PauseSelector, find_pause
from tests.doubles.faults import Way
from tests.doubles.waiting import eventually
from tests.services.desk import Desk
from tests.storage.support import PLATFORM, fresh_id, make_owner


class RolledBackError(Exception):
    """Ends a unit of work without a commit."""


@dataclass(frozen=True, slots=True)
class Pauses:
    """Runs the operator's use cases for the deployment of a desk."""

    desk: Desk

    async def pause(self, scope: PauseSelector, reason: str | None) -> bool:
        async with self.desk.tools.units.begin(DEPLOYMENT) as work:
            return await pausing.pause(work, scope, reason, self.desk.tools.worlds.platforms)

    async def resume(self, scope: PauseSelector) -> int:
        async with self.desk.tools.units.begin(DEPLOYMENT) as work:
            return await pausing.resume(work, scope)

    async def list_all(self) -> list[PauseRow]:
        async with self.desk.tools.units.begin(DEPLOYMENT) as work:
            return await pausing.list_all(work)


@pytest.fixture
def pauses(desk: Desk) -> Pauses:
    return Pauses(desk)


def scopes(desk: Desk) -> dict[str, PauseSelector]:
    organization_id = desk.owner.tenant.organization_id
    return {
        "everything": PauseSelector(),
        "platform": PauseSelector(platform=PLATFORM),
        "organization": PauseSelector(organization_id=organization_id),
        "account": PauseSelector(organization_id=organization_id, account_id=desk.account_id),
    }


@pytest.mark.parametrize("which", ["everything", "platform", "organization", "account"])
async def test_paused_post_is_held_and_published_after_the_pause(desk: Desk, pauses: Pauses, which: str) -> None:
    scope = scopes(desk)[which]
    assert await pauses.pause(scope, "The brand is in the news")
    await desk.post()
    row = await desk.publish()
    assert (row["status"], desk.network.posts) == ("held", [])
    assert "The brand is in the news" in row["error"]
    assert await pauses.resume(scope) == 1
    assert (await desk.publish())["status"] == "published"
    assert await desk.events() == ["post.held", "post.queued", "post.published"]


async def test_pause_of_another_account_holds_no_post(desk: Desk, pauses: Pauses) -> None:
    other_id = await desk.owner.account(data={"host": desk.network.url})
    await pauses.pause(PauseSelector(organization_id=desk.owner.tenant.organization_id, account_id=other_id), None)
    await desk.post()
    assert (await desk.publish())["status"] == "published"


async def test_post_sent_before_a_pause_is_settled_during_it(desk: Desk, pauses: Pauses) -> None:
    """If it were simply held, it could be published twice, or appear unpublished."""
    desk.network.ways = [Way.LOST_AFTER]
    await desk.post()
    await desk.publish()
    await pauses.pause(PauseSelector(), None)
    await desk.let_time_pass()
    assert (await desk.publish())["status"] == "published"
    assert desk.network.posts == [("post", "Hello")]


async def test_post_in_doubt_is_held_when_it_was_not_published(desk: Desk, pauses: Pauses) -> None:
    desk.network.ways = [Way.LOST_BEFORE]
    await desk.post()
    await desk.publish()
    await pauses.pause(PauseSelector(), None)
    await desk.let_time_pass()
    assert (await desk.publish())["status"] == "held"
    await pauses.resume(PauseSelector())
    await desk.let_time_pass()
    assert (await desk.publish())["status"] == "published"
    assert desk.network.posts == [("post", "Hello")]


async def test_pause_that_ends_during_an_attempt_does_not_hold_its_post(desk: Desk, pauses: Pauses) -> None:
    await pauses.pause(PauseSelector(), None)
    await desk.post()
    attempt = await desk.begin()
    outcome = await attempt.run()
    assert await pauses.resume(PauseSelector()) == 0
    await attempt.record(outcome)
    assert (await desk.publish())["status"] == "published"


async def test_pause_cannot_end_while_a_post_is_being_held(desk: Desk, pauses: Pauses) -> None:
    """Otherwise neither transaction would see the other, and the post would be held by a pause that has ended."""
    await pauses.pause(PauseSelector(), None)
    await desk.post()
    attempt = await desk.begin()
    outcome = await attempt.run()
    async with desk.tools.units.begin(attempt.claim.tenant) as work:
        post = attempt.post
        assert await find_pause(work.connection, attempt.claim.tenant, post.account_id, post.platform) is not None
        resuming = asyncio.create_task(pauses.resume(PauseSelector()))

        async def waits() -> bool:
            return bool(await desk.admin.waiting_for_a_lock())

        await eventually(waits)
    await attempt.record(outcome)
    await resuming
    await desk.let_time_pass()
    assert (await desk.publish())["status"] == "published"


async def test_post_held_by_two_pauses_waits_for_both(desk: Desk, pauses: Pauses) -> None:
    await pauses.pause(PauseSelector(), None)
    await pauses.pause(PauseSelector(platform=PLATFORM), None)
    await desk.post()
    await desk.publish()
    assert await pauses.resume(PauseSelector()) == 0
    assert (await desk.row())["status"] == "held"
    assert await pauses.resume(PauseSelector(platform=PLATFORM)) == 1
    assert (await desk.publish())["status"] == "published"


async def test_resume_queues_the_posts_of_several_tenants_atomically(desk: Desk, pauses: Pauses) -> None:
    await pauses.pause(PauseSelector(), None)
    await desk.post()
    await desk.publish()
    other = await make_owner(desk.owner.database)
    await desk.admin.do(
        "UPDATE posts SET status = 'held', error = (SELECT error FROM posts WHERE id <> $1) WHERE id = $1",
        await other.post(await other.account()),
    )
    with suppress(RolledBackError):
        async with desk.tools.units.begin(DEPLOYMENT) as work:
            assert await pausing.resume(work, PauseSelector()) == 2
            raise RolledBackError
    assert await desk.admin.rows("SELECT DISTINCT status FROM posts") == [{"status": "held"}]
    assert await pauses.resume(PauseSelector()) == 2
    assert await desk.admin.rows("SELECT DISTINCT status FROM posts") == [{"status": "queued"}]
    queued = await desk.admin.rows(
        "SELECT organization_id, mode FROM events WHERE type = 'post.queued' ORDER BY written"
    )
    tenants = {(owner.tenant.organization_id, owner.tenant.mode) for owner in (desk.owner, other)}
    assert {(row["organization_id"], row["mode"]) for row in queued} == tenants


async def test_pausing_a_paused_scope_changes_nothing(pauses: Pauses) -> None:
    assert await pauses.pause(PauseSelector(), "first")
    assert not await pauses.pause(PauseSelector(), "second")
    assert [row.reason for row in await pauses.list_all()] == ["first"]
    assert await pauses.resume(PauseSelector()) == 0
    with pytest.raises(NotFound):
        await pauses.resume(PauseSelector())


@pytest.mark.parametrize(
    "scope", [PauseSelector(platform="nowhere"), PauseSelector(account_id=fresh_id())], ids=["platform", "account"]
)
async def test_invalid_scope_is_rejected(pauses: Pauses, scope: PauseSelector) -> None:
    with pytest.raises(InvalidRequest):
        await pauses.pause(scope, None)
    assert await pauses.list_all() == []
