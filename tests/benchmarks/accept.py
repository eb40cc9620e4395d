"""The cost of a request to the API, compared with the limit of this machine's PostgreSQL.

    python -m tests.benchmarks.accept [seconds a figure] [name of one figure]

There are two API processes; the callers run in this process. Like recommended, they send every post with an
`Idempotency-Key`, and post to many accounts in turn. The limit is measured by writing the rows of a scheduled post with
one target by plain asyncpg, with as many connections, in the same run, with the same durability. No post is due.
"""

import asyncio
import itertools
import json
import os
import sys
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from statistics import quantiles
from typing import TypeAlias
from uuid import UUID, uuid4

import asyncpg

from letmepost.cli.dev.processes import free_port
from letmepost.domain.content import PostContent
from letmepost.domain.ids import Prefix, parse_id
from letmepost.storage.posts.contents import encode_content
from tests.benchmarks.stand import CLOCK, Stand, running
from tests.doubles.waiting import eventually

CONNECTIONS = (1, 8, 32, 64)
SLICES = 6
ACCOUNTS, TARGETS = 200, 10
RESPONSE = bytes(600)
BARE = "bare PostgreSQL"
_CONTENT = json.dumps(encode_content(PostContent(text="Hello")))
Call: TypeAlias = Callable[[], Awaitable[None]]


@dataclass
class Figure:
    """The measurement of one kind of request with a number of connections."""

    took_s: list[float] = field(default_factory=list)
    elapsed_s: float = 0.0

    @property
    def rate(self) -> float:
        """Return the requests per second."""
        return len(self.took_s) / self.elapsed_s

    def __str__(self) -> str:
        half, most = (1000 * quantiles(self.took_s, n=100)[percent - 1] for percent in (50, 99))
        return f"{self.rate:7.0f} ({half:5.1f} {most:6.1f})"


@dataclass
class Caller:
    """A tenant, with accounts to post to in turn, and two APIs to call in turn."""

    stand: Stand
    key: str
    accounts: Iterator[str]
    apis: Iterator[str]
    numbers: Iterator[int] = field(default_factory=itertools.count)

    async def send(self, method: str, path: str, body: object = None, status: int = 200, **headers: str) -> None:
        """Send a request. Its response must have this status."""
        given = {"authorization": f"Bearer {self.key}", **headers}
        url = next(self.apis) + path
        async with self.stand.session.request(method, url, json=body, headers=given) as reply:
            await reply.read()
            assert reply.status == status, (reply.status, await reply.text())

    async def post(self, body: object, status: int) -> None:
        """Send a post with its own `Idempotency-Key`."""
        keyed = {"Idempotency-Key": f"benchmark-{next(self.numbers)}"}
        await self.send("POST", "/v1/posts", body, status, **keyed)

    def scheduled(self, targets: int = 1) -> dict[str, object]:
        """Return a post to the next accounts, far in the future."""
        at = (CLOCK.now() + timedelta(days=300)).isoformat()
        chosen = [{"accountId": next(self.accounts)} for _ in range(targets)]
        return {"targets": chosen, "text": "Hello", "scheduledAt": at}

    def too_long(self) -> dict[str, object]:
        """Return a post to the next account that fails preflight."""
        return {"targets": [{"accountId": next(self.accounts)}], "text": "x" * 301}


async def main(seconds: float, only: str) -> None:
    async with AsyncExitStack() as stack:
        stand = await stack.enter_async_context(running())
        apis = itertools.cycle([stand.ready["api"], await _second_api(stand, stack)])
        key = await stand.tenant("Benchmark")
        accounts = await stand.accounts(key, ACCOUNTS)
        caller = Caller(stand, key, itertools.cycle(accounts), apis)
        calls = {name: call for name, call in (await _figures(caller)).items() if only in name}
        pool = await stack.enter_async_context(
            asyncpg.create_pool(stand.ready["databaseUrl"], min_size=max(CONNECTIONS), max_size=max(CONNECTIONS))
        )
        calls[BARE] = await _bare_call(caller, accounts, pool)
        figures = {at_once: await _measure(calls, at_once, seconds) for at_once in CONNECTIONS}
    _show(figures)
    if not only:
        _compare(figures[32])


def _show(figures: Mapping[int, Mapping[str, Figure]]) -> None:
    print(f"requests a second (p50 and p99 in ms) at {', '.join(map(str, figures))} connections")
    for name in figures[1]:
        print(f"  {name:24}" + "  ".join(str(found[name]) for found in figures.values()))


def _compare(found: Mapping[str, Figure]) -> None:
    one = found["scheduled, 1 target"].rate
    print("at 32 connections:")
    print(f"  scheduled, 1 target: {one / found[BARE].rate:.0%} of the bare limit")
    for name in ("GET by id", "preflight refusal"):
        print(f"  {name}: {found[name].rate / one:.1f} times the accept rate")
    print(f"  10 targets: {one / found['scheduled, 10 targets'].rate:.1f} times the time of one")


