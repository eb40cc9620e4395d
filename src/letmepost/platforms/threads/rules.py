"""Threads' limits, each with its source. The options' schema defines their form, the rules define their limits."""

from collections.abc import Iterator
from functools import partial

from letmepost.domain.limits import (
    AltTextLimit,
    CommentNotBlank,
    CountLimit,
    NotEmpty,
    TextLimit,
    first_comment,
    rules_of,
)
from letmepost.domain.rules import PostTarget, Rule
from letmepost.platforms.threads.media_rules import MEDIA_LIMITS
from letmepost.platforms.threads.option_rules import OPTION_LIMITS
from letmepost.platforms.threads.options import ThreadsOptions
from letmepost.platforms.threads.settings import ThreadsSettings
from letmepost.platforms.threads.sources import CHANGELOG, OVERVIEW, TEXT_OVERVIEW
from letmepost.platforms.threads.text import MEASURES, links_in

_TEXT_MAX = 500


def _link_counts(target: PostTarget[ThreadsOptions]) -> Iterator[tuple[str, int]]:
    cards = _cards(target.options)
    for path, text in target.content.texts():
        if len(text) <= _TEXT_MAX:  # the length rule reports a text that is too long in every unit
            yield path, len(links_in(text) | (cards if path == "text" else frozenset()))


def _cards(options: ThreadsOptions) -> frozenset[str]:
    """Return the links that the first post shows as cards."""
    attached = None if options.text_attachment is None else options.text_attachment.link
    return frozenset(card for card in (options.link_attachment, attached) if card is not None)


[LINKS_COUNT_MAX] = CountLimit(
    "threads.links.count_max",
    things="different links, including its cards",
    limit=5,
    counts=_link_counts,
    fix="Keep",
    source=CHANGELOG,
).rules("Threads")


def rules_for(settings: ThreadsSettings) -> tuple[Rule, ...]:
    """Return every rule; the settings choose the unit in which text is measured."""
    measure = MEASURES[settings.text_unit]
    text = partial(TextLimit, limit=_TEXT_MAX, measure=measure, source=TEXT_OVERVIEW)
    return rules_of(
        "Threads",
        (
            text("threads.text.max_graphemes"),
            text("threads.first_comment.max_graphemes", texts=first_comment),
            AltTextLimit("threads.media.alt_text_max_graphemes", limit=1000, measure=measure, source=TEXT_OVERVIEW),
            NotEmpty("threads.text.required", others=("media",), source=OVERVIEW),
            CommentNotBlank("threads.first_comment.non_empty", source=OVERVIEW),
            LINKS_COUNT_MAX,
            *MEDIA_LIMITS,
            *OPTION_LIMITS,
        ),
    )


RULES = rules_for(ThreadsSettings())
