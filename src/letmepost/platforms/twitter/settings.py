"""The hosts that the X platform calls, and the app's credentials."""

from typing import Annotated

from pydantic import AnyHttpUrl, Field, SecretStr

from letmepost.platforms._kit.settings import AppSettings

API_VERSION = "2"
"""No end is announced."""


class TwitterSettings(AppSettings):
    """The app is a confidential OAuth 2.0 client, created at https://console.x.com. Its account pays for every call."""

    api_version: Annotated[
        str,
        Field(pattern=r"^\d+(\.\d+)?$", description="The version of the API. The default is the one that is tested."),
    ] = API_VERSION
    client_id: str | None = Field(default=None, description="The OAuth 2.0 client ID of the app at console.x.com.")
    client_secret: SecretStr | None = Field(
        default=None, description="The OAuth 2.0 client secret of the app at console.x.com."
    )
    api_url: Annotated[AnyHttpUrl, Field(description="The API's host.")] = AnyHttpUrl("https://api.x.com")
    authorize_url: Annotated[AnyHttpUrl, Field(description="The page where a person lets the app act for them.")] = (
        AnyHttpUrl("https://x.com/i/oauth2/authorize")
    )
    web_url: Annotated[AnyHttpUrl, Field(description="The web app, for links to published posts.")] = AnyHttpUrl(
        "https://x.com"
    )
    segment_bytes: Annotated[
        int,
        Field(
            ge=65_536,
            le=5_000_000,
            description="The size of the segments in which videos and GIFs are uploaded. A file that would have more "
            "than 1,000 segments is sent in larger ones. X documents 5 MB, but rejects such segments at its edge.",
        ),
    ] = 1_048_576
    subscriber_video_max_s: Annotated[
        int,
        Field(
            ge=140,
            description="How long a video of an account with a subscription may be. X's pages disagree: 125 minutes, "
            "or 4 hours. Other accounts may publish 140 s.",
        ),
    ] = 7500
    subscriber_video_max_bytes: Annotated[
        int,
        Field(
            ge=512_000_000,
            le=17_179_869_184,
            description="The size of such a video. X's pages state 16 GB, but its API documents 1,000 segments of "
            "5 MB. Other accounts may publish 512 MB.",
        ),
    ] = 5_000_000_000
