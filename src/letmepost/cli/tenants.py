"""The commands for tenants and their keys."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import typer

from letmepost.cli.operating import carry_out, id_of
from letmepost.cli.output import AsJSON, show, show_all
from letmepost.cli.wiring import Wiring
from letmepost.domain.api_keys import Mode, Scope
from letmepost.domain.ids import Prefix, format_id

if TYPE_CHECKING:
    from letmepost.storage.tenants.api_keys import ApiKeyRow
    from letmepost.storage.tenants.organizations import OrganizationRow

_LISTED_MAX = 1000

Organization = Annotated[
    UUID, typer.Argument(metavar="ORG_ID", parser=id_of(Prefix.ORGANIZATION), help="The tenant (org_…).")
]
Key = Annotated[UUID, typer.Argument(metavar="KEY_ID", parser=id_of(Prefix.API_KEY), help="The key (key_…).")]


def add_tenants(cli: typer.Typer, wiring: Wiring) -> None:
    """Add the commands `org` and `key`."""
    orgs = typer.Typer(no_args_is_help=True, help="Tenants. Each has its own accounts, posts and keys.")
    keys = typer.Typer(no_args_is_help=True, help="API keys of tenants.")
    cli.add_typer(orgs, name="org")
    cli.add_typer(keys, name="key")
    _add_organizations(orgs, wiring)
    _add_keys(keys, wiring)


def _add_organizations(commands: typer.Typer, wiring: Wiring) -> None:
    @commands.command("create", epilog="Example: letmepost org create 'Acme'")
    def create(
        name: Annotated[str, typer.Argument(help="Name of the tenant.")],
        as_json: AsJSON = False,  # noqa: FBT002 - a flag of the command line
    ) -> None:
        """Create a tenant with its default profile. Create its first key with `letmepost key create`."""
        from letmepost.services.tenants import organizations

        made = carry_out(wiring, lambda work: organizations.create(work, name))
        show(_organization(made), as_json=as_json)

    @commands.command("list")
    def list_all(as_json: AsJSON = False) -> None:  # noqa: FBT002 - a flag of the command line
        """List tenants, newest first."""
        from letmepost.services.tenants import organizations

        rows = carry_out(wiring, lambda work: organizations.list_page(work, limit=_LISTED_MAX))
        show_all(
            [_organization(row) for row in rows],
            as_json=as_json,
            nothing="There are no tenants yet. Create one: letmepost org create NAME",
        )

    @commands.command("show")
    def show_one(
        organization: Organization,
        as_json: AsJSON = False,  # noqa: FBT002 - a flag of the command line
    ) -> None:
        """Show a tenant."""
        from letmepost.services.tenants import organizations

        row = carry_out(wiring, lambda work: organizations.get(work, organization))
        show(_organization(row), as_json=as_json)

    @commands.command("rename")
    def rename(
        organization: Organization,
        name: Annotated[str, typer.Argument(help="New name of the tenant.")],
        as_json: AsJSON = False,  # noqa: FBT002 - a flag of the command line
    ) -> None:
        """Rename a tenant."""
        from letmepost.services.tenants import organizations

        row = carry_out(wiring, lambda work: organizations.change(work, organization, {"name": name}))
        show(_organization(row), as_json=as_json)

    @commands.command("delete")
    def delete(
        organization: Organization,
        is_sure: Annotated[bool, typer.Option("--yes", help="Skip the question.")] = False,  # noqa: FBT002 - a flag
        as_json: AsJSON = False,  # noqa: FBT002 - a flag of the command line
    ) -> None:
        """Delete a tenant. Its keys and publishing stop immediately; its records and files are deleted soon after."""
        from letmepost.services.tenants import organizations

        if not is_sure:
            typer.confirm("Its accounts, posts and media items will be deleted. Continue?", abort=True, err=True)
        gone = carry_out(wiring, lambda work: organizations.delete(work, organization))
        show({"id": format_id(Prefix.ORGANIZATION, gone), "deleted": True}, as_json=as_json)


def _add_keys(keys: typer.Typer, wiring: Wiring) -> None:
    @keys.command("create", epilog="Example: letmepost key create org_… --mode live --scope posts:write")
    def create(
        organization: Organization,
        name: Annotated[str, typer.Option(help="Name of the key.")] = "command line",
        mode: Annotated[Mode, typer.Option(help="`live` for real platforms, `test` for the sandbox.")] = Mode.TEST,
        scope: Annotated[list[Scope] | None, typer.Option(help="A scope; can be repeated. Default: all.")] = None,
        as_json: AsJSON = False,  # noqa: FBT002 - a flag of the command line
    ) -> None:
        """Create a key for a tenant. It is shown only once."""
        from letmepost.services.tenants import organizations
        from letmepost.services.tenants.new_keys import KeyRequest

        wanted = KeyRequest(name=name, mode=mode, scopes=frozenset(scope) if scope else None)
        minted = carry_out(wiring, lambda work: organizations.mint_key(work, organization, wanted))
        show({"id": format_id(Prefix.API_KEY, minted.row.id), "key": minted.key}, as_json=as_json)

    @keys.command("list")
    def list_all(
        organization: Organization,
        as_json: AsJSON = False,  # noqa: FBT002 - a flag of the command line
    ) -> None:
        """List a tenant's keys with their rights, newest first. The keys themselves are not shown."""
        from letmepost.services.tenants import organizations

        rows = carry_out(wiring, lambda work: organizations.list_keys(work, organization))
        show_all([_key(row) for row in rows], as_json=as_json, nothing="This tenant has no keys.")

    @keys.command("revoke")
    def revoke(
        organization: Organization,
        key: Key,
        as_json: AsJSON = False,  # noqa: FBT002 - a flag of the command line
    ) -> None:
        """Revoke a key. Every process rejects it within a second."""
        from letmepost.services.tenants import organizations

        row = carry_out(wiring, lambda work: organizations.revoke_key(work, organization, key))
        show(_key(row), as_json=as_json)


def _organization(row: "OrganizationRow") -> Mapping[str, Any]:
    from letmepost.services.events import timestamp

    return {"id": format_id(Prefix.ORGANIZATION, row.id), "name": row.name, "createdAt": timestamp(row.created_at)}


def _key(row: "ApiKeyRow") -> Mapping[str, Any]:
    from letmepost.services.events import timestamp

    moments = {"createdAt": row.created_at, "lastUsedAt": row.last_used_at, "revokedAt": row.revoked_at}
    return {
        "id": format_id(Prefix.API_KEY, row.id),
        "name": row.name,
        "mode": row.mode,
        "last4": row.last4,
        "scopes": ["*"] if row.scopes >= frozenset(Scope) else sorted(row.scopes),
        **{name: None if moment is None else timestamp(moment) for name, moment in moments.items()},
    }
