"""Movies without pictures: headers only, box by box, as ISO/IEC 14496-12 lays them out."""

import struct

UPRIGHT = (0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x4000_0000)
QUARTER_TURN = (0, 0x10000, 0, -0x10000, 0, 0, 0, 0, 0x4000_0000)


def box(kind: bytes, *bodies: bytes) -> bytes:
    body = b"".join(bodies)
    return struct.pack(">I", 8 + len(body)) + kind + body


def movie(
    *,
    width_px: int = 1080,
    height_px: int = 1920,
    frames: int = 300,
    duration: int = 10_010,
    codec: bytes = b"avc1",
    matrix: tuple[int, ...] = UPRIGHT,
    before: bytes = b"",
) -> bytes:
    """An MP4 file with one picture track, timed in milliseconds. `before`: what stands before its header."""
    times = struct.pack(">IIIIII", 0, 0, 0, 1000, duration, 0)
    track = box(
        b"trak",
        box(b"tkhd", bytes(40), struct.pack(">9i", *matrix), struct.pack(">II", width_px << 16, height_px << 16)),
        box(
            b"mdia",
            box(b"mdhd", times),
            box(b"hdlr", bytes(8), b"vide", bytes(13)),
            box(
                b"minf",
                box(
                    b"stbl",
                    box(b"stsd", struct.pack(">II", 0, 1), box(codec, bytes(78))),
                    box(b"stts", struct.pack(">IIII", 0, 1, frames, duration // max(frames, 1))),
                ),
            ),
        ),
    )
    sound = box(b"trak", box(b"mdia", box(b"hdlr", bytes(8), b"soun", bytes(13))))
    return box(b"ftyp", b"isom", bytes(4), b"isom") + before + box(b"moov", box(b"mvhd", times), sound, track)
