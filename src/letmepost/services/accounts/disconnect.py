"""Letting accounts go."""

from collections.abc import Sequence
from uuid import UUID

from letmepost.domain.errors import ErrorCode, LetmepostError
from letmepost.domain.posts import TRANSITIONS, Cause
from letmepost.gateways.clock import Clock
from letmepost.gateways.drive import drive
from letmepost.services.accounts.read import visible_account
from letmepost.services.accounts.tokens import account_sender
from letmepost.services.audit import record_account
from letmepost.services.callers import Caller
from letmepost.services.events import account_event, post_event
from letmepost.services.idempotency import Answer
from letmepost.services.old_idempotency import OldIdempotency, Once
from letmepost.services.platform_access import Worlds
from letmepost.services.tenants.quotas import OldQuotas
from letmepost.services.work import UnitsOfWork
from letmepost.storage.accounts.accounts import AccountRepository, AccountRow
from letmepost.storage.database import Connection, Database
from letmepost.storage.posts.editing import PostEditor
from letmepost.storage.posts.posts import PostRepository, PostRow
from letmepost.storage.sealing import Keyring
from letmepost.storage.tenants.audit import Action
from letmepost.storage.webhooks.events import EventRepository, NewEvent

DISCONNECTED = {
    "code": ErrorCode.PLATFORM_AUTH_FAILED,
    "message": "The account was disconnected.",
    "rule": "account.disconnected",
    "remediation": "Connect the account again; the post is then queued by itself.",
}


class Disconnecting:
    """Ends the connection of accounts of the caller's world."""

    def __init__(
        self,
        *,
        database: Database,
        units: UnitsOfWork,
        keyring: Keyring,
        clock: Clock,
        worlds: Worlds,
        idempotency: OldIdempotency,
        quotas: OldQuotas,
    ) -> None:
        self._database = database
        self._units = units
        self._keyring = keyring
        self._clock = clock
        self._worlds = worlds
        self._idempotency = idempotency
        self._quotas = quotas

    async def disconnect(
        self, caller: Caller, account_id: UUID, once: Once[AccountRow], *, cancel_queued: bool = False
    ) -> Answer:
        """Revoke upstream where that can be done, erase the credential, hold or cancel what waits for the account.

        Of a post that was sent already something may be visible: it is held, whatever was asked for.

        Raises:
            NotFound: there is none that the caller can see.
        """
        async with self._database.tenant(caller.tenant) as connection:
            account = await visible_account(connection, caller, self._keyring, account_id)
        await self._revoke_upstream(caller, account)
        async with self._database.tenant(caller.tenant) as connection:
            await self._idempotency.take(connection, caller, once.claim)
            now, events = self._clock.now(), list[NewEvent]()
            if await AccountRepository(connection, caller.tenant, self._keyring).disconnect(account_id, now):
                events.append(account_event(self._clock, "account.disconnected", account))
                await record_account(connection, self._clock, caller, Action.ACCOUNT_DISCONNECTED, account)
            if cancel_queued:
                events += self._tell("post.canceled", await self._cancel(connection, caller, account_id))
            held = await PostRepository(connection, caller.tenant).hold_waiting(account_id, DISCONNECTED, now)
            events += self._tell("post.held", held)
            await EventRepository(connection, caller.tenant).write(events, now)
            return await self._idempotency.answer(connection, caller, once, account)

    async def _cancel(self, connection: Connection, caller: Caller, account_id: UUID) -> list[PostRow]:
        editor, transition = PostEditor(connection, caller.tenant), TRANSITIONS[Cause.CANCELED]
        changes = {"status": transition.target, "ready_at": None, "updated_at": self._clock.now()}
        canceled = [
            await editor.change(locked.post.id, changes)
            for locked in await editor.lock_waiting(account_id)
            if not (locked.is_leased or locked.is_sent)
        ]
        places = [(post.account_id, post.due_at) for post in canceled]
        await self._quotas.move(connection, caller.tenant, old=places)
        return canceled

    def _tell(self, event_type: str, posts: Sequence[PostRow]) -> list[NewEvent]:
        return [post_event(self._clock, event_type, post) for post in posts]

    async def _revoke_upstream(self, caller: Caller, account: AccountRow) -> None:
        try:
            access = self._worlds.access(account.platform, caller.mode, caller.organization_id)
            sender = await account_sender(self._units, access, caller.tenant, account)
            await drive(access.platform.disconnect(account.facts, access.settings), sender)
        except LetmepostError:
            # The platform may be away or have revoked it itself; the credential is erased either way.
            return
