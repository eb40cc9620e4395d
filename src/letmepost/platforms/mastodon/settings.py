"""How the Mastodon platform names itself, and how it reaches servers."""

from typing import Annotated

from pydantic import Field

from letmepost.platforms._kit.calls import base_url
from letmepost.platforms.connecting import PlatformSettings


class MastodonSettings(PlatformSettings):
    """No app must be created: this service registers one at each server that a person chooses."""

    client_name: Annotated[
        str, Field(min_length=1, max_length=60, description="The name of the app that people see when they consent.")
    ] = "letmepost"
    server_url: Annotated[
        str,
        Field(
            pattern=r"^https?://",
            description="The URL of a server, where `{server}` stands for its name. Without `{server}`, every name "
            "leads to the same server.",
        ),
    ] = "https://{server}"

    def url_of(self, server: str) -> str:
        """Return the base URL of a server, to which a path is appended."""
        return base_url(self.server_url.replace("{server}", server))
