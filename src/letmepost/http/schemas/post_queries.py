"""Which posts a caller selects: the query of the list, and the filter of a bulk retry."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from letmepost.domain.errors import ErrorCode
from letmepost.domain.ids import Prefix
from letmepost.domain.posts import PostStatus
from letmepost.http.schemas.base import Body, GivenMoment, find_id
from letmepost.http.schemas.filters import OneOf, PageQuery, Values
from letmepost.http.schemas.platform_names import PlatformNames
from letmepost.services.callers import Caller
from letmepost.storage.posts.posts import PostFilter

# Older clients call a queued post `validated`.
_STATUS = OneOf(PostStatus, {"validated": PostStatus.QUEUED})


class PostSelection(BaseModel):
    """Which posts are selected. Several values of one filter widen, another filter narrows, an empty one does not."""

    model_config = ConfigDict(frozen=True, alias_generator=to_camel)

    profile_id: Values = ()
    account_id: Values = ()
    batch_id: Values = ()
    platform: PlatformNames = ()
    status: Annotated[Values, _STATUS] = ()
    error_code: Annotated[Values, OneOf(ErrorCode)] = ()
    after: GivenMoment | None = None
    before: GivenMoment | None = None

    def to_filter(self, caller: Caller) -> PostFilter:
        """Return the filter for the use cases, narrowed to the posts that the caller may see.

        Raises:
            InvalidRequest: the key belongs to another profile than a requested one.
        """
        profile_ids = [find_id(Prefix.PROFILE, text) for text in self.profile_id]
        for profile_id in profile_ids:
            caller.narrow(profile_id)
        return PostFilter(
            profile_ids=[caller.profile_id] if caller.profile_id is not None else profile_ids,
            account_ids=[find_id(Prefix.ACCOUNT, text) for text in self.account_id],
            batch_ids=[find_id(Prefix.BATCH, text) for text in self.batch_id],
            platforms=self.platform,
            statuses=self.status,
            error_codes=self.error_code,
            created_after=self.after,
            created_before=self.before,
        )


class PostQuery(PageQuery, PostSelection):
    """The query parameters of the list of posts."""


class RetryFilter(Body, PostSelection):
    """The filter in the body of a bulk retry."""
