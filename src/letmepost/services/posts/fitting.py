"""Decides which images of a post are converted, and to what."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from letmepost.domain import refusals
from letmepost.domain.content import MediaFacts, MediaItem, MediaKind, PostContent
from letmepost.domain.fitting.fit import Fit
from letmepost.domain.fitting.recipe import Recipe, UnfitError, plan
from letmepost.domain.fitting.wish import Wish
from letmepost.domain.media import MediaStatus
from letmepost.domain.rules import PostTarget, wish_of
from letmepost.domain.violations import Violation
from letmepost.gateways.clock import Clock
from letmepost.platforms.contract import Options, Platform
from letmepost.services.callers import new_id
from letmepost.storage.media.media import MediaRow


@dataclass(frozen=True, slots=True)
class NewDerived:
    """A media item to convert from another one. `wish` is a `Wish` as JSON."""

    id: UUID
    profile_id: UUID
    source_id: UUID
    source_sha256: bytes | None
    wish: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class FittedItem:
    """A media item of a post that is converted. `recipe` is None until its bytes are known."""

    path: str
    item: MediaItem
    fit: Fit
    recipe: Recipe | None


@dataclass(frozen=True, slots=True)
class FittedContent:
    """A content with the media items that are published, and what is converted for it."""

    content: PostContent
    items: tuple[FittedItem, ...]

    def remaining(self, content: PostContent) -> tuple[FittedItem, ...]:
        """Return the converted items that this content still has."""
        left = {item.media_id for _, item in content.every_item()}
        return tuple(fitted for fitted in self.items if fitted.item.media_id in left)


@dataclass
class Fitting:
    """Allocates the converted media items of one request.

    Args:
        derived: what was converted earlier from the media items of the request, or from the same bytes.
        hashes: the SHA-256 of the bytes of media items, as far as known.
    """

    clock: Clock
    derived: Sequence[MediaRow]
    hashes: Mapping[UUID, bytes]
    new: list[NewDerived] = field(default_factory=list)

    async def fit(self, target: PostTarget[Options], platform: Platform, profile_id: UUID) -> FittedContent:
        """Return the content of a post with converted media items in place of those that break a limit.

        The event loop serves other requests between media items: a post may have a thousand.
        """
        items = []
        for path, item in target.content.every_item():
            if item.fit is None or item.kind is not MediaKind.IMAGE:
                continue
            await asyncio.sleep(0)
            wish = wish_of(target, platform.rules, path, item, item.fit)
            try:
                recipe = None if item.facts is None else _recipe(item.facts, wish)
            except UnfitError:  # a rule rejects the post, and its violation states why the image is not converted
                continue
            if item.facts is None or recipe is not None:
                items.append(FittedItem(path, self._derived(item, wish, recipe, profile_id), item.fit, recipe))
        content = target.content.with_items({fitted.path: fitted.item for fitted in items})
        return FittedContent(content, tuple(items))

    def _derived(self, source: MediaItem, wish: Wish, recipe: Recipe | None, profile_id: UUID) -> MediaItem:
        """Return the converted media item: an existing one, or a new one."""
        facts, value = None if recipe is None else recipe.predict(), wish.encode()
        sha256 = self.hashes.get(source.media_id)
        for row in self.derived:
            is_same = row.derived_from == source.media_id or (
                row.status == MediaStatus.READY and row.source_sha256 is not None and row.source_sha256 == sha256
            )
            if is_same and row.profile_id == profile_id and row.wish == value:
                return replace(source, media_id=row.id, source_id=source.media_id, facts=row.facts or facts)
        same = next((new for new in self.new if (new.source_id, new.wish) == (source.media_id, value)), None)
        if same is None:
            same = NewDerived(new_id(self.clock), profile_id, source.media_id, sha256, value)
            self.new.append(same)
        return replace(source, media_id=same.id, source_id=source.media_id, facts=facts)


def _recipe(facts: MediaFacts, wish: Wish) -> Recipe | None:
    """Return how an image is converted; None if it is accepted as it is.

    Raises:
        UnfitError: it cannot be converted.
    """
    return None if wish.accepts(facts) else plan(facts, wish)


def fit_warnings(original: PostContent, fitted: Sequence[FittedItem], title: str) -> Iterator[Violation]:
    """Yield a warning for each converted item, in the order of the content. `title`: of the platform."""
    sources = dict(original.every_item())
    for item in fitted:
        facts = sources[item.path].facts
        if item.recipe is None or facts is None:
            about = refusals.media.FIT_PENDING
            message = about.describe(field=item.path, platform=title)
        else:
            about = refusals.media.FITTED
            message = _converted(item.path, facts, title, item.recipe.describe())
        yield Violation(rule=about.id, field=item.path, message=message, remediation=about.advise())


def settled_warnings(
    warnings: Sequence[Mapping[str, str]], content: PostContent, facts: Mapping[UUID, MediaFacts], title: str
) -> list[Mapping[str, str]]:
    """Return the warnings of a post, with the result in place of each conversion that was pending.

    Args:
        content: the stored content. Its converted items have the order of the warnings about them.
        facts: of its media items and their sources, as far as known.
    """
    derived = iter([item for _, item in content.every_item() if item.source_id is not None])
    settled: list[Mapping[str, str]] = []
    for warning in warnings:
        is_about_fit = warning["code"] in {refusals.media.FITTED.id, refusals.media.FIT_PENDING.id}
        item = next(derived, None) if is_about_fit else None
        result = None if item is None else facts.get(item.media_id)
        source = None if item is None or item.source_id is None else facts.get(item.source_id)
        if warning["code"] != refusals.media.FIT_PENDING.id or source is None or result is None:
            settled.append(warning)
        elif result != source:  # otherwise the file was sent as it is
            size = f"{result.width_px}x{result.height_px} pixels and {result.size_bytes} bytes"
            message = _converted(warning["field"], source, title, f"converted to {result.content_type}, {size}")
            settled.append({**warning, "code": refusals.media.FITTED.id, "message": message})
    return settled


def _converted(path: str, source: MediaFacts, title: str, result: str) -> str:
    return refusals.media.FITTED.describe(
        field=path,
        width=source.width_px,
        height=source.height_px,
        size_bytes=source.size_bytes,
        content_type=source.content_type,
        platform=title,
        result=result,
    )
