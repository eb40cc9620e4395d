"""LinkedIn's limits, each with its source. The schema of the options defines the form of a value.

LinkedIn's web pages and its refusals state that a text has at most 3,000 characters. No page of the API states that, or
what counts as a character. So the text must be within the limit in both ways of counting.
"""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from letmepost.domain.content import PostContent
from letmepost.domain.lengths import GRAPHEMES, UTF16, Measure
from letmepost.domain.limits import comment_not_empty, is_comment, text_max
from letmepost.domain.rules import Finding, Rule
from letmepost.domain.text import is_blank
from letmepost.platforms.linkedin.little_text import has_mention, shown
from letmepost.platforms.linkedin.media_rules import MEDIA_RULES
from letmepost.platforms.linkedin.option_rules import OPTION_RULES
from letmepost.platforms.linkedin.options import LinkedInOptions
from letmepost.platforms.linkedin.sources import CHECKED_ON, COMMENTS_API, POSTS_API

_TEXT_MAX = 3000
_COMMENT_MAX = 1250

_text_max = partial(text_max, platform="LinkedIn", checked_on=CHECKED_ON)
_post_text_max = partial(_text_max, limit=_TEXT_MAX, source_url=POSTS_API, fields=lambda path: path == "text")


def _of_shown(measure: Measure) -> Measure:
    """Return the measure of the text that followers see, in which a mention is its name."""
    return replace(measure, count=lambda text: measure.count(shown(text)), shrinks_by_max=_unfinished_mention)


def _unfinished_mention(beginning: str) -> int:
    """Return how much shorter the text may become when its last mention turns out to be complete."""
    start = beginning.rfind("@[")
    return 0 if start == -1 else len(beginning) - start


def _empty_post(content: PostContent) -> Iterator[Finding]:
    options = LinkedInOptions.model_validate(content.options)
    if is_blank(shown(content.text)) and not (content.media or options.article or options.poll):
        yield Finding(field="text", message="The post has no text, media, article or poll.")


def _thread(content: PostContent) -> Iterator[Finding]:
    if content.thread:
        yield Finding(field="thread", actual=len(content.thread), message="LinkedIn has no threads.")


def _mention_in_comment(content: PostContent) -> Iterator[Finding]:
    if content.first_comment is not None and has_mention(content.first_comment):
        message = "The first comment has a mention, which LinkedIn would show as plain text."
        yield Finding(field="firstComment.text", message=message)


RULES: tuple[Rule, ...] = (
    _post_text_max("linkedin.text.max_graphemes", measure=_of_shown(GRAPHEMES)),
    _post_text_max("linkedin.text.max_utf16", measure=_of_shown(UTF16)),
    Rule(
        id="linkedin.text.non_empty",
        summary="A post has text, media, an article or a poll.",
        remediation="Write a text, or attach a media item, an article or a poll.",
        source_url=POSTS_API,
        checked_on=CHECKED_ON,
        find=_empty_post,
    ),
    Rule(
        id="linkedin.thread.supported",
        summary="LinkedIn has no threads: a post has one part.",
        remediation="Publish the parts as separate posts, or set `onUnsupported` to `omit`.",
        source_url=POSTS_API,
        checked_on=CHECKED_ON,
        find=_thread,
        capability=True,
    ),
    _text_max(
        "linkedin.first_comment.max_graphemes",
        limit=_COMMENT_MAX,
        measure=GRAPHEMES,
        fields=is_comment,
        source_url=COMMENTS_API,
    ),
    _text_max(
        "linkedin.first_comment.max_utf16",
        limit=_COMMENT_MAX,
        measure=UTF16,
        fields=is_comment,
        source_url=COMMENTS_API,
    ),
    Rule(
        id="linkedin.first_comment.mentions_unsupported",
        summary="A first comment cannot mention people or pages.",
        remediation="Write the name only, or mention it in the text of the post.",
        source_url=COMMENTS_API,
        checked_on=CHECKED_ON,
        find=_mention_in_comment,
    ),
    comment_not_empty("linkedin.first_comment.non_empty", source_url=COMMENTS_API, checked_on=CHECKED_ON),
    *MEDIA_RULES,
    *OPTION_RULES,
)
