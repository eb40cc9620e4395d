"""The hosts that the Instagram platform calls, and the app's credentials."""

from typing import Annotated, Literal, TypeAlias

from pydantic import AnyHttpUrl, Field, SecretStr

from letmepost.platforms._kit.settings import AppSettings
from letmepost.platforms._meta.settings import GRAPH_VERSION

Login: TypeAlias = Literal["instagram_login", "facebook_login"]


class InstagramSettings(AppSettings):
    """The app is created at https://developers.facebook.com. Its Instagram id and secret differ from the app's own."""

    api_version: Annotated[
        str,
        Field(pattern=r"^v\d+\.\d+$", description="The version of the API. The default is the one that is tested."),
    ] = GRAPH_VERSION
    login: Annotated[
        Login,
        Field(
            description="How new accounts are connected: with `instagram_login`, which needs no Facebook "
            "Page, or with `facebook_login`, which also offers polls, comment prompts and the deletion of "
            "posts. Connected accounts keep their login."
        ),
    ] = "instagram_login"
    client_id: str | None = Field(
        default=None,
        description="The Instagram app ID, from the app's Instagram use case. With `facebook_login`: the app ID.",
    )
    client_secret: SecretStr | None = Field(
        default=None,
        description="The Instagram app secret, from the app's Instagram use case. With `facebook_login`: the app "
        "secret.",
    )
    api_url: Annotated[AnyHttpUrl, Field(description="The API's host for accounts with Instagram Login.")] = AnyHttpUrl(
        "https://graph.instagram.com"
    )
    oauth_url: Annotated[AnyHttpUrl, Field(description="The host that exchanges codes of Instagram Login.")] = (
        AnyHttpUrl("https://api.instagram.com")
    )
    authorize_url: Annotated[AnyHttpUrl, Field(description="The page where a person lets the app act for them.")] = (
        AnyHttpUrl("https://www.instagram.com/oauth/authorize")
    )
    page_api_url: Annotated[AnyHttpUrl, Field(description="The API's host for accounts with Facebook Login.")] = (
        AnyHttpUrl("https://graph.facebook.com")
    )
    upload_url: Annotated[
        AnyHttpUrl, Field(description="The host that receives the bytes of videos, with Facebook Login.")
    ] = AnyHttpUrl("https://rupload.facebook.com")
    page_web_url: Annotated[AnyHttpUrl, Field(description="The host of the consent page of Facebook Login.")] = (
        AnyHttpUrl("https://www.facebook.com")
    )
