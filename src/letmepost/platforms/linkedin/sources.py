"""The sources of the rules' numbers, and when they were last read."""

from datetime import date

CHECKED_ON = date(2026, 11, 22)

_DOCS = "https://learn.microsoft.com/linkedin/marketing"
_COMMUNITY = f"{_DOCS}/community-management"
POSTS_API = f"{_COMMUNITY}/shares/posts-api"
IMAGES_API = f"{_COMMUNITY}/shares/images-api"
MULTI_IMAGE_API = f"{_COMMUNITY}/shares/multiimage-post-api"
DOCUMENTS_API = f"{_COMMUNITY}/shares/documents-api"
POLLS_API = f"{_COMMUNITY}/shares/poll-post-api"
COMMENTS_API = f"{_COMMUNITY}/shares/comments-api"
