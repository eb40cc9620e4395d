"""The id of the deployment."""

from uuid import UUID

from letmepost.storage.database import Database, driver_of

_SELECT = "SELECT id FROM deployment"


async def read_deployment_id(database: Database) -> UUID:
    """Return the random id that the first migration gave to this deployment. For the worker only."""
    async with database.sweep() as connection:
        found: UUID = await driver_of(connection).fetchval(_SELECT)
        return found
