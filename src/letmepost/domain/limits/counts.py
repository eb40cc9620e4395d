"""Limits on how many there are of something."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import KW_ONLY, dataclass
from functools import partial
from typing import Any, TypeAlias

from letmepost.domain.limits.rows import Limit, allowed_range, default_of, limit_of, noted, one, valid_for
from letmepost.domain.rules import Finding, PostTarget, Rule, RuleSource

Counts: TypeAlias = Callable[[PostTarget[Any]], Iterable[tuple[str, int]]]


def media_counts(target: PostTarget[Any]) -> Iterator[tuple[str, int]]:
    """Yield the number of media items of each post of a thread."""
    for path, media in target.content.attachments():
        yield path, len(media)


def poll_counts(target: PostTarget[Any]) -> Iterator[tuple[str, int]]:
    """Yield the number of answers of `options.poll`."""
    if target.options.poll is not None:
        yield "options.poll.options", len(target.options.poll.options)


def option_count(path: str, read: Callable[[Any], int | None]) -> Counts:
    """Return a selector of one number in the options. `read` returns it, or None if it is not given."""

    def counts(target: PostTarget[Any]) -> Iterator[tuple[str, int]]:
        count = read(target.options)
        if count is not None:
            yield f"options.{path}", count

    return counts


@dataclass(frozen=True, slots=True)
class CountLimit:
    """A post, or a part of one, has at most `limit` of something, and at least `at_least`.

    Args:
        things: what is counted, in the plural.
        counts: yields the path and the count of each subject.
        subject, verb: the rest of the sentence, such as `poll` and `lasts`.
        fix: the verb of the remediation.
    """

    id: str
    _: KW_ONLY
    things: str
    counts: Counts
    limit: Limit[int]
    source: RuleSource
    at_least: Limit[int] = 0
    subject: str = "post"
    verb: str = "has"
    fix: str = "Send"
    unit: str = "items"

    def rules(self, platform: str) -> Iterator[Rule]:
        """Return the rule."""
        limit, allowed = default_of(self.limit), allowed_range(default_of(self.at_least), default_of(self.limit))
        yield Rule(
            id=self.id,
            summary=noted(f"{one(self.subject)} {self.verb} {allowed} {self.things}.", self.limit, self.at_least),
            limit=limit,
            unit=self.unit,
            remediation=f"{self.fix} {allowed} {self.things}.",
            source=self.source,
            facts_valid_for=valid_for(self.limit, self.at_least),
            find=lambda target: self._find(platform, target),
        )

    def _find(self, platform: str, target: PostTarget[Any]) -> Iterator[Finding]:
        at_least, limit = limit_of(target, self.at_least), limit_of(target, self.limit)
        allowed = allowed_range(at_least, limit)
        for path, count in self.counts(target):
            if not at_least <= count <= limit:
                message = f"The {self.subject} {self.verb} {count} {self.things}; {platform} allows {allowed}."
                remediation = f"{self.fix} {allowed} {self.things}."
                yield Finding(field=path, actual=count, message=message, limit=limit, remediation=remediation)


MediaCount = partial(CountLimit, things="media items", counts=media_counts, fix="Attach")
"""A post has at most `limit` media items."""

AnswerCount = partial(CountLimit, things="answers", counts=poll_counts, subject="poll")
"""A poll has at most `limit` answers."""
