"""The description of a platform for the tests that every platform passes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, TypeAlias

from pydantic import ValidationError

from letmepost.domain.content import PostContent, ThreadPart
from letmepost.domain.errors import FailureKind, LimitScope
from letmepost.domain.rules import violations
from letmepost.platforms.contract import Platform
from tests.doubles.media import document, image, video
from tests.doubles.targets import CONFIRMED, on

Content: TypeAlias = Mapping[str, Any]
"""Arguments of `PostContent`."""

SCHEMA = "schema"
"""In the place of a rule's id: the options are rejected before any rule is checked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """The documented result of publishing with an account that behaves as a scenario states.

    Args:
        status: the final status of the post; None if the account cannot be connected.
        kind: of the first failure; None if nothing fails.
        rule, scope: of the first failure.
        has_retry_time: True if the first failure states when to try again. By default, only a rate limit does.
        example: the name of the post.
    """

    status: str | None = "published"
    kind: FailureKind | None = None
    rule: str | None = None
    scope: LimitScope = LimitScope.ACCOUNT
    has_retry_time: bool | None = None
    example: str = "text"

    @property
    def states_retry_time(self) -> bool:
        """Return True if the first failure must state when to try again."""
        return self.kind is FailureKind.RATE_LIMITED if self.has_retry_time is None else self.has_retry_time


_ENDINGS: Mapping[str, Ending] = MappingProxyType(
    {
        "ok": Ending(),
        "slow": Ending(),
        "rate_limited": Ending(kind=FailureKind.RATE_LIMITED),
        "auth_revoked": Ending(status="held", kind=FailureKind.AUTH_FAILED),
        "token_expiring": Ending(),
        "rejected": Ending(status="rejected", kind=FailureKind.REJECTED),
        "unavailable": Ending(kind=FailureKind.IN_DOUBT),
        "flaky": Ending(kind=FailureKind.IN_DOUBT),
        "timeout_after_publish": Ending(kind=FailureKind.IN_DOUBT),
        "duplicate": Ending(status="rejected", kind=FailureKind.DUPLICATE),
        "processing_forever": Ending(status="failed", kind=FailureKind.UNAVAILABLE, example="image"),
    }
)
_COMMON: Mapping[str, Content] = MappingProxyType(
    {
        "text": {"text": "Grüße an 🎉 https://example.org/a?b=1 (#Über & <b> *so*)"},
        "image": {"text": "", "media": (image(),)},
        "images": {"text": "two", "media": (image(1), image(2, content_type="image/png", alt_text="A cat"))},
        "video": {"text": "moving", "media": (video(),)},
        "document": {"text": "read this", "media": (document(),)},
        "comment": {"text": "post", "first_comment": "More (here): #tag"},
        "thread": {
            "text": "one",
            "thread": (ThreadPart(text="two", media=(image(1), image(2))), ThreadPart(text="three")),
            "first_comment": "comment",
        },
    }
)


_TEXT_FIELDS: Mapping[str, Callable[[str], Content]] = MappingProxyType(
    {
        "text": lambda text: {"text": text},
        "text of an image": lambda text: {"text": text, "media": (image(),)},
        "thread part": lambda text: {"text": "one", "thread": (ThreadPart(text=text), ThreadPart(text="three"))},
        "first comment": lambda text: {"text": "one", "first_comment": text},
        "alt text": lambda text: {"text": "one", "media": (image(alt_text=text),)},
        "alt text of one of two": lambda text: {"text": "one", "media": (image(1), image(2, alt_text=text))},
    }
)


def _many_images(count: int) -> Content:
    return {"text": "many", "media": tuple(image(number) for number in range(1, count + 1))}


def _large_image(size_bytes: int) -> Content:
    return {"text": "large", "media": (image(size_bytes=size_bytes),)}


def _never(_step: str) -> bool:
    return False


@dataclass(frozen=True, slots=True, kw_only=True)
class PlatformSuite:
    """What the tests of every platform cannot derive from the platform.

    Args:
        examples: posts with the platform's options, by name. The common examples are added if its rules allow them. A
            platform without posts of a text alone names its simplest post `text`.
        endings: the scenarios that end differently than on most platforms.
        is_unproven: returns True if the platform cannot prove that the lost request of a step was not executed. Then
            the post is unconfirmed, or the first comment is left out.
        proven: the examples for which it can prove that, all the same.
        unrecognized: the examples that the platform cannot find even if their lost request was executed.
        refreshes_expired_tokens: False if an access token can be refreshed only before it expires.
        secrets_in_query: the last parts of the paths that receive a secret in the query, because the platform requires
            that.
        texts: makes a post with a text that has a limit, by field. The tests find the limits.
        words: parts of texts with a special meaning on the platform.
        edge_texts: texts on which preflight and the simulator must agree.
        harmless_warnings: the codes of warnings about a text that is published as it is.
        counts: makes a post with this many of what a rule limits. Media items need none.
        sizes: the same for a limit that is too high to try other numbers. Images need none.
        broken: a post that breaks this rule, and no other.
        unjudged: why the simulator cannot check a rule.
        options_elsewhere: the options that no example can have, and the reason. Other tests publish them.
        refused_videos: the rules that reject videos of `test_unusual_videos.py`. All others are published.
    """

    platform: Platform
    examples: Mapping[str, Content] = field(default_factory=dict)
    endings: Mapping[str, Ending] = field(default_factory=dict)
    is_unproven: Callable[[str], bool] = _never
    proven: frozenset[str] = frozenset()
    unrecognized: frozenset[str] = frozenset()
    refreshes_expired_tokens: bool = True
    secrets_in_query: frozenset[str] = frozenset()
    texts: Mapping[str, Callable[[str], Content]] = field(default_factory=dict)
    words: tuple[str, ...] = ()
    edge_texts: tuple[str, ...] = ()
    harmless_warnings: frozenset[str] = frozenset()
    counts: Mapping[str, Callable[[int], Content]] = field(default_factory=dict)
    sizes: Mapping[str, Callable[[int], Content]] = field(default_factory=dict)
    broken: Mapping[str, Content] = field(default_factory=dict)
    unjudged: Mapping[str, str] = field(default_factory=dict)
    options_elsewhere: Mapping[str, str] = field(default_factory=dict)
    refused_videos: Mapping[str, str] = field(default_factory=dict)

    def posts(self) -> Mapping[str, Content]:
        """Return every example that the platform's rules allow, by name."""
        allowed = {name: content for name, content in _COMMON.items() if not self.rules_broken_by(content)}
        return {**allowed, **self.examples}

    def fields(self) -> Mapping[str, Callable[[str], Content]]:
        """Return how to make a post with a text that has a limit, by field."""
        allowed = {name: make for name, make in _TEXT_FIELDS.items() if not self.rules_broken_by(make("x"))}
        return {**allowed, **self.texts}

    def may_be_unproven(self, example: str, step: str) -> bool:
        """Return True if the platform cannot prove that the lost request of a step was not executed."""
        return example not in self.proven and self.is_unproven(step)

    def counted(self) -> Mapping[str, Callable[[int], Content]]:
        """Return how to make a post with a number of what a rule limits, by rule."""
        return {**self._if_limited("media.count_max", _many_images), **self.counts}

    def sized(self) -> Mapping[str, Callable[[int], Content]]:
        """Return how to make a post with something of the size that a rule limits, by rule."""
        return {**self._if_limited("media.image_size_max", _large_image), **self.sizes}

    def limit(self, rule_id: str) -> int:
        """Return the limit of a rule."""
        [limit] = [rule.limit for rule in self.platform.rules if rule.id == rule_id]
        assert isinstance(limit, int)
        return limit

    def _if_limited(self, name: str, make: Callable[[int], Content]) -> Mapping[str, Callable[[int], Content]]:
        rule_id = f"{self.platform.name}.{name}"
        is_judged = rule_id not in self.unjudged and any(rule.id == rule_id for rule in self.platform.rules)
        return {rule_id: make} if is_judged else {}

    def ending(self, scenario: str) -> Ending:
        """Return the documented result of a scenario."""
        return self.endings.get(scenario) or _ENDINGS[scenario]

    def rules_broken_by(self, content: Content) -> set[str]:
        """Return the ids of the rules that a post breaks, or `SCHEMA` if its options are invalid."""
        try:
            target = on(self.platform, PostContent(**content), CONFIRMED)
        except ValidationError:
            return {SCHEMA}
        return {found.rule for found in violations(target, self.platform.rules)}


def texts_of(content: Content) -> list[str]:
    """Return the texts of everything that becomes a post, in the order in which followers see them."""
    return [text for _, text in PostContent(**content).texts()]
