"""The options of Pinterest."""

from typing import Annotated, Literal, TypeAlias

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from letmepost.platforms.contract import Options

PinterestId: TypeAlias = Annotated[str, Field(pattern=r"^[0-9]{1,32}$")]
"""Ids are texts: as JSON numbers, Pinterest does not find them."""


class PinterestOptions(Options):
    """Options of Pinterest. A video without `coverImage` and `coverTimeS` has its first frame as the cover."""

    platform: Literal["pinterest"] | None = None
    board_id: (
        Annotated[PinterestId, Field(description="The board. By default, the default board of the account.")] | None
    ) = None
    board_section_id: Annotated[PinterestId, Field(description="A section of the board.")] | None = None
    title: Annotated[str, Field(min_length=1)] | None = None
    destination_url: Annotated[str, Field(description="The page that the Pin links to.")] | None = None
    cover_image: (
        Annotated[str, Field(min_length=1, description="The cover of a video: the public URL of an image.")] | None
    ) = None
    cover_image_url: Annotated[str, Field(min_length=1, description="The same as `coverImage`.")] | None = None
    cover_time_s: (
        Annotated[int, Field(strict=True, ge=0, description="The cover of a video: the frame at this second.")] | None
    ) = None

    @model_validator(mode="after")
    def _has_one_cover_image(self) -> "PinterestOptions":
        if self.cover_image is not None and self.cover_image_url is not None:
            raise PydanticCustomError("cover_image", "must have either coverImage or coverImageUrl, not both")
        return self

    @property
    def cover(self) -> str | None:
        """The URL of the cover image."""
        return self.cover_image or self.cover_image_url
