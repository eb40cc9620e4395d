"""Reads and refreshes the credential of an account. Only one process refreshes it at a time."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from uuid import UUID

from letmepost.domain.account_maintenance import refresh_at
from letmepost.domain.errors import FailureKind, NoReply, PlatformFailure
from letmepost.gateways.clock import Clock
from letmepost.gateways.drive import drive
from letmepost.gateways.sender import CredentialSource, Sender
from letmepost.platforms.connecting import Credential
from letmepost.services.accounts.changes import mark_revoked
from letmepost.services.platform_access import Access
from letmepost.services.platform_clock import PlatformClock, platform_clock
from letmepost.services.work import UnitsOfWork
from letmepost.storage.accounts.accounts import AccountRow
from letmepost.storage.database import Tenant

_REFRESH_LEASE = timedelta(seconds=90)
"""How long a refresh is leased: longer than two calls to a token endpoint."""
_POLL_INTERVAL_S = 0.2
_SAME_EXPIRY = timedelta(minutes=1)
_REFUSALS = frozenset({FailureKind.REJECTED, FailureKind.DUPLICATE})
_POLLS = 150


class AccountCredentials:
    """The credential of one account, for the flows of one run. `known`: the credential, if it was read before."""

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
        """Return the stored credential.

        Raises:
            PlatformFailure: auth_failed: the account is disconnected.
        """
        if self._current is None:
            async with self._units.begin(self._tenant) as work:
                self._current = await work.credentials.find(self._account.id)
        if self._current is None:
            raise PlatformFailure(FailureKind.AUTH_FAILED, "The account is disconnected.")
        return self._current

    async def refresh(self, dead: Credential) -> Credential:
        """Return a newer credential than the expired one.

        The process that holds the refresh lease calls the platform, and the others wait for its result. The lease is a
        mark on the row, not a lock, so no row is locked during the call. It expires if its holder crashes. A holder
        that was only delayed may then call the platform at the same time as the next one, and be refused a token that
        the other has just used. A process that has lost its lease therefore changes nothing, and waits like the others.

        Raises:
            PlatformFailure: the platform refused, or no other process refreshed the credential in time.
        """
        for _ in range(_POLLS):
            async with self._units.begin(self._tenant) as work:
                credentials = work.credentials
                # Without the lock, a lease that ends before the next line would be followed by a second refresh.
                stored = await credentials.find(self._account.id, lock=True)
                if stored is not None and stored.secrets != dead.secrets:
                    self._current = stored
                    return stored
                now = self._clock.now()
                is_leased = await credentials.begin_refresh(self._account.id, now, now + _REFRESH_LEASE)
            fresh = await self._refresh(dead, now + _REFRESH_LEASE) if is_leased else None
            if fresh is not None:
                return fresh
            await self._sleep(_POLL_INTERVAL_S)
        raise PlatformFailure(FailureKind.UNAVAILABLE, "The refresh of the account's token takes too long.")

    async def _refresh(self, dead: Credential, until: datetime) -> Credential | None:
        """Refresh with a lease until then. Return None if the platform refused and the lease was lost."""
        started_at = self._clock.now()
        async with self._units.begin(self._tenant) as work:
            time = await platform_clock(work)
        try:
            fresh = _merged(dead, await self._call(time, dead))
        except PlatformFailure as failure:
            reported = await self._record_failure(time, failure, started_at, until)
            if reported is None:
                return None
            raise reported from failure
        except BaseException:
            async with self._units.begin(self._tenant) as work:
                await work.credentials.end_refresh(self._account.id, until)
            raise
        return await self._store(dead, fresh, until)

    async def _call(self, time: PlatformClock, dead: Credential) -> Credential:
        """Call the platform, and once more if its response was lost.

        In that case it may have issued a credential that was never received. If that invalidates the old one, the
        second response says so.
        """
        access = self._access
        sender = _sender(access, time, FixedCredential(dead))
        try:
            return await drive(access.platform.refresh(self._account.facts, access.settings), sender)
        except PlatformFailure as failure:
            if not isinstance(failure.__cause__, NoReply):
                raise
        return await drive(access.platform.refresh(self._account.facts, access.settings), sender)

    async def _record_failure(
        self, time: PlatformClock, failure: PlatformFailure, started_at: datetime, until: datetime
    ) -> PlatformFailure | None:
        """Release the lease, and return the failure to report; None if another process has the lease.

        A definite refusal ends the connection of the account, and so does the third ambiguous one in a row. Any other
        failure is temporary: a post that needs the token is not rejected or in doubt because of it.
        """
        is_definite = failure.kind is FailureKind.AUTH_FAILED
        retry_at = None if failure.retry_at is None else time.to_real_time(failure.retry_at)
        async with self._units.begin(self._tenant) as work:
            if not await work.credentials.end_refresh(self._account.id, until):
                return None
            is_last = not is_definite and await work.credentials.refresh_failed(
                self._account.id,
                started_at,
                self._clock.now(),
                retry_at,
                is_refusal=failure.kind in _REFUSALS,
            )
        reported = _reported(failure, is_last=is_last)
        if reported.kind is FailureKind.AUTH_FAILED:
            await self._mark_sharing(started_at, reported)
        return reported

    async def _mark_sharing(self, started_at: datetime, failure: PlatformFailure) -> None:
        """Mark the other accounts that use the ended credential. The caller marks this one."""
        async with self._units.begin(self._tenant) as work:
            for account_id in await work.credentials.list_sharing(self._account.id):
                account = await work.accounts.find(account_id)
                if account is not None:
                    await mark_revoked(work, account, started_at, failure)

    async def _store(self, dead: Credential, fresh: Credential, until: datetime) -> Credential:
        """Replace the expired credential, unless the account was reconnected or disconnected in the meantime."""
        async with self._units.begin(self._tenant) as work:
            credentials = work.credentials
            stored = await credentials.find(self._account.id, lock=True)
            if stored is not None and stored.secrets == dead.secrets:
                time = await platform_clock(work)
                renewal = renewal_at(fresh, self._account.token_expires_at, time, self._account.id)
                await credentials.replace(self._account.id, fresh, renewal)
                stored = fresh
            else:
                await credentials.end_refresh(self._account.id, until)
        if stored is None:
            raise PlatformFailure(FailureKind.AUTH_FAILED, "The account was disconnected in the meantime.")
        self._current = stored
        return stored


def _reported(failure: PlatformFailure, *, is_last: bool) -> PlatformFailure:
    """Return the failure to report. `is_last`: it is the last of several ambiguous refusals."""
    if failure.kind not in {*_REFUSALS, FailureKind.IN_DOUBT}:
        return failure
    return PlatformFailure(
        FailureKind.AUTH_FAILED if is_last else FailureKind.UNAVAILABLE,
        failure.message,
        rule=failure.rule,
        remediation="Reconnect the account." if is_last else failure.remediation,
        response=failure.response,
    )


def _merged(dead: Credential, fresh: Credential) -> Credential:
    """Return the new credential. Secrets that it does not contain are kept from the old one.

    Raises:
        PlatformFailure: a new secret is empty.
    """
    if not all(fresh.secrets.values()):
        raise PlatformFailure(FailureKind.UNAVAILABLE, "The platform returned an empty token.")
    return Credential(secrets={**dead.secrets, **fresh.secrets}, expires_at=fresh.expires_at)


def renewal_at(
    credential: Credential, token_expires_at: datetime | None, time: PlatformClock, account_id: UUID
) -> datetime | None:
    """Return when to refresh a new credential; None if it does not expire, or only a person can renew it.

    Args:
        token_expires_at: when a person must reconnect the account, in real time.
    """
    if credential.expires_at is None:
        return None
    ends_at = time.to_real_time(credential.expires_at)
    if token_expires_at is not None and token_expires_at <= ends_at + _SAME_EXPIRY:
        return None
    return refresh_at(time.clock.now(), ends_at, account_id)


async def account_sender(units: UnitsOfWork, access: Access, tenant: Tenant, account: AccountRow) -> Sender:
    """Return a sender for flows of a connected account that publish nothing."""
    credentials = AccountCredentials(units=units, access=access, tenant=tenant, account=account)
    async with units.begin(tenant) as work:
        time = await platform_clock(work)
    return _sender(access, time, credentials)


def _sender(access: Access, clock: Clock, credentials: CredentialSource) -> Sender:
    return Sender(
        http=access.http,
        platform=access.platform,
        clock=clock,
        credentials=credentials,
        charge=access.charge,
        metrics=access.metrics,
    )


class FixedCredential:
    """A credential that is not refreshed: for the refresh itself, and for an account that is not connected yet."""

    def __init__(self, credential: Credential) -> None:
        self._credential = credential

    async def current(self) -> Credential:
        return self._credential

    async def refresh(self, dead: Credential) -> None:
        """Do nothing: the platform's flow decides what the refusal of a refresh means."""
