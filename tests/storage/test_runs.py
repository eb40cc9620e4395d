from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias
from uuid import UUID

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from letmepost.domain.content import PostContent
from letmepost.domain.flow import Call, Effect, Frozen, Intent, MediaRange, Reply
from letmepost.domain.journal import Step, fingerprint
from letmepost.domain.posts import PostStatus
from letmepost.storage.database import Database
from letmepost.storage.posts.posts import PostRepository
from letmepost.storage.publishing.claims import Claim, EveryTenantClaims
from letmepost.storage.publishing.journals import JournalRepository
from letmepost.storage.publishing.runs import AttemptRecord, LostLeaseError, RunRepository
from letmepost.storage.webhooks.events import NewEvent
from tests.storage.support import KEYRING, Admin, Owner, fresh_id, in_the_past

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
PUBLISH = Call(
    method="POST",
    url="https://network.example/posts",
    headers={"X-Version": "1"},
    query=(("dry", "no"),),
    json={"text": "a secret draft"},
    effect=Effect.PUBLISH,
    step="post",
    timeout_s=12.5,
)
UPLOAD = Call(
    method="PUT",
    url="https://network.example/upload?signature=secret",
    body=MediaRange(UUID(int=7), 10, 20),
    effect=Effect.PUBLISH,
    step="upload",
)
REPLY = Reply(status=201, headers={"x-id": "1"}, body=b'{"id": "a secret id"}', received_at=NOW)
ENDED = AttemptRecord(
    outcome="published", error=None, platform_ms=42, calls=[{"method": "POST", "status": 201}], finished_at=NOW
)
ANSWERED = Step(
    name="post",
    fingerprint=fingerprint(PUBLISH),
    intent=Intent(PUBLISH, NOW),
    reply=REPLY,
    valid_until=NOW + timedelta(seconds=60),
)
EVENT = NewEvent(id=UUID(int=9), type="post.published", profile_id=None, data={"text": "\x00"})
TABLES = ("posts", "post_revisions", "attempts", "flow_steps", "events")

Write: TypeAlias = Callable[[AsyncConnection, Claim], Awaitable[object]]


def on_post(write: Callable[[RunRepository], Awaitable[object]]) -> Write:
    return lambda connection, claim: write(RunRepository(connection, claim, KEYRING))


def on_journal(write: Callable[[JournalRepository], Awaitable[object]]) -> Write:
    return lambda connection, claim: write(JournalRepository(connection, claim, 1, KEYRING))


@pytest.fixture
async def claim(database: Database, owner: Owner) -> Claim:
    await owner.post(await owner.account(), content=PostContent(text="Hello"))
    [claim] = await EveryTenantClaims(database).claim(limit=1, lease_s=60, after=UUID(int=0))
    return claim


async def run(database: Database, claim: Claim, write: Write) -> None:
    """Execute one write of a worker, in a transaction of its own."""
    async with database.tenant(claim.tenant) as connection:
        await write(connection, claim)


async def journal(database: Database, claim: Claim) -> dict[str, Step]:
    async with database.tenant(claim.tenant) as connection:
        return await JournalRepository(connection, claim, 1, KEYRING).load()


def intend(call: Call = PUBLISH, at: datetime = NOW) -> Write:
    return on_journal(lambda steps: steps.write_intent(str(call.step), fingerprint(call), Intent(call, at)))


def answer(call: Call = PUBLISH, valid_for_s: float | None = None) -> Write:
    return on_journal(lambda steps: steps.write_reply(str(call.step), fingerprint(call), REPLY, valid_for_s))


async def finish_with_reply(connection: AsyncConnection, claim: Claim) -> None:
    """Finish a run with a last reply that is not in the journal yet."""
    reply = JournalRepository(connection, claim, 1, KEYRING).seal_reply("post", fingerprint(PUBLISH), REPLY, 60)
    await RunRepository(connection, claim, KEYRING).finish(
        fresh_id(), ENDED, (EVENT, NOW), reply=reply, status="published"
    )


def wait(step: str, now: datetime) -> Write:
    return on_journal(lambda steps: steps.write_pause(step, now))


