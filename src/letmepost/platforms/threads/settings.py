"""Which hosts the Threads platform talks to, and as which app."""

from typing import Annotated

from pydantic import AnyHttpUrl, Field, SecretStr

from letmepost.platforms.contract import PlatformSettings


class ThreadsSettings(PlatformSettings):
    """The app is made at https://developers.facebook.com. Its Threads id and secret are other than the app's own."""

    client_id: Annotated[str | None, Field(description="The Threads app ID, from the app's Threads use case.")] = None
    client_secret: Annotated[
        SecretStr | None, Field(description="The Threads app secret, from the app's Threads use case.")
    ] = None
    api_url: Annotated[AnyHttpUrl, Field(description="The API's host.")] = AnyHttpUrl("https://graph.threads.net")
    authorize_url: Annotated[AnyHttpUrl, Field(description="The page where a person lets the app act for them.")] = (
        AnyHttpUrl("https://threads.net/oauth/authorize")
    )

    def secret(self) -> str:
        """The app's secret in the open, for the calls that prove who we are."""
        return "" if self.client_secret is None else self.client_secret.get_secret_value()
