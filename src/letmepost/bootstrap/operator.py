"""What the operator's commands need."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from letmepost.bootstrap.core import refuse_powerful_role
from letmepost.gateways.clock import SystemClock
from letmepost.services.operator_requests import OperatorRequests
from letmepost.services.organizations import Organizations
from letmepost.settings import Settings
from letmepost.storage.database import open_database
from letmepost.storage.sealing import Keyring


@asynccontextmanager
async def open_organizations(settings: Settings) -> AsyncIterator[Organizations]:
    """What the operator's commands need."""
    clock = SystemClock()
    database = open_database(settings.database_url.get_secret_value(), pool_size=1)
    try:
        await refuse_powerful_role(database)
        keyring = Keyring(settings.open_keys(), clock.entropy)
        yield Organizations(
            database=database,
            keyring=keyring,
            clock=clock,
            requests=OperatorRequests(database, keyring, clock),
        )
    finally:
        await database.close()
