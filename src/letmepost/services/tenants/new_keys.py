"""New API keys: what is asked for, and how the row and the text of a key are made."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from letmepost.domain.api_keys import ENTROPY_BYTES, Mode, Scope, mint
from letmepost.gateways.clock import Clock
from letmepost.services.callers import new_id
from letmepost.storage.sealing import Keyring
from letmepost.storage.tenants.api_keys import ApiKeyRow


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRequest:
    """A request for a key. What is None is omitted."""

    name: str
    mode: Mode
    scopes: frozenset[Scope] | None = None
    profile_id: UUID | None = None
    expires_at: datetime | None = None
    requests_per_minute: int | None = None


@dataclass(frozen=True, slots=True)
class MintedKey:
    """A new key. Its text is shown only once."""

    row: ApiKeyRow
    key: str = field(repr=False)


def make_key(
    clock: Clock,
    organization_id: UUID,
    wanted: KeyRequest,
    scopes: frozenset[Scope],
    profile_id: UUID | None,
) -> MintedKey:
    """Make a key, without storing it."""
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
    """Return the hash that a key is stored as."""
    return keyring.hashes("api-key", key.encode())[0]


def facts_of(key: ApiKeyRow) -> dict[str, object]:
    """Return what the audit log says about a key."""
    return {"name": key.name, "mode": key.mode, "scopes": sorted(key.scopes)}
