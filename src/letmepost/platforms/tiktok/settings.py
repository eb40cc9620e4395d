"""The hosts that the TikTok platform calls, the app's credentials, and what TikTok lets the app do."""

from typing import Annotated

from pydantic import AnyHttpUrl, Field, SecretStr

from letmepost.platforms._kit.settings import AppSettings

_PART_MIN_BYTES = 5_242_880
"""5 MiB: TikTok's page states 5 MB and does not say which."""
_PART_MAX_BYTES = 32_000_000
"""Half of the largest part that TikTok accepts. The last part contains the rest, and is at most twice as long."""


class TikTokSettings(AppSettings):
    """The app is created at https://developers.tiktok.com/apps/."""

    client_id: str | None = Field(default=None, description="The client key, from the app's page.")
    client_secret: SecretStr | None = Field(default=None, description="The client secret, from the app's page.")
    app_audited: Annotated[
        bool,
        Field(
            description="True after TikTok has audited the app. Before, TikTok publishes only for private accounts, "
            "only for their owners to see, and for at most 5 accounts in 24 hours."
        ),
    ] = False
    media_url_prefix_verified: Annotated[
        bool,
        Field(
            description="True after the host of `LETMEPOST_PUBLIC_URL` is verified among the app's URL properties. "
            "TikTok fetches photos from there, so photos are rejected before."
        ),
    ] = False
    chunk_bytes: Annotated[
        int,
        Field(
            ge=_PART_MIN_BYTES,
            le=_PART_MAX_BYTES,
            description="The size of the parts of videos of more than 64,000,000 bytes. Change it if TikTok rejects "
            "the parts of large videos (`tiktok.upload.chunk_plan`).",
        ),
    ] = 10_000_000
    api_url: Annotated[AnyHttpUrl, Field(description="The API's host.")] = AnyHttpUrl("https://open.tiktokapis.com")
    auth_url: Annotated[
        AnyHttpUrl, Field(description="The host of the consent page, and of links to published posts.")
    ] = AnyHttpUrl("https://www.tiktok.com")
    upload_host_suffix: Annotated[
        str, Field(min_length=1, description="The end of the host names that videos are uploaded to.")
    ] = "tiktokapis.com"
