"""The hosts that the Facebook platform calls, and the app's credentials."""

from typing import Annotated

from pydantic import AnyHttpUrl, Field

from letmepost.platforms._meta.settings import GraphSettings


class FacebookSettings(GraphSettings):
    """The app is created at https://developers.facebook.com: choose "Other", and then "Business".

    An app that was created for a use case cannot request the permissions of Pages. Its dialog reports "Invalid Scopes".
    """

    video_url: Annotated[AnyHttpUrl, Field(description="The host that receives the bytes of feed videos.")] = (
        AnyHttpUrl("https://graph-video.facebook.com")
    )
