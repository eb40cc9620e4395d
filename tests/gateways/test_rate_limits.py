"""Rate limits: requests of one key that arrive together share one call to Redis."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from uuid import uuid4

import pytest
from redis.asyncio import Redis
from redis.exceptions import ConnectionError as RedisConnectionError
from structlog.contextvars import bound_contextvars, merge_contextvars
from structlog.testing import capture_logs

from letmepost.gateways.metrics import Metrics
from letmepost.gateways.rate_limits import WINDOW_S, Allowance, RateLimits
from tests.doubles.clock import SteppedClock

LIMIT = 3
STUCK_S = 20.0
"""A request without an answer fails its test after this time, instead of blocking the whole run."""


@dataclass(frozen=True, slots=True)
class Call:
    """A call that has reached the fake Redis. It waits until the test answers it."""

    counter: str
    amount: int
    counts: dict[str, int]
    reply: asyncio.Future[int]

    def answer(self) -> None:
        """Count, and reply with the new value."""
        self.counts[self.counter] = self.counts.get(self.counter, 0) + self.amount
        self.reply.set_result(self.counts[self.counter])

    def fail(self, error: Exception) -> None:
        self.reply.set_exception(error)


class HeldRedis(Redis):
    """A Redis without a server. It records the calls of the counting script, and the test answers them."""

    def __init__(self) -> None:
        super().__init__()
        self.counts: dict[str, int] = {}
        self._calls: asyncio.Queue[Call] = asyncio.Queue()

    async def execute_command(self, *args: str | int, **_: object) -> int:
        name, _sha, _keys, counter, amount, _expires_s = args
        assert name == "EVALSHA"
        call = Call(str(counter), int(amount), self.counts, asyncio.get_running_loop().create_future())
        self._calls.put_nowait(call)
        return await call.reply

    async def next_call(self) -> Call:
        return await asyncio.wait_for(self._calls.get(), STUCK_S)

    def has_no_more_calls(self) -> bool:
        return self._calls.empty()


class CountingMetrics(Metrics):
    not_limited = 0

    def request_not_limited(self) -> None:
        self.not_limited += 1


@pytest.fixture
def clock() -> SteppedClock:
    return SteppedClock()


@pytest.fixture
def metrics() -> CountingMetrics:
    return CountingMetrics()


@pytest.fixture
def held() -> HeldRedis:
    return HeldRedis()


@pytest.fixture
def limits(held: HeldRedis, clock: SteppedClock, metrics: CountingMetrics) -> RateLimits:
    return RateLimits(held, clock, metrics)


def send(limits: RateLimits, count: int, name: str = "key") -> list[asyncio.Task[Allowance]]:
    """Start requests. The event loop runs them in this order, and before anything that the test does afterwards."""
    return [asyncio.create_task(limits.take(name, LIMIT)) for _ in range(count)]


async def finish(*requests: asyncio.Task[Allowance]) -> list[Allowance]:
    return await asyncio.wait_for(asyncio.gather(*requests), STUCK_S)


def remaining(allowances: Sequence[Allowance]) -> list[tuple[int, bool]]:
    return [(allowance.remaining, allowance.is_exceeded) for allowance in allowances]


async def test_single_request_makes_one_call(limits: RateLimits, held: HeldRedis) -> None:
    for used in (1, 2):
        [request] = send(limits, 1)
        call = await held.next_call()
        assert call.amount == 1
        call.answer()
        assert await finish(request) == [Allowance(LIMIT, LIMIT - used, WINDOW_S, is_exceeded=False)]
    assert held.has_no_more_calls()


async def test_requests_join_the_next_call_while_one_is_in_flight(limits: RateLimits, held: HeldRedis) -> None:
    first = send(limits, 1)
    call = await held.next_call()
    later = send(limits, 4)
    call.answer()
    shared = await held.next_call()
    assert shared.amount == 4
    shared.answer()
    answers = await finish(*first, *later)
    assert remaining(answers) == [(2, False), (1, False), (0, False), (0, True), (0, True)]
    assert held.has_no_more_calls()


async def test_shared_call_includes_the_requests_of_other_processes(limits: RateLimits, held: HeldRedis) -> None:
    requests = send(limits, 2)
    call = await held.next_call()
    held.counts[call.counter] = 1
    call.answer()
    assert remaining(await finish(*requests)) == [(1, False), (0, False)]


async def test_requests_of_different_keys_do_not_wait_for_each_other(limits: RateLimits, held: HeldRedis) -> None:
    send(limits, 1)
    stuck = await held.next_call()
    [other] = send(limits, 1, "other key")
    call = await held.next_call()
    assert call.counter != stuck.counter
    call.answer()
    assert remaining(await finish(other)) == [(2, False)]
    stuck.answer()


async def test_requests_of_the_next_minute_are_counted_separately(
    limits: RateLimits, held: HeldRedis, clock: SteppedClock
) -> None:
    old = send(limits, LIMIT)
    call = await held.next_call()
    clock.advance(WINDOW_S)
    new = send(limits, 1)
    next_call = await held.next_call()
    next_call.answer()
    call.answer()
    assert remaining(await finish(*old, *new)) == [(2, False), (1, False), (0, False), (2, False)]


async def test_each_request_is_checked_against_its_own_limit(limits: RateLimits, held: HeldRedis) -> None:
    requests = [asyncio.create_task(limits.take("key", limit)) for limit in (1, 1, 10)]
    (await held.next_call()).answer()
    assert remaining(await finish(*requests)) == [(0, False), (0, True), (7, False)]


async def test_look_includes_every_earlier_request(limits: RateLimits, held: HeldRedis) -> None:
    """Otherwise, a burst of guesses could end with a correct one while the wrong ones wait to be counted."""
    first = send(limits, 1)
    call = await held.next_call()
    early_look = asyncio.create_task(limits.look("key", LIMIT))
    later = send(limits, 2)
    late_look = asyncio.create_task(limits.look("key", LIMIT))
    call.answer()
    shared = await held.next_call()
    assert shared.amount == 2
    shared.answer()
    assert remaining(await finish(early_look, late_look)) == [(2, False), (0, True)]
    assert remaining(await finish(*first, *later)) == [(2, False), (1, False), (0, False)]


@pytest.mark.parametrize("canceled", [0, 1, 2])
async def test_canceled_request_is_counted_and_others_are_answered(
    limits: RateLimits, held: HeldRedis, canceled: int
) -> None:
    requests = send(limits, 1)
    call = await held.next_call()
    requests += send(limits, 2)
    asyncio.get_running_loop().call_soon(requests[canceled].cancel)  # after all of them have arrived
    call.answer()
    shared = await held.next_call()
    shared.answer()
    done, _ = await asyncio.wait(requests, timeout=STUCK_S)
    assert len(done) == len(requests)
    expected = [Allowance(LIMIT, left, WINDOW_S, is_exceeded=False) for left in (2, 1, 0)]
    assert requests.pop(canceled).cancelled()
    assert [request.result() for request in requests] == expected[:canceled] + expected[canceled + 1 :]
    assert held.counts == {call.counter: 3}


async def test_request_canceled_in_a_shared_call_leaves_the_call_running(limits: RateLimits, held: HeldRedis) -> None:
    requests = send(limits, 3)
    call = await held.next_call()
    requests[0].cancel()
    await asyncio.wait(requests[:1])
    call.answer()
    assert remaining(await finish(*requests[1:])) == [(1, False), (0, False)]


async def test_failure_reaches_every_waiting_request(
    limits: RateLimits, held: HeldRedis, metrics: CountingMetrics
) -> None:
    """Requests that wait for the next call fail, too, so that none waits longer for Redis than one call takes."""
    with capture_logs(processors=[merge_contextvars]) as logs:
        requests = []
        for request_id in ("first", "second"):
            with bound_contextvars(request_id=request_id):
                requests += send(limits, 1)
        call = await held.next_call()
        with bound_contextvars(request_id="third"):
            requests += send(limits, 1)
        call.fail(RedisConnectionError("gone"))
        answers = await finish(*requests)
    assert remaining(answers) == [(LIMIT, False)] * 3
    assert metrics.not_limited == 3
    assert [(entry["event"], entry["error"], entry["request_id"]) for entry in logs] == [
        ("redis.lost", "gone", request_id) for request_id in ("first", "second", "third")
    ]
    assert held.has_no_more_calls()


async def test_canceled_request_does_not_hide_a_failure_from_others(
    limits: RateLimits, held: HeldRedis, metrics: CountingMetrics
) -> None:
    canceled, other = send(limits, 2)
    call = await held.next_call()
    canceled.cancel()
    await asyncio.wait([canceled])
    call.fail(RedisConnectionError("gone"))
    assert remaining(await finish(other)) == [(LIMIT, False)]
    assert metrics.not_limited == 1


async def test_requests_are_counted_again_after_a_failure(limits: RateLimits, held: HeldRedis) -> None:
    lost = send(limits, 2)
    (await held.next_call()).fail(RedisConnectionError("gone"))
    await finish(*lost)
    requests = send(limits, 2)
    (await held.next_call()).answer()
    assert remaining(await finish(*requests)) == [(2, False), (1, False)]


async def test_defect_is_raised_by_every_waiting_request(limits: RateLimits, held: HeldRedis) -> None:
    requests = send(limits, 2)
    (await held.next_call()).fail(ZeroDivisionError("defect"))
    for request in requests:
        with pytest.raises(ZeroDivisionError, match="defect"):
            await finish(request)


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    client: Redis = Redis.from_url(redis_url)
    async with aclosing(client):
        yield client


async def test_two_processes_share_one_count(redis: Redis, clock: SteppedClock) -> None:
    processes, name, count = (RateLimits(redis, clock), RateLimits(redis, clock)), str(uuid4()), 50
    answers = await asyncio.gather(*[limits.take(name, count) for _ in range(count) for limits in processes])
    assert sorted(allowance.remaining for allowance in answers) == [0] * count + [*range(count)]
    assert [allowance.is_exceeded for allowance in answers].count(True) == count
    own = [allowance.remaining for allowance in answers[::2]]
    assert own == sorted(own, reverse=True)


async def test_counter_expires_after_a_take_or_a_look(redis: Redis, clock: SteppedClock) -> None:
    limits = RateLimits(redis, clock)
    for use in (limits.take, limits.look):
        name = str(uuid4())
        await asyncio.gather(*[use(name, LIMIT) for _ in range(2)])
        [counter] = await redis.keys(f"letmepost:rate:{name}:*")
        assert 0 < await redis.ttl(counter) <= 2 * WINDOW_S


async def test_look_does_not_count(redis: Redis, clock: SteppedClock) -> None:
    limits, name = RateLimits(redis, clock), str(uuid4())
    await asyncio.gather(*[limits.look(name, LIMIT) for _ in range(2 * LIMIT)])
    assert (await limits.take(name, LIMIT)).remaining == LIMIT - 1
    assert (await limits.look(name, LIMIT)).remaining == LIMIT - 1
