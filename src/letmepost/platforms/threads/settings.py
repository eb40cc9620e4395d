"""The hosts that the Threads platform calls, and the app's credentials."""

from typing import Annotated, Literal, TypeAlias

from pydantic import AnyHttpUrl, Field, SecretStr

from letmepost.platforms._kit.settings import AppSettings

API_VERSION = "v1.0"
"""The only version; no end is announced."""

TextUnit: TypeAlias = Literal["bytes", "characters"]


class ThreadsSettings(AppSettings):
    """The app is created at https://developers.facebook.com. Its Threads id and secret differ from the app's own."""

    api_version: Annotated[
        str,
        Field(pattern=r"^v\d+\.\d+$", description="The version of the API. The default is the one that is tested."),
    ] = API_VERSION
    client_id: str | None = Field(default=None, description="The Threads app ID, from the app's Threads use case.")
    client_secret: SecretStr | None = Field(
        default=None, description="The Threads app secret, from the app's Threads use case."
    )
    location: Annotated[
        bool,
        Field(
            description="Whether Meta has approved the permission `threads_location_tagging` for the app, so that "
            "posts can have a location. Requesting a permission that is not approved can make every consent fail."
        ),
    ] = False
    share_to_instagram: Annotated[
        bool,
        Field(description="The same for `threads_share_to_instagram`, with which posts are shared to Instagram."),
    ] = False
    api_url: Annotated[AnyHttpUrl, Field(description="The API's host.")] = AnyHttpUrl("https://graph.threads.net")
    authorize_url: Annotated[AnyHttpUrl, Field(description="The page where a person lets the app act for them.")] = (
        AnyHttpUrl("https://threads.net/oauth/authorize")
    )
    text_unit: Annotated[
        TextUnit,
        Field(
            description="How the limits on post, comment and alt text are counted: in UTF-8 `bytes`, as the service "
            "does, or in `characters`, as it documents. Set `characters` only if your accounts publish more "
            "than 500 bytes of Chinese, Japanese or Korean and Threads accepts it. The sandbox always counts bytes."
        ),
    ] = "bytes"
