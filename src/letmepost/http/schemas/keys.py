"""API keys, and what a key may do."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, StrictInt

from letmepost.domain.api_keys import EVERY_SCOPE, Mode, Scope
from letmepost.domain.ids import Prefix, format_id, format_id_if_given
from letmepost.http.schemas.base import Body, DescribedAs, GivenMoment, Left, Moment, View, body_profile_id
from letmepost.services.tenants.new_keys import KeyRequest, MintedKey
from letmepost.storage.tenants.api_keys import ApiKeyRow


def _without_star(scopes: Any) -> Any:
    return sorted(EVERY_SCOPE) if scopes == ["*"] else scopes


class CreateApiKey(Body):
    """A new API key. Without `scopes`, or with an empty list, it has all rights of its creator."""

    name: str = Field(min_length=1, max_length=100)
    prefix: Literal["lmp_live_", "lmp_test_"] | None = None
    scopes: Annotated[Sequence[Scope], BeforeValidator(_without_star)] = Field(
        default=(), description="`*` stands for all of them."
    )
    profile_id: str | None = None
    expires_at: GivenMoment | None = None
    requests_per_minute: StrictInt | None = Field(default=None, ge=1, le=1_000_000)

    def to_request(self, mode: Mode) -> KeyRequest:
        """For the use cases; without a prefix, of the caller's own mode."""
        return KeyRequest(
            name=self.name,
            mode=mode if self.prefix is None else Mode(self.prefix.split("_")[1]),
            scopes=frozenset(self.scopes) or None,
            profile_id=body_profile_id(self.profile_id),
            expires_at=self.expires_at,
            requests_per_minute=self.requests_per_minute,
        )


class ApiKeyView(View):
    """An API key, without the key itself."""

    id: str
    name: str
    prefix: Annotated[str, DescribedAs(Literal["lmp_live_", "lmp_test_"])]
    last4: str
    scopes: Annotated[Sequence[str], DescribedAs(Sequence[Scope])]
    profile_id: str | None
    created_at: Moment
    expires_at: Left[Moment] = None
    last_used_at: Moment | None
    revoked_at: Moment | None

    @classmethod
    def fields(cls, row: ApiKeyRow) -> dict[str, Any]:
        """What is shown of a key."""
        return {
            "id": format_id(Prefix.API_KEY, row.id),
            "name": row.name,
            "prefix": row.mode.key_prefix,
            "last4": row.last4,
            "scopes": sorted(row.scopes),
            "profile_id": format_id_if_given(Prefix.PROFILE, row.profile_id),
            "created_at": row.created_at,
            "expires_at": row.expires_at,
            "last_used_at": row.last_used_at,
            "revoked_at": row.revoked_at,
        }

    @classmethod
    def of(cls, row: ApiKeyRow) -> "ApiKeyView":
        """Show a key."""
        return cls(**cls.fields(row))


class NewApiKeyView(ApiKeyView):
    """A new API key. `key` is shown only in this response."""

    key: str

    @classmethod
    def minted(cls, minted: MintedKey) -> "NewApiKeyView":
        """Show a new key."""
        return cls(**cls.fields(minted.row), key=minted.key)


class ApiKeyPage(View):
    """A page of API keys, newest first."""

    data: Sequence[ApiKeyView]
    next_cursor: str | None


class RotationOverlap(Body):
    """How long the old secret stays valid."""

    overlap_hours: StrictInt = Field(default=24, ge=0, le=168)


class OrganizationReference(View):
    """The id and the name of an organization."""

    id: str
    name: str


class CurrentKey(View):
    """The API key of the request."""

    organization: OrganizationReference
    mode: Mode
    key: ApiKeyView


class RevokedApiKey(View):
    """A revoked API key."""

    id: str
    deleted: Literal[True] = True
    revoked_at: Moment | None

    @classmethod
    def of(cls, row: ApiKeyRow) -> "RevokedApiKey":
        """Show when a key was revoked."""
        return cls(id=format_id(Prefix.API_KEY, row.id), revoked_at=row.revoked_at)