@pytest.mark.parametrize(
    "write",
    [
        pytest.param(on_post(lambda run: run.begin(fresh_id(), NOW, b"entropy")), id="begin"),
        pytest.param(on_post(lambda run: run.change(uri="at://elsewhere")), id="change"),
        pytest.param(on_post(lambda run: run.finish(fresh_id(), ENDED, status="published")), id="finish"),
        pytest.param(finish_with_reply, id="finish_with_reply"),
        pytest.param(on_post(lambda run: run.change((EVENT, NOW), uri="at://it")), id="change_with_event"),
        pytest.param(intend(), id="write_intent"),
        pytest.param(answer(), id="write_reply"),
        pytest.param(on_journal(lambda steps: steps.close("post")), id="close_step"),
        pytest.param(on_journal(lambda steps: steps.void("post", is_lost=True)), id="forget"),
        pytest.param(on_journal(lambda steps: steps.drop_reply("post")), id="drop_reply"),
        pytest.param(on_journal(lambda steps: steps.write_pause("post", NOW)), id="write_pause"),
    ],
)
@pytest.mark.parametrize("lost_to", ["another worker", "no worker yet"])
async def test_worker_without_its_lease_changes_nothing(
    database: Database, admin: Admin, claim: Claim, write: Write, lost_to: str
) -> None:
    """lessons A5: every write is fenced by the lease, so a late write does nothing."""
    await run(database, claim, intend())
    await run(database, claim, answer())
    await admin.do("UPDATE posts SET lease_until = $1", in_the_past())
    if lost_to == "another worker":
        [_] = await EveryTenantClaims(database).claim(limit=1, lease_s=60, after=UUID(int=0))
    else:
        await admin.do("UPDATE posts SET lease_token = NULL, lease_until = NULL")
    before = await admin.everything(*TABLES)
    with pytest.raises(LostLeaseError):
        await run(database, claim, write)
    assert await admin.everything(*TABLES) == before


async def test_attempt_is_counted_with_its_wait(database: Database, admin: Admin, claim: Claim) -> None:
    """lessons A12: without the waits, a slow platform cannot be distinguished from a missing worker."""
    ready_at = await admin.one("SELECT ready_at FROM posts")
    for number in (1, 2):
        async with database.tenant(claim.tenant) as connection:
            began = ready_at + timedelta(seconds=1.5)
            loaded = await RunRepository(connection, claim, KEYRING).begin(fresh_id(), began, b"entropy")
            assert loaded.post.attempt_count == number
    rows = await admin.rows("SELECT number, waited_ms, outcome, finished_at, revision FROM attempts ORDER BY number")
    common = {"waited_ms": 1500, "outcome": None, "finished_at": None, "revision": 1}
    assert rows == [{"number": number, **common} for number in (1, 2)]


async def test_run_is_finished_with_one_write(database: Database, admin: Admin, claim: Claim) -> None:
    attempt_id = fresh_id()
    await run(database, claim, on_post(lambda run: run.begin(attempt_id, NOW, b"entropy")))
    changes: dict[str, Any] = {
        "status": PostStatus.PUBLISHED,
        "uri": "at://it",
        "ready_at": None,
        "warnings": [{"code": "a"}],
    }
    await run(database, claim, on_post(lambda run: run.finish(attempt_id, ENDED, **changes)))
    [post] = await admin.rows("SELECT status, uri, ready_at, warnings->0->>'code' AS warned FROM posts")
    assert post == {"status": "published", "uri": "at://it", "ready_at": None, "warned": "a"}
    [lease] = await admin.rows("SELECT lease_token, lease_until FROM posts")
    assert lease == {"lease_token": None, "lease_until": None}
    [attempt] = await admin.rows("SELECT outcome, platform_ms, calls, finished_at FROM attempts")
    assert (attempt["outcome"], attempt["platform_ms"], attempt["finished_at"]) == ("published", 42, NOW)


@pytest.mark.parametrize("is_paused", [False, True])
async def test_finish_stores_the_last_reply_like_the_journal(
    database: Database, claim: Claim, *, is_paused: bool
) -> None:
    await run(database, claim, intend())
    if is_paused:
        await run(database, claim, wait("post", NOW))
    await run(database, claim, finish_with_reply)
    assert await journal(database, claim) == {"post": ANSWERED}


async def test_events_are_written_in_their_order_with_the_change(
    database: Database, admin: Admin, claim: Claim
) -> None:
    events = [(replace(EVENT, id=fresh_id(), type=f"post.{name}"), NOW) for name in ("published", "updated", "removed")]
    await run(database, claim, on_post(lambda run: run.change(*events, uri="at://it")))
    rows = await admin.rows("SELECT id, organization_id, mode, type, data, created_at FROM events ORDER BY written")
    tenant = {"organization_id": claim.tenant.organization_id, "mode": claim.tenant.mode, "created_at": NOW}
    expected = {"data": '{"text": "\ufffd"}', **tenant}
    assert rows == [{"id": event.id, "type": event.type, **expected} for event, _ in events]


async def test_change_keeps_the_lease(database: Database, claim: Claim) -> None:
    await run(database, claim, on_post(lambda run: run.change(uri="at://first")))
    await run(database, claim, on_post(lambda run: run.change(uri="at://second")))


