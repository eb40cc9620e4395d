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
