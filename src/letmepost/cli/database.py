"""Reports in one line why a command cannot use the database, and how to fix it."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from letmepost.cli.output import fail
from letmepost.cli.wiring import Wiring
from letmepost.domain.processes import Process

if TYPE_CHECKING:
    from letmepost.settings import Settings


def require_database(wiring: Wiring, settings: "Settings", process: Process) -> None:
    """Connect once before a process starts: a server that fails while it starts would report a traceback."""
    url = settings.database_url_of(process)
    with database_required("" if url is None else url.get_secret_value(), process.variable):
        asyncio.run(_check(wiring, settings, process))


async def _check(wiring: Wiring, settings: "Settings", process: Process) -> None:
    await wiring.check_database(settings, process)


@contextmanager
def database_required(url: str, variable: str) -> Iterator[None]:
    """Turn a database error into one line and exit status 1.

    Args:
        url: the URL that the command connects to. Only its host, port, database and user are shown.
        variable: the environment variable of the URL.
    """
    from letmepost.storage.database import DATABASE_ERRORS
    from letmepost.storage.roles import UnsafeDeploymentError

    try:
        yield
    except UnsafeDeploymentError as error:
        fail(str(error))
    except DATABASE_ERRORS as error:
        fail(f"{_explain(error, url, variable)} `letmepost doctor` checks the whole deployment.")


def _explain(error: Exception, url: str, variable: str) -> str:
    from asyncpg import InvalidAuthorizationSpecificationError, InvalidCatalogNameError

    place = urlsplit(url)
    server = f"{place.hostname or 'localhost'}:{place.port or 5432}"
    cause = _cause(error)
    reason = (str(cause).strip().splitlines() or [type(cause).__name__])[0].rstrip(".")
    if isinstance(cause, InvalidCatalogNameError):
        name = place.path.lstrip("/")
        return f"The database {name} does not exist at {server} ({variable}). Create it, or correct {variable}."
    if isinstance(cause, InvalidAuthorizationSpecificationError):
        return (
            f"PostgreSQL at {server} rejected the login of {place.username} ({variable}): {reason}. "
            f"Correct {variable}; `letmepost migrate` creates the roles of API and worker."
        )
    if isinstance(cause, OSError):
        return f"Cannot connect to PostgreSQL at {server} ({variable}): {reason}. Start it, or correct {variable}."
    return f"PostgreSQL at {server} reported an error ({variable}): {reason}."


def _cause(error: BaseException) -> BaseException:
    """Return the error of the driver, which SQLAlchemy and its adapter wrap."""
    from sqlalchemy.exc import DBAPIError

    while isinstance(error, DBAPIError) and error.orig is not None:
        error = error.orig.__cause__ or error.orig
    return error
