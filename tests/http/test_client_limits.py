"""Limits per client address on attempts with operator tokens and passwords."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from ipaddress import IPv4Network, IPv6Network, ip_network
from uuid import uuid4

import httpx2
import pytest
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from letmepost.domain.errors import RateLimited, Unauthenticated
from letmepost.gateways.rate_limits import RateLimits
from letmepost.http.client_limits import OPERATOR_FAILURES_PER_MINUTE, SIGN_INS_PER_MINUTE, ClientLimits, client_address
from tests.deployment import OPERATOR_TOKEN, Deployment
from tests.doubles.clock import SteppedClock
from tests.http.support import check_refusal

TRUSTED = (ip_network("10.0.0.0/8"), ip_network("fd00::/8"))


@pytest.mark.parametrize(
    ("peer", "forwarded", "expected"),
    [
        ("203.0.113.7", [], "203.0.113.7"),
        ("203.0.113.7", ["198.51.100.1"], "203.0.113.7"),
        ("10.0.0.1", ["198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", ["1.1.1.1, 198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", ["1.1.1.1, 198.51.100.1, 10.0.0.2"], "198.51.100.1"),
        ("10.0.0.1", ["1.1.1.1", "198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", ["10.0.0.3,10.0.0.2"], "10.0.0.3"),
        ("10.0.0.1", ["198.51.100.1:4711"], "198.51.100.1"),
        ("10.0.0.1", ["198.51.100.1, nonsense"], "10.0.0.1"),
        ("10.0.0.1", [""], "10.0.0.1"),
        ("10.0.0.1", [], "10.0.0.1"),
        ("::ffff:10.0.0.1", ["::ffff:198.51.100.1"], "198.51.100.1"),
        ("fd00::1", ["[2001:db8:1:2:3:4:5:6]:443"], "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", [], "2001:db8:1:2::/64"),
        ("fe80::1%eth0", [], "fe80::/64"),
        (None, ["198.51.100.1"], "unknown"),
        ("testclient", ["198.51.100.1"], "unknown"),
    ],
)
def test_client_address_is_read_from_trusted_proxies_only(
    peer: str | None, forwarded: list[str], expected: str
) -> None:
    assert client_address(peer, forwarded, TRUSTED) == expected


def test_no_proxy_is_trusted_by_default() -> None:
    assert client_address("127.0.0.1", ["198.51.100.1"], ()) == "127.0.0.1"


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    client: Redis = Redis.from_url(redis_url)
    async with aclosing(client):
        yield client


@pytest.fixture
def clock() -> SteppedClock:
    return SteppedClock()


@pytest.fixture
def guesser() -> str:
    return f"guesser-{uuid4()}"


def limits(redis: Redis, clock: SteppedClock, trusted: tuple[IPv4Network | IPv6Network, ...] = ()) -> ClientLimits:
    return ClientLimits(RateLimits(redis, clock), trusted)


async def guess(limits: ClientLimits, guesser: str, given: str = "wrong") -> type[Exception] | None:
    try:
        await limits.check_operator_token(guesser, given, "right")
    except (RateLimited, Unauthenticated) as refused:
        return type(refused)
    return None


async def test_wrong_operator_tokens_are_limited_per_address(redis: Redis, clock: SteppedClock, guesser: str) -> None:
    limited, another_process = limits(redis, clock), limits(redis, clock)
    for _ in range(OPERATOR_FAILURES_PER_MINUTE):
        assert await guess(limited, guesser) is Unauthenticated
    assert await guess(another_process, guesser) is RateLimited
    assert await guess(limited, guesser, "right") is RateLimited, "otherwise the response would reveal the right token"
    assert await guess(limited, f"{guesser}-neighbor", "right") is None
    clock.advance(60)
    assert await guess(limited, guesser, "right") is None
    assert await guess(limited, guesser) is Unauthenticated


async def test_right_operator_token_is_not_counted(redis: Redis, clock: SteppedClock, guesser: str) -> None:
    limited = limits(redis, clock)
    for _ in range(3 * OPERATOR_FAILURES_PER_MINUTE):
        assert await guess(limited, guesser, "right") is None


async def test_sign_ins_are_limited_per_address(redis: Redis, clock: SteppedClock, guesser: str) -> None:
    limited = limits(redis, clock)
    for _ in range(SIGN_INS_PER_MINUTE):
        await limited.count_sign_in(guesser)
    with pytest.raises(RateLimited) as refused:
        await limited.count_sign_in(guesser)
    assert refused.value.retry_after_s is not None
    assert 0 < refused.value.retry_after_s <= 60
    await limited.count_sign_in(f"{guesser}-neighbor")
    clock.advance(60)
    await limited.count_sign_in(guesser)


async def test_no_client_is_limited_without_redis(clock: SteppedClock, guesser: str) -> None:
    away: Redis = Redis.from_url("redis://127.0.0.1:9", retry=Retry(NoBackoff(), 0))
    limited = limits(away, clock)
    for _ in range(2 * SIGN_INS_PER_MINUTE):
        await limited.count_sign_in(guesser)
        assert await guess(limited, guesser) is Unauthenticated
    assert await guess(limited, guesser, "right") is None
    await away.aclose()


async def ask(service: Deployment, client: str, token: str, **headers: str) -> httpx2.Response:
    """List the organizations from a client address."""
    transport = httpx2.ASGITransport(service.app, client=(client, 4711))
    async with httpx2.AsyncClient(transport=transport, base_url="http://letmepost.test") as http:
        sent = {"authorization": f"Bearer {token}", **headers}
        return await http.get("/v1/organizations", headers=sent)


async def test_operator_routes_return_429_to_a_guessing_client_only(service: Deployment) -> None:
    guesser, spoofed = "198.51.100.23", "198.51.100.24"
    refused = [await ask(service, guesser, f"{OPERATOR_TOKEN}{attempt}") for attempt in range(21)]
    statuses = [reply.status_code for reply in refused]
    assert statuses[:10] == [401] * 10
    [limited, *_] = [reply for reply in refused if reply.status_code == 429]  # a new minute may start in between
    check_refusal(limited, 429, "rate_limited", "operator_token.attempts_max")
    assert 0 < int(limited.headers["retry-after"]) <= 60
    assert (await ask(service, spoofed, OPERATOR_TOKEN)).status_code == 200
    forwarded = await ask(service, spoofed, OPERATOR_TOKEN, **{"x-forwarded-for": guesser})
    assert forwarded.status_code == 200, "no proxy is trusted, so the header is ignored"


async def test_request_without_a_token_is_not_counted(service: Deployment) -> None:
    client = "198.51.100.25"
    for _ in range(15):
        check_refusal(await ask(service, client, ""), 401, "unauthenticated")
    assert (await ask(service, client, OPERATOR_TOKEN)).status_code == 200
