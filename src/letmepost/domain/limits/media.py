"""Limits on the bytes of media items: one row for each kind, surface or sort of file.

They find nothing until the bytes are known, so they are checked again before publishing for media items by URL.
"""

from collections.abc import Callable, Iterator
from dataclasses import KW_ONLY, dataclass
from typing import Any, Literal

from letmepost.domain.content import MediaFacts, MediaItem, MediaKind
from letmepost.domain.fitting.video import VideoLimit
from letmepost.domain.fitting.wish import ImageLimit
from letmepost.domain.limits.media_properties import PICTURE_PROPERTIES, MediaProperty
from letmepost.domain.limits.rows import Limit, default_of, limit_of, noted, valid_for
from letmepost.domain.limits.video_properties import VIDEO_PROPERTIES
from letmepost.domain.rules import Finding, PostTarget, Rule, RuleSource

_PROPERTIES = {**PICTURE_PROPERTIES, **VIDEO_PROPERTIES}


def is_gif(_target: PostTarget[Any], item: MediaItem) -> bool:
    """Return True for a GIF, animated or not. For `MediaLimit.where`."""
    return item.facts is not None and item.facts.content_type == "image/gif"


@dataclass(frozen=True, slots=True)
class MediaLimit:
    """What media items of some kinds must be like. Each limit is one rule, and its id is `prefix` and a suffix.

    Args:
        prefix: the beginning of the ids, with its last separator, such as `threads.media.video_`.
        kinds: the kinds of media items that are limited. A content type of another kind is not allowed for an item.
        option: the path of a media item in the options, which is limited instead of the attachments.
        thumbnails: True to limit the thumbnails of the attachments instead of the attachments. With `option`, both.
        where: selects media items, by their surface or by the sort of their file.
        noun: what these media items are called, without an article. By default, the kind.
        max_ratio, ratios: width divided by height; `ratios` is the lowest and the highest.
        max_dimensions_px: width and height.
        min_dimensions_px: the shorter and the longer side.
        max_pixels: width times height. `max_total_pixels` counts them in all frames together.
        fps: the lowest and the highest number of frames per second.
        constant_frame_rate, fast_start: True to demand it. `fast_start`: the header comes before the pictures.
        max_bit_rate: of the pictures, in bits per second.
        pixel_formats: names of FFmpeg, such as those of `YUV_420`.
        audio_codecs, max_audio_channels, max_audio_hz: of the sound, if there is any.
    """

    prefix: str
    _: KW_ONLY
    source: RuleSource
    kinds: tuple[MediaKind, ...] = (MediaKind.IMAGE,)
    option: str | None = None
    thumbnails: bool = False
    where: Callable[[PostTarget[Any], MediaItem], bool] = lambda _target, _item: True
    noun: str | None = None
    types: Limit[tuple[str, ...]] | None = None
    max_bytes: Limit[int] | None = None
    max_ratio: Limit[float] | None = None
    ratios: Limit[tuple[float, float]] | None = None
    max_width_px: Limit[int] | None = None
    max_dimensions_px: Limit[tuple[int, int]] | None = None
    max_pixels: Limit[int] | None = None
    max_total_pixels: Limit[int] | None = None
    max_frames: Limit[int] | None = None
    min_dimensions_px: Limit[tuple[int, int]] | None = None
    min_s: Limit[float] | None = None
    max_s: Limit[float] | None = None
    fps: Limit[tuple[float, float]] | None = None
    constant_frame_rate: Literal[True] | None = None
    codecs: Limit[tuple[str, ...]] | None = None
    pixel_formats: Limit[tuple[str, ...]] | None = None
    max_bit_depth: Limit[int] | None = None
    max_bit_rate: Limit[int] | None = None
    fast_start: Literal[True] | None = None
    audio_codecs: Limit[tuple[str, ...]] | None = None
    max_audio_channels: Limit[int] | None = None
    max_audio_hz: Limit[int] | None = None

    def rules(self, _platform: str) -> Iterator[Rule]:
        """Return a rule for each property that is limited."""
        for field, limited in _PROPERTIES.items():
            limit: Limit[Any] | None = getattr(self, field)
            if limit is not None:
                yield self._rule(limited, limit)

    def _rule(self, limited: MediaProperty, limit: Limit[Any]) -> Rule:
        default = default_of(limit)
        noun = self.noun or (self.kinds[0] if len(self.kinds) == 1 else "media item")
        return Rule(
            id=f"{self.prefix}{limited.suffix}",
            summary=noted(limited.describe(noun, default), limit),
            limit=limited.shown(default),
            unit=limited.unit,
            remediation=limited.advise(noun, default),
            source=self.source,
            facts_valid_for=valid_for(limit),
            find=lambda target: self._find(limited, limit, target),
            image_limit=lambda target, path, item: self._image_limit(limited, limit, target, path, item),
            video_limit=lambda target, path, item: self._video_limit(limited, limit, target, path, item),
        )

    def _image_limit(
        self, limited: MediaProperty, limit: Limit[Any], target: PostTarget[Any], path: str, item: MediaItem
    ) -> ImageLimit | None:
        if limited.image is None or not self._is_limited(target, path, item):
            return None
        return limited.image(limited.of_kind(limit_of(target, limit), item.kind))

    def _video_limit(
        self, limited: MediaProperty, limit: Limit[Any], target: PostTarget[Any], path: str, item: MediaItem
    ) -> VideoLimit | None:
        if limited.video is None or not self._is_limited(target, path, item):
            return None
        return limited.video(limited.of_kind(limit_of(target, limit), item.kind))

    def _find(self, limited: MediaProperty, limit: Limit[Any], target: PostTarget[Any]) -> Iterator[Finding]:
        own = limit_of(target, limit)
        for path, item, facts in self._items(target):
            allowed = limited.of_kind(own, item.kind)
            actual = limited.broken(facts, allowed)
            if actual is not None:
                noun = self.noun or item.kind
                yield Finding(
                    field=path,
                    actual=actual,
                    message=f"{limited.describe(noun, allowed)} This one: {actual}.",
                    limit=limited.shown(own),
                    remediation=limited.advise(noun, allowed),
                )

    def _items(self, target: PostTarget[Any]) -> Iterator[tuple[str, MediaItem, MediaFacts]]:
        """Yield the limited media items that have bytes."""
        for path, item in target.content.every_item():
            if item.facts is not None and self._is_limited(target, path, item):
                yield path, item, item.facts

    def _is_limited(self, target: PostTarget[Any], path: str, item: MediaItem) -> bool:
        return self._is_at(path) and item.kind in self.kinds and self.where(target, item)

    def _is_at(self, path: str) -> bool:
        if path.startswith("options."):
            return path == f"options.{self.option}"
        if path.endswith(".thumbnail"):
            return self.thumbnails
        return self.option is None and not self.thumbnails
