"""The hosts that the LinkedIn platform calls, and the app's credentials."""

from typing import Annotated

from pydantic import AnyHttpUrl, Field, SecretStr

from letmepost.platforms._kit.settings import AppSettings
from letmepost.platforms.linkedin.version import API_VERSION


class LinkedInSettings(AppSettings):
    """Hosts, and the credentials of the deployment's app."""

    client_id: str | None = Field(default=None, description="The app's client id, from linkedin.com/developers/apps.")
    client_secret: SecretStr | None = Field(default=None, description="The app's primary client secret.")
    pages: Annotated[
        bool,
        Field(
            description="Whether LinkedIn has granted the app the Community Management API, so that pages can be "
            "connected. If it has not, requesting them makes every consent fail."
        ),
    ] = False
    api_version: Annotated[
        str,
        Field(pattern=r"^20\d{4}$", description="The version of the API. The default is the one that is tested."),
    ] = API_VERSION
    api_url: Annotated[AnyHttpUrl, Field(description="The API.")] = AnyHttpUrl("https://api.linkedin.com")
    web_url: Annotated[AnyHttpUrl, Field(description="The website, for consent and for links to posts.")] = AnyHttpUrl(
        "https://www.linkedin.com"
    )
