"""Platform rules as values: each limit is written once, with its source and the date of its last check.

Preflight, `GET /v1/platforms`, the documentation pages and remediation texts all use the same `Rule`. Simulators do
not: they have their own copy of the platform's limits, so that a wrong number is detected.
"""

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import reduce
from typing import Any, Generic, TypeVar

from letmepost.domain import refusals
from letmepost.domain.accounts import AccountFacts
from letmepost.domain.content import MediaFacts, MediaItem, MediaKind, OnUnsupported, PostContent
from letmepost.domain.fitting.ffmpeg import repair_command
from letmepost.domain.fitting.fit import Fit
from letmepost.domain.fitting.recipe import UnfitError, plan
from letmepost.domain.fitting.video import VideoLimit
from letmepost.domain.fitting.wish import STILL_TYPES, ImageLimit, Wish
from letmepost.domain.omission import Omission, omit
from letmepost.domain.violations import Violation

_EXPLAINED_MAX = 25
"""How many violations of a post say whether `fit` or a command would help. A post may have a thousand media items."""

OptionsT_co = TypeVar("OptionsT_co", covariant=True)

FACTS_VALID_FOR = timedelta(hours=24)
"""How long facts about an account can reject a post, unless the platform states another period."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PostTarget(Generic[OptionsT_co]):
    """A post for one account, as rules see it.

    Args:
        options: the options of the platform, parsed.
        now: when the post is checked. It decides if the facts about the account are outdated.
    """

    content: PostContent
    options: OptionsT_co
    account: AccountFacts
    now: datetime

    def is_confirmed(self, valid_for: timedelta) -> bool:
        """Return True if the platform confirmed the facts about the account within this period."""
        confirmed_at = self.account.confirmed_at
        return confirmed_at is not None and self.now - confirmed_at <= valid_for


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleSource:
    """The platform's documentation of a rule, and the date of the last check of that page."""

    url: str
    checked_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One place where a rule is broken: the path of the field, its value, and a sentence about it.

    `limit` and `remediation` replace those of the rule, where the account has its own limit.
    """

    field: str
    message: str
    actual: int | float | str | None = None
    limit: int | float | str | None = None
    remediation: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One limit of one platform.

    Args:
        id: `platform.subject.property`. Callers branch on it, so it never changes its meaning.
        summary: the rule in one sentence.
        limit: the number or the list of allowed values, in `unit`; None if there is none.
        capability: True if the platform does not have the feature at all. The finding's field is then the smallest
            item to omit: a media item, its title, alt text or thumbnail, the thread, or the first comment.
        facts_valid_for: how long the facts about an account that the rule reads can reject a post. With older facts, a
            finding is only a warning, because the account may have changed. None if the rule reads no such facts, or
            only facts that never change.
        find: returns every place in a post where the rule is broken.
        image_limit: returns what the rule demands of an image: the media item at a path. None if nothing that a
            conversion can achieve.
        video_limit: returns what the rule demands of a video: the media item at a path. None if nothing.
        prepare: does the slow part of `find`, in steps of about 10 ms, so that a caller can pause in between. The
            content caches the result.
    """

    id: str
    summary: str
    remediation: str
    source: RuleSource
    find: Callable[[PostTarget[Any]], Iterable[Finding]]
    limit: int | float | str | None = None
    unit: str | None = None
    capability: bool = False
    facts_valid_for: timedelta | None = None
    prepare: Callable[[PostTarget[Any]], Iterable[None]] = lambda _target: ()
    image_limit: Callable[[PostTarget[Any], str, MediaItem], ImageLimit | None] = lambda _target, _path, _item: None
    video_limit: Callable[[PostTarget[Any], str, MediaItem], VideoLimit | None] = lambda _target, _path, _item: None

    def check(self, target: PostTarget[Any]) -> Iterator[Violation]:
        """Yield a violation for each place where the rule is broken."""
        for finding in self.find(target):
            yield Violation(
                rule=self.id,
                field=finding.field,
                message=finding.message,
                remediation=finding.remediation or self.remediation,
                limit=self.limit if finding.limit is None else finding.limit,
                actual=finding.actual,
                unit=self.unit,
            )

    def is_certain(self, target: PostTarget[Any]) -> bool:
        """Return False if the rule reads facts about the account that are outdated."""
        return self.facts_valid_for is None or target.is_confirmed(self.facts_valid_for)


