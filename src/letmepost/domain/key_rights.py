"""The rights of an API key, and the comparison of two keys."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from letmepost.domain.api_keys import Mode, Scope
from letmepost.domain.ids import Prefix, format_id


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRights:
    """The rights of a key, and their expiry.

    Args:
        profile_id: the only profile that the key has access to; None for every profile.
        expires_at: None if the key does not expire.
        requests_per_minute: the limit of the key, or the default of the deployment.
    """

    scopes: frozenset[Scope]
    mode: Mode
    profile_id: UUID | None
    expires_at: datetime | None
    requests_per_minute: int

    def excess_over(self, holder: "KeyRights") -> str | None:
        """Return the first right that `holder` lacks, as a clause that names the field; None if it has them all."""
        if missing := self.scopes - holder.scopes:
            return f"`scopes` contains {', '.join(sorted(missing))}, which the calling key lacks"
        if self.mode is Mode.LIVE and holder.mode is Mode.TEST:
            return "the mode is live, and the calling key is a test key"
        if holder.profile_id is not None and self.profile_id != holder.profile_id:
            only = format_id(Prefix.PROFILE, holder.profile_id)
            return f"`profileId` is not {only}, the only profile of the calling key"
        if holder.expires_at is not None and (self.expires_at is None or self.expires_at > holder.expires_at):
            end = "never" if self.expires_at is None else self.expires_at.isoformat()
            return f"`expiresAt` is {end}, and the calling key expires at {holder.expires_at.isoformat()}"
        if self.requests_per_minute > holder.requests_per_minute:
            return (
                f"`requestsPerMinute` is {self.requests_per_minute}, "
                f"and the calling key is limited to {holder.requests_per_minute}"
            )
        return None
