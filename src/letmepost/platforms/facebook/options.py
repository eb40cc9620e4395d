"""The options of Facebook."""

from typing import Annotated, Literal

from pydantic import Field

from letmepost.platforms.contract import Options


class FacebookOptions(Options):
    """Options of Facebook. A story is one photo, which is visible for a day."""

    platform: Literal["facebook"] | None = None
    kind: Literal["post", "story"] = "post"
    link: (
        Annotated[str, Field(pattern=r"^https?://[^\s/?#]+\S*$", description="A link that is shown as a card.")] | None
    ) = None

    @property
    def is_story(self) -> bool:
        """Return True if the post is a story."""
        return self.kind == "story"
