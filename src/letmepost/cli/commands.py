"""The commands: each parses its words and makes one call.

A command imports what it runs when it runs it: importing everything costs each process a second and 50 MB.
"""

import asyncio
import base64
import json
import secrets
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from pydantic import ValidationError

from letmepost.cli.logs import configure_logs
from letmepost.cli.wiring import Wiring
from letmepost.domain.api_keys import Mode, Scope
from letmepost.domain.errors import RequestError
from letmepost.domain.ids import MalformedIdError, Prefix, parse, spell
from letmepost.settings import KEY_BYTES, Settings

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from letmepost.services.api_keys import ApiKeys

Host = Annotated[str, typer.Option(help="Address to listen on.")]
AsJSON = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def create_cli(wiring: Wiring) -> typer.Typer:
    """The `letmepost` command."""
    cli = typer.Typer(
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        help="Publish to many social accounts, once and only once. `letmepost dev` runs everything on this machine.",
    )
    _add_servers(cli, wiring)
    _add_setup(cli, wiring)
    _add_tenants(cli, wiring)
    return cli


def _add_servers(cli: typer.Typer, wiring: Wiring) -> None:
    @cli.command()
    def serve(host: Host = "127.0.0.1", port: Annotated[int, typer.Option(help="Port of the API.")] = 8080) -> None:
        """Run the API. Any number of these may run beside each other."""
        app = wiring.make_api(_settings(wiring))
        _serve(app, host, port, app.state.stopping.set)

    @cli.command()
    def worker() -> None:
        """Run a worker: it publishes posts and sends webhooks. Any number of these may run beside each other."""
        configure_logs(as_json=not sys.stderr.isatty())
        _run(lambda: wiring.run_worker(_settings(wiring)))

    @cli.command()
    def sandbox(
        host: Host = "127.0.0.1",
        port: Annotated[int, typer.Option(help="Port of the simulated platforms.")] = 8090,
        state: Annotated[
            Path | None, typer.Option(help="File that keeps the state; left out, it is forgotten.")
        ] = None,
    ) -> None:
        """Run the simulated platforms that test keys publish to. Needs LETMEPOST_SANDBOX_TOKEN."""
        token = wiring.environment.get("LETMEPOST_SANDBOX_TOKEN", "")
        if len(token) < 16:
            _fail("LETMEPOST_SANDBOX_TOKEN is not set to at least 16 characters.")
        _serve(wiring.make_sandbox(state, token), host, port)

    @cli.command()
    def dev(
        data_dir: Annotated[Path, typer.Option(help="Where databases, keys and media are kept.")] = Path(".letmepost"),
        port: Annotated[int, typer.Option(help="Port of the API; 0 for a free one.")] = 8080,
        ready_file: Annotated[
            Path | None, typer.Option(help="Write addresses and keys here as JSON when ready.")
        ] = None,
    ) -> None:
        """Run everything on this machine: PostgreSQL, Valkey, API, worker and sandbox, until Ctrl-C.

        DATABASE_URL (as a role that may create roles) and REDIS_URL, if set, are used instead of own servers.
        """
        from letmepost.cli.dev import DevOptions, run_dev

        options = DevOptions(data_dir, port, ready_file, wiring.environment, wiring.migrate)
        raise typer.Exit(asyncio.run(run_dev(options)))


def _add_setup(cli: typer.Typer, wiring: Wiring) -> None:
    @cli.command()
    def migrate() -> None:
        """Bring the database to this release's schema. Safe while the previous release runs, and to run twice."""
        settings = _settings(wiring)
        url = settings.migration_database_url
        if url is None:
            _fail("LETMEPOST_MIGRATION_DATABASE_URL is not set: a role that may create roles.")
            return
        login = settings.database_url.get_secret_value()
        revision = asyncio.run(_awaited(wiring.migrate(url.get_secret_value(), login)))
        typer.echo(f"The schema is at {revision}.")

    @cli.command()
    def new_key(
        name: Annotated[str, typer.Argument(help="Id of the key, for example the month.")] = "k1",
    ) -> None:
        """Make a key for LETMEPOST_KEYS. Put it first to seal with it; keep the old ones to open what they sealed."""
        typer.echo(f"{name}:{base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()}")

    @cli.command()
    def openapi(out: Annotated[Path, typer.Option(help="File to write.")] = Path("openapi/openapi.json")) -> None:
        """Write the description of the API."""
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(wiring.openapi(), encoding="utf-8")

    @cli.command(name="env-example")
    def write_env_example(out: Annotated[Path, typer.Option(help="File to write.")] = Path(".env.example")) -> None:
        """Write an example of every setting."""
        from letmepost.cli.env_example import env_example

        out.write_text(env_example(), encoding="utf-8")


