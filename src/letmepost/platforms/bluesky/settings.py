"""The hosts that the Bluesky platform calls. An account's own server (its PDS) is found when it connects."""

from typing import Annotated, Literal

from pydantic import AnyHttpUrl, Field

from letmepost.platforms.connecting import PlatformSettings


class BlueskySettings(PlatformSettings):
    """Bluesky has no app credentials. The default hosts are those of the public network."""

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
    video_url: Annotated[AnyHttpUrl, Field(description="The service that checks and converts videos.")] = AnyHttpUrl(
        "https://video.bsky.app"
    )
    video_upload: Annotated[
        Literal["service", "server"],
        Field(
            description="Where videos are uploaded. With `service`, the video service checks each one before its post"
            " is published. With `server`, the account's own server stores it as it is, and no one reports whether it"
            " can be played: for networks without a video service."
        ),
    ] = "service"
