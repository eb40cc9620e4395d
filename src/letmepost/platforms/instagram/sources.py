"""The pages of Instagram's documentation that its limits are from."""

from datetime import date
from functools import partial

from letmepost.domain.rules import RuleSource

_source = partial(RuleSource, checked_on=date(2026, 11, 28))

_DOCS = "https://developers.facebook.com/docs/instagram-platform"
PUBLISHING = _source(url=f"{_DOCS}/content-publishing")
MEDIA = _source(url=f"{_DOCS}/instagram-graph-api/reference/ig-user/media")
COMMENTS = _source(url=f"{_DOCS}/instagram-graph-api/reference/ig-media/comments")
ADD_ONS = RuleSource(
    url="https://developers.facebook.com/documentation/instagram-platform/content-publishing/caption-add-ons",
    checked_on=date(2026, 11, 29),
)
