"""The content of a post, as one target publishes it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any
from uuid import UUID

from letmepost.domain.fitting.fit import Fit
from letmepost.domain.lengths import Lengths


class MediaKind(StrEnum):
    """The kind of a media item."""

    IMAGE = "image"
    VIDEO = "video"
    DOCUMENT = "document"


class OnUnsupported(StrEnum):
    """What happens to content that a target's platform does not support."""

    REJECT = "reject"
    OMIT = "omit"


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaFacts:
    """Facts read from the bytes of a media item.

    `content_type` is detected from the bytes, never taken from a header. Width and height are those of the displayed
    picture. `frame_rate` is in frames per second; `codec` is a short name such as `h264`; `frame_count` is the number
    of frames of an image (1 if it is not animated).

    `has_alpha` is True for an image that can be transparent, and `color_space` is the one of an image: `rgb` (palettes
    too), `gray` or `cmyk`. `bit_rate` is that of the picture track of a video in bits per second. `audio_channels` is 0
    for a video without sound.

    Of a video, `codec_profile` and `pixel_format` have the names of FFmpeg, such as `High` and `yuv420p`, and
    `bit_depth` is in bits per color component. `dynamic_range` is `sdr`, `pq` or `hlg`. `has_variable_frame_rate` is
    True if some pictures are shown much longer than others. `is_fast_start` is True if the header comes before the
    pictures.

    A fact is None if it is unknown or does not apply: media items that were stored before a fact existed have none of
    it. No limit is broken by an unknown fact.
    """

    content_type: str
    size_bytes: int
    width_px: int | None = None
    height_px: int | None = None
    duration_s: float | None = None
    frame_rate: float | None = None
    codec: str | None = None
    frame_count: int | None = None
    has_alpha: bool | None = None
    color_space: str | None = None
    bit_rate: int | None = None
    audio_codec: str | None = None
    audio_channels: int | None = None
    codec_profile: str | None = None
    pixel_format: str | None = None
    bit_depth: int | None = None
    dynamic_range: str | None = None
    has_variable_frame_rate: bool | None = None
    is_fast_start: bool | None = None
    audio_sample_rate_hz: int | None = None

    @property
    def kind(self) -> MediaKind:
        """Return the kind of the bytes."""
        return kind_of(self.content_type)

    def describe(self) -> str:
        """Return the known facts in one line, for the message of a rejection by a platform.

        For example `video/mp4, 5000 bytes, 12.5 s, 1080x1920 pixels, 30 frames/s, h264 High, yuv420p, sdr,
        2500000 bits/s, aac, 2 channels, 48000 Hz`.
        """
        size = f"{self.width_px}x{self.height_px} pixels" if self.width_px and self.height_px else ""
        facts = (
            self.content_type,
            f"{self.size_bytes} bytes",
            _known("{:g} s", self.duration_s),
            size,
            _known("{:g} frames/s", self.frame_rate),
            "variable frame rate" if self.has_variable_frame_rate else "",
            _known("{}", self.codec) + _known(" {}", self.codec_profile),
            _known("{}", self.pixel_format),
            _known("{}", self.dynamic_range),
            _known("{} bits/s", self.bit_rate),
            "header at the end" if self.is_fast_start is False else "",
            "no sound" if self.audio_channels == 0 else _known("{}", self.audio_codec),
            _known("{} channels", self.audio_channels or None),
            _known("{} Hz", self.audio_sample_rate_hz),
        )
        return ", ".join(fact.strip() for fact in facts if fact)


def _known(form: str, value: object) -> str:
    """Return the value in a form, or nothing if it is unknown."""
    return "" if value is None else form.format(value)


def kind_of(content_type: str) -> MediaKind:
    """Return the kind of media items with this content type."""
    return _KINDS.get(content_type.partition("/")[0], MediaKind.DOCUMENT)


_KINDS = {"image": MediaKind.IMAGE, "video": MediaKind.VIDEO}


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaItem:
    """One attachment. `facts` is None until the bytes are stored (media items by URL at accept time).

    Args:
        fit: how it may be converted for the target; None to send it as it is.
        source_id: the media item that it is converted from. None if it is sent as it is.
        thumbnail: the picture that is shown before a video plays. It has no thumbnail of its own.
    """

    kind: MediaKind
    media_id: UUID
    alt_text: str | None = None
    title: str | None = None
    facts: MediaFacts | None = None
    fit: Fit | None = None
    source_id: UUID | None = None
    thumbnail: "MediaItem | None" = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadPart:
    """A continuation post: a reply to the previous one."""

    text: str
    media: tuple[MediaItem, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PostContent:
    """A post for one account, with overrides applied.

    `options` is the platform's own validated schema as plain JSON, with the names of the API. `option_media` contains
    its media items by their path inside it. `fit` applies to media items that a change of the post adds. `lengths`
    caches the lengths of texts; the targets of a request share it.
    """

    text: str = ""
    media: tuple[MediaItem, ...] = ()
    first_comment: str | None = None
    thread: tuple[ThreadPart, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)
    option_media: Mapping[str, MediaItem] = field(default_factory=dict)
    on_unsupported: OnUnsupported = OnUnsupported.REJECT
    fit: Fit | None = None
    lengths: Lengths = field(default_factory=Lengths, compare=False, repr=False)

    def texts(self) -> Iterator[tuple[str, str]]:
        """Yield the path and the text of everything that becomes a post."""
        yield "text", self.text
        for index, part in enumerate(self.thread):
            yield f"thread[{index}].text", part.text
        if self.first_comment is not None:
            yield "firstComment.text", self.first_comment

    def attachments(self) -> Iterator[tuple[str, tuple[MediaItem, ...]]]:
        """Yield the path and the media items of every post that can have some."""
        yield "media", self.media
        for index, part in enumerate(self.thread):
            yield f"thread[{index}].media", part.media

    def items(self) -> Iterator[tuple[str, MediaItem]]:
        """Yield the path and the media item of every attachment."""
        for path, media in self.attachments():
            for index, item in enumerate(media):
                yield f"{path}[{index}]", item

    def every_item(self) -> Iterator[tuple[str, MediaItem]]:
        """Yield the path and the media item of every attachment, thumbnail, and option that names one."""
        for path, item in self.items():
            yield path, item
            if item.thumbnail is not None:
                yield f"{path}.thumbnail", item.thumbnail
        for path, item in self.option_media.items():
            yield f"options.{path}", item

    def with_items(self, items: Mapping[str, MediaItem]) -> "PostContent":
        """Return the content with other media items. `items`: the new ones, by the paths of `every_item`."""

        def chosen(path: str, media: tuple[MediaItem, ...]) -> tuple[MediaItem, ...]:
            return tuple(one(f"{path}[{index}]", item) for index, item in enumerate(media))

        def one(path: str, item: MediaItem) -> MediaItem:
            new = items.get(path, item)
            thumbnail = items.get(f"{path}.thumbnail", new.thumbnail)
            return new if thumbnail is new.thumbnail else replace(new, thumbnail=thumbnail)

        return replace(
            self,
            media=chosen("media", self.media),
            thread=tuple(
                replace(part, media=chosen(f"thread[{index}].media", part.media))
                for index, part in enumerate(self.thread)
            ),
            option_media={path: items.get(f"options.{path}", item) for path, item in self.option_media.items()},
        )
