"""Starts everything in order, takes the first steps, prints what to do next, and stops everything in order."""

import asyncio
import json
import signal
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

import typer

from letmepost.cli.database import database_required
from letmepost.cli.dev.client import DevClient, FirstStepError
from letmepost.cli.dev.processes import Child, PortUnavailableError, check_port, free_port, start_child
from letmepost.cli.dev.secrets import DevState, load_state
from letmepost.cli.embedded import EmbeddedServerError, start_postgres, start_valkey
from letmepost.domain.accounts import AccountStatus
from letmepost.platforms import discover

READY_WITHIN_S = 60.0
# Two processes cannot share one metrics port. The API must not have the URL of the worker.
_NOT_PASSED_ON = {"LETMEPOST_METRICS_PORT", "LETMEPOST_MIGRATION_DATABASE_URL", "LETMEPOST_WORKER_DATABASE_URL"}


@dataclass(frozen=True, slots=True)
class DevOptions:
    """The options of `letmepost dev`."""

    data_dir: Path
    port: int
    ready_file: Path | None
    environment: Mapping[str, str]
    migrate: Callable[[str, str, str], Awaitable[str]]


@dataclass(frozen=True, slots=True)
class Addresses:
    """The URLs of all servers. `admin_database_url` is for a role that may create roles."""

    api: str
    sandbox: str
    admin_database_url: str
    database_url: str
    worker_database_url: str
    redis_url: str


async def run_dev(options: DevOptions) -> int:
    """Run until Ctrl-C, or until a process ends. Return the exit code."""
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    try:
        async with AsyncExitStack() as stack:
            return await _run(options, stack, stop)
    except (EmbeddedServerError, FirstStepError, PortUnavailableError) as error:
        typer.secho(str(error), fg="red", err=True)
        return 1


async def _run(options: DevOptions, stack: AsyncExitStack, stop: asyncio.Event) -> int:
    check_port(options.port, "API", f"Choose another one: make dev PORT={options.port + 1} (or the option --port).")
    options.data_dir.mkdir(parents=True, exist_ok=True)
    state_file = options.data_dir / "dev.json"
    state = load_state(state_file)
    if state.sandbox_port is None:
        state.sandbox_port = free_port()
        state.save(state_file)
    _say("Starting PostgreSQL and Valkey…")
    addresses = await _start_servers(options, state, stack)
    check_port(state.sandbox_port, "sandbox", "Stop the program that uses it: simulated accounts are bound to it.")
    _say("Bringing the schema up to date…")
    with database_required(addresses.admin_database_url, "DATABASE_URL"):
        await options.migrate(addresses.admin_database_url, addresses.database_url, addresses.worker_database_url)
    _say("Starting the API, worker and sandbox…")
    children = await _start_children(options, state, addresses, stack)
    async with DevClient(addresses.api) as client:
        if not await _until_ready(client, children, stop):
            return 1
        await _first_steps(client, state, state_file)
        if not await _first_post(client, state):
            return 1
    _show_result(options, state, addresses)
    return await _stay(children, stop)


async def _start_servers(options: DevOptions, state: DevState, stack: AsyncExitStack) -> Addresses:
    """Return the URLs of the servers. PostgreSQL and Valkey are started unless the environment names them."""
    admin_url = options.environment.get("DATABASE_URL")
    if admin_url is None:
        postgres = await start_postgres(options.data_dir)
        stack.push_async_callback(postgres.stop)
        admin_url = postgres.url
    redis_url = options.environment.get("REDIS_URL")
    if redis_url is None:
        valkey = await start_valkey(options.data_dir)
        stack.push_async_callback(valkey.stop)
        redis_url = valkey.url
    return Addresses(
        api=f"http://127.0.0.1:{options.port or free_port()}",
        sandbox=f"http://127.0.0.1:{state.sandbox_port}",
        admin_database_url=admin_url,
        database_url=_login_url(admin_url, state.api_role, state.api_password),
        worker_database_url=_login_url(admin_url, state.worker_role, state.worker_password),
        redis_url=redis_url,
    )


def _login_url(admin_url: str, role: str, password: str) -> str:
    """Return the URL of the same database for a login role."""
    parts = urlsplit(admin_url)
    host = parts.netloc.rpartition("@")[2]
    netloc = f"{quote(role)}:{quote(password)}@{host}"
    return urlunsplit(parts._replace(netloc=netloc))


async def _start_children(
    options: DevOptions, state: DevState, addresses: Addresses, stack: AsyncExitStack
) -> list[Child]:
    environment = {
        **{name: value for name, value in options.environment.items() if name not in _NOT_PASSED_ON},
        "DATABASE_URL": addresses.database_url,
        "REDIS_URL": addresses.redis_url,
        "LETMEPOST_KEYS": state.keys,
        "LETMEPOST_OPERATOR_TOKEN": state.operator_token,
        "LETMEPOST_SANDBOX_TOKEN": state.sandbox_token,
        "LETMEPOST_SANDBOX_URL": addresses.sandbox,
        "LETMEPOST_PUBLIC_URL": addresses.api,
        "LETMEPOST_SANDBOX_API_URL": addresses.api,
        "LETMEPOST_MEDIA_DIR": str((options.data_dir / "media").resolve()),
        "LETMEPOST_ALLOW_PRIVATE_ADDRESSES": "true",
    }
    sandbox_state = str((options.data_dir / "sandbox.sqlite").resolve())
    words = {
        "sandbox": ["sandbox", "--port", _port(addresses.sandbox), "--state", sandbox_state, "--open-pages"],
        "worker": ["worker"],
        "api": ["serve", "--port", _port(addresses.api), "--workers", "1"],
    }
    more = {"worker": {"LETMEPOST_WORKER_DATABASE_URL": addresses.worker_database_url}}
    children = []
    for name, command in words.items():
        child = await start_child(name, command, {**environment, **more.get(name, {})}, _say)
        stack.push_async_callback(child.stop)
        children.append(child)
    return children