def violations(target: PostTarget[Any], rules: Iterable[Rule]) -> list[Violation]:
    """Return all violations: first media items with a wrong kind, then in rule order. Empty if the post is valid.

    Findings that depend on outdated facts about the account are left out.
    """
    rules = tuple(rules)
    found = [(rule, broken) for rule in rules if rule.is_certain(target) for broken in rule.check(target)]
    items = dict(target.content.every_item()) if found else {}
    by_media = [pair for pair in found if pair[1].field in items][:_EXPLAINED_MAX]
    explained: dict[int, Violation] = {}
    for rule, broken in by_media:
        about = rule, items[broken.field], target, rules
        explained[id(broken)] = _with_command(_with_fit(broken, *about), *about)
    return [*_kind_mismatches(target.content), *(explained.get(id(broken), broken) for _, broken in found)]


def wish_of(target: PostTarget[Any], rules: Iterable[Rule], path: str, item: MediaItem, fit: Fit) -> Wish:
    """Return what the rules demand of an image: the media item at a path of the post."""
    rules = tuple(rules)
    limits: dict[str, list[ImageLimit]] = {}
    for content_type in STILL_TYPES:
        still = replace(item, facts=MediaFacts(content_type=content_type, size_bytes=0, frame_count=1))
        stated = (rule.image_limit(target, path, still) for rule in rules)
        limits[content_type] = [limit for limit in stated if limit is not None]
    return Wish.of(fit, limits)


def _with_command(
    violation: Violation, rule: Rule, item: MediaItem, target: PostTarget[Any], rules: tuple[Rule, ...]
) -> Violation:
    """Add to a violation by a video the command that repairs the file for all rules together, if there is one."""
    path, facts = violation.field, item.facts
    if facts is None or facts.kind is not MediaKind.VIDEO or rule.video_limit(target, path, item) is None:
        return violation
    stated = (each.video_limit(target, path, item) for each in rules)
    limit = reduce(VideoLimit.__and__, (each for each in stated if each is not None))
    command = repair_command(facts, limit)
    if command is None:
        return violation
    advice = f"Or run this command and attach its output: {command}"
    return replace(violation, remediation=f"{violation.remediation} {advice}", command=command)


def _with_fit(
    violation: Violation, rule: Rule, item: MediaItem, target: PostTarget[Any], rules: tuple[Rule, ...]
) -> Violation:
    """Add to a violation by a media item how `fit` would remove it, or why it does not."""
    if item.facts is None:
        return violation
    try:
        recipe = plan(item.facts, wish_of(target, rules, violation.field, item, item.fit or Fit()))
    except UnfitError as unfit:
        return violation if item.fit is None else replace(violation, message=f"{violation.message} {unfit}")
    if item.fit is not None or rule.image_limit(target, violation.field, item) is None:
        return violation
    owner = "target" if violation.field.startswith("options.") else "media item"
    advice = f"Or set `fit` of the {owner} to `true`: the image is then {recipe.describe()}."
    return replace(violation, remediation=f"{violation.remediation} {advice}")


@dataclass(frozen=True, slots=True)
class Checked:
    """The result of preflight: the content to publish, every violation, and the warnings.

    There is a warning for each omitted item, and for each finding that depends on outdated facts about the account.
    """

    content: PostContent
    violations: tuple[Violation, ...]
    warnings: tuple[Violation, ...]


def preflight(target: PostTarget[Any], rules: Iterable[Rule]) -> Checked:
    """Check a post against its platform's rules.

    Content that the platform does not support is a violation. With `OnUnsupported.OMIT` it is omitted with a warning
    instead, and the rules judge what remains; the fields of violations are still those of the original post. A kind
    that does not match the bytes is a violation even of an omitted item: the request contradicts itself.
    """
    rules, content = tuple(rules), target.content
    unsupported: list[Violation] = []
    omission = Omission(content, {})
    if content.on_unsupported is OnUnsupported.OMIT:
        capabilities = [rule for rule in rules if rule.capability and rule.is_certain(target)]
        unsupported = _outermost([found for rule in capabilities for found in rule.check(target)])
        omission = omit(content, {found.field for found in unsupported})
    remaining = replace(target, content=omission.content)
    broken = [replace(found, field=omission.origin(found.field)) for found in violations(remaining, rules)]
    mismatches = [found for found in _kind_mismatches(content) if found not in broken]
    omitted = [replace(found, message=f"`{found.field}` was omitted. {found.message}") for found in unsupported]
    doubts = [replace(found, field=omission.origin(found.field)) for found in _doubts(remaining, rules)]
    return Checked(omission.content, (*mismatches, *broken), (*omitted, *doubts))


def _doubts(target: PostTarget[Any], rules: Iterable[Rule]) -> Iterator[Violation]:
    """Yield what may break a rule, if the facts about the account are still true."""
    for rule in rules:
        if rule.facts_valid_for is not None and not rule.is_certain(target):
            hours = rule.facts_valid_for.total_seconds() / 3600
            why = f"The post is accepted, because this was not confirmed in the last {hours:g} hours."
            yield from (replace(found, message=f"{found.message} {why}") for found in rule.check(target))


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
