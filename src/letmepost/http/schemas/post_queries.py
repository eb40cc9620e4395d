"""Which posts a caller wants to see."""

from collections.abc import Sequence
from enum import StrEnum

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from letmepost.domain.errors import ErrorCode, InvalidRequest
from letmepost.domain.ids import Prefix
from letmepost.domain.posts import PostStatus
from letmepost.http.schemas.base import GivenMoment, PageSize, find_id
from letmepost.services.callers import Caller
from letmepost.storage.posts import PostFilter


class PostQuery(BaseModel):
    """What a list of posts is narrowed to, and which page of it is wanted."""

    model_config = ConfigDict(frozen=True, alias_generator=to_camel)

    profile_id: Sequence[str] = ()
    account_id: Sequence[str] = ()
    batch_id: Sequence[str] = ()
    platform: Sequence[str] = ()
    status: Sequence[str] = ()
    error_code: Sequence[str] = ()
    after: GivenMoment | None = None
    before: GivenMoment | None = None
    limit: PageSize = None
    cursor: str | None = None

    def to_filter(self, caller: Caller) -> PostFilter:
        """For the use cases, narrowed to what the caller may see.

        Raises:
            InvalidRequest: a word that does not exist, or another profile than the key's.
        """
        check_words("status", self.status, PostStatus)
        check_words("errorCode", self.error_code, ErrorCode)
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


def check_words(name: str, given: Sequence[str], known: type[StrEnum]) -> None:
    """Refuse a word that a filter does not know: it would find nothing, whatever there is.

    Raises:
        InvalidRequest: it is not among the known ones.
    """
    unknown = set(given) - set(known)
    if unknown:
        raise InvalidRequest(
            f"{name}: there is no {min(unknown)!r}.", rule=name, remediation=f"Choose among: {', '.join(known)}."
        )
