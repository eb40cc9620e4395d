"""What calls use of the quotas of the project, which Google resets at midnight Pacific time.

https://developers.google.com/youtube/data/determine_quota_cost (checked 2026-11-21): opening an upload uses one of the
uploads of the day; every other call uses units, even if it is refused. Parts of an upload and tokens are free.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from letmepost.domain.costs import Cost
from letmepost.domain.flow import Call, Effect
from letmepost.platforms._kit.calls import base_url
from letmepost.platforms.contract import ReadyPost
from letmepost.platforms.youtube.api import API_PATH, UPLOAD_PATH
from letmepost.platforms.youtube.extras import thumbnail_of
from letmepost.platforms.youtube.options import YouTubeOptions
from letmepost.platforms.youtube.settings import YouTubeSettings

UPLOADS = "uploads"
UNITS = "units"
COST_ZONE = ZoneInfo("America/Los_Angeles")

_OPEN = ("POST", f"{UPLOAD_PATH}/videos")
_THUMBNAIL = ("POST", f"{UPLOAD_PATH}/thumbnails/set")
_CAPTIONS = ("POST", f"{UPLOAD_PATH}/captions")
_PLAYLIST = ("POST", f"{API_PATH}/playlistItems")
_COMMENT = ("POST", f"{API_PATH}/commentThreads")
_COSTS: Mapping[tuple[str, str], Cost] = MappingProxyType(
    {
        _OPEN: Cost(UPLOADS, 1),
        _THUMBNAIL: Cost(UNITS, 50),
        _CAPTIONS: Cost(UNITS, 400),
        _PLAYLIST: Cost(UNITS, 50),
        _COMMENT: Cost(UNITS, 50),
        ("DELETE", f"{API_PATH}/videos"): Cost(UNITS, 50),
        ("GET", f"{API_PATH}/captions"): Cost(UNITS, 50),
        ("GET", f"{API_PATH}/channels"): Cost(UNITS, 1),
        ("GET", f"{API_PATH}/videos"): Cost(UNITS, 1),
        ("GET", f"{API_PATH}/playlistItems"): Cost(UNITS, 1),
        ("GET", f"{API_PATH}/commentThreads"): Cost(UNITS, 1),
    }
)


def costs(call: Call) -> Cost | None:
    """Return what a call uses of a quota; None if it is free."""
    path = urlsplit(call.url).path
    # Deployments may have a path before it. No method occurs with two paths that end alike.
    found = (cost for (method, name), cost in _COSTS.items() if call.method == method and path.endswith(name))
    return next(found, None)


def daily_limits(settings: YouTubeSettings) -> Mapping[str, int]:
    """Return the quotas of the project for a day."""
    return {UPLOADS: settings.daily_uploads, UNITS: settings.daily_units}


def priced_calls(post: ReadyPost, settings: YouTubeSettings) -> Sequence[Call]:
    """Return the upload and the additions of a publication, without their content."""
    options = YouTubeOptions.model_validate(post.content.options)
    used = [_OPEN]
    used += [_THUMBNAIL] if thumbnail_of(post.content) is not None else []
    used += [_PLAYLIST] if options.playlist_id is not None else []
    used += [_CAPTIONS for _ in options.captions]
    used += [_COMMENT] if post.content.first_comment is not None else []
    return [
        Call(method=method, url=f"{base_url(settings.api_url)}{path}", effect=Effect.WRITE) for method, path in used
    ]
