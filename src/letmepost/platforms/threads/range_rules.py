"""Threads' limits on parts of texts: spoilers in a post, and formatting in a text attachment."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from letmepost.domain.rules import Finding, PostTarget, Rule
from letmepost.platforms.threads.options import ThreadsOptions, ThreadsTextRange
from letmepost.platforms.threads.sources import SPOILERS, TEXT_ATTACHMENTS


def _outside(path: str, parts: Sequence[ThreadsTextRange], text: str) -> Iterator[Finding]:
    for index, part in enumerate(parts):
        if part.end > len(text):
            message = f"The part ends at character {part.end}, and the text has {len(text)} characters."
            yield Finding(field=f"{path}[{index}]", actual=part.end, message=message)


def _spoilers_outside(target: PostTarget[ThreadsOptions]) -> Iterator[Finding]:
    spoilers = target.options.spoilers
    if spoilers is not None:
        yield from _outside("options.spoilers.text", spoilers.text, target.content.text)


def _formatting_outside(target: PostTarget[ThreadsOptions]) -> Iterator[Finding]:
    attachment = target.options.text_attachment
    if attachment is not None:
        yield from _outside("options.textAttachment.formatting", attachment.formatting, attachment.text)


def _overlapping(target: PostTarget[ThreadsOptions]) -> Iterator[Finding]:
    attachment = target.options.text_attachment
    parts = () if attachment is None else attachment.formatting
    in_order = sorted(enumerate(parts), key=lambda numbered: (numbered[1].offset, numbered[1].end))
    for (_, first), (index, second) in pairwise(in_order):
        if second.offset < first.end:
            message = f"The part begins at character {second.offset}, and another one ends at {first.end}."
            yield Finding(field=f"options.textAttachment.formatting[{index}]", actual=second.offset, message=message)


def _no_media_to_hide(target: PostTarget[ThreadsOptions]) -> Iterator[Finding]:
    spoilers = target.options.spoilers
    if spoilers is not None and spoilers.media and not target.content.media:
        yield Finding(field="options.spoilers.media", message="The post has no media items to hide.")


RANGE_LIMITS = (
    Rule(
        id="threads.spoilers.text_range",
        summary="A spoiler is a part of the post's text.",
        remediation="Correct `offset` and `length`. Both count Unicode code points, from the beginning of `text`.",
        source=SPOILERS,
        find=_spoilers_outside,
    ),
    Rule(
        id="threads.spoilers.media_required",
        summary="Only a post with media items has media items to hide.",
        remediation="Remove `spoilers.media`, or attach a media item.",
        source=SPOILERS,
        find=_no_media_to_hide,
    ),
    Rule(
        id="threads.text_attachment.formatting_range",
        summary="Formatting applies to a part of the text attachment.",
        remediation="Correct `offset` and `length`. Both count Unicode code points, from the beginning of the "
        "attachment's `text`.",
        source=TEXT_ATTACHMENTS,
        find=_formatting_outside,
    ),
    Rule(
        id="threads.text_attachment.formatting_overlap",
        summary="Parts of a text attachment with formatting do not overlap.",
        remediation="Divide the parts where they overlap, and give each part all its `styles`.",
        source=TEXT_ATTACHMENTS,
        find=_overlapping,
    ),
)
