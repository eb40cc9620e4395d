"""The hosts that the Bluesky platform calls. An account's own server (its PDS) is found when it connects."""

from typing import Annotated

from pydantic import AnyHttpUrl, Field

from letmepost.platforms.connecting import PlatformSettings


class BlueskySettings(PlatformSettings):
    """Hosts only: Bluesky has no app credentials. The defaults are those of the public network."""

    plc_url: Annotated[AnyHttpUrl, Field(description="The PLC directory, with the documents of `did:plc:…`.")] = (
        AnyHttpUrl("https://plc.directory")
    )
    resolver_url: Annotated[
        AnyHttpUrl, Field(description="An AppView that returns handles and profiles without a session.")
    ] = AnyHttpUrl("https://public.api.bsky.app")
    entryway_url: Annotated[
        AnyHttpUrl, Field(description="Where accounts sign in that connect with an email address and without `pdsUrl`.")
    ] = AnyHttpUrl("https://bsky.social")
    app_url: Annotated[AnyHttpUrl, Field(description="The web app, for links to published posts.")] = AnyHttpUrl(
        "https://bsky.app"
    )
