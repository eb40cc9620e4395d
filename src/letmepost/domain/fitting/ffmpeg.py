"""The `ffmpeg` command that repairs a video for a target: a pure function of its facts and of what the target accepts.

Nothing here runs a command. Callers run it, on their own machine.
Options: https://ffmpeg.org/ffmpeg.html and https://ffmpeg.org/ffmpeg-filters.html (checked 2026-11-29).
"""

import shlex
from collections.abc import Iterator
from math import ceil, floor

from letmepost.domain.content import MediaFacts
from letmepost.domain.fitting.video import VideoLimit
from letmepost.domain.fitting.video_layout import lay_out

_EXTENSIONS = {"video/mp4": "mp4", "video/quicktime": "mov", "video/webm": "webm"}
_OUTPUT_TYPE = "video/mp4"
_ENCODERS = {"h264": ("libx264",), "hevc": ("libx265", "-tag:v", "hvc1")}
"""The encoders by codec, the preferred one first. Players of Apple need the tag of HEVC."""
_PIXEL_FORMAT = "yuv420p"
"""The only pixel format that every platform and player accepts. It needs an even width and height."""
_COPIED_CODECS = frozenset({"h264", "hevc", "av1", "mpeg4"})
"""The codecs that are copied into an MP4 file without a change."""
_AUDIO_CODEC = "aac"
_AUDIO_BITS_PER_S = 128_000
_AUDIO_RATES_HZ = (48_000, 44_100, 32_000, 16_000)
_USUAL_FPS = 30
_CUT_MARGIN_S = 0.1
"""How much earlier a video is cut. The last packet of its sound lasts up to 0.07 s longer than the pictures."""
_RATE_SHARE = 0.9
"""The share of a limit of bits that is used. Encoders meet a bit rate only on average, and the container adds bytes."""
_CAPPED_BELOW = 100_000_000
"""Above this bit rate, the encoder needs no cap: its default quality takes less."""
_LOWEST_BIT_RATE = 100_000
"""With fewer bits per second, the pictures would not be recognizable."""


class _NotRepairableError(Exception):
    """No command makes the video satisfy the limit."""


def repair_command(facts: MediaFacts, limit: VideoLimit) -> str | None:
    """Return the command that makes a video satisfy the limit, for any POSIX shell; None if there is none.

    It reads `input.<extension>` and writes `output.mp4`. Pictures are never cropped or distorted: black borders are
    added if the ratio is not accepted. Pictures and sound are copied if they satisfy the limit already.
    """
    if limit.types is not None and _OUTPUT_TYPE not in limit.types:
        return None
    try:
        options = [*_cut(facts, limit), *_pictures(facts, limit), *_sound(facts, limit)]
    except _NotRepairableError:
        return None
    source = f"input.{_EXTENSIONS.get(facts.content_type, 'video')}"
    return shlex.join(["ffmpeg", "-i", source, *options, "-movflags", "+faststart", "output.mp4"])


def _cut(facts: MediaFacts, limit: VideoLimit) -> Iterator[str]:
    duration_s = facts.duration_s
    if duration_s is None:
        return
    if limit.min_s is not None and duration_s < limit.min_s:
        raise _NotRepairableError
    if limit.max_s is not None and duration_s > limit.max_s:
        yield from ("-t", f"{_cut_to_s(limit.max_s):g}")


def _cut_to_s(max_s: float) -> float:
    return max_s - min(_CUT_MARGIN_S, max_s / 2)


def _pictures(facts: MediaFacts, limit: VideoLimit) -> Iterator[str]:
    if _can_copy_pictures(facts, limit):
        yield from ("-c:v", "copy")
        return
    codec = next((name for name in _ENCODERS if limit.codecs is None or name in limit.codecs), None)
    if codec is None or (limit.pixel_formats is not None and _PIXEL_FORMAT not in limit.pixel_formats):
        raise _NotRepairableError
    filters = [*_size_filters(facts, limit), *_rate_filters(facts, limit)]
    if filters:
        yield from ("-vf", ",".join(filters))
    yield from ("-c:v", *_ENCODERS[codec], "-pix_fmt", _PIXEL_FORMAT)
    cap = _bit_rate_cap(facts, limit)
    if cap is not None:
        yield from ("-maxrate", f"{cap // 1000}k", "-bufsize", f"{cap // 500}k")


