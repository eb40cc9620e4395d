"""The sources of the rules' numbers, and when they were last read."""

from datetime import date

CHECKED_ON = date(2026, 11, 21)

TEXT_CONFIG = "https://github.com/twitter/twitter-text/blob/master/config/v3.json"
CREATE_POST = "https://docs.x.com/x-api/posts/create-post"
MEDIA_PRACTICES = "https://docs.x.com/x-api/media/quickstart/best-practices"
MEDIA_METADATA = "https://docs.x.com/x-api/media/media-metadata-create"
CASHTAGS_IN_PRACTICE = (
    "https://github.com/gitroomhq/postiz-app/blob/main/libraries/nestjs-libraries/src/integrations/social/x.provider.ts"
)
