"""Rules that several platforms share, as functions that return a rule.

Each takes the platform's own id, number, source and date, and returns a `Rule`.
"""

from collections.abc import Callable, Collection, Iterator
from datetime import date
from typing import Literal

from letmepost.domain.content import MediaFacts, MediaItem, MediaKind, PostContent
from letmepost.domain.lengths import GRAPHEMES, Measure
from letmepost.domain.rules import Finding, Rule
from letmepost.domain.text import is_blank


def is_comment(path: str) -> bool:
    """Return True if a text of a post is its first comment, for which some platforms have another limit."""
    return path == "firstComment.text"


def text_max(
    rule_id: str,
    *,
    limit: int,
    measure: Measure,
    platform: str,
    source_url: str,
    checked_on: date,
    fields: Callable[[str], bool] = lambda path: not is_comment(path),
) -> Rule:
    """Return the rule that texts, in each post of a thread, are at most `limit` long. `fields` selects the texts."""
    unit, how = measure.unit, f": {measure.how}" if measure.how else ""

    def prepare(content: PostContent) -> Iterator[None]:
        for path, text in content.texts():
            if fields(path) and not content.lengths.is_quick(measure, text, limit):
                content.lengths.excess(measure, text, limit)
                yield

    def find(content: PostContent) -> Iterator[Finding]:
        for path, text in content.texts():
            if fields(path) and (excess := content.lengths.excess(measure, text, limit)):
                message = f"{_noun(path)} is {excess} {unit}; {platform} allows at most {limit}."
                yield Finding(field=path, actual=excess.actual, message=message)

    return Rule(
        id=rule_id,
        summary=f"A text has at most {limit} {unit}{how}.",
        limit=limit,
        unit=unit,
        remediation=f"Shorten the text to {limit} {unit} or fewer{how}.",
        source_url=source_url,
        checked_on=checked_on,
        find=find,
        prepare=prepare,
    )


def comment_not_empty(rule_id: str, *, source_url: str, checked_on: date) -> Rule:
    """Return the rule that a first comment, if there is one, has visible text."""

    def find(content: PostContent) -> Iterator[Finding]:
        if content.first_comment is not None and is_blank(content.first_comment):
            yield Finding(field="firstComment.text", message="The first comment is empty.")

    return Rule(
        id=rule_id,
        summary="A first comment has text.",
        remediation="Write a text, or leave `firstComment` out.",
        source_url=source_url,
        checked_on=checked_on,
        find=find,
    )


def empty_parts(content: PostContent, media: str) -> Iterator[Finding]:
    """Yield a finding for each part of a thread without visible text or media. `media`: such as `an image`."""
    for index, part in enumerate(content.thread):
        if is_blank(part.text) and not part.media:
            message = f"Part {index + 1} of the thread has neither text nor {media}."
            yield Finding(field=f"thread[{index}].text", message=message)


def images_max(rule_id: str, *, limit: int, platform: str, source_url: str, checked_on: date) -> Rule:
    """Return the rule that a post has at most `limit` attachments."""

    def find(content: PostContent) -> Iterator[Finding]:
        for path, media in content.attachments():
            if len(media) > limit:
                message = f"The post has {len(media)} media items; {platform} allows at most {limit}."
                yield Finding(field=path, actual=len(media), message=message)

    return Rule(
        id=rule_id,
        summary=f"A post has at most {limit} images.",
        limit=limit,
        unit="items",
        remediation=f"Attach {limit} images or fewer.",
        source_url=source_url,
        checked_on=checked_on,
        find=find,
    )


def alt_text_max(
    rule_id: str, *, limit: int, platform: str, source_url: str, checked_on: date, measure: Measure = GRAPHEMES
) -> Rule:
    """Return the rule that an alternative text is at most `limit` long, in the unit of `measure`."""
    unit, how = measure.unit, f": {measure.how}" if measure.how else ""

    def find(content: PostContent) -> Iterator[Finding]:
        for path, item in content.items():
            if excess := content.lengths.excess(measure, item.alt_text or "", limit):
                message = f"The alt text is {excess} {unit}; {platform} allows at most {limit}."
                yield Finding(field=f"{path}.altText", actual=excess.actual, message=message)

    return Rule(
        id=rule_id,
        summary=f"An alt text has at most {limit} {unit}{how}.",
        limit=limit,
        unit=unit,
        remediation=f"Shorten the alt text to {limit} {unit} or fewer{how}.",
        source_url=source_url,
        checked_on=checked_on,
        find=find,
    )


def description_supported(
    rule_id: str,
    *,
    field: Literal["title", "altText"],
    kinds: Collection[MediaKind] = (),
    platform: str,
    source_url: str,
    checked_on: date,
) -> Rule:
    """Return the rule that only media items of these kinds have a title or an alt text on the platform."""
    noun = {"title": "title", "altText": "alt text"}[field]
    nouns = f"only media items of kind {', '.join(kinds)}" if kinds else "no media items"
    summary = f"On {platform}, {nouns} have"

    def find(content: PostContent) -> Iterator[Finding]:
        for path, item in content.items():
            text = item.title if field == "title" else item.alt_text
            if (text or "").strip() and item.kind not in kinds:
                yield Finding(field=f"{path}.{field}", message=f"{platform} has no {noun} for this {item.kind}.")

    return Rule(
        id=rule_id,
        summary=f"{summary} {'a title' if field == 'title' else 'an alt text'}.",
        remediation=f"Remove `{field}`, or set `onUnsupported` to `omit`.",
        source_url=source_url,
        checked_on=checked_on,
        find=find,
        capability=True,
    )


def media_rule(  # noqa: PLR0913 - a rule has this many facts
    rule_id: str,
    *,
    kind: MediaKind,
    broken: Callable[[MediaFacts], int | str | None],
    summary: str,
    remediation: str,
    source_url: str,
    checked_on: date,
    limit: int | str | None = None,
    unit: str | None = None,
) -> Rule:
    """Return a rule on the bytes of media items of a kind. `broken` returns what is wrong with them, or None.

    It finds nothing until the bytes are known, so it runs again before publishing for media items by URL.
    """

    def find(content: PostContent) -> Iterator[Finding]:
        for path, item in content.items():
            actual = _broken(item, kind, broken)
            if actual is not None:
                yield Finding(field=path, actual=actual, message=f"{summary} This one: {actual}.")

    return Rule(
        id=rule_id,
        summary=summary,
        limit=limit,
        unit=unit,
        remediation=remediation,
        source_url=source_url,
        checked_on=checked_on,
        find=find,
    )


def _broken(item: MediaItem, kind: MediaKind, broken: Callable[[MediaFacts], int | str | None]) -> int | str | None:
    return broken(item.facts) if item.kind is kind and item.facts is not None else None


def _noun(path: str) -> str:
    return {"text": "Post text", "firstComment.text": "First comment"}.get(
        path, f"The text of {path.removesuffix('.text')}"
    )
