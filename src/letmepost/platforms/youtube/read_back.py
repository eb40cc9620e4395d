"""Checks whether a published video is still on YouTube."""

from letmepost.domain.accounts import AccountFacts
from letmepost.domain.flow import Flow
from letmepost.platforms._kit.flows import fetch
from letmepost.platforms.youtube.api import items_in, read_video
from letmepost.platforms.youtube.processing import state_of
from letmepost.platforms.youtube.replies import explain
from letmepost.platforms.youtube.settings import YouTubeSettings


def is_there(_account: AccountFacts, video_id: str, settings: YouTubeSettings) -> Flow[bool]:
    """Return False if the video was deleted, or if YouTube rejected it after the upload. It costs 1 unit.

    Raises:
        PlatformFailure: YouTube did not return a usable response.
    """
    videos = yield from fetch(read_video(settings, video_id, "status"), items_in, explain)
    return bool(videos) and state_of(videos[0]).problem is None
