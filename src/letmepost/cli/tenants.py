"""Tenants and their keys, for the operator."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Annotated, Any, TypeVar
from uuid import UUID

import typer

from letmepost.cli.configuration import read_settings
from letmepost.cli.output import AsJSON, fail, show, show_all
from letmepost.cli.wiring import Wiring
from letmepost.domain.api_keys import Mode, Scope
from letmepost.domain.errors import RequestError
from letmepost.domain.ids import MalformedIdError, Prefix, parse, spell

if TYPE_CHECKING:
    from letmepost.services.organizations import Organizations
    from letmepost.storage.organizations import ApiKeyRow, OrganizationRow

T = TypeVar("T")

_LISTED_MAX = 1000


def _id_of(prefix: Prefix) -> Callable[[str], UUID]:
    def read(text: str) -> UUID:
        try:
            return parse(prefix, text)
        except MalformedIdError:
            raise typer.BadParameter(f"{text!r} does not look like {prefix}_… with 26 characters.") from None

    return read


Organization = Annotated[
    UUID, typer.Argument(metavar="ORG_ID", parser=_id_of(Prefix.ORGANIZATION), help="The tenant (org_…).")
]
Key = Annotated[UUID, typer.Argument(metavar="KEY_ID", parser=_id_of(Prefix.API_KEY), help="The key (key_…).")]


def add_tenants(cli: typer.Typer, wiring: Wiring) -> None:
    """`org` and `key`."""
    organizations = typer.Typer(no_args_is_help=True, help="Tenants: each sees its own accounts, posts and keys alone.")
    keys = typer.Typer(no_args_is_help=True, help="API keys of tenants.")
    cli.add_typer(organizations, name="org")
    cli.add_typer(keys, name="key")
    _add_organizations(organizations, wiring)
    _add_keys(keys, wiring)


def _add_organizations(organizations: typer.Typer, wiring: Wiring) -> None:
    @organizations.command("create", epilog="Example: letmepost org create 'Acme'")
    def create(
        name: Annotated[str, typer.Argument(help="What to call it.")],
        as_json: AsJSON = False,  # noqa: FBT002 - a flag of the command line
    ) -> None:
        """Create a tenant, with its default profile. `letmepost key create` then makes its first key."""
        made = _ask(wiring, lambda services: services.create(name))
        show(_organization(made), as_json=as_json)

    @organizations.command("list")
    def list_all(as_json: AsJSON = False) -> None:  # noqa: FBT002 - a flag of the command line
        """List tenants, newest first."""
        rows = _ask(wiring, lambda services: services.list_all(_LISTED_MAX))
        show_all(
            [_organization(row) for row in rows],
            as_json=as_json,
            nothing="There are no tenants yet. Make one: letmepost org create NAME",
        )

    @organizations.command("show")
    def show_one(
        organization: Organization,
        as_json: AsJSON = False,  # noqa: FBT002 - a flag of the command line
    ) -> None:
        """Show a tenant."""
        row = _ask(wiring, lambda services: services.get(organization))
        show(_organization(row), as_json=as_json)


def _add_keys(keys: typer.Typer, wiring: Wiring) -> None:
    @keys.command("create", epilog="Example: letmepost key create org_… --mode live --scope posts:write")
    def create(
        organization: Organization,
        name: Annotated[str, typer.Option(help="What the key is for.")] = "command line",
        mode: Annotated[
            Mode, typer.Option(help="The world that it opens: real platforms, or the sandbox.")
        ] = Mode.TEST,
        scope: Annotated[list[Scope] | None, typer.Option(help="A right; left out, all of them.")] = None,
        as_json: AsJSON = False,  # noqa: FBT002 - a flag of the command line
    ) -> None:
        """Mint a key for a tenant. It is shown this once."""
        from letmepost.services.api_keys import KeyRequest

        wanted = KeyRequest(name=name, mode=mode, scopes=frozenset(scope) if scope else None)
        minted = _ask(wiring, lambda services: services.mint_key(organization, wanted))
        show({"id": spell(Prefix.API_KEY, minted.row.id), "key": minted.key}, as_json=as_json)

    @keys.command("list")
    def list_all(
        organization: Organization,
        as_json: AsJSON = False,  # noqa: FBT002 - a flag of the command line
    ) -> None:
        """List a tenant's keys, newest first: what they may do, never the keys themselves."""
        rows = _ask(wiring, lambda services: services.list_keys(organization))
        show_all([_key(row) for row in rows], as_json=as_json, nothing="It has no keys.")

    @keys.command("revoke")
    def revoke(
        organization: Organization,
        key: Key,
        as_json: AsJSON = False,  # noqa: FBT002 - a flag of the command line
    ) -> None:
        """End a key, on every process within a second."""
        row = _ask(wiring, lambda services: services.revoke_key(organization, key))
        show(_key(row), as_json=as_json)


def _organization(row: "OrganizationRow") -> Mapping[str, Any]:
    from letmepost.services.events import timestamp

    return {"id": spell(Prefix.ORGANIZATION, row.id), "name": row.name, "createdAt": timestamp(row.created_at)}


def _key(row: "ApiKeyRow") -> Mapping[str, Any]:
    from letmepost.services.events import timestamp

    moments = {"createdAt": row.created_at, "lastUsedAt": row.last_used_at, "revokedAt": row.revoked_at}
    return {
        "id": spell(Prefix.API_KEY, row.id),
        "name": row.name,
        "mode": row.mode,
        "last4": row.last4,
        "scopes": ["*"] if row.scopes >= frozenset(Scope) else sorted(row.scopes),
        **{name: None if moment is None else timestamp(moment) for name, moment in moments.items()},
    }


def _ask(wiring: Wiring, ask: "Callable[[Organizations], Awaitable[T]]") -> T:
    """Ask the database as the services do; whatever prevents it is said in a line."""
    from sqlalchemy.exc import SQLAlchemyError

    from letmepost.storage.roles import UnsafeDeploymentError

    settings = read_settings(wiring)

    async def call() -> T:
        async with wiring.open_organizations(settings) as services:
            return await ask(services)

    try:
        return asyncio.run(call())
    except RequestError as error:
        fail(error.message)
    except UnsafeDeploymentError as error:
        fail(str(error))
    except (SQLAlchemyError, OSError) as error:
        fail(f"The database cannot be asked ({type(error).__name__}); `letmepost doctor` says why.")
