"""What the events say: the `data` of each kind, as webhooks, the list and the stream of events show it."""

from collections.abc import Mapping, Sequence
from datetime import date
from types import MappingProxyType
from typing import Any

from pydantic import ConfigDict, Field

from letmepost.domain.quotas import QuotaName
from letmepost.http.schemas.base import Left, Moment, View
from letmepost.http.schemas.batches import PostWarning

_SEQUENCE = "The event's place in the organization's stream."


class Announcement(View):
    """What every event says; some say more than is described here."""

    model_config = ConfigDict(extra="allow")

    sequence: int = Field(description=_SEQUENCE)


class PostAnnouncement(Announcement):
    """A post, as it was when this happened."""

    post_id: str
    batch_id: str
    account_id: str
    profile_id: str
    platform: str
    status: str
    due_at: Moment
    metadata: Mapping[str, str]
    warnings: Sequence[PostWarning]
    uri: Left[str] = None
    cid: Left[str] = None
    url: Left[str] = None
    published_at: Left[Moment] = None
    removed_at: Left[Moment] = None
    next_attempt_at: Left[Moment] = None
    error: Left[Mapping[str, Any]] = Field(default=None, description="As in an error envelope.")


class AccountAnnouncement(Announcement):
    """An account."""

    account_id: str
    profile_id: str
    platform: str
    handle: str | None
    external_user_id: Left[str] = None


class TokenAnnouncement(AccountAnnouncement):
    """An account whose credential has ended, or ends soon."""

    token_expires_at: Left[Moment] = Field(default=None, description="When a person must have acted.")
    days_left: Left[int] = Field(default=None, description="7, 3 or 1: which of the notices this is.")


class VersionAnnouncement(Announcement):
    """The version of a platform's API that ends."""

    platform: str
    api_version: str
    sunset: date = Field(description="The day on which it stops working. Told 90, 30 and 7 days before.")


class QuotaAnnouncement(Announcement):
    """A quota of the organization, as it was when this happened."""

    name: QuotaName
    account_id: Left[str] = Field(default=None, description="The account, where each account has a quota of its own.")
    used: int = Field(description="How much is used: posts, or bytes of media.")
    limit: int
    left: int = Field(description="How much may still be used.")
    resets_at: Left[Moment] = Field(
        default=None, description="When the period ends. Left out for stored media, which has no period."
    )


class EndpointAnnouncement(Announcement):
    """A webhook endpoint that was disabled."""

    endpoint_id: str
    url: str
    reason: str = Field(description="`gone` after a 410, `failing` after five days without a success.")
    last_failure_reason: str | None


ANNOUNCEMENTS: Mapping[str, type[Announcement]] = MappingProxyType(
    {
        "post": PostAnnouncement,
        "account": AccountAnnouncement,
        "token": TokenAnnouncement,
        "endpoint": EndpointAnnouncement,
        "quota": QuotaAnnouncement,
        "version": VersionAnnouncement,
    }
)
"""The data of the events whose types begin with a word."""


def announcement_of(event_type: str) -> type[Announcement]:
    """What an event of this type says."""
    return ANNOUNCEMENTS.get(event_type.partition(".")[0], Announcement)
