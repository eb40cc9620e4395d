"""One account's credential: read, and refreshed by one at a time."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from uuid import UUID

from letmepost.domain.account_maintenance import refresh_at
from letmepost.domain.errors import FailureKind, NoReply, PlatformFailure
from letmepost.gateways.clock import Clock
from letmepost.gateways.drive import drive
from letmepost.gateways.sender import CredentialSource, Sender
from letmepost.platforms.contract import Credential
from letmepost.services.platform_access import Access
from letmepost.services.platform_clock import PlatformClock, platform_clock
from letmepost.services.work import UnitsOfWork
from letmepost.storage.accounts.accounts import AccountRow
from letmepost.storage.database import Tenant

_TURN = timedelta(seconds=90)
"""How long a refresh may take before another may try: longer than two calls to a token endpoint."""
_LOOK_AGAIN_S = 0.2
_SAME_MOMENT = timedelta(minutes=1)
_REFUSALS = frozenset({FailureKind.REJECTED, FailureKind.DUPLICATE})
_LOOKS = 150


class AccountCredentials:
    """The credential of one account, for the flows of one run. `known`: what was read with the account, if anything."""

    def __init__(
        self,
        *,
        units: UnitsOfWork,
        access: Access,
        tenant: Tenant,
        account: AccountRow,
        known: Credential | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._units = units
        self._clock = units.clock
        self._access = access
        self._tenant = tenant
        self._account = account
        self._sleep = sleep
        self._current = known

    async def current(self) -> Credential:
        """The stored credential.

        Raises:
            PlatformFailure: auth_failed, when the account is disconnected.
        """
        if self._current is None:
            async with self._units.begin(self._tenant) as work:
                self._current = await work.credentials.find(self._account.id)
        if self._current is None:
            raise PlatformFailure(FailureKind.AUTH_FAILED, "The account is disconnected.")
        return self._current

    async def refresh(self, dead: Credential) -> Credential:
        """A credential newer than the dead one.

        Whoever has the turn asks the platform; the others wait for what it brings. The turn is a mark on the row, not
        a lock, so that nothing is locked while the platform thinks; it lapses if its owner dies. An owner that only
        stood still may then ask beside the next one, and be refused a token that the other has just spent: who has lost
        the turn has no say in what becomes of the account, and waits like the others.

        Raises:
            PlatformFailure: the platform refused, or nobody brought a new one in time.
        """
        for _ in range(_LOOKS):
            async with self._units.begin(self._tenant) as work:
                credentials = work.credentials
                # Locked, or a turn that ends between this look and the next line would be followed by a second refresh.
                stored = await credentials.find(self._account.id, lock=True)
                if stored is not None and stored.secrets != dead.secrets:
                    self._current = stored
                    return stored
                now = self._clock.now()
                has_turn = await credentials.begin_refresh(self._account.id, now, now + _TURN)
            fresh = await self._ask(dead, now + _TURN) if has_turn else None
            if fresh is not None:
                return fresh
            await self._sleep(_LOOK_AGAIN_S)
        raise PlatformFailure(FailureKind.UNAVAILABLE, "The account's token is being refreshed, and it takes too long.")

    async def _ask(self, dead: Credential, until: datetime) -> Credential | None:
        """What the platform gives in the turn that lasts until then; None when it was refused and the turn lost."""
        began_at = self._clock.now()
        async with self._units.begin(self._tenant) as work:
            time = await platform_clock(work)
        try:
            fresh = _merged(dead, await self._brought(time, dead))
        except PlatformFailure as failure:
            meaning = await self._failed(time, failure, began_at, until)
            if meaning is None:
                return None
            raise meaning from failure
        except BaseException:
            async with self._units.begin(self._tenant) as work:
                await work.credentials.end_refresh(self._account.id, until)
            raise
        return await self._store(dead, fresh, until)

    async def _brought(self, time: PlatformClock, dead: Credential) -> Credential:
        """What the platform gives for the dead credential; asked once more when its answer was lost.

        Then it may have given a new one that we never saw. Where that ends the old one, the second answer says so.
        """
        access = self._access
        sender = _sender(access, time, _Fixed(dead))
        try:
            return await drive(access.platform.refresh(self._account.facts, access.settings), sender)
        except PlatformFailure as failure:
            if not isinstance(failure.__cause__, NoReply):
                raise
        return await drive(access.platform.refresh(self._account.facts, access.settings), sender)

    async def _failed(
        self, time: PlatformClock, failure: PlatformFailure, began_at: datetime, until: datetime
    ) -> PlatformFailure | None:
        """Give the turn back, and say what the failure means for the account; None when the turn was another's.

        Only a definite refusal ends it at once, and one that does not say what it means when it is the last of three.
        Anything else passes: a post that needs the token is neither refused nor in doubt for it.
        """
        is_definite = failure.kind is FailureKind.AUTH_FAILED
        retry_at = None if failure.retry_at is None else time.to_real_time(failure.retry_at)
        async with self._units.begin(self._tenant) as work:
            if not await work.credentials.end_refresh(self._account.id, until):
                return None
            is_last = not is_definite and await work.account_maintenance.refresh_failed(
                self._account.id,
                began_at,
                self._clock.now(),
                retry_at,
                is_refusal=failure.kind in _REFUSALS,
            )
        if is_definite or failure.kind not in {*_REFUSALS, FailureKind.IN_DOUBT}:
            return failure
        return PlatformFailure(
            FailureKind.AUTH_FAILED if is_last else FailureKind.UNAVAILABLE,
            failure.message,
            rule=failure.rule,
            remediation="Connect the account again." if is_last else failure.remediation,
            response=failure.response,
        )

    async def _store(self, dead: Credential, fresh: Credential, until: datetime) -> Credential:
        """Replace the dead credential, and nothing else: a reconnect or a disconnect meanwhile wins."""
        async with self._units.begin(self._tenant) as work:
            credentials = work.credentials
            stored = await credentials.find(self._account.id, lock=True)
            if stored is not None and stored.secrets == dead.secrets:
                time = await platform_clock(work)
                renewal = renewal_at(fresh, self._account.token_expires_at, time, self._account.id)
                await credentials.replace(self._account.id, fresh, self._clock.now(), renewal)
                stored = fresh
            else:
                await credentials.end_refresh(self._account.id, until)
        if stored is None:
            raise PlatformFailure(FailureKind.AUTH_FAILED, "The account was disconnected meanwhile.")
        self._current = stored
        return stored


def _merged(dead: Credential, brought: Credential) -> Credential:
    """The new credential; what it does not name is kept from the old one.

    Raises:
        PlatformFailure: a part of it is empty, whatever the platform's status said.
    """
    if not all(brought.secrets.values()):
        raise PlatformFailure(FailureKind.UNAVAILABLE, "The platform answered a refresh with an empty token.")
    return Credential(secrets={**dead.secrets, **brought.secrets}, expires_at=brought.expires_at)


def renewal_at(
    credential: Credential, token_expires_at: datetime | None, time: PlatformClock, account_id: UUID
) -> datetime | None:
    """When to refresh a credential that has just come in; None when that need not be, or cannot without a person.

    Args:
        token_expires_at: when a person must act, in the real time.
    """
    if credential.expires_at is None:
        return None
    ends_at = time.to_real_time(credential.expires_at)
    if token_expires_at is not None and token_expires_at <= ends_at + _SAME_MOMENT:
        return None
    return refresh_at(time.clock.now(), ends_at, account_id)


async def account_sender(units: UnitsOfWork, access: Access, tenant: Tenant, account: AccountRow) -> Sender:
    """Return a sender for flows that work for a connected account and publish nothing."""
    credentials = AccountCredentials(units=units, access=access, tenant=tenant, account=account)
    async with units.begin(tenant) as work:
        time = await platform_clock(work)
    return _sender(access, time, credentials)


def _sender(access: Access, clock: Clock, credentials: CredentialSource) -> Sender:
    return Sender(
        http=access.http, platform=access.platform, clock=clock, credentials=credentials, metrics=access.metrics
    )


class _Fixed:
    """A refresh must not be answered by another refresh."""

    def __init__(self, credential: Credential) -> None:
        self._credential = credential

    async def current(self) -> Credential:
        return self._credential

    async def refresh(self, dead: Credential) -> Credential:  # noqa: ARG002 - the signature is the protocol's
        raise PlatformFailure(
            FailureKind.AUTH_FAILED,
            "The platform no longer accepts this account's tokens.",
            remediation="Connect the account again.",
        )
