"""Small films of black frames."""

import io
import struct
from collections.abc import Sequence
from tempfile import NamedTemporaryFile

import av
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.video.stream import VideoStream


def movie(
    *,
    width_px: int = 108,
    height_px: int = 192,
    frames: int = 30,
    codec: str = "h264",
    rotation_degrees: int = 0,
    container: str = "mp4",
    channels: int = 0,
    audio_codec: str = "aac",
    pixel_format: str = "yuv420p",
    transfer: int | None = None,
    shown_at: Sequence[int] | None = None,
) -> bytes:
    """Return a film with one picture track at 30 pictures a second, and its header at the end, like from a camera.

    It has a sound track of half a second if it has channels.

    Args:
        transfer: the transfer characteristics, as in ITU-T H.273.
        shown_at: when each picture is shown, in thirtieths of a second; by default one after the other.
    """
    content = io.BytesIO()
    with av.open(content, "w", format=container) as output:
        stream = output.add_stream(codec, rate=30)
        assert isinstance(stream, VideoStream)
        stream.width, stream.height, stream.pix_fmt = width_px, height_px, pixel_format
        if transfer is not None:
            stream.codec_context.color_trc = transfer
        if rotation_degrees:
            stream.set_display_rotation(rotation_degrees)
        sound = _sound(output, audio_codec, {1: "mono", 2: "stereo"}[channels]) if channels else None
        picture = av.VideoFrame(width_px, height_px, pixel_format)
        for plane in picture.planes:
            plane.update(bytes(plane.buffer_size))
        for at in shown_at or range(frames):
            picture.pts = at
            output.mux(stream.encode(picture))
        output.mux(stream.encode(None))
        if sound is not None:
            _mux_silence(output, sound, frames=22)
    return content.getvalue()


def header_first(film: bytes) -> bytes:
    """Return the same film with its header at the start."""
    content = NamedTemporaryFile()  # noqa: SIM115 - closed below; FFmpeg opens it a second time, by its name
    with content, av.open(io.BytesIO(film), "r") as given:
        with av.open(content.name, "w", format="mp4", options={"movflags": "faststart"}) as output:
            stream = output.add_stream_from_template(given.streams.video[0])
            for packet in given.demux(video=0):
                if packet.dts is not None:
                    packet.stream = stream
                    output.mux(packet)
        return content.read()


def fragmented(frames: int) -> bytes:
    """Return a film with one fragment per frame."""
    content = io.BytesIO()
    options = {"movflags": "frag_every_frame+empty_moov"}
    with (
        av.open(io.BytesIO(movie(frames=frames)), "r") as given,
        av.open(content, "w", format="mp4", options=options) as output,
    ):
        stream = output.add_stream_from_template(given.streams.video[0])
        for packet in given.demux(video=0):
            if packet.dts is not None:
                packet.stream = stream
                output.mux(packet)
    return content.getvalue()


def silence(codec: str = "aac", container: str = "mp4") -> bytes:
    """Return a file with only a sound track of about two seconds."""
    content = io.BytesIO()
    with av.open(content, "w", format=container) as output:
        _mux_silence(output, _sound(output, codec, "mono"), frames=86)
    return content.getvalue()


def _sound(output: OutputContainer, codec: str, layout: str) -> AudioStream:
    stream = output.add_stream(codec, rate=48_000 if codec == "libopus" else 44_100)
    assert isinstance(stream, AudioStream)
    stream.layout = layout
    return stream


def _mux_silence(output: OutputContainer, stream: AudioStream, frames: int) -> None:
    samples = 960 if stream.rate == 48_000 else 1024  # of a packet
    frame = av.AudioFrame(format=stream.format.name, layout=stream.layout.name, samples=samples)
    frame.sample_rate = stream.rate
    for plane in frame.planes:
        plane.update(bytes(plane.buffer_size))
    for number in range(frames):
        frame.pts = number * samples
        output.mux(stream.encode(frame))
    output.mux(stream.encode(None))


def box(kind: bytes, body: bytes) -> bytes:
    """Return a box of an ISO base media file."""
    return (8 + len(body)).to_bytes(4, "big") + kind + body


def claimed(samples: int, tracks: int = 1, shown_for: int = 1) -> bytes:
    """Return a film of a few hundred bytes that claims this many samples in each track, each of that many seconds."""
    entry = box(b"avc1", bytes(6) + b"\0\1" + bytes(16) + struct.pack(">HH", 64, 64) + bytes(50))
    tables = [
        box(b"stsd", struct.pack(">II", 0, 1) + entry),
        box(b"stts", struct.pack(">IIII", 0, 1, samples, shown_for)),
        box(b"stsz", struct.pack(">III", 0, 1, samples)),
        box(b"stsc", struct.pack(">IIIII", 0, 1, 1, samples, 1)),
        box(b"stco", struct.pack(">III", 0, 1, 100)),
    ]
    media = [
        box(b"mdhd", bytes(12) + struct.pack(">II", 1, 1) + bytes(4)),
        box(b"hdlr", bytes(8) + b"vide" + bytes(13)),
        box(b"minf", box(b"vmhd", bytes(12)) + box(b"stbl", b"".join(tables))),
    ]
    track = box(b"trak", box(b"tkhd", bytes(92)) + box(b"mdia", b"".join(media)))
    header = box(b"mvhd", bytes(12) + struct.pack(">II", 1, 1) + bytes(80))
    return box(b"ftyp", b"isom\0\0\2\0isomiso2mp41") + box(b"moov", header + track * tracks)
