"""The options of Threads."""

from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

from letmepost.platforms.contract import Options

ReplyControl: TypeAlias = Literal[
    "everyone", "accounts_you_follow", "mentioned_only", "parent_post_author_only", "followers_only"
]
PostId: TypeAlias = Annotated[str, Field(pattern=r"^[0-9]{1,32}$", description="The id of a post on Threads.")]


class ThreadsPoll(BaseModel):
    """The answers of a poll, two to four. The text of the post asks the question."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    options: Annotated[tuple[Annotated[str, Field(min_length=1)], ...], Field(min_length=2)]


class ThreadsOptions(Options):
    """Options of Threads. They apply to the first post of a thread."""

    platform: Literal["threads"] | None = None
    reply_to_id: PostId | None = None
    reply_control: ReplyControl | None = None
    topic_tag: Annotated[str, Field(pattern=r"^[^.&]+$", description="Without `#`.")] | None = None
    quote_post_id: PostId | None = None
    link_attachment: (
        Annotated[str, Field(pattern=r"^https?://[^\s/?#]+\S*$", description="A link that is shown as a card.")] | None
    ) = None
    poll: ThreadsPoll | None = None