def _add_tenants(cli: typer.Typer, wiring: Wiring) -> None:
    organizations = typer.Typer(no_args_is_help=True, help="Tenants.")
    keys = typer.Typer(no_args_is_help=True, help="API keys.")
    cli.add_typer(organizations, name="org")
    cli.add_typer(keys, name="key")

    @organizations.command("create")
    def create_organization(name: str, as_json: AsJSON = False) -> None:  # noqa: FBT002 - a flag of the command line
        """Create a tenant, with its default profile."""
        made = _with_keys(wiring, lambda services: services.create_organization(name))
        _print({"id": spell(Prefix.ORGANIZATION, made.id), "name": made.name}, as_json=as_json)

    @organizations.command("list")
    def list_organizations(as_json: AsJSON = False) -> None:  # noqa: FBT002 - a flag of the command line
        """List tenants, newest first."""
        for row in _with_keys(wiring, lambda services: services.list_organizations(1000)):
            _print({"id": spell(Prefix.ORGANIZATION, row.id), "name": row.name}, as_json=as_json)

    @keys.command("create")
    def create_key(
        organization: Annotated[str, typer.Argument(help="Id of the tenant (org_…).")],
        name: Annotated[str, typer.Option(help="What the key is for.")] = "command line",
        mode: Annotated[Mode, typer.Option(help="The world that the key opens.")] = Mode.TEST,
        scope: Annotated[list[Scope] | None, typer.Option(help="A right; left out, all of them.")] = None,
        as_json: AsJSON = False,  # noqa: FBT002 - a flag of the command line
    ) -> None:
        """Mint a key for a tenant. It is shown this once."""
        try:
            organization_id = parse(Prefix.ORGANIZATION, organization)
        except MalformedIdError:
            _fail(f"{organization!r} is not the id of an organization.")
            return
        from letmepost.services.api_keys import KeyRequest

        wanted = KeyRequest(name=name, mode=mode, scopes=frozenset(scope) if scope else None)
        minted = _with_keys(wiring, lambda services: services.mint_for(organization_id, wanted))
        _print({"id": spell(Prefix.API_KEY, minted.row.id), "key": minted.key}, as_json=as_json)


def _settings(wiring: Wiring) -> Settings:
    """The settings, or an exit that names each variable that is wrong; never its value."""
    try:
        return Settings.model_validate(dict(_given(wiring)))
    except ValidationError as error:
        lines = [f"  {_variable(str(found['loc'][0]))}: {found['msg']}" for found in error.errors(include_input=False)]
        _fail("\n".join(["These settings are missing or wrong (see .env.example):", *lines]))
        raise AssertionError from error


def _given(wiring: Wiring) -> dict[str, str]:
    names = (str(field.validation_alias or name) for name, field in Settings.model_fields.items())
    return {name: wiring.environment[_variable(name)] for name in names if _variable(name) in wiring.environment}


def _variable(name: str) -> str:
    """The environment variable of a setting."""
    return name if name.isupper() else f"LETMEPOST_{name.upper()}"


def _serve(app: "ASGIApp", host: str, port: int, on_stop: Callable[[], None] | None = None) -> None:
    import uvicorn

    from letmepost.cli.server import Server

    configure_logs(as_json=not sys.stderr.isatty())
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        log_level="warning",
        access_log=False,
        server_header=False,
        date_header=True,
        timeout_graceful_shutdown=30,
    )
    server = Server(config, on_stop)
    try:
        server.run()
    except KeyboardInterrupt:
        return  # Ctrl-C, after it has stopped in order
    if not server.started:
        raise typer.Exit(3)


def _run(make: Callable[[], Awaitable[None]]) -> None:
    from uvicorn.loops.auto import auto_loop_factory

    with asyncio.Runner(loop_factory=auto_loop_factory(use_subprocess=False)) as runner:
        runner.run(_awaited(make()))


async def _awaited(work: Awaitable[Any]) -> Any:
    return await work


def _with_keys(wiring: Wiring, ask: "Callable[[ApiKeys], Awaitable[Any]]") -> Any:
    async def call() -> Any:
        async with wiring.open_api_keys(_settings(wiring)) as services:
            return await ask(services)

    try:
        return asyncio.run(call())
    except RequestError as error:
        _fail(error.message)


def _print(value: dict[str, Any], *, as_json: bool) -> None:
    typer.echo(json.dumps(value) if as_json else "  ".join(str(part) for part in value.values()))


def _fail(message: str) -> None:
    typer.echo(message, err=True)
    raise typer.Exit(2)
