"""Images for posts."""

import base64
import io
import random
from typing import Any

from PIL import Image


def picture(kind: str, width: int, height: int) -> bytes:
    """Return an image that cannot be compressed: as a PNG of about `width * height * 3` bytes. A GIF is animated."""
    noise = random.Random(width).randbytes(width * height * 3)  # noqa: S311 - a picture, not a secret
    file = io.BytesIO()
    image = Image.frombytes("RGB", (width, height), noise)
    if kind == "GIF":
        image.save(file, kind, save_all=True, append_images=[Image.new("RGB", image.size)])
    else:
        image.save(file, kind)
    return file.getvalue()


def inline(data: bytes, alt_text: str | None = None) -> dict[str, Any]:
    """Return an image that is sent inside the request."""
    item = {"kind": "image", "bytesBase64": base64.b64encode(data).decode()}
    return item if alt_text is None else {**item, "altText": alt_text}
