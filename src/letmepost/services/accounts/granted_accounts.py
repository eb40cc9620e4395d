"""Accounts that a consent granted: a single one is connected directly, several wait for a choice."""

from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from letmepost.domain.errors import InputRefused, InvalidRequest, PlatformFailure, RequestError, StateForbids
from letmepost.domain.retry import POLICIES
from letmepost.gateways.clock import Clock
from letmepost.platforms.contract import ConnectedAccount, Grant, OAuth
from letmepost.services.accounts.connect import Belonging, Connected, Connecting
from letmepost.services.accounts.consent_requests import (
    Returned,
    late_state,
    unknown_state,
    used_state,
)
from letmepost.services.callers import Caller, beginner
from letmepost.services.platform_access import Access
from letmepost.storage.accounts.connect_sessions import ConnectSessionRepository
from letmepost.storage.accounts.consents import ConsentRepository, ConsentRow
from letmepost.storage.database import Connection, Database, Tenant
from letmepost.storage.sealing import Keyring
from letmepost.storage.tenants.organizations import OrganizationRepository

GOOD_FOR = timedelta(minutes=10)
"""How long a person has to consent, and then again to choose."""


class GrantedAccounts:
    """Exchanges grants for accounts, offers and stores the accounts, and ends hosted sessions."""

    def __init__(self, *, database: Database, keyring: Keyring, clock: Clock, connecting: Connecting) -> None:
        self._database = database
        self._keyring = keyring
        self._clock = clock
        self._connecting = connecting

    async def exchange(self, caller: Caller, access: Access, grant: Grant) -> Sequence[ConnectedAccount]:
        """Exchange a grant for its accounts: at least one, without duplicates.

        Raises:
            PlatformFailure: the platform refused the grant, was unreachable, or granted no account.
        """
        found = await self._connecting.run(caller, access, oauth_of(access).accounts(grant, access.settings))
        each = {one.platform_account_id: one for one in found}
        if not each:
            raise _no_account(access.platform.name)
        return list(each.values())

    async def offer(self, tenant: Tenant, row: ConsentRow, found: Sequence[ConnectedAccount]) -> None:
        """Store several accounts until a person has chosen."""
        async with self._database.tenant(tenant) as connection:
            await ConsentRepository(connection, tenant, self._keyring).offer(
                row.id, found, self._clock.now() + GOOD_FOR
            )

    async def store(
        self, connection: Connection, caller: Caller, row: ConsentRow, chosen: Sequence[ConnectedAccount]
    ) -> list[Connected]:
        """Store the accounts, and finish the hosted session of the consent.

        Raises:
            InvalidRequest: that session has ended, or the tenant is being removed.
            StateForbids: an account belongs to another profile.
        """
        if not await OrganizationRepository(connection, caller.tenant).hold():
            raise unknown_state()  # the tenant was removed in the meantime; no row of it may be created
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
        """Return the accounts to choose from on a hosted page; none if no choice is pending."""
        consents = ConsentRepository(connection, tenant, self._keyring)
        row = await consents.find_choice(session_id, self._clock.now())
        return [] if row is None else await consents.offered(row.id)

    async def choose(
        self, connection: Connection, tenant: Tenant, session_id: UUID, account_ids: Collection[str]
    ) -> list[Connected]:
        """Connect the accounts that were chosen on a hosted page.

        Raises:
            InvalidRequest: no choice is pending, or `account_ids` is empty or contains an account that was not offered.
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
        """Record that a hosted session ended without an account, and why."""
        status, now = "cancelled" if returned.is_denied else "failed", self._clock.now()
        async with self._database.tenant(tenant) as connection:
            sessions = ConnectSessionRepository(connection, tenant)
            session = await sessions.find(session_id, lock=True)
            if session is not None and session.status == "open":
                await sessions.finish(session_id, status, now, error=_stored_error(error))


def oauth_of(access: Access) -> OAuth:
    """Return the OAuth flows of the platform.

    Raises:
        InvalidRequest: the platform's accounts are connected by credentials.
    """
    if access.platform.oauth is None:
        raise InvalidRequest(f"{access.platform.title} accounts are not connected by consent.", rule="connect.typed")
    return access.platform.oauth


def pick(found: Sequence[ConnectedAccount], account_ids: Collection[str] | None) -> list[ConnectedAccount]:
    """Return the chosen accounts. A single account is chosen without `account_ids`.

    Raises:
        StateForbids: there are several accounts, and `account_ids` is None.
        InvalidRequest: `account_ids` is empty, or contains an account that the consent did not grant.
    """
    if account_ids is None and len(found) == 1:
        return list(found)
    if account_ids is None:
        shown = [
            {"id": one.platform_account_id, "handle": one.handle, "displayName": one.display_name} for one in found
        ]
        raise StateForbids(
            "The consent opened several accounts.",
            rule="connect.choose",
            remediation="Send the state again with `accountIds`: ids of `platformResponse.candidates`.",
            detail={"candidates": shown},
        )
    chosen = [one for one in found if one.platform_account_id in account_ids]
    if not chosen or len(chosen) != len(set(account_ids)):
        raise InvalidRequest(
            "accountIds names none, or others than the consent opened.",
            rule="accountIds",
            remediation="Choose among the accounts that were offered.",
        )
    return chosen


def _no_account(platform: str) -> PlatformFailure:
    """Return the error of a consent that granted no account."""
    failure = InputRefused(
        "The consent opened no account that can be published to.",
        rule="connect.no_account",
        remediation="Consent as somebody who has such an account, and leave it ticked.",
    )
    failure.platform = platform
    return failure


def _stored_error(error: PlatformFailure | RequestError) -> dict[str, Any]:
    """Return an error as a hosted session stores it, without the platform's response."""
    code = POLICIES[error.kind].code if isinstance(error, PlatformFailure) else error.code
    told = {"code": code, "message": error.message, "rule": error.rule, "remediation": error.remediation}
    return {name: value for name, value in told.items() if value is not None}
