"""Organizations, for operators."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator
from pydantic_core import PydanticCustomError

from letmepost.domain.ids import Prefix, spell
from letmepost.http.schemas.base import Body, Left, Moment, View
from letmepost.storage.organizations import OrganizationRow

Name = Annotated[str, Field(min_length=1, max_length=200)]
Posts = Annotated[int, Field(ge=0, le=1_000_000_000)]
Bytes = Annotated[int, Field(ge=0, le=2**53 - 1)]


class CreateOrganization(Body):
    """A tenant."""

    name: Name


class SetLate(Body):
    """What posts of a tenant do that could not go out in time, unless their request says otherwise."""

    within_s: int = Field(ge=0, le=604_800)
    then: Literal["publish", "skip", "hold"]


class SetQuotas(Body):
    """What a tenant may use in each of its worlds, test and live. Months and days are of UTC."""

    posts_per_month: Posts | None = None
    posts_per_account_day: Posts | None = None
    media_bytes: Bytes | None = None


class ChangeOrganization(Body):
    """Only what is sent changes; `null` removes."""

    name: Name | None = None
    late: SetLate | None = None
    quotas: SetQuotas | None = None

    @field_validator("name")
    @classmethod
    def _has_a_name(cls, name: str | None) -> str:
        if name is None:
            raise PydanticCustomError("name", "an organization has a name")
        return name

    def to_values(self) -> dict[str, Any]:
        """For the use cases: the columns that change."""
        values: dict[str, Any] = {} if self.name is None else {"name": self.name}
        if "late" in self.model_fields_set:
            late = self.late
            values["late_within_s"] = None if late is None else late.within_s
            values["late_then"] = None if late is None else late.then
        if self.quotas is not None:
            values |= {name: getattr(self.quotas, name) for name in self.quotas.model_fields_set}
        elif "quotas" in self.model_fields_set:
            values |= dict.fromkeys(SetQuotas.model_fields)
        return values


class LateView(View):
    """What late posts do."""

    within_s: int
    then: str


class QuotasView(View):
    """What a tenant may use; what is left out has no limit."""

    posts_per_month: Left[int] = None
    posts_per_account_day: Left[int] = None
    media_bytes: Left[int] = None


class OrganizationView(View):
    """A tenant."""

    id: str
    name: str
    late: Left[LateView] = None
    quotas: QuotasView
    created_at: Moment

    @classmethod
    def of(cls, row: OrganizationRow) -> "OrganizationView":
        """Show a tenant."""
        late = None
        if row.late_within_s is not None and row.late_then is not None:
            late = LateView(within_s=row.late_within_s, then=row.late_then)
        return cls(
            id=spell(Prefix.ORGANIZATION, row.id),
            name=row.name,
            late=late,
            quotas=QuotasView(
                posts_per_month=row.posts_per_month,
                posts_per_account_day=row.posts_per_account_day,
                media_bytes=row.media_bytes,
            ),
            created_at=row.created_at,
        )


class OrganizationList(View):
    """Tenants, newest first."""

    data: Sequence[OrganizationView]
