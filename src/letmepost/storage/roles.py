"""Creates the roles before the first migration, as a role that may create roles.

letmepost_migrator   owns the tables; row-level security applies to it too, with policies of its own
letmepost_app        the rows of one tenant, which the transaction names
letmepost_lookup     what the API must find before it knows the tenant: keys, OAuth states, connect sessions, …
letmepost_sweeper    what the worker does for every tenant: claims, relay, retention
API login role       takes app and lookup; with neither, it can read nothing
worker login role    takes app, lookup and sweeper
"""

from sqlalchemy import Connection, text
from sqlalchemy.engine import make_url

from letmepost.domain.processes import Process
from letmepost.storage.database import APPLICATION_ROLE, LOOKUP_ROLE, SWEEPER_ROLE
from letmepost.storage.logins import MIGRATOR_ROLE, ROLES, roles_of

_EXAMPLE = "letmepost_api and letmepost_worker"


class UnsafeDeploymentError(RuntimeError):
    """The deployment is set up so that a promise could not be kept; nothing was started."""


def provision_roles(connection: Connection, login_urls: dict[Process, str]) -> None:
    """Create the roles that are missing, and the login role of each process.

    Roles belong to the whole cluster: two of these may run at the same time.

    Args:
        connection: of a role that may create roles.
        login_urls: what each process connects with.

    Raises:
        UnsafeDeploymentError: two processes would share a login role, or a login role has rights that its process
            must not have. Nothing was revoked: a process that is running may use them.
    """
    names = {process: make_url(url).username for process, url in login_urls.items()}
    for process, name in names.items():
        if not name or name in ROLES:
            raise UnsafeDeploymentError(f"{process.variable} must name a login role of its own, such as {_EXAMPLE}.")
    if len(set(names.values())) < len(names):
        variables = " and ".join(process.variable for process in names)
        raise UnsafeDeploymentError(f"{variables} name the same role. Name a login role for each, such as {_EXAMPLE}.")
    for role in ROLES:
        _create_role(connection, role, "NOLOGIN")
    for process, url in login_urls.items():
        _provision_login(connection, process, url)
    connection.execute(text(f"GRANT {MIGRATOR_ROLE} TO CURRENT_USER"))
    connection.execute(text(f"GRANT CREATE, USAGE ON SCHEMA public TO {MIGRATOR_ROLE}"))
    services = f"{APPLICATION_ROLE}, {LOOKUP_ROLE}, {SWEEPER_ROLE}"
    connection.execute(text(f"GRANT USAGE ON SCHEMA public TO {services}"))


def _provision_login(connection: Connection, process: Process, url: str) -> None:
    login = make_url(url)
    secret = _literal(connection, str(login.password)) if login.password else "NULL"
    name = str(login.username)
    _create_role(connection, name, f"LOGIN NOINHERIT PASSWORD {secret}")
    for role in set(ROLES).difference(roles_of(process)):
        if connection.scalar(text("SELECT pg_has_role(:name, :role, 'MEMBER')"), {"name": name, "role": role}):
            quoted = _identifier(connection, name)
            raise UnsafeDeploymentError(
                f"The role {name} may take {role}, which the {process} must not. Name another role in "
                f"{process.variable}, or stop the processes that use it and run `REVOKE {role} FROM {quoted}`."
            )
    connection.execute(text(f"GRANT {', '.join(roles_of(process))} TO {_identifier(connection, name)}"))


def _create_role(connection: Connection, name: str, attributes: str) -> None:
    quoted = _identifier(connection, name)
    connection.execute(
        text(
            f"DO $do$ BEGIN CREATE ROLE {quoted} {attributes};"
            " EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $do$"
        )
    )


def _identifier(connection: Connection, name: str) -> str:
    return str(connection.scalar(text("SELECT quote_ident(:name)"), {"name": name}))


def _literal(connection: Connection, value: str) -> str:
    return str(connection.scalar(text("SELECT quote_literal(:value)"), {"value": value})).replace(":", "\\:")
