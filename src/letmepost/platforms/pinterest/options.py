"""The options of Pinterest."""

from typing import Annotated, Literal, TypeAlias

from pydantic import Field

from letmepost.platforms.contract import Options

PinterestId: TypeAlias = Annotated[str, Field(pattern=r"^[0-9]{1,32}$")]
"""Ids are texts: as JSON numbers, Pinterest does not find them."""


class PinterestOptions(Options):
    """Options of Pinterest."""

    platform: Literal["pinterest"] | None = None
    board_id: (
        Annotated[PinterestId, Field(description="The board. By default, the default board of the account.")] | None
    ) = None
    board_section_id: Annotated[PinterestId, Field(description="A section of the board.")] | None = None
    title: Annotated[str, Field(min_length=1)] | None = None
    destination_url: Annotated[str, Field(description="The page that the Pin links to.")] | None = None
