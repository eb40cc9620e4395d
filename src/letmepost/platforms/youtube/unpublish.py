"""Deletes published videos, for 50 units each.

https://developers.google.com/youtube/data/reference/rest/v3/videos/delete (checked 2026-11-28).
"""

import re
from collections.abc import Sequence

from letmepost.domain.accounts import AccountFacts
from letmepost.domain.flow import Flow
from letmepost.platforms._kit.flows import complete, is_deleted_or_missing
from letmepost.platforms.youtube.api import delete_video
from letmepost.platforms.youtube.replies import explain
from letmepost.platforms.youtube.settings import YouTubeSettings

_VIDEO_ID = re.compile(r"[\w-]{11}", re.ASCII)


def unpublish(_account: AccountFacts, uris: Sequence[str], settings: YouTubeSettings) -> Flow[None]:
    """Delete videos of the channel, and with them their comments. A missing video counts as deleted."""
    videos = [delete_video(settings, uri) for uri in uris if _VIDEO_ID.fullmatch(uri)]
    yield from complete(videos, is_deleted_or_missing, explain)
