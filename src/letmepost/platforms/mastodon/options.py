"""The options of Mastodon."""

from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictInt
from pydantic.alias_generators import to_camel

from letmepost.platforms.contract import Options

StatusId: TypeAlias = Annotated[
    str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$", description="The id of a post on the account's own server.")
]


class MastodonPoll(BaseModel):
    """The answers of a poll, and how long it is open. The text of the post asks the question."""

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel, validate_by_alias=True)

    options: Annotated[tuple[str, ...], Field(min_length=2)]
    duration_s: StrictInt
    multiple: StrictBool = Field(default=False, description="Let people choose several answers.")
    hide_totals: StrictBool = Field(default=False, description="Hide the results until the poll ends.")


class MastodonOptions(Options):
    """Options of Mastodon.

    `visibility`, `spoilerText`, `sensitive` and `language` apply to every post of a thread and to the first comment, so
    that no part of it is more visible than the first post. The other options apply to the first post.
    """

    platform: Literal["mastodon"] | None = None
    visibility: Literal["public", "unlisted", "private", "direct"] | None = Field(
        default=None, description="Who can see the post. By default, as the account's settings say."
    )
    spoiler_text: str | None = Field(default=None, description="A content warning, behind which the post is hidden.")
    sensitive: StrictBool | None = Field(default=None, description="Hide the media until a reader opens them.")
    language: Annotated[str, Field(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$")] | None = Field(
        default=None, description="The language of the text (ISO 639), such as `en`."
    )
    poll: MastodonPoll | None = None
    reply_to_id: StatusId | None = None
    quoted_status_id: StatusId | None = None
