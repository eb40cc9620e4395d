"""Runs the checks and prints their results."""

import asyncio
from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING

import typer

from letmepost.cli.configuration import given_settings
from letmepost.cli.output import AsJSON, show
from letmepost.cli.wiring import Wiring

if TYPE_CHECKING:
    from letmepost.cli.doctor.parts import Parts
    from letmepost.cli.doctor.results import CheckResult
    from letmepost.platforms.contract import Platform
    from letmepost.settings import Settings


def add_doctor(cli: typer.Typer, wiring: Wiring) -> None:
    """Add the command `doctor`."""

    @cli.command(epilog="Run it on the host of a process of the deployment, with the environment of that process.")
    def doctor(as_json: AsJSON = False) -> None:  # noqa: FBT002 - a flag of the command line
        """Check a deployment, and show how to fix what is wrong.

        Exits with 1 if something is broken, and with 0 if there are only warnings.
        """
        from letmepost.cli.doctor.results import CheckState
        from letmepost.platforms import discover

        found = asyncio.run(_examine(wiring, discover()))
        is_ok = all(finding.state is not CheckState.BROKEN for finding in found)
        if as_json:
            show({"ok": is_ok, "checks": [asdict(finding) for finding in found]}, as_json=True)
        else:
            _print_results(found)
        raise typer.Exit(0 if is_ok else 1)


async def _examine(wiring: Wiring, platforms: "Mapping[str, Platform]") -> "list[CheckResult]":
    from letmepost.cli.doctor import configuration
    from letmepost.gateways.clock import SystemClock

    settings, found = configuration.check_settings(given_settings(wiring.environment))
    found += configuration.check_spelling(wiring.environment, platforms)
    if settings is None:
        return found
    found += [configuration.check_public_url(settings)]
    found += configuration.check_secrets(settings)
    found += configuration.check_private_addresses(settings)
    found += await _examine_parts(wiring, settings, platforms)
    found += configuration.check_platforms(wiring.environment, platforms, settings.public_url)
    return found + configuration.check_versions(wiring.environment, platforms, SystemClock().now().date())


async def _examine_parts(
    wiring: Wiring, settings: "Settings", platforms: "Mapping[str, Platform]"
) -> "list[CheckResult]":
    from letmepost.cli.doctor import media_urls, servers

    async with wiring.open_parts(settings) as parts:
        found = [await servers.check_database(parts)]
        if found[0].state == "ok":
            found += await _examine_database(parts, settings)
        return [
            *found,
            await servers.check_redis(parts),
            await servers.check_worker(parts),
            await servers.check_media(parts),
            await servers.check_sandbox(parts, platforms),
            await media_urls.check_media_urls(parts),
            await media_urls.check_ipv6(parts),
        ]


async def _examine_database(parts: "Parts", settings: "Settings") -> "list[CheckResult]":
    from letmepost.cli.doctor import servers
    from letmepost.cli.serve import serve_workers

    found = [await servers.check_role(parts), await servers.check_worker_role(parts)]
    found += [await servers.check_row_level_security(parts)]
    found += [await servers.check_connections(parts, serve_workers(settings), settings.database_pool)]
    return [*found, await servers.check_migrations(parts), await servers.check_clock(parts)]


def _print_results(found: "list[CheckResult]") -> None:
    colors = {"ok": "green", "warning": "yellow", "broken": "red"}
    for finding in found:
        typer.secho(f"{finding.state:8}", fg=colors[finding.state], nl=False)
        typer.echo(f"{finding.check}: {finding.message}")
        if finding.remedy is not None:
            typer.echo(f"{'':8}→ {finding.remedy}")
