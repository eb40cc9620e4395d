"""The options of Facebook."""

from typing import Annotated, Literal

from pydantic import Field, StrictBool

from letmepost.platforms.contract import Options


class FacebookOptions(Options):
    """Options of Facebook. A story is one photo or one video, which is visible for a day."""

    platform: Literal["facebook"] | None = None
    kind: Literal["post", "reel", "story"] = Field(
        default="post",
        description="What the media become. A video that is higher than wide is always published as a reel.",
    )
    link: (
        Annotated[str, Field(pattern=r"^https?://[^\s/?#]+\S*$", description="A link that is shown as a card.")] | None
    ) = None
    reel_title: Annotated[str, Field(min_length=1)] | None = Field(
        default=None, description="The title of a reel. By default, the `title` of the video."
    )
    is_ai_generated: StrictBool = Field(default=False, description="Label the video as made with AI.")

    @property
    def is_story(self) -> bool:
        """Return True if the post is a story."""
        return self.kind == "story"
