"""The pages of TikTok's documentation that its limits are from."""

from datetime import date
from functools import partial

from letmepost.domain.rules import RuleSource

_source = partial(RuleSource, checked_on=date(2026, 11, 28))

_DOCS = "https://developers.tiktok.com/docs/en"
DIRECT_POST = _source(url=f"{_DOCS}/content-posting-api-reference-direct-post")
PHOTO_POST = _source(url=f"{_DOCS}/content-posting-api-reference-photo-post")
UPLOAD = _source(url="https://developers.tiktok.com/doc/content-posting-api-reference-upload-video")
CREATOR_INFO = _source(url="https://developers.tiktok.com/doc/content-posting-api-reference-query-creator-info")
MEDIA_TRANSFER = _source(url=f"{_DOCS}/content-posting-api-media-transfer-guide")
GUIDELINES = _source(url=f"{_DOCS}/content-sharing-guidelines")
