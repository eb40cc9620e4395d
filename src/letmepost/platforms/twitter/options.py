"""X's own part of a request."""

from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictInt
from pydantic.alias_generators import to_camel

from letmepost.platforms.contract import Options

PostId: TypeAlias = Annotated[str, Field(pattern=r"^[0-9]{1,19}$")]


class Poll(BaseModel):
    """A question's answers, and how long people may choose among them."""

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel, validate_by_alias=True)

    options: tuple[str, ...]
    duration_minutes: StrictInt


class TwitterOptions(Options):
    """What only X has. `madeWithAi` applies to every post of a thread, the rest to its first.

    X lets a post be quoted, and strangers be answered, only by apps and people whom its own rules admit.
    """

    platform: Literal["twitter"] | None = None
    reply_to_tweet_id: PostId | None = Field(default=None, description="The post to reply to.")
    quote_tweet_id: PostId | None = Field(default=None, description="The post to quote.")
    reply_settings: Literal["everyone", "following", "mentionedUsers", "subscribers", "verified"] = Field(
        default="everyone", description="Who may reply."
    )
    poll: Poll | None = None
    made_with_ai: StrictBool = Field(default=False, description="Label the post as made with AI.")
