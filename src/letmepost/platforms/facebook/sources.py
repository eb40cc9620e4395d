"""The sources of the rules' numbers, and when they were last read."""

from datetime import date
from functools import partial

from letmepost.domain.rules import RuleSource

_source = partial(RuleSource, checked_on=date(2026, 11, 28))

_DOCS = "https://developers.facebook.com/docs"
POSTS = _source(url=f"{_DOCS}/pages-api/posts")
PHOTOS = _source(url=f"{_DOCS}/graph-api/reference/page/photos")
STORIES = _source(url=f"{_DOCS}/page-stories-api")
VIDEOS = _source(url=f"{_DOCS}/video-api/guides/publishing")
REELS = _source(url=f"{_DOCS}/video-api/guides/reels-publishing")
THUMBNAILS = _source(url=f"{_DOCS}/graph-api/reference/video/thumbnails")
COMMENTS = _source(url=f"{_DOCS}/pages-api/comments-mentions")
