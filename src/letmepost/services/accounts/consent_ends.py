"""What a consent opens, and how it ends: one account is connected at once, several wait for a choice."""

from collections.abc import Collection, Sequence
from datetime import timedelta
from uuid import UUID

from letmepost.domain.errors import InvalidRequest, PlatformFailure, RequestError
from letmepost.gateways.clock import Clock
from letmepost.platforms.contract import ConnectedAccount, Grant, OAuth
from letmepost.services.accounts.connect import Belonging, Connected, Connecting
from letmepost.services.accounts.consent_forms import (
    Returned,
    late_state,
    no_account,
    pick,
    unknown_state,
    used_state,
    why,
)
from letmepost.services.callers import Caller, beginner
from letmepost.services.platform_access import Access
from letmepost.storage.accounts.connect_sessions import ConnectSessionRepository
from letmepost.storage.accounts.consents import ConsentRepository, ConsentRow
from letmepost.storage.database import Connection, Database, Tenant
from letmepost.storage.sealing import Keyring
from letmepost.storage.tenants.organizations import OrganizationRepository

GOOD_FOR = timedelta(minutes=10)
"""How long a person may take to consent, and then again to choose."""


class ConsentEnds:
    """Brings consents to their end."""

    def __init__(self, *, database: Database, keyring: Keyring, clock: Clock, connecting: Connecting) -> None:
        self._database = database
        self._keyring = keyring
        self._clock = clock
        self._connecting = connecting

    async def exchange(self, caller: Caller, access: Access, grant: Grant) -> Sequence[ConnectedAccount]:
        """Every account that a grant opens, each once; there is at least one.

        Raises:
            PlatformFailure: the platform refused the grant, or could not be reached; or it opens no account.
        """
        found = await self._connecting.run(caller, access, oauth_of(access).accounts(grant, access.settings))
        each = {one.platform_account_id: one for one in found}
        if not each:
            raise no_account(access.platform.name)
        return list(each.values())

    async def offer(self, tenant: Tenant, row: ConsentRow, found: Sequence[ConnectedAccount]) -> None:
        """Keep several accounts until somebody has chosen."""
        async with self._database.tenant(tenant) as connection:
            await ConsentRepository(connection, tenant, self._keyring).offer(
                row.id, found, self._clock.now() + GOOD_FOR
            )

    async def store(
        self, connection: Connection, caller: Caller, row: ConsentRow, chosen: Sequence[ConnectedAccount]
    ) -> list[Connected]:
        """Store the accounts; a hosted session that led to them is over with it.

        Raises:
            InvalidRequest: that session is over already, or the tenant is being removed.
            StateForbids: an account belongs to another profile.
        """
        if not await OrganizationRepository(connection, caller.tenant).hold():
            raise unknown_state()  # it was removed meanwhile, and nothing of it may come back
        sessions = ConnectSessionRepository(connection, caller.tenant)
        session = None if row.session_id is None else await sessions.find(row.session_id, lock=True)
        if session is not None and session.status != "open":
            raise used_state()
        whose = None if session is None else session.external_user_id
        belonging = Belonging(profile_id=row.profile_id, external_user_id=whose)
        made = [await self._connecting.store(connection, caller, row.platform, one, belonging) for one in chosen]
        if session is not None:
            account_ids = [one.account.id for one in made]
            await sessions.finish(session.id, "connected", self._clock.now(), account_ids=account_ids)
        return made

    async def choices(self, connection: Connection, tenant: Tenant, session_id: UUID) -> list[ConnectedAccount]:
        """The accounts among which somebody has to choose on a hosted page; empty when that is not so."""
        consents = ConsentRepository(connection, tenant, self._keyring)
        row = await consents.find_choice(session_id, self._clock.now())
        return [] if row is None else await consents.offered(row.id)

    async def choose(
        self, connection: Connection, tenant: Tenant, session_id: UUID, account_ids: Collection[str]
    ) -> list[Connected]:
        """Connect what somebody has chosen on a hosted page.

        Raises:
            InvalidRequest: nothing waits for a choice, or it names none, or others than were offered.
            StateForbids: an account belongs to another profile.
        """
        consents = ConsentRepository(connection, tenant, self._keyring)
        row = await consents.find_choice(session_id, self._clock.now())
        if row is None:
            raise late_state()
        chosen = pick(await consents.offered(row.id), account_ids)
        await consents.end(row.id)
        return await self.store(connection, beginner(tenant, row.key_id), row, chosen)

    async def end_session(
        self, tenant: Tenant, session_id: UUID, returned: Returned, error: PlatformFailure | RequestError
    ) -> None:
        """Write down that a hosted session came to nothing, and why."""
        status, now = "cancelled" if returned.is_denied else "failed", self._clock.now()
        async with self._database.tenant(tenant) as connection:
            sessions = ConnectSessionRepository(connection, tenant)
            session = await sessions.find(session_id, lock=True)
            if session is not None and session.status == "open":
                await sessions.finish(session_id, status, now, error=why(error))


def oauth_of(access: Access) -> OAuth:
    """How its platform asks for consent.

    Raises:
        InvalidRequest: it does not.
    """
    if access.platform.oauth is None:
        raise InvalidRequest(f"{access.platform.title} accounts are not connected by consent.", rule="connect.typed")
    return access.platform.oauth
