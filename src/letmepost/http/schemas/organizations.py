"""Organizations, for operators."""

from collections.abc import Sequence

from pydantic import Field

from letmepost.domain.ids import Prefix, spell
from letmepost.http.schemas.base import Body, Moment, View
from letmepost.storage.organizations import OrganizationRow


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
