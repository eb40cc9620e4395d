"""What a request to the API costs, beside the bare limit of this machine's PostgreSQL.

    python -m tests.benchmarks.accept [seconds a figure] [name of one figure]

Two API processes; the callers run in this process. The bare limit writes the rows of a scheduled post with one target
by plain asyncpg, from as many connections, in the same run, under the same durability. Nothing is due meanwhile.
"""

import asyncio
import itertools
import os
import sys
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeAlias
from uuid import UUID, uuid4

import asyncpg

from letmepost.cli.dev.processes import free_port
from letmepost.domain.ids import Prefix, parse
from tests.benchmarks.stand import CLOCK, Stand, running
from tests.doubles.waiting import eventually

CONNECTIONS = (1, 8, 32, 64)
TARGETS = 10
Call: TypeAlias = Callable[[], Awaitable[None]]


@dataclass
class Caller:
    """A tenant with accounts, and two APIs to call in turn."""

    stand: Stand
    key: str
    accounts: list[str]
    apis: "itertools.cycle[str]"

    async def send(self, method: str, path: str, body: object = None, status: int = 200, **headers: str) -> None:
        """One request; it must be answered with this status."""
        given = {"authorization": f"Bearer {self.key}", **headers}
        url = next(self.apis) + path
        async with self.stand.session.request(method, url, json=body, headers=given) as reply:
            await reply.read()
            assert reply.status == status, (reply.status, await reply.text())

    def scheduled(self, targets: int = 1) -> dict[str, object]:
        """A post far in the future."""
        at = (CLOCK.now() + timedelta(days=300)).isoformat()
        return {"targets": [{"accountId": one} for one in self.accounts[:targets]], "text": "Hello", "scheduledAt": at}


async def main(seconds: float, only: str) -> None:
    async with AsyncExitStack() as stack:
        stand = await stack.enter_async_context(running())
        apis = itertools.cycle([stand.ready["api"], await _second_api(stand, stack)])
        key = await stand.tenant("Benchmark")
        caller = Caller(stand, key, [await stand.account(key) for _ in range(TARGETS)], apis)
        figures = {name: call for name, call in (await _figures(caller)).items() if only in name}
        print(f"requests a second (p50 and p99 in ms) at {', '.join(map(str, CONNECTIONS))} connections")
        rates: dict[str, list[float]] = {}
        for name, call in figures.items():
            rates[name] = await _row(name, call, seconds)
        rates["bare"] = await _bare_row(stand, caller, seconds)
    if only:
        return
    at_32 = CONNECTIONS.index(32)
    bare, one = rates["bare"][at_32], rates["scheduled, 1 target"][at_32]
    print(f"scheduled, 1 target: {one / bare:.0%} of the bare limit at 32 connections")
    for name in ("GET by id", "preflight refusal"):
        print(f"{name}: {rates[name][at_32] / one:.1f} times the accept rate")
    print(f"10 targets: {one / rates['scheduled, 10 targets'][at_32]:.1f} times the time of one")


async def _figures(caller: Caller) -> dict[str, Call]:
    replayed = {"Idempotency-Key": "benchmark"}
    body = caller.scheduled()
    await caller.send("POST", "/v1/posts", body, 202, **replayed)
    path = await _a_post(caller)
    refused = {"targets": [{"accountId": caller.accounts[0]}], "text": "x" * 301}
    return {
        "scheduled, 1 target": lambda: caller.send("POST", "/v1/posts", caller.scheduled(), 202),
        "scheduled, 10 targets": lambda: caller.send("POST", "/v1/posts", caller.scheduled(TARGETS), 202),
        "replay": lambda: caller.send("POST", "/v1/posts", body, 202, **replayed),
        "preflight refusal": lambda: caller.send("POST", "/v1/posts", refused, 400),
        "GET by id": lambda: caller.send("GET", path),
        "list of 50": lambda: caller.send("GET", "/v1/posts"),
    }


async def _a_post(caller: Caller) -> str:
    batch = await caller.stand.call("POST", "/v1/posts", caller.key, caller.scheduled())
    return f"/v1/posts/{batch['results'][0]['postId']}"


async def _row(name: str, call: Call, seconds: float) -> list[float]:
    rates, cells = [], []
    for connections in CONNECTIONS:
        rate, half_ms, most_ms = await _measure(call, connections, seconds)
        rates.append(rate)
        cells.append(f"{rate:7.0f} ({half_ms:5.1f} {most_ms:6.1f})")
    print(f"  {name:24}" + "  ".join(cells))
    return rates


async def _measure(call: Call, connections: int, seconds: float) -> tuple[float, float, float]:
    took_s: list[float] = []
    ends_s = time.perf_counter() + seconds

    async def repeat() -> None:
        while (began_s := time.perf_counter()) < ends_s:
            await call()
            took_s.append(time.perf_counter() - began_s)

    began_s = time.perf_counter()
    await asyncio.gather(*(repeat() for _ in range(connections)))
    elapsed_s, ordered = time.perf_counter() - began_s, sorted(took_s)
    return len(ordered) / elapsed_s, 1000 * ordered[len(ordered) // 2], 1000 * ordered[int(len(ordered) * 0.99)]


async def _bare_row(stand: Stand, caller: Caller, seconds: float) -> list[float]:
    account = parse(Prefix.ACCOUNT, caller.accounts[0])
    pool = await asyncpg.create_pool(stand.ready["databaseUrl"], min_size=max(CONNECTIONS), max_size=max(CONNECTIONS))
    async with pool:
        whose = await stand.call("GET", "/v1/me", caller.key)
        organization = parse(Prefix.ORGANIZATION, whose["organization"]["id"])
        profile = parse(Prefix.PROFILE, (await stand.call("GET", "/v1/accounts", caller.key))["data"][0]["profileId"])
        return await _row("bare PostgreSQL", lambda: _bare(pool, organization, account, profile), seconds)


async def _bare(pool: "asyncpg.Pool[asyncpg.Record]", organization: UUID, account: UUID, profile: UUID) -> None:
    """The rows of one scheduled post, in one transaction."""
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
            " VALUES ($1, $2, 'live', $3, 0, $4, $5, 'bare', 'queued', $6, $6, 86400, 'skip', $7, $7)",
            *(post, organization, batch, account, profile, now + timedelta(days=300), now),
        )
        await connection.execute(
            "INSERT INTO post_revisions (organization_id, mode, post_id, revision, content, created_at)"
            """ VALUES ($1, 'live', $2, 1, '{"text": "Hello"}', $3)""",
            *(organization, post, now),
        )
        await connection.executemany(
            "INSERT INTO events (id, organization_id, mode, type, post_id, data, created_at)"
            " VALUES ($1, $2, 'live', $3, $4, '{}', $5)",
            [(uuid4(), organization, kind, post, now) for kind in ("post.queued", "post.validated")],
        )
        await connection.execute("COMMIT")


async def _second_api(stand: Stand, stack: AsyncExitStack) -> str:
    """One more API over the same database; returns its address."""
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
