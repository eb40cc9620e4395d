"""Connected accounts, and how to connect them."""

from datetime import datetime
from typing import Any

from letmepost_client.models.base import Model
from letmepost_client.models.errors import ErrorDetails


class AccountHealth(Model):
    """The result of the last check.

    Connecting the account again resets it. `healthy`: the platform accepted the credential. `refused`: it did not,
    and the account must be connected again. `failing`: the platform could not be reached. `unchecked`: there was no
    check yet.
    """

    state: str
    checked_at: datetime | None = None
    error: ErrorDetails | None = None


class PinterestAccount(Model):
    """The default board of an account of Pinterest."""

    default_board_id: str | None = None
    default_board_name: str | None = None


class TikTokAccount(Model):
    """What TikTok lets the account do, as of the last check. Show it to the person who prepares a post."""

    nickname: str | None = None
    privacy_levels: list[str]
    comment_disabled: bool
    duet_disabled: bool
    stitch_disabled: bool
    max_video_duration_s: int | None = None


class Account(Model):
    """A connected account."""

    pinterest: PinterestAccount | None = None
    tiktok: TikTokAccount | None = None
    id: str
    profile_id: str
    platform: str
    platform_account_id: str
    handle: str | None = None
    display_name: str | None = None
    avatar_url: str | None = None
    status: str
    scopes: list[str]
    missing_features: list[str]
    external_user_id: str | None = None
    token_expires_at: datetime | None = None
    health: AccountHealth
    created_at: datetime
    updated_at: datetime


class ConnectedAccount(Account):
    """The account that was connected, or the first of several."""

    accounts: list[Account] = []


class ConsentDescriptor(Model):
    """Where a person gives consent. Send the browser to `authorization_url` before `expires_at`."""

    type: str
    authorization_url: str
    state: str
    expires_at: datetime


class ConnectDescriptor(Model):
    """How to connect an account: by consent (`type` is `oauth`), or with the body that this JSON Schema describes."""

    platform: str
    state: str
    descriptor: ConsentDescriptor | dict[str, Any]


class ConnectSession(Model):
    """A connect session and its result."""

    id: str
    platform: str | None = None
    profile_id: str | None = None
    external_user_id: str | None = None
    return_url: str
    status: str
    account_ids: list[str]
    error: ErrorDetails | None = None
    created_at: datetime
    expires_at: datetime


class NewConnectSession(ConnectSession):
    """A new session. Send the person to `url`, which is shown only in this response and opens in one browser only."""

    url: str


class PinterestBoard(Model):
    """A board."""

    id: str
    name: str
    privacy: str | None = None


class PinterestBoards(Model):
    """The boards that the account may pin to, and the one that it pins to by default."""

    data: list[PinterestBoard]
    default_board_id: str | None = None


class PinterestNewBoard(Model):
    """A board that was created, or that existed."""

    id: str
    name: str
    privacy: str | None = None
    existing: bool


class PinterestDefaultBoard(Model):
    """The account's default board."""

    id: str
    default_board_id: str | None = None
    default_board_name: str | None = None


class LinkedInAuthor(Model):
    """A member or a page that an account may publish as."""

    author: str
    kind: str
    name: str | None = None
