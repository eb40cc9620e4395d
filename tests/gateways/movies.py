"""Small films, black from end to end."""

import io
from tempfile import NamedTemporaryFile

import av
from av.audio.stream import AudioStream
from av.video.stream import VideoStream


def movie(
    *,
    width_px: int = 108,
    height_px: int = 192,
    frames: int = 30,
    codec: str = "h264",
    rotation_degrees: int = 0,
    container: str = "mp4",
) -> bytes:
    """A film of one picture track at 30 pictures a second, with its header at the end, as cameras write it."""
    content = io.BytesIO()
    with av.open(content, "w", format=container) as output:
        stream = output.add_stream(codec, rate=30)
        assert isinstance(stream, VideoStream)
        stream.width, stream.height, stream.pix_fmt = width_px, height_px, "yuv420p"
        if rotation_degrees:
            stream.set_display_rotation(rotation_degrees)
        picture = av.VideoFrame(width_px, height_px, "yuv420p")
        for plane in picture.planes:
            plane.update(bytes(plane.buffer_size))
        for number in range(frames):
            picture.pts = number
            output.mux(stream.encode(picture))
        output.mux(stream.encode(None))
    return content.getvalue()


def header_first(film: bytes) -> bytes:
    """The same film as the web likes it."""
    content = NamedTemporaryFile()  # noqa: SIM115 - closed below; FFmpeg opens it a second time, by its name
    with content, av.open(io.BytesIO(film), "r") as given:
        with av.open(content.name, "w", format="mp4", options={"movflags": "faststart"}) as output:
            stream = output.add_stream_from_template(given.streams.video[0])
            for packet in given.demux(video=0):
                if packet.dts is not None:
                    packet.stream = stream
                    output.mux(packet)
        return content.read()


def silence() -> bytes:
    """An MP4 file with a sound track alone."""
    content = io.BytesIO()
    with av.open(content, "w", format="mp4") as output:
        stream = output.add_stream("aac", rate=44_100)
        assert isinstance(stream, AudioStream)
        frame = av.AudioFrame(format="fltp", layout="mono", samples=1024)
        frame.sample_rate = 44_100
        for plane in frame.planes:
            plane.update(bytes(plane.buffer_size))
        output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    return content.getvalue()


def box(kind: bytes, body: bytes) -> bytes:
    """A box of an ISO base media file."""
    return (8 + len(body)).to_bytes(4, "big") + kind + body
