"""Profiles."""

from collections.abc import Sequence

from pydantic import Field

from letmepost.domain.ids import Prefix, format_id
from letmepost.http.schemas.base import Body, Moment, View
from letmepost.storage.tenants.profiles import ProfileRow


class NameProfile(Body):
    """The name of a profile."""

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
            id=format_id(Prefix.PROFILE, row.id), name=row.name, is_default=row.is_default, created_at=row.created_at
        )


class ProfileList(View):
    """A page of profiles, newest first."""

    data: Sequence[ProfileView]
    next_cursor: str | None
