"""The options of LinkedIn."""

from collections.abc import Mapping
from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

from letmepost.platforms.contract import Options

VISIBILITIES = ("PUBLIC", "CONNECTIONS", "LOGGED_IN")

PollDuration: TypeAlias = Literal["ONE_DAY", "THREE_DAYS", "SEVEN_DAYS", "FOURTEEN_DAYS"]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class LinkedInArticle(_Part):
    """A link shown as a card. LinkedIn fetches nothing: the card shows only what is sent here."""

    url: str = Field(pattern=r"^https?://[^\s/?#]+\S*$")
    title: str = Field(min_length=1)
    description: str = ""
    thumbnail: str | None = Field(default=None, description="A media id, `med_…`.")


class LinkedInPoll(_Part):
    """A question and its answers."""

    question: str = Field(min_length=1)
    options: tuple[Annotated[str, Field(min_length=1)], ...]
    duration: PollDuration = "THREE_DAYS"


class LinkedInOptions(Options):
    """Options of LinkedIn. Without `author`, the account itself is the author."""

    platform: Literal["linkedin"] | None = None
    author: str | None = Field(
        default=None, description="`urn:li:person:…` or `urn:li:organization:…`: the account, or a page it administers."
    )
    visibility: str = Field(
        default="PUBLIC",
        description="Who can see the post. A page has no connections, so its posts cannot have `CONNECTIONS`.",
        json_schema_extra={"enum": list(VISIBILITIES)},
    )
    article: LinkedInArticle | None = None
    document_title: str | None = Field(default=None, description="The title above a document. Defaults to its `title`.")
    poll: LinkedInPoll | None = None
    captions: str | None = Field(
        default=None, description="English captions of the video: the text of an SRT (SubRip) file."
    )

    def media_ids(self) -> Mapping[str, str]:
        """Return the media id of the article's thumbnail, if there is one."""
        if self.article is None or self.article.thumbnail is None:
            return {}
        return {"article.thumbnail": self.article.thumbnail}
