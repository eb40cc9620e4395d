"""What posts are made of: a text alone, or with what is published after it."""

import base64
from enum import StrEnum
from functools import cache
from typing import Any
from uuid import UUID

from letmepost.domain.content import MediaFacts, MediaItem, MediaKind, PostContent, ThreadPart
from letmepost.domain.rules import violations
from tests.faults.lineup import PLATFORMS
from tests.http.support import png

_PICTURE = png(320, 320)
_THREAD = 3


class Shape(StrEnum):
    """One of them."""

    PLAIN = "plain"
    PICTURE = "picture"
    COMMENTED = "commented"
    THREAD = "thread"


LATER = (Shape.COMMENTED, Shape.THREAD)
"""Those in which something is published after the post itself."""


def texts_of(shape: Shape, text: str) -> dict[str, str]:
    """Everything that followers see of a post, in its order: the step that publishes it → its text."""
    if shape is Shape.COMMENTED:
        return {"post": text, "comment": f"{text}-comment"}
    if shape is Shape.THREAD:
        return {"post": text, **{f"thread-{index}": f"{text}-{index}" for index in range(1, _THREAD)}}
    return {"post": text}


def body_of(shape: Shape, text: str) -> dict[str, Any]:
    """The post as a caller sends it."""
    later = list(texts_of(shape, text).values())[1:]
    match shape:
        case Shape.PICTURE:
            picture = base64.b64encode(_PICTURE).decode()
            return {"text": text, "media": [{"kind": "image", "altText": "A square", "bytesBase64": picture}]}
        case Shape.COMMENTED:
            return {"text": text, "firstComment": {"text": later[0]}}
        case Shape.THREAD:
            return {"text": text, "thread": [{"text": one} for one in later]}
    return {"text": text}


@cache
def shapes_of(platform: str) -> tuple[Shape, ...]:
    """The shapes that break none of a platform's rules."""
    rules = PLATFORMS[platform].rules
    return tuple(shape for shape in Shape if not violations(_content(shape), rules))


def may_go_on(platform: str) -> bool:
    """Whether something can be published there after a post itself."""
    return not set(LATER).isdisjoint(shapes_of(platform))


def _content(shape: Shape) -> PostContent:
    later = [ThreadPart(text=text) for text in list(texts_of(shape, "text").values())[1:]]
    facts = MediaFacts(content_type="image/png", size_bytes=len(_PICTURE), width_px=320, height_px=320)
    picture = MediaItem(kind=MediaKind.IMAGE, media_id=UUID(int=1), alt_text="A square", facts=facts)
    return PostContent(
        text="text",
        media=(picture,) if shape is Shape.PICTURE else (),
        first_comment=later[0].text if shape is Shape.COMMENTED else None,
        thread=tuple(later) if shape is Shape.THREAD else (),
    )
