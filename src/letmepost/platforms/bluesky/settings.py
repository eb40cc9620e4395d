"""Which hosts the Bluesky platform talks to. An account's own server (its PDS) is found when it connects."""

from typing import Annotated

from pydantic import AnyHttpUrl, Field

from letmepost.platforms.contract import PlatformSettings


class BlueskySettings(PlatformSettings):
    """Host names only: Bluesky knows no app credentials. The defaults are the public network's."""

    plc_url: Annotated[AnyHttpUrl, Field(description="The PLC directory: from a `did:plc:…` to its document.")] = (
        AnyHttpUrl("https://plc.directory")
    )
    resolver_url: Annotated[
        AnyHttpUrl, Field(description="An AppView that answers without a session: handles and profiles.")
    ] = AnyHttpUrl("https://public.api.bsky.app")
    entryway_url: Annotated[
        AnyHttpUrl, Field(description="Where an account that gives an e-mail address and no server signs in.")
    ] = AnyHttpUrl("https://bsky.social")
    app_url: Annotated[AnyHttpUrl, Field(description="The web app that links to published posts lead to.")] = (
        AnyHttpUrl("https://bsky.app")
    )
