"""Keys: who may call, and as whom."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from letmepost.domain.api_keys import ENTROPY_BYTES, Mode, Scope, mint, parse
from letmepost.domain.errors import InvalidRequest, NotFound, StateForbids, Unauthenticated, Unauthorized
from letmepost.domain.ids import Prefix, spell
from letmepost.gateways.clock import Clock
from letmepost.services.audit import Action, record
from letmepost.services.callers import Caller, new_id
from letmepost.services.idempotency import Answer, Idempotency, Once
from letmepost.storage.api_keys import ApiKeyRepository, ApiKeyRow, EveryTenantKeys
from letmepost.storage.database import Database
from letmepost.storage.organizations import OrganizationRepository
from letmepost.storage.profiles import ProfileRepository
from letmepost.storage.sealing import Keyring

REVOCATION_LAG_S = 1.0
"""How long a process may go on believing in a key: revocation takes effect within it."""
_REMEMBERED_KEYS = 10_000
_USE_NOTED_EVERY_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRequest:
    """A key that someone wants."""

    name: str
    mode: Mode
    scopes: frozenset[Scope] | None = None
    profile_id: UUID | None = None
    expires_at: datetime | None = None
    requests_per_minute: int | None = None


@dataclass(frozen=True, slots=True)
class MintedKey:
    """A new key, the only time that it is shown."""

    row: ApiKeyRow
    key: str = field(repr=False)


class ApiKeys:
    """Mints, lists and revokes keys, and recognises presented ones."""

    def __init__(self, database: Database, keyring: Keyring, clock: Clock, idempotency: Idempotency) -> None:
        self._database = database
        self._keyring = keyring
        self._clock = clock
        self._idempotency = idempotency
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
        """A key with at most the caller's own rights.

        Raises:
            Unauthorized: it would have more.
            InvalidRequest: there is no such profile.
        """
        profile_id = caller.narrow(wanted.profile_id)
        scopes = wanted.scopes or caller.scopes
        if not scopes <= caller.scopes or (caller.mode is Mode.TEST and wanted.mode is Mode.LIVE):
            raise _escalation()
        async with self._database.tenant(caller.tenant) as connection:
            await self._idempotency.take(connection, caller, once.claim)
            profiles = ProfileRepository(connection, caller.tenant)
            if profile_id is not None and await profiles.find(profile_id) is None:
                raise InvalidRequest("There is no such profile.", rule="profileId")
            minted = make_key(self._clock, caller.organization_id, wanted, scopes, profile_id)
            keys = ApiKeyRepository(connection, caller.tenant)
            await keys.create(minted.row, hash_key(self._keyring, minted.key))
            subject = spell(Prefix.API_KEY, minted.row.id)
            await record(connection, self._clock, caller, Action.KEY_MINTED, subject, **facts_of(minted.row))
            return await self._idempotency.answer(connection, caller, once, minted)

    async def list_keys(self, caller: Caller) -> list[ApiKeyRow]:
        """The caller's world of keys: a test key sees test keys, a profile's key that profile's."""
        mode = Mode.TEST if caller.mode is Mode.TEST else None
        async with self._database.tenant(caller.tenant) as connection:
            keys = ApiKeyRepository(connection, caller.tenant)
            return await keys.list_all(mode=mode, profile_id=caller.profile_id)

    async def revoke(self, caller: Caller, key_id: UUID, once: Once[ApiKeyRow]) -> Answer:
        """End a key, on every process within a second.

        Raises:
            NotFound: there is none that the caller can see.
        """
        async with self._database.tenant(caller.tenant) as connection:
            await self._idempotency.take(connection, caller, once.claim)
            keys = ApiKeyRepository(connection, caller.tenant)
            row = await keys.find(key_id)
            if row is None or not _is_visible(row, caller):
                raise NotFound("API key")
            await keys.revoke(key_id, self._clock.now())
            row = await keys.find(key_id) or row
            subject = spell(Prefix.API_KEY, key_id)
            await record(connection, self._clock, caller, Action.KEY_REVOKED, subject, **facts_of(row))
            return await self._idempotency.answer(connection, caller, once, row)

    async def rotate(self, caller: Caller, key_id: UUID, overlap: timedelta, once: Once[MintedKey]) -> Answer:
        """A new key with the rights of an old one, which ends after `overlap`.

        Raises:
            NotFound: there is none that the caller can see.
            Unauthorized: it has more rights than the caller.
            StateForbids: it has ended.
        """
        now = self._clock.now()
        async with self._database.tenant(caller.tenant) as connection:
            await self._idempotency.take(connection, caller, once.claim)
            keys = ApiKeyRepository(connection, caller.tenant)
            old = await keys.find(key_id)
            if old is None or not _is_visible(old, caller):
                raise NotFound("API key")
            if not _is_alive(old, now):
                raise StateForbids("The key has ended.", rule="api_key.ended", remediation="Mint a new one.")
            if not old.scopes <= caller.scopes:
                raise _escalation()
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


def make_key(
    clock: Clock,
    organization_id: UUID,
    wanted: KeyRequest,
    scopes: frozenset[Scope],
    profile_id: UUID | None,
) -> MintedKey:
    """A key that is not stored yet."""
    key = mint(wanted.mode, clock.entropy(ENTROPY_BYTES))
    row = ApiKeyRow(
        id=new_id(clock),
        organization_id=organization_id,
        mode=wanted.mode,
        profile_id=profile_id,
        name=wanted.name,
        last4=key[-4:],
        scopes=scopes,
        requests_per_minute=wanted.requests_per_minute,
        created_at=clock.now(),
        expires_at=wanted.expires_at,
        last_used_at=None,
        revoked_at=None,
    )
    return MintedKey(row, key)


def hash_key(keyring: Keyring, key: str) -> bytes:
    """What a key is stored as."""
    return keyring.hashes("api-key", key.encode())[0]


def facts_of(key: ApiKeyRow) -> dict[str, object]:
    """What the record of changes says of a key."""
    return {"name": key.name, "mode": key.mode, "scopes": sorted(key.scopes)}


def _escalation() -> Unauthorized:
    return Unauthorized(
        "A key cannot mint a key with more rights than its own.",
        rule="api_key.escalation",
        remediation="Ask for fewer scopes, or use a key that has them.",
    )


def _is_alive(row: ApiKeyRow, now: datetime) -> bool:
    return row.revoked_at is None and (row.expires_at is None or now < row.expires_at)


def _is_visible(row: ApiKeyRow, caller: Caller) -> bool:
    of_profile = caller.profile_id is None or row.profile_id == caller.profile_id
    return of_profile and (caller.mode is Mode.LIVE or row.mode is Mode.TEST)
