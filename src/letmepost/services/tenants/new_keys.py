"""Creates API keys from requests."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from letmepost.domain.api_keys import ENTROPY_BYTES, Mode, Scope, mint
from letmepost.services.work import Work
from letmepost.storage.tenants.api_keys import ApiKeyRow


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRequest:
    """A request for a key. None: the field was omitted."""

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


def make_key(work: Work, wanted: KeyRequest, scopes: frozenset[Scope], profile_id: UUID | None) -> MintedKey:
    """Return a new key of the tenant, without storing it."""
    key = mint(wanted.mode, work.clock.entropy(ENTROPY_BYTES))
    row = ApiKeyRow(
        id=work.new_id(),
        organization_id=work.tenant.organization_id,
        mode=wanted.mode,
        profile_id=profile_id,
        name=wanted.name,
        last4=key[-4:],
        scopes=scopes,
        requests_per_minute=wanted.requests_per_minute,
        created_at=work.now(),
        expires_at=wanted.expires_at,
        last_used_at=None,
        revoked_at=None,
    )
    return MintedKey(row, key)


def facts_of(key: ApiKeyRow) -> dict[str, object]:
    """Return the facts about a key for the audit log."""
    return {"name": key.name, "mode": key.mode, "scopes": sorted(key.scopes)}
