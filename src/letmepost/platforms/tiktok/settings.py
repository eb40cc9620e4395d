"""The hosts that the TikTok platform calls, and the app's credentials."""

from typing import Annotated

from pydantic import AnyHttpUrl, Field, SecretStr

from letmepost.platforms._kit.settings import AppSettings


class TikTokSettings(AppSettings):
    """The app is created at https://developers.tiktok.com/apps/."""

    client_id: str | None = Field(default=None, description="The client key, from the app's page.")
    client_secret: SecretStr | None = Field(default=None, description="The client secret, from the app's page.")
    app_audited: Annotated[bool, Field(description="True after TikTok has audited the app.")] = False
    media_url_prefix_verified: Annotated[
        bool, Field(description="True after TikTok has verified the domain of this service's media URLs.")
    ] = False
    chunk_bytes: Annotated[int, Field(description="The size of the parts of videos of more than 64,000,000 bytes.")] = (
        10_000_000
    )
    api_url: Annotated[AnyHttpUrl, Field(description="The API's host.")] = AnyHttpUrl("https://open.tiktokapis.com")
    auth_url: Annotated[
        AnyHttpUrl, Field(description="The host of the page where a person lets the app act for them.")
    ] = AnyHttpUrl("https://www.tiktok.com")
    upload_host_suffix: Annotated[str, Field(description="The end of the host names that videos are uploaded to.")] = (
        "tiktokapis.com"
    )
