"""Keys: who may call, and as whom."""

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from letmepost.domain.api_keys import Mode, parse
from letmepost.domain.errors import InvalidRequest, NotFound, StateForbids, Unauthenticated, Unauthorized
from letmepost.domain.ids import Prefix, spell
from letmepost.domain.key_rights import KeyRights
from letmepost.gateways.clock import Clock
from letmepost.services.audit import record
from letmepost.services.callers import Caller
from letmepost.services.idempotency import Answer
from letmepost.services.old_idempotency import OldIdempotency, Once
from letmepost.services.tenants.new_keys import KeyRequest, MintedKey, facts_of, hash_key, make_key
from letmepost.storage.database import Connection, Database
from letmepost.storage.sealing import Keyring
from letmepost.storage.tenants.api_keys import ApiKeyRepository, ApiKeyRow, EveryTenantKeys
from letmepost.storage.tenants.audit import Action
from letmepost.storage.tenants.organizations import OrganizationRepository
from letmepost.storage.tenants.profiles import ProfileRepository

REVOCATION_LAG_S = 1.0
"""How long a process may go on believing in a key: revocation takes effect within it."""
_REMEMBERED_KEYS = 10_000
_USE_NOTED_EVERY_S = 60.0


class ApiKeys:
    """Mints, lists and revokes keys, and recognises presented ones."""

    def __init__(
        self,
        *,
        database: Database,
        keyring: Keyring,
        clock: Clock,
        idempotency: OldIdempotency,
        requests_per_minute: int,
        max_count: int,
    ) -> None:
        """Open the keys of every tenant.

        Args:
            requests_per_minute: the limit of a key without its own.
            max_count: keys of an organization that work at the same time. Each has its own rate limit and streams.
        """
        self._database = database
        self._keyring = keyring
        self._clock = clock
        self._idempotency = idempotency
        self._requests_per_minute = requests_per_minute
        self._max_count = max_count
        self._known: dict[str, tuple[float, Caller]] = {}
        self._noted: dict[UUID, float] = {}

    async def authenticate(self, text: str) -> Caller:
        """Whose key this is.

        Raises:
            Unauthenticated: malformed, unknown, expired or revoked.
        """
        parsed = parse(text)
        if parsed is None:
            raise Unauthenticated
        now_s = self._clock.monotonic_s()
        known = self._known.get(text)
        if known is not None and now_s - known[0] < REVOCATION_LAG_S:
            return known[1]
        row = await EveryTenantKeys(self._database).find(self._keyring.hashes("api-key", text.encode()))
        if row is None or row.mode is not parsed.mode or not _is_alive(row, self._clock.now()):
            self._known.pop(text, None)
            raise Unauthenticated
        caller = Caller(
            organization_id=row.organization_id,
            mode=row.mode,
            key_id=row.id,
            profile_id=row.profile_id,
            scopes=row.scopes,
            requests_per_minute=row.requests_per_minute,
        )
        if len(self._known) >= _REMEMBERED_KEYS:
            self._known.clear()
        self._known[text] = (now_s, caller)
        await self._note_use(row.id, now_s)
        return caller

    async def _note_use(self, key_id: UUID, now_s: float) -> None:
        if now_s - self._noted.get(key_id, -_USE_NOTED_EVERY_S) >= _USE_NOTED_EVERY_S:
            self._noted[key_id] = now_s
            await EveryTenantKeys(self._database).touch([key_id], self._clock.now())

    async def mint(self, caller: Caller, wanted: KeyRequest, once: Once[MintedKey]) -> Answer:
        """Create a key with at most the rights of the calling key; what `wanted` omits is taken from that key.

        Raises:
            Unauthorized: the new key would have more rights.
            Unauthenticated: the calling key has been revoked or has expired meanwhile.
            InvalidRequest: the profile does not exist.
            StateForbids: the organization has as many keys as it may have.
        """
        async with self._database.tenant(caller.tenant) as connection:
            await self._idempotency.take(connection, caller, once.claim)
            await _hold_organization(connection, caller)
            keys = ApiKeyRepository(connection, caller.tenant)
            parent, _ = await self._hold(keys, caller)
            request, scopes = _inherit(wanted, parent), wanted.scopes or parent.scopes
            minted = make_key(self._clock, caller.organization_id, request, scopes, request.profile_id)
            if excess := self._rights(minted.row).excess_over(self._rights(parent)):
                raise _escalation(f"A key cannot create a key with more rights than its own: {excess}.")
            profiles = ProfileRepository(connection, caller.tenant)
            if request.profile_id is not None and await profiles.find(request.profile_id) is None:
                raise InvalidRequest("There is no such profile.", rule="profileId")
            await self._check_count(keys)
            await keys.create(minted.row, hash_key(self._keyring, minted.key))
            subject = spell(Prefix.API_KEY, minted.row.id)
            await record(connection, self._clock, caller, Action.KEY_MINTED, subject, **facts_of(minted.row))
            return await self._idempotency.answer(connection, caller, once, minted)

    async def list_page(self, caller: Caller, *, before: UUID | None, limit: int) -> list[ApiKeyRow]:
        """Return keys that the caller can see, newest first, below `before`.

        A test key sees test keys, a key of one profile the keys of that profile.
        """
        mode = Mode.TEST if caller.mode is Mode.TEST else None
        async with self._database.tenant(caller.tenant) as connection:
            keys = ApiKeyRepository(connection, caller.tenant)
            return await keys.list_page(mode=mode, profile_id=caller.profile_id, before=before, limit=limit)

    async def revoke(self, caller: Caller, key_id: UUID, once: Once[ApiKeyRow]) -> Answer:
        """Revoke a key. It stops working on every process within one second.

        Raises:
            NotFound: the caller sees no such key.
            Unauthorized: the key has more rights than the calling key.
            Unauthenticated: the calling key has been revoked or has expired meanwhile.
        """
        async with self._database.tenant(caller.tenant) as connection:
            await self._idempotency.take(connection, caller, once.claim)
            keys = ApiKeyRepository(connection, caller.tenant)
            row = await self._hold_target(keys, caller, key_id)
            await keys.revoke(key_id, self._clock.now())
            row = await keys.find(key_id) or row
            subject = spell(Prefix.API_KEY, key_id)
            await record(connection, self._clock, caller, Action.KEY_REVOKED, subject, **facts_of(row))
            return await self._idempotency.answer(connection, caller, once, row)

    async def rotate(self, caller: Caller, key_id: UUID, overlap: timedelta, once: Once[MintedKey]) -> Answer:
        """Create a successor with the rights of a key, expiry included. The old key ends after `overlap`, or earlier.

        Raises:
            NotFound: the caller sees no such key.
            Unauthorized: the key has more rights than the calling key.
            Unauthenticated: the calling key has been revoked or has expired meanwhile.
            StateForbids: the key has been revoked or has expired; or the organization has too many keys for an overlap.
        """
        async with self._database.tenant(caller.tenant) as connection:
            await self._idempotency.take(connection, caller, once.claim)
            await _hold_organization(connection, caller)
            keys = ApiKeyRepository(connection, caller.tenant)
            old = await self._hold_target(keys, caller, key_id)
            now = self._clock.now()
            if not _is_alive(old, now):
                raise StateForbids("The key has ended.", rule="api_key.ended", remediation="Mint a new one.")
            if overlap:  # without one, the successor takes the place of the old key
                await self._check_count(keys)
            wanted = KeyRequest(
                name=old.name, mode=old.mode, requests_per_minute=old.requests_per_minute, expires_at=old.expires_at
            )
            minted = make_key(self._clock, caller.organization_id, wanted, old.scopes, old.profile_id)
            await keys.create(minted.row, hash_key(self._keyring, minted.key))
            await keys.expire(key_id, now + overlap)
            subject, successor = spell(Prefix.API_KEY, key_id), spell(Prefix.API_KEY, minted.row.id)
            facts = {**facts_of(old), "successor": successor}
            await record(connection, self._clock, caller, Action.KEY_ROTATED, subject, **facts)
            return await self._idempotency.answer(connection, caller, once, minted)

    async def _hold(
        self, keys: ApiKeyRepository, caller: Caller, key_id: UUID | None = None
    ) -> tuple[ApiKeyRow, ApiKeyRow | None]:
        """Lock the calling key, and another one if given, until the transaction ends.

        Within `REVOCATION_LAG_S` a process still accepts a revoked key, so the row decides here.
        """
        held = await keys.hold({caller.key_id} if key_id is None else {caller.key_id, key_id})
        own = held.get(caller.key_id)
        if own is None or not _is_alive(own, self._clock.now()):
            raise Unauthenticated
        return own, None if key_id is None else held.get(key_id)

    async def _hold_target(self, keys: ApiKeyRepository, caller: Caller, key_id: UUID) -> ApiKeyRow:
        own, target = await self._hold(keys, caller, key_id)
        if target is None or not _is_visible(target, caller):
            raise NotFound("API key")
        if excess := self._rights(target).excess_over(self._rights(own)):
            shown = spell(Prefix.API_KEY, key_id)
            raise _escalation(f"A key cannot revoke or rotate a key with more rights than its own. {shown}: {excess}.")
        return target

    async def _check_count(self, keys: ApiKeyRepository) -> None:
        if await keys.count_working(self._clock.now()) >= self._max_count:
            raise StateForbids(
                f"The organization has {self._max_count} working API keys, the most allowed.",
                rule="api_keys.max",
                remediation="Revoke a key that is not used.",
            )

    def _rights(self, row: ApiKeyRow) -> KeyRights:
        return KeyRights(
            scopes=row.scopes,
            mode=row.mode,
            profile_id=row.profile_id,
            expires_at=row.expires_at,
            requests_per_minute=row.requests_per_minute or self._requests_per_minute,
        )

    async def describe(self, caller: Caller) -> tuple[str, ApiKeyRow]:
        """The caller's organization's name, and its key.

        Raises:
            NotFound: it was deleted a moment ago.
        """
        async with self._database.tenant(caller.tenant) as connection:
            name = await OrganizationRepository(connection, caller.tenant).find_name()
            key = await ApiKeyRepository(connection, caller.tenant).find(caller.key_id)
        if name is None or key is None:
            raise NotFound("API key")
        return name, key


async def _hold_organization(connection: Connection, caller: Caller) -> None:
    """Keep the organization from being deleted before the new key is stored: deleting it revokes every key."""
    if not await OrganizationRepository(connection, caller.tenant).hold():
        raise Unauthenticated


def _inherit(wanted: KeyRequest, parent: ApiKeyRow) -> KeyRequest:
    """Take what is omitted from the parent. Without a limit of its own, both have the deployment's default."""
    return replace(
        wanted,
        profile_id=wanted.profile_id or parent.profile_id,
        expires_at=wanted.expires_at or parent.expires_at,
        requests_per_minute=wanted.requests_per_minute or parent.requests_per_minute,
    )


def _escalation(message: str) -> Unauthorized:
    return Unauthorized(
        message,
        rule="api_key.escalation",
        remediation="Ask for less, or call with a key that has these rights.",
    )


def _is_alive(row: ApiKeyRow, now: datetime) -> bool:
    return row.revoked_at is None and (row.expires_at is None or now < row.expires_at)


def _is_visible(row: ApiKeyRow, caller: Caller) -> bool:
    of_profile = caller.profile_id is None or row.profile_id == caller.profile_id
    return of_profile and (caller.mode is Mode.LIVE or row.mode is Mode.TEST)
