"""What an agent passes to publish."""

from typing import Annotated, Any, Literal

from pydantic import Field

from letmepost.mcp.schemas import Arguments

IdempotencyKey = Annotated[
    str,
    Field(
        pattern=r"^[\x21-\x7e]{1,255}$",
        examples=["launch-2026-12-01-a", "5f1c9a52-0a4e-4a3f-9d0c-2a1f4f0e7b11"],
        description="Identifies this action. Choose a new key for each new action. If a call fails or its result is "
        "lost, call again with the same key and the same arguments: the action happens once.",
    ),
]
ProfileId = Annotated[
    str | None, Field(default=None, description="Limits the call to a profile.", examples=["prof_01KBF3A6M0QJ5V8T2N4"])
]


class GivenMedia(Arguments):
    """An image, a video or a document, from exactly one of `media_id` and `url`."""

    media_id: str | None = Field(default=None, description="The id of a media item.", examples=["med_01KBF3A6M0QJ5V8T"])
    url: str | None = Field(default=None, description="A public file.", examples=["https://example.com/cat.jpg"])
    kind: Literal["image", "video", "document"] | None = Field(default=None, description="Required with `url`.")
    alt_text: str | None = Field(default=None, description="What the image shows, for people who cannot see it.")
    title: str | None = Field(default=None, description="The title of a document or a video.")
    thumbnail: str | None = Field(
        default=None, description="The image to show before a video plays: the id of a media item, or a URL."
    )
    fit: Literal[True] | None = Field(
        default=None, description="true converts an image that breaks a limit of the platform."
    )


class GivenThreadPart(Arguments):
    """A continuation post, published as a reply to the part before."""

    text: str
    media: list[GivenMedia] | None = None


class GivenContent(Arguments):
    """What is published."""

    text: str | None = Field(default=None, description="The text.", examples=["We have launched."])
    media: list[GivenMedia] | None = Field(default=None, description="Images, videos and documents.")
    first_comment: str | None = Field(default=None, description="A comment to add as soon as the post is visible.")
    thread: list[GivenThreadPart] | None = Field(default=None, description="Up to 24 continuation posts.")


class GivenTarget(GivenContent):
    """An account to publish to: `account_id`, or `platform` if it has exactly one account.

    The other fields replace those of the post for this account; null removes them.
    """

    account_id: str | None = Field(default=None, description="An id that list_accounts returns.")
    platform: str | None = Field(default=None, description="A name that list_platforms returns.")
    options: dict[str, Any] | None = Field(
        default=None, description="Options of the platform. list_platforms returns their schema."
    )


class GivenPost(GivenContent):
    """A post and its targets."""

    targets: list[GivenTarget] = Field(
        min_length=1,
        max_length=25,
        description="Where to publish.",
        examples=[[{"account_id": "acc_01KBF3A6M0QJ5V8T2N4X7Z9C1D"}]],
    )
    options: dict[str, dict[str, Any]] | None = Field(
        default=None,
        description="Options by the name of the platform. list_platforms returns their schema. Some are required.",
    )
    profile_id: ProfileId
    metadata: dict[str, str] | None = Field(
        default=None, description="Up to 20 pairs of your own. They are returned, and never published."
    )
    on_unsupported: Literal["reject", "omit"] | None = Field(
        default=None,
        description="omit: leave out what a platform does not support, with a warning. By default, the whole request "
        "is rejected.",
    )


class GivenWallTime(Arguments):
    """A time as the clocks of a zone show it."""

    at: str = Field(examples=["2026-12-24T09:00"])
    zone: str = Field(description="A zone of the IANA database.", examples=["Europe/Berlin"])


class GivenTime(Arguments):
    """When to publish: either `scheduled_at` or `schedule`."""

    scheduled_at: str | None = Field(
        default=None,
        description="RFC 3339 with an offset, 1 second to 366 days ahead.",
        examples=["2026-12-24T09:00:00+01:00"],
    )
    schedule: GivenWallTime | None = Field(default=None, description="A wall-clock time in a zone.")


class ValidatePostArguments(GivenPost, GivenTime):
    """A post to check."""


class CreatePostArguments(GivenPost):
    """A post to publish now."""

    idempotency_key: IdempotencyKey
    wait_s: int = Field(
        default=25,
        ge=0,
        le=50,
        description="How many seconds to wait for the outcome. Publishing continues after that.",
    )


class SchedulePostArguments(GivenPost, GivenTime):
    """A post to publish later."""

    idempotency_key: IdempotencyKey
