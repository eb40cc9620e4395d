"""What platforms tell us themselves: somebody has taken back what he consented to, or wants to be forgotten."""

from collections.abc import Awaitable, Callable
from typing import TypeAlias

from letmepost.domain.api_keys import Mode
from letmepost.domain.errors import FailureKind, InvalidRequest, NotFound, PlatformFailure
from letmepost.gateways.clock import Clock
from letmepost.services.accounts.disconnect import DISCONNECTED
from letmepost.services.events import account_event, post_event
from letmepost.services.platform_access import Worlds
from letmepost.services.publishing.outcomes import failure_error
from letmepost.storage.accounts.accounts import AccountRepository, AccountRow
from letmepost.storage.accounts.maintenance import EveryTenantAccounts, MaintenanceRepository
from letmepost.storage.database import Connection, Database, Tenant
from letmepost.storage.posts.posts import PostRepository
from letmepost.storage.sealing import Keyring
from letmepost.storage.webhooks.events import EventRepository

_Change: TypeAlias = Callable[[Connection, Tenant, AccountRow], Awaitable[None]]


class Withdrawals:
    """Ends connections whoever they belong to, when the platform says so and has signed it."""

    def __init__(self, *, database: Database, keyring: Keyring, clock: Clock, worlds: Worlds) -> None:
        self._database = database
        self._keyring = keyring
        self._clock = clock
        self._worlds = worlds
        self._found = EveryTenantAccounts(database)

    async def end(self, platform_name: str, body: bytes) -> None:
        """The access to an account has ended.

        Raises:
            NotFound: there is no such platform, or it makes no such calls.
            InvalidRequest: it is not signed by the platform.
        """
        await self._change_each(platform_name, body, self._mark)

    async def erase(self, platform_name: str, body: bytes) -> None:
        """What is known of an account is to be forgotten; its posts stay. Raises as `end`."""
        await self._change_each(platform_name, body, self._forget)

    async def _change_each(self, platform_name: str, body: bytes, change: _Change) -> None:
        for found in await self._found.list_of_platform(platform_name, self._named(platform_name, body)):
            async with self._database.tenant(found.tenant) as connection:
                account = await AccountRepository(connection, found.tenant, self._keyring).find(found.account_id)
                if account is not None:
                    await change(connection, found.tenant, account)

    def _named(self, platform_name: str, body: bytes) -> str:
        """The platform's own id of the account."""
        oauth = self._worlds.platform(platform_name).oauth
        if oauth is None or oauth.withdrawn is None or not self._worlds.is_enabled(platform_name, Mode.LIVE):
            raise NotFound("page")
        try:
            return oauth.withdrawn(body, self._worlds.live_settings(platform_name))
        except ValueError as error:
            raise InvalidRequest("This is not signed by the platform.", rule="connect.signature") from error

    async def _mark(self, connection: Connection, tenant: Tenant, account: AccountRow) -> None:
        now = self._clock.now()
        failure = PlatformFailure(
            FailureKind.AUTH_FAILED,
            "The account's owner has taken back the access.",
            remediation="Connect the account again.",
        )
        accounts = AccountRepository(connection, tenant, self._keyring)
        if await accounts.require_reconnect(account.id, now, now, failure_error(account.platform, failure)):
            event = account_event(self._clock, "token.revoked", account)
            await EventRepository(connection, tenant).write([event], now)

    async def _forget(self, connection: Connection, tenant: Tenant, account: AccountRow) -> None:
        now = self._clock.now()
        if not await AccountRepository(connection, tenant, self._keyring).disconnect(account.id, now):
            return
        await MaintenanceRepository(connection, tenant).erase_person(account.id, now)
        held = await PostRepository(connection, tenant).hold_waiting(account.id, DISCONNECTED, now)
        events = [post_event(self._clock, "post.held", post) for post in held]
        gone = account_event(self._clock, "account.disconnected", account)
        await EventRepository(connection, tenant).write([gone, *events], now)
