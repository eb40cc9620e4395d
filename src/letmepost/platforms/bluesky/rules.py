"""Bluesky's limits, each with its source. The form of a value is the options' schema; here is how much."""

from collections.abc import Iterator
from functools import partial

from letmepost.domain.content import PostContent
from letmepost.domain.lengths import GRAPHEMES, UTF8_BYTES
from letmepost.domain.limits import comment_not_empty, empty_parts, is_comment, text_max
from letmepost.domain.rules import Finding, Rule
from letmepost.domain.text import is_blank
from letmepost.platforms.bluesky.image_rules import IMAGE_RULES
from letmepost.platforms.bluesky.option_rules import OPTION_RULES
from letmepost.platforms.bluesky.options import BlueskyOptions
from letmepost.platforms.bluesky.sources import CHECKED_ON, POST_LEXICON

_TEXT_MAX_GRAPHEMES = 300
_TEXT_MAX_BYTES = 3000

_rule = partial(Rule, source_url=POST_LEXICON, checked_on=CHECKED_ON)
_text_max = partial(text_max, platform="Bluesky", source_url=POST_LEXICON, checked_on=CHECKED_ON)


def _empty_posts(content: PostContent) -> Iterator[Finding]:
    options = BlueskyOptions.model_validate(content.options)
    if is_blank(content.text) and not (content.media or options.link_card or options.quote):
        yield Finding(field="text", message="The post has neither text nor an image, a link card or a quote.")
    yield from empty_parts(content, "an image")


RULES: tuple[Rule, ...] = (
    _text_max("bluesky.text.max_graphemes", limit=_TEXT_MAX_GRAPHEMES, measure=GRAPHEMES),
    _text_max("bluesky.text.max_bytes", limit=_TEXT_MAX_BYTES, measure=UTF8_BYTES),
    _rule(
        id="bluesky.text.non_empty",
        summary="A post has text, an image, a link card or a quote.",
        remediation="Write a text, or attach an image.",
        find=_empty_posts,
    ),
    _text_max("bluesky.first_comment.max_graphemes", limit=_TEXT_MAX_GRAPHEMES, measure=GRAPHEMES, fields=is_comment),
    _text_max("bluesky.first_comment.max_bytes", limit=_TEXT_MAX_BYTES, measure=UTF8_BYTES, fields=is_comment),
    comment_not_empty("bluesky.first_comment.non_empty", source_url=POST_LEXICON, checked_on=CHECKED_ON),
    *IMAGE_RULES,
    *OPTION_RULES,
)
