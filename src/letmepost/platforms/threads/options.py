"""The options of Threads."""

from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictInt

from letmepost.platforms.contract import Options

ReplyControl: TypeAlias = Literal[
    "everyone", "accounts_you_follow", "mentioned_only", "parent_post_author_only", "followers_only"
]
TextStyle: TypeAlias = Literal["bold", "italic", "highlight", "underline", "strikethrough"]
PostId: TypeAlias = Annotated[str, Field(pattern=r"^[0-9]{1,32}$", description="The id of a post on Threads.")]
Link: TypeAlias = Annotated[str, Field(pattern=r"^https?://[^\s/?#]+\S*$")]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ThreadsPoll(_Part):
    """The answers of a poll, two to four. The text of the post asks the question."""

    options: Annotated[tuple[Annotated[str, Field(min_length=1)], ...], Field(min_length=2)]


class ThreadsTextRange(_Part):
    """A part of a text. Both numbers count Unicode code points: an emoji such as 🎉 is 1."""

    offset: Annotated[StrictInt, Field(ge=0, description="How many characters of the text come before the part.")]
    length: Annotated[StrictInt, Field(ge=1)]

    @property
    def end(self) -> int:
        """Return the offset of the first character after the part."""
        return self.offset + self.length


class ThreadsFormatting(ThreadsTextRange):
    """A part of a text attachment, and its styles."""

    styles: Annotated[tuple[TextStyle, ...], Field(min_length=1)]


class ThreadsTextAttachment(_Part):
    """A long text that readers open from the post."""

    text: Annotated[str, Field(min_length=1)]
    link: Link | None = Field(
        default=None, description="A link that is shown as a card in the attachment. The post then has no link card."
    )
    formatting: tuple[ThreadsFormatting, ...] = Field(
        default=(), description="Parts of the attachment's text that have styles. They must not overlap."
    )


class ThreadsSpoilers(_Part):
    """What is hidden until a reader opens it."""

    text: tuple[ThreadsTextRange, ...] = Field(default=(), description="Parts of the post's text.")
    media: StrictBool = Field(default=False, description="All media items of the post.")


class ThreadsOptions(Options):
    """Options of Threads. They apply to the first post of a thread."""

    platform: Literal["threads"] | None = None
    reply_to_id: PostId | None = None
    reply_control: ReplyControl | None = None
    topic_tag: Annotated[str, Field(pattern=r"^[^.&]+$", description="Without `#`.")] | None = None
    quote_post_id: PostId | None = None
    link_attachment: Annotated[Link, Field(description="A link that is shown as a card.")] | None = None
    poll: ThreadsPoll | None = None
    text_attachment: ThreadsTextAttachment | None = None
    spoilers: ThreadsSpoilers | None = None
    location_id: (
        Annotated[
            str,
            Field(pattern=r"^[0-9]{1,32}$", description="The id of a location, from the location search of Threads."),
        ]
        | None
    ) = None
    share_to_instagram: StrictBool = Field(
        default=False,
        description=(
            "Also share the post as a story of the Instagram account that is linked to the account. If that fails, the "
            "post is published with the warning `threads.share_to_instagram.unconfirmed`."
        ),
    )
