"""Media of posts for their pages, and the picture that stands for an avatar or a thumbnail."""

from html import escape

from starlette.responses import Response

_STARTS = (
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"GIF8", "image/gif"),
    (8, b"WEBP", "image/webp"),
    (4, b"ftyp", "video/mp4"),
    (0, b"\x1a\x45\xdf\xa3", "video/webm"),
)


def picture_response(title: str, color: str) -> Response:
    """Return the picture of a network: its color and its first letter. It shows nothing of an organization."""
    content = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 96 96" width="96" height="96">'
        f'<rect width="96" height="96" fill="{color}"/><text x="48" y="65" fill="#fff" font-size="48" '
        f'font-family="system-ui,sans-serif" text-anchor="middle">{escape(title[:1])}</text></svg>'
    )
    headers = {"x-content-type-options": "nosniff", "cache-control": "max-age=86400"}
    return Response(content, headers=headers, media_type="image/svg+xml")


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
