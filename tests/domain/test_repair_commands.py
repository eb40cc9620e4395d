"""A violation by a video names the command that repairs the file. A model of `ffmpeg` computes what it would write."""

import shlex
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from letmepost.domain.content import MediaFacts, MediaItem, MediaKind, PostContent
from letmepost.domain.limits import YUV_420, MediaLimit, rules_of
from letmepost.domain.rules import RuleSource, violations
from letmepost.domain.violations import Violation
from tests.doubles.media import video
from tests.doubles.targets import target

SOURCE = RuleSource(url="https://example.com/limits", checked_on=date(2026, 11, 21))
CODECS = {"libx264": "h264", "libx265": "hevc"}
MIB = 1024 * 1024


def row(**limits: Any) -> MediaLimit:
    return MediaLimit("x.media.video_", kinds=(MediaKind.VIDEO,), source=SOURCE, **limits)


def broken(item: MediaItem, *rows: MediaLimit) -> list[Violation]:
    return violations(target(PostContent(media=(item,))), rules_of("X", rows))


def command(facts: dict[str, Any], **limits: Any) -> str | None:
    """Return the command for a video of 12 s, 1080x1920 pixels and 30 frames per second, with other facts."""
    [found, *_] = broken(video(**{"audio_channels": 0, **facts}), row(**limits))
    return found.command


@pytest.mark.parametrize(
    ("facts", "limits", "options"),
    [
        ({}, {"max_s": 9}, "-t 8.9 -c:v libx264 -pix_fmt yuv420p"),
        ({}, {"max_width_px": 720}, "-vf scale=720:1280,setsar=1 -c:v libx264 -pix_fmt yuv420p"),
        ({}, {"max_dimensions_px": (1000, 1000)}, "-vf scale=562:1000,setsar=1 -c:v libx264 -pix_fmt yuv420p"),
        ({}, {"max_pixels": 921_600}, "-vf scale=720:1280,setsar=1 -c:v libx264 -pix_fmt yuv420p"),
        ({}, {"min_dimensions_px": (1440, 2560)}, "-vf scale=1440:2560,setsar=1 -c:v libx264 -pix_fmt yuv420p"),
        ({}, {"ratios": (1.0, 2.0)}, "-vf pad=1920:1920:420:0 -c:v libx264 -pix_fmt yuv420p"),
        (
            {"width_px": 1920, "height_px": 800},
            {"max_ratio": 1.91, "max_width_px": 1280},
            "-vf scale=1280:532,pad=1280:672:0:70,setsar=1 -c:v libx264 -pix_fmt yuv420p",
        ),
        ({"frame_rate": 120.0}, {"fps": (23, 60)}, "-vf fps=60 -c:v libx264 -pix_fmt yuv420p"),
        ({"frame_rate": 15.0}, {"fps": (23, 60)}, "-vf fps=30 -c:v libx264 -pix_fmt yuv420p"),
        ({"frame_rate": 0.0}, {"fps": (23, 60)}, "-vf fps=30 -c:v libx264 -pix_fmt yuv420p"),
        (
            {"frame_rate": 29.4, "has_variable_frame_rate": True},
            {"constant_frame_rate": True},
            "-vf fps=29 -c:v libx264 -pix_fmt yuv420p",
        ),
        ({"codec": "vp9"}, {"codecs": ("h264", "hevc")}, "-c:v libx264 -pix_fmt yuv420p"),
        ({"codec": "vp9"}, {"codecs": ("hevc",)}, "-c:v libx265 -tag:v hvc1 -pix_fmt yuv420p"),
        ({"pixel_format": "yuv422p10le"}, {"pixel_formats": YUV_420}, "-c:v libx264 -pix_fmt yuv420p"),
        ({"bit_depth": 10, "codec": "hevc"}, {"max_bit_depth": 8}, "-c:v libx264 -pix_fmt yuv420p"),
        (
            {"bit_rate": 30_000_000},
            {"max_bit_rate": 25_000_000},
            "-c:v libx264 -pix_fmt yuv420p -maxrate 22500k -bufsize 45000k",
        ),
        (
            {"size_bytes": 9 * MIB, "duration_s": 10.0},
            {"max_bytes": 5 * MIB},
            "-c:v libx264 -pix_fmt yuv420p -maxrate 3646k -bufsize 7293k",
        ),
        ({"is_fast_start": False}, {"fast_start": True}, "-c:v copy"),
        ({"content_type": "video/quicktime"}, {"types": ("video/mp4",)}, "-c:v copy"),
    ],
)
def test_each_broken_limit_is_repaired(facts: dict[str, Any], limits: dict[str, Any], options: str) -> None:
    name = "input.mov" if "content_type" in facts else "input.mp4"
    assert command(facts, **limits) == f"ffmpeg -i {name} {options} -movflags +faststart output.mp4"


