"""Threads' limits, each with its source. The options' schema defines their form, the rules define their limits."""

from collections.abc import Iterator
from functools import partial

from letmepost.domain.content import PostContent
from letmepost.domain.limits import alt_text_max, comment_not_empty, empty_parts, is_comment, text_max
from letmepost.domain.rules import Finding, Rule
from letmepost.domain.text import is_blank
from letmepost.platforms.threads.media_rules import MEDIA_RULES
from letmepost.platforms.threads.option_rules import OPTION_RULES
from letmepost.platforms.threads.options import ThreadsOptions
from letmepost.platforms.threads.settings import ThreadsSettings
from letmepost.platforms.threads.sources import CHANGELOG, CHECKED_ON, OVERVIEW, TEXT_CHECKED_ON
from letmepost.platforms.threads.text import MEASURES, links_in

_TEXT_MAX = 500
_ALT_TEXT_MAX = 1000
_LINKS_MAX = 5

_text_max = partial(text_max, platform="Threads", source_url=OVERVIEW, checked_on=TEXT_CHECKED_ON)
_alt_text_max = partial(alt_text_max, platform="Threads", source_url=OVERVIEW, checked_on=TEXT_CHECKED_ON)


def _empty_posts(content: PostContent) -> Iterator[Finding]:
    if is_blank(content.text) and not content.media:
        yield Finding(field="text", message="The post has no text and no media.")
    yield from empty_parts(content, "media")


def _too_many_links(content: PostContent) -> Iterator[Finding]:
    card = ThreadsOptions.model_validate(content.options).link_attachment
    for path, text in content.texts():
        if len(text) > _TEXT_MAX:
            continue  # too long in every unit: the length rule reports it
        links = links_in(text) | ({card} if card is not None and path == "text" else set())
        if len(links) > _LINKS_MAX:
            message = f"The post has {len(links)} different links; Threads allows at most {_LINKS_MAX}."
            yield Finding(field=path, actual=len(links), message=message)


def _length_rules(settings: ThreadsSettings) -> Iterator[Rule]:
    measure = MEASURES[settings.text_unit]
    text = partial(_text_max, limit=_TEXT_MAX, measure=measure)
    yield text("threads.text.max_graphemes")
    yield text("threads.first_comment.max_graphemes", fields=is_comment)
    yield _alt_text_max("threads.media.alt_text_max_graphemes", limit=_ALT_TEXT_MAX, measure=measure)


LINKS_COUNT_MAX = Rule(
    id="threads.links.count_max",
    summary=f"A post has at most {_LINKS_MAX} different links, in its text and as its card.",
    remediation=f"Keep {_LINKS_MAX} links or fewer.",
    limit=_LINKS_MAX,
    unit="items",
    source_url=CHANGELOG,
    checked_on=CHECKED_ON,
    find=_too_many_links,
)

_OTHER_RULES: tuple[Rule, ...] = (
    Rule(
        id="threads.text.required",
        summary="A post has text or media.",
        remediation="Write a text, or attach an image or a video.",
        source_url=OVERVIEW,
        checked_on=CHECKED_ON,
        find=_empty_posts,
    ),
    comment_not_empty("threads.first_comment.non_empty", source_url=OVERVIEW, checked_on=CHECKED_ON),
    LINKS_COUNT_MAX,
    *MEDIA_RULES,
    *OPTION_RULES,
)


def rules_for(settings: ThreadsSettings) -> tuple[Rule, ...]:
    """Return every rule; the settings choose the unit in which text is measured."""
    return (*_length_rules(settings), *_OTHER_RULES)


RULES = rules_for(ThreadsSettings())
