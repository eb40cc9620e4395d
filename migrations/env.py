"""How migrations run: one at a time, never waiting long for a lock, under a role that owns the tables."""

import os

from alembic import context
from sqlalchemy import Connection, pool, text
from sqlalchemy.ext.asyncio import create_async_engine

from letmepost.storage.database import as_asyncpg
from letmepost.storage.logins import MIGRATOR_ROLE
from letmepost.storage.tables import metadata

MIGRATION_LOCK = "letmepost.migrate"


def run(connection: Connection) -> None:
    """Run what is missing, holding the migration lock."""
    connection.execute(text(f"SET ROLE {MIGRATOR_ROLE}"))
    # Asked for again and again rather than waited for: a statement that waits holds a snapshot, for which an index that
    # is built concurrently would wait in turn.
    while not connection.scalar(text("SELECT pg_try_advisory_lock(hashtext(:name))"), {"name": MIGRATION_LOCK}):
        connection.execute(text("SELECT pg_sleep(0.2)"))
        connection.commit()
    connection.execute(text("SET lock_timeout = '5s'"))
    connection.commit()
    context.configure(connection=connection, target_metadata=metadata, transaction_per_migration=True)
    with context.begin_transaction():
        context.run_migrations()


async def run_alone() -> None:
    """For the `alembic` command itself."""
    engine = create_async_engine(as_asyncpg(os.environ["LETMEPOST_MIGRATION_DATABASE_URL"]), poolclass=pool.NullPool)
    async with engine.connect() as connection:
        await connection.run_sync(run)
        await connection.commit()
    await engine.dispose()


given = context.config.attributes.get("connection")
if given is not None:
    run(given)
else:
    import asyncio

    asyncio.run(run_alone())
