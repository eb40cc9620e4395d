"""The hosts that the Pinterest platform calls, and the app's credentials."""

from typing import Annotated, Literal

from pydantic import AnyHttpUrl, Field, SecretStr

from letmepost.platforms._kit.calls import base_url
from letmepost.platforms._kit.settings import AppSettings

API_VERSION = "v5"
"""No end is announced."""


class PinterestSettings(AppSettings):
    """The app is created at https://developers.pinterest.com/apps/."""

    api_version: Annotated[
        str, Field(pattern=r"^v\d+$", description="The version of the API. The default is the one that is tested.")
    ] = API_VERSION
    client_id: str | None = Field(default=None, description="The app ID, from the app's page.")
    client_secret: SecretStr | None = Field(default=None, description="The app secret key, from the app's page.")
    app_access: Annotated[
        Literal["trial", "standard"],
        Field(
            description="The access tier of the app. Pins of an app with `trial` access are visible only to the "
            "person who owns the account, so each post then has a warning. Set `standard` after Pinterest has "
            "approved the app."
        ),
    ] = "trial"
    api_url: Annotated[AnyHttpUrl, Field(description="The API's host.")] = AnyHttpUrl("https://api.pinterest.com")
    authorize_url: Annotated[AnyHttpUrl, Field(description="The page where a person lets the app act for them.")] = (
        AnyHttpUrl("https://www.pinterest.com/oauth/")
    )
    web_url: Annotated[AnyHttpUrl, Field(description="The web app, for links to published posts.")] = AnyHttpUrl(
        "https://www.pinterest.com"
    )

    def link_to(self, pin_id: str) -> str:
        """Return the address of a Pin. The `link` of the API is its destination."""
        return f"{base_url(self.web_url)}/pin/{pin_id}/"
