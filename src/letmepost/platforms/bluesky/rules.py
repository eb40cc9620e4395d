"""Bluesky's limits, each with its source. The schema of the options defines the form of a value."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any

from letmepost.domain.content import PostContent
from letmepost.domain.lengths import UTF8_BYTES, Measure
from letmepost.domain.limits import comment_not_empty, empty_parts, is_comment, text_max
from letmepost.domain.rules import Finding, Rule
from letmepost.domain.text import is_blank
from letmepost.platforms.bluesky.graphemes import count_graphemes
from letmepost.platforms.bluesky.image_rules import IMAGE_RULES
from letmepost.platforms.bluesky.option_rules import OPTION_RULES
from letmepost.platforms.bluesky.options import BlueskyOptions
from letmepost.platforms.bluesky.richtext import sent_text
from letmepost.platforms.bluesky.shortening import TEXT_MAX_BYTES, TEXT_MAX_GRAPHEMES
from letmepost.platforms.bluesky.sources import CHECKED_ON, POST_LEXICON

_GRAPHEMES = Measure(unit="graphemes", count=count_graphemes)

_rule = partial(Rule, source_url=POST_LEXICON, checked_on=CHECKED_ON)


def _text_max(rule_id: str, **limit: Any) -> Rule:
    """Return the rule that limits a text as it is sent, with links shown short where they are."""
    rule = text_max(rule_id, platform="Bluesky", source_url=POST_LEXICON, checked_on=CHECKED_ON, **limit)

    def prepare(content: PostContent) -> Iterator[None]:
        send = _sender(content)
        for _, text in content.texts():
            content.lengths.derive(send, text)
            yield
        yield from rule.prepare(_as_sent(content))

    return replace(rule, find=lambda content: rule.find(_as_sent(content)), prepare=prepare)


_SENT = {choice: partial(sent_text, shorten_links=choice) for choice in (None, False, True)}


def _sender(content: PostContent) -> Callable[[str], str]:
    return _SENT[BlueskyOptions.model_validate(content.options).shorten_links]


def _as_sent(content: PostContent) -> PostContent:
    send = partial(content.lengths.derive, _sender(content))
    return replace(
        content,
        text=send(content.text),
        thread=tuple(replace(part, text=send(part.text)) for part in content.thread),
        first_comment=None if content.first_comment is None else send(content.first_comment),
    )


def _empty_posts(content: PostContent) -> Iterator[Finding]:
    options = BlueskyOptions.model_validate(content.options)
    if is_blank(content.text) and not (content.media or options.link_card or options.quote):
        yield Finding(field="text", message="The post has no text, image, link card or quote.")
    yield from empty_parts(content, "an image")


RULES: tuple[Rule, ...] = (
    _text_max("bluesky.text.max_graphemes", limit=TEXT_MAX_GRAPHEMES, measure=_GRAPHEMES),
    _text_max("bluesky.text.max_bytes", limit=TEXT_MAX_BYTES, measure=UTF8_BYTES),
    _rule(
        id="bluesky.text.non_empty",
        summary="A post has text, an image, a link card or a quote.",
        remediation="Write a text, or attach an image.",
        find=_empty_posts,
    ),
    _text_max("bluesky.first_comment.max_graphemes", limit=TEXT_MAX_GRAPHEMES, measure=_GRAPHEMES, fields=is_comment),
    _text_max("bluesky.first_comment.max_bytes", limit=TEXT_MAX_BYTES, measure=UTF8_BYTES, fields=is_comment),
    comment_not_empty("bluesky.first_comment.non_empty", source_url=POST_LEXICON, checked_on=CHECKED_ON),
    *IMAGE_RULES,
    *OPTION_RULES,
)
