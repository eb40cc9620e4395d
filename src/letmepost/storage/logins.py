"""The login roles of API and worker: the roles that each must be able to take, and those that it must not."""

from dataclasses import dataclass

from letmepost.domain.processes import Process
from letmepost.storage.database import (
    APPLICATION_ROLE,
    LOOKUP_ROLE,
    READER_ROLE,
    SWEEPER_ROLE,
    Connection,
    Database,
    driver_of,
)

MIGRATOR_ROLE = "letmepost_migrator"
ROLES = (APPLICATION_ROLE, LOOKUP_ROLE, SWEEPER_ROLE, READER_ROLE, MIGRATOR_ROLE)

# A login takes every role with SET, except `letmepost_reader`, which it inherits.
_LOGIN = f"""
    SELECT rolname, rolsuper OR rolbypassrls AS is_powerful,
      ARRAY(SELECT r.rolname FROM pg_roles r
            WHERE r.rolname = ANY($1) AND pg_has_role(
              session_user, r.oid, CASE r.rolname WHEN '{READER_ROLE}' THEN 'USAGE' ELSE 'SET' END
            )) AS can_use,
      ARRAY(SELECT r.rolname FROM pg_roles r
            WHERE r.rolname = ANY($1) AND pg_has_role(session_user, r.oid, 'MEMBER')) AS member_of
    FROM pg_roles WHERE rolname = session_user
"""  # noqa: S608 - the name is our own


def roles_of(process: Process) -> tuple[str, ...]:
    """Return the roles that the login role of a process may use. It may use no others of `ROLES`."""
    return (APPLICATION_ROLE, LOOKUP_ROLE, READER_ROLE if process is Process.API else SWEEPER_ROLE)


@dataclass(frozen=True, slots=True)
class LoginRole:
    """The role with which a process connects.

    Args:
        is_powerful: True for a superuser or a role with BYPASSRLS.
        can_use: the roles of `ROLES` that it can use as it must.
        member_of: the roles of `ROLES` with rights that it can obtain in any way.
    """

    name: str
    is_powerful: bool
    can_use: frozenset[str]
    member_of: frozenset[str]

    def problem(self, process: Process) -> tuple[str, str] | None:
        """Return why a process must not start with this role, and what to do about it; None if it may."""
        name, variable = self.name, process.variable
        if self.is_powerful:
            return (
                f"The database role {name} is a superuser or has BYPASSRLS: row-level security does not apply to it.",
                f"Name another role in {variable}; `letmepost migrate` creates it.",
            )
        if excess := self.member_of.difference(roles_of(process)):
            return (
                f"The database role {name} may take {', '.join(sorted(excess))}, which the {process} must not.",
                f"Name another role in {variable}; `letmepost migrate` creates it.",
            )
        if missing := set(roles_of(process)) - self.can_use:
            return (
                f"The database role {name} cannot take {', '.join(sorted(missing))}.",
                f"Run `letmepost migrate`, or correct {variable}.",
            )
        return None


async def read_login(database: Database) -> LoginRole:
    """Return the login role of the database. No right is needed for that."""
    async with database.transaction("BEGIN") as connection:
        return await read_login_of(connection)


async def read_login_of(connection: Connection) -> LoginRole:
    """Return the login role of a connection."""
    [(name, is_powerful, can_use, member_of)] = await driver_of(connection).fetch(_LOGIN, list(ROLES))
    return LoginRole(name, is_powerful, frozenset(can_use), frozenset(member_of))
