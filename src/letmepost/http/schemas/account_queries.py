"""Which accounts a caller selects."""

from typing import Annotated

from pydantic import Field

from letmepost.domain.accounts import AccountStatus
from letmepost.domain.ids import Prefix
from letmepost.domain.sizes import EXTERNAL_USER_ID_MAX_CHARS
from letmepost.http.schemas.base import find_id
from letmepost.http.schemas.filters import OneOf, PageQuery, Values
from letmepost.http.schemas.platform_names import PlatformNames
from letmepost.storage.accounts.filters import AccountFilter


class AccountQuery(PageQuery):
    """The query parameters of the list of accounts."""

    profile_id: Values = ()
    platform: PlatformNames = ()
    status: Annotated[
        Values,
        OneOf(AccountStatus),
        Field(
            description="Only accounts with this status. May be repeated or comma-separated. Without it, all accounts "
            "that are not disconnected."
        ),
    ] = ()
    handle: Annotated[
        Values,
        Field(
            description="Only accounts with this handle. May be repeated or comma-separated. Case and a leading `@` do "
            "not count."
        ),
    ] = ()
    external_user_id: str | None = Field(
        default=None,
        max_length=EXTERNAL_USER_ID_MAX_CHARS,
        description="Only accounts that this person of yours has connected. One value: a comma is part of it.",
    )

    def to_filter(self) -> AccountFilter:
        """Return the filter for the use case."""
        return AccountFilter(
            profile_ids=[find_id(Prefix.PROFILE, text) for text in self.profile_id],
            platforms=self.platform,
            statuses=[AccountStatus(status) for status in self.status],
            handles=[handle.removeprefix("@") for handle in self.handle],
            external_user_id=self.external_user_id,
        )
