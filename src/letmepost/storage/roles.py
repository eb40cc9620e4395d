"""Creates the roles before the first migration, with the rights of a role that may create roles.

letmepost_migrator   owns the tables; row-level security also applies to it, with its own policies
letmepost_app        reads and writes the rows of one tenant, which the transaction sets
letmepost_lookup     finds the tenant of a request: API keys, OAuth states, connect sessions, …
letmepost_sweeper    works for every tenant: claims, relay, retention
letmepost_reader     owns the functions that read as one tenant; it reads nothing by itself
API login role       takes app and lookup, and calls the functions of reader; without these, it cannot read
worker login role    takes app, lookup and sweeper
"""

import asyncpg
from sqlalchemy.engine import make_url

from letmepost.domain.processes import Process
from letmepost.storage.database import (
    APPLICATION_ROLE,
    LOOKUP_ROLE,
    READER_ROLE,
    SWEEPER_ROLE,
    Connection,
    driver_of,
)
from letmepost.storage.logins import MIGRATOR_ROLE, ROLES, roles_of

_EXAMPLE = "letmepost_api and letmepost_worker"
_GRANTS = f"""
    GRANT {MIGRATOR_ROLE} TO CURRENT_USER;
    GRANT CREATE, USAGE ON SCHEMA public TO {MIGRATOR_ROLE};
    GRANT USAGE ON SCHEMA public TO {APPLICATION_ROLE}, {LOOKUP_ROLE}, {SWEEPER_ROLE}, {READER_ROLE}
"""


class UnsafeDeploymentError(RuntimeError):
    """The configuration of the deployment breaks a guarantee. Nothing was started."""


async def provision_roles(connection: Connection, login_urls: dict[Process, str]) -> None:
    """Create the roles that are missing, and the login role of each process, in one transaction.

    Roles belong to the whole cluster, and two of these calls may run at the same time.

    Args:
        connection: of a role that may create roles, without a transaction.
        login_urls: the database URL of each process.

    Raises:
        UnsafeDeploymentError: two processes would share a login role, or a login role has rights that its process
                must not have. Nothing was revoked, because a running process may need it.
    """
    names = {process: make_url(url).username for process, url in login_urls.items()}
    for process, name in names.items():
        if not name or name in ROLES:
            raise UnsafeDeploymentError(f"{process.variable} must name a login role of its own, such as {_EXAMPLE}.")
    if len(set(names.values())) < len(names):
        variables = " and ".join(process.variable for process in names)
        raise UnsafeDeploymentError(f"{variables} name the same role. Name a login role for each, such as {_EXAMPLE}.")
    driver = driver_of(connection)
    async with driver.transaction():
        for role in ROLES:
            await _create_role(driver, role, "NOLOGIN")
        for process, url in login_urls.items():
            await _provision_login(driver, process, url)
        await driver.execute(_GRANTS)


async def _provision_login(driver: asyncpg.Connection, process: Process, url: str) -> None:
    login = make_url(url)
    name = str(login.username)
    secret = await driver.fetchval("SELECT quote_literal($1::text)", login.password) if login.password else "NULL"
    await _create_role(driver, name, f"LOGIN NOINHERIT PASSWORD {secret}")
    for role in set(ROLES).difference(roles_of(process)):
        if await driver.fetchval("SELECT pg_has_role($1::name, $2::name, 'MEMBER')", name, role):
            quoted = await _identifier(driver, name)
            raise UnsafeDeploymentError(
                f"The role {name} may take {role}, which the {process} must not. Set another role in "
                f"{process.variable}, or stop the processes that use it and run `REVOKE {role} FROM {quoted}`."
            )
    for role in roles_of(process):
        # A login has no rights of other roles until it takes one.
        how = " WITH INHERIT TRUE" if role == READER_ROLE else ""
        await driver.execute(f"GRANT {role} TO {await _identifier(driver, name)}{how}")


async def _create_role(driver: asyncpg.Connection, name: str, attributes: str) -> None:
    await driver.execute(
        f"DO $do$ BEGIN CREATE ROLE {await _identifier(driver, name)} {attributes};"
        " EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $do$"
    )


async def _identifier(driver: asyncpg.Connection, name: str) -> str:
    return str(await driver.fetchval("SELECT quote_ident($1)", name))
