"""Accounts, keys, webhook endpoints, media, organizations."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from letmepost.domain.api_keys import EVERY_SCOPE, Mode, Scope
from letmepost.domain.ids import Prefix, spell
from letmepost.http.schemas.base import Body, GivenMoment, Left, Moment, View, find_id
from letmepost.services.api_keys import KeyRequest, MintedKey
from letmepost.services.webhooks import EndpointRequest, Tested
from letmepost.storage.accounts import AccountRow
from letmepost.storage.endpoints import EndpointRow
from letmepost.storage.media import MediaRow
from letmepost.storage.organizations import ApiKeyRow, OrganizationRow, ProfileRow


class AccountView(View):
    """A connected account."""

    id: str
    profile_id: str
    platform: str
    platform_account_id: str
    handle: Left[str] = None
    display_name: str | None
    avatar_url: Left[str] = None
    status: str
    scopes: Sequence[str]
    token_expires_at: Moment | None
    created_at: Moment
    updated_at: Moment

    @classmethod
    def of(cls, row: AccountRow) -> "AccountView":
        """Show an account."""
        return cls(
            id=spell(Prefix.ACCOUNT, row.id),
            profile_id=spell(Prefix.PROFILE, row.profile_id),
            platform=row.platform,
            platform_account_id=row.platform_account_id,
            handle=row.handle,
            display_name=row.display_name,
            avatar_url=row.avatar_url,
            status=row.status,
            scopes=row.scopes,
            token_expires_at=row.token_expires_at,
            created_at=row.created_at,
            updated_at=row.updated_at,
        )


class AccountList(View):
    """Every account that the key can see."""

    data: Sequence[AccountView]


class ConnectDescriptor(View):
    """How an account is connected: the JSON Schema of what to send to `complete`."""

    platform: str
    state: Literal["stable"] = "stable"
    descriptor: Mapping[str, Any]


class StartConnect(Body):
    """Under which profile an account is to be connected."""

    profile_id: str | None = None


class Deleted(View):
    """It is gone."""

    id: str
    deleted: Literal[True] = True


class CreateSandboxAccount(Body):
    """A simulated account, and how it behaves."""

    platform: str
    scenario: str = "ok"


class SandboxPosts(View):
    """What followers of simulated accounts would see, oldest first."""

    data: Sequence[Mapping[str, Any]]


def _without_star(scopes: Any) -> Any:
    return sorted(EVERY_SCOPE) if scopes == ["*"] else scopes


class CreateKey(Body):
    """A key. `scopes` empty or left out: all of the creator's rights."""

    name: str = Field(min_length=1, max_length=100)
    prefix: Literal["lmp_live_", "lmp_test_"] | None = None
    scopes: Annotated[Sequence[Scope], BeforeValidator(_without_star)] = Field(
        default=(), description="`*` stands for all of them."
    )
    profile_id: str | None = None
    expires_at: GivenMoment | None = None
    requests_per_minute: int | None = Field(default=None, ge=1, le=1_000_000)

    def to_request(self, mode: Mode) -> KeyRequest:
        """For the use cases; without a prefix, of the caller's own mode."""
        return KeyRequest(
            name=self.name,
            mode=mode if self.prefix is None else Mode(self.prefix.split("_")[1]),
            scopes=frozenset(self.scopes) or None,
            profile_id=None if self.profile_id is None else find_id(Prefix.PROFILE, self.profile_id),
            expires_at=self.expires_at,
            requests_per_minute=self.requests_per_minute,
        )


class KeyView(View):
    """A key, without what makes it one."""

    id: str
    name: str
    prefix: str
    last4: str
    scopes: Sequence[str]
    profile_id: str | None
    created_at: Moment
    expires_at: Left[Moment] = None
    last_used_at: Moment | None
    revoked_at: Moment | None

    @classmethod
    def fields(cls, row: ApiKeyRow) -> dict[str, Any]:
        """What is shown of a key."""
        return {
            "id": spell(Prefix.API_KEY, row.id),
            "name": row.name,
            "prefix": row.mode.key_prefix,
            "last4": row.last4,
            "scopes": sorted(row.scopes),
            "profile_id": None if row.profile_id is None else spell(Prefix.PROFILE, row.profile_id),
            "created_at": row.created_at,
            "expires_at": row.expires_at,
            "last_used_at": row.last_used_at,
            "revoked_at": row.revoked_at,
        }

    @classmethod
    def of(cls, row: ApiKeyRow) -> "KeyView":
        """Show a key."""
        return cls(**cls.fields(row))


class NewKeyView(KeyView):
    """A new key, the only time that it is shown."""

    key: str

    @classmethod
    def minted(cls, minted: MintedKey) -> "NewKeyView":
        """Show a new key."""
        return cls(**cls.fields(minted.row), key=minted.key)


class KeyList(View):
    """The keys that the key can see, newest first."""

    data: Sequence[KeyView]


class Overlap(Body):
    """How long an old secret goes on working beside its successor."""

    overlap_hours: int = Field(default=24, ge=0, le=168)


class Named(View):
    """Something with a name."""

    id: str
    name: str


class Me(View):
    """What a key is and may do."""

    organization: Named
    mode: Mode
    key: KeyView


