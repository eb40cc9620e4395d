"""The options of Instagram."""

from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StrictBool, StrictFloat, StrictInt
from pydantic.alias_generators import to_camel

from letmepost.platforms.contract import Options


def _without_at(name: object) -> object:
    """Return a username without the `@` and the spaces around it, with which Instagram rejects the whole post."""
    return name.strip().removeprefix("@").strip() if isinstance(name, str) else name


Username: TypeAlias = Annotated[
    str,
    BeforeValidator(_without_at),
    Field(pattern=r"^[A-Za-z0-9._]{1,30}$", description="A username of Instagram. A leading `@` is removed."),
]
_Position: TypeAlias = Annotated[StrictFloat, Field(ge=0, le=1)]


class InstagramUserTag(BaseModel):
    """A person who is tagged in an image."""

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel, validate_by_alias=True)

    username: Username
    x: _Position | None = Field(default=None, description="From the left edge (0) to the right edge (1).")
    y: _Position | None = Field(default=None, description="From the top edge (0) to the bottom edge (1).")
    media_index: Annotated[StrictInt, Field(ge=0)] = Field(
        default=0, description="Which of the post's media items the person is in."
    )


class InstagramPoll(BaseModel):
    """The answers of a poll, two to four. The text of the post asks the question."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    options: Annotated[tuple[Annotated[str, Field(min_length=1)], ...], Field(min_length=2)]


class InstagramTrial(BaseModel):
    """A trial: the reel is first shown only to people who do not follow the account."""

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel, validate_by_alias=True)

    graduation_strategy: Literal["MANUAL", "SS_PERFORMANCE"] = Field(
        description="Who shows the reel to followers: the owner of the account, or Instagram if the reel performs well."
    )


class InstagramOptions(Options):
    """Options of Instagram. `poll` and `commentPrompt` need an account that was connected with Facebook Login."""

    platform: Literal["instagram"] | None = None
    kind: Literal["feed", "reel", "story"] = Field(
        default="feed", description="What the media become. A single video in the feed always becomes a reel."
    )
    collaborators: tuple[Username, ...] = Field(
        default=(), description="Who is invited to be shown as a further author of the post."
    )
    user_tags: tuple[InstagramUserTag, ...] = ()
    location_id: Annotated[str, Field(pattern=r"^[0-9]{1,32}$")] | None = Field(
        default=None, description="The id of a Facebook Page that has a location."
    )
    cover_url: Annotated[str, Field(pattern=r"^https?://[!-~]+$")] | None = Field(
        default=None, description="A JPEG of at most 8 MB that Instagram fetches as the cover of a reel."
    )
    share_to_feed: StrictBool | None = Field(
        default=None, description="Whether a reel is shown in the feed, too, and not only in the tab of reels."
    )
    trial_params: InstagramTrial | None = None
    is_ai_generated: StrictBool = Field(default=False, description="Label the post as made with AI.")
    poll: InstagramPoll | None = None
    comment_prompt: StrictBool = Field(default=False, description="Invite people to answer the text in the comments.")
