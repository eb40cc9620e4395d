"""The emergency stop, for operators."""

from collections.abc import Sequence
from uuid import UUID

from pydantic import Field

from letmepost.domain.ids import Prefix, format_id_if_given
from letmepost.http.schemas.base import Body, Left, Moment, View, find_id
from letmepost.storage.tenants.pauses import PauseRow, PauseSelector


class PauseScope(Body):
    """What to pause or resume. Without any field: everything."""

    organization_id: str | None = None
    account_id: str | None = Field(default=None, description="Send `organizationId` too.")
    platform: str | None = None

    def to_scope(self) -> PauseSelector:
        """As the use case takes it."""
        return PauseSelector(
            organization_id=_found(Prefix.ORGANIZATION, self.organization_id),
            account_id=_found(Prefix.ACCOUNT, self.account_id),
            platform=self.platform,
        )


class CreatePause(PauseScope):
    """A pause, and the reason for it."""

    reason: str | None = Field(default=None, max_length=500)


class PauseView(View):
    """A pause in effect."""

    organization_id: Left[str] = None
    account_id: Left[str] = None
    platform: Left[str] = None
    reason: Left[str] = None
    created_at: Moment

    @classmethod
    def of(cls, row: PauseRow) -> "PauseView":
        """As an operator sees it."""
        scope = row.scope
        return cls(
            organization_id=format_id_if_given(Prefix.ORGANIZATION, scope.organization_id),
            account_id=format_id_if_given(Prefix.ACCOUNT, scope.account_id),
            platform=scope.platform,
            reason=row.reason,
            created_at=row.created_at,
        )


class PauseList(View):
    """The pauses in effect, oldest first."""

    data: Sequence[PauseView]


class ResumedPosts(View):
    """How many posts were queued again."""

    released: int

    @classmethod
    def of(cls, released: int) -> "ResumedPosts":
        """As an operator sees it."""
        return cls(released=released)


def _found(prefix: Prefix, text: str | None) -> UUID | None:
    return None if text is None else find_id(prefix, text)
