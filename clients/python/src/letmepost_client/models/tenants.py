"""Organizations, profiles, API keys, quotas and pauses."""

from datetime import datetime

from letmepost_client.models.base import Model


class Profile(Model):
    """A group of accounts."""

    id: str
    name: str
    is_default: bool
    created_at: datetime


class ApiKey(Model):
    """An API key, without the key itself."""

    id: str
    name: str
    prefix: str
    last4: str
    scopes: list[str]
    profile_id: str | None = None
    created_at: datetime
    expires_at: datetime | None = None
    last_used_at: datetime | None = None
    revoked_at: datetime | None = None


class NewApiKey(ApiKey):
    """A new API key. `key` is shown only in this response."""

    key: str


class RevokedApiKey(Model):
    """A revoked API key."""

    id: str
    deleted: bool
    revoked_at: datetime | None = None


class OrganizationReference(Model):
    """The id and the name of an organization."""

    id: str
    name: str


class CurrentKey(Model):
    """The API key of the request."""

    organization: OrganizationReference
    mode: str
    key: ApiKey


class Brand(Model):
    """The brand on hosted pages."""

    name: str | None = None
    logo_url: str | None = None
    color: str | None = None


class LatePolicy(Model):
    """What happens to late posts."""

    within_s: int
    then: str


class Quotas(Model):
    """Quotas. Without a value, there is no limit."""

    posts_per_month: int | None = None
    posts_per_account_day: int | None = None
    media_bytes: int | None = None


class Organization(Model):
    """An organization."""

    id: str
    name: str
    brand: Brand
    return_origins: list[str]
    late: LatePolicy | None = None
    quotas: Quotas
    created_at: datetime


class UsageCap(Model):
    """A limit, and how much of it is used."""

    name: str
    account_id: str | None = None
    used: int
    limit: int
    left: int
    resets_at: datetime | None = None


class PlatformThrottle(Model):
    """A platform that accepts no posts at the moment, according to its responses. Posts wait until it does."""

    platform: str
    account_id: str | None = None
    reason: str
    until: datetime


class PlatformBudget(Model):
    """A limit of a platform, according to its last response. Posts have priority over health checks."""

    platform: str
    account_id: str | None = None
    name: str
    limit: int
    remaining: int
    resets_at: datetime


class PlatformCost(Model):
    """What a platform has charged today for the organization's calls, by the number of calls and its list of prices."""

    platform: str
    unit: str
    amount: int
    resets_at: datetime


class Usage(Model):
    """Every limit that applies to the API key, and the platforms that hold posts back."""

    data: list[UsageCap]
    throttles: list[PlatformThrottle]
    budgets: list[PlatformBudget]
    costs: list[PlatformCost]


class Pause(Model):
    """A pause in effect."""

    organization_id: str | None = None
    account_id: str | None = None
    platform: str | None = None
    reason: str | None = None
    created_at: datetime


class ResumedPosts(Model):
    """How many held posts are queued again."""

    released: int
