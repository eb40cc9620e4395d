"""The shapes of posts: only a text, or a text with steps that are published after it."""

import base64
from enum import StrEnum
from functools import cache
from typing import Any
from uuid import UUID

from letmepost.domain.content import MediaFacts, MediaItem, MediaKind, PostContent, ThreadPart
from letmepost.domain.rules import violations
from tests.doubles.targets import on
from tests.faults.lineup import PLATFORMS
from tests.http.support import jpeg

_PICTURE = jpeg()
_THREAD = 3


class Shape(StrEnum):
    """The shape of a post."""

    PLAIN = "plain"
    PICTURE = "picture"
    COMMENTED = "commented"
    COMMENTED_PICTURE = "commented-picture"
    THREAD = "thread"


_PICTURES = (Shape.PICTURE, Shape.COMMENTED_PICTURE)
_COMMENTED = (Shape.COMMENTED, Shape.COMMENTED_PICTURE)
LATER = (*_COMMENTED, Shape.THREAD)
"""The shapes with steps that are published after the post itself."""


def texts_of(shape: Shape, text: str) -> dict[str, str]:
    """Return the texts that followers see of a post, in order, by the step that publishes them."""
    if shape in _COMMENTED:
        return {"post": text, "comment": f"{text}-comment"}
    if shape is Shape.THREAD:
        return {"post": text, **{f"thread-{index}": f"{text}-{index}" for index in range(1, _THREAD)}}
    return {"post": text}


def body_of(shape: Shape, text: str) -> dict[str, Any]:
    """Return the request body of a post."""
    later = list(texts_of(shape, text).values())[1:]
    body: dict[str, Any] = {"text": text}
    if shape in _PICTURES:
        picture = base64.b64encode(_PICTURE).decode()
        body["media"] = [{"kind": "image", "altText": "A square", "bytesBase64": picture}]
    if shape in _COMMENTED:
        body["firstComment"] = {"text": later[0]}
    if shape is Shape.THREAD:
        body["thread"] = [{"text": one} for one in later]
    return body


@cache
def shapes_of(platform: str) -> tuple[Shape, ...]:
    """Return the shapes that are valid on a platform."""
    found = PLATFORMS[platform]
    return tuple(shape for shape in Shape if not violations(on(found, _content(shape)), found.rules))


@cache
def performers() -> tuple[str, ...]:
    """Return the platforms that publish one of the shapes. Where a post needs more, only videos are published."""
    return tuple(name for name in PLATFORMS if shapes_of(name))


def may_go_on(platform: str) -> bool:
    """Return True if the platform can publish steps after the post itself."""
    return not set(LATER).isdisjoint(shapes_of(platform))


def _content(shape: Shape) -> PostContent:
    later = [ThreadPart(text=text) for text in list(texts_of(shape, "text").values())[1:]]
    facts = MediaFacts(content_type="image/jpeg", size_bytes=len(_PICTURE), width_px=120, height_px=80)
    picture = MediaItem(kind=MediaKind.IMAGE, media_id=UUID(int=1), alt_text="A square", facts=facts)
    return PostContent(
        text="text",
        media=(picture,) if shape in _PICTURES else (),
        first_comment=later[0].text if shape in _COMMENTED else None,
        thread=tuple(later) if shape is Shape.THREAD else (),
    )
