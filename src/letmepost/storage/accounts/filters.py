"""The filter of a list of accounts."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, func

from letmepost.domain.accounts import AccountStatus
from letmepost.storage.tables.accounts import accounts


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountFilter:
    """The filter of a list of accounts. An empty field does not filter, except that of statuses.

    Args:
        statuses: empty for all but disconnected accounts, which keep their posts but cannot publish.
        handles: compared without regard to case, like on the platforms.
    """

    profile_ids: Sequence[UUID] = ()
    platforms: Sequence[str] = ()
    statuses: Sequence[AccountStatus] = ()
    handles: Sequence[str] = ()
    external_user_id: str | None = None

    def conditions(self) -> list[ColumnElement[bool]]:
        """Return the filter as conditions of a query."""
        lists = (
            (accounts.c.profile_id, self.profile_ids),
            (accounts.c.platform, self.platforms),
            (accounts.c.status, self.statuses),
            (func.lower(accounts.c.handle), [handle.lower() for handle in self.handles]),
        )
        found: list[ColumnElement[bool]] = [column.in_(values) for column, values in lists if values]
        if not self.statuses:
            found.append(accounts.c.status != AccountStatus.DISCONNECTED)
        if self.external_user_id is not None:
            found.append(accounts.c.external_user_id == self.external_user_id)
        return found
