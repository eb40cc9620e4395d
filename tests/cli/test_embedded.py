"""The embedded servers, as real processes."""

import asyncio
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import psutil
import pytest
import redis.asyncio

from letmepost.cli.embedded import (
    DirectoryBusy,
    EmbeddedServerError,
    PortTaken,
    RunningServer,
    account,
    postgres,
    start_postgres,
    start_valkey,
)
from letmepost.cli.embedded.orphans import end_orphan
from tests.servers import Start, open_directory

pytestmark = pytest.mark.slow

STRANGER = account.Account(4_000_000, 4_000_000)

ABANDON = """
import asyncio, pathlib, sys
from letmepost.cli.embedded import start_postgres, start_valkey

async def main(data_dir):
    servers = await asyncio.gather(start_postgres(data_dir), start_valkey(data_dir))
    print(*(server.pid for server in servers), servers[0].url, flush=True)
    await asyncio.Event().wait()

asyncio.run(main(pathlib.Path(sys.argv[1])))
"""


@pytest.fixture
def data_dir() -> Iterator[Path]:
    with open_directory() as directory:
        yield directory


@asynccontextmanager
async def running_postgres(data_dir: Path) -> AsyncIterator[RunningServer]:
    server = await start_postgres(data_dir, durable=False)
    try:
        yield server
    finally:
        await server.stop()


async def ask(url: str, question: str) -> object:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(question)
    finally:
        await connection.close()


async def remember(url: str) -> None:
    await ask(url, "CREATE TABLE remembered AS SELECT 42 AS answer")


async def remembers(url: str) -> bool:
    return await ask(url, "SELECT answer FROM remembered") == 42


