"""The sources of the rules' numbers, and when they were last read."""

from datetime import date
from functools import partial

from letmepost.domain.rules import RuleSource

_source = partial(RuleSource, checked_on=date(2026, 11, 28))

VIDEOS = _source(url="https://developers.google.com/youtube/data/reference/rest/v3/videos")
INSERT = _source(url="https://developers.google.com/youtube/data/reference/rest/v3/videos/insert")
THUMBNAILS = _source(url="https://developers.google.com/youtube/data/reference/rest/v3/thumbnails/set")
CAPTIONS = _source(url="https://developers.google.com/youtube/data/reference/rest/v3/captions/insert")
PLAYLISTS = _source(url="https://developers.google.com/youtube/data/reference/rest/v3/playlistItems/insert")
COMMENTS = _source(url="https://developers.google.com/youtube/data/reference/rest/v3/commentThreads/insert")
LONG_VIDEOS = _source(url="https://support.google.com/youtube/answer/71673")
SHORTS = _source(url="https://support.google.com/youtube/answer/15424877")
