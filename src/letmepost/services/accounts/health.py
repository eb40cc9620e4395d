"""Asking platforms whether accounts still open."""

from datetime import datetime
from uuid import UUID

from letmepost.domain.accounts import AccountStatus
from letmepost.domain.errors import FailureKind, PlatformFailure, StateForbids
from letmepost.gateways.clock import Clock
from letmepost.gateways.drive import drive
from letmepost.services.accounts.read import visible_account
from letmepost.services.accounts.tokens import account_sender
from letmepost.services.callers import Caller
from letmepost.services.events import account_event
from letmepost.services.idempotency import Answer
from letmepost.services.old_idempotency import OldIdempotency, Once
from letmepost.services.platform_access import Worlds
from letmepost.services.publishing.outcomes import failure_error
from letmepost.services.work import UnitsOfWork
from letmepost.storage.accounts.accounts import AccountRepository, AccountRow
from letmepost.storage.database import Connection, Database, Tenant
from letmepost.storage.sealing import Keyring
from letmepost.storage.webhooks.events import EventRepository


class HealthChecks:
    """Checks accounts.

    A definite refusal marks the account, once, as one found while publishing does. Anything else that goes wrong says
    nothing about the account, and changes nothing but what is known of its health. A success does not unmark it: what
    may be read is not always what may be published.
    """

    def __init__(
        self,
        *,
        database: Database,
        units: UnitsOfWork,
        keyring: Keyring,
        clock: Clock,
        worlds: Worlds,
        idempotency: OldIdempotency,
    ) -> None:
        self._database = database
        self._units = units
        self._keyring = keyring
        self._clock = clock
        self._worlds = worlds
        self._idempotency = idempotency

    async def check(self, caller: Caller, account_id: UUID, once: Once[AccountRow]) -> Answer:
        """Ask the platform now; the account as it is known afterwards.

        Raises:
            NotFound: there is none that the caller can see.
            StateForbids: it is disconnected, so there is nothing to ask with.
        """
        began_at = self._clock.now()
        async with self._database.tenant(caller.tenant) as connection:
            account = await visible_account(connection, caller, self._keyring, account_id)
        if account.status == AccountStatus.DISCONNECTED:
            raise StateForbids(
                "The account is disconnected.", rule="account.disconnected", remediation="Connect it again."
            )
        failure = await self._ask(caller.tenant, account)
        async with self._database.tenant(caller.tenant) as connection:
            await self._idempotency.take(connection, caller, once.claim)
            await self._record(connection, caller.tenant, account, began_at, failure)
            checked = await visible_account(connection, caller, self._keyring, account_id)
            return await self._idempotency.answer(connection, caller, once, checked)

    async def examine(self, tenant: Tenant, account: AccountRow) -> None:
        """Ask the platform now, for nobody in particular."""
        began_at = self._clock.now()
        failure = await self._ask(tenant, account)
        async with self._database.tenant(tenant) as connection:
            await self._record(connection, tenant, account, began_at, failure)

    async def _ask(self, tenant: Tenant, account: AccountRow) -> PlatformFailure | None:
        """What is wrong, if anything."""
        access = self._worlds.access(account.platform, tenant.mode, tenant.organization_id)
        sender = await account_sender(self._units, access, tenant, account)
        try:
            await drive(access.platform.check(account.facts, access.settings), sender)
        except PlatformFailure as failure:
            return failure
        return None

    async def _record(
        self,
        connection: Connection,
        tenant: Tenant,
        account: AccountRow,
        began_at: datetime,
        failure: PlatformFailure | None,
    ) -> None:
        accounts, now = AccountRepository(connection, tenant, self._keyring), self._clock.now()
        if failure is None:
            await accounts.record_check(account.id, began_at, now, "healthy", None)
            return
        error = failure_error(account.platform, failure)
        is_refused = failure.kind is FailureKind.AUTH_FAILED
        await accounts.record_check(account.id, began_at, now, "refused" if is_refused else "failing", error)
        if is_refused and await accounts.require_reconnect(account.id, began_at, now, error):
            event = account_event(self._clock, "token.revoked", account)
            await EventRepository(connection, tenant).write([event], now)
