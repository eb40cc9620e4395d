"""Accounts that a consent granted: a single one is connected directly, several wait for a choice."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from letmepost.domain import refusals
from letmepost.domain.accounts import AccountFacts
from letmepost.domain.errors import PlatformFailure, RequestError
from letmepost.domain.retry import POLICIES, Next
from letmepost.platforms.connecting import ConnectedAccount, OAuth
from letmepost.services.accounts import connect
from letmepost.services.accounts.connect import Connected, PreparedFlow
from letmepost.services.accounts.consent_requests import Returned, late_state, unknown_state, used_state
from letmepost.services.accounts.owners import AccountOwner
from letmepost.services.accounts.tokens import FixedCredential
from letmepost.services.platform_access import Access, Worlds
from letmepost.services.platform_clock import PlatformClock, platform_clock
from letmepost.services.work import Work
from letmepost.storage.accounts.consents import ConsentRow

GOOD_FOR = timedelta(minutes=10)
"""How long a person has to consent, and then again to choose."""


async def exchange(prepared: PreparedFlow[Sequence[ConnectedAccount]]) -> list[ConnectedAccount]:
    """Exchange a grant for its accounts: at least one, without duplicates.

    Raises:
        PlatformFailure: the platform refused the grant, was unreachable, or granted no account.
    """
    each = {one.platform_account_id: one for one in await connect.run(prepared)}
    if not each:
        raise _no_account(prepared.access.platform.name)
    return list(each.values())


async def offer(work: Work, row: ConsentRow, found: Sequence[ConnectedAccount]) -> None:
    """Store several accounts until a person has chosen."""
    await work.consents.offer(row.id, found, work.now() + GOOD_FOR)


async def store(work: Work, row: ConsentRow, chosen: Sequence[ConnectedAccount]) -> list[Connected]:
    """Store the accounts, and finish the hosted session of the consent.

    Raises:
        InvalidRequest: that session has ended, or the tenant is being removed.
        StateForbids: an account belongs to another profile.
    """
    if not await work.organization.hold():
        raise unknown_state()  # the tenant was removed in the meantime; no row of it may be created
    session = None if row.session_id is None else await work.connect_sessions.find(row.session_id, lock=True)
    if session is not None and session.status != "open":
        raise used_state()
    external_user_id = None if session is None else session.external_user_id
    owner = AccountOwner(profile_id=row.profile_id, external_user_id=external_user_id)
    made = await connect.store(work, row.platform, chosen, owner)
    if session is not None:
        account_ids = [one.account.id for one in made]
        await work.connect_sessions.finish(session.id, "connected", work.now(), account_ids=account_ids)
    return made


async def choices(work: Work, session_id: UUID) -> list[ConnectedAccount]:
    """Return the accounts to choose from on a hosted page; none if no choice is pending."""
    row = await work.consents.find_choice(session_id, work.now())
    return [] if row is None else await work.consents.offered(row.id)


@dataclass(frozen=True, slots=True)
class Choice:
    """Accounts that were chosen of those that a consent offers, before they are connected."""

    access: Access
    accounts: Sequence[ConnectedAccount]
    time: PlatformClock


async def prepare_choice(work: Work, access: Access, row: ConsentRow, account_ids: Collection[str] | None) -> Choice:
    """Return the chosen accounts of those that a consent offers. Raises as `pick`."""
    return Choice(access, pick(await work.consents.offered(row.id), account_ids), await platform_clock(work))


async def check_choice(choice: Choice) -> None:
    """Check that the platform still accepts the credential of each account: minutes have passed since the consent.

    Raises:
        PlatformFailure: InputRefused if it does not accept one. Otherwise the platform could not be reached.
    """
    platform = choice.access.platform
    if platform.check_costs_money:
        return
    for account in choice.accounts:
        credentials = FixedCredential(account.credential)
        flow = platform.check(_facts(account), choice.access.settings)
        try:
            await connect.run(PreparedFlow(choice.access, flow, choice.time), credentials)
        except PlatformFailure as failure:
            if POLICIES[failure.kind].next is Next.TRY_AGAIN:
                raise
            raise _lost(account, failure) from failure


async def prepare_session_choice(work: Work, worlds: Worlds, session_id: UUID, account_ids: Collection[str]) -> Choice:
    """Return the accounts that were chosen on a hosted page.

    Raises:
        InvalidRequest: no choice is pending, or `account_ids` is empty or contains an account that was not offered.
    """
    row = await work.consents.find_choice(session_id, work.now())
    if row is None:
        raise late_state()
    access = worlds.access_to_connect(row.platform, work.tenant.mode, work.tenant.organization_id)
    return await prepare_choice(work, access, row, account_ids)


async def choose(work: Work, session_id: UUID, account_ids: Collection[str]) -> list[Connected]:
    """Connect the accounts that were chosen on a hosted page.

    Raises:
        InvalidRequest: no choice is pending, or `account_ids` is empty or contains an account that was not offered.
        StateForbids: an account belongs to another profile.
    """
    row = await work.consents.find_choice(session_id, work.now())
    if row is None:
        raise late_state()
    return await store(work, row, await take_chosen(work, row, account_ids))


async def take_chosen(work: Work, row: ConsentRow, account_ids: Collection[str] | None) -> list[ConnectedAccount]:
    """Return the chosen accounts of those that a consent offers, and end the consent. Raises as `pick`."""
    chosen = pick(await work.consents.offered(row.id), account_ids)
    await work.consents.end(row.id)
    return chosen


async def end_session(work: Work, session_id: UUID, returned: Returned, error: PlatformFailure | RequestError) -> None:
    """Record that a hosted session ended without an account, and why."""
    session = await work.connect_sessions.find(session_id, lock=True)
    if session is not None and session.status == "open":
        status = "cancelled" if returned.is_denied else "failed"
        await work.connect_sessions.finish(session_id, status, work.now(), error=_stored_error(error))


def oauth_of(access: Access) -> OAuth:
    """Return the OAuth flows of the platform.

    Raises:
        InvalidRequest: the platform's accounts are connected by credentials.
    """
    if access.platform.oauth is None:
        raise refusals.connect.TYPED(title=access.platform.title, platform=access.platform.name)
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
        raise refusals.connect.CHOOSE(count=len(shown), detail={"candidates": shown})
    chosen = [one for one in found if one.platform_account_id in account_ids]
    if not chosen or len(chosen) != len(set(account_ids)):
        raise refusals.connect.ACCOUNT_IDS(field="accountIds")
    return chosen


def _facts(account: ConnectedAccount) -> AccountFacts:
    return AccountFacts(platform_account_id=account.platform_account_id, handle=account.handle, data=account.data)


def _lost(account: ConnectedAccount, failure: PlatformFailure) -> PlatformFailure:
    """Return the error of a chosen account whose credential is no longer accepted."""
    name = account.display_name or account.handle or account.platform_account_id
    lost = refusals.connect.ACCOUNT_LOST(account=name, reason=failure.message, response=failure.response)
    lost.platform = failure.platform
    return lost


def _no_account(platform: str) -> PlatformFailure:
    """Return the error of a consent that granted no account."""
    failure = refusals.connect.NO_ACCOUNT()
    failure.platform = platform
    return failure


def _stored_error(error: PlatformFailure | RequestError) -> dict[str, Any]:
    """Return an error as a hosted session stores it, without the platform's response."""
    code = POLICIES[error.kind].code if isinstance(error, PlatformFailure) else error.code
    fields = {"code": code, "message": error.message, "rule": error.rule, "remediation": error.remediation}
    return {name: value for name, value in fields.items() if value is not None}
