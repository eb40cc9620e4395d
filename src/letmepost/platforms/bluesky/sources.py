"""The sources of the rules' numbers, and when they were last read."""

from datetime import date

CHECKED_ON = date(2026, 11, 21)

_LEXICONS = "https://github.com/bluesky-social/atproto/blob/main/lexicons"
POST_LEXICON = f"{_LEXICONS}/app/bsky/feed/post.json"
IMAGES_LEXICON = f"{_LEXICONS}/app/bsky/embed/images.json"
LINK_CARD_LEXICON = f"{_LEXICONS}/app/bsky/embed/external.json"
THREADGATE_LEXICON = f"{_LEXICONS}/app/bsky/feed/threadgate.json"
LABELS_LEXICON = f"{_LEXICONS}/com/atproto/label/defs.json"
OFFICIAL_CLIENT = "https://github.com/bluesky-social/social-app/blob/main/src/lib/constants.ts"
