"""The options of Bluesky."""

from collections.abc import Mapping
from typing import Annotated, Literal, TypeAlias

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StrictBool, model_validator
from pydantic_core import PydanticCustomError

from letmepost.platforms.bluesky.syntax import (
    CID_PATTERN,
    LANGUAGE_PATTERN,
    LIST_URI_PATTERN,
    POST_URI_PATTERN,
    RECORD_URI_PATTERN,
)
from letmepost.platforms.contract import Options

Label: TypeAlias = Literal["porn", "sexual", "nudity", "graphic-media", "!no-unauthenticated"]
"""The labels that authors can put on their own posts and that clients act on."""

Language: TypeAlias = Annotated[str, Field(pattern=LANGUAGE_PATTERN, description="A BCP 47 tag: `en`, `pt-BR`.")]
Audience: TypeAlias = (
    Literal["everyone", "nobody", "followers", "following", "mentioned"]
    | Annotated[str, Field(pattern=LIST_URI_PATTERN, description="The at:// URI of a list.")]
)

# Schemes are case-insensitive (RFC 3986 section 3.1), and a host has a letter or a digit or is an IPv6 address.
_WEB_URL_PATTERN = r"^[hH][tT][tT][pP][sS]?://(?:[^\s/?#@]*@)?(?:[^\s/?#@:]*[^\W_][^\s/?#@]*|\[[0-9a-fA-F:.]+\](?::[0-9]*)?)(?:[/?#]\S*)?$"
_ALONE = ("everyone", "nobody")


def _check_combination(allow: tuple[Audience, ...]) -> tuple[Audience, ...]:
    for word in _ALONE:
        if word in allow and len(allow) > 1:
            message = f"'{word}' cannot be combined with other values"
            raise ValueError(message)
    return allow


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class BlueskyPostReference(_Part):
    """One version of a post."""

    uri: str = Field(pattern=POST_URI_PATTERN, description="at://did:…/app.bsky.feed.post/…")
    cid: str = Field(pattern=CID_PATTERN)


class BlueskyRecordReference(_Part):
    """One version of a record: a post, a list, a feed, a starter pack."""

    uri: str = Field(pattern=RECORD_URI_PATTERN, description="at://did:…/collection/key")
    cid: str = Field(pattern=CID_PATTERN)


class BlueskyLinkCard(_Part):
    """A link shown as a card. Bluesky fetches nothing: the card shows only what is sent here."""

    url: str = Field(pattern=_WEB_URL_PATTERN, description="An http or https URL.")
    title: str
    description: str = ""
    thumbnail: str | None = Field(default=None, description="A media id, `med_…`.")


class BlueskyThreadgate(_Part):
    """Who can reply to the post and its thread.

    `everyone` and `nobody` cannot be combined with other values. The others can. An empty list is ambiguous, and is
    rejected.
    """

    allow: Annotated[tuple[Audience, ...], Field(min_length=1), AfterValidator(_check_combination)]


class BlueskyOptions(Options):
    """Options of Bluesky.

    `langs`, `labels` and `shortenLinks` apply to every post of a thread, the other options to its first post.
    """

    platform: Literal["bluesky"] | None = None
    reply_to: BlueskyPostReference | None = None
    reply_to_uri: str | None = Field(
        default=None, pattern=POST_URI_PATTERN, description="With `replyToCid`, the same as `replyTo`."
    )
    reply_to_cid: str | None = Field(
        default=None, pattern=CID_PATTERN, description="With `replyToUri`, the same as `replyTo`."
    )
    quote: BlueskyRecordReference | None = None
    langs: tuple[Language, ...] = ()
    labels: tuple[Label, ...] = ()
    link_card: BlueskyLinkCard | None = None
    shorten_links: StrictBool | None = Field(
        default=None,
        description=(
            "Show links as the official client does: without the scheme, and with a long path cut"
            " (`example.com/path-segment...`). The link itself stays complete. Length limits apply to the text as sent."
            " By default, links are shortened only in a text that is too long otherwise."
        ),
    )
    threadgate: BlueskyThreadgate | None = None

    @model_validator(mode="after")
    def _has_one_parent(self) -> "BlueskyOptions":
        if (self.reply_to_uri is None) != (self.reply_to_cid is None):
            raise PydanticCustomError("reply_to", "must have both replyToUri and replyToCid")
        if self.reply_to is not None and self.reply_to_uri is not None:
            raise PydanticCustomError("reply_to", "must have either replyTo or replyToUri, not both")
        return self

    @property
    def parent(self) -> BlueskyPostReference | None:
        """The post to reply to."""
        if self.reply_to_uri is not None and self.reply_to_cid is not None:
            return BlueskyPostReference(uri=self.reply_to_uri, cid=self.reply_to_cid)
        return self.reply_to

    def media_ids(self) -> Mapping[str, str]:
        """Return the media id of the link card's thumbnail, if there is one."""
        if self.link_card is None or self.link_card.thumbnail is None:
            return {}
        return {"linkCard.thumbnail": self.link_card.thumbnail}
