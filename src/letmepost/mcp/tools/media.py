"""The tools that add media items."""

from datetime import datetime

from letmepost_client import AsyncClient
from pydantic import Field

from letmepost.mcp.schemas import Arguments, ToolResult
from letmepost.mcp.tools.contents import IdempotencyKey, ProfileId
from letmepost.mcp.tools.tool import tool


class ImportMediaArguments(Arguments):
    """A file to import."""

    url: str = Field(description="A public http or https URL.", examples=["https://example.com/cat.jpg"])
    profile_id: ProfileId
    idempotency_key: IdempotencyKey


class CreateUploadArguments(Arguments):
    """A local file to upload."""

    filename: str = Field(examples=["cat.jpg"])
    content_type: str = Field(examples=["image/jpeg"])
    size_bytes: int = Field(ge=1, description="The exact size of the file.")
    profile_id: ProfileId
    idempotency_key: IdempotencyKey


class OneMediaItem(Arguments):
    """The id of a media item."""

    media_id: str = Field(min_length=1, description="The id of a media item.", examples=["med_01KBF3A6M0QJ5V8T"])


class MediaErrorSummary(ToolResult):
    """Why a file cannot be used."""

    rule: str | None = None
    message: str


class MediaSummary(ToolResult):
    """A media item. A post can use it as soon as its status is `ready`."""

    id: str
    status: str = Field(description="`ready`: usable. `waiting`: being fetched or uploaded; call get_media later.")
    kind: str | None = None
    filename: str | None = None
    content_type: str | None = None
    size_bytes: int | None = None
    width: int | None = None
    height: int | None = None
    duration_s: float | None = None
    error: MediaErrorSummary | None = None
    expires_at: datetime | None = None


class SignedRequest(ToolResult):
    """The request that uploads the bytes."""

    method: str
    url: str
    headers: dict[str, str]
    expires_at: datetime


class UploadSummary(ToolResult):
    """A media item whose bytes have not been uploaded yet."""

    id: str
    status: str
    upload: SignedRequest


@tool("Import a file from a URL")
async def import_media(client: AsyncClient, given: ImportMediaArguments) -> MediaSummary:
    """Import an image, a video or a document from a public URL. Call get_media until its status is `ready`."""
    item = await client.media.import_url(given.url, profile_id=given.profile_id, idempotency_key=given.idempotency_key)
    return MediaSummary.model_validate(item)


@tool("Start to upload a local file")
async def create_upload(client: AsyncClient, given: CreateUploadArguments) -> UploadSummary:
    """Return a signed request for a local file. Send the bytes with it, then call complete_upload.

    For example: curl -X PUT -H 'Content-Type: image/jpeg' --upload-file cat.jpg URL. Send exactly the given headers,
    and no API key.
    """
    return UploadSummary.model_validate(await client.media.start_upload(**given.model_dump(exclude_none=True)))


@tool("Complete an upload")
async def complete_upload(client: AsyncClient, given: OneMediaItem) -> MediaSummary:
    """Check the bytes that were sent to the URL of create_upload, and return the media item."""
    return MediaSummary.model_validate(await client.media.complete_upload(given.media_id))


@tool("Get a media item", is_read_only=True)
async def get_media(client: AsyncClient, given: OneMediaItem) -> MediaSummary:
    """Return a media item and its status."""
    return MediaSummary.model_validate(await client.media.get(given.media_id))


TOOLS = (import_media, create_upload, complete_upload, get_media)
