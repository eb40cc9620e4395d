"""The SQL statements that PostgreSQL executes, counted by its extension pg_stat_statements.

Counting costs processor time, so it is off until `count` enables it.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from letmepost.cli.embedded import RunningServer, start_postgres

SETTLE_S = 1.0  # until the worker has finished the rest of a request
_PRELOAD = "ALTER SYSTEM SET shared_preload_libraries = 'pg_stat_statements'"
_TRACK = "ALTER SYSTEM SET pg_stat_statements.track = '{}'"
_READ = """
    SELECT query, sum(calls)::bigint AS calls, sum(total_exec_time) AS took_ms FROM pg_stat_statements
    WHERE userid <> (SELECT oid FROM pg_roles WHERE rolname = current_user) GROUP BY query
"""


@dataclass(frozen=True, slots=True)
class Executed:
    """The number of executions of a statement, and their total milliseconds."""

    calls: float
    took_ms: float


Statements = dict[str, Executed]


@asynccontextmanager
async def counting_postgres(directory: Path) -> AsyncIterator[RunningServer]:
    """Start a PostgreSQL that can count statements. Its URL is the superuser's."""
    server = await start_postgres(directory)
    try:
        await _execute(server.url, _PRELOAD)
        await server.stop()
        server = await start_postgres(directory)
        await _execute(server.url, _TRACK.format("none"), "CREATE EXTENSION pg_stat_statements")
        yield server
    finally:
        await server.stop()


async def count(url: str, work: Callable[[], Awaitable[float]]) -> Statements:
    """Return the statements of `work`, without those that are executed anyway.

    Args:
        url: of a superuser.
        work: returns how many seconds it took.
    """
    await _execute(url, _TRACK.format("top"), "SELECT pg_reload_conf()")
    try:
        await asyncio.sleep(SETTLE_S)  # until every process has read the setting
        await _execute(url, "SELECT pg_stat_statements_reset()")
        took_s = await work() + SETTLE_S
        await asyncio.sleep(SETTLE_S)
        found = await _read(url)
        await _execute(url, "SELECT pg_stat_statements_reset()")
        await asyncio.sleep(took_s)
        idle = await _read(url)
    finally:
        await _execute(url, _TRACK.format("none"), "SELECT pg_reload_conf()")
    none = Executed(0, 0)
    return {
        query: Executed(one.calls - idle.get(query, none).calls, one.took_ms - idle.get(query, none).took_ms)
        for query, one in found.items()
    }


def total(statements: Statements) -> tuple[float, float]:
    """Return the number of statements and of their transactions.

    `BEGIN` and the settings in the same message count as one statement.
    """
    calls = {query: one.calls for query, one in statements.items()}
    begun = sum(number for query, number in calls.items() if query == "BEGIN")
    settings = sum(number for query, number in calls.items() if query.startswith("SET LOCAL"))
    tenants = sum(number for query, number in calls.items() if query.startswith("SET LOCAL letmepost.organization"))
    as_tenant = sum(number for query, number in calls.items() if query.startswith("SET LOCAL ROLE letmepost_app"))
    changes_of_tenant = tenants - as_tenant
    return sum(calls.values()) - settings + changes_of_tenant, begun


def show_statements(statements: Statements, requests: int) -> None:
    """Print each statement with its executions per request and its mean time, the most expensive first."""
    print("  per request   mean ms   statement")
    for query, one in sorted(statements.items(), key=lambda item: -item[1].took_ms):
        if round(one.calls / requests, 1):
            print(f"  {one.calls / requests:11.1f}{one.took_ms / one.calls:10.3f}   {' '.join(query.split())[:150]}")


async def _read(url: str) -> Statements:
    connection = await asyncpg.connect(url)
    try:
        return {row["query"]: Executed(row["calls"], row["took_ms"]) for row in await connection.fetch(_READ)}
    finally:
        await connection.close()


async def _execute(url: str, *statements: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()
