"""The options of X."""

from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictInt
from pydantic.alias_generators import to_camel

from letmepost.platforms.contract import Options

PostId: TypeAlias = Annotated[str, Field(pattern=r"^[0-9]{1,19}$")]


class TwitterPoll(BaseModel):
    """The options of a poll, and how long it is open."""

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel, validate_by_alias=True)

    options: tuple[str, ...]
    duration_minutes: StrictInt


class TwitterOptions(Options):
    """Options of X. `madeWithAi` applies to every post of a thread, the other options to its first post.

    X restricts which posts an app can quote or reply to.
    """

    platform: Literal["twitter"] | None = None
    reply_to_tweet_id: PostId | None = Field(default=None, description="The post to reply to.")
    quote_tweet_id: PostId | None = Field(default=None, description="The post to quote.")
    reply_settings: Literal["everyone", "following", "mentionedUsers", "subscribers", "verified"] = Field(
        default="everyone", description="Who can reply."
    )
    poll: TwitterPoll | None = None
    made_with_ai: StrictBool = Field(default=False, description="Label the post as made with AI.")
