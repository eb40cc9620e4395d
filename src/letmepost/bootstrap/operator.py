"""What the operator's commands need."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from letmepost.bootstrap.core import refuse_powerful_role
from letmepost.gateways.clock import SystemClock
from letmepost.services.api_keys import ApiKeys
from letmepost.services.idempotency import Idempotency
from letmepost.settings import Settings
from letmepost.storage.database import open_database
from letmepost.storage.sealing import Keyring


@asynccontextmanager
async def open_api_keys(settings: Settings) -> AsyncIterator[ApiKeys]:
    """What the operator's commands need."""
    clock = SystemClock()
    database = open_database(settings.database_url.get_secret_value(), pool_size=1)
    try:
        await refuse_powerful_role(database)
        keyring = Keyring(settings.open_keys(), clock.entropy)
        yield ApiKeys(database, keyring, clock, Idempotency(database, keyring, clock))
    finally:
        await database.close()
