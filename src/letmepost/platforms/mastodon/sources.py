"""The sources of the rules' numbers, and when they were last read."""

from datetime import date
from functools import partial

from letmepost.domain.rules import RuleSource

_source = partial(RuleSource, checked_on=date(2026, 11, 29))

_DOCS = "https://docs.joinmastodon.org"
INSTANCE = _source(url=f"{_DOCS}/entities/Instance/")
POSTING = _source(url=f"{_DOCS}/user/posting/")
MEDIA_METHODS = _source(url=f"{_DOCS}/methods/media/")
STATUSES = _source(url=f"{_DOCS}/methods/statuses/")

_APP = "https://github.com/mastodon/mastodon/blob/main/app"
LENGTH_VALIDATOR = _source(url=f"{_APP}/validators/status_length_validator.rb")
POLL_VALIDATOR = _source(url=f"{_APP}/validators/poll_options_validator.rb")
MEDIA_ATTACHMENT = _source(url=f"{_APP}/models/media_attachment.rb")
ATTACHMENTABLE = _source(url=f"{_APP}/models/concerns/attachmentable.rb")
POST_STATUS_SERVICE = _source(url=f"{_APP}/services/post_status_service.rb")
