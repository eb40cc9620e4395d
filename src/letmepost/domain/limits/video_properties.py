"""The properties of videos that a row can limit, with the words for each."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from letmepost.domain.content import MediaFacts
from letmepost.domain.fitting.video import VideoLimit
from letmepost.domain.limits.media_properties import MediaProperty, over
from letmepost.domain.limits.rows import allowed_range, alternatives

YUV_420 = ("yuv420p", "yuvj420p", "yuv420p10le")
"""Pixel formats with 4:2:0 chroma subsampling and 8 or 10 bits per component, which cameras and encoders produce."""


def _longer(facts: MediaFacts, limit: float) -> str | None:
    return f"{facts.duration_s:g} s" if facts.duration_s is not None and facts.duration_s > limit else None


def _shorter(facts: MediaFacts, limit: float) -> str | None:
    return f"{facts.duration_s:g} s" if facts.duration_s is not None and facts.duration_s < limit else None


def _frame_rate(facts: MediaFacts, limit: tuple[float, float]) -> str | None:
    rate = facts.frame_rate
    return f"{rate:g}" if rate is not None and not limit[0] <= rate <= limit[1] else None


def _one_of(
    suffix: str,
    name: str,
    fact: Callable[[MediaFacts], str | None],
    video: Callable[[tuple[str, ...]], VideoLimit],
) -> MediaProperty:
    """Return a property with a list of allowed values."""

    def broken(facts: MediaFacts, limit: tuple[str, ...]) -> str | None:
        value = fact(facts)
        return value if value and value not in limit else None

    return MediaProperty(
        suffix=suffix,
        must=lambda limit: f"has the {name} {alternatives(limit)}",
        fix=lambda noun, limit: f"Export the {noun} with the {name} {alternatives(limit)}",
        broken=broken,
        shown=", ".join,
        video=video,
    )


def _at_most(
    suffix: str,
    things: str,
    unit: str,
    fact: Callable[[MediaFacts], int | None],
    video: Callable[[int], VideoLimit],
) -> MediaProperty:
    """Return a property with an upper limit."""
    return MediaProperty(
        suffix=suffix,
        must=lambda limit: f"has at most {limit} {things}",
        fix=lambda noun, limit: f"Export the {noun} with at most {limit} {things}",
        broken=lambda facts, limit: over(fact(facts), limit),
        unit=unit,
        video=video,
    )


VIDEO_PROPERTIES: Mapping[str, MediaProperty] = MappingProxyType(
    {
        "min_s": MediaProperty(
            suffix="duration_min",
            must=lambda limit: f"is at least {limit:g} s long",
            fix=lambda noun, limit: f"Attach a {noun} of {limit:g} s or more",
            broken=_shorter,
            unit="s",
            video=lambda limit: VideoLimit(min_s=limit),
        ),
        "max_s": MediaProperty(
            suffix="duration_max",
            must=lambda limit: f"is at most {limit:g} s long",
            fix=lambda noun, limit: f"Cut the {noun} to {limit:g} s or less",
            broken=_longer,
            unit="s",
            video=lambda limit: VideoLimit(max_s=limit),
        ),
        "fps": MediaProperty(
            suffix="frame_rate",
            must=lambda limit: f"has {allowed_range(*limit)} frames per second",
            fix=lambda noun, limit: f"Export the {noun} with {allowed_range(*limit)} frames per second",
            broken=_frame_rate,
            unit="frames/s",
            shown=lambda limit: f"{limit[0]:g}-{limit[1]:g}" if limit[0] else limit[1],
            video=lambda limit: VideoLimit(min_fps=limit[0], max_fps=limit[1]),
        ),
        "constant_frame_rate": MediaProperty(
            suffix="frame_rate_constant",
            must=lambda _limit: "has a constant frame rate",
            fix=lambda noun, _limit: f"Export the {noun} with a constant frame rate",
            broken=lambda facts, _limit: "variable" if facts.has_variable_frame_rate else None,
            shown=lambda _limit: "constant",
            video=lambda _limit: VideoLimit(needs_constant_rate=True),
        ),
        "codecs": _one_of("codec", "codec", lambda facts: facts.codec, lambda limit: VideoLimit(codecs=limit)),
        "pixel_formats": _one_of(
            "pixel_format",
            "pixel format",
            lambda facts: facts.pixel_format,
            lambda limit: VideoLimit(pixel_formats=limit),
        ),
        "max_bit_depth": _at_most(
            "bit_depth_max",
            "bits per color component",
            "bits",
            lambda facts: facts.bit_depth,
            lambda limit: VideoLimit(max_bit_depth=limit),
        ),
        "max_bit_rate": _at_most(
            "bit_rate_max",
            "bits per second",
            "bits/s",
            lambda facts: facts.bit_rate,
            lambda limit: VideoLimit(max_bit_rate=limit),
        ),
        "fast_start": MediaProperty(
            suffix="fast_start",
            must=lambda _limit: "has its header (`moov`) before its pictures",
            fix=lambda noun, _limit: f"Export the {noun} for the web, with fast start",
            broken=lambda facts, _limit: "at the end" if facts.is_fast_start is False else None,
            shown=lambda _limit: "at the start",
            video=lambda _limit: VideoLimit(),  # the header of every repaired video is at the start
        ),
        "audio_codecs": _one_of(
            "audio_codec", "audio codec", lambda facts: facts.audio_codec, lambda limit: VideoLimit(audio_codecs=limit)
        ),
        "max_audio_channels": _at_most(
            "audio_channels_max",
            "audio channels",
            "channels",
            lambda facts: facts.audio_channels,
            lambda limit: VideoLimit(max_audio_channels=limit),
        ),
        "max_audio_hz": _at_most(
            "audio_sample_rate_max",
            "audio samples per second",
            "Hz",
            lambda facts: facts.audio_sample_rate_hz,
            lambda limit: VideoLimit(max_audio_hz=limit),
        ),
    }
)
"""The properties by the field of `MediaLimit` that limits them, in the order of the rules."""
