"""Posts under any order of actions of workers, callers, the operator and the platform, in PostgreSQL.

After any such order, every post ends by the passing of time alone.
"""

import asyncio
from collections.abc import Awaitable
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path
from typing import TypeVar
from uuid import UUID

import asyncpg
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from structlog.testing import capture_logs

from letmepost.domain.api_keys import Mode
from letmepost.domain.posts import EXITS, TERMINAL, PostStatus
from letmepost.services.publishing.outcomes import HELD_AT_MOST
from letmepost.storage.database import Database, open_database
from tests.database import DatabaseURLs
from tests.doubles.faults import Way
from tests.gateways.support import calling
from tests.services.desk import Desk, working
from tests.services.network import WAYS, Network, networking
from tests.services.office import Office
from tests.storage.support import CLOCK, Admin, make_owner

SWEEPS_MAX = 6
"""The most sweeps that a post needs to end after its deadline. Posts of one account are processed in turn."""

MOMENTS = {
    "posts": ("due_at", "ready_at", "lease_until", "extras_until", "updated_at"),
    "flow_steps": ("intent_at", "paused_at", "valid_until"),
}

T = TypeVar("T")


class ExitMachine(RuleBasedStateMachine):
    """Posts of one account. A worker may crash, a pause may be forgotten, and a credential may become unreadable."""

    given = Bundle("given")

    def __init__(self, runner: asyncio.Runner, open_desk: "DeskOpener") -> None:
        super().__init__()
        self._runner = runner
        self._stack = AsyncExitStack()
        self._desk: Desk = self._wait(open_desk(self._stack))
        self._network: Network = self._desk.network
        self._office = Office(self._desk)

    @rule(target=given, within_s=st.sampled_from([60, 86_400]), then=st.sampled_from(["skip", "publish", "hold"]))
    def accept(self, within_s: int, then: str) -> UUID:
        return self._wait(self._desk.post(late_within_s=within_s, late_then=then))

    @rule(way=st.sampled_from(WAYS), dies=st.booleans())
    def work(self, way: Way, *, dies: bool) -> None:
        """Let a worker claim the ready posts. If it crashes, their leases have to expire."""
        self._network.ways = [way]
        self._wait(self._work(dies=dies))

    @rule(hours=st.sampled_from([1, 12, 800]))
    def wait(self, hours: int) -> None:
        self._wait(self._pass(timedelta(hours=hours)))

    @rule()
    def disconnect(self) -> None:
        self._wait(self._office.disconnect())

    @rule()
    def reconnect(self) -> None:
        self._wait(self._desk.reconnect())

    @rule()
    def lose_the_credential(self) -> None:
        """Remove the key of the credential from the keyring."""
        self._wait(self._desk.admin.do("UPDATE credentials SET sealed = '\\x00'"))

    @rule(pauses=st.booleans(), dies=st.booleans())
    def pause_or_resume(self, *, pauses: bool, dies: bool) -> None:
        """Pause or resume. The process that resumes may crash before it releases the held posts."""
        if pauses:
            self._wait(self._office.pause())
        elif dies:
            self._wait(self._desk.admin.do("DELETE FROM pauses"))
        else:
            self._wait(self._office.resume())

    @rule(post=given, hours=st.integers(1, 48))
    def reschedule(self, post: UUID, hours: int) -> None:
        self._wait(self._office.reschedule(post, CLOCK.now() + timedelta(hours=hours)))

    @rule(post=given)
    def retry(self, post: UUID) -> None:
        self._wait(self._office.retry(post))

    @rule(post=given)
    def cancel(self, post: UUID) -> None:
        self._wait(self._office.cancel(post))

    @rule(post=given, is_published=st.booleans())
    def resolve(self, post: UUID, *, is_published: bool) -> None:
        self._wait(self._office.resolve(post, is_published=is_published))

    @invariant()
    def unsettled_posts_are_checked_again(self) -> None:
        """Every unsettled post is checked again by its deadline, however it was held."""
        for row in self._wait(self._desk.admin.rows("SELECT * FROM posts")):
            if row["status"] in EXITS:
                deadline = max(row["due_at"] + timedelta(seconds=row["late_within_s"]), row["updated_at"])
                assert row["ready_at"] is not None, row["status"]
                assert row["ready_at"] <= deadline + HELD_AT_MOST

    def teardown(self) -> None:
        try:
            self._wait(self._wait_for_the_end())
        finally:
            self._wait(self._desk.admin.do("DELETE FROM pauses; DELETE FROM organizations"))
            self._wait(self._stack.aclose())

    async def _work(self, *, dies: bool) -> None:
        for claim in await self._desk.publishing.claim(10):
            if not dies:
                await self._desk.publishing.publish(claim)

    async def _wait_for_the_end(self) -> None:
        """Run only workers and sweeps, while the platform does not respond."""
        self._network.can_look_up = False
        for _ in range(SWEEPS_MAX * len(await self._open())):
            if not await self._open():
                return
            self._network.ways = [Way.AWAY]
            await self._office.forgotten_pauses.sweep()
            await self._pass(2 * HELD_AT_MOST)
            await self._work(dies=False)
        assert not await self._open()

    async def _pass(self, time: timedelta) -> None:
        """Move all stored times into the past."""
        for table, columns in MOMENTS.items():
            earlier = ", ".join(f"{column} = {column} - $1::interval" for column in columns)
            await self._desk.admin.do(f"UPDATE {table} SET {earlier}", time)  # noqa: S608 - our own names

    async def _open(self) -> list[tuple[UUID, str]]:
        rows = await self._desk.admin.rows("SELECT id, status, ready_at FROM posts")
        return [(row["id"], row["status"]) for row in rows if _is_open(PostStatus(row["status"]), row["ready_at"])]

    def _wait(self, work: Awaitable[T]) -> T:
        async def waited() -> T:
            return await work

        return self._runner.run(waited())


def _is_open(status: PostStatus, ready_at: object) -> bool:
    """Return True if the post or its extras are not settled."""
    return status not in TERMINAL or ready_at is not None


class DeskOpener:
    """Opens desks over one database."""

    def __init__(self, database: Database, admin: Admin, redis_url: str, directory: Path) -> None:
        self._database = database
        self._admin = admin
        self._redis_url = redis_url
        self._directory = directory

    async def __call__(self, stack: AsyncExitStack) -> Desk:
        network = await stack.enter_async_context(networking())
        http = await stack.enter_async_context(calling())
        owner = await make_owner(self._database, Mode.LIVE)
        return await stack.enter_async_context(
            working(owner, network, self._admin, http, self._redis_url, self._directory)
        )


def test_time_alone_brings_every_post_to_its_end(database_urls: DatabaseURLs, redis_url: str, tmp_path: Path) -> None:
    database = open_database(database_urls.login, pool_size=2)
    with asyncio.Runner() as runner:
        admin = Admin(runner.run(asyncpg.connect(database_urls.admin)))
        try:
            with capture_logs():  # formatting every traceback would take longer than the test
                run_state_machine_as_test(
                    lambda: ExitMachine(  # type: ignore[arg-type]  # a function that returns one is accepted too
                        runner, DeskOpener(database, admin, redis_url, tmp_path)
                    ),
                    # Steps are round trips, so shrinking a failure would take minutes.
                    settings=settings(max_examples=10, stateful_step_count=12, phases=[Phase.reuse, Phase.generate]),
                )
        finally:
            runner.run(database.close())
            runner.run(admin.connection.close())
