"""The encrypted credential of the one organization's account, read and replaced through the storage code."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from uuid import UUID

from letmepost.domain.api_keys import Mode
from letmepost.domain.ids import Prefix, parse_id
from letmepost.gateways.clock import SystemClock
from letmepost.platforms.connecting import Credential
from letmepost.storage.accounts.credentials import CredentialRepository
from letmepost.storage.database import Tenant, open_database
from letmepost.storage.sealing import Keyring
from tests.deployment import OPERATOR_TOKEN, Deployment
from tests.pds.authors import Author
from tests.pds.network import Addresses, expired_token


async def read_credential(deployment: Deployment, author: Author) -> Credential:
    """Return the account's decrypted credential."""
    async with _account(deployment, author) as (credentials, account_id):
        found = await credentials.find(account_id)
    assert found is not None
    return found


async def expire_access_token(deployment: Deployment, author: Author, addresses: Addresses) -> str:
    """Replace the account's access token with one that the server signed long ago, and return it."""
    async with _account(deployment, author) as (credentials, account_id):
        found = await credentials.find(account_id)
        assert found is not None
        token = expired_token(addresses, author.person.did)
        expired = replace(found, secrets={**found.secrets, "access_jwt": token})
        await credentials.replace(account_id, expired, SystemClock().now())
    return token


@asynccontextmanager
async def _account(deployment: Deployment, author: Author) -> AsyncIterator[tuple[CredentialRepository, UUID]]:
    settings = deployment.settings
    operator = {"authorization": f"Bearer {OPERATOR_TOKEN}"}
    [organization] = (await deployment.http.get("/v1/organizations", headers=operator)).json()["data"]
    tenant = Tenant(parse_id(Prefix.ORGANIZATION, organization["id"]), Mode.LIVE)
    database = open_database(settings.database_url.get_secret_value(), pool_size=1)
    keyring = Keyring(settings.open_keys(), SystemClock().entropy)
    try:
        async with database.tenant(tenant) as connection:
            yield CredentialRepository(connection, tenant, keyring), parse_id(Prefix.ACCOUNT, author.account_id)
    finally:
        await database.close()