async def test_time_and_randomness_of_a_revision_are_fixed_once(database: Database, claim: Claim) -> None:
    """Record keys derive from them: every run must make the same requests."""
    found = []
    for second, entropy in enumerate((b"first", b"second")):
        async with database.tenant(claim.tenant) as connection:
            began = NOW + timedelta(seconds=second)
            found.append(await RunRepository(connection, claim, KEYRING).begin(fresh_id(), began, entropy))
    assert [loaded.frozen for loaded in found] == [Frozen(NOW, b"first")] * 2
    assert [loaded.content["text"] for loaded in found] == ["Hello"] * 2


@pytest.mark.parametrize("call", [PUBLISH, UPLOAD], ids=["json", "media"])
async def test_intent_is_loaded_unchanged(database: Database, claim: Claim, call: Call) -> None:
    await run(database, claim, intend(call))
    name = str(call.step)
    assert await journal(database, claim) == {
        name: Step(name=name, fingerprint=fingerprint(call), intent=Intent(call, NOW))
    }


async def test_reply_is_stored_beside_its_intent(database: Database, claim: Claim) -> None:
    """The intent stays as evidence of what was sent."""
    await run(database, claim, intend())
    await run(database, claim, answer(valid_for_s=60))
    assert await journal(database, claim) == {"post": ANSWERED}


async def test_intents_and_replies_are_sealed(database: Database, admin: Admin, claim: Claim) -> None:
    await run(database, claim, intend())
    await run(database, claim, answer())
    [row] = await admin.rows("SELECT * FROM flow_steps")
    stored = b" ".join(value for value in row.values() if isinstance(value, bytes))
    assert b"a secret draft" not in stored
    assert b"a secret id" not in stored


async def test_closed_step_can_run_again(database: Database, claim: Claim) -> None:
    await run(database, claim, intend())
    await run(database, claim, on_journal(lambda steps: steps.close("post")))
    step = (await journal(database, claim))["post"]
    assert (step.intent, step.reply, step.forgotten_count) == (None, None, 0)
    await run(database, claim, intend(at=NOW + timedelta(seconds=9)))
    assert (await journal(database, claim))["post"].intent == Intent(PUBLISH, NOW + timedelta(seconds=9))


async def test_forgotten_step_is_counted(database: Database, claim: Claim) -> None:
    for count in (1, 2):
        await run(database, claim, answer())
        await run(database, claim, on_journal(lambda steps: steps.void("post", is_lost=True)))
        step = (await journal(database, claim))["post"]
        assert (step.reply, step.forgotten_count) == (None, count)


async def test_dropped_reply_keeps_the_intent(database: Database, claim: Claim) -> None:
    await run(database, claim, intend())
    await run(database, claim, answer())
    await run(database, claim, on_journal(lambda steps: steps.drop_reply("post")))
    step = (await journal(database, claim))["post"]
    assert step.in_doubt
    assert step.intent == Intent(PUBLISH, NOW)


async def test_pause_keeps_its_first_time_and_counts(database: Database, claim: Claim) -> None:
    for second in range(3):
        await run(database, claim, wait("ready", NOW + timedelta(seconds=second)))
    assert await journal(database, claim) == {"ready": Step(name="ready", paused_at=NOW, pause_count=3)}


async def test_pause_can_have_the_name_of_the_step_that_it_waits_for(database: Database, claim: Claim) -> None:
    """`Pause("container")` after the container was created: without a first time, it would never give up."""
    await run(database, claim, answer())
    for second in range(2):
        await run(database, claim, wait("post", NOW + timedelta(seconds=second)))
    step = (await journal(database, claim))["post"]
    assert (step.reply, step.paused_at, step.pause_count) == (REPLY, NOW, 2)


async def test_reply_resets_the_pause_of_its_step(database: Database, claim: Claim) -> None:
    await run(database, claim, answer())
    await run(database, claim, wait("post", NOW))
    await run(database, claim, answer())
    step = (await journal(database, claim))["post"]
    assert (step.paused_at, step.pause_count) == (None, 0)


async def test_journal_belongs_to_one_revision(database: Database, admin: Admin, claim: Claim) -> None:
    """An edited post starts with an empty journal. The journal of the earlier revision is kept."""
    await run(database, claim, intend())
    await admin.do(
        "INSERT INTO post_revisions (organization_id, mode, post_id, revision, content, created_at)"
        " SELECT organization_id, mode, post_id, 2, content, created_at FROM post_revisions"
    )
    async with database.tenant(claim.tenant) as connection:
        assert await JournalRepository(connection, claim, 2, KEYRING).load() == {}


async def test_leased_post_is_moved_by_its_worker_only(database: Database, owner: Owner, claim: Claim) -> None:
    """A disconnect holds waiting posts. The worker of a leased post decides about it."""
    async with database.tenant(owner.tenant) as connection:
        posts = PostRepository(connection, owner.tenant)
        view = await posts.find(claim.post_id)
        assert view is not None
        assert await posts.hold_waiting(view.post.account_id, {}, NOW) == []
        assert await posts.release_held(view.post.account_id, NOW) == []
