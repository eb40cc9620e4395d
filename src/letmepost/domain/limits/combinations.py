"""Limits on what a post can contain, and on what can be combined."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import KW_ONLY, dataclass
from typing import Any, Literal

from letmepost.domain.content import MediaItem, MediaKind
from letmepost.domain.limits.rows import alternatives, one
from letmepost.domain.rules import Finding, PostTarget, Rule, RuleSource


@dataclass(frozen=True, slots=True)
class Feature:
    """Something that a post can contain.

    Args:
        nouns: what it is, with articles.
        names: how a remediation refers to it.
        field: the path of the field that contains it.
        is_in: returns True if a post contains it.
    """

    nouns: tuple[str, ...]
    names: tuple[str, ...]
    field: str
    is_in: Callable[[PostTarget[Any]], bool]

    def __or__(self, other: "Feature") -> "Feature":
        """Return the feature of a post that contains one or the other. It has the field of the first."""
        return Feature(
            nouns=self.nouns + other.nouns,
            names=self.names + other.names,
            field=self.field,
            is_in=lambda target: self.is_in(target) or other.is_in(target),
        )


MEDIA = Feature(("media",), ("the media",), "media", lambda target: bool(target.content.media))


THUMBNAIL = Feature(
    ("a thumbnail of the media item",),
    ("`thumbnail` of the media item",),
    "media[0].thumbnail",
    lambda target: any(item.thumbnail is not None for item in target.content.media),
)


def option(noun: str, name: str, read: Callable[[Any], object]) -> Feature:
    """Return the feature of a post that has an option. `read` returns the option, or None if it is not given."""
    return Feature((noun,), (f"`{name}`",), f"options.{name}", lambda target: read(target.options) is not None)


POLL = option("a poll", "poll", lambda options: options.poll)


@dataclass(frozen=True, slots=True)
class Exclusive:
    """A post has at most one of the features. A finding has the field of each later one."""

    id: str
    features: tuple[Feature, ...]
    _: KW_ONLY
    source: RuleSource

    def rules(self, platform: str) -> Iterator[Rule]:
        """Return the rule."""
        names = [name for feature in self.features for name in feature.names]
        nouns = [noun for feature in self.features for noun in feature.nouns]
        either = f"{alternatives(nouns)}{', not both' if len(nouns) == 2 else ': only one of them'}."
        yield Rule(
            id=self.id,
            summary=f"A post has {either}",
            remediation=f"{'Remove' if len(names) == 2 else 'Keep only one of them:'} {alternatives(names)}.",
            source=self.source,
            find=lambda target: self._find(f"A post on {platform} has {either}", target),
        )

    def _find(self, message: str, target: PostTarget[Any]) -> Iterator[Finding]:
        present = [feature for feature in self.features if feature.is_in(target)]
        yield from (Finding(field=feature.field, message=message) for feature in present[1:])


@dataclass(frozen=True, slots=True)
class Alone:
    """A media item of some sort must be the only one of its post."""

    id: str
    _: KW_ONLY
    noun: str
    is_one: Callable[[MediaItem], bool]
    source: RuleSource

    def rules(self, platform: str) -> Iterator[Rule]:
        """Return the rule."""
        yield Rule(
            id=self.id,
            summary=f"{one(self.noun)} must be the only media item of a post.",
            limit=1,
            unit="items",
            remediation=f"Attach the {self.noun} alone, or attach only the other media items.",
            source=self.source,
            find=lambda target: self._find(platform, target),
        )

    def _find(self, platform: str, target: PostTarget[Any]) -> Iterator[Finding]:
        for path, media in target.content.attachments():
            if len(media) > 1 and any(map(self.is_one, media)):
                count, sort = len(media), one(self.noun)
                message = f"The post has {count} media items. {sort} must be the only one of a post on {platform}."
                yield Finding(field=path, actual=count, message=message)


@dataclass(frozen=True, slots=True)
class KindsSupported:
    """Only media items of these kinds can be attached."""

    id: str
    kinds: tuple[MediaKind, ...]
    _: KW_ONLY
    source: RuleSource

    def rules(self, platform: str) -> Iterator[Rule]:
        """Return the rule."""
        kinds = _plural(self.kinds)
        yield Rule(
            id=self.id,
            summary=f"Only {kinds} can be attached.",
            remediation=f"Attach {kinds} only, or set `onUnsupported` to `omit`.",
            limit=", ".join(self.kinds),
            source=self.source,
            find=lambda target: self._find(platform, target),
            capability=True,
        )

    def _find(self, platform: str, target: PostTarget[Any]) -> Iterator[Finding]:
        for path, item in target.content.items():
            if item.kind not in self.kinds:
                message = f"{one(item.kind)} cannot be published on {platform}."
                yield Finding(field=path, actual=item.kind, message=message)


@dataclass(frozen=True, slots=True)
class DescriptionSupported:
    """Only media items of these kinds have a title or an alt text on the platform."""

    id: str
    _: KW_ONLY
    field: Literal["title", "altText"]
    source: RuleSource
    kinds: tuple[MediaKind, ...] = ()

    def rules(self, platform: str) -> Iterator[Rule]:
        """Return the rule."""
        noun = self._noun
        items = f"only {_plural(self.kinds)} have {one(noun).lower()}" if self.kinds else f"media items have no {noun}"
        yield Rule(
            id=self.id,
            summary=f"On {platform}, {items}.",
            remediation=f"Remove `{self.field}`, or set `onUnsupported` to `omit`.",
            source=self.source,
            find=lambda target: self._find(platform, target),
            capability=True,
        )

    @property
    def _noun(self) -> str:
        return {"title": "title", "altText": "alt text"}[self.field]

    def _find(self, platform: str, target: PostTarget[Any]) -> Iterator[Finding]:
        for path, item in target.content.items():
            text = item.title if self.field == "title" else item.alt_text
            if (text or "").strip() and item.kind not in self.kinds:
                message = f"{platform} has no {self._noun} for this {item.kind}."
                yield Finding(field=f"{path}.{self.field}", message=message)


@dataclass(frozen=True, slots=True)
class ThumbnailSupported:
    """Only some videos have a thumbnail on the platform.

    Args:
        videos: what the videos with a thumbnail are called, in the plural. None if no media item has one.
        where: selects these videos. By default, all.
    """

    id: str
    _: KW_ONLY
    source: RuleSource
    videos: str | None = None
    where: Callable[[PostTarget[Any], MediaItem], bool] = lambda _target, _item: True

    def rules(self, platform: str) -> Iterator[Rule]:
        """Return the rule."""
        items = f"only {self.videos} have a `thumbnail`" if self.videos else "media items have no `thumbnail`"
        summary = f"On {platform}, {items}."
        yield Rule(
            id=self.id,
            summary=summary,
            remediation="Remove `thumbnail`, or set `onUnsupported` to `omit`.",
            source=self.source,
            find=lambda target: self._find(summary, target),
            capability=True,
        )

    def _find(self, message: str, target: PostTarget[Any]) -> Iterator[Finding]:
        for path, item in target.content.items():
            if item.thumbnail is not None and not self._has_one(target, item):
                yield Finding(field=f"{path}.thumbnail", message=message)

    def _has_one(self, target: PostTarget[Any], item: MediaItem) -> bool:
        return self.videos is not None and item.kind is MediaKind.VIDEO and self.where(target, item)


@dataclass(frozen=True, slots=True)
class SinglePart:
    """A post has one part: the platform has no threads."""

    id: str
    _: KW_ONLY
    source: RuleSource

    def rules(self, platform: str) -> Iterator[Rule]:
        """Return the rule."""
        yield Rule(
            id=self.id,
            summary=f"{platform} has no threads: a post has one part.",
            remediation="Publish the parts as separate posts, or set `onUnsupported` to `omit`.",
            source=self.source,
            find=lambda target: self._find(platform, target),
            capability=True,
        )

    def _find(self, platform: str, target: PostTarget[Any]) -> Iterator[Finding]:
        if target.content.thread:
            message = f"{platform} has no threads."
            yield Finding(field="thread", actual=len(target.content.thread), message=message)


@dataclass(frozen=True, slots=True)
class NoComment:
    """A post has no first comment: on the platform, apps cannot comment."""

    id: str
    _: KW_ONLY
    source: RuleSource

    def rules(self, platform: str) -> Iterator[Rule]:
        """Return the rule."""
        yield Rule(
            id=self.id,
            summary=f"{platform} does not support first comments.",
            remediation="Remove `firstComment`, or set `onUnsupported` to `omit`.",
            source=self.source,
            find=lambda target: self._find(platform, target),
            capability=True,
        )

    def _find(self, platform: str, target: PostTarget[Any]) -> Iterator[Finding]:
        if target.content.first_comment is not None:
            yield Finding(field="firstComment", message=f"{platform} does not support first comments.")


def _plural(kinds: Sequence[MediaKind]) -> str:
    """Return the kinds as words of a sentence, such as `images, videos and documents`."""
    *others, last = (f"{kind}s" for kind in kinds)
    return f"{', '.join(others)} and {last}" if others else last
