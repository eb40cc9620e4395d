"""One key under any order of requests, crashes, key rotations and days, in PostgreSQL."""

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
from letmepost.services.work import Work
from letmepost.storage.database import Database, open_database
from tests.database import DatabaseURLs
from tests.services.test_idempotency import NEW_KEY, OLD_KEY, Bench, render
from tests.storage.support import make_owner

REQUESTS = st.sampled_from([b"POST /v1/posts one", b"POST /v1/posts two"])
BODIES = st.binary(min_size=1, max_size=3)

T = TypeVar("T")


class CrashError(Exception):
    """The process crashed before its commit."""


@dataclass
class Known:
    """The expected record: the first request, its time, and the first response."""

    request: bytes
    since: datetime
    body: bytes | None = None


class KeyMachine(RuleBasedStateMachine):
    """A key, and the requests that use it."""

    def __init__(self, runner: asyncio.Runner, database: Database) -> None:
        super().__init__()
        self._runner = runner
        self._bench = Bench(self._wait(make_owner(database)))
        self._known: Known | None = None

    @rule(request=REQUESTS, body=BODIES, crashes=st.booleans())
    def respond_immediately(self, request: bytes, body: bytes, *, crashes: bool) -> None:
        """The first request runs. The same request gets its response, and another request is rejected."""
        known = self._known
        match self._wait(self._perform(request, body, crashes=crashes)):
            case CrashError():
                assert known is None
            case IdempotencyConflict(rule="idempotency_key.body_mismatch"):
                assert known is not None
                assert known.request != request
            case IdempotencyConflict(rule="idempotency_key.in_progress"):
                assert known is not None
                assert (known.request, known.body) == (request, None)
            case Answer() as answer if "Idempotency-Replayed" in answer.headers:
                assert known is not None
                assert (known.request, known.body) == (request, answer.body)
            case Answer() as answer:
                assert known is None
                assert answer.body == body
                self._known = Known(request, self._bench.clock.now(), body)

    @rule(request=REQUESTS, crashes=st.booleans())
    def begin(self, request: bytes, *, crashes: bool) -> None:
        """A new key is reserved for a response that comes later."""
        known = self._known
        match self._wait(self._reserve(request, crashes=crashes)):
            case CrashError():
                assert known is None
            case IdempotencyConflict():
                assert known is not None
                assert known.request != request
            case True:
                assert known is None
                self._known = Known(request, self._bench.clock.now())
            case _:
                assert known is not None
                assert known.request == request

    @rule(body=BODIES)
    def settle(self, body: bytes) -> None:
        """The first response stays, and every later response is the same."""
        if self._known is None:
            return
        self._known.body = self._known.body or body
        assert self._wait(self._settle(self._known.request, body)) == self._known.body

    @rule(days=st.floats(0.1, 1.2))
    def wait(self, days: float) -> None:
        """A key is kept for a day from its first request. Then it is free."""
        self._bench.clock.advance(timedelta(days=days).total_seconds())
        if self._known is not None and self._bench.clock.now() - self._known.since > KEPT_FOR:
            self._known = None

    @rule(names=st.permutations(["k1", "k2"]))
    def rotate(self, names: list[str]) -> None:
        """Another process runs next. While keys are rotated, the first key of its ring may be another one."""
        keys = {"k1": OLD_KEY, "k2": NEW_KEY}
        self._bench.keys = {name: keys[name] for name in names}

    async def _perform(self, request: bytes, body: bytes, *, crashes: bool) -> Answer | Exception:
        async def run(_: Work) -> Answer:
            if crashes:
                raise CrashError
            return Answer(200, body, {})

        bench = self._bench
        try:
            return await bench.service().perform(bench.caller(), bench.claim(request=request), run, render)
        except (CrashError, IdempotencyConflict) as error:
            return error

    async def _reserve(self, request: bytes, *, crashes: bool) -> bool | Exception:
        """Return True if the key was new."""
        bench, service = self._bench, self._bench.service()
        claim = bench.claim(request=request)
        try:
            async with bench.units().begin(bench.caller()) as work:
                is_new = await service.find(work, claim) is None
                if is_new:
                    await service.reserve(work, claim)
                    if crashes:
                        raise CrashError  # noqa: TRY301 - it has to pass through the transaction, as a crash does
                return is_new
        except (CrashError, IdempotencyConflict) as error:
            return error

    async def _settle(self, request: bytes, body: bytes) -> bytes:
        bench = self._bench
        async with bench.units().begin(bench.caller()) as work:
            answer = await bench.service().settle(work, bench.claim(request=request), Answer(200, body, {}))
        return answer.body

    def _wait(self, work: Awaitable[T]) -> T:
        async def waited() -> T:
            return await work

        return self._runner.run(waited())


def test_key_has_one_request_and_one_response_in_any_order_of_actions(database_urls: DatabaseURLs) -> None:
    database = open_database(database_urls.login, pool_size=2)
    with asyncio.Runner() as runner:
        try:
            run_state_machine_as_test(
                lambda: KeyMachine(runner, database),  # type: ignore[arg-type]  # a function that makes one is accepted too
                settings=settings(max_examples=15, stateful_step_count=25),
            )
        finally:
            runner.run(database.close())
