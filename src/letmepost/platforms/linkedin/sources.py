"""The sources of the rules' numbers, and when they were last read."""

from datetime import date
from functools import partial

from letmepost.domain.rules import RuleSource

_source = partial(RuleSource, checked_on=date(2026, 11, 22))

_COMMUNITY = "https://learn.microsoft.com/linkedin/marketing/community-management"
ACCESS_CONTROL = _source(url=f"{_COMMUNITY}/organizations/organization-access-control-by-role")
POSTS_API = _source(url=f"{_COMMUNITY}/shares/posts-api")
IMAGES_API = _source(url=f"{_COMMUNITY}/shares/images-api")
MULTI_IMAGE_API = _source(url=f"{_COMMUNITY}/shares/multiimage-post-api")
VIDEOS_API = _source(url=f"{_COMMUNITY}/shares/videos-api", checked_on=date(2026, 11, 29))
VIDEO_REQUIREMENTS = _source(
    url="https://www.quickads.ai/blog/linkedin-video-specifications", checked_on=date(2026, 11, 29)
)
"""LinkedIn's API pages do not state these numbers. Several guides agree on them."""
DOCUMENTS_API = _source(url=f"{_COMMUNITY}/shares/documents-api")
POLLS_API = _source(url=f"{_COMMUNITY}/shares/poll-post-api")
COMMENTS_API = _source(url=f"{_COMMUNITY}/shares/comments-api")
