"""The options of YouTube."""

from collections.abc import Mapping
from typing import Annotated, Literal, TypeAlias

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StrictBool
from pydantic.alias_generators import to_camel

from letmepost.platforms.contract import Options

Privacy: TypeAlias = Literal["public", "unlisted", "private"]


class YouTubeCaptions(BaseModel):
    """A caption track of the video."""

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel, validate_by_alias=True)

    language: Annotated[str, Field(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$", description="A BCP 47 tag: `en`.")]
    name: Annotated[str, Field(description="The name that viewers see beside the language.")] = ""
    text: Annotated[str, Field(min_length=1, description="The content of a SubRip (SRT) or WebVTT file.")]


class YouTubeOptions(Options):
    """Options of YouTube. The text of the post is the description of the video."""

    platform: Literal["youtube"] | None = None
    title: str | None = Field(default=None, description="The title of the video, sent unchanged. Required.")
    made_for_kids: StrictBool | None = Field(
        default=None, description="Declare whether the video is made for children (COPPA). Required."
    )
    kind: Literal["video", "short"] = Field(
        default="video",
        description="With `short`, a video that YouTube would not show as a Short is rejected. YouTube itself decides "
        "by the file: upright or square, and at most 3 minutes long.",
    )
    privacy: Privacy | None = Field(
        default=None, description="Who can see the video: `public` by default, or `private` with `publishAt`."
    )
    publish_at: AwareDatetime | None = Field(
        default=None, description="When YouTube makes the video public. Until then, it is private."
    )
    tags: tuple[Annotated[str, Field(min_length=1)], ...] = ()
    category_id: (
        Annotated[str, Field(pattern=r"^[0-9]{1,4}$", description="The id of a category, `22` by default.")] | None
    ) = None
    notify_subscribers: StrictBool | None = Field(
        default=None, description="Notify subscribers. By default, only of videos that are or become public."
    )
    contains_synthetic_media: StrictBool = Field(
        default=False, description="Declare that the video has realistic content that was altered or generated."
    )
    playlist_id: (
        Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{2,64}$", description="The playlist to add the video to.")] | None
    ) = None
    thumbnail: str | None = Field(default=None, description="The media id of the image, `med_…`: JPEG or PNG.")
    captions: tuple[YouTubeCaptions, ...] = ()

    def media_ids(self) -> Mapping[str, str]:
        """Return the id of the thumbnail."""
        return {} if self.thumbnail is None else {"thumbnail": self.thumbnail}

    @property
    def visibility(self) -> Privacy:
        """Return the privacy to request. It is always sent: YouTube publishes a video without it."""
        return self.privacy or ("public" if self.publish_at is None else "private")

    @property
    def notifies(self) -> bool:
        """Return True if subscribers are notified. It is always sent: YouTube notifies them without it."""
        if self.notify_subscribers is not None:
            return self.notify_subscribers
        return self.visibility == "public" or self.publish_at is not None