@pytest.mark.parametrize(
    ("facts", "limits", "options"),
    [
        ({"audio_codec": "opus", "audio_channels": 2}, {"audio_codecs": ("aac",)}, "-c:a aac -b:a 128k"),
        ({"audio_codec": "aac", "audio_channels": 6}, {"max_audio_channels": 2}, "-c:a aac -b:a 128k -ac 2"),
        (
            {"audio_codec": "aac", "audio_channels": 2, "audio_sample_rate_hz": 96_000},
            {"max_audio_hz": 48_000},
            "-c:a aac -b:a 128k -ar 48000",
        ),
        ({"audio_codec": "aac", "audio_channels": 2, "is_fast_start": False}, {"fast_start": True}, "-c:a copy"),
        (
            {"audio_codec": "pcm_s16le", "audio_channels": 1, "is_fast_start": False},
            {"fast_start": True},
            "-c:a aac -b:a 128k",
        ),
    ],
)
def test_sound_is_encoded_if_it_breaks_a_limit_or_does_not_belong_into_mp4(
    facts: dict[str, Any], limits: dict[str, Any], options: str
) -> None:
    assert command(facts, **limits) == f"ffmpeg -i input.mp4 -c:v copy {options} -movflags +faststart output.mp4"


def test_one_command_repairs_all_broken_limits_of_a_media_item() -> None:
    item = video(
        content_type="video/webm",
        codec="vp9",
        frame_rate=120.0,
        duration_s=400.0,
        width_px=3840,
        height_px=2160,
        audio_codec="opus",
        audio_channels=2,
    )
    rows = (
        row(types=("video/mp4", "video/quicktime"), max_ratio=10),
        row(max_s=300, fps=(23, 60), max_width_px=1920, codecs=("h264", "hevc"), audio_codecs=("aac",)),
    )
    found = broken(item, *rows)
    assert len(found) == 6
    expected = (
        "ffmpeg -i input.webm -t 299.9 -vf scale=1920:1080,setsar=1,fps=60 -c:v libx264 -pix_fmt yuv420p "
        "-c:a aac -b:a 128k -movflags +faststart output.mp4"
    )
    for violation in found:
        assert violation.command == expected
        assert violation.remediation.endswith(f" Or run this command and attach its output: {violation.command}")


@pytest.mark.parametrize(
    ("facts", "limits"),
    [
        ({"duration_s": 2.0, "frame_rate": 120.0}, {"min_s": 3, "fps": (23, 60)}),
        ({}, {"types": ("video/webm",)}),
        ({"codec": "h264"}, {"codecs": ("vp9",)}),
        ({"bit_depth": 10}, {"max_bit_depth": 8, "pixel_formats": ("yuv422p",)}),
        ({"audio_codec": "aac", "audio_channels": 2}, {"audio_codecs": ("opus",)}),
        ({"size_bytes": 100, "duration_s": 1000.0}, {"max_bytes": 99}),
        ({"size_bytes": 100, "duration_s": None}, {"max_bytes": 99}),
        ({}, {"max_width_px": 100, "min_dimensions_px": (200, 200)}),
    ],
    ids=["too-short", "type", "codec", "pixels", "sound", "too-few-bytes", "unknown-duration", "no-size"],
)
def test_there_is_no_command_if_none_repairs_the_file(facts: dict[str, Any], limits: dict[str, Any]) -> None:
    [found, *_] = broken(video(**facts), row(**limits))
    assert found.command is None
    assert "ffmpeg" not in found.remediation


def test_violation_by_the_kind_of_a_file_has_no_command() -> None:
    """A video cannot be repaired to an image, nor an image with this command."""
    picture = replace(video(), kind=MediaKind.IMAGE)
    rows = MediaLimit("x.media.image_", types=("image/png",), source=SOURCE)
    assert [found.command for found in broken(picture, rows)] == [None, None]


def output(command: str, facts: MediaFacts) -> MediaFacts:
    """Return the facts of the file that `ffmpeg` would write, with the most bytes and the longest sound."""
    program, flag, source, *pairs, file = shlex.split(command)
    assert (program, flag, file) == ("ffmpeg", "-i", "output.mp4")
    assert source == {"video/mp4": "input.mp4", "video/webm": "input.webm"}[facts.content_type]
    options = dict(zip(pairs[::2], pairs[1::2], strict=True))
    assert options.pop("-movflags") == "+faststart"
    made = replace(facts, content_type="video/mp4", is_fast_start=True)
    if "-t" in options:
        made = replace(made, duration_s=float(options.pop("-t")) + 0.07)
    made = with_pictures(made, options)
    audio_codec = options.pop("-c:a", None)
    assert (audio_codec is None) == (facts.audio_channels == 0)
    if audio_codec == "aac":
        assert options.pop("-b:a") == "128k"
        channels = int(options.pop("-ac", made.audio_channels or 2))
        rate_hz = int(options.pop("-ar", made.audio_sample_rate_hz or 48_000))
        made = replace(made, audio_codec="aac", audio_channels=channels, audio_sample_rate_hz=rate_hz)
    assert options == {}
    return made