async def _figures(caller: Caller) -> dict[str, Call]:
    replayed = {"Idempotency-Key": "benchmark"}
    body = caller.scheduled()
    await caller.send("POST", "/v1/posts", body, 202, **replayed)
    path = await _a_post(caller)
    return {
        "scheduled, 1 target": lambda: caller.post(caller.scheduled(), 202),
        "scheduled, 10 targets": lambda: caller.post(caller.scheduled(TARGETS), 202),
        "replay": lambda: caller.send("POST", "/v1/posts", body, 202, **replayed),
        "preflight refusal": lambda: caller.post(caller.too_long(), 400),
        "GET by id": lambda: caller.send("GET", path),
        "list of 50": lambda: caller.send("GET", "/v1/posts"),
    }


async def _a_post(caller: Caller) -> str:
    batch = await caller.stand.call("POST", "/v1/posts", caller.key, caller.scheduled())
    return f"/v1/posts/{batch['results'][0]['postId']}"


async def _measure(calls: Mapping[str, Call], connections: int, seconds: float) -> dict[str, Figure]:
    """Measure all calls in turns of short slices, so that a temporary slowdown of the machine affects all of them."""
    figures = {name: Figure() for name in calls}
    for _ in range(SLICES):
        for name, call in calls.items():
            await _repeat(call, connections, seconds / SLICES, figures[name])
    return figures


async def _repeat(call: Call, connections: int, seconds: float, figure: Figure) -> None:
    began_s = time.perf_counter()
    ends_s = began_s + seconds

    async def repeat() -> None:
        while (sent_s := time.perf_counter()) < ends_s:
            await call()
            figure.took_s.append(time.perf_counter() - sent_s)

    await asyncio.gather(*(repeat() for _ in range(connections)))
    figure.elapsed_s += time.perf_counter() - began_s


async def _bare_call(caller: Caller, accounts: list[str], pool: "asyncpg.Pool[asyncpg.Record]") -> Call:
    whose = await caller.stand.call("GET", "/v1/me", caller.key)
    organization = parse_id(Prefix.ORGANIZATION, whose["organization"]["id"])
    listed = (await caller.stand.call("GET", "/v1/accounts", caller.key))["data"]
    profile = parse_id(Prefix.PROFILE, listed[0]["profileId"])
    ids = itertools.cycle([parse_id(Prefix.ACCOUNT, account) for account in accounts])
    return lambda: _bare(pool, organization, next(ids), profile)


async def _bare(pool: "asyncpg.Pool[asyncpg.Record]", organization: UUID, account: UUID, profile: UUID) -> None:
    """Write the rows of one scheduled post and of its `Idempotency-Key`, in one transaction."""
    batch, post, now = uuid4(), uuid4(), CLOCK.now()
    async with pool.acquire() as connection:
        await connection.execute(
            f"BEGIN; SET LOCAL ROLE letmepost_app; SET LOCAL letmepost.organization = '{organization}';"
            " SET LOCAL letmepost.mode = 'live'"
        )
        await connection.execute(
            "INSERT INTO batches (id, organization_id, mode, request_id, is_scheduled, created_at)"
            " VALUES ($1, $2, 'live', 'req', true, $3)",
            *(batch, organization, now),
        )
        await connection.execute(
            "INSERT INTO posts (id, organization_id, mode, batch_id, target_index, account_id, profile_id, platform,"
            " status, due_at, ready_at, late_within_s, late_then, created_at, updated_at)"
            " VALUES ($1, $2, 'live', $3, 0, $4, $5, 'bluesky', 'queued', $6, $6, 86400, 'skip', $7, $7)",
            *(post, organization, batch, account, profile, now + timedelta(days=300), now),
        )
        await connection.execute(
            "INSERT INTO post_revisions (organization_id, mode, post_id, revision, content, created_at)"
            " VALUES ($1, 'live', $2, 1, $4, $3)",
            *(organization, post, now, _CONTENT),
        )
        await connection.executemany(
            "INSERT INTO events (id, organization_id, mode, type, post_id, data, created_at)"
            " VALUES ($1, $2, 'live', $3, $4, '{}', $5)",
            [(uuid4(), organization, kind, post, now) for kind in ("post.queued", "post.validated")],
        )
        await connection.execute(
            "INSERT INTO idempotency_keys (organization_id, mode, profile_scope, key_hash, fingerprint, api_key_id,"
            " batch_id, status, headers, body, created_at) VALUES ($1, 'live', $2, $3, $3, $2, $2, 202, '{}', $4, $5)",
            *(organization, batch, post.bytes * 2, RESPONSE, now),
        )
        await connection.execute("COMMIT")


async def _second_api(stand: Stand, stack: AsyncExitStack) -> str:
    """Start another API with the same database, and return its address."""
    port = free_port()
    environment = {**os.environ, **stand.child("serve").environ()}
    command = (sys.executable, "-m", "letmepost", "serve", "--port", str(port))
    process = await asyncio.create_subprocess_exec(
        *command, env=environment, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL
    )

    async def stop() -> None:
        process.terminate()
        await process.wait()

    stack.push_async_callback(stop)
    url = f"http://127.0.0.1:{port}"

    async def answers() -> bool:
        try:
            async with stand.session.get(f"{url}/health") as reply:
                return reply.status == 200
        except OSError:
            return False

    await eventually(answers, within_s=60)
    return url


if __name__ == "__main__":
    seconds, only = (*sys.argv[1:], *("4", "")[len(sys.argv) - 1 :])
    asyncio.run(main(float(seconds), only))
