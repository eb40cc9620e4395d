"""One key under any order of requests, crashes and days, in a real PostgreSQL."""

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

from letmepost.domain.errors import IdempotencyConflict
from letmepost.services.idempotency import KEPT_FOR, Answer
from letmepost.services.old_idempotency import AnsweredError, Once
from letmepost.storage.database import Database, open_database
from letmepost.storage.idempotency import IdempotencyRow
from tests.database import DatabaseURLs
from tests.services.test_idempotency import Bench, render
from tests.storage.support import make_owner

REQUESTS = st.sampled_from([b"POST /v1/posts one", b"POST /v1/posts two"])

T = TypeVar("T")


class CrashError(Exception):
    """The process died before its commit."""


@dataclass
class Known:
    """What must be on record: what came first, when, and the first answer."""

    request: bytes
    since: datetime
    answer: bytes | None = None


class KeyMachine(RuleBasedStateMachine):
    """A key, and requests that bear it."""

    def __init__(self, runner: asyncio.Runner, database: Database) -> None:
        super().__init__()
        self._runner = runner
        self._bench = Bench(self._wait(make_owner(database)))
        self._known: Known | None = None

    @rule(request=REQUESTS, crashes=st.booleans())
    def carry_out(self, request: bytes, *, crashes: bool) -> None:
        """The first request has its effect; the same again finds it, another one is refused."""
        known = self._known
        match self._wait(self._take(request, crashes=crashes)):
            case None:
                assert known is None
                self._known = Known(request, self._bench.clock.now())
            case CrashError():
                assert known is None, "only who has the key comes as far as that"
            case AnsweredError() as answered:
                assert known is not None
                assert known.request == request
                assert self._body(request, answered.row) == known.answer
            case IdempotencyConflict() as conflict:
                assert known is not None
                assert known.request != request
                assert conflict.rule == "idempotency_key.body_mismatch"

    @rule(body=st.binary(min_size=1, max_size=3))
    def answer(self, body: bytes) -> None:
        """The first answer stays; whoever comes to answer later changes nothing."""
        if self._known is None:
            return
        self._wait(self._store(self._known.request, body))
        self._known.answer = self._known.answer or body

    @rule(request=REQUESTS)
    def look(self, request: bytes) -> None:
        """Who asks is told what is on record, byte for byte, or that it is another's key."""
        bench, known = self._bench, self._known
        claim, caller = bench.claim(request=request), bench.caller()
        try:
            row = self._wait(bench.former_service().find(caller, claim))
        except IdempotencyConflict:
            assert known is not None
            assert known.request != request
            return
        assert (row is None) == (known is None)
        if row is not None and known is not None:
            assert known.request == request
            assert self._body(request, row) == known.answer

    @rule(days=st.floats(0.1, 1.2))
    def wait(self, days: float) -> None:
        """A key is kept for a day from its first request; then it is free."""
        self._bench.clock.advance(timedelta(days=days).total_seconds())
        if self._known is not None and self._bench.clock.now() - self._known.since > KEPT_FOR:
            self._known = None

    def _body(self, request: bytes, row: IdempotencyRow) -> bytes | None:
        """Return the stored body as a caller gets it, or None if there is none yet."""
        bench = self._bench
        return (
            None
            if row.body is None
            else bench.former_service().replay(bench.caller(), bench.claim(request=request), row).body
        )

    async def _take(self, request: bytes, *, crashes: bool) -> Exception | None:
        """How taking the key ended; None when the request is carried out."""
        bench = self._bench
        caller = bench.caller()
        try:
            async with bench.units().begin(caller) as work:
                await bench.former_service().take(work, bench.claim(request=request))
                if crashes:
                    raise CrashError  # noqa: TRY301 - it has to pass through the transaction, as a crash does
        except (CrashError, AnsweredError, IdempotencyConflict) as ended:
            return ended
        return None

    async def _store(self, request: bytes, body: bytes) -> None:
        bench = self._bench
        async with bench.units().begin(bench.caller()) as work:
            once: Once[Answer] = Once(bench.claim(request=request), render)
            await bench.former_service().answer(work, once, Answer(200, body, {}))

    def _wait(self, work: Awaitable[T]) -> T:
        async def waited() -> T:
            return await work

        return self._runner.run(waited())


def test_a_key_stands_for_one_request_and_one_answer_whatever_happens(database_urls: DatabaseURLs) -> None:
    database = open_database(database_urls.login, pool_size=2)
    with asyncio.Runner() as runner:
        try:
            run_state_machine_as_test(
                lambda: KeyMachine(runner, database),  # type: ignore[arg-type]  # whatever makes one will do
                settings=settings(max_examples=15, stateful_step_count=25),
            )
        finally:
            runner.run(database.close())
