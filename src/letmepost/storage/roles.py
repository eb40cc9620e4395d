"""The roles: who may touch what. Made before the first migration, by whoever may make roles.

letmepost_migrator   owns the tables; row-level security binds it like everyone else, by policies of its own
letmepost_app        one tenant's rows, named by the transaction
letmepost_sweeper    what crosses tenants, column by column
the login role       none of these until a transaction chooses one
"""

from sqlalchemy import Connection, text
from sqlalchemy.engine import make_url

from letmepost.storage.database import APPLICATION_ROLE, SWEEPER_ROLE

MIGRATOR_ROLE = "letmepost_migrator"


class UnsafeDeploymentError(RuntimeError):
    """The deployment is set up so that a promise could not be kept; nothing was started."""


def provision_roles(connection: Connection, login_url: str) -> None:
    """Make the roles that are missing, and the login role that the services connect with.

    Needs a connection that may create roles. Roles belong to the whole cluster: two of these may run at once.
    """
    for role in (APPLICATION_ROLE, SWEEPER_ROLE, MIGRATOR_ROLE):
        _create_role(connection, role, "NOLOGIN")
    login = make_url(login_url)
    name, password = login.username, login.password
    if not name or name in {APPLICATION_ROLE, SWEEPER_ROLE, MIGRATOR_ROLE}:
        message = "DATABASE_URL must name a login role of its own"
        raise ValueError(message)
    secret = _literal(connection, str(password)) if password else "NULL"
    _create_role(connection, name, f"LOGIN NOINHERIT PASSWORD {secret}")
    quoted = _identifier(connection, name)
    connection.execute(text(f"GRANT {APPLICATION_ROLE}, {SWEEPER_ROLE} TO {quoted}"))
    connection.execute(text(f"GRANT {MIGRATOR_ROLE} TO CURRENT_USER"))
    connection.execute(text(f"GRANT CREATE, USAGE ON SCHEMA public TO {MIGRATOR_ROLE}"))
    connection.execute(text(f"GRANT USAGE ON SCHEMA public TO {APPLICATION_ROLE}, {SWEEPER_ROLE}"))


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
