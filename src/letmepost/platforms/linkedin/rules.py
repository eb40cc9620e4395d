"""LinkedIn's limits, each with its source. The schema of the options defines the form of a value.

LinkedIn's web pages and its refusals state that a text has at most 3,000 characters. No page of the API states that, or
what counts as a character. So the text must be within the limit in both ways of counting.
"""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from letmepost.domain.lengths import GRAPHEMES, UTF16, Measure
from letmepost.domain.limits import CommentNotBlank, NotEmpty, SinglePart, TextLimit, first_comment, post_text, rules_of
from letmepost.domain.rules import Finding, PostTarget, Rule
from letmepost.platforms.linkedin.little_text import has_mention, shown
from letmepost.platforms.linkedin.media_rules import MEDIA_LIMITS
from letmepost.platforms.linkedin.option_rules import OPTION_LIMITS
from letmepost.platforms.linkedin.options import LinkedInOptions
from letmepost.platforms.linkedin.sources import COMMENTS_API, POSTS_API
from letmepost.platforms.linkedin.video_rules import VIDEO_LIMITS

_text_limit = partial(TextLimit, texts=post_text, limit=3000, source=POSTS_API)
_comment_limit = partial(TextLimit, texts=first_comment, limit=1250, source=COMMENTS_API)


def _of_shown(measure: Measure) -> Measure:
    """Return the measure of the text that followers see, in which a mention is its name."""
    return replace(measure, count=lambda text: measure.count(shown(text)), shrinks_by_max=_unfinished_mention)


def _unfinished_mention(beginning: str) -> int:
    """Return how much shorter the text may become when its last mention turns out to be complete."""
    start = beginning.rfind("@[")
    return 0 if start == -1 else len(beginning) - start


def _mention_in_comment(target: PostTarget[LinkedInOptions]) -> Iterator[Finding]:
    if target.content.first_comment is not None and has_mention(target.content.first_comment):
        message = "The first comment has a mention, which LinkedIn would show as plain text."
        yield Finding(field="firstComment.text", message=message)


RULES = rules_of(
    "LinkedIn",
    (
        _text_limit("linkedin.text.max_graphemes", measure=_of_shown(GRAPHEMES)),
        _text_limit("linkedin.text.max_utf16", measure=_of_shown(UTF16)),
        NotEmpty(
            "linkedin.text.non_empty",
            others=("media", "an article", "a poll"),
            has_other=lambda target: bool(target.options.article or target.options.poll),
            shown=shown,
            has_parts=False,
            source=POSTS_API,
        ),
        SinglePart("linkedin.thread.supported", source=POSTS_API),
        _comment_limit("linkedin.first_comment.max_graphemes", measure=GRAPHEMES),
        _comment_limit("linkedin.first_comment.max_utf16", measure=UTF16),
        Rule(
            id="linkedin.first_comment.mentions_unsupported",
            summary="A first comment cannot mention people or pages.",
            remediation="Write the name only, or mention it in the text of the post.",
            source=COMMENTS_API,
            find=_mention_in_comment,
        ),
        CommentNotBlank("linkedin.first_comment.non_empty", source=COMMENTS_API),
        *MEDIA_LIMITS,
        *VIDEO_LIMITS,
        *OPTION_LIMITS,
    ),
)
