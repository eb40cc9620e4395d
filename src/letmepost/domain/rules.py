"""Platform rules as values: each limit is written once, with its source and the date of its last check.

Preflight, `GET /v1/platforms`, the documentation pages and remediation texts all use the same `Rule`. Simulators do
not: they have their own copy of the platform's limits, so that a wrong number is detected.
"""

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date

from letmepost.domain import refusals
from letmepost.domain.content import OnUnsupported, PostContent
from letmepost.domain.omission import omit
from letmepost.domain.violations import Violation


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One place where a rule is broken: the path of the field, its value, and a sentence about it."""

    field: str
    message: str
    actual: int | float | str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One limit of one platform.

    Args:
        id: `platform.subject.property`. Callers branch on it, so it never changes its meaning.
        summary: the rule in one sentence.
        limit: the number or the list of allowed values, in `unit`; None if there is none.
        source_url: the platform's documentation of the rule.
        checked_on: the date of the last check of that page.
        capability: True if the platform does not have the feature at all. The finding's field is then the smallest
            item to omit: a media item, its title or alt text, the thread, or the first comment.
        find: returns every place in a post where the rule is broken.
        prepare: does the slow part of `find`, in steps of about 10 ms, so that a caller can pause in between. The
            content caches the result.
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
        """Yield a violation for each place where the rule is broken."""
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
    """Return all violations: first media items with a wrong kind, then in rule order. Empty if the content is valid."""
    return [*_kind_mismatches(content), *(found for rule in rules for found in rule.check(content))]


@dataclass(frozen=True, slots=True)
class Checked:
    """The result of preflight: the content to publish, every violation, and a warning for each omitted item."""

    content: PostContent
    violations: tuple[Violation, ...]
    warnings: tuple[Violation, ...]


def preflight(content: PostContent, rules: Iterable[Rule]) -> Checked:
    """Check a post against its platform's rules.

    Content that the platform does not support is a violation. With `OnUnsupported.OMIT` it is omitted with a warning
    instead, and the rules judge what remains; the fields of violations are still those of the original post. A kind
    that does not match the bytes is a violation even of an omitted item: the request contradicts itself.
    """
    rules = tuple(rules)
    if content.on_unsupported is OnUnsupported.REJECT:
        return Checked(content, tuple(violations(content, rules)), ())
    unsupported = _outermost([found for rule in rules if rule.capability for found in rule.check(content)])
    omission = omit(content, {found.field for found in unsupported})
    broken = [replace(found, field=omission.origin(found.field)) for found in violations(omission.content, rules)]
    mismatches = [found for found in _kind_mismatches(content) if found not in broken]
    warnings = tuple(replace(found, message=f"`{found.field}` was omitted. {found.message}") for found in unsupported)
    return Checked(omission.content, (*mismatches, *broken), warnings)


def _kind_mismatches(content: PostContent) -> Iterator[Violation]:
    for path, item in content.items():
        if item.facts is not None and item.facts.kind is not item.kind:
            actual, content_type = item.facts.kind, item.facts.content_type
            refusal = refusals.media.KIND_MISMATCH
            yield Violation(
                rule=refusal.id,
                field=f"{path}.kind",
                message=refusal.describe(path=path, kind=item.kind, content_type=content_type, actual=actual),
                remediation=refusal.advise(),
                actual=actual.value,
            )


def _outermost(found: Collection[Violation]) -> list[Violation]:
    """Return the findings that are not inside an item that is omitted as a whole."""
    fields = {violation.field for violation in found}
    return [
        violation
        for violation in found
        if not any(violation.field.startswith((f"{field}.", f"{field}[")) for field in fields)
    ]
