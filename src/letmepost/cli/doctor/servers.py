"""Checks of the servers that the processes of a deployment connect to."""

from collections.abc import AsyncIterator, Iterable
from datetime import timedelta

from redis.exceptions import RedisError

from letmepost.cli.doctor.parts import Parts
from letmepost.cli.doctor.results import CheckResult, broken, ok, warning
from letmepost.domain.errors import LetmepostError
from letmepost.domain.processes import Process
from letmepost.storage.database import DATABASE_ERRORS
from letmepost.storage.inspection import DatabaseInspection

POSTGRES_MIN = 18
SKEW_TOLERABLE = timedelta(seconds=1)
SKEW_BREAKING = timedelta(seconds=30)

_PROBE = b"letmepost doctor"


async def check_database(parts: Parts) -> CheckResult:
    """Check that PostgreSQL answers, and is recent enough."""
    try:
        version = await parts.inspection.major_version()
    except DATABASE_ERRORS as error:
        remedy = "Start PostgreSQL, correct DATABASE_URL, or run `letmepost migrate`, which creates its role."
        return broken("database", f"PostgreSQL cannot be used: {_first_line(error)}", remedy)
    if version < POSTGRES_MIN:
        message = f"This is PostgreSQL {version}; letmepost needs {POSTGRES_MIN} or later."
        return broken("database", message, f"Upgrade PostgreSQL to {POSTGRES_MIN} or later.")
    return ok("database", f"PostgreSQL {version} answers.")


async def check_role(parts: Parts) -> CheckResult:
    """Check that row-level security applies to the role of the API, and that it lacks the rights of the worker."""
    return await _check_login("role", parts.inspection, Process.API)


async def check_worker_role(parts: Parts) -> CheckResult:
    """Check the login role of the worker, if this environment names it."""
    if parts.worker_inspection is None:
        variable = Process.WORKER.variable
        return ok("worker_role", f"{variable} is not set here. Only `worker` and `migrate` need it.")
    try:
        return await _check_login("worker_role", parts.worker_inspection, Process.WORKER)
    except DATABASE_ERRORS as error:
        remedy = f"Correct {Process.WORKER.variable}, or run `letmepost migrate`, which creates its role."
        return broken("worker_role", f"The worker cannot log in: {_first_line(error)}", remedy)


async def _check_login(check: str, inspection: DatabaseInspection, process: Process) -> CheckResult:
    role = await inspection.login_role()
    problem = role.problem(process)
    if problem is not None:
        return broken(check, *problem)
    return ok(check, f"{role.name} has the rights of the {process}, and row-level security applies to it.")


async def check_row_level_security(parts: Parts) -> CheckResult:
    """Check that row-level security is forced on every table of tenants."""
    tables = await parts.inspection.unprotected_tables()
    if tables:
        message = f"Row-level security is not enforced on {', '.join(tables)}."
        remedy = "ALTER TABLE … ENABLE and FORCE ROW LEVEL SECURITY, and find out who disabled it."
        return broken("row_level_security", message, remedy)
    return ok("row_level_security", "It is enforced on every table of tenants.")


async def check_migrations(parts: Parts) -> CheckResult:
    """Check that the schema is the one of this release."""
    try:
        problem = await parts.schema.problem()
    except DATABASE_ERRORS as error:
        problem = f"The schema cannot be read: {_first_line(error)}"
    if problem is not None:
        return broken("migrations", problem, "Run `letmepost migrate`.")
    return ok("migrations", "The schema is the one of this release.")


async def check_connections(parts: Parts, api_processes: int, pool: int) -> CheckResult:
    """Check that PostgreSQL accepts all connections that one `serve` and one worker may open.

    Args:
        api_processes: number of processes of `serve`.
        pool: connections of each process.
    """
    wanted, accepted = (api_processes + 1) * pool, await parts.inspection.connections_max()
    message = (
        f"{api_processes} API process(es) and a worker with {pool} connections each may open {wanted} connections; "
        f"PostgreSQL accepts {accepted}."
    )
    if wanted > accepted:
        remedy = "Lower LETMEPOST_SERVE_WORKERS or LETMEPOST_DATABASE_POOL, or raise max_connections in PostgreSQL."
        return broken("connections", message, remedy)
    return ok("connections", message)


async def check_clock(parts: Parts) -> CheckResult:
    """Check that the clocks of this machine and of PostgreSQL agree, to within half the duration of the query."""
    asked_at = parts.clock.now()
    database_now = await parts.inspection.now()
    skew = abs(database_now - (asked_at + (parts.clock.now() - asked_at) / 2))
    message = f"This machine's clock and PostgreSQL's are {skew.total_seconds():.1f} s apart."
    remedy = "Synchronize both with a time server (NTP)."
    if skew > SKEW_BREAKING:
        return broken("clock", message, remedy)
    if skew > SKEW_TOLERABLE:
        return warning("clock", message, remedy)
    return ok("clock", message)


async def check_redis(parts: Parts) -> CheckResult:
    """Check that Redis answers, which hints and rate limits need."""
    try:
        await parts.ping_redis()
    except (RedisError, OSError) as error:
        message = f"Redis does not answer: {_first_line(error)}"
        remedy = "Start Redis, or correct REDIS_URL. Without it, no limits apply, and posts are up to 1 s late."
        return broken("redis", message, remedy)
    return ok("redis", "Redis answers.")


async def check_worker(parts: Parts) -> CheckResult:
    """Check that a worker is running."""
    try:
        count = await parts.heartbeats.count()
    except (RedisError, OSError):
        return warning("worker", "Cannot check for workers: Redis is unreachable.", "Fix Redis first.")
    if count == 0:
        return broken("worker", "No worker is running, so nothing is published.", "Start one: letmepost worker.")
    return ok("worker", f"{count} worker(s) are running.")


async def check_media(parts: Parts) -> CheckResult:
    """Check that media files can be stored, read and deleted."""
    key = f"doctor/{parts.clock.entropy(8).hex()}"

    async def chunks() -> AsyncIterator[bytes]:
        yield _PROBE

    try:
        await parts.blobs.put(key, chunks(), max_bytes=len(_PROBE))
        read = b"".join([chunk async for chunk in await parts.blobs.open(key)])
        await parts.blobs.delete(key)
    except (LetmepostError, OSError) as error:
        message = f"Media files cannot be stored: {_first_line(error)}"
        return broken("media", message, "Give this process write access, or correct the settings of the media store.")
    if read != _PROBE:
        return broken("media", "A stored file was read back changed.", "Check the disk, or the media store.")
    return ok("media", "Media files can be stored, read and deleted.")


async def check_sandbox(parts: Parts, platforms: Iterable[str]) -> CheckResult:
    """Check that test keys can publish."""
    if parts.sandbox is None:
        message = "There is no sandbox, so test keys cannot publish."
        remedy = "Run `letmepost sandbox`; set LETMEPOST_SANDBOX_URL and LETMEPOST_SANDBOX_TOKEN."
        return warning("sandbox", message, remedy)
    try:
        for platform in platforms:
            await parts.sandbox.list_posts("doctor", platform)
    except LetmepostError as error:
        message = f"The sandbox cannot be used: {_first_line(error)}"
        return broken("sandbox", message, "Start `letmepost sandbox` with the same LETMEPOST_SANDBOX_TOKEN as here.")
    return ok("sandbox", "The sandbox answers.")


def _first_line(error: Exception) -> str:
    """Return the first line of an error, where SQLAlchemy puts the message of the driver."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
