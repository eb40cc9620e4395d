"""What an account may do on TikTok: read when it is connected and checked, and again before each post.

https://developers.tiktok.com/doc/content-posting-api-reference-query-creator-info (checked 2026-11-28).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from letmepost.domain.accounts import AccountFacts
from letmepost.domain.flow import Reply
from letmepost.platforms._kit.fields import number_in, object_in, text_in, texts_in
from letmepost.platforms.resources import ResourceView
from letmepost.platforms.tiktok.options import TikTokOptions

CREATOR = "creator"
"""The key of the facts in `AccountFacts.data`."""
CAN_LIST = "canList"
"""The key that is True if the account's owner lets the app read the list of posts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Creator:
    """What TikTok lets an account do now.

    Args:
        disabled: the interactions that the creator has disabled for all posts: `comment`, `duet`, `stitch`.
    """

    username: str | None
    nickname: str | None
    privacy_levels: tuple[str, ...]
    disabled: frozenset[str]
    max_video_s: int | None

    @classmethod
    def of_data(cls, data: Mapping[str, Any]) -> "Creator | None":
        """Return the creator in the form of TikTok's reply; None if it is incomplete."""
        levels = tuple(texts_in(data, "privacy_level_options"))
        if not levels:
            return None
        return cls(
            username=text_in(data, "creator_username"),
            nickname=text_in(data, "creator_nickname"),
            privacy_levels=levels,
            disabled=frozenset(name for name in ("comment", "duet", "stitch") if data.get(f"{name}_disabled") is True),
            max_video_s=number_in(data, "max_video_post_duration_sec"),
        )

    @classmethod
    def of_reply(cls, reply: Reply) -> "Creator | None":
        """Return the creator in a reply; None without one."""
        return cls.of_data(object_in(reply.data(), "data"))

    @classmethod
    def of_account(cls, account: AccountFacts) -> "Creator | None":
        """Return what is known about an account; None if that is nothing."""
        return cls.of_data(object_in(account.data, CREATOR))

    def as_data(self) -> Mapping[str, Any]:
        """Return the facts to store, in the form of TikTok's reply. The URL of the picture expires, so it is not."""
        return {
            "creator_username": self.username,
            "creator_nickname": self.nickname,
            "privacy_level_options": [*self.privacy_levels],
            **{f"{name}_disabled": name in self.disabled for name in ("comment", "duet", "stitch")},
            "max_video_post_duration_sec": self.max_video_s,
        }

    def forbidden(self, options: TikTokOptions, *, is_photo: bool) -> tuple[str, ...]:
        """Return the interactions that a post allows and the creator has disabled. Photos have comments only."""
        allowed = {
            "comment": not options.disable_comment,
            "duet": not (options.disable_duet or is_photo),
            "stitch": not (options.disable_stitch or is_photo),
        }
        return tuple(name for name, is_allowed in allowed.items() if is_allowed and name in self.disabled)


class TikTokBlock(ResourceView):
    """What TikTok lets the account do, as of the last check. Show it to the person who prepares a post."""

    nickname: str | None
    privacy_levels: list[str]
    comment_disabled: bool
    duet_disabled: bool
    stitch_disabled: bool
    max_video_duration_s: int | None


def show_creator(account: AccountFacts) -> TikTokBlock:
    """Return what an account shows about TikTok."""
    creator = Creator.of_account(account)
    disabled = frozenset() if creator is None else creator.disabled
    return TikTokBlock(
        nickname=None if creator is None else creator.nickname,
        privacy_levels=[] if creator is None else [*creator.privacy_levels],
        comment_disabled="comment" in disabled,
        duet_disabled="duet" in disabled,
        stitch_disabled="stitch" in disabled,
        max_video_duration_s=None if creator is None else creator.max_video_s,
    )
