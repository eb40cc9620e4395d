"""Bluesky's limits, each with its source. The schema of the options defines the form of a value."""

from collections.abc import Callable
from functools import partial

from letmepost.domain.lengths import UTF8_BYTES, Measure
from letmepost.domain.limits import CommentNotBlank, NotEmpty, TextLimit, first_comment, rules_of
from letmepost.domain.rules import PostTarget, Rule
from letmepost.platforms.bluesky.graphemes import count_graphemes
from letmepost.platforms.bluesky.media_rules import media_limits
from letmepost.platforms.bluesky.option_rules import OPTION_LIMITS
from letmepost.platforms.bluesky.options import BlueskyOptions
from letmepost.platforms.bluesky.richtext import sent_text
from letmepost.platforms.bluesky.settings import BlueskySettings
from letmepost.platforms.bluesky.shortening import TEXT_MAX_BYTES, TEXT_MAX_GRAPHEMES
from letmepost.platforms.bluesky.sources import POST_LEXICON

_SENT = {choice: partial(sent_text, shorten_links=choice) for choice in (None, False, True)}


def _sender(target: PostTarget[BlueskyOptions]) -> Callable[[str], str]:
    return _SENT[target.options.shorten_links]


_text_limit = partial(TextLimit, source=POST_LEXICON, sent_as=_sender)
_max_graphemes = partial(
    _text_limit, limit=TEXT_MAX_GRAPHEMES, measure=Measure(unit="graphemes", count=count_graphemes)
)
_max_bytes = partial(_text_limit, limit=TEXT_MAX_BYTES, measure=UTF8_BYTES)


def rules_for(settings: BlueskySettings) -> tuple[Rule, ...]:
    """Return every rule; the settings choose the types of videos that can be uploaded."""
    return rules_of(
        "Bluesky",
        (
            _max_graphemes("bluesky.text.max_graphemes"),
            _max_bytes("bluesky.text.max_bytes"),
            NotEmpty(
                "bluesky.text.non_empty",
                others=("an image", "a video", "a link card", "a quote"),
                has_other=lambda target: bool(target.options.link_card or target.options.quote),
                source=POST_LEXICON,
            ),
            _max_graphemes("bluesky.first_comment.max_graphemes", texts=first_comment),
            _max_bytes("bluesky.first_comment.max_bytes", texts=first_comment),
            CommentNotBlank("bluesky.first_comment.non_empty", source=POST_LEXICON),
            *media_limits(settings.video_upload),
            *OPTION_LIMITS,
        ),
    )


RULES = rules_for(BlueskySettings())
