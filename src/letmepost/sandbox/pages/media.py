"""The bytes of a media item, for the page of its post."""

from starlette.responses import Response

_STARTS = (
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"GIF8", "image/gif"),
    (8, b"WEBP", "image/webp"),
    (4, b"ftyp", "video/mp4"),
    (0, b"\x1a\x45\xdf\xa3", "video/webm"),
)


def media_response(content: bytes) -> Response | None:
    """Return a response with an image or a video; None for any other file, which browsers could run as a page."""
    for at, start, content_type in _STARTS:
        if content.startswith(start, at):
            headers = {
                "content-security-policy": "default-src 'none'; sandbox",
                "x-content-type-options": "nosniff",
                "referrer-policy": "no-referrer",
                "cache-control": "no-store",
            }
            return Response(content, headers=headers, media_type=content_type)
    return None