def has_ended(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


async def test_second_start_uses_the_data_and_the_password_of_the_first(data_dir: Path) -> None:
    async with running_postgres(data_dir) as first:
        await remember(first.url)
    assert has_ended(first.pid)
    async with running_postgres(data_dir) as second:
        assert await remembers(second.url)
    assert second.url.rpartition(":")[0] == first.url.rpartition(":")[0]


async def test_valkey_keeps_its_data_after_a_stop(data_dir: Path) -> None:
    for expected in (None, b"1"):
        server = await start_valkey(data_dir / "made" / "on the way")
        async with redis.asyncio.from_url(server.url) as client:
            assert await client.get("key") == expected
            await client.set("key", "1")
        await server.stop()


async def test_valkey_saves_nothing_when_it_is_not_durable(data_dir: Path) -> None:
    for _ in range(2):
        server = await start_valkey(data_dir, durable=False)
        async with redis.asyncio.from_url(server.url) as client:
            assert await client.get("key") is None
            await client.set("key", "1")
        await server.stop()


@pytest.mark.parametrize("start", [start_postgres, start_valkey])
async def test_server_listens_only_on_loopback(data_dir: Path, start: Start) -> None:
    server = await start(data_dir)
    try:
        listening = psutil.Process(server.pid).net_connections(kind="all")
        assert {found.laddr[0] for found in listening if found.status == psutil.CONN_LISTEN} == {"127.0.0.1"}
        assert not [found for found in listening if found.family == socket.AF_UNIX and found.laddr]
    finally:
        await server.stop()


async def test_data_is_private_and_the_password_is_required(data_dir: Path) -> None:
    async with running_postgres(data_dir) as server:
        home = data_dir / "postgres"
        assert stat.S_IMODE(home.stat().st_mode) == 0o700
        assert stat.S_IMODE((home / "password").stat().st_mode) == 0o600
        with pytest.raises(asyncpg.InvalidPasswordError):
            await asyncpg.connect(server.url, password="guess")


async def test_database_is_utf8_and_utc_regardless_of_the_machine(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {
        "TZ": "Mars/Olympus",
        "LC_ALL": "xx_XX.latin1",
        "LANG": "tr_TR",
        "PGTZ": "Mars",
    }.items():
        monkeypatch.setenv(name, value)
    async with running_postgres(data_dir) as server:
        assert await ask(server.url, "SHOW server_encoding") == "UTF8"
        assert await ask(server.url, "SHOW timezone") == "UTC"
        assert await ask(server.url, "SELECT lower('ÄI')") == "äi"
        assert await ask(server.url, "SELECT 'Z' < 'a'") is True


async def test_postgres_is_durable_by_default(data_dir: Path) -> None:
    async with running_postgres(data_dir) as server:
        assert await ask(server.url, "SHOW fsync") == "off"
    durable = await start_postgres(data_dir)
    try:
        assert await ask(durable.url, "SHOW fsync") == "on"
        assert await ask(durable.url, "SHOW synchronous_commit") == "on"
    finally:
        await durable.stop()


@pytest.mark.parametrize("start", [start_postgres, start_valkey])
async def test_occupied_port_is_named(data_dir: Path, start: Start) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(PortTaken, match=str(port)):
            await start(data_dir, port=port)
    server = await start(data_dir, port=port)
    await server.stop()
    assert f":{port}/" in server.url


@pytest.mark.parametrize("start", [start_postgres, start_valkey])
async def test_directory_in_use_is_rejected(data_dir: Path, start: Start) -> None:
    server = await start(data_dir)
    try:
        with pytest.raises(DirectoryBusy, match=str(data_dir)):
            await start(data_dir)
        assert not has_ended(server.pid)
    finally:
        await server.stop()


async def test_ctrl_c_in_the_terminal_does_not_reach_the_servers(data_dir: Path) -> None:
    async with running_postgres(data_dir) as server:
        assert os.getpgid(server.pid) == server.pid


async def test_data_survives_a_killed_parent(data_dir: Path) -> None:
    command = [sys.executable, "-c", ABANDON, str(data_dir)]
    parent = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    assert parent.stdout is not None
    *pids, url = (await parent.stdout.readline()).decode().split()
    await remember(url)
    parent.kill()
    await parent.communicate()
    async with running_postgres(data_dir) as server:
        assert await remembers(server.url)
    await (await start_valkey(data_dir)).stop()
    assert all(has_ended(int(pid)) for pid in pids)


async def test_crash_of_the_server_is_detected_and_recovered(data_dir: Path) -> None:
    crashed = await start_postgres(data_dir)
    await remember(crashed.url)
    os.kill(crashed.pid, signal.SIGKILL)
    assert await crashed.wait() == -signal.SIGKILL
    await crashed.stop()
    async with running_postgres(data_dir) as server:
        assert await remembers(server.url)


async def test_leftover_server_is_replaced(data_dir: Path) -> None:
    """This happens on macOS, where the kernel does not end the children of a killed process."""
    async with running_postgres(data_dir) as first:
        await remember(first.url)
    program = postgres._program(data_dir / "postgres", {"unix_socket_directories": ""})
    port = int(first.url.rpartition(":")[2].partition("/")[0])
    orphan = subprocess.Popen(  # noqa: ASYNC220 - without the leash of asyncio's children
        program.command(port),
        user=program.account.uid,
        group=program.account.gid,
        stderr=subprocess.DEVNULL,
    )
    while not await program.answers(program.url(port)):  # noqa: ASYNC110 - a server is no Event
        await asyncio.sleep(0.01)
    async with running_postgres(data_dir) as server:
        assert await remembers(server.url)
    assert orphan.wait(timeout=1) == 0


async def test_other_process_with_the_number_of_an_old_server_is_not_stopped(tmp_path: Path) -> None:
    pid_file = tmp_path / "postmaster.pid"
    pid_file.write_text(f"{os.getpid()}\n{tmp_path}\n")
    await end_orphan(pid_file, "postgres", working_in=tmp_path, stop_signals={signal.SIGINT: 1})
    assert not pid_file.exists()


async def test_interrupted_first_start_is_repeated(data_dir: Path) -> None:
    async with running_postgres(data_dir):
        pass
    home = data_dir / "postgres"
    (home / "cluster").rename(home / "draft")
    (home / "draft" / "PG_VERSION").unlink()
    async with running_postgres(data_dir) as server:
        assert await ask(server.url, "SELECT 1") == 1


async def test_failed_start_reports_the_output_of_the_server(data_dir: Path) -> None:
    async with running_postgres(data_dir):
        pass
    (data_dir / "postgres" / "cluster" / "PG_VERSION").write_text("9.6\n")
    with pytest.raises(EmbeddedServerError, match="initialized by PostgreSQL version"):
        await start_postgres(data_dir)


async def test_postgres_runs_where_only_the_owner_has_access(tmp_path: Path) -> None:
    """As in a clone under /root or in a directory of `mktemp -d`, when root runs the tests."""
    tmp_path.chmod(0o700)
    try:
        async with running_postgres(tmp_path) as first:
            await remember(first.url)
        async with running_postgres(tmp_path) as second:
            assert await remembers(second.url)
        assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o700
    finally:
        shutil.rmtree((tmp_path / "postgres").resolve())


def test_unreachable_programs_are_copied_once(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    package = tmp_path / "hidden" / "package"
    (package / "bin").mkdir(parents=True)
    (package / "bin" / "run").touch(mode=0o700)
    (tmp_path / "hidden" / "package.libs").mkdir()
    (tmp_path / "hidden" / "package_of_others").mkdir()
    package.parent.chmod(0o700)
    previous_umask = os.umask(0o077)
    request.addfinalizer(lambda: os.umask(previous_umask))
    copies = [account.reachable_copy(package, "1", STRANGER, elsewhere=tmp_path / "state") for _ in range(2)]
    assert copies == [tmp_path / "state" / "package-1" / "package"] * 2
    for place in (tmp_path / "state", copies[0], copies[0] / "bin" / "run"):
        assert stat.S_IMODE(place.stat().st_mode) == 0o755
    assert {part.name for part in copies[0].parent.iterdir()} == {"package", "package.libs"}


def test_reachable_programs_are_used_in_place(tmp_path: Path) -> None:
    assert account.reachable_copy(tmp_path, "1", account.current()) == tmp_path
