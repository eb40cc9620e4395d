"""The address of the API, and the credentials of the deployment's app."""

from typing import Annotated

from pydantic import AnyHttpUrl, Field, SecretStr

from letmepost.platforms._kit.settings import AppSettings


class ExampleSettings(AppSettings):
    """The app is registered at https://example.com/developers."""

    client_id: str | None = Field(default=None, description="The app's client id, from example.com/developers.")
    client_secret: SecretStr | None = Field(default=None, description="The app's client secret.")
    api_url: Annotated[AnyHttpUrl, Field(description="The API, and the consent page.")] = AnyHttpUrl(
        "https://api.example.com"
    )
