"""Authenticates callers, and mints, lists, rotates and revokes API keys."""

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from letmepost.domain import refusals
from letmepost.domain.api_keys import Mode, parse
from letmepost.domain.errors import RequestError
from letmepost.domain.ids import Prefix, format_id
from letmepost.domain.key_rights import KeyRights
from letmepost.gateways.clock import Clock
from letmepost.services.callers import Caller
from letmepost.services.tenants import profiles
from letmepost.services.tenants.new_keys import KeyRequest, MintedKey, facts_of, make_key
from letmepost.services.work import Work
from letmepost.storage.tenants.api_keys import ApiKeyRow, EveryTenantKeys
from letmepost.storage.tenants.audit import Action

REVOCATION_LAG_S = 1.0
"""How long a process may accept a revoked key."""
_CACHED_KEYS_MAX = 10_000
_USE_RECORDED_EVERY_S = 60.0


class ApiKeys:
    """Authenticates callers, and changes keys within the rights of the calling key."""

    def __init__(self, *, found: EveryTenantKeys, clock: Clock, requests_per_minute: int, max_count: int) -> None:
        """Create it with an empty cache of keys.

        Args:
            requests_per_minute: the limit of a key without its own.
            max_count: the most active keys of an organization. Each has its own rate limit and streams.
        """
        self._found = found
        self._clock = clock
        self._requests_per_minute = requests_per_minute
        self._max_count = max_count
        self._known: dict[str, tuple[float, Caller]] = {}
        self._recorded: dict[UUID, float] = {}

    async def authenticate(self, text: str) -> Caller:
        """Return the caller that a key belongs to.

        Raises:
            Unauthenticated: the key is malformed, unknown, expired or revoked.
        """
        now_s = self._clock.monotonic_s()
        known = self._known.get(text)
        if known is not None and now_s - known[0] < REVOCATION_LAG_S:
            return known[1]
        parsed = parse(text)
        if parsed is None:
            raise refusals.keys.API_KEY_INVALID()
        row = await self._found.find(text)
        if row is None or row.mode is not parsed.mode or not _is_active(row, self._clock.now()):
            self._known.pop(text, None)
            raise refusals.keys.API_KEY_INVALID()
        caller = Caller(
            organization_id=row.organization_id,
            mode=row.mode,
            key_id=row.id,
            profile_id=row.profile_id,
            scopes=row.scopes,
            requests_per_minute=row.requests_per_minute,
        )
        if len(self._known) >= _CACHED_KEYS_MAX:
            self._known.clear()
        self._known[text] = (now_s, caller)
        await self._record_use(row.id, now_s)
        return caller

    async def _record_use(self, key_id: UUID, now_s: float) -> None:
        if now_s - self._recorded.get(key_id, -_USE_RECORDED_EVERY_S) >= _USE_RECORDED_EVERY_S:
            self._recorded[key_id] = now_s
            await self._found.touch([key_id], self._clock.now())

    async def mint(self, work: Work, wanted: KeyRequest) -> MintedKey:
        """Create a key with at most the rights of the calling key. Rights that `wanted` omits are inherited from it.

        Raises:
            Unauthorized: the new key would have more rights.
            Unauthenticated: the calling key was revoked or has expired in the meantime.
            InvalidRequest: the profile does not exist.
            StateForbids: the organization has reached its limit of keys.
        """
        await _hold_organization(work)
        parent, _ = await _hold(work)
        request, scopes = _inherit(wanted, parent), wanted.scopes or parent.scopes
        minted = make_key(work, request, scopes, request.profile_id)
        if excess := self._rights(minted.row).excess_over(self._rights(parent)):
            raise _escalation(f"A key cannot create a key with more rights than its own: {excess}.")
        if request.profile_id is not None:
            await profiles.find_named(work, request.profile_id)
        await self._check_count(work)
        await work.api_keys.create(minted.row, minted.key)
        await work.record(Action.KEY_MINTED, format_id(Prefix.API_KEY, minted.row.id), **facts_of(minted.row))
        return minted

    async def revoke(self, work: Work, key_id: UUID) -> ApiKeyRow:
        """Revoke a key. It stops working on every process within one second.

        Raises:
            NotFound: the caller sees no such key.
            Unauthorized: the key has more rights than the calling key.
            Unauthenticated: the calling key was revoked or has expired in the meantime.
        """
        row = await self._hold_target(work, key_id)
        await work.api_keys.revoke(key_id, work.now())
        row = await work.api_keys.find(key_id) or row
        await work.record(Action.KEY_REVOKED, format_id(Prefix.API_KEY, key_id), **facts_of(row))
        return row

    async def rotate(self, work: Work, key_id: UUID, overlap: timedelta) -> MintedKey:
        """Create a successor with the rights of a key, expiry included. The old key ends after `overlap`, or earlier.

        Raises:
            NotFound: the caller sees no such key.
            Unauthorized: the key has more rights than the calling key.
            Unauthenticated: the calling key was revoked or has expired in the meantime.
            StateForbids: the key has been revoked or has expired; or the organization has too many keys for an overlap.
        """
        await _hold_organization(work)
        old = await self._hold_target(work, key_id)
        if not _is_active(old, work.now()):
            raise refusals.keys.API_KEY_ENDED()
        if overlap:  # without one, the successor takes the place of the old key
            await self._check_count(work)
        wanted = KeyRequest(
            name=old.name, mode=old.mode, requests_per_minute=old.requests_per_minute, expires_at=old.expires_at
        )
        minted = make_key(work, wanted, old.scopes, old.profile_id)
        await work.api_keys.create(minted.row, minted.key)
        await work.api_keys.expire(key_id, work.now() + overlap)
        facts = {**facts_of(old), "successor": format_id(Prefix.API_KEY, minted.row.id)}
        await work.record(Action.KEY_ROTATED, format_id(Prefix.API_KEY, key_id), **facts)
        return minted

    async def _hold_target(self, work: Work, key_id: UUID) -> ApiKeyRow:
        own, target = await _hold(work, key_id)
        if target is None or not _is_visible(target, work.caller):
            raise refusals.requests.not_found(Prefix.API_KEY, key_id)
        if excess := self._rights(target).excess_over(self._rights(own)):
            shown = format_id(Prefix.API_KEY, key_id)
            raise _escalation(f"A key cannot revoke or rotate a key with more rights than its own. {shown}: {excess}.")
        return target

    async def _check_count(self, work: Work) -> None:
        if await work.api_keys.count_working(work.now()) >= self._max_count:
            raise refusals.keys.API_KEYS_MAX(count=self._max_count)

    def _rights(self, row: ApiKeyRow) -> KeyRights:
        return KeyRights(
            scopes=row.scopes,
            mode=row.mode,
            profile_id=row.profile_id,
            expires_at=row.expires_at,
            requests_per_minute=row.requests_per_minute or self._requests_per_minute,
        )


