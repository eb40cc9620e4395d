"""The sources of the rules' numbers, and when they were last read."""

from datetime import date

CHECKED_ON = date(2026, 11, 21)
TEXT_CHECKED_ON = date(2026, 11, 28)

_DOCS = "https://developers.facebook.com/docs/threads"
OVERVIEW = f"{_DOCS}/overview"
CREATE_POSTS = f"{_DOCS}/create-posts"
POLLS = f"{_DOCS}/create-posts/polls"
TOPICS = f"{_DOCS}/create-posts/topics"
CHANGELOG = f"{_DOCS}/changelog"
