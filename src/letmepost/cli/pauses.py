"""The commands of the emergency stop. They work without the API."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import typer

from letmepost.cli.operating import carry_out, id_of
from letmepost.cli.output import AsJSON, fail, show, show_all
from letmepost.cli.wiring import Wiring
from letmepost.domain.errors import NotFound
from letmepost.domain.ids import Prefix, format_id_if_given

if TYPE_CHECKING:
    from letmepost.services.work import Work
    from letmepost.storage.tenants.pauses import PauseRow, PauseSelector

PlatformOption = Annotated[str | None, typer.Option(help="Only this platform.")]
OrganizationOption = Annotated[
    UUID | None, typer.Option("--org", parser=id_of(Prefix.ORGANIZATION), metavar="ORG_ID", help="Only this tenant.")
]
AccountOption = Annotated[
    UUID | None,
    typer.Option(parser=id_of(Prefix.ACCOUNT), metavar="ACC_ID", help="Only this account. Needs --org."),
]


def add_pauses(cli: typer.Typer, wiring: Wiring) -> None:
    """Add the commands `pause`, `resume` and `pauses`."""

    @cli.command("pause", epilog="Example: letmepost pause --platform bluesky --reason 'API outage'")
    def pause(
        platform: PlatformOption = None,
        organization: OrganizationOption = None,
        account: AccountOption = None,
        reason: Annotated[str | None, typer.Option(help="Shown in the result of each held post.")] = None,
        as_json: AsJSON = False,  # noqa: FBT002 - a flag of the command line
    ) -> None:
        """Stop publishing everything, or only what the options select. Due posts are held until `resume`."""
        from letmepost.platforms import discover
        from letmepost.services.tenants import pauses

        scope = _scope(platform, organization, account)
        is_new = carry_out(wiring, lambda work: pauses.pause(work, scope, reason, discover()))
        show({**_named(scope), "reason": reason, "wasPaused": not is_new}, as_json=as_json)

    @cli.command("resume", epilog="Example: letmepost resume --platform bluesky")
    def resume(
        platform: PlatformOption = None,
        organization: OrganizationOption = None,
        account: AccountOption = None,
        as_json: AsJSON = False,  # noqa: FBT002 - a flag of the command line
    ) -> None:
        """End the pause with exactly these options, and queue the held posts again."""
        from letmepost.services.tenants import pauses

        scope = _scope(platform, organization, account)

        async def resume_if_paused(work: "Work") -> int | None:
            try:
                return await pauses.resume(work, scope)
            except NotFound:
                return None

        released = carry_out(wiring, resume_if_paused)
        if released is None:
            fail("There is no such pause. `letmepost pauses` lists all.")
        show({**_named(scope), "released": released}, as_json=as_json)

    @cli.command("pauses")
    def list_all(as_json: AsJSON = False) -> None:  # noqa: FBT002 - a flag of the command line
        """List all pauses, oldest first."""
        from letmepost.services.tenants import pauses

        rows = carry_out(wiring, pauses.list_all)
        show_all([_shown(row) for row in rows], as_json=as_json, nothing="Nothing is paused.")


def _scope(platform: str | None, organization_id: UUID | None, account_id: UUID | None) -> "PauseSelector":
    from letmepost.storage.tenants.pauses import PauseSelector

    return PauseSelector(platform=platform, organization_id=organization_id, account_id=account_id)


def _named(scope: "PauseSelector") -> Mapping[str, Any]:
    organization_id, account_id = scope.organization_id, scope.account_id
    return {
        "platform": scope.platform,
        "organizationId": format_id_if_given(Prefix.ORGANIZATION, organization_id),
        "accountId": format_id_if_given(Prefix.ACCOUNT, account_id),
    }


def _shown(row: "PauseRow") -> Mapping[str, Any]:
    from letmepost.services.events import timestamp

    return {**_named(row.scope), "reason": row.reason, "createdAt": timestamp(row.created_at)}
