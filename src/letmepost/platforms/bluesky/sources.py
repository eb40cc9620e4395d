"""The sources of the rules' numbers, and when they were last read."""

from datetime import date
from functools import partial

from letmepost.domain.rules import RuleSource

_source = partial(RuleSource, checked_on=date(2026, 11, 21))

_LEXICONS = "https://github.com/bluesky-social/atproto/blob/main/lexicons"
POST_LEXICON = _source(url=f"{_LEXICONS}/app/bsky/feed/post.json")
IMAGES_LEXICON = _source(url=f"{_LEXICONS}/app/bsky/embed/images.json")
VIDEO_LEXICON = RuleSource(url=f"{_LEXICONS}/app/bsky/embed/video.json", checked_on=date(2026, 11, 29))
LINK_CARD_LEXICON = _source(url=f"{_LEXICONS}/app/bsky/embed/external.json")
THREADGATE_LEXICON = _source(url=f"{_LEXICONS}/app/bsky/feed/threadgate.json")
LABELS_LEXICON = _source(url=f"{_LEXICONS}/com/atproto/label/defs.json")
OFFICIAL_CLIENT = _source(url="https://github.com/bluesky-social/social-app/blob/main/src/lib/constants.ts")