async def list_page(work: Work, *, before: UUID | None, limit: int) -> list[ApiKeyRow]:
    """Return keys that the caller can see, newest first, below `before`.

    A test key sees test keys, a key of one profile the keys of that profile.
    """
    mode = Mode.TEST if work.caller.mode is Mode.TEST else None
    return await work.api_keys.list_page(mode=mode, profile_id=work.caller.profile_id, before=before, limit=limit)


async def describe(work: Work) -> tuple[str, ApiKeyRow]:
    """Return the name of the caller's organization, and the caller's key.

    Raises:
        NotFound: the organization was just removed.
    """
    name = await work.organization.find_name()
    key = await work.api_keys.find(work.caller.key_id)
    if name is None or key is None:
        raise refusals.requests.not_found(Prefix.API_KEY, work.caller.key_id)
    return name, key


async def _hold(work: Work, key_id: UUID | None = None) -> tuple[ApiKeyRow, ApiKeyRow | None]:
    """Lock the calling key, and another one if given, until the transaction ends.

    Within `REVOCATION_LAG_S` a process still accepts a revoked key, so the row decides here.
    """
    own_id = work.caller.key_id
    held = await work.api_keys.hold({own_id} if key_id is None else {own_id, key_id})
    own = held.get(own_id)
    if own is None or not _is_active(own, work.now()):
        raise refusals.keys.API_KEY_INVALID()
    return own, None if key_id is None else held.get(key_id)


async def _hold_organization(work: Work) -> None:
    """Keep the organization from being deleted before the new key is stored: deleting it revokes every key."""
    if not await work.organization.hold():
        raise refusals.keys.API_KEY_INVALID()


def _inherit(wanted: KeyRequest, parent: ApiKeyRow) -> KeyRequest:
    """Fill omitted fields from the parent. Without a rate limit, both keys have the default of the deployment."""
    return replace(
        wanted,
        profile_id=wanted.profile_id or parent.profile_id,
        expires_at=wanted.expires_at or parent.expires_at,
        requests_per_minute=wanted.requests_per_minute or parent.requests_per_minute,
    )


def _escalation(message: str) -> RequestError:
    return refusals.keys.API_KEY_ESCALATION(message=message)


def _is_active(row: ApiKeyRow, now: datetime) -> bool:
    return row.revoked_at is None and (row.expires_at is None or now < row.expires_at)


def _is_visible(row: ApiKeyRow, caller: Caller) -> bool:
    return caller.sees(row.profile_id) and (caller.mode is Mode.LIVE or row.mode is Mode.TEST)
