"""Platform rules as values: each limit is written once, with its source and the date it was checked.

Preflight, `GET /v1/platforms`, the documentation pages and remediation texts all read the same `Rule`. Simulators do
not: they state the platform's limits in their own code, so that a wrong number shows.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from letmepost.domain.content import PostContent


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One place where a rule is broken: the path of the field, what stands there, and a sentence about it."""

    field: str
    message: str
    actual: int | float | str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """A broken rule, as the caller is told of it."""

    rule: str
    field: str
    message: str
    remediation: str
    limit: int | float | str | None = None
    actual: int | float | str | None = None
    unit: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One limit of one platform.

    Args:
        id: `platform.subject.property`; callers branch on it, so it never changes its meaning.
        summary: the rule in one sentence.
        limit: the number or the list of allowed values, in `unit`; None where there is none.
        source_url: where the platform says so.
        checked_on: when that was last read.
        capability: the platform cannot do this at all. Asked for on a target it is a violation; inherited from the
            request's defaults it is a warning, and the field is left out.
        find: every place in a post where the rule is broken.
        prepare: does the slow part of `find`, in steps of about 10 ms, so that a caller can pause in between. The
            content remembers the result.
    """

    id: str
    summary: str
    remediation: str
    source_url: str
    checked_on: date
    find: Callable[[PostContent], Iterable[Finding]]
    limit: int | float | str | None = None
    unit: str | None = None
    capability: bool = False
    prepare: Callable[[PostContent], Iterable[None]] = lambda _content: ()

    def check(self, content: PostContent) -> Iterator[Violation]:
        """A violation for every place where the rule is broken."""
        for finding in self.find(content):
            yield Violation(
                rule=self.id,
                field=finding.field,
                message=finding.message,
                remediation=self.remediation,
                limit=self.limit,
                actual=finding.actual,
                unit=self.unit,
            )


def violations(content: PostContent, rules: Iterable[Rule]) -> list[Violation]:
    """Every broken rule, in rule order; empty when the content may be sent."""
    return [violation for rule in rules for violation in rule.check(content)]


@dataclass(frozen=True, slots=True)
class Checked:
    """What preflight found: content without what the platform cannot do, what is wrong, and what was left out."""

    content: PostContent
    violations: tuple[Violation, ...]
    warnings: tuple[Violation, ...]


def preflight(content: PostContent, rules: Iterable[Rule]) -> Checked:
    """Check a target against its platform's rules.

    A capability that the platform lacks is only a warning when the request's defaults brought it in; the rest of the
    rules then judge the content without it. What only a part of a field cannot have (a video in one post of a thread)
    stays a violation: leaving the whole field out would publish something else than was meant.
    """
    rules = tuple(rules)
    lacking = [found for rule in rules if rule.capability for found in rule.check(content)]
    warnings = tuple(
        found for found in lacking if "." not in found.field and found.field.partition("[")[0] in content.inherited
    )
    for warning in warnings:
        content = content.without(warning.field.partition("[")[0])
    return Checked(content, tuple(violations(content, rules)), warnings)