def with_pictures(made: MediaFacts, options: dict[str, str]) -> MediaFacts:
    encoder = options.pop("-c:v")
    if encoder == "copy":
        return made
    options.pop("-tag:v", None)
    made = replace(made, codec=CODECS[encoder], pixel_format=options.pop("-pix_fmt"), bit_depth=8)
    for name, _, values in (each.partition("=") for each in filter(None, options.pop("-vf", "").split(","))):
        if name == "fps":
            made = replace(made, frame_rate=float(values), has_variable_frame_rate=False)
        elif name == "setsar":
            assert values == "1"
        else:
            made = resized(made, name, [int(value) for value in values.split(":")])
    if made.width_px is not None and made.height_px is not None:
        assert (made.width_px % 2, made.height_px % 2) == (0, 0)
    bit_rate = 1000 * int(options.pop("-maxrate", "100000k").removesuffix("k"))
    options.pop("-bufsize", None)
    size_bytes = int((made.duration_s or 1) * (bit_rate * 1.05 + 128_000) / 8)
    return replace(made, bit_rate=int(bit_rate * 1.05), size_bytes=size_bytes)


def resized(made: MediaFacts, name: str, values: list[int]) -> MediaFacts:
    width_px, height_px, *corner = values
    if name == "pad":
        assert made.width_px is not None
        assert made.height_px is not None
        assert 0 <= corner[0] <= width_px - made.width_px
        assert 0 <= corner[1] <= height_px - made.height_px
    else:
        assert (name, corner) == ("scale", [])
    return replace(made, width_px=width_px, height_px=height_px)


def consistent(facts: dict[str, Any]) -> dict[str, Any]:
    """Return the facts without a single side, and without those of a sound that the file does not have."""
    omitted = set() if facts.get("audio_channels") != 0 else {"audio_codec", "audio_sample_rate_hz"}
    if not {"width_px", "height_px"} <= facts.keys():
        omitted |= {"width_px", "height_px"}
    return {name: fact for name, fact in facts.items() if name not in omitted}


SIDES = st.integers(1, 8192)
FACTS = st.fixed_dictionaries(
    {"content_type": st.sampled_from(["video/mp4", "video/webm"]), "size_bytes": st.integers(1, 2**33)},
    optional={
        "width_px": SIDES,
        "height_px": SIDES,
        "duration_s": st.floats(0.1, 40_000),
        "frame_rate": st.floats(0, 300) | st.none(),
        "has_variable_frame_rate": st.booleans(),
        "codec": st.sampled_from(["h264", "hevc", "vp8", "vp9", "av1", "prores"]) | st.none(),
        "pixel_format": st.sampled_from(["yuv420p", "yuv422p10le"]),
        "bit_depth": st.sampled_from([8, 10]),
        "bit_rate": st.integers(1, 300_000_000),
        "is_fast_start": st.booleans(),
        "audio_codec": st.sampled_from(["aac", "opus", "pcm_s16le"]),
        "audio_channels": st.integers(0, 8),
        "audio_sample_rate_hz": st.sampled_from([8_000, 44_100, 48_000, 96_000]),
    },
).map(consistent)
RATIOS = st.floats(0.1, 2.4)
LIMITS = st.fixed_dictionaries(
    {},
    optional={
        "types": st.just(("video/mp4", "video/quicktime")),
        "max_bytes": st.integers(MIB, 2**32),
        "max_ratio": st.floats(1, 10),
        "ratios": st.tuples(RATIOS, RATIOS).map(lambda pair: (min(pair), max(pair))),
        "max_width_px": st.integers(320, 4096),
        "max_dimensions_px": st.tuples(st.integers(320, 4096), st.integers(320, 4096)),
        "min_dimensions_px": st.sampled_from([(32, 32), (144, 256), (360, 360), (540, 960)]),
        "max_pixels": st.integers(100_000, 10_000_000),
        "min_s": st.just(3),
        "max_s": st.integers(4, 3600),
        "fps": st.sampled_from([(0, 30), (23, 60), (24, 60), (0, 60), (10, 24)]),
        "constant_frame_rate": st.just(value=True),
        "codecs": st.sampled_from([("h264",), ("hevc",), ("h264", "hevc"), ("av1", "vp9")]),
        "pixel_formats": st.just(YUV_420),
        "max_bit_depth": st.just(8),
        "max_bit_rate": st.sampled_from([5_000_000, 25_000_000, 100_000_000]),
        "fast_start": st.just(value=True),
        "audio_codecs": st.just(("aac",)),
        "max_audio_channels": st.just(2),
        "max_audio_hz": st.sampled_from([44_100, 48_000]),
    },
)


@given(FACTS, LIMITS)
def test_output_of_the_command_breaks_no_limit(facts: dict[str, Any], limits: dict[str, Any]) -> None:
    unknown = {"duration_s": None, "frame_rate": None, "codec": None, "width_px": None, "height_px": None}
    item = video(**{**unknown, **facts})
    commands = {found.command for found in broken(item, row(**limits))} - {None}
    assert item.facts is not None
    for each in commands:
        assert each is not None
        assert broken(replace(item, facts=output(each, item.facts)), row(**limits)) == []
