"""Migrates a database to this release's schema."""

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, pool
from sqlalchemy.ext.asyncio import create_async_engine

from letmepost.domain.processes import Process
from letmepost.storage.database import as_asyncpg
from letmepost.storage.revisions import MIGRATIONS, newest_revision
from letmepost.storage.roles import provision_roles


async def migrate(migration_url: str, api_url: str, worker_url: str) -> str:
    """Create missing roles, then run missing migrations, one process at a time. Return the revision reached.

    Args:
        migration_url: for a role that may create roles.
        api_url: the URL of the API. Its role is created if missing.
        worker_url: the URL of the worker. Its role is created if missing.

    Raises:
        UnsafeDeploymentError: a login role has, or would get, rights that its process must not have.
    """
    engine = create_async_engine(as_asyncpg(migration_url), poolclass=pool.NullPool)
    try:
        async with engine.connect() as connection:
            await provision_roles(connection, {Process.API: api_url, Process.WORKER: worker_url})
            await connection.run_sync(_upgrade)
            await connection.commit()
    finally:
        await engine.dispose()
    return newest_revision()


def _upgrade(connection: Connection) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
