"""The sources of the rules' numbers, and when they were last read."""

from datetime import date
from functools import partial

from letmepost.domain.rules import RuleSource

_source = partial(RuleSource, checked_on=date(2026, 11, 21))

_DOCS = "https://developers.facebook.com/docs/threads"
OVERVIEW = _source(url=f"{_DOCS}/overview")
TEXT_OVERVIEW = RuleSource(url=OVERVIEW.url, checked_on=date(2026, 11, 28))
CREATE_POSTS = _source(url=f"{_DOCS}/create-posts")
POLLS = _source(url=f"{_DOCS}/create-posts/polls")
TOPICS = _source(url=f"{_DOCS}/create-posts/topics")
SPOILERS = RuleSource(url=f"{_DOCS}/create-posts/spoilers", checked_on=date(2026, 11, 29))
TEXT_ATTACHMENTS = RuleSource(url=f"{_DOCS}/create-posts/text-attachments", checked_on=date(2026, 11, 29))
CHANGELOG = _source(url=f"{_DOCS}/changelog")