class NameProfile(Body):
    """A profile's name."""

    name: str = Field(min_length=1, max_length=100)


class ProfileView(View):
    """A group of accounts."""

    id: str
    name: str
    is_default: bool
    created_at: Moment

    @classmethod
    def of(cls, row: ProfileRow) -> "ProfileView":
        """Show a profile."""
        return cls(
            id=spell(Prefix.PROFILE, row.id), name=row.name, is_default=row.is_default, created_at=row.created_at
        )


class ProfileList(View):
    """The profiles that the key can see, oldest first."""

    data: Sequence[ProfileView]


class CreateEndpoint(Body):
    """Where to send which events; an empty list means all."""

    url: str = Field(max_length=2048)
    events: Sequence[str] = ()
    description: str | None = Field(default=None, max_length=500)

    def to_request(self) -> EndpointRequest:
        """For the use cases."""
        return EndpointRequest(url=self.url, events=self.events, description=self.description, given=frozenset({"url"}))


class ChangeEndpoint(Body):
    """Only what is sent changes."""

    url: str | None = Field(default=None, max_length=2048)
    events: Sequence[str] | None = None
    active: bool | None = None
    description: str | None = Field(default=None, max_length=500)

    def to_request(self) -> EndpointRequest:
        """For the use cases; only a description can be removed by sending null."""
        values = {name: getattr(self, name) for name in self.model_fields_set}
        changed = {name: value for name, value in values.items() if value is not None or name == "description"}
        return EndpointRequest(**changed, given=frozenset(changed))


class EndpointView(View):
    """Who listens, and to what."""

    id: str
    url: str
    events: Sequence[str]
    description: str | None
    active: bool
    last_delivery_at: Moment | None
    last_failure_reason: str | None
    created_at: Moment
    updated_at: Moment

    @classmethod
    def fields(cls, row: EndpointRow) -> dict[str, Any]:
        """What is shown of an endpoint."""
        return {
            "id": spell(Prefix.ENDPOINT, row.id),
            "url": row.url,
            "events": row.events,
            "description": row.description,
            "active": row.active,
            "last_delivery_at": row.last_delivery_at,
            "last_failure_reason": row.last_failure_reason,
            "created_at": row.created_at,
            "updated_at": row.updated_at,
        }

    @classmethod
    def of(cls, row: EndpointRow) -> "EndpointView":
        """Show an endpoint."""
        return cls(**cls.fields(row))


class NewEndpointView(EndpointView):
    """A new endpoint with its signing secret, the only time that it is shown."""

    signing_secret: str


class EndpointList(View):
    """The endpoints that the key can see, newest first."""

    data: Sequence[EndpointView]


class SendTest(Body):
    """The made-up event."""

    type: str = "post.published"
    data: Mapping[str, Any] | None = None


class TestedView(View):
    """How a made-up event was received."""

    delivered: bool
    status: int | None
    duration_ms: int
    response_body: str | None
    delivery_id: str
    non_retryable: bool
    error_name: str | None
    sent_event: Mapping[str, Any]

    @classmethod
    def of(cls, tested: Tested) -> "TestedView":
        """Show how it went. Only 410 ends an endpoint; everything else would be tried again."""
        return cls(
            delivered=tested.is_delivered,
            status=tested.status,
            duration_ms=tested.duration_ms,
            response_body=tested.response_body,
            delivery_id=spell(Prefix.DELIVERY, tested.delivery_id),
            non_retryable=tested.status == 410,
            error_name=tested.error,
            sent_event=tested.sent,
        )


class MediaView(View):
    """An attachment."""

    id: str
    status: str
    content_type: Left[str] = None
    size_bytes: Left[int] = None
    sha256: Left[str] = None
    width: Left[int] = None
    height: Left[int] = None
    duration_s: Left[float] = None
    error: Left[Mapping[str, Any]] = None
    created_at: Moment

    @classmethod
    def of(cls, row: MediaRow) -> "MediaView":
        """Show a medium."""
        return cls(
            id=spell(Prefix.MEDIA, row.id),
            status=row.status,
            content_type=row.content_type,
            size_bytes=row.size_bytes,
            sha256=row.sha256.hex() if row.sha256 else None,
            width=row.width_px,
            height=row.height_px,
            duration_s=row.duration_s,
            error=row.error,
            created_at=row.created_at,
        )


class MediaPage(View):
    """A page of media, newest first."""

    data: Sequence[MediaView]
    next_cursor: str | None


class CreateOrganization(Body):
    """A tenant."""

    name: str = Field(min_length=1, max_length=200)


class OrganizationView(View):
    """A tenant."""

    id: str
    name: str
    created_at: Moment

    @classmethod
    def of(cls, row: OrganizationRow) -> "OrganizationView":
        """Show a tenant."""
        return cls(id=spell(Prefix.ORGANIZATION, row.id), name=row.name, created_at=row.created_at)


class OrganizationList(View):
    """Tenants, newest first."""

    data: Sequence[OrganizationView]


class ReadyView(View):
    """Whether the deployment can publish: of each part `ok`, or what is wrong with it."""

    status: Literal["ready", "not_ready"]
    parts: Mapping[str, str]
