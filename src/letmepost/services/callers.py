"""Callers: the API keys behind requests."""

from dataclasses import dataclass
from uuid import UUID

from letmepost.domain import refusals
from letmepost.domain.api_keys import Mode, Scope
from letmepost.domain.ids import uuid7
from letmepost.gateways.clock import Clock
from letmepost.storage.database import Tenant


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """The API key behind a request, with its tenant, mode, scopes and, for some keys, one profile."""

    organization_id: UUID
    mode: Mode
    key_id: UUID
    profile_id: UUID | None
    scopes: frozenset[Scope]
    requests_per_minute: int | None

    @property
    def tenant(self) -> Tenant:
        """The tenant that the key belongs to."""
        return Tenant(self.organization_id, self.mode)

    def sees(self, profile_id: UUID | None) -> bool:
        """Return True if the caller sees what belongs to this profile; None belongs to no profile."""
        return self.profile_id in {None, profile_id}

    def narrow(self, profile_id: UUID | None) -> UUID | None:
        """Return the profile of a request: the key's own, or the requested one.

        Raises:
            InvalidRequest: the key belongs to another profile.
        """
        if self.profile_id is not None and profile_id not in {None, self.profile_id}:
            raise refusals.keys.PROFILE_SCOPE_MISMATCH()
        return self.profile_id or profile_id


def caller_for_key(tenant: Tenant, key_id: UUID) -> Caller:
    """Return the caller in whose name a browser continues what an API key started. It has no scopes."""
    return Caller(
        organization_id=tenant.organization_id,
        mode=tenant.mode,
        key_id=key_id,
        profile_id=None,
        scopes=frozenset(),
        requests_per_minute=None,
    )


def new_id(clock: Clock) -> UUID:
    """Return a new UUIDv7."""
    return uuid7(int(clock.now().timestamp() * 1000), clock.entropy(10))
