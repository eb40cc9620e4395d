"""The hosts that the YouTube platform calls, the app's credentials, and the project's quotas."""

from typing import Annotated

from pydantic import AnyHttpUrl, Field, SecretStr

from letmepost.platforms._kit.settings import AppSettings

CHUNK_UNIT_BYTES = 256 * 1024
"""The length of a part is a multiple of it, except for the last part.

https://developers.google.com/youtube/v3/guides/using_resumable_upload_protocol (checked 2026-11-28).
"""


class YouTubeSettings(AppSettings):
    """The client is created at https://console.cloud.google.com/apis/credentials, as a web application."""

    client_id: str | None = Field(default=None, description="The client ID, from the page of the OAuth client.")
    client_secret: SecretStr | None = Field(
        default=None, description="The client secret, from the page of the OAuth client."
    )
    api_url: Annotated[AnyHttpUrl, Field(description="The API's host.")] = AnyHttpUrl("https://youtube.googleapis.com")
    upload_url: Annotated[AnyHttpUrl, Field(description="The host that receives videos, thumbnails and captions.")] = (
        AnyHttpUrl("https://www.googleapis.com")
    )
    auth_url: Annotated[AnyHttpUrl, Field(description="The host of the page where a person gives consent.")] = (
        AnyHttpUrl("https://accounts.google.com")
    )
    token_url: Annotated[AnyHttpUrl, Field(description="The host that issues tokens.")] = AnyHttpUrl(
        "https://oauth2.googleapis.com"
    )
    chunk_bytes: Annotated[
        int,
        Field(
            gt=0,
            multiple_of=CHUNK_UNIT_BYTES,
            description="How many bytes of a video are sent with each request: a multiple of 262144.",
        ),
    ] = 8 * 1024 * 1024
    daily_uploads: Annotated[
        int, Field(gt=0, description="How many uploads a day Google allows the project, for all tenants together.")
    ] = 100
    daily_units: Annotated[
        int, Field(gt=0, description="How many quota units a day Google allows the project for all other calls.")
    ] = 10_000
