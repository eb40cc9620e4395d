"""Organizations, for operators."""

import re
from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import Field, StrictInt, field_validator

from letmepost.domain import refusals
from letmepost.domain.ids import Prefix, format_id
from letmepost.domain.sizes import URL_MAX_CHARS
from letmepost.http.schemas.base import Body, Left, Moment, View
from letmepost.http.schemas.omittable import Omittable
from letmepost.services.accounts.browser_urls import origin_of
from letmepost.services.shapes import refused
from letmepost.storage.tenants.organizations import OrganizationRow

_UNFIT = re.compile(r"[\s'\",;]")
"""What would end the address in a content security policy."""

Name = Annotated[str, Field(min_length=1, max_length=200)]
PostCount = Annotated[StrictInt, Field(ge=0, le=1_000_000_000)]
Bytes = Annotated[StrictInt, Field(ge=0, le=2**53 - 1)]


class CreateOrganization(Body):
    """A new organization."""

    name: Name


class SetLatePolicy(Body):
    """What happens to late posts, unless their request has its own rule."""

    within_s: StrictInt = Field(ge=0, le=604_800)
    then: Literal["publish", "skip", "hold"]


class SetQuotas(Body):
    """Quotas, separately for test and live mode. Months and days are in UTC. Without a value, there is no limit."""

    posts_per_month: PostCount | None = None
    posts_per_account_day: PostCount | None = None
    media_bytes: Bytes | None = None


class SetBrand(Body):
    """The brand on hosted pages."""

    name: Name | None = None
    logo_url: str | None = Field(default=None, max_length=URL_MAX_CHARS, pattern=r"^https://[!-~]+$")
    color: str | None = Field(
        default=None,
        pattern=r"^#[0-9a-fA-F]{6}$",
        description="The color of buttons. The color of their text is chosen to match.",
    )

    @field_validator("logo_url")
    @classmethod
    def _is_plain(cls, url: str | None) -> str | None:
        if url is not None and _UNFIT.search(url):
            raise refused(refusals.fields.ORIGIN)
        return url


class ChangeOrganization(Body):
    """Only the fields that are sent change. `null` removes a value."""

    name: Omittable[Name] = None
    brand: SetBrand | None = None
    return_origins: Sequence[str] | None = Field(
        default=None,
        max_length=50,
        description="Origins to which browsers may return after connecting an account: https://app.example.com.",
    )
    late: SetLatePolicy | None = None
    quotas: SetQuotas | None = None

    @field_validator("return_origins")
    @classmethod
    def _are_origins(cls, origins: Sequence[str] | None) -> Sequence[str]:
        return [origin_of(origin) for origin in origins or ()]

    def to_values(self) -> dict[str, Any]:
        """For the use cases: the columns that change."""
        values: dict[str, Any] = {} if self.name is None else {"name": self.name}
        if self.brand is not None:
            values |= {f"brand_{name}": getattr(self.brand, name) for name in self.brand.model_fields_set}
        elif "brand" in self.model_fields_set:
            values |= {f"brand_{name}": None for name in SetBrand.model_fields}
        if self.return_origins is not None:
            values["return_origins"] = list(self.return_origins)
        if "late" in self.model_fields_set:
            late = self.late
            values["late_within_s"] = None if late is None else late.within_s
            values["late_then"] = None if late is None else late.then
        if self.quotas is not None:
            values |= {name: getattr(self.quotas, name) for name in self.quotas.model_fields_set}
        elif "quotas" in self.model_fields_set:
            values |= dict.fromkeys(SetQuotas.model_fields)
        return values


class LatePolicyView(View):
    """What happens to late posts."""

    within_s: int
    then: str


class QuotasView(View):
    """Quotas. Without a value, there is no limit."""

    posts_per_month: Left[int] = None
    posts_per_account_day: Left[int] = None
    media_bytes: Left[int] = None


class BrandView(View):
    """The brand on hosted pages."""

    name: Left[str] = None
    logo_url: Left[str] = None
    color: Left[str] = None


class OrganizationView(View):
    """An organization."""

    id: str
    name: str
    brand: BrandView
    return_origins: Sequence[str]
    late: Left[LatePolicyView] = None
    quotas: QuotasView
    created_at: Moment

    @classmethod
    def of(cls, row: OrganizationRow) -> "OrganizationView":
        """Show a tenant."""
        late = None
        if row.late_within_s is not None and row.late_then is not None:
            late = LatePolicyView(within_s=row.late_within_s, then=row.late_then)
        return cls(
            id=format_id(Prefix.ORGANIZATION, row.id),
            name=row.name,
            brand=BrandView(name=row.brand_name, logo_url=row.brand_logo_url, color=row.brand_color),
            return_origins=row.return_origins,
            late=late,
            quotas=QuotasView(
                posts_per_month=row.posts_per_month,
                posts_per_account_day=row.posts_per_account_day,
                media_bytes=row.media_bytes,
            ),
            created_at=row.created_at,
        )


class OrganizationList(View):
    """A page of organizations, newest first."""

    data: Sequence[OrganizationView]
    next_cursor: str | None
