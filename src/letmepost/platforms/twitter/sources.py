"""The sources of the rules' numbers, and when they were last read."""

from datetime import date
from functools import partial

from letmepost.domain.rules import RuleSource

_source = partial(RuleSource, checked_on=date(2026, 11, 21))

TEXT_CONFIG = _source(url="https://github.com/twitter/twitter-text/blob/master/config/v3.json")
CREATE_POST = _source(url="https://docs.x.com/x-api/posts/create-post")
MEDIA_PRACTICES = _source(url="https://docs.x.com/x-api/media/quickstart/best-practices")
MEDIA_METADATA = _source(url="https://docs.x.com/x-api/media/media-metadata-create")
CASHTAGS_IN_PRACTICE = _source(
    url="https://github.com/gitroomhq/postiz-app/blob/main/libraries/nestjs-libraries/src/integrations/social/"
    "x.provider.ts"
)
