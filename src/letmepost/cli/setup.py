"""The commands that prepare a deployment: keys, the schema and generated files."""

import asyncio
import base64
import secrets
from pathlib import Path
from typing import Annotated

import typer

from letmepost.cli.configuration import read_settings
from letmepost.cli.database import database_required
from letmepost.cli.output import AsJSON, fail, show
from letmepost.cli.wiring import Wiring
from letmepost.settings import KEY_BYTES


def add_setup(cli: typer.Typer, wiring: Wiring) -> None:
    """Add the commands `migrate`, `new-key`, `openapi` and `env-example`."""

    @cli.command()
    def migrate(as_json: AsJSON = False) -> None:  # noqa: FBT002 - a flag of the command line
        """Migrate the database to this release's schema. Can be repeated, and run while the previous release runs.

        Also creates missing login roles: of the API (DATABASE_URL) and the worker (LETMEPOST_WORKER_DATABASE_URL).
        Connects with LETMEPOST_MIGRATION_DATABASE_URL, as a role that may create roles.
        """
        settings = read_settings(wiring.environment)
        url, worker_url = settings.migration_database_url, settings.worker_database_url
        if url is None:
            fail("LETMEPOST_MIGRATION_DATABASE_URL is not set. Set it to the URL of a role that may create roles.")
        if worker_url is None:
            fail(
                "LETMEPOST_WORKER_DATABASE_URL is not set. Set it to the database of DATABASE_URL, with another role, "
                "such as letmepost_worker; this command creates the role."
            )
        urls = [given.get_secret_value() for given in (url, settings.database_url, worker_url)]
        with database_required(urls[0], "LETMEPOST_MIGRATION_DATABASE_URL"):
            revision = asyncio.run(_migrate(wiring, *urls))
        if as_json:
            show({"revision": revision}, as_json=True)
        else:
            typer.echo(f"The schema is at {revision}.")

    @cli.command(epilog='Example: LETMEPOST_KEYS="$(letmepost new-key 2026-12),$LETMEPOST_KEYS"')
    def new_key(
        name: Annotated[str, typer.Argument(help="Id of the key, such as the month.")] = "k1",
    ) -> None:
        """Generate a key for LETMEPOST_KEYS. The first key seals; keep old keys, which open what they sealed."""
        typer.echo(f"{name}:{base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()}")

    @cli.command()
    def openapi(out: Annotated[Path, typer.Option(help="File to write.")] = Path("openapi/openapi.json")) -> None:
        """Write the OpenAPI document of the API."""
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(wiring.openapi(), encoding="utf-8")

    @cli.command(name="env-example")
    def write_env_example(
        out: Annotated[Path, typer.Option(help="File to write.")] = Path(".env.example"),
        compose: Annotated[
            Path, typer.Option(help="File to write for docker compose, which passes the platforms' settings on.")
        ] = Path("docker-compose.platforms.yml"),
    ) -> None:
        """Write the files that list every setting."""
        from letmepost.cli.env_example import compose_platforms, env_example

        out.write_text(env_example(), encoding="utf-8")
        compose.write_text(compose_platforms(), encoding="utf-8")


async def _migrate(wiring: Wiring, migration_url: str, api_url: str, worker_url: str) -> str:
    return await wiring.migrate(migration_url, api_url, worker_url)