async def _until_ready(client: DevClient, children: list[Child], stop: asyncio.Event) -> bool:
    """Return True if everything is ready; False if a process ended or Ctrl-C came first."""
    ready = asyncio.create_task(client.wait_for("/ready", READY_WITHIN_S))
    ended = asyncio.create_task(_stay(children, stop))
    await asyncio.wait({ready, ended}, return_when=asyncio.FIRST_COMPLETED)
    ended.cancel()
    if not ready.done():
        ready.cancel()
        return False
    await ready
    return True


async def _first_steps(client: DevClient, state: DevState, state_file: Path) -> None:
    """Create a tenant, its keys and a simulated account, unless they exist. Each is saved as soon as it is created."""
    organizations = "/v1/organizations"
    if await client.find(f"{organizations}/{state.organization_id}", state.operator_token) is None:
        made = await client.post(organizations, state.operator_token, {"name": "Development"})
        state.organization_id = made["id"]
        state.save(state_file)
    path = f"{organizations}/{state.organization_id}/api-keys"
    if await client.find("/v1/me", state.live_key) is None:
        made = await client.post(path, state.operator_token, {"name": "live", "prefix": "lmp_live_"})
        state.live_key = made["key"]
        state.save(state_file)
    if await client.find("/v1/me", state.test_key) is None:
        made = await client.post(path, state.operator_token, {"name": "test", "prefix": "lmp_test_"})
        state.test_key = made["key"]
        state.save(state_file)
    account = await client.find(f"/v1/accounts/{state.test_account_id}", state.test_key)
    if account is None or account["status"] == AccountStatus.DISCONNECTED:
        platform = next(iter(discover()))
        made = await client.post("/v1/sandbox/accounts", state.test_key or "", {"platform": platform})
        state.test_account_id = made["id"]
        state.save(state_file)


async def _first_post(client: DevClient, state: DevState) -> bool:
    """Publish a post through the public API, and print the result. Return True if it was published."""
    body = {"targets": [{"accountId": state.test_account_id}], "text": "Hello from letmepost 👋"}
    result = await client.post("/v1/posts", state.test_key or "", body)
    _say("The first post:")
    typer.echo(json.dumps(result, indent=2, ensure_ascii=False))
    return bool(result["status"] == "published")


def _show_result(options: DevOptions, state: DevState, addresses: Addresses) -> None:
    facts = {
        "api": addresses.api,
        "sandbox": addresses.sandbox,
        "testKey": state.test_key,
        "liveKey": state.live_key,
        "operatorToken": state.operator_token,
        "testAccountId": state.test_account_id,
        "databaseUrl": addresses.database_url,
        "workerDatabaseUrl": addresses.worker_database_url,
        "redisUrl": addresses.redis_url,
    }
    _print_facts(state, addresses)
    if options.ready_file is not None:
        draft = options.ready_file.with_name(options.ready_file.name + ".new")
        draft.write_text(json.dumps(facts, indent=2), encoding="utf-8")
        draft.chmod(0o600)
        draft.replace(options.ready_file)


def _print_facts(state: DevState, addresses: Addresses) -> None:
    typer.secho("\nletmepost is ready. Ctrl-C stops everything.", fg="green", bold=True)
    body = json.dumps({"targets": [{"accountId": state.test_account_id}], "text": "My first post"})
    typer.echo(
        f"  API             {addresses.api}\n"
        f"  documentation   {addresses.api}/docs\n"
        f"  sandbox         {addresses.sandbox}\n"
        f"  test key        {state.test_key}\n"
        f"  live key        {state.live_key}\n"
        f"  operator token  {state.operator_token}\n\nTo publish, run these commands in another terminal:\n\n"
        f"export API={addresses.api} KEY={state.test_key} OPERATOR_TOKEN={state.operator_token}\n"
        f'curl -s "$API/v1/posts" -H "Authorization: Bearer $KEY" --json \'{body}\'\n'
    )


async def _stay(children: list[Child], stop: asyncio.Event) -> int:
    """Wait for Ctrl-C (return 0), or for a child that ends without being asked to (return 1)."""
    stopping = asyncio.create_task(stop.wait())
    waiting = {asyncio.create_task(child.wait()): child for child in children}
    done, pending = await asyncio.wait({stopping, *waiting}, return_when=asyncio.FIRST_COMPLETED)
    for task in pending:
        task.cancel()
    if stopping in done:
        _say("Stopping…")
        return 0
    for task in done:
        typer.secho(f"{waiting[task].name} ended unexpectedly with exit code {task.result()}.", fg="red", err=True)
    return 1


def _say(line: str) -> None:
    typer.secho(line, dim=True)


def _port(url: str) -> str:
    return str(urlsplit(url).port)