def _can_copy_pictures(facts: MediaFacts, limit: VideoLimit) -> bool:
    """Return True if the pictures satisfy the limit as they are. Unknown facts break no limit."""
    width_px, height_px = facts.width_px, facts.height_px
    is_cut = facts.duration_s is not None and limit.max_s is not None and facts.duration_s > limit.max_s
    return (
        facts.codec in _COPIED_CODECS
        and not is_cut  # only the encoder cuts at any picture
        and _is_one_of(facts.codec, limit.codecs)
        and _is_one_of(facts.pixel_format, limit.pixel_formats)
        and _is_at_most(facts.bit_depth, limit.max_bit_depth)
        and _is_at_most(facts.bit_rate, limit.max_bit_rate)
        and _is_at_most(facts.size_bytes, limit.max_bytes)
        and (width_px is None or height_px is None or limit.allows_size(width_px, height_px))
        and _is_rate_allowed(facts, limit)
    )


def _is_rate_allowed(facts: MediaFacts, limit: VideoLimit) -> bool:
    is_variable = bool(facts.has_variable_frame_rate)
    if facts.frame_rate is None:
        return not (is_variable and limit.needs_constant_rate)
    return limit.allows_rate(facts.frame_rate, is_variable=is_variable)


def _rate_filters(facts: MediaFacts, limit: VideoLimit) -> Iterator[str]:
    if _is_rate_allowed(facts, limit):
        return
    lowest, highest = limit.min_fps or 0, limit.max_fps
    wanted = facts.frame_rate or _USUAL_FPS
    rate = _USUAL_FPS if wanted < lowest else round(wanted) or _USUAL_FPS
    rate = max(rate, ceil(lowest))
    yield f"fps={rate if highest is None else min(rate, floor(highest)) or highest:g}"


def _size_filters(facts: MediaFacts, limit: VideoLimit) -> Iterator[str]:
    width_px, height_px = facts.width_px, facts.height_px
    if not width_px or not height_px:
        return
    layout = lay_out(width_px, height_px, limit)
    if layout is None:
        raise _NotRepairableError
    inner = layout.inner_width_px, layout.inner_height_px
    if inner != (width_px, height_px):
        yield f"scale={inner[0]}:{inner[1]}"
    if inner != (layout.width_px, layout.height_px):
        left_px, top_px = (layout.width_px - inner[0]) // 2, (layout.height_px - inner[1]) // 2
        yield f"pad={layout.width_px}:{layout.height_px}:{left_px}:{top_px}"
    if inner != (width_px, height_px):
        yield "setsar=1"


def _bit_rate_cap(facts: MediaFacts, limit: VideoLimit) -> int | None:
    """Return the highest bit rate of the pictures; None if the encoder needs no cap."""
    caps = [] if limit.max_bit_rate is None else [limit.max_bit_rate * _RATE_SHARE]
    if limit.max_bytes is not None:
        if not facts.duration_s:
            raise _NotRepairableError
        duration_s = min(facts.duration_s, limit.max_s or facts.duration_s)
        caps.append(limit.max_bytes * 8 * _RATE_SHARE / duration_s - _AUDIO_BITS_PER_S)
    cap = min(caps, default=_CAPPED_BELOW)
    if cap < _LOWEST_BIT_RATE:
        raise _NotRepairableError
    return floor(cap) if cap < _CAPPED_BELOW else None


def _sound(facts: MediaFacts, limit: VideoLimit) -> Iterator[str]:
    if facts.audio_channels == 0:
        return
    channels, rate_hz = facts.audio_channels, facts.audio_sample_rate_hz
    is_allowed = _is_at_most(channels, limit.max_audio_channels) and _is_at_most(rate_hz, limit.max_audio_hz)
    if facts.audio_codec == _AUDIO_CODEC and is_allowed and _is_one_of(_AUDIO_CODEC, limit.audio_codecs):
        yield from ("-c:a", "copy")
        return
    if not _is_one_of(_AUDIO_CODEC, limit.audio_codecs):
        raise _NotRepairableError
    yield from ("-c:a", _AUDIO_CODEC, "-b:a", f"{_AUDIO_BITS_PER_S // 1000}k")
    max_channels, max_hz = limit.max_audio_channels, limit.max_audio_hz
    if max_channels is not None and (channels is None or channels > max_channels):
        yield from ("-ac", str(max_channels))
    if max_hz is not None and (rate_hz is None or rate_hz > max_hz):
        yield from ("-ar", str(next((rate for rate in _AUDIO_RATES_HZ if rate <= max_hz), _AUDIO_RATES_HZ[-1])))


def _is_one_of(value: str | None, allowed: tuple[str, ...] | None) -> bool:
    return value is None or allowed is None or value in allowed


def _is_at_most(value: int | None, limit: int | None) -> bool:
    return value is None or limit is None or value <= limit
