"""Finds posts on the account's list of public posts, which may be needed if TikTok did not return the id of one.

https://developers.tiktok.com/doc/tiktok-api-v2-video-list (checked 2026-11-28). The list is newest first, and needs a
permission that a person can refuse.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from letmepost.domain.flow import Flow
from letmepost.domain.text import as_compared
from letmepost.platforms._kit.calls import base_url
from letmepost.platforms._kit.fields import number_in, objects_in, text_in
from letmepost.platforms._kit.flows import succeed
from letmepost.platforms.contract import ReadyPost
from letmepost.platforms.tiktok.api import list_videos
from letmepost.platforms.tiktok.creator import CAN_LIST
from letmepost.platforms.tiktok.option_rules import is_photo_post
from letmepost.platforms.tiktok.options import TikTokOptions
from letmepost.platforms.tiktok.replies import data_of, explain
from letmepost.platforms.tiktok.settings import TikTokSettings
from letmepost.platforms.tiktok.status import ids_in

_CLOCKS_APART = timedelta(seconds=60)
_CUT_FROM = 140
"""Texts on the list end after 150 characters, and TikTok does not state of which kind. A little less may be all."""


@dataclass(frozen=True, slots=True)
class Listed:
    """The result of a look-up: the id of the post, or None if it is not listed, and when the list was read."""

    post_id: str | None
    read_at: datetime


def is_listed(post: ReadyPost, options: TikTokOptions) -> bool:
    """Return True if TikTok lists the post when it is visible, and shows the list."""
    is_public = options.privacy == "PUBLIC_TO_EVERYONE" and not options.is_inbox
    return is_public and post.account.data.get(CAN_LIST) is True


def look_up(post: ReadyPost, since: datetime, settings: TikTokSettings) -> Flow[Listed]:
    """Return the first post with this text that was created after a moment.

    Raises:
        PlatformFailure: TikTok did not return a list.
    """
    reply = yield from succeed(
        list_videos(settings), explain, lambda reply: isinstance(data_of(reply).get("videos"), list)
    )
    earliest = (since - _CLOCKS_APART).timestamp()
    found = [
        (created_at, ids[0])
        for row in objects_in(data_of(reply), "videos")
        if (created_at := number_in(row, "create_time")) is not None and created_at >= earliest
        if (ids := ids_in(row.get("id"))) and _has_text(row, post.content.text)
    ]
    return Listed(min(found)[1] if found else None, reply.received_at)


def link_to(post: ReadyPost, post_id: str, settings: TikTokSettings) -> str | None:
    """Return the URL of a public post; None if the username of the account is not known."""
    if post.account.handle is None:
        return None
    kind = "photo" if is_photo_post(post.content) else "video"
    return f"{base_url(settings.auth_url)}/@{post.account.handle}/{kind}/{post_id}"


def _has_text(row: Mapping[str, Any], text: str) -> bool:
    sent = as_compared(text)
    for name in ("video_description", "title"):
        shown = as_compared(text_in(row, name) or "")
        if shown == sent or (len(shown) >= _CUT_FROM and sent.startswith(shown)):
            return True
    return False
