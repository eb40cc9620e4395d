"""What is stored about a channel: its uploads, what it may upload, and what its owner has granted."""

from collections.abc import Iterable, Mapping
from typing import Any

from letmepost.domain.flow import Call, Flow
from letmepost.platforms._kit.fields import object_in, text_in
from letmepost.platforms._kit.flows import fetch
from letmepost.platforms.youtube.api import items_in
from letmepost.platforms.youtube.media_rules import LONG_UPLOADS
from letmepost.platforms.youtube.refusals import CHANNEL_MISSING
from letmepost.platforms.youtube.replies import explain
from letmepost.platforms.youtube.scopes import GRANTED

UPLOADS = "uploads"
"""The name in the account's data: the id of the playlist with every video of the channel."""


def fetch_channel(call: Call) -> Flow[Mapping[str, Any]]:
    """Return the channel that a token belongs to.

    Raises:
        PlatformFailure: auth_failed if the Google account has none, or if the token is not accepted.
    """
    channels = yield from fetch(call, items_in, explain)
    for channel in channels:
        if text_in(channel, "id") is not None:
            return channel
    raise CHANNEL_MISSING()


def data_of(channel: Mapping[str, Any], scopes: Iterable[str]) -> Mapping[str, Any]:
    """Return what is stored about a channel. What YouTube did not return is left out."""
    playlists = object_in(object_in(channel, "contentDetails"), "relatedPlaylists")
    found = {
        UPLOADS: text_in(playlists, "uploads"),
        LONG_UPLOADS: text_in(object_in(channel, "status"), "longUploadsStatus"),
    }
    return {name: value for name, value in found.items() if value is not None} | {GRANTED: list(scopes)}
