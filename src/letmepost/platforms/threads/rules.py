"""Threads' limits, each with its source. The form of a value is the options' schema; here is how much."""

from collections.abc import Callable, Iterator
from functools import partial

from letmepost.domain.content import PostContent
from letmepost.domain.rules import Finding, Rule
from letmepost.platforms.threads.media_rules import MEDIA_RULES
from letmepost.platforms.threads.option_rules import OPTION_RULES
from letmepost.platforms.threads.options import ThreadsOptions
from letmepost.platforms.threads.sources import CHANGELOG, CHECKED_ON, OVERVIEW
from letmepost.platforms.threads.text import count_characters, links_in

_TEXT_MAX_CHARACTERS = 500
_LINKS_MAX = 5

_rule = partial(Rule, source_url=OVERVIEW, checked_on=CHECKED_ON)


def _is_comment(path: str) -> bool:
    return path == "firstComment.text"


def _too_long(admitted: Callable[[str], bool], content: PostContent) -> Iterator[Finding]:
    for path, text in content.texts():
        if admitted(path) and (actual := count_characters(text)) > _TEXT_MAX_CHARACTERS:
            message = f"The text is {actual} characters, emoji by their bytes; Threads allows {_TEXT_MAX_CHARACTERS}."
            yield Finding(field=path, actual=actual, message=message)


def _text_max(rule_id: str, admitted: Callable[[str], bool]) -> Rule:
    return _rule(
        id=rule_id,
        summary=f"A text has at most {_TEXT_MAX_CHARACTERS} characters; an emoji counts as its bytes in UTF-8.",
        remediation=f"Shorten the text to {_TEXT_MAX_CHARACTERS} characters or fewer.",
        limit=_TEXT_MAX_CHARACTERS,
        unit="characters",
        find=partial(_too_long, admitted),
    )


def _empty_posts(content: PostContent) -> Iterator[Finding]:
    if not (content.text.strip() or content.media):
        yield Finding(field="text", message="The post has neither text nor media.")
    for index, part in enumerate(content.thread):
        if not (part.text.strip() or part.media):
            message = f"Part {index + 1} of the thread has neither text nor media."
            yield Finding(field=f"thread[{index}].text", message=message)


def _empty_comment(content: PostContent) -> Iterator[Finding]:
    if content.first_comment is not None and not content.first_comment.strip():
        yield Finding(field="firstComment.text", message="The first comment is empty.")


def _too_many_links(content: PostContent) -> Iterator[Finding]:
    card = ThreadsOptions.model_validate(content.options).link_attachment
    for path, text in content.texts():
        links = links_in(text) | ({card} if card is not None and path == "text" else set())
        if len(links) > _LINKS_MAX:
            message = f"The post has {len(links)} different links; Threads allows at most {_LINKS_MAX}."
            yield Finding(field=path, actual=len(links), message=message)


RULES: tuple[Rule, ...] = (
    _text_max("threads.text.max_graphemes", lambda path: not _is_comment(path)),
    _rule(
        id="threads.text.required",
        summary="A post has text or media.",
        remediation="Write a text, or attach an image or a video.",
        find=_empty_posts,
    ),
    _text_max("threads.first_comment.max_graphemes", _is_comment),
    _rule(
        id="threads.first_comment.non_empty",
        summary="A first comment has text.",
        remediation="Write a text, or leave `firstComment` out.",
        find=_empty_comment,
    ),
    Rule(
        id="threads.links.count_max",
        summary=f"A post has at most {_LINKS_MAX} different links, in its text and as its card.",
        remediation=f"Keep {_LINKS_MAX} links or fewer.",
        limit=_LINKS_MAX,
        unit="items",
        source_url=CHANGELOG,
        checked_on=CHECKED_ON,
        find=_too_many_links,
    ),
    *MEDIA_RULES,
    *OPTION_RULES,
)
