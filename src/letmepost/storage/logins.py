"""The login roles of API and worker: what each must be able to become, and what it must not."""

from dataclasses import dataclass

from letmepost.domain.processes import Process
from letmepost.storage.database import APPLICATION_ROLE, LOOKUP_ROLE, SWEEPER_ROLE, Connection, Database, driver_of

MIGRATOR_ROLE = "letmepost_migrator"
ROLES = (APPLICATION_ROLE, LOOKUP_ROLE, SWEEPER_ROLE, MIGRATOR_ROLE)

_LOGIN = """
    SELECT rolname, rolsuper OR rolbypassrls AS is_powerful,
      ARRAY(SELECT r.rolname FROM pg_roles r
            WHERE r.rolname = ANY($1) AND pg_has_role(session_user, r.oid, 'SET')) AS can_become,
      ARRAY(SELECT r.rolname FROM pg_roles r
            WHERE r.rolname = ANY($1) AND pg_has_role(session_user, r.oid, 'MEMBER')) AS member_of
    FROM pg_roles WHERE rolname = session_user
"""


def roles_of(process: Process) -> tuple[str, ...]:
    """Return the roles that the login role of a process may take. It may take no others of `ROLES`."""
    shared = (APPLICATION_ROLE, LOOKUP_ROLE)
    return shared if process is Process.API else (*shared, SWEEPER_ROLE)


@dataclass(frozen=True, slots=True)
class LoginRole:
    """The role that a process connects as.

    Args:
        is_powerful: a superuser, or has BYPASSRLS.
        can_become: the roles of `ROLES` that it can SET.
        member_of: the roles of `ROLES` whose rights it can obtain in any way.
    """

    name: str
    is_powerful: bool
    can_become: frozenset[str]
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
        if missing := set(roles_of(process)) - self.can_become:
            return (
                f"The database role {name} cannot take {', '.join(sorted(missing))}.",
                f"Run `letmepost migrate`, or correct {variable}.",
            )
        return None


async def read_login(database: Database) -> LoginRole:
    """Read the role that the database was opened with. It needs no right for that."""
    async with database.transaction("BEGIN") as connection:
        return await read_login_of(connection)


async def read_login_of(connection: Connection) -> LoginRole:
    """Read the role that a connection logged in as."""
    [(name, is_powerful, can_become, member_of)] = await driver_of(connection).fetch(_LOGIN, list(ROLES))
    return LoginRole(name, is_powerful, frozenset(can_become), frozenset(member_of))
